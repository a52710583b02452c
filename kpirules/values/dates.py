"""Arithmetic of dates: days and months added, months passed, first and last days. Exact in the years 1 to 9999."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

_YEAR = 12


def first_day(day: date, months: int) -> date:
    """The first day of the month, quarter, half or year (of so many `months`) in which a day lies."""
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def last_day(first: date, months: int) -> date:
    """The last day of so many months that begin on the date `first`, all of one year."""
    month = first.month + months - 1
    return date(first.year, month, monthrange(first.year, month)[1])


def add_days(day: date, days: int) -> date | None:
    """The date so many days later (or earlier, below 0); None where it lies outside of the years 1 to 9999."""
    ordinal = day.toordinal() + days
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else None


def add_months(day: date, months: int) -> date | None:
    """The same day of the month so many months later; the last day of a month that has no such day.

    None where it lies outside of the years 1 to 9999.
    """
    year, month = divmod(_count(day) + months, _YEAR)
    if not date.min.year <= year <= date.max.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(a: date, b: date) -> int:
    """The greatest n for which `add_months(a, n)` is not after `b`; where `b` is before `a`, minus the months back."""
    if b < a:
        return -months_between(b, a)
    short = b.day < a.day and b.day < monthrange(b.year, b.month)[1]
    return _count(b) - _count(a) - short


def _count(day: date) -> int:
    """The months from the year 0 to that of a day."""
    return day.year * _YEAR + day.month - 1
