from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kpirules.data.frames import arrow_cells
from kpirules.data.load import typed_tables
from kpirules.model.contracts import Column, PercentForm
from kpirules.source import Fault
from kpirules.source.render import render_text
from kpirules.values.units import Unit
from tests.data.bound import bound
from tests.data.build import day, faults, number, other, percent, table, text

ID = text("id", optional=True)
AMOUNT = number("amount", 2, optional=True)
DAY = day("day", optional=True)


def _values(frame: object, column: Column) -> list[object]:
    (loaded,) = typed_tables([table("t", column)], {"t": frame}).tables.values()
    values: list[object] = loaded.column(column.name).to_pylist()
    return values


def _found(frame: object, *columns: Column) -> list[tuple[str, int | None, str | None]]:
    return [
        (code, row, value)
        for code, _, row, _, value in faults(lambda: typed_tables([table("t", *columns)], {"t": frame}))
    ]


TEXTS: list[Any] = [
    pd.Series(["00017", None, "李"]),
    pd.Series(["00017", None, "李"], dtype="string"),
    pd.Series(["00017", np.nan, "李"], dtype=object),
    pd.Series(["00017", pd.NA, "李"], dtype=object),
    pd.Series(["00017", None, "李"], dtype="category"),
]


@pytest.mark.parametrize("series", TEXTS)
def test_texts_of_any_kind(series: pd.Series[Any]) -> None:
    assert _values(pd.DataFrame({"id": series}), ID) == ["00017", None, "李"]


NUMBERS: list[Any] = [
    pd.Series([1.5, None, -60.70400000000001]),
    pd.Series([Decimal("1.50"), None, Decimal("-60.704")]),
    pd.Series([1.5, pd.NA, "-60.704"], dtype=object),
    pd.Series(["1.50", None, "-60.704"], dtype="category"),
    pd.Series([1.5, None, -60.704], dtype="Float64"),
    pd.Series(["1.5", "", "(60.704)"]),
]


@pytest.mark.parametrize("series", NUMBERS)
def test_numbers_of_any_kind(series: pd.Series[Any]) -> None:
    expected = [Decimal("1.5"), None, Decimal("-60.704")]
    assert _values(pd.DataFrame({"amount": series}), number("amount", 3, optional=True)) == expected


def test_whole_numbers_of_any_kind() -> None:
    for series in (pd.Series([1, None], dtype="Int64"), pd.Series([1, None], dtype=object), pd.Series([1.0, np.nan])):
        assert _values(pd.DataFrame({"amount": series}), AMOUNT) == [Decimal(1), None]
    assert _values(pd.DataFrame({"amount": pd.Series([10**13, 1.25], dtype=object)}), AMOUNT) == [
        10**13,
        Decimal("1.25"),
    ]


def test_codes_that_pandas_made_numbers_of() -> None:
    mixed = pd.DataFrame({"id": pd.Series(["A1", 17, 17.0, np.int64(5)], dtype=object)})
    assert _values(mixed, ID) == ["A1", "17", "17", "5"]
    wrong = pd.Series(["A1", 1.5, True, date(2025, 1, 1), b"x", 1e15], dtype=object)
    assert _found(pd.DataFrame({"id": wrong}), ID) == [
        ("KPI651", 2, "1.5"),
        ("KPI651", 3, "true"),
        ("KPI651", 4, "2025-01-01"),
        ("KPI651", 5, "b'x'"),
        ("KPI651", 6, "1000000000000000"),
    ]


def test_days_of_any_kind() -> None:
    days = ["2025-01-09", None, "2024-02-29"]
    expected = [date(2025, 1, 9), None, date(2024, 2, 29)]
    dates = pd.Series([date(2025, 1, 9), None, date(2024, 2, 29)], dtype=object)
    moments = pd.Series([datetime(2025, 1, 9), pd.NaT, pd.Timestamp("2024-02-29")], dtype=object)  # noqa: DTZ001
    for series in (pd.Series(days), pd.to_datetime(pd.Series(days)), dates, moments):
        assert _values(pd.DataFrame({"day": series}), DAY) == expected
    zoned = pd.Series([datetime(2025, 1, 9, tzinfo=UTC), "x"], dtype=object)
    assert _found(pd.DataFrame({"day": zoned}), DAY) == [("KPI635", 1, "2025-01-09 00:00:00+00:00"), ("KPI635", 2, "x")]
    typed = pd.DataFrame({"day": pd.to_datetime(pd.Series(["2025-01-09"]), utc=True)})
    assert [code for code, _, _ in _found(typed, DAY)] == ["KPI638"]


def _holders(periods: pd.PeriodIndex) -> list[Any]:
    """A frame with these periods, in every way in which one holds them."""
    frame = pd.DataFrame({"p": periods})
    return [
        frame,
        pd.DataFrame({"p": pd.Series(list(periods), dtype=object)}),
        pd.DataFrame({"x": [1] * len(periods)}, index=periods.rename("p")),
        pa.Table.from_pandas(frame),
        {"p": periods},
        {"p": frame["p"]},
        {"p": list(periods)},
    ]


@pytest.mark.parametrize(
    ("freq", "unit", "first"),
    [
        ("M", Unit.MONTH, date(2025, 3, 1)),
        ("Q", Unit.QUARTER, date(2025, 1, 1)),
        ("Y", Unit.YEAR, date(2025, 1, 1)),
        ("Q-MAR", Unit.QUARTER, date(2025, 1, 1)),  # which pandas calls 2025Q4
        ("Q-SEP", Unit.QUARTER, date(2025, 1, 1)),
        ("2Q", Unit.HALF, date(2025, 1, 1)),
        ("D", Unit.DATE, date(2025, 3, 15)),
    ],
)
def test_periods_of_pandas_are_read_by_their_days(freq: str, unit: Unit, first: date) -> None:
    for frame in _holders(pd.PeriodIndex(["2025-03-15", pd.NaT], freq=freq)):
        assert _values(frame, other("p", unit, optional=True)) == [first, None]


@pytest.mark.parametrize(
    ("freq", "unit", "shown"),
    [
        ("Q-JAN", Unit.QUARTER, "2026Q1 (2025-02-01/2025-04-30)"),
        ("Y-MAR", Unit.YEAR, "2025 (2024-04-01/2025-03-31)"),
        ("Q-MAR", Unit.YEAR, "2025Q1"),
        ("Y-MAR", Unit.QUARTER, "2025 (2024-04-01/2025-03-31)"),
        ("2Q", Unit.QUARTER, "2025H1"),
        ("3M", Unit.MONTH, "2025-03 (2025-03-01/2025-05-31)"),
        ("W", Unit.MONTH, "2025-03-10/2025-03-16"),
        ("h", Unit.DATE, "2025-03-15 00:00 (h)"),
        ("M", Unit.DATE, "2025-03"),
    ],
)
def test_periods_of_pandas_that_are_none_of_the_column_are_faults(freq: str, unit: Unit, shown: str) -> None:
    code = "KPI635" if unit is Unit.DATE else "KPI636"
    for frame in _holders(pd.PeriodIndex(["2025-03-15", pd.NaT], freq=freq)):
        assert _found(frame, other("p", unit, optional=True)) == [(code, 1, shown)]


@pytest.mark.parametrize("freq", ["D", "M", "Q-MAR", "Y", "h"])
@pytest.mark.parametrize("ordinal", [10**9, -(10**9), 6_500_000])
def test_periods_beyond_the_calendar_are_faults(freq: str, ordinal: int) -> None:
    periods = pd.PeriodIndex([pd.Period(ordinal=ordinal, freq=freq)])
    for frame in _holders(periods):
        assert [code for code, _, _ in _found(frame, other("p", Unit.DATE))] == ["KPI635"]


def test_periods_of_pandas_are_no_texts_and_no_numbers() -> None:
    for frame in _holders(pd.PeriodIndex(["2025-03-15"], freq="Q-JAN")):
        assert _found(frame, text("p")) == [("KPI651", 1, "2026Q1 (2025-02-01/2025-04-30)")]
        assert _found(frame, number("p")) == [("KPI632", 1, "2026Q1 (2025-02-01/2025-04-30)")]


def test_periods_of_pandas_in_a_parquet_file(tmp_path: Path) -> None:
    held = {"d": pd.PeriodIndex(["2025-01-09"], freq="D"), "q": pd.PeriodIndex(["2025-01-09"], freq="Q-MAR")}
    pd.DataFrame(held).to_parquet(tmp_path / "t.parquet")
    columns = day("d"), other("q", Unit.QUARTER)
    loaded = bound(tmp_path, "  t: {file: t.parquet}\n", table("t", *columns))
    assert loaded.tables["t"].to_pylist() == [{"d": date(2025, 1, 9), "q": date(2025, 1, 1)}]


def test_periods_of_pandas_that_arrow_does_not_know_are_numbers() -> None:
    """Where pandas has not told Arrow of its type: 20097 is a day since 1970, not since 1900."""
    numbers = pa.chunked_array([[20097, None, 2**62]])
    metadata = {b"ARROW:extension:name": b"pandas.period", b"ARROW:extension:metadata": b'{"freq": "D"}'}
    assert arrow_cells(numbers, DAY, metadata)[0].to_pylist() == ["2025-01-09", None, "4611686018427387904 (D)"]
    metadata[b"ARROW:extension:metadata"] = b"{"
    assert arrow_cells(numbers, DAY, metadata)[0].to_pylist() == ["20097 (?)", None, "4611686018427387904 (?)"]
    assert arrow_cells(numbers, DAY, {})[0] is numbers


def test_moments_of_a_time_zone_are_no_days() -> None:
    zoned = pd.to_datetime(pd.Series(["2025-01-09"]), utc=True)
    for series in (zoned, zoned.astype(pd.ArrowDtype(pa.timestamp("us", "UTC")))):
        assert [code for code, _, _ in _found(pd.DataFrame({"day": series}), DAY)] == ["KPI638"]
    days: pd.Series[Any] = pd.Series([date(2025, 1, 9), None], dtype=pd.ArrowDtype(pa.date32()))
    assert _values(pd.DataFrame({"day": days}), DAY) == [date(2025, 1, 9), None]


def test_yes_and_no_and_percents() -> None:
    for series in (
        pd.Series([True, None], dtype="boolean"),
        pd.Series([True, None], dtype=object),
        pd.Series(["是", ""]),
    ):
        assert _values(pd.DataFrame({"b": series}), other("b", Unit.BOOL, optional=True)) == [True, None]
    mixed = pd.DataFrame({"p": pd.Series([0.85, "0.5"], dtype=object)})
    assert _values(mixed, percent("p", PercentForm.FRACTION)) == [Decimal("0.85"), Decimal("0.5")]
    assert _found(mixed, percent("p", PercentForm.SIGN)) == [("KPI633", 1, "0.85"), ("KPI633", 2, "0.5")]


def test_rows_are_named_by_position_whatever_the_index() -> None:
    frame = pd.DataFrame({"amount": ["1", "x", "y"]}, index=[7, 7, -1])
    assert _found(frame, AMOUNT) == [("KPI632", 2, "x"), ("KPI632", 3, "y")]


def test_a_named_index_is_a_column() -> None:
    frame = pd.DataFrame({"id": ["A", "A", "B"], "amount": [1, 2, 3]}).groupby("id").sum()
    assert _values(frame, ID) == ["A", "B"]
    assert _values(frame, AMOUNT) == [Decimal(3), Decimal(3)]
    two = pd.DataFrame({"id": ["A"], "amount": [1], "day": ["2025-01-01"]}).set_index(["id", "day"])
    assert _values(two, DAY) == [date(2025, 1, 1)]


def test_names_that_stand_twice_or_are_no_texts() -> None:
    twice = pd.DataFrame([["A", "B"]], columns=["id", "id"])
    with pytest.raises(Fault) as caught:
        typed_tables([table("t", ID)], {"t": twice})
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["KPI617"]
    assert _values(pd.DataFrame({2025: [1]}), number("2025")) == [Decimal(1)]


def test_columns_by_name() -> None:
    assert _values({"amount": [1, "x", None], "id": ["a", "b", "c"]}, ID) == ["a", "b", "c"]
    assert _values({"amount": [1, "2.5", None]}, AMOUNT) == [Decimal(1), Decimal("2.5"), None]
    assert _values({"amount": np.array([1.5, np.nan])}, AMOUNT) == [Decimal("1.5"), None]
    assert _values({"amount": pa.chunked_array([[1], [2]])}, AMOUNT) == [Decimal(1), Decimal(2)]


@pytest.mark.parametrize("frame", [5, None, "x", {"id": [1], "amount": [1, 2]}, {"id": 5}, [1, 2], {"id": None}])
def test_what_is_no_table_is_refused_in_words(frame: object) -> None:
    with pytest.raises(Fault) as caught:
        typed_tables([table("t", ID)], {"t": frame})
    assert render_text(caught.value.diagnostics, "zh").startswith("错误[KPI614]: ")
