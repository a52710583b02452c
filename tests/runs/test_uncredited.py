"""Rows that count for nobody: each is told with its key, whom it names, and why."""

from __future__ import annotations

import pyarrow as pa
import pytest

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded, typed_tables
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Engine
from kpirules.runs.explain import explained
from kpirules.runs.run import Result, read_period, run_scheme
from kpirules.runs.uncredited import SCHEMA
from kpirules.trace import to_json
from kpirules.trace.text import render
from kpirules.values.units import Unit
from tests.helpers.schemes import DATED, Data, compiled, scheme

Q1 = read_period("2025Q1", Unit.QUARTER)
LINES = """
table shops
    shop_id  text key
    staff_id text optional references staff

table orders
    order_id text key
    line     integer key
    shop_id  text optional references shops
    day      date optional period
    amount   money

define sold = sum(orders.amount)
"""
PEOPLE: Data = {
    "staff": [
        ("E1", "2024-02-01", "2024-11-30", "1"),
        ("E1", "2025-02-01", None, "1"),
        ("E3", "2025-02-01", None, "1"),
        ("E2", "2020-01-01", "2024-12-31", "1"),
    ],
    "shops": [("A", "E1"), ("B", "E2"), ("C", None), ("D", "E3")],
}
ORDERS = [
    ("o1", "1", "A", "2025-01-31", "1"),
    ("o1", "2", "A", "2025-02-01", "2"),
    ("o2", "1", "D", "2025-01-31", "3"),
    ("o3", "1", "B", "2025-01-01", "4"),
    ("o4", "1", "C", "2025-01-01", "5"),
    ("o5", "1", None, "2025-01-01", "6"),
    ("o6", "1", "A", None, "7"),
    ("o7", "1", "A", "2025-04-01", "8"),
]


def loaded(checked: Compiled, data: Data) -> Loaded:
    frames = {}
    for contract in checked.model.tables.values():
        rows = data[contract.name]
        names = [column.name for column in contract.columns]
        cells = [pa.array([row[nth] for row in rows], pa.string()) for nth in range(len(names))]
        frames[contract.name] = pa.table(cells, names)
    return typed_tables(tuple(checked.model.tables.values()), frames)


def told(result: Result) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in result.uncredited.drop_columns(["table", "source"]).to_pylist()]


@pytest.mark.parametrize("engine", [duckdb, reference])
def test_each_row_has_its_reason(engine: Engine) -> None:
    """By hand, from the days above; the row of the second quarter is none of the period's."""
    checked = compiled(scheme(LINES, staff=DATED))
    result = run_scheme(checked, loaded(checked, {**PEOPLE, "orders": ORDERS}), Q1, engine)
    assert result.uncredited.schema.equals(SCHEMA)
    assert set(result.uncredited.column("table").to_pylist()) == {"orders"}
    days = [None if day is None else str(day) for *_, day, _ in told(result)]
    assert [(row, key, who, day, why) for (row, key, who, _, why), day in zip(told(result), days, strict=True)] == [
        (1, "o1 / 1", "E1", "2025-01-31", "not_active_then"),
        (3, "o2 / 1", "E3", "2025-01-31", "before_active"),
        (4, "o3 / 1", "E2", "2025-01-01", "after_active"),
        (5, "o4 / 1", None, "2025-01-01", "nobody_named"),
        (6, "o5 / 1", None, "2025-01-01", "nobody_named"),
        (7, "o6 / 1", "E1", None, "no_period"),
    ]


TARGETS = """
table targets
    staff_id text matches staff
    quarter  quarter period
    goal     money

define goal = sum(targets.goal)
"""


def test_a_key_that_is_a_number_has_the_zeros_that_count() -> None:
    text = LINES.replace(
        "line     integer key", "line     number(2) key\n    page     integer key\n    month    month key"
    )
    checked = compiled(scheme(text, staff=DATED))
    orders = [("o1", line, "100", "2025-01", "B", "2025-01-01", "1") for line in ("1.50", "20.00", "0.05")]
    result = run_scheme(checked, loaded(checked, {**PEOPLE, "orders": orders}), Q1)
    keys = ["o1 / 1.5 / 100 / 2025-01", "o1 / 20 / 100 / 2025-01", "o1 / 0.05 / 100 / 2025-01"]
    assert result.uncredited.column("row_key").to_pylist() == keys


@pytest.mark.parametrize("engine", [duckdb, reference])
def test_one_who_is_nowhere_and_a_table_without_a_key(engine: Engine) -> None:
    """A quarter's row counts for who was there on any of its days."""
    checked = compiled(scheme(TARGETS, staff=DATED))
    data: Data = {**PEOPLE, "targets": [("E1", "2025Q1", "1"), ("E2", "2025Q1", "2"), ("e1", "2025Q1", "3")]}
    assert [
        (key, who, why) for _, key, who, _, why in told(run_scheme(checked, loaded(checked, data), Q1, engine))
    ] == [
        ("", "E2", "after_active"),
        ("", "e1", "not_a_subject"),
    ]


def test_explain_tells_those_that_name_the_subject() -> None:
    checked = compiled(scheme(LINES, staff=DATED))
    data = loaded(checked, {**PEOPLE, "orders": ORDERS})
    result = run_scheme(checked, data, Q1)
    trace = explained(checked, data, result, "E1")
    assert render(trace, "en").splitlines()[-3:] == [
        "rows that name this subject and count for nobody: 2",
        "  1 row of orders (between two stays): o1 / 1 2025-01-31",
        "  1 row of orders (no period): o6 / 1",
    ]
    absent = explained(checked, data, result, "E2")
    assert render(absent, "zh").splitlines()[-2:] == [
        "写着此人、但没有计入任何人的数据行：1 行",
        "  orders 1 行（离岗之后）：o3 / 1 2025-01-01",
    ]
    assert to_json(absent, "en")["uncredited"] == [
        {
            "table": "orders",
            "source": "frame",
            "row": 4,
            "key": "o3 / 1",
            "day": "2025-01-01",
            "reason": "after_active",
        }
    ]


def test_many_are_told_by_the_first_and_all_with_rows() -> None:
    checked = compiled(scheme(LINES, staff=DATED))
    orders = [(f"o{nth}", "1", "B", "2025-01-01", "1") for nth in range(7)]
    data = loaded(checked, {**PEOPLE, "orders": orders})
    trace = explained(checked, data, run_scheme(checked, data, Q1), "E2")
    assert render(trace, "en").splitlines()[-1].endswith("o4 / 1 2025-01-01, … 2 more")
    assert render(trace, "en", rows=True).splitlines()[-1].endswith("o5 / 1 2025-01-01, o6 / 1 2025-01-01")
