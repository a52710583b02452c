"""Units and their algebra: one table says what meets what, and everything else is an error."""

from __future__ import annotations

from enum import StrEnum


class Unit(StrEnum):
    """What a value measures. `BARE` is a literal that has not yet met the place that gives it a unit."""

    MONEY = "money"
    RATIO = "ratio"
    NUMBER = "number"
    COUNT = "count"
    BARE = "bare"
    TEXT = "text"
    DATE = "date"
    BOOL = "bool"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def numeric(self) -> bool:
        """Whether values of this unit are numbers."""
        return self in _NUMERIC

    @property
    def periodic(self) -> bool:
        """Whether values of this unit are calendar periods, held as their first day."""
        return self in _PERIODIC


_NUMERIC = frozenset({Unit.MONEY, Unit.RATIO, Unit.NUMBER, Unit.COUNT, Unit.BARE})
_PERIODIC = frozenset({Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR})
_PLAIN = (Unit.NUMBER, Unit.COUNT)

_TIMES: dict[tuple[Unit, Unit], Unit] = {
    (Unit.RATIO, Unit.RATIO): Unit.RATIO,
    **{(Unit.MONEY, u): Unit.MONEY for u in (Unit.RATIO, *_PLAIN)},
    **{(Unit.RATIO, u): Unit.NUMBER for u in _PLAIN},
    **{(a, b): Unit.NUMBER for a in _PLAIN for b in _PLAIN},
}
_OVER: dict[tuple[Unit, Unit], Unit] = {
    (Unit.MONEY, Unit.MONEY): Unit.RATIO,
    **{(Unit.MONEY, u): Unit.MONEY for u in (Unit.RATIO, *_PLAIN)},
    **{(Unit.RATIO, u): Unit.RATIO for u in (Unit.RATIO, *_PLAIN)},
    **{(a, b): Unit.NUMBER for a in _PLAIN for b in (Unit.RATIO, *_PLAIN)},
    (Unit.COUNT, Unit.COUNT): Unit.RATIO,
}


def same(a: Unit, b: Unit) -> Unit | None:
    """The unit of `a + b`, and of values that stand side by side; None where the two do not go together.

    A count is a number wherever it meets a number.
    """
    if a == b:
        return a
    if {a, b} == {Unit.NUMBER, Unit.COUNT}:
        return Unit.NUMBER
    return None


def times(a: Unit, b: Unit) -> Unit | None:
    """The unit of `a * b`, or None where the product means nothing (money by money)."""
    return _TIMES.get((a, b)) or _TIMES.get((b, a))


def over(a: Unit, b: Unit) -> Unit | None:
    """The unit of `a / b`, or None where the quotient means nothing (a number by money)."""
    return _OVER.get((a, b))
