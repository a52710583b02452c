"""Sets of numbers on a line: a grid of decimals, or all fractions, between two bounds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.values.types import SUM_BOUND, Type
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`; an end that is `open` is not one of them."""

    low: Fraction
    high: Fraction
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True, slots=True)
class Line:
    """The values a head may have: multiples of 10^-scale (`scale` None: every fraction) from `low` to `high`.

    INVARIANT: on a grid every interval is closed and its ends lie on the grid.
    """

    scale: int | None
    low: Fraction
    high: Fraction

    def whole(self) -> list[Interval]:
        """All of the line."""
        return self._kept([Interval(self.low, self.high)])

    def where(self, op: str, bound: Fraction) -> list[Interval]:
        """The part of the line for which `value op bound` holds."""
        below = Interval(self.low, bound, high_open=True)
        above = Interval(bound, self.high, low_open=True)
        exact = Interval(bound, bound)
        parts = {
            "<": [below],
            "<=": [Interval(self.low, bound)],
            ">": [above],
            ">=": [Interval(bound, self.high)],
            "=": [exact],
            "!=": [below, above],
        }[op]
        return self.common(self.whole(), self._kept(parts))

    def common(self, intervals: list[Interval], other: list[Interval]) -> list[Interval]:
        """What lies in both."""
        return self._kept([_meet(a, b) for a in intervals for b in other])

    def without(self, intervals: list[Interval], other: list[Interval]) -> list[Interval]:
        """What lies in `one` and not in `other`."""
        left = intervals
        for cut in other:
            before = Interval(self.low, cut.low, high_open=not cut.low_open)
            after = Interval(cut.high, self.high, low_open=not cut.high_open)
            left = self.common(left, self._kept([before, after]))
        return left

    def inside(self, parts: list[Interval]) -> Fraction | None:
        """A number in the set, or None where it is empty."""
        return self.simplest(parts) if parts else None

    def simplest(self, parts: list[Interval]) -> Fraction:
        """The number in a set that a person would name: fewest decimal places, then nearest to zero."""
        best = min((_simplest(part) for part in parts), key=lambda candidate: (candidate[0], abs(candidate[1])))
        return best[1]

    def _kept(self, parts: list[Interval]) -> list[Interval]:
        on_line = [self._snap(part) for part in parts]
        return [part for part in on_line if not part.empty]

    def _snap(self, part: Interval) -> Interval:
        if self.scale is None:
            return part
        grid = Fraction(10) ** self.scale
        low, high = (part.low * grid).__ceil__(), (part.high * grid).__floor__()
        low += part.low_open and low == part.low * grid
        high -= part.high_open and high == part.high * grid
        return Interval(Fraction(low) / grid, Fraction(high) / grid)


class Free:
    """What is left of a line: intervals apart from each other, in rising order, so that a part of it is soon found."""

    def __init__(self, line_: Line) -> None:
        self.line = line_
        self.parts = line_.whole()

    def common(self, taken: list[Interval]) -> list[Interval]:
        """What is left of some parts of the line."""
        return [
            interval for part in taken for interval in self.line.common(self.parts[slice(*self._met(part))], [part])
        ]

    def take(self, taken: list[Interval]) -> None:
        """Take parts of the line out of it."""
        for part in taken:
            start, end = self._met(part)
            self.parts[start:end] = self.line.without(self.parts[start:end], [part])

    def _met(self, part: Interval) -> tuple[int, int]:
        """Where the intervals begin and end that a part may have something in common with."""
        start = bisect_left(self.parts, part.low, key=lambda interval: interval.high)
        return start, bisect_right(self.parts, part.high, lo=start, key=lambda interval: interval.low)


def line(type_: Type) -> Line:
    """The line on which a number or a date lies."""
    if type_.unit is Unit.DATE:
        return Line(0, number(date.min), number(date.max))
    if type_.presumed:
        return Line(type_.scale, -SUM_BOUND, SUM_BOUND)
    return Line(type_.scale, *type_.bounds)


def number(value: Fraction | date) -> Fraction:
    """The place of a value on its line."""
    return Fraction(value.toordinal()) if isinstance(value, date) else value


def _meet(a: Interval, b: Interval) -> Interval:
    low, low_open = max((a.low, a.low_open), (b.low, b.low_open))
    high, high_closed = min((a.high, not a.high_open), (b.high, not b.high_open))
    return Interval(low, high, low_open, not high_closed)


def _simplest(part: Interval) -> tuple[int, Fraction]:
    """Decimal places and value of the shortest decimal in an interval that is not empty."""
    places = 0
    while True:
        grid = 10**places
        low, high = (part.low * grid).__ceil__(), (part.high * grid).__floor__()
        low += part.low_open and low == part.low * grid
        high -= part.high_open and high == part.high * grid
        if low <= high:
            return places, Fraction(min(max(low, 0), high), grid)
        if part.low == part.high:
            return places, part.low
        places += 1
