from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.dates import EXAMPLES, from_text, from_typed, periods_from_days, periods_from_text
from kpirules.values.periods import parse_period, period_of
from kpirules.values.units import Unit
from tests.data.build import column, days

FORMS = ("{0:04}-{1:02}-{2:02}", "{0:04}-{1}-{2}", "{0:04}/{1}/{2}", "{0:04}{1:02}{2:02}", "{0:04}年{1}月{2}日")
PERIODS = (Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR)


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32), st.sampled_from(FORMS))))
def test_every_day_of_the_calendar_is_read_and_no_other(cells: list[tuple[int, int, int, str]]) -> None:
    expected: list[date | None] = []
    for year, month, nth, _ in cells:
        try:
            expected.append(date(year, month, nth))
        except ValueError:
            expected.append(None)
    values, bad = from_text(column(*(form.format(*rest) for *rest, form in cells)))
    assert values.to_pylist() == expected
    assert bad.to_pylist() == [day is None for day in expected]


@pytest.mark.parametrize(
    "cell",
    [
        "2025-1/9",
        "2025-01-09 08:00",
        "00:00",
        "99999999",
        "9999",
        "100000",
        "25-01-09",
        "2025.1.9",
        "9/1/2025",
        "1月9日",
        "202519",
        "x",
        "2025",
    ],
)
def test_other_ways_to_write_a_day_are_found(cell: str) -> None:
    values, bad = from_text(column("2025-01-09", cell, None))
    assert values.to_pylist() == [date(2025, 1, 9), None, None]
    assert bad.to_pylist() == [False, True, False]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("45000", date(2023, 3, 15)),  # the number that Excel shows for this day
        ("10000", date(1927, 5, 18)),
        ("99999", date(2173, 10, 13)),
        ("2025-01-09 00:00:00", date(2025, 1, 9)),
        ("2025-01-09T00:00:00.000", date(2025, 1, 9)),
        ("2025/1/9 0:00", date(2025, 1, 9)),
        ("２０２５年１月９日", date(2025, 1, 9)),
    ],
)
def test_what_programs_make_of_a_day_is_read(cell: str, expected: date) -> None:
    values, bad = from_text(column(cell, "2025-01-09", "x"))
    assert values.to_pylist() == [expected, date(2025, 1, 9), None]
    assert bad.to_pylist() == [False, False, True]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_is_a_day_at_midnight_only(unit: str) -> None:
    moments = [datetime(1969, 5, 4), datetime(2025, 1, 9), datetime(2025, 1, 9, 0, 0, 1), None]  # noqa: DTZ001  # a column without a zone
    values, bad = from_typed(pa.chunked_array([pa.array(moments, pa.timestamp(unit))]))
    assert values.to_pylist() == [date(1969, 5, 4), date(2025, 1, 9), None, None]
    assert bad.to_pylist() == [False, False, True, False]


def test_a_day_that_no_calendar_of_ours_has_is_found() -> None:
    beyond = pa.array([-(10**6), 0, 10**7], pa.int32()).cast(pa.date32())
    values, bad = from_typed(pa.chunked_array([beyond]))
    assert values.to_pylist() == [None, date(1970, 1, 1), None]
    assert bad.to_pylist() == [True, False, True]


@pytest.mark.parametrize("kind", PERIODS)
def test_periods_are_held_as_their_first_day(kind: Unit) -> None:
    values, bad = periods_from_text(column(EXAMPLES[kind], "x", None, EXAMPLES[kind]), kind)
    first = parse_period(EXAMPLES[kind], kind)
    assert first is not None
    assert values.to_pylist() == [first.start, None, None, first.start]
    assert bad.to_pylist() == [False, True, False, False]


def test_the_first_day_stands_for_a_period_in_text_too() -> None:
    values, bad = periods_from_text(column("2025-03-01", "2025/3/1", "45717", "2025-03-02", "2025-03"), Unit.MONTH)
    assert values.to_pylist() == [date(2025, 3, 1)] * 3 + [None, date(2025, 3, 1)]
    assert bad.to_pylist() == [False, False, False, True, False]


@pytest.mark.parametrize("kind", PERIODS)
@given(st.lists(st.dates(date(1, 1, 1), date(9999, 12, 31)).map(lambda day: day - timedelta(day.day - 1))))
def test_a_day_stands_for_a_period_only_if_it_is_its_first(kind: Unit, firsts: list[date]) -> None:
    values, bad = periods_from_days(pa.chunked_array([days(*firsts)]), kind)
    right = [period_of(day, kind).start == day for day in firsts]
    assert values.to_pylist() == [day if fits else None for day, fits in zip(firsts, right, strict=True)]
    assert bad.to_pylist() == [not fits for fits in right]
