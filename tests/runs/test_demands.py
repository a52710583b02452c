"""What the rules require of the data: told with the rows that break it, or set aside with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpirules.data.faults import DataFaults
from kpirules.data.load import BrokenContracts, Loaded
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Engine
from kpirules.runs.demands import required, with_demands
from kpirules.runs.run import read_period
from kpirules.values.units import Unit
from tests.helpers.schemes import DATED, Data, compiled, loaded_of, scheme
from tests.runs import project

ITEMS = """
table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money
    cost     money
    status   text in "won", "lost"
define won = orders where status = "won"
require for each orders amount >= 0 : "an order amount is never negative"
require for each won cost <= amount and day >= staff.hired : "no order won at a loss, none before joining"
require base >= 0 : "nobody owes a base pay"
require count(orders) <= 2 : "at most two orders in a period"
pay p
    amount base
"""
SCHEME = compiled(scheme(ITEMS, staff=DATED))
CONTRACTS = tuple(SCHEME.model.tables.values())
PERIOD = read_period("2025Q1", Unit.QUARTER)
SOUND = ("E1", "2025-01-05", None, "100")
"""Joined on 5 January 2025."""


def _loaded(data: Data) -> Loaded:
    return loaded_of(SCHEME, data)


def _order(number: int, staff: str, *cells: str) -> tuple[str, ...]:
    return (f"O{number}", staff, *cells)


def _told(data: Data, engine: Engine) -> list[tuple[str, int | None, str | None, object]]:
    with pytest.raises(DataFaults) as raised:
        required(SCHEME, _loaded(data), PERIOD, engine=engine)
    assert {fault.code for fault in raised.value.faults} == {"KPI670"}
    return [(fault.table, fault.row, fault.value, fault.expected["said"]) for fault in raised.value.faults]


NEGATIVE = "an order amount is never negative"
LOSS = "no order won at a loss, none before joining"
engines = pytest.mark.parametrize("engine", [duckdb, reference], ids=["duckdb", "reference"])


@engines
def test_every_row_that_breaks_it_is_told_whenever_it_is_from(engine: Engine) -> None:
    """The order of April is past the period, but a row of the table all the same; a lost one may be at a loss."""
    orders = [
        _order(1, "E1", "2025-01-09", "5", "5", "won"),
        _order(2, "E1", "2025-01-09", "-5.50", "9", "lost"),
        _order(3, "E1", "2025-01-09", "5", "5.01", "won"),
        _order(4, "E1", "2025-04-01", "-6", "1", "lost"),
    ]
    people: Data = {"staff": [SOUND], "orders": orders[:1] + orders[3:]}
    assert _told(people, engine) == [("orders", 2, "-6.00", NEGATIVE)]
    people = {"staff": [SOUND], "orders": orders[1:3]}
    assert _told(people, engine) == [
        ("orders", 1, "-5.50", NEGATIVE),
        ("orders", 2, "5.01, 5.00, 2025-01-09, E1", LOSS),
    ]


@engines
def test_of_a_dated_table_the_row_in_force_is_read(engine: Engine) -> None:
    """E1 left in 2020 and came again: the order of 2021 was before the second time, and in no time at all."""
    people = [("E1", "2020-01-01", "2020-12-31", "1"), SOUND]
    orders = [
        _order(1, "E1", "2020-12-31", "5", "5", "won"),
        _order(2, "E1", "2021-06-01", "5", "5", "won"),
        _order(3, "E1", "2025-01-05", "5", "5", "won"),
    ]
    data: Data = {"staff": people, "orders": orders}
    assert required(SCHEME, _loaded(data), PERIOD, engine=engine).quarantine.counts == {}


@pytest.mark.parametrize(
    "written",
    [
        "require for each orders staff.base > 3",
        "require for each orders own.base > 3",
        "define orders.b = staff.base\nrequire for each orders b > 3",
        "define b = base * 1\nrequire for each orders own.b > 3",
        "define rich = orders where staff.base > 3\nrequire for each rich staff.base > 3 and amount > 0",
    ],
)
def test_the_row_in_force_is_read_by_any_name(written: str) -> None:
    """It is the row of the order's day, whichever way a requirement comes to it."""
    checked = compiled(scheme(ITEMS, f'{written} : "x"', staff=DATED))
    demand = checked.model.demands[-1]
    assert demand.time == ((), "day")


def test_the_row_in_force_is_read_on_the_way_to_another_table() -> None:
    teams = "table teams\n    team_id text key\n    factor number(1)"
    staff = DATED.replace("    base     money", "    base     money\n    team text references teams")
    checked = compiled(scheme(teams, ITEMS, 'require for each orders teams.factor > 1 : "x"', staff=staff))
    assert checked.model.demands[-1].time == ((), "day")


@engines
def test_subjects_are_asked_with_what_they_come_to_in_the_period(engine: Engine) -> None:
    """E2 has three orders in the period, E1 two and one beside it; who is not scored is not asked."""
    people = [
        SOUND,
        ("E2", "2020-01-01", None, "0"),
        ("E3", "2020-01-01", None, "-1"),
        ("E4", "2020-01-01", "2024-12-31", "-1"),
    ]
    days = {"E1": ["2025-01-06", "2025-03-31", "2025-04-01"], "E2": ["2025-01-01", "2025-01-01", "2025-02-01"]}
    orders = [
        _order(nth, who, day, "5", "5", "lost")
        for nth, (who, day) in enumerate((who, day) for who, all_ in days.items() for day in all_)
    ]
    assert _told({"staff": people, "orders": orders}, engine) == [
        ("staff", 2, "E2", "at most two orders in a period"),
        ("staff", 3, "-1.00", "nobody owes a base pay"),
    ]


@engines
def test_with_quarantine_rows_go_aside_until_all_that_is_left_keeps_it(engine: Engine) -> None:
    """Without its negative order, E1 has two; E2 goes with the one order that refers to it."""
    people = [SOUND, ("E2", "2020-01-01", None, "-1")]
    orders = [_order(nth, "E1", "2025-01-06", amount, "1", "lost") for nth, amount in enumerate(("1", "2", "-3"))]
    orders.append(_order(9, "E2", "2025-01-06", "1", "1", "lost"))
    loaded = required(SCHEME, _loaded({"staff": people, "orders": orders[:2] + orders[3:]}), PERIOD, quarantine=True)
    assert loaded.quarantine.counts == {"staff": 1, "orders": 1}
    assert loaded.tables["orders"].column("order_id").to_pylist() == ["O0", "O1"]
    assert loaded.tables["staff"].column("staff_id").to_pylist() == ["E1"]
    with pytest.raises(DataFaults):
        required(SCHEME, _loaded({"staff": people[:1], "orders": orders[:3]}), PERIOD, engine=engine)


def _all_told(data: Data) -> tuple[list[tuple[str, str, int | None]], tuple[str, ...]]:
    """Code, table and row of every fault, and what could not be asked of every row."""
    with pytest.raises(BrokenContracts) as raised:
        _loaded(data)
    told = with_demands(SCHEME, raised.value, PERIOD)
    return [(fault.code, fault.table, fault.row) for fault in told.faults], told.waiting


def test_rows_that_break_their_contract_and_those_that_break_a_rule_are_told_in_one_go() -> None:
    """Row 2 breaks both in different columns, row 3 only the rule; rows 4 and 5 share a key, and 5 breaks the rule.

    Row 6 cannot be asked: its amount cannot be read. What comes to a subject in the period cannot be asked at all.
    """
    orders = [
        _order(1, "E1", "2025-01-09", "5", "5", "lost"),
        _order(2, "E1", "2025-01-09", "-5", "5", "perhaps"),
        _order(3, "E1", "2025-01-09", "-5", "5", "lost"),
        _order(4, "E1", "2025-01-09", "5", "5", "lost"),
        _order(4, "E1", "2025-01-09", "-5", "5", "lost"),
        _order(6, "E1", "2025-01-09", "much", "5", "lost"),
    ]
    told, waiting = _all_told({"staff": [("E1", "2020-01-01", None, "1")], "orders": orders})
    assert told == [
        ("KPI670", "orders", 2),
        ("KPI642", "orders", 2),
        ("KPI670", "orders", 3),
        ("KPI645", "orders", 5),
        ("KPI670", "orders", 5),
        ("KPI632", "orders", 6),
    ]
    assert waiting == (NEGATIVE, LOSS, "at most two orders in a period")


def test_a_row_is_asked_only_where_what_it_refers_to_can_be_read() -> None:
    """E2's day of joining cannot be read: nobody can say whether its order was before; that of E1 was."""
    people = [SOUND, ("E2", "soon", None, "1")]
    orders = [_order(nth, who, "2025-01-01", "5", "5", "won") for nth, who in enumerate(("E1", "E2"), 1)]
    told, waiting = _all_told({"staff": people, "orders": orders})
    assert [finding for finding in told if finding[0] == "KPI670"] == []  # no row of E1 is in force on that day
    orders[0] = _order(1, "E1", "2025-01-05", "5", "6", "won")
    told, waiting = _all_told({"staff": people, "orders": orders})
    assert [finding for finding in told if finding[0] == "KPI670"] == [("KPI670", "orders", 1)]
    assert LOSS in waiting
    assert NEGATIVE not in waiting


def test_what_adds_up_is_not_asked_of_what_is_left() -> None:
    """Of three orders, of which one has no readable day, two are left: `at most two` would seem to be kept."""
    orders = [_order(nth, "E1", day, "5", "5", "lost") for nth, day in enumerate(("2025-02-01", "2025-02-01", "then"))]
    told, waiting = _all_told({"staff": [SOUND], "orders": orders})
    assert [row for code, _, row in told if code == "KPI670"] == []
    assert "at most two orders in a period" in waiting


def test_nor_is_it_asked_beside_a_row_that_has_lost_a_cell(shop: Path) -> None:
    """S1 has two orders in the quarter, and perhaps the one in row 7, which has no cell for its amount."""
    rule = 'require count(orders) <= 2 : "at most two orders"\n'
    (shop / "shop.kpi").write_text(project.SCHEME + rule, encoding="utf-8")
    with (shop / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("6,S1,2025-03-01\n")
    with pytest.raises(DataFaults) as raised:
        project.done(shop)
    assert [(fault.code, fault.table, fault.row) for fault in raised.value.faults] == [("KPI630", "orders", 7)]
    assert raised.value.waiting == ("at most two orders",)


MATCHED = compiled(
    scheme(
        """
table prices
    product text key
    floor   money
table orders
    order_id text key
    staff_id text references staff
    product  text matches prices
    day      date period
    amount   money
require for each orders amount >= (prices.floor or else 9) : "at the list's price at least"
pay p
    amount 1 CNY
"""
    )
)


def test_a_row_that_corresponds_to_one_that_cannot_be_read_is_not_taken_for_one_without() -> None:
    """The floor of tea is unreadable: held against 9, the order of 5 would be told though nothing says that it is."""
    rows: Data = {
        "staff": [("E1", "AE", "100")],
        "prices": [("tea", "cheap")],
        "orders": [("O1", "E1", "tea", "2025-01-09", "5")],
    }
    with pytest.raises(BrokenContracts) as raised:
        loaded_of(MATCHED, rows)
    told = with_demands(MATCHED, raised.value, PERIOD)
    assert [fault.code for fault in told.faults] == ["KPI632"]
    assert told.waiting == ("at the list's price at least",)


def test_a_rule_is_told_with_its_place_and_the_key_of_the_row() -> None:
    orders = [_order(nth, "E1", "2025-01-09", "-5", "5", "lost") for nth in (7, 8)]
    with pytest.raises(DataFaults) as raised:
        required(SCHEME, _loaded({"staff": [SOUND], "orders": orders}), PERIOD)
    first, second = raised.value.diagnostics
    assert first.message("en") == (
        "`orders` (frame) row 1 does not meet the requirement “an order amount is never negative”: "
        "order_id O7, amount -5.00"
    )
    assert first.message("zh") == (
        "`orders`（数据框）第 1 行不满足要求“an order amount is never negative”：order_id O7, amount -5.00"
    )
    assert [label.span.text.split(" : ")[0] for label in first.labels] == ["require for each orders amount >= 0"]
    assert second.labels == ()  # the place is told once


def test_a_demand_is_part_of_the_plan() -> None:
    first, second, third, fourth = SCHEME.plan.demands
    assert (first.table, first.columns, first.message) == ("orders", ("amount",), NEGATIVE)
    assert second.columns == ("cost", "amount", "day", "staff_id")
    assert (third.table, third.columns) == ("staff", ("base",))
    assert (fourth.table, fourth.columns) == ("staff", ("staff_id",))


@engines
def test_a_row_that_refers_to_one_of_another_period_breaks_it(engine: Engine) -> None:
    """What a row reads by reference must be of its own period; the rows of every period are asked."""
    items = """
    table plans
        plan text key
        q    quarter period
        most money
    table orders
        order_id text key
        staff_id text references staff
        plan     text references plans
        day      date period
        amount   money
    require for each orders amount <= plans.most : "no order above its plan"
    pay p
        amount base
    """
    checked = compiled(scheme(items, staff=DATED))
    rows: Data = {
        "staff": [SOUND],
        "plans": [("P", "2025Q1", "10"), ("O", "2024Q4", "10")],
        "orders": [
            ("1", "E1", "P", "2025-03-31", "10"),
            ("2", "E1", "P", "2025-03-31", "10.01"),
            ("3", "E1", "O", "2025-03-31", "10"),
            ("4", "E1", "O", "2024-10-01", "10"),
        ],
    }
    with pytest.raises(DataFaults) as raised:
        required(checked, loaded_of(checked, rows), PERIOD, engine=engine)
    assert [(fault.table, fault.row) for fault in raised.value.faults] == [("orders", 2), ("orders", 3)]
