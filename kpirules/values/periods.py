"""Calendar periods: months, quarters, halves and years, held as their first day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from kpirules.records import dataclass
from kpirules.values.dates import first_day, last_day
from kpirules.values.units import Unit

_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF: 6, Unit.YEAR: 12}
PERIODS = tuple(_MONTHS)
"""The kinds of calendar periods, shortest first."""
_FORMS = {
    Unit.MONTH: r"(\d{4})-?M?(\d{2})|(\d{4})[-M](\d{1,2})|(\d{4})年(\d{1,2})月",
    Unit.QUARTER: r"(\d{4})-?Q([1-4])|(\d{4})年第?([1-4])季度?",
    Unit.HALF: r"(\d{4})-?H([12])",
    Unit.YEAR: r"(\d{4})年?",
}
_HALVES = {"上半年": 1, "下半年": 2}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One calendar period: its first day and its kind (`Unit.MONTH`, `QUARTER`, `HALF` or `YEAR`)."""

    start: date
    kind: Unit

    @property
    def end(self) -> date:
        """Its last day."""
        return last_day(self.start, _MONTHS[self.kind])

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        year, nth = self.start.year, (self.start.month - 1) // _MONTHS[self.kind] + 1
        match self.kind:
            case Unit.MONTH:
                return f"{year:04}-{nth:02}"
            case Unit.QUARTER:
                return f"{year:04}Q{nth}"
            case Unit.HALF:
                return f"{year:04}H{nth}"
            case _:
                return f"{year:04}"


def parse_period(text: str, kind: Unit) -> Period | None:
    """A period of that kind, written `2025-03`, `2025Q1`, `2025H1`, `2025` or as `2025年第1季度`; else None."""
    text = text.strip()
    if kind is Unit.HALF and text[-3:] in _HALVES and re.fullmatch(r"\d{4}年?", text[:-3]):
        return _nth(int(text[:4]), _HALVES[text[-3:]], kind)
    match = re.fullmatch(_FORMS[kind], text, re.IGNORECASE)
    if not match:
        return None
    numbers = [int(group) for group in match.groups() if group is not None]
    return _nth(numbers[0], numbers[1] if len(numbers) > 1 else 1, kind)


def period_of(day: date, kind: Unit) -> Period:
    """The period of that kind in which a day lies."""
    return Period(first_day(day, _MONTHS[kind]), kind)


def periods_in(outer: Unit, inner: Unit) -> int | None:
    """How many `inner` periods make one `outer`; None where they do not fit."""
    count, rest = divmod(_MONTHS[outer], _MONTHS[inner])
    return None if rest or not count else count


def within(start: date, end: date, kind: Unit) -> Iterator[Period]:
    """The periods of that kind from the one in which `start` lies to the one in which `end` does, in order."""
    part = period_of(start, kind)
    yield part
    while part.end < end:
        part = period_of(part.end + timedelta(days=1), kind)
        yield part


def months_of(kind: Unit) -> int:
    """How many months a period of that kind has."""
    return _MONTHS[kind]


def _nth(year: int, nth: int, kind: Unit) -> Period | None:
    month = (nth - 1) * _MONTHS[kind] + 1
    return Period(date(year, month, 1), kind) if year >= 1 and 1 <= month <= _MONTHS[Unit.YEAR] else None
