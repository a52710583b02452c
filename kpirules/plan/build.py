"""Makes scalars whose types follow from their arguments, by the algebra of `kpirules.values.types`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from kpirules.plan.ir import Case, Const, Op, Ref, Scalar, Value
from kpirules.values import types
from kpirules.values.periods import months_of
from kpirules.values.rounding import Mode
from kpirules.values.types import Type
from kpirules.values.units import Unit

_IN_A_ROW = 100
COMPARE = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
"""Comparisons as rules write them, and their operators."""


@lru_cache(maxsize=10_000)
def number(value: int | Fraction, unit: Unit = Unit.NUMBER) -> Const:
    """A known number."""
    exact = Fraction(value)
    return Const(exact, types.constant(unit, exact))


def text(value: str) -> Const:
    """A known text."""
    return Const(value, Type(Unit.TEXT, domain=(value,)))


def const(value: Value, type_: Type) -> Const:
    """A known value of a type; a number gets the digits it needs."""
    if isinstance(value, Fraction):
        return number(value, type_.unit)
    return Const(value, type_)


def add(a: Scalar, b: Scalar, unit: Unit) -> Scalar:
    """`a + b`; adding the constant 0 is left out."""
    if _is(a, 0):
        return b
    if _is(b, 0):
        return a
    return Op("add", (a, b), types.add(a.type, b.type, unit))


class Sum:
    """Values added up: in a row, or where there are many, in a row of rows, so that no sum is nested deep."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.rows: list[Scalar] = []
        self.count = 0

    def plus(self, value: Scalar) -> None:
        """Add one more.

        Raises:
            TooWide: its row cannot be proved to fit.
        """
        if self.count % _IN_A_ROW == 0:
            self.rows.append(number(0, self.unit))
        self.rows[-1] = add(self.rows[-1], value, self.unit)
        self.count += 1

    def total(self) -> Scalar:
        """The sum; 0 of nothing.

        Raises:
            TooWide: it cannot be proved to fit.
        """
        summed: Scalar = number(0, self.unit)
        for row in self.rows:
            summed = add(summed, row, self.unit)
        return summed


def sub(a: Scalar, b: Scalar, unit: Unit) -> Scalar:
    """`a - b`; taking the constant 0 away is left out."""
    if _is(b, 0):
        return a
    return Op("sub", (a, b), types.add(a.type, b.type, unit, minus=True))


def mul(a: Scalar, b: Scalar, unit: Unit) -> Scalar:
    """`a * b`."""
    return Op("mul", (a, b), types.multiply(a.type, b.type, unit))


def div(a: Scalar, b: Scalar, unit: Unit, name: str | None = None) -> Scalar:
    """`a / b`; dividing by the constant 1 is left out. `name` is what the model calls the divisor."""
    if _is(b, 1):
        return a
    return Op("div", (a, b), types.divide(a.type, b.type, unit, name))


def _is(node: Scalar, value: int) -> bool:
    return isinstance(node, Const) and node.value == value


def compare(op: str, a: Scalar, b: Scalar) -> Op:
    """`a op b` for `eq ne lt le gt ge`."""
    types.compare(a.type, b.type)
    return Op(op, (a, b), types.BOOL)


def both(conditions: Sequence[Scalar]) -> Scalar:
    """All of the conditions."""
    return conditions[0] if len(conditions) == 1 else Op("and", tuple(conditions), types.BOOL)


def any_of(conditions: Sequence[Scalar]) -> Scalar:
    """At least one of the conditions."""
    return conditions[0] if len(conditions) == 1 else Op("or", tuple(conditions), types.BOOL)


def negated(condition: Scalar) -> Op:
    """Not the condition."""
    return Op("not", (condition,), types.BOOL)


def is_missing(a: Scalar) -> Op:
    """Whether a value is missing."""
    return Op("is_missing", (a,), types.BOOL)


def coalesce(a: Scalar, b: Scalar) -> Op:
    """`a`, or `b` where it is missing."""
    return Op("coalesce", (a, b), types.or_else(a.type, b.type, a.type.unit))


def joined(texts: Sequence[Scalar]) -> Scalar:
    """The texts that are there, with commas between; missing where none is."""
    return texts[0] if len(texts) == 1 else Op("joined", tuple(texts), texts[0].type)


def limit(a: Scalar, bound: Scalar, unit: Unit, *, at_most: bool) -> Op:
    """The smaller of the two (`at_most`), or the larger."""
    type_ = types.limit(a.type, bound.type, unit, at_most=at_most)
    return Op("at_most" if at_most else "at_least", (a, bound), type_)


def rounded(a: Scalar, places: int, mode: Mode) -> Op:
    """`a` to `places` places."""
    return Op("round", (a,), types.rounding(a.type, places), places, mode)


def first_day(day: Scalar, type_: Type) -> Op:
    """The first day of the month, quarter, half or year in which a day lies; of the month where `type_` is a date."""
    months = months_of(type_.unit) if type_.unit.periodic else 1
    return Op("first_day", (day, number(months)), type_)


def case(whens: Sequence[tuple[Scalar, Scalar]], otherwise: Scalar | None, unit: Unit) -> Scalar:
    """The first branch whose condition holds; missing where none does and there is no `otherwise`."""
    if not whens and otherwise is not None:
        return otherwise
    values = [*(value for _, value in whens), *([otherwise] if otherwise is not None else [])]
    type_ = types.either([value.type for value in values], unit)
    return Case(tuple(whens), otherwise, type_ if otherwise is not None else type_.maybe())


def ref(name: str, type_: Type) -> Ref:
    """A column or an earlier binding."""
    return Ref(name, type_)
