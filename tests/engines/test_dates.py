"""What SQL makes of dates against Python's own calendar, day by day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest

from kpirules.engines import duckdb, reference
from kpirules.plan.ir import Op, Ref, Scalar, Value
from kpirules.values import types
from kpirules.values.types import DATE, Type
from kpirules.values.units import Unit
from tests.engines.plans import PARAMS, bind, computed, whole
from tests.helpers.outcomes import exact
from tests.values.test_dates import slow_add, slow_months

A, B = Ref("a", DATE), Ref("b", DATE)
WHOLE = types.decimal(Unit.NUMBER, 0, Fraction(-4_000_000), Fraction(4_000_000))
DECADES = [date(1995, 1, 1) + timedelta(nth) for nth in range((date(2030, 1, 1) - date(1995, 1, 1)).days)]
FAR = [
    *(date(1, 1, 1) + timedelta(nth) for nth in range(800)),
    *(date(1899, 1, 1) + timedelta(nth) for nth in range(800)),
    *(date(9999, 12, 31) - timedelta(nth) for nth in range(800)),
]


def _both(scalar: Scalar, a: Sequence[date], b: Sequence[date] | None = None) -> list[Value]:
    """What both engines, which must agree, make of each day, or of each pair, in order."""
    ids = [f"{nth:06}" for nth in range(len(a))]
    columns: dict[str, tuple[Type, Sequence[Value]]] = {
        "id": (Type(Unit.TEXT), ids),
        "a": (DATE, a),
        "b": (DATE, b if b is not None else a),
    }
    plan, tables = computed(columns, bind("x", scalar))
    result = exact(duckdb.run(plan, tables, PARAMS, ["x"]), "x")
    assert result == exact(reference.run(plan, tables, PARAMS, ["x"]), "x")
    return result


@pytest.mark.parametrize("days", [DECADES, FAR], ids=["decades", "far"])
def test_parts_of_every_day(days: list[date]) -> None:
    assert _both(Op("day", (A,), WHOLE), days) == [day.day for day in days]
    assert _both(Op("weekday", (A,), WHOLE), days) == [day.weekday() + 1 for day in days]
    assert _both(Op("half", (A,), WHOLE), days) == [1 if day.month <= 6 else 2 for day in days]
    for months in (1, 3, 6, 12):
        firsts = [
            date(day.year, max(m for m in range(1, day.month + 1) if m % months == 1 % months), 1) for day in days
        ]
        assert _both(Op("first_day", (A, whole(months)), DATE), days) == firsts
    ends = [date(day.year, day.month, monthrange(day.year, day.month)[1]) for day in days]
    first = Op("first_day", (A, whole(1)), Type(Unit.MONTH))
    assert _both(Op("last_day", (first,), DATE), days) == ends


@pytest.mark.parametrize("by", [-4000, -366, -1, 0, 1, 59, 365])
def test_days_added_to_every_day(by: int) -> None:
    inside = [day for day in (*DECADES, *FAR) if date.min.toordinal() <= day.toordinal() + by <= date.max.toordinal()]
    assert _both(Op("add_days", (A, whole(by)), DATE.maybe()), inside) == [day + timedelta(by) for day in inside]


@pytest.mark.parametrize("by", [-49, -12, -1, 0, 1, 6, 12, 25])
def test_months_added_to_every_day(by: int) -> None:
    result = _both(Op("add_months", (A, whole(by)), DATE.maybe()), DECADES)
    assert result == [slow_add(day, by) for day in DECADES]


@pytest.mark.parametrize(
    ("op", "day", "by", "expected"),
    [
        ("add_days", date.max, 1, None),
        ("add_days", date.min, -1, None),
        ("add_days", date.max, -3_652_058, date.min),
        ("add_days", date.min, 10**14 - 1, None),
        ("add_days", date.max, -(10**14) + 1, None),
        ("add_months", date.max, 1, None),
        ("add_months", date(9999, 11, 30), 1, date(9999, 12, 30)),
        ("add_months", date(1, 1, 31), -1, None),
        ("add_months", date(1, 1, 31), 119_987, date.max),
        ("add_months", date.min, 10**14 - 1, None),
        ("add_months", date.max, -(10**14) + 1, None),
    ],
)
def test_the_ends_of_the_calendar(op: str, day: date, by: int, expected: date | None) -> None:
    assert _both(Op(op, (A, whole(by)), DATE.maybe()), [day]) == [expected]


def test_months_between_ends_of_months_and_other_days() -> None:
    """Every day of two years, one of them a leap year, to days before and after it, and to ends of months."""
    days = [date(2023, 1, 1) + timedelta(nth) for nth in range(731)]
    ends = [
        date(year, month, monthrange(year, month)[1]) for year in (2022, 2023, 2024, 2025) for month in (1, 2, 3, 4, 12)
    ]
    pairs = [(day, end) for day in days for end in ends]
    pairs += [(day, day + timedelta(by)) for day in days for by in (-400, -31, -28, -1, 0, 1, 27, 30, 365)]
    a, b = zip(*pairs, strict=True)
    assert _both(Op("months", (A, B), WHOLE), a, b) == [slow_months(*pair) for pair in pairs]
