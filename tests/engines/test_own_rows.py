"""Which rows the reference engine is given for one subject: those that name it, its period, and what they refer to."""

from __future__ import annotations

import pytest

from kpirules.engines import reference
from kpirules.engines.reference.own import own_rows
from kpirules.runs.run import columns, params, read_period
from tests.helpers.schemes import DATED, ORDERS, Data, compiled, scheme, tables_of

SHOPS = """
table regions
    region text key
    rate   percent

table shops
    shop_id  number(2) key
    staff_id text optional references staff
    region   text references regions

table orders
    order_id text key
    shop_id  number(1) optional references shops
    day      date optional period
    amount   money

define revenue = sum(orders.amount * regions.rate or else 0元)
"""
SOLD: Data = {
    "staff": [
        ("E1", "2024-02-01", "2025-01-31", "1"),
        ("E2", "2020-01-01", None, "1"),
        ("E3", "2020-01-01", None, "1"),
    ],
    "regions": [("N", "10%"), ("S", "20%"), ("W", "30%")],
    "shops": [("1", "E1", "N"), ("2.50", "E1", "S"), ("3", "E2", "S"), ("4", None, "W"), ("5", "E2", "W")],
    "orders": [
        ("before", "1", "2024-12-31", "1"),
        ("in", "1", "2025-01-31", "1"),
        ("left", "2.5", "2025-02-01", "1"),
        ("undated", "1", None, "1"),
        ("other", "3", "2025-01-01", "1"),
        ("nobody", "4", "2025-01-01", "1"),
        ("nowhere", None, "2025-01-01", "1"),
    ],
}


def read(text: str, data: Data, key: str) -> dict[str, dict[str, list[object]]]:
    """By table and scan, the first cell of each row that is read."""
    checked = compiled(text)
    given = params(read_period("2025Q1", checked.plan.period))
    rows = own_rows(checked.plan, tables_of(checked, data), given, [key])
    told: dict[str, dict[str, list[object]]] = {}
    for step in checked.plan.steps:
        if step.name in rows and hasattr(step, "table"):
            told.setdefault(step.table, {})[step.name] = rows[step.name].column(0).to_pylist()
    return told


def firsts(result: dict[str, list[object]]) -> list[list[str]]:
    return [[str(cell) for cell in cells] for cells in result.values()]


@pytest.mark.parametrize(
    ("key", "orders", "shops", "regions"),
    [("E1", ["in"], ["1.00"], ["N"]), ("E2", ["other"], ["3.00"], ["S"]), ("E3", [], [], [])],
)
def test_rows_of_the_period_that_lead_to_the_subject_while_in_force(
    key: str, orders: list[str], shops: list[str], regions: list[str]
) -> None:
    """By hand: of E1 what is sold before the last day; a shop of E2 without an order is not looked at."""
    result = read(scheme(SHOPS, "pay p\n    amount revenue", staff=DATED), SOLD, key)
    assert firsts(result["orders"]) == [orders]
    assert firsts(result["shops"]) == [shops]
    assert firsts(result["regions"]) == [regions]
    assert firsts(result["staff"]) == [[key], [key] if orders else []]


LOOKED_UP = scheme(
    ORDERS,
    """
    table targets
        staff_id text references staff key
        quarter quarter period key
        goal money
    define usual = avg(orders.amount) or else 0元
    define big = count(orders where amount > 1.5 * own.usual)
    define targets.left = goal - own.usual
    pay p
        amount base * big + (targets.left or else 0)
    """,
)


def test_each_relation_of_a_scheme_with_own_figures() -> None:
    """Orders are read once for the mean and once for what is compared with it; targets are looked up."""
    data: Data = {
        "staff": [("E1", "AE", "1"), ("E2", "AE", "1")],
        "orders": [(str(nth), f"E{1 + nth % 2}", "2025-01-01", "5", "won") for nth in range(10)],
        "targets": [(f"E{nth}", quarter, "1") for nth in (1, 2) for quarter in ("2025Q1", "2025Q2")],
    }
    result = read(LOOKED_UP, data, "E2")
    assert firsts(result["orders"]) == [["1", "3", "5", "7", "9"]] * 2
    assert firsts(result["targets"]) == [["E2"]]
    assert firsts(result["staff"]) == [["E2"]]


def test_no_more_is_worked_out_than_the_rows_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand orders that name somebody who had left, none is handed to the engine, and none of nobody's."""
    checked = compiled(scheme(SHOPS, "pay p\n    amount revenue", staff=DATED))
    orders = [(f"x{nth}", "1" if nth % 2 else None, "2025-02-01", "1") for nth in range(1000)]
    tables = tables_of(checked, {**SOLD, "orders": [*SOLD["orders"], *orders]})
    worked: list[int] = []
    work_out = reference.run.__globals__["work_out"]

    def counted(run: object, step: object) -> object:
        records = work_out(run, step)
        worked.append(len(records))
        return records

    monkeypatch.setitem(reference.run.__globals__, "work_out", counted)
    reference.trace(checked.plan, tables, params(read_period("2025Q1", checked.plan.period)), "E1")
    assert worked
    assert max(worked) == 1


@pytest.mark.parametrize("keys", [(), ("E1",), ("E2", "E1"), ("E1", "E2", "E3"), ("E3", "nobody")])
def test_some_subjects_come_to_what_they_come_to_among_all(keys: tuple[str, ...]) -> None:
    checked = compiled(scheme(SHOPS, "pay p\n    amount revenue", staff=DATED))
    tables, given = tables_of(checked, SOLD), params(read_period("2025Q1", checked.plan.period))
    everybody = reference.run(checked.plan, tables, given, columns(checked.plan)).subjects
    some = reference.run_some(checked.plan, tables, given, columns(checked.plan), keys).subjects
    rows = [row for row in everybody.to_pylist() if row[checked.plan.key] in keys]
    assert some.schema.equals(everybody.schema)
    assert some.to_pylist() == rows
