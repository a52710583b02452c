from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

from kpirules.data.cells import Cells, read_cells
from kpirules.model.contracts import Column, PercentForm
from kpirules.values.units import Unit
from tests.data.build import column, day, number, other, percent, text


def _found(cells: Cells) -> list[tuple[str, list[int]]]:
    return [(finding.code, finding.rows.to_pylist()) for finding in cells.findings]


def _typed(values: list[object], kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


def test_text_is_trimmed_and_empty_text_is_missing() -> None:
    cells = read_cells(column(" 00017 ", "\u3000李\u00a0", "", "  ", None), text("x", optional=True))
    assert cells.values.to_pylist() == ["00017", "李", None, None, None]
    assert cells.findings == ()


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_text_of_any_arrow_kind_is_text(kind: pa.DataType) -> None:
    cells = read_cells(_typed([" a", "", None], pa.string()).cast(kind), text("x", optional=True))
    assert cells.values.type == pa.string()
    assert cells.values.to_pylist() == ["a", None, None]


def test_what_is_not_optional_may_not_be_empty_and_a_key_never() -> None:
    assert _found(read_cells(column("a", " ", None), text("x"))) == [("KPI640", [1, 2])]
    assert _found(read_cells(column("a", " ", None), text("x", optional=True, key=True))) == [("KPI640", [1, 2])]


def test_integers_may_stand_for_text_and_dates_but_doubles_may_not() -> None:
    assert read_cells(_typed([17, None], pa.int64()), text("x", optional=True)).values.to_pylist() == ["17", None]
    assert read_cells(_typed([20250109], pa.int32()), day("x")).values.to_pylist() == [date(2025, 1, 9)]
    year = read_cells(_typed([2025], pa.int16()), other("x", Unit.YEAR))
    assert year.values.to_pylist() == [date(2025, 1, 1)]
    for wanted in (text("x"), day("x"), other("x", Unit.BOOL), other("x", Unit.MONTH)):
        cells = read_cells(_typed([17.0], pa.float64()), wanted)
        assert _found(cells) == [("KPI638", [])]
        assert cells.findings[0].args["value"] == "double"


def test_a_column_of_nulls_is_missing_whatever_its_type() -> None:
    for wanted in (text, day, number):
        column_ = wanted("x", optional=True)
        cells = read_cells(pa.chunked_array([pa.nulls(2)]), column_)
        assert cells.values.null_count == 2
        assert cells.findings == ()


def test_numbers_take_the_width_of_their_type() -> None:
    cells = read_cells(column("1,000", "2.5"), number("x", 2, between=(0, 1000)))
    assert cells.values.type == pa.decimal128(6, 2)
    assert cells.values.to_pylist() == [Decimal("1000.00"), Decimal("2.50")]


def test_a_cell_has_one_fault_and_the_first() -> None:
    cells = read_cells(column("x", "1.234", "1001", "-1", "", "9" * 40, "7"), number("x", 2, between=(0, 1000)))
    assert _found(cells) == [
        ("KPI632", [0]),
        ("KPI634", [1]),
        ("KPI644", [5]),
        ("KPI640", [4]),
        ("KPI643", [2, 3]),
    ]
    assert cells.values.to_pylist() == [None] * 6 + [Decimal(7)]


def test_without_between_the_bound_of_the_type_holds() -> None:
    cells = read_cells(column("100000000000000", "100000000000000.01", "-100000000000001"), number("x"))
    assert _found(cells) == [("KPI644", [1, 2])]


def test_a_bound_between_two_steps_of_the_column_is_exact() -> None:
    cells = read_cells(column("0", "1", "2", "3"), number("x", 0, between=(Fraction(1, 2), Fraction(5, 2))))
    assert _found(cells) == [("KPI643", [0, 3])]


def test_dates_and_periods_keep_to_between() -> None:
    wanted = day("x", low=date(2025, 1, 1), high=date(2025, 12, 31))
    assert _found(read_cells(column("2024-12-31", "2025-01-01", "2025/12/31", "20260101"), wanted)) == [
        ("KPI643", [0, 3])
    ]
    wanted = other("x", Unit.QUARTER, low=date(2025, 1, 1), high=date(2025, 4, 1))
    cells = read_cells(column("2024Q4", "2025Q1", "2025Q2", "2025Q3"), wanted)
    assert _found(cells) == [("KPI643", [0, 3])]
    assert cells.findings[0].args == {"low": "2025Q1", "high": "2025Q2"}


def test_text_keeps_to_its_domain() -> None:
    cells = read_cells(column("won", "Won", " lost", None), text("x", optional=True, domain=("won", "lost")))
    assert _found(cells) == [("KPI642", [1])]
    assert cells.values.to_pylist() == ["won", None, "lost", None]


def test_yes_and_no() -> None:
    cells = read_cells(column("true", "FALSE", "1", "0", "是", "否", "", "yes"), other("x", Unit.BOOL, optional=True))
    assert cells.values.to_pylist() == [True, False, True, False, True, False, None, None]
    assert _found(cells) == [("KPI637", [7])]
    assert read_cells(_typed([True, None], pa.bool_()), other("x", Unit.BOOL, optional=True)).values.to_pylist() == [
        True,
        None,
    ]


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (PercentForm.SIGN, "85.25%", "85"),
        (PercentForm.SIGN, "85.25 ％", "0.85"),
        (PercentForm.FRACTION, "0.8525", "85%"),
        (PercentForm.POINTS, "85.25", "85%"),
    ],
)
def test_a_percent_is_read_in_its_own_form_only(form: PercentForm, good: str, bad: str) -> None:
    cells = read_cells(column(good, bad, None), percent("x", form, optional=True))
    assert cells.values.to_pylist() == [Decimal("0.8525"), None, None]
    assert _found(cells) == [("KPI633", [1])]


def test_a_percent_has_the_places_of_its_form() -> None:
    cells = read_cells(column("85.251%", "1,000%"), percent("x", PercentForm.SIGN))
    assert _found(cells) == [("KPI634", [0])]
    assert cells.findings[0].args == {"places": 2}
    assert cells.values.to_pylist() == [None, Decimal(10)]


def test_bare_numbers_are_no_percent_unless_the_contract_says_so() -> None:
    doubles = _typed([0.85, 0.1 + 0.2], pa.float64())
    assert _found(read_cells(doubles, percent("x", PercentForm.SIGN))) == [("KPI639", [])]
    assert read_cells(doubles, percent("x", PercentForm.FRACTION)).values.to_pylist() == [
        Decimal("0.85"),
        Decimal("0.3"),
    ]
    points = read_cells(_typed([85, 7], pa.int64()), percent("x", PercentForm.POINTS))
    assert points.values.to_pylist() == [Decimal("0.85"), Decimal("0.07")]


@pytest.mark.parametrize("wanted", [number("x"), day("x"), text("x")])
def test_a_type_that_cannot_hold_the_values_is_a_fault_of_the_column(wanted: Column) -> None:
    assert _found(read_cells(_typed([[1]], pa.list_(pa.int8())), wanted)) == [("KPI638", [])]
