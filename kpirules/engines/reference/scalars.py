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
            return OPERATORS[scalar.op](scalar, [reader(arg, params) for arg in scalar.args])
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


# ---------------------------------------------------------------- operators

_Lowering = Callable[[Op, list[Reader]], Reader]
"""What makes the reader of an operator, of those of its arguments."""


def _read_all(work: Callable[..., Value], args: list[Reader]) -> Reader:
    """Null in, null out; every argument is worked out."""

    def read(row: Row) -> Value:
        values = [arg(row) for arg in args]
        return None if any(value is None for value in values) else work(*values)

    return read


def _strict(work: Callable[..., Value]) -> _Lowering:
    """An operator by what it makes of values that are all there."""
    return lambda _op, args: _read_all(work, args)


def _rounding(work: Callable[[Any, Op], Value]) -> _Lowering:
    """An operator that rounds, as it says how."""
    return lambda op, args: _read_all(lambda value: work(value, op), args)


def _is_missing(_op: Op, args: list[Reader]) -> Reader:
    return lambda row: args[0](row) is None


def _coalesce(_op: Op, args: list[Reader]) -> Reader:
    first, second = args
    return lambda row: second(row) if (value := first(row)) is None else value


def _joined(_op: Op, args: list[Reader]) -> Reader:
    return lambda row: ", ".join(str(text) for arg in args if (text := arg(row)) is not None) or None


def _logic(*, deciding: bool) -> _Lowering:
    """A value that decides (false for `and`, true for `or`), else missing where one is missing."""

    def lowered(_op: Op, args: list[Reader]) -> Reader:
        def read(row: Row) -> Value:
            values = [arg(row) for arg in args]
            if deciding in values:
                return deciding
            return None if None in values else not deciding

        return read

    return lowered


def _side(nth: int) -> _Lowering:
    """The size of one side of a number as a quotient, 1 where that is 0 or missing."""

    def lowered(op: Op, args: list[Reader]) -> Reader:
        kind = op.args[0].type

        def read(row: Row) -> Value:
            value = args[0](row)
            return Fraction(1) if not isinstance(value, Fraction) else abs(sides(value, kind)[nth]) or Fraction(1)

        return read

    return lowered


def _last_day(op: Op, args: list[Reader]) -> Reader:
    months = months_of(op.args[0].type.unit)
    return _read_all(lambda first: dates.last_day(first, months), args)


OPERATORS: dict[str, _Lowering] = {
    "add": _strict(lambda a, b: a + b),
    "sub": _strict(lambda a, b: a - b),
    "mul": _strict(lambda a, b: a * b),
    "div": _strict(lambda a, b: a / b if b else None),
    "over": _strict(lambda a, _divisor: a),
    "neg": _strict(lambda a: -a),
    "abs": _strict(abs),
    "numerator": _side(0),
    "denominator": _side(1),
    "round": _rounding(lambda a, op: rounded(a, op.places, op.mode)),
    "floor": _rounding(lambda a, op: floored(a, op.places)),
    "ceil": _rounding(lambda a, op: ceiled(a, op.places)),
    "truncate": _rounding(lambda a, op: truncated(a, op.places)),
    "extend": _rounding(lambda a, op: extended(a, op.places)),
    "at_most": _strict(min),
    "at_least": _strict(max),
    "eq": _strict(lambda a, b: a == b),
    "ne": _strict(lambda a, b: a != b),
    "lt": _strict(lambda a, b: a < b),
    "le": _strict(lambda a, b: a <= b),
    "gt": _strict(lambda a, b: a > b),
    "ge": _strict(lambda a, b: a >= b),
    "and": _logic(deciding=False),
    "or": _logic(deciding=True),
    "not": _strict(lambda a: not a),
    "in": _strict(lambda a, *values: a in values),
    "is_missing": _is_missing,
    "coalesce": _coalesce,
    "joined": _joined,
    "days": _strict(lambda a, b: Fraction((b - a).days)),
    "months": _strict(lambda a, b: Fraction(dates.months_between(a, b))),
    "year": _strict(lambda a: Fraction(a.year)),
    "half": _strict(lambda a: Fraction((a.month + 5) // 6)),
    "quarter": _strict(lambda a: Fraction((a.month + 2) // 3)),
    "month": _strict(lambda a: Fraction(a.month)),
    "day": _strict(lambda a: Fraction(a.day)),
    "weekday": _strict(lambda a: Fraction(a.isoweekday())),
    "first_day": _strict(lambda a, months: dates.first_day(a, int(months))),
    "last_day": _last_day,
    "add_days": _strict(lambda a, n: dates.add_days(a, int(n))),
    "add_months": _strict(lambda a, n: dates.add_months(a, int(n))),
    "earlier": _strict(min),
    "later": _strict(max),
}
"""By operator of the plan, what it means."""
