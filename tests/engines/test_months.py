"""`months(a, b)` against a count by hand, day by day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.schemes import figures, scheme

STAFF = """
table staff
    staff_id text key
    a        date
    b        date
subject staff
"""
FIRST = date(2023, 11, 1)
DAYS = st.integers(0, 900).map(lambda days: FIRST + timedelta(days))
ENDS = st.sampled_from([date(2024, month, 1) - timedelta(1) for month in range(1, 13)])
EDGES = [
    (date(2024, 1, 31), date(2024, 2, 29), 0),  # the 31st is not reached again in February
    (date(2024, 1, 31), date(2024, 3, 1), 1),  # but with its end the month has passed
    (date(2024, 1, 31), date(2024, 3, 31), 2),
    (date(2024, 1, 15), date(2024, 2, 14), 0),
    (date(2024, 1, 15), date(2024, 2, 15), 1),
    (date(2024, 2, 29), date(2025, 2, 28), 11),
    (date(2024, 2, 29), date(2025, 3, 1), 12),
    (date(2024, 3, 1), date(2024, 1, 31), -1),
    (date(2024, 5, 5), date(2024, 5, 5), 0),
]


def by_hand(a: date, b: date) -> int:
    """The months passed from `a` to `b`: each has when its day number is reached, or with the end of its month."""
    if b < a:
        return -by_hand(b, a)
    passed = set[int]()
    day = a
    while day < b:
        day += timedelta(1)
        nth = (day.year - a.year) * 12 + day.month - a.month
        passed.update(range(1, nth))
        if nth >= 1 and day.day >= a.day:
            passed.add(nth)
    return len(passed)


def _months(pairs: list[tuple[date, date]]) -> list[object]:
    """What both engines make of each pair, in order."""
    rows = [(f"{nth:04}", a.isoformat(), b.isoformat()) for nth, (a, b) in enumerate(pairs)]
    return [*figures(scheme("define x = months(a, b)", staff=STAFF), {"staff": rows}).column("x")]


def test_ends_of_months() -> None:
    pairs = [(a, b) for a, b, _ in EDGES]
    assert [by_hand(a, b) for a, b in pairs] == [months for _, _, months in EDGES]
    assert _months(pairs) == [months for _, _, months in EDGES]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(DAYS | ENDS, DAYS | ENDS), min_size=60, max_size=60))
def test_by_hand(pairs: list[tuple[date, date]]) -> None:
    assert _months(pairs) == [by_hand(a, b) for a, b in pairs]
