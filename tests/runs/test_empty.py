"""A run without any row of its period stops, and so does one that lacks rows that the scheme expects."""

from __future__ import annotations

import pytest

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.runs.empty import check_rows
from kpirules.runs.run import read_period
from kpirules.source import Diagnostic, Fault
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.render import render_text
from tests.helpers.schemes import DATED, HEADER, ORDERS, Data, compiled, scheme
from tests.runs.test_uncredited import loaded

TARGETS = """
table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money
define x = sum(orders.amount) - (targets.goal or else 0 CNY)
"""
TEXT = scheme(ORDERS, TARGETS)
PEOPLE = [("E1", "AE", "1000")]
ORDER = ("o1", "E1", "2025-01-09", "100", "won")
TARGET = ("E1", "2025Q1", "100")


def filled(checked: Compiled, data: Data) -> Loaded:
    return loaded(checked, {name: data.get(name, ()) for name in checked.model.tables})


def faults(text: str, data: Data, period: str = "2025Q1", *, allow_empty: bool = False) -> tuple[Diagnostic, ...]:
    """What a run is stopped by, each of which can be drawn in both languages."""
    checked = compiled(text)
    try:
        check_rows(checked, filled(checked, data), read_period(period, checked.plan.period), allow_empty=allow_empty)
    except Fault as fault:
        for lang in LANGUAGES:
            assert render_text(fault.diagnostics, lang)
        return fault.diagnostics
    return ()


def codes(faults: tuple[Diagnostic, ...]) -> list[str]:
    return [fault.code for fault in faults]


@pytest.mark.parametrize(
    ("rows", "period", "stops"),
    [
        ({"orders": [ORDER], "targets": [TARGET]}, "2025Q1", False),
        ({"orders": [ORDER], "targets": []}, "2025Q1", False),
        ({"orders": [], "targets": [TARGET]}, "2025Q1", False),
        ({"orders": [ORDER], "targets": [TARGET]}, "2025Q2", True),
        ({"orders": [ORDER], "targets": [TARGET]}, "2024Q4", True),
        ({"orders": [], "targets": []}, "2025Q1", True),
    ],
)
def test_no_row_of_the_period_in_any_table_with_a_period_column(rows: Data, period: str, stops: bool) -> None:  # noqa: FBT001  # one column of the table above
    data = {"staff": PEOPLE, **rows}
    assert codes(faults(TEXT, data, period)) == (["KPI746"] if stops else [])
    assert faults(TEXT, data, period, allow_empty=True) == ()


def test_the_fault_says_what_days_the_data_has() -> None:
    orders = [ORDER, ("o2", "E1", "2025-02-28", "1", "won")]
    (fault,) = faults(TEXT, {"staff": PEOPLE, "orders": orders, "targets": [TARGET]}, "2025Q3")
    english, chinese = (render_text([fault], lang) for lang in ("en", "zh"))
    assert english.splitlines() == [
        "error[KPI746]: no table has a row of 2025Q3",
        "  help: rows of `orders` (frame): 2, from 2025-01-09 to 2025-02-28",
        "  help: rows of `targets` (frame): 1, of 2025Q1",
        "  help: name a period that the data has, or add the data of this one",
        "  help: if nothing happened in the period, run with `--allow-empty`",
    ]
    assert "没有一张数据表有属于 2025Q3 的行" in chinese
    empty = render_text(faults(TEXT, {"staff": PEOPLE}), "en")
    assert "`orders` (frame) has no rows at all" in empty
    undated = TEXT.replace("day      date period", "day      date optional period")
    unknown: Data = {"staff": PEOPLE, "orders": [("o1", "E1", None, "1", "won")]}
    assert "no row of `orders` (frame) has a date" in render_text(faults(undated, unknown), "en")


def test_a_scheme_without_a_period_column_runs_in_any_period() -> None:
    assert faults(scheme("pay bonus\n    amount staff.base * 1%"), {"staff": PEOPLE}, "2030Q1") == ()


EXPECTED = TEXT.replace("table targets", "table targets expects rows")


@pytest.mark.parametrize("allow_empty", [False, True])
def test_a_table_that_expects_rows_needs_one_of_the_period(allow_empty: bool) -> None:  # noqa: FBT001  # a way to run
    """Its place is where the scheme says so, and no option of the run takes the scheme's word away."""
    data: Data = {"staff": PEOPLE, "orders": [ORDER], "targets": [("E1", "2024Q4", "1")]}
    (fault,) = faults(EXPECTED, data, allow_empty=allow_empty)
    assert (fault.code, fault.span and fault.span.text) == ("KPI671", "expects rows")
    assert fault.message("en") == "`targets` (frame) has no row of 2025Q1, and the scheme expects rows"
    assert faults(EXPECTED, {**data, "targets": [TARGET]}) == ()


def test_where_all_is_empty_only_what_the_scheme_expects_is_told() -> None:
    both = EXPECTED.replace("table orders", "table orders expects rows")
    assert codes(faults(both, {"staff": PEOPLE})) == ["KPI671", "KPI671"]


def test_a_dated_table_expects_a_row_in_force() -> None:
    staff = DATED.replace("table staff", "table staff expects rows")
    text = scheme("pay bonus\n    amount base * 1%", staff=staff)
    left = [("E1", "2020-01-01", "2024-12-31", "1")]
    (fault,) = faults(text, {"staff": left})
    assert fault.code == "KPI671"
    assert "rows of `staff`: 1, from 2020-01-01 to 2024-12-31" in render_text([fault], "en")
    assert faults(text, {"staff": [*left, ("E2", "2025-03-31", None, "1")]}) == ()
    assert faults(text, {"staff": [("E1", "2025-04-01", None, "1")]}) != ()


def test_lines_expect_a_row_whose_order_is_of_the_period() -> None:
    lines = """
    table lines expects rows
        order_id text references orders
        pieces   integer
    define y = sum(lines.pieces)
    """
    data: Data = {"staff": PEOPLE, "orders": [ORDER, ("o2", "E1", "2024-12-31", "1", "won")], "targets": [TARGET]}
    assert codes(faults(scheme(ORDERS, TARGETS, lines), {**data, "lines": [("o2", "1")]})) == ["KPI671"]
    assert faults(scheme(ORDERS, TARGETS, lines), {**data, "lines": [("o2", "1"), ("o1", "1")]}) == ()


def test_a_table_that_nothing_dates_expects_any_row() -> None:
    shops = "table shops expects rows\n    shop_id text key\n    city text"
    data: Data = {"staff": PEOPLE, "orders": [ORDER]}
    (fault,) = faults(scheme(ORDERS, TARGETS, shops), data)
    assert (fault.code, fault.span and fault.span.text) == ("KPI672", "expects rows")
    assert faults(scheme(ORDERS, TARGETS, shops), {**data, "shops": [("S", "B")]}) == ()


def test_months_are_of_the_quarter_that_they_lie_in() -> None:
    months = """
    table plans 必有数据
        staff_id text references staff key
        month    month period key
        goal     money
    define x = sum(plans.goal)
    """
    text = scheme(months, header=HEADER)
    assert faults(text, {"staff": PEOPLE, "plans": [("E1", "2025-03", "1")]}) == ()
    for month in ("2024-12", "2025-04"):
        assert codes(faults(text, {"staff": PEOPLE, "plans": [("E1", month, "1")]})) == ["KPI671"]
