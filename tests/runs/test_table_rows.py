"""How many rows of each table a run reads, has of its period, counts, credits to nobody: each number by hand."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded, typed_tables
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Engine
from kpirules.runs.run import Result, read_period, run_scheme
from kpirules.runs.table_rows import TableRows, Uncounted, from_json, period_columns, to_json
from tests.helpers.schemes import DATED, ORDERS, STAFF, Data, compiled, scheme
from tests.runs.test_uncredited import loaded

ENGINES = pytest.mark.parametrize("engine", [duckdb, reference])
PEOPLE = [("E1", "AE", "1000"), ("E2", "KA", "1000")]
SOLD = [
    ("o1", "E1", "2025-01-09", "100", "won"),
    ("o2", "E1", "2025-01-10", "200", "lost"),
    ("o3", "E2", "2025-03-31", "400", "won"),
    ("o4", "E1", "2025-04-01", "800", "won"),
    ("o5", "E2", "2024-12-31", "1600", "won"),
]
"""Three orders of the first quarter, two of them won; one before, one after."""


def run(text: str, data: Data, period: str = "2025Q1", engine: Engine = duckdb) -> dict[str, TableRows]:
    """The rows of each table, by its name."""
    checked = compiled(text)
    complete = {name: data.get(name, ()) for name in checked.model.tables}
    return {table.table: table for table in result(checked, loaded(checked, complete), period, engine).tables}


def result(checked: Compiled, data: Loaded, period: str = "2025Q1", engine: Engine = duckdb) -> Result:
    return run_scheme(checked, data, read_period(period, checked.plan.period), engine)


def numbers(table: TableRows) -> tuple[int, int | None, int | None]:
    """Rows read, of the period, counted."""
    return table.read, table.of_period, table.counted


@ENGINES
@pytest.mark.parametrize(
    ("items", "counted"),
    [
        (["define x = sum(orders.amount)"], 3),
        (['define x = sum(orders.amount where status = "won")'], 2),
        (['define x = count(orders where status = "won")', 'define y = count(orders where status = "lost")'], 3),
        # 200 and 400 are above 150, 100 and 400 are won
        (["define x = count(orders where amount > 150)", 'define y = count(orders where status = "won")'], 3),
        (["define x = count(orders where amount > 150)", "define y = max(orders.amount where amount > 300)"], 2),
        (['define won = orders where status = "won"', "define x = avg(won.amount) or else 0"], 2),
        (["define x = count(orders where amount > 5_000)"], 0),
    ],
)
def test_rows_that_any_aggregate_counts_are_counted_once(items: list[str], counted: int, engine: Engine) -> None:
    tables = run(scheme(ORDERS, *items), {"staff": PEOPLE, "orders": SOLD}, engine=engine)
    assert numbers(tables["orders"]) == (5, 3, counted)
    assert tables["orders"].dated_by == "day"


@ENGINES
def test_rows_that_read_their_own_person_are_counted_once_with_the_others(engine: Engine) -> None:
    """The second aggregate reads a figure of the first: of the three, those of 100 or more than the person's 300."""
    items = ['define x = sum(orders.amount where status = "lost")', "define y = count(orders where amount > own.x)"]
    tables = run(scheme(ORDERS, *items), {"staff": PEOPLE, "orders": SOLD}, engine=engine)
    # E1 has 200 lost: none of 100 and 200 is above; E2 has none lost: 400 is above 0
    assert tables["orders"].counted == 2
    more = [("o6", "E1", "2025-02-01", "300", "won")]
    tables = run(scheme(ORDERS, *items), {"staff": PEOPLE, "orders": [*SOLD, *more]}, engine=engine)
    assert numbers(tables["orders"]) == (6, 4, 3)


@ENGINES
def test_only_rows_of_people_in_the_results_are_counted(engine: Engine) -> None:
    staff = STAFF.replace("subject staff", 'subject staff where role = "AE"')
    tables = run(
        scheme(ORDERS, "define x = count(orders)", staff=staff), {"staff": PEOPLE, "orders": SOLD}, engine=engine
    )
    assert numbers(tables["orders"]) == (5, 3, 2)
    assert numbers(tables["staff"]) == (2, None, 1)
    assert tables["orders"].uncredited == Uncounted(0, {})


@ENGINES
def test_rows_that_a_lookup_finds(engine: Engine) -> None:
    """Of a quarter's targets the row of the quarter; of rates without a period the one row of each person."""
    tables = """
    table targets
        staff_id text references staff key
        quarter  quarter period key
        goal     money
    table rates
        staff_id text references staff key
        rate     percent
    define x = targets.goal * rates.rate or else 0
    """
    data: Data = {
        "staff": PEOPLE,
        "targets": [("E1", "2025Q1", "1"), ("E1", "2025Q2", "1"), ("E2", "2024Q1", "1")],
        "rates": [("E2", "5%")],
    }
    counted = run(scheme(tables), data, engine=engine)
    assert numbers(counted["targets"]) == (3, 1, 1)
    assert numbers(counted["rates"]) == (1, None, 1)
    assert counted["targets"].uncredited is None


@ENGINES
def test_rows_that_are_both_looked_up_and_added_up(engine: Engine) -> None:
    """Of the three months E1 has two, which the lookup finds though their sum is missing; February is counted too."""
    months = """
    table plans
        staff_id text references staff key
        month    month period key
        goal     money
    define x = plans.goal or else 0
    define y = count(plans where goal > 5)
    """
    data: Data = {"staff": PEOPLE, "plans": [("E1", "2025-01", "1"), ("E1", "2025-02", "9"), ("E1", "2025-04", "9")]}
    assert numbers(run(scheme(months), data, engine=engine)["plans"]) == (3, 2, 2)


LINES = """
table orders
    order_id text key
    staff_id text references staff
    day      date period
table lines
    order_id text references orders
    amount   money
    cost     money
define x = sum(lines.amount)
"""


@ENGINES
def test_lines_are_of_the_period_of_their_order_which_is_only_referred_to(engine: Engine) -> None:
    data: Data = {
        "staff": PEOPLE,
        "orders": [("a", "E1", "2025-01-31"), ("b", "E2", "2025-04-01"), ("c", "E2", "2025-03-31")],
        "lines": [("a", "1", "1"), ("a", "2", "1"), ("b", "4", "1"), ("c", "8", "1")],
    }
    tables = run(scheme(LINES), data, engine=engine)
    assert (numbers(tables["lines"]), tables["lines"].dated_by) == ((4, 3, 3), "order_id.day")
    assert numbers(tables["orders"]) == (3, 2, None)


@ENGINES
def test_rows_that_belong_to_nobody_have_their_amounts(engine: Engine) -> None:
    """Each column of money that an aggregate reads is added up: `cost` only in the condition, `fee` in none."""
    orders = """
    table orders
        order_id text key
        staff_id text optional references staff
        day      date optional period
        amount   money
        cost     money(3)
        fee      money
    define x = sum(orders.amount where cost > 0)
    """
    rows = [
        ("1", "A", "2025-01-31", "1.10", "0.001", "1"),
        ("2", "A", "2025-02-01", "2.20", "0.002", "1"),
        ("3", "B", "2025-02-01", "4.40", "-0.004", "1"),
        ("4", None, "2025-02-01", "8.80", "0.008", "1"),
        ("5", "A", "2025-04-01", "16.00", "0.016", "1"),
        ("6", "A", None, "32.05", "0.032", "1"),
    ]
    people = [("A", "2025-02-01", None, "1"), ("B", "2020-01-01", "2024-12-31", "1")]
    tables = run(scheme(orders, staff=DATED), {"staff": people, "orders": rows}, engine=engine)
    assert tables["orders"] == TableRows(
        table="orders",
        read=6,
        dated_by="day",
        of_period=4,
        undated=Uncounted(1, {"amount": Decimal("32.05"), "cost": Decimal("0.032")}),
        counted=1,
        uncredited=Uncounted(3, {"amount": Decimal("14.30"), "cost": Decimal("0.005")}),
        set_aside=0,
        hidden=0,
    )
    assert (numbers(tables["staff"]), tables["staff"].dated_by) == ((2, 1, 1), "hired")


def test_amounts_past_38_digits_are_exact() -> None:
    """A column that holds 38 digits, added up: more than a decimal of 38 digits has room for."""
    wide = 9 * 10**37
    orders = f"""
    table orders
        staff_id text optional references staff
        day      date period
        amount   money(0) between 0 and {wide}
    define x = count(orders where amount > 0)
    """
    rows = [(None, "2025-01-01", str(wide))] * 2
    tables = run(scheme(orders), {"staff": PEOPLE, "orders": rows})
    assert tables["orders"].uncredited == Uncounted(2, {"amount": Decimal(2 * wide)})


@ENGINES
def test_a_longer_period_holds_that_of_the_run(engine: Engine) -> None:
    """A year's row is of each of its quarters; nothing can add it up, but a requirement reads it."""
    tables = """
    table budgets
        year   year period
        amount money
    require for each budgets amount > 0 CNY : "a budget is above 0"
    """
    data: Data = {"staff": PEOPLE, "budgets": [("2024", "1"), ("2025", "1"), ("2026", "1")]}
    for period, count in (("2025Q1", 1), ("2025Q4", 1), ("2023Q4", 0)):
        assert numbers(run(scheme(tables), data, period, engine)["budgets"]) == (3, count, None)


def test_rows_set_aside_are_read_and_enter_no_other_number() -> None:
    checked = compiled(scheme(ORDERS, "define x = sum(orders.amount)"))
    frames = {
        "staff": pa.table({"staff_id": ["E1", "E2"], "role": ["AE", "KA"], "base": ["1", "much"]}),
        "orders": pa.table(
            {
                name: [row[nth] for row in SOLD]
                for nth, name in enumerate(("order_id", "staff_id", "day", "amount", "status"))
            }
        ),
    }
    data = typed_tables(tuple(checked.model.tables.values()), frames, quarantine=True, subject="staff")
    staff, orders = result(checked, data).tables
    assert (numbers(staff), staff.set_aside) == ((2, None, 1), 1)
    # o3 and o5 refer to E2
    assert (numbers(orders), orders.set_aside) == ((5, 2, 2), 2)


def test_a_table_that_nothing_dates_has_no_rows_of_the_period() -> None:
    shops = """
    table shops
        shop_id text key
        city    text
    table staff
        staff_id text key
        shop_id  text references shops
    subject staff
    pay bonus
        amount if staff.shop_id.city = "B" then 1 CNY else 0 CNY
    """
    checked = compiled(scheme(shops.replace("staff.shop_id.city", "shops.city"), staff=""))
    tables = result(checked, loaded(checked, {"shops": [("S", "B"), ("T", "C")], "staff": [("E1", "S")]})).tables
    assert [(numbers(table), table.dated_by, table.undated) for table in tables] == [
        ((2, None, None), None, None),
        ((1, None, 1), None, None),
    ]
    assert period_columns(checked.model) == []


def test_they_come_back_from_json() -> None:
    data: Data = {"staff": PEOPLE, "orders": SOLD}
    tables = tuple(run(scheme(ORDERS, "define x = sum(orders.amount)"), data).values())
    assert from_json(to_json(tables)) == tables
    assert to_json(tables)[1]["uncredited"] == {"rows": 0, "amounts": {"amount": "0.00"}}
