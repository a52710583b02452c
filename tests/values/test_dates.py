"""Months and days added to dates, against definitions that count one by one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpirules.values.dates import add_days, add_months, first_day, last_day, months_between
from kpirules.values.periods import parse_period, period_of, within
from kpirules.values.units import Unit

DAYS = st.dates() | st.sampled_from([date.min, date.max, date(2024, 2, 29), date(2023, 2, 28), date(2024, 12, 31)])
NEAR = st.dates(date(1990, 1, 1), date(2035, 12, 31))


def slow_add(day: date, months: int) -> date:
    """Month after month, then the latest day of it that is there, not after the day's own number."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month not in range(1, 13):
            year, month = (year + 1, 1) if month > 1 else (year - 1, 12)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


def slow_months(a: date, b: date) -> int:
    """By counting up to the greatest number of months that does not lead past `b`."""
    if b < a:
        return -slow_months(b, a)
    months = 0
    while slow_add(a, months + 1) <= b:
        months += 1
    return months


@settings(max_examples=400)
@given(NEAR, st.integers(-200, 200))
def test_months_are_added_one_by_one(day: date, months: int) -> None:
    assert add_months(day, months) == slow_add(day, months)


@settings(max_examples=400)
@given(NEAR, NEAR)
def test_months_between_are_the_most_that_can_be_added(a: date, b: date) -> None:
    assert months_between(a, b) == slow_months(a, b)


@settings(max_examples=300)
@given(DAYS, DAYS)
def test_months_between_any_two_dates(a: date, b: date) -> None:
    a, b = min(a, b), max(a, b)
    months = months_between(a, b)
    reached, past = add_months(a, months), add_months(a, months + 1)
    assert reached is not None
    assert reached <= b
    assert past is None or past > b
    assert months_between(b, a) == -months


def test_every_day_of_some_years_against_every_end_of_a_month() -> None:
    days = [date(2023, 12, 1) + timedelta(nth) for nth in range(500)]
    ends = [day for day in days if (day + timedelta(1)).day == 1]
    assert [months_between(a, b) for a in days for b in ends] == [slow_months(a, b) for a in days for b in ends]


@pytest.mark.parametrize(
    ("a", "b", "months"),
    [
        ("2024-01-31", "2024-02-29", 1),  # the last day of a month that has no 31st
        ("2024-01-31", "2024-02-28", 0),
        ("2023-01-30", "2023-02-28", 1),
        ("2024-01-31", "2024-04-30", 3),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-02-29", "2025-02-27", 11),
        ("2024-02-29", "2024-03-28", 0),  # the 29th is there, and has not come
        ("2024-02-29", "2024-03-29", 1),
        ("2024-02-29", "2024-01-31", -1),
        ("2024-03-31", "2024-02-28", -1),
        ("2024-03-31", "2024-02-29", -1),
        ("2024-01-15", "2024-01-15", 0),
        ("0001-01-01", "9999-12-31", 119_987),
    ],
)
def test_by_hand(a: str, b: str, months: int) -> None:
    assert months_between(date.fromisoformat(a), date.fromisoformat(b)) == months


@given(DAYS, st.integers(-4_000_000, 4_000_000))
def test_days_are_those_of_the_calendar(day: date, days: int) -> None:
    try:
        expected = day + timedelta(days)
    except OverflowError:
        expected = None
    assert add_days(day, days) == expected


@pytest.mark.parametrize(
    ("day", "months"), [(date.max, 1), (date.min, -1), (date(5, 5, 5), -60), (date(1, 1, 1), 10**9)]
)
def test_no_date_outside_of_the_calendar(day: date, months: int) -> None:
    assert add_months(day, months) is None


@given(DAYS, st.sampled_from([1, 3, 6, 12]))
def test_a_period_has_its_first_and_its_last_day(day: date, months: int) -> None:
    first = first_day(day, months)
    last = last_day(first, months)
    assert first <= day <= last
    assert (first.day, first.month % months) == (1, 1 % months)
    assert months_between(first, last) == months - 1
    assert last == date.max or (last + timedelta(1)).day == 1


def test_the_last_periods_of_the_calendar() -> None:
    for kind in (Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR):
        period = period_of(date.max, kind)
        assert period.end == date.max
        assert [*within(date.max, date.max, kind)] == [period]
        assert parse_period(str(period), kind) == period
