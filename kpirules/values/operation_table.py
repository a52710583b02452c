"""The operations of the language, one record each: what a function or an aggregate takes, and what it gives.

A record's key is its English word in `[function]` of `grammar/words.toml`, which has its other spellings. The model
elaborates a call by its record, the plan lowers it by the same one, and each engine has one lowering of each measure
and operator: `tests/engines/test_operation_table.py` holds them complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from enum import Enum, auto
from fractions import Fraction
from functools import partial

from kpirules.records import dataclass
from kpirules.values import dates, types
from kpirules.values.groups import of_group, side, total
from kpirules.values.types import BOOL, DATE, SUM_BOUND, Digits, Type, size
from kpirules.values.units import Unit

# ---------------------------------------------------------------- aggregates


class Counts(Enum):
    """What an aggregate counts of each row."""

    ROWS = auto()
    """The row itself."""
    VALUES = auto()
    """A value of any kind."""
    CONDITIONS = auto()
    """A condition."""
    ORDERED = auto()
    """A number or a date."""
    FIGURES = auto()
    """A number that adds up: each of its terms is a figure of the row."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate over rows.

    `type` gives its type by that of one row's value. `measures` are what an engine works out of the rows: one figure,
    or a sum and what it is divided by. `of_no_rows` is its value where there are none; None, it is missing. `unit` is
    its unit, where that is always the same.
    """

    counts: Counts
    type: Callable[[Type], Type]
    measures: tuple[str, ...]
    of_no_rows: Fraction | bool | None = None
    unit: Unit | None = None

    @property
    def sums(self) -> bool:
        """Whether it adds rows up."""
        return "sum" in self.measures

    @property
    def picks(self) -> bool:
        """Whether it comes to what one row or two have, so that a column's bounds are its own."""
        return self.unit is None and not self.sums


COUNT = types.decimal(Unit.COUNT, 0, Fraction(0), SUM_BOUND)
"""The type of a number of rows."""


def _extreme(a: Type) -> Type:
    return replace(a, missing=True, over=of_group(a), by=None)


def _median(a: Type) -> Type:
    """A row's value or the mean of two, which has one more place."""
    scale, bound = a.sides[0].scale, a.sides[0].bound if a.over else size(*a.bounds)
    Digits(scale, 2 * bound).checked()
    return replace(a, digits=Digits(scale + 1, bound).checked(), missing=True, over=of_group(a), by=None)


def _average(a: Type) -> Type:
    """A sum over a count, between the rows' bounds."""
    count = types.decimal(Unit.NUMBER, 0, Fraction(1), SUM_BOUND)
    return replace(types.divide(total(a), count, a.unit), missing=True, low=a.low, high=a.high)


_ZERO = Fraction(0)
AGGREGATES: dict[str, Aggregate] = {
    "sum": Aggregate(Counts.FIGURES, total, ("sum",), _ZERO),
    "avg": Aggregate(Counts.FIGURES, _average, ("sum", "count")),
    "median": Aggregate(Counts.FIGURES, _median, ("median",)),
    "min": Aggregate(Counts.ORDERED, _extreme, ("min",)),
    "max": Aggregate(Counts.ORDERED, _extreme, ("max",)),
    "count": Aggregate(Counts.ROWS, lambda _: COUNT, ("count",), _ZERO, Unit.COUNT),
    "count distinct": Aggregate(Counts.VALUES, lambda _: COUNT, ("distinct",), _ZERO, Unit.COUNT),
    "any": Aggregate(Counts.CONDITIONS, lambda _: BOOL, ("any",), of_no_rows=False, unit=Unit.BOOL),
    "all": Aggregate(Counts.CONDITIONS, lambda _: BOOL, ("all",), of_no_rows=True, unit=Unit.BOOL),
}

# ---------------------------------------------------------------- functions


class Takes(Enum):
    """What stands in the brackets of a function."""

    FIGURE = auto()
    """A number."""
    ROUNDED = auto()
    """A number, and perhaps the places to round to, which are known."""
    ALIKE = auto()
    """Two or more numbers of one unit, or dates, none of which may be missing."""
    DATES = auto()
    """Dates."""
    MOVED = auto()
    """A date, and by how many whole days or months it is moved."""
    STEPS = auto()
    """A quotient that is cut to whole steps."""
    SIDE = auto()
    """A number, of whose quotient one side is taken."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of values: missing where one of them is.

    `least` and `most` are how many it takes. `type` gives its type by theirs (of numbers that are rounded, and the
    places). `unit` is its unit, where that is always the same. `known` works out a date of known ones, None where that
    is past the calendar. `operators` are those of the plan that it is made of; none, it is one by its own name.
    """

    takes: Takes
    least: int
    most: int
    type: Callable[..., Type]
    unit: Unit | None = None
    known: Callable[..., date | None] | None = None
    operators: tuple[str, ...] = ()

    @property
    def figure(self) -> bool:
        """Whether its value is a figure of the same kind as what it takes."""
        return self.takes in (Takes.FIGURE, Takes.ROUNDED, Takes.ALIKE)

    @property
    def may_end(self) -> bool:
        """Whether a run may end at it: a date past the calendar is a fault."""
        return self.takes is Takes.MOVED


_MANY = 99


def _limited(*kinds: Type, at_most: bool) -> Type:
    first, *rest = kinds
    for kind in rest:
        first = types.limit(first, kind, first.unit, at_most=at_most) if first.unit.numeric else first
    return first


def _day(*kinds: Type) -> Type:
    return DATE.maybe(when=any(kind.missing for kind in kinds))


def _rounding() -> Function:
    return Function(Takes.ROUNDED, 1, 2, types.rounding)


def _extreme_of(limit: str, date: str) -> Function:
    kind = partial(_limited, at_most=limit == "at_most")
    return Function(Takes.ALIKE, 2, _MANY, kind, operators=(limit, date))


def _number(least: int, most: int, of: int = 1) -> Function:
    """A whole number between two that `of` dates have."""

    def kind(*kinds: Type) -> Type:
        missing = any(value.missing for value in kinds)
        return types.decimal(Unit.NUMBER, 0, Fraction(least), Fraction(most), missing=missing)

    return Function(Takes.DATES, of, of, kind, Unit.NUMBER)


def _end(known: Callable[[date], date], *operators: str) -> Function:
    return Function(Takes.DATES, 1, 1, _day, Unit.DATE, known, operators)


def _moved(known: Callable[[date, int], date | None]) -> Function:
    return Function(Takes.MOVED, 2, 2, _day, Unit.DATE, known)


FUNCTIONS: dict[str, Function] = {
    "round": _rounding(),
    "floor": _rounding(),
    "ceil": _rounding(),
    "abs": Function(Takes.FIGURE, 1, 1, types.absolute),
    "min": _extreme_of("at_most", "earlier"),
    "max": _extreme_of("at_least", "later"),
    "days": _number(-4_000_000, 4_000_000, of=2),
    "months": _number(-120_000, 120_000, of=2),
    "year": _number(1, 9999),
    "half": _number(1, 2),
    "quarter": _number(1, 4),
    "month": _number(1, 12),
    "day": _number(1, 31),
    "weekday": _number(1, 7),
    "month_start": _end(lambda day: dates.first_day(day, 1), "first_day"),
    "month_end": _end(lambda day: dates.last_day(dates.first_day(day, 1), 1), "first_day", "last_day"),
    "add_months": _moved(dates.add_months),
}
"""Those that are called by their name."""

WRITTEN: dict[str, Function] = {
    "add_days": _moved(dates.add_days),
    "truncate": Function(Takes.STEPS, 1, 1, partial(types.steps, way="truncate"), Unit.NUMBER),
    "extend": Function(Takes.STEPS, 1, 1, partial(types.steps, way="extend"), Unit.NUMBER),
    "numerator": Function(Takes.SIDE, 1, 1, lambda kind: side(kind.sides[0]), Unit.NUMBER),
    "denominator": Function(Takes.SIDE, 1, 1, lambda kind: side(kind.sides[1]), Unit.NUMBER),
}
"""Those without a name: `d + 3`, `x per 5 whole`, `x per 5 part`, and the sides of a divisor that leaves a sum."""


def function(name: str) -> Function:
    """The record of a function, however it is written."""
    return FUNCTIONS.get(name) or WRITTEN[name]
