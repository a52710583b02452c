"""What each scalar means, in exact fractions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from kpirules.engines.exact import sides
from kpirules.plan.ir import Case, Const, Op, Param, Ref, Scalar, Value
from kpirules.values import dates
from kpirules.values.periods import months_of
from kpirules.values.rounding import ceiled, extended, floored, rounded, truncated

Row = dict[str, Value]
Reader = Callable[[Row], Value]


def reader(scalar: Scalar, params: Mapping[str, Value]) -> Reader:
    """A function from a row to the scalar's value; of branches, only the one taken is worked out.

    Raises:
        KeyError: a parameter that the run does not give, an operator that the plan does not have.
    """
    match scalar:
        case Ref(name):
            return lambda row: row[name]
        case Const(value):
            return lambda _row: value
        case Param(name):
            value = params[name]
            return lambda _row: value
        case Op():
            return _operator(scalar, params)
        case Case():
            return _case(scalar, params)


def _case(case: Case, params: Mapping[str, Value]) -> Reader:
    branches = [(reader(condition, params), reader(value, params)) for condition, value in case.whens]
    otherwise = reader(case.otherwise, params) if case.otherwise is not None else lambda _row: None

    def read(row: Row) -> Value:
        for condition, value in branches:
            if condition(row) is True:
                return value(row)
        return otherwise(row)

    return read


def _operator(op: Op, params: Mapping[str, Value]) -> Reader:
    args = [reader(arg, params) for arg in op.args]
    if op.op == "is_missing":
        return lambda row: args[0](row) is None
    if op.op == "coalesce":
        first, second = args
        return lambda row: second(row) if (value := first(row)) is None else value
    if op.op == "joined":
        return lambda row: ", ".join(str(text) for arg in args if (text := arg(row)) is not None) or None
    if op.op in ("and", "or"):
        return _logic(args, deciding=op.op == "or")
    if op.op in _ROUNDINGS:
        work = _ROUNDINGS[op.op]
        return _strict(lambda value: work(value, op), args)
    if op.op in ("numerator", "denominator"):
        return _sided(op, args[0])
    if op.op == "last_day":
        months = months_of(op.args[0].type.unit)
        return _strict(lambda first: dates.last_day(first, months), args)
    return _strict(_STRICT[op.op], args)


def _strict(work: Callable[..., Value], args: list[Reader]) -> Reader:
    """Null in, null out; every argument is worked out."""

    def read(row: Row) -> Value:
        values = [arg(row) for arg in args]
        return None if any(value is None for value in values) else work(*values)

    return read


def _logic(args: list[Reader], *, deciding: bool) -> Reader:
    """A value that decides (false for `and`, true for `or`), else missing where one is missing."""

    def read(row: Row) -> Value:
        values = [arg(row) for arg in args]
        if deciding in values:
            return deciding
        return None if None in values else not deciding

    return read


def _sided(op: Op, arg: Reader) -> Reader:
    """The size of one side of a number as a quotient, 1 where that is 0 or missing."""
    kind, nth = op.args[0].type, ("numerator", "denominator").index(op.op)

    def read(row: Row) -> Value:
        value = arg(row)
        return Fraction(1) if not isinstance(value, Fraction) else abs(sides(value, kind)[nth]) or Fraction(1)

    return read


_ROUNDINGS: dict[str, Callable[[Any, Op], Fraction]] = {
    "round": lambda a, op: rounded(a, op.places, op.mode),
    "floor": lambda a, op: floored(a, op.places),
    "ceil": lambda a, op: ceiled(a, op.places),
    "truncate": lambda a, op: truncated(a, op.places),
    "extend": lambda a, op: extended(a, op.places),
}


_STRICT: dict[str, Callable[..., Value]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b if b else None,
    "over": lambda a, _divisor: a,
    "neg": lambda a: -a,
    "abs": abs,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "not": lambda a: not a,
    "in": lambda a, *values: a in values,
    "at_most": min,
    "at_least": max,
    "days": lambda a, b: Fraction((b - a).days),
    "months": lambda a, b: Fraction(dates.months_between(a, b)),
    "year": lambda a: Fraction(a.year),
    "half": lambda a: Fraction((a.month + 5) // 6),
    "quarter": lambda a: Fraction((a.month + 2) // 3),
    "month": lambda a: Fraction(a.month),
    "day": lambda a: Fraction(a.day),
    "weekday": lambda a: Fraction(a.isoweekday()),
    "first_day": lambda a, months: dates.first_day(a, int(months)),
    "add_days": lambda a, n: dates.add_days(a, int(n)),
    "add_months": lambda a, n: dates.add_months(a, int(n)),
    "earlier": min,
    "later": max,
}
