"""Scalars to SQL. Numbers go by way of `numbers`; everything else is a node as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TypeVar

from sqlglot import exp

from kpirules.engines.schema import may_miss
from kpirules.engines.sql import build, dates, numbers
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.numbers import Num
from kpirules.engines.sql.rounding import rounded
from kpirules.engines.sql.scope import Scope
from kpirules.plan.ir import Case, Const, Op, Param, Ref, Scalar, Value, parts_of
from kpirules.records import dataclass
from kpirules.values import types
from kpirules.values.periods import months_of
from kpirules.values.types import Digits, Type
from kpirules.values.units import Unit

_COMPARISONS: dict[str, type[exp.Binary]] = {
    "eq": exp.EQ,
    "ne": exp.NEQ,
    "lt": exp.LT,
    "le": exp.LTE,
    "gt": exp.GT,
    "ge": exp.GTE,
}
T = TypeVar("T")
_IN_A_SUM = 1 / 32
"""How deep one more number nests a sum, which is written in a row."""
_NESTED = 12
"""How deep operators may stand one in another: an engine's parser goes only so deep, and so does what writes a tree."""

_PLAIN_TYPES = {Unit.TEXT: exp.DType.TEXT, Unit.BOOL: exp.DType.BOOLEAN}


def type_of(scope: Scope, scalar: Scalar) -> Type:
    """The scalar's type; a column's is the one it was made with, whatever a branch knows of it."""
    return scope.schema[scalar.name] if isinstance(scalar, Ref) else scalar.type


def number(scope: Scope, scalar: Scalar) -> Num:
    """A numeric scalar."""
    match scalar:
        case Ref(name):
            held = numbers.column(scope, name)
        case Const(value, kind):
            held = _known_number(value, kind)
        case Param(name, kind):
            held = _known_number(scope.params[name], kind)
        case Op():
            held = OPERATORS[scalar.op].number(scope, scalar)
        case Case():
            held = _case_number(scope, scalar)
    if isinstance(scalar, Op | Case) and _is_deep(scope, scalar):
        held = numbers.kept(scope, held, apart=True)
    return replace(held, by=scalar.type.by)


def node(scope: Scope, scalar: Scalar) -> Node:
    """A scalar that is not a number: text, bool, date, period."""
    match scalar:
        case Ref(name):
            return scope.column(name)
        case Const(value, kind):
            return _known(value, kind)
        case Param(name, kind):
            return _known(scope.params[name], kind)
        case Op() | Case():
            lowered = OPERATORS[scalar.op].node(scope, scalar) if isinstance(scalar, Op) else _case_node(scope, scalar)
            return scope.keep(lowered, apart=True) if _is_deep(scope, scalar) else lowered


def _is_deep(scope: Scope, scalar: Op | Case) -> bool:
    """Whether what was lowered last is nested so deep that it is to be a column of its own."""
    link = _IN_A_SUM if _is_sum(scalar) else 1
    first, *rest = [scope.nesting.get(id(part), 0) for part in parts_of(scalar)]
    nesting = max(first + link, *(1 + depth for depth in rest), 0)
    deep = nesting >= _NESTED
    scope.nesting[id(scalar)] = 0 if deep else nesting
    return deep


def _is_sum(scalar: Scalar) -> bool:
    """Whether a scalar is one more number in a sum of decimals, which needs no brackets."""
    return (
        isinstance(scalar, Op)
        and scalar.op in ("add", "sub")
        and isinstance(scalar.args[0], Op)
        and scalar.args[0].op in ("add", "sub")
        and all(operand.type.over is None for operand in (scalar, *scalar.args))
    )


def _known_number(value: Value, kind: Type) -> Num:
    if isinstance(value, Fraction):
        return numbers.known(value, kind)
    return Num(build.cast(exp.Null(), kind.sides[0]), kind.sides[0])


def _known(value: Value, kind: Type) -> Node:
    match value:
        case bool():
            return exp.Boolean(this=value)
        case str():
            return build.text(value)
        case date():
            return build.day(value)
        case _:
            return build.as_type(exp.Null(), _PLAIN_TYPES.get(kind.unit, exp.DType.DATE))


# ---------------------------------------------------------------- branches


def _says_once(scalar: Scalar, nested: int = 1) -> bool:
    """Whether lowering needs no column of its own, so that a branch may stand in a CASE as it is."""
    if not isinstance(scalar, Op | Case):
        return True
    repeats = isinstance(scalar, Op) and OPERATORS[scalar.op].repeats
    if repeats or scalar.type.over is not None or nested >= _NESTED:
        return False
    return all(_says_once(part, nested + 1) for part in parts_of(scalar))


def _branches(scope: Scope, case: Case, lower: Callable[[Scope, Scalar], T]) -> tuple[list[tuple[Node, T]], T | None]:
    """The branches lowered, and what is left. Where one needs columns, the branch taken is made a column first."""
    conditions = [node(scope, condition) for condition, _ in case.whens]
    values = [value for _, value in case.whens]
    if case.type.over is None and all(_says_once(value) for value in (*values, case.otherwise) if value is not None):
        otherwise = None if case.otherwise is None else lower(scope, case.otherwise)
        return list(zip(conditions, (lower(scope, value) for value in values), strict=True)), otherwise
    numbered = [(condition, build.whole(nth)) for nth, condition in enumerate(conditions)]
    taken = scope.keep(build.case(numbered, build.whole(len(values))))
    if case.otherwise is not None:
        values.append(case.otherwise)
    branches = []
    for nth, value in enumerate(values):
        condition = build.eq(taken, build.whole(nth))
        with scope.when(condition):
            branches.append((condition, lower(scope, value)))
    return branches, None


def _case_number(scope: Scope, case: Case) -> Num:
    if not case.whens:
        return _known_number(None, case.type) if case.otherwise is None else number(scope, case.otherwise)
    branches, otherwise = _branches(scope, case, number)
    return numbers.chosen(scope, branches, otherwise, case.type)


def _case_node(scope: Scope, case: Case) -> Node:
    if not case.whens:
        return _known(None, case.type) if case.otherwise is None else node(scope, case.otherwise)
    branches, otherwise = _branches(scope, case, node)
    return build.case(branches, otherwise)


def _coalesce_number(scope: Scope, op: Op) -> Num:
    first = numbers.kept(scope, number(scope, op.args[0]))
    missing = build.is_null(first.node)
    with scope.when(missing):
        second = number(scope, op.args[1])
    return numbers.chosen(scope, [(missing, second)], first, op.type)


def _coalesce_node(scope: Scope, op: Op) -> Node:
    first = node(scope, op.args[0])
    if _says_once(op.args[1]):
        return build.call(exp.Coalesce, first, node(scope, op.args[1]))
    first = scope.keep(first)
    missing = build.is_null(first)
    with scope.when(missing):
        second = node(scope, op.args[1])
    return build.case([(missing, second)], first)


# ---------------------------------------------------------------- numbers


def _two(scope: Scope, op: Op) -> tuple[Num, Num]:
    return number(scope, op.args[0]), number(scope, op.args[1])


def _divide(scope: Scope, op: Op) -> Num:
    a, b = _two(scope, op)
    return numbers.divide(scope, a, b, type_of(scope, op.args[1]))


def _negative(scope: Scope, op: Op) -> Num:
    a = number(scope, op.args[0])
    return Num(build.neg(a.node), a.digits, a.over, a.over_digits)


def _absolute(scope: Scope, op: Op) -> Num:
    a = number(scope, op.args[0])
    return Num(build.call(exp.Abs, a.node), a.digits, a.over, a.over_digits)


def _limited(scope: Scope, op: Op) -> Num:
    a, b = _two(scope, op)
    least = op.op == "at_most"
    if op.type.over is None and not _may_miss(scope, op):
        # An engine may give two decimals a type between them that has fewer places than one of them.
        both = Digits(max(a.digits.scale, b.digits.scale), max(a.digits.bound, b.digits.bound))
        taken = (build.least if least else build.greatest)(build.cast(a.node, both), build.cast(b.node, both))
        digits = op.type.sides[0]
        return Num(build.cast(taken, digits), digits)
    a, b = numbers.kept(scope, a), numbers.kept(scope, b)
    a, b = _zero_over(a, b, op.type), _zero_over(b, a, op.type)
    first = scope.keep(numbers.compared(scope, exp.LTE if least else exp.GTE, a, b))
    return numbers.chosen(scope, [(first, a), (build.negated(first), b)], None, op.type)


def _zero_over(a: Num, b: Num, kind: Type) -> Num:
    """A plain number that is one of two of the other's divisor: it is 0, and so over any."""
    shared = kind.by is not None and b.by is not None and kind.by.factors == b.by.factors != ()
    return replace(a, over=b.over, over_digits=b.over_digits, by=b.by) if a.over is None and shared else a


def _may_miss(scope: Scope, op: Op) -> bool:
    return any(may_miss(arg, scope.schema) for arg in op.args)


def _rounded(scope: Scope, op: Op) -> Num:
    return rounded(scope, number(scope, op.args[0]), type_of(scope, op.args[0]), op)


def _brought(scope: Scope, op: Op) -> Num:
    """A number over another divisor: what the numerator comes to divides without a rest."""
    value, divisor = _two(scope, op)
    digits, over_digits = op.type.sides
    over = scope.keep(divisor.node, divisor.digits)
    product = Digits(value.digits.scale + divisor.digits.scale, value.digits.bound * divisor.digits.bound)
    node = scope.dialect.multiply(value.node, value.digits, over, divisor.digits)
    if value.over is not None:
        whole = types.decimal(Unit.NUMBER, digits.scale, -digits.bound, digits.bound)
        node = rounded(
            scope, Num(node, product, value.over, value.over_digits), whole, Op("round", (), whole, digits.scale)
        ).node
    return Num(build.cast(node, digits), digits, over, over_digits)


def _side(scope: Scope, op: Op) -> Num:
    """The size of one side of a number, 1 where it is 0 or missing."""
    value = number(scope, op.args[0])
    unit = build.number(Fraction(1), Digits(0, Fraction(1)))
    digits = op.type.sides[0]
    if op.op == "denominator":
        there = build.call(exp.Coalesce, value.over, unit) if value.over is not None else unit
        return Num(build.cast(there, digits), digits)
    zero = build.number(Fraction(0), Digits(0, Fraction(1)))
    size = exp.Nullif(this=build.call(exp.Abs, value.node), expression=zero)
    return Num(build.cast(build.call(exp.Coalesce, size, unit), digits), digits)


# ---------------------------------------------------------------- everything else


def _comparison(scope: Scope, op: Op) -> Node:
    a, b = op.args
    kind = _COMPARISONS[op.op]
    if type_of(scope, a).digits is not None:
        return numbers.compared(scope, kind, number(scope, a), number(scope, b))
    return build.binary(kind, node(scope, a), node(scope, b))


def _in(scope: Scope, op: Op) -> Node:
    first, *rest = op.args
    if type_of(scope, first).digits is None:
        return build.listed(node(scope, first), [node(scope, value) for value in rest])
    value = numbers.kept(scope, number(scope, first))
    return build.some(numbers.compared(scope, exp.EQ, value, number(scope, known)) for known in rest)


def _is_missing(scope: Scope, op: Op) -> Node:
    arg = op.args[0]
    return build.is_null(node(scope, arg) if type_of(scope, arg).digits is None else number(scope, arg).node)


def _day_of(scope: Scope, op: Op) -> Node:
    a, b = (node(scope, arg) for arg in op.args)
    earlier = op.op == "earlier"
    if not _may_miss(scope, op):
        return build.least(a, b) if earlier else build.greatest(a, b)
    a, b = scope.keep(a), scope.keep(b)
    first = build.at_most(a, b) if earlier else build.at_most(b, a)
    second = build.less(b, a) if earlier else build.less(a, b)
    return build.case([(first, a), (second, b)])


def _joined(scope: Scope, op: Op) -> Node:
    return build.joined([node(scope, arg) for arg in op.args], ", ")


def _last_day(scope: Scope, op: Op) -> Node:
    months = months_of(type_of(scope, op.args[0]).unit)
    return scope.dialect.last_day(node(scope, op.args[0]), months)


def _first_day(scope: Scope, op: Op) -> Node:
    day, size = op.args
    assert isinstance(size, Const), "how long a period is, is known"
    assert isinstance(size.value, Fraction)
    return dates.first_day(scope, node(scope, day), int(size.value))


def _later(scope: Scope, op: Op) -> Node:
    day, number_of = op.args
    by = numbers.kept(scope, number(scope, number_of)).node
    return dates.later(scope, node(scope, day), by, op.op.removeprefix("add_"))


def _of_dates(work: Callable[..., Node]) -> Callable[[Scope, Op], Num]:
    """A whole number that dates have, as a decimal."""

    def lowered(scope: Scope, op: Op) -> Num:
        digits = op.type.sides[0]
        return Num(build.cast(work(scope, *(node(scope, arg) for arg in op.args)), digits), digits)

    return lowered


def _no_number(_scope: Scope, op: Op) -> Num:
    raise AssertionError(f"`{op.op}` makes no number")


def _no_node(_scope: Scope, op: Op) -> Node:
    raise AssertionError(f"`{op.op}` makes a number")


@dataclass(frozen=True, slots=True)
class _Lowering:
    """An operator that makes a `number`, or a `node` of anything else. `repeats`: its arguments stand in it twice."""

    number: Callable[[Scope, Op], Num] = _no_number
    node: Callable[[Scope, Op], Node] = _no_node
    repeats: bool = False


_ROUNDED = _Lowering(_rounded, repeats=True)
_LIMITED = _Lowering(_limited, repeats=True)
_COMPARED = _Lowering(node=_comparison)
_MOVED = _Lowering(node=_later, repeats=True)
_DAY = _Lowering(node=_day_of, repeats=True)

OPERATORS: dict[str, _Lowering] = {
    "add": _Lowering(lambda scope, op: numbers.add(scope, *_two(scope, op))),
    "sub": _Lowering(lambda scope, op: numbers.add(scope, *_two(scope, op), minus=True)),
    "mul": _Lowering(lambda scope, op: numbers.multiply(scope, *_two(scope, op))),
    "div": _Lowering(_divide, repeats=True),
    "over": _Lowering(_brought, repeats=True),
    "neg": _Lowering(_negative),
    "abs": _Lowering(_absolute),
    "numerator": _Lowering(_side),
    "denominator": _Lowering(_side),
    **dict.fromkeys(("round", "floor", "ceil", "truncate", "extend"), _ROUNDED),
    **dict.fromkeys(("at_most", "at_least"), _LIMITED),
    **dict.fromkeys(_COMPARISONS, _COMPARED),
    "and": _Lowering(node=lambda scope, op: build.every(node(scope, arg) for arg in op.args)),
    "or": _Lowering(node=lambda scope, op: build.some(node(scope, arg) for arg in op.args)),
    "not": _Lowering(node=lambda scope, op: build.negated(node(scope, op.args[0]))),
    "in": _Lowering(node=_in),
    "is_missing": _Lowering(node=_is_missing),
    "coalesce": _Lowering(_coalesce_number, _coalesce_node, repeats=True),
    "joined": _Lowering(node=_joined),
    "days": _Lowering(_of_dates(dates.days)),
    "months": _Lowering(_of_dates(dates.months), repeats=True),
    "year": _Lowering(_of_dates(dates.part("YEAR"))),
    "half": _Lowering(_of_dates(dates.half), repeats=True),
    "quarter": _Lowering(_of_dates(dates.part("QUARTER"))),
    "month": _Lowering(_of_dates(dates.part("MONTH"))),
    "day": _Lowering(_of_dates(dates.part("DAY"))),
    "weekday": _Lowering(_of_dates(dates.part("ISODOW"))),
    "first_day": _Lowering(node=_first_day, repeats=True),
    "last_day": _Lowering(node=_last_day),
    "add_days": _MOVED,
    "add_months": _MOVED,
    "earlier": _DAY,
    "later": _DAY,
}
"""By operator of the plan, its SQL."""
