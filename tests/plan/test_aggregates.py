"""Rows are counted once, for whom they belong to, in the period they happened in."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import HEADER, ONE, ORDERS, STAFF, Data, counted, figures, scheme, told

ROWS: Data = {
    "staff": [("E1", "AE", "1000"), ("E2", "KA", "0")],
    "orders": [
        ("1", "E1", "2025-01-01", "100.50", "won"),
        ("2", "E1", "2025-03-31", "-20", "won"),
        ("3", "E1", "2025-02-02", "3", "lost"),
        ("4", "E1", "2024-12-31", "1000", "won"),
        ("5", "E1", "2025-04-01", "2000", "won"),
        ("6", "E2", "2025-02-01", "7", "lost"),
    ],
}


def test_over_the_rows_of_the_period() -> None:
    defines = """
    define won = orders where status = "won"
    define large = won where amount > 50
    define a = sum(orders.amount)
    define b = sum(won.amount)
    define c = count(orders)
    define d = count(won where amount < 0)
    define e = avg(orders.amount)
    define f = avg(won.amount)
    define g = min(orders.amount)
    define h = max(won.amount)
    define i = sum(large.amount)
    define j = sum(large.amount where day > 2025-02-01)
    define k = sum(orders.amount where orders.status = "lost" or orders.amount > 100)
    define l = sum(if orders.status = "won" then amount else -amount)
    define m = max(orders.day)
    define n = sum(won.amount * 2 - won.amount / 4)
    define o = count(orders where status in "won", "lost" and not (amount > 0))
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    wanted = {
        "a": [Fraction("83.50"), 7],
        "b": [Fraction("80.50"), 0],
        "c": [3, 1],
        "d": [1, 0],
        "e": [Fraction("83.50") / 3, 7],
        "f": [Fraction("40.25"), None],
        "g": [-20, 7],
        "h": [Fraction("100.50"), None],
        "i": [Fraction("100.50"), 0],
        "j": [0, 0],
        "k": [Fraction("103.50"), 7],
        "l": [Fraction("77.50"), -7],
        "n": [Fraction("80.50") * Fraction(7, 4), 0],
        "o": [1, 0],
    }
    assert {name: worked_out.column(name) for name in wanted} == wanted
    assert [str(day) for day in worked_out.column("m")] == ["2025-03-31", "2025-02-01"]


@pytest.mark.parametrize(
    ("kind", "period", "amount"),
    [
        ("month", "2025-01", Fraction("100.50")),
        ("month", "2025-02", 3),
        ("quarter", "2025Q1", Fraction("83.50")),
        ("half", "2025H1", Fraction("2083.50")),
        ("year", "2025", Fraction("2083.50")),
        ("year", "2024", 1000),
        ("quarter", "2023Q1", 0),
    ],
)
def test_every_kind_of_period(kind: str, period: str, amount: Fraction) -> None:
    header = HEADER.replace("quarter", kind)
    worked_out = figures(scheme(ORDERS, "define a = sum(orders.amount)", header=header), ROWS, period)
    assert worked_out.column("a")[0] == amount


def test_quotients_in_an_aggregate_are_exact() -> None:
    defines = "define a = sum(orders.amount / 3)\ndefine b = avg(orders.amount / 7)\ndefine c = min(orders.amount / 3)"
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    assert worked_out.column("a") == [Fraction("83.50") / 3, Fraction(7, 3)]
    assert worked_out.column("b") == [Fraction("83.50") / 21, 1]
    assert worked_out.column("c") == [Fraction(-20, 3), Fraction(7, 3)]


def test_the_middle_of_rows() -> None:
    defines = """
    define a = median(orders.amount)
    define b = median(orders.amount where status = "won")
    define c = median(orders.amount / 3 where amount > 0)
    define d = median(orders.amount where status = "lost" and amount > 100)
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    # E1 has -20, 3 and 100.50 in the quarter; E2 one order of 7. Of an even number it is the mean of the two.
    assert worked_out.column("a") == [3, 7]
    assert worked_out.column("b") == [Fraction("40.25"), None]
    assert worked_out.column("c") == [Fraction("17.25"), Fraction(7, 3)]
    assert worked_out.column("d") == [None, None]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 11])
def test_the_middle_by_rank(count: int) -> None:
    cents = sorted((7 * n * n - 31 * n) % 97 for n in range(count))
    rows = [(str(n), "E1", "2025-01-01", f"0.{cent:02}", "won") for n, cent in enumerate(cents[::-1])]
    low, high = cents[(count - 1) // 2], cents[count // 2]
    worked_out = figures(scheme(ORDERS, "define x = median(orders.amount)"), {**ONE, "orders": rows})
    assert worked_out["x"] == Fraction(low + high, 200)


def test_different_values() -> None:
    defines = """
    define a = count distinct(orders.status)
    define b = count distinct(orders.amount where amount < 50)
    define c = 去重计数(orders.day)
    define d = count distinct(orders.amount > 0)
    define e = count distinct(orders.status) / count(orders) or else 0%
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    assert [worked_out.column(name) for name in "abcd"] == [[2, 1], [2, 1], [3, 1], [2, 1]]
    assert worked_out.column("e") == [Fraction(2, 3), 1]


def test_any_and_all() -> None:
    defines = """
    define a = any(orders.amount > 50)
    define b = all(orders.amount > 0)
    define c = any(orders.amount > 0 where status = "won")
    define d = 全部(orders.amount > 0 where status = "won")
    define e = if any(orders.amount < 0 and orders.status = "won") then 1 else 2
    pay p
        when a and not b
        amount 5元
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    # E2 has no order that is won: any of none is false, all of none true.
    assert worked_out.column("a") == [True, False]
    assert worked_out.column("b") == [False, True]
    assert worked_out.column("c") == [True, False]
    assert worked_out.column("d") == [False, True]
    assert worked_out.column("e") == [1, 2]
    assert worked_out.column("p") == [5, 0]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        ("median(orders.day)", "KPI307", "orders.day"),
        ("median(orders.amount, 1)", "KPI313", "median(orders.amount, 1)"),
        ("any(orders.amount)", "KPI301", "orders.amount"),
        ("all(orders.fee > 5)", "KPI402", "orders.fee"),
        ("count distinct(orders.fee)", "KPI403", "orders.fee"),
        ("count distinct(orders)", "KPI523", "orders"),
        ("count distinct()", "KPI313", "count distinct()"),
        ("median(base)", "KPI523", "base"),
        ("median(orders.amount) + base", "KPI402", "median(orders.amount)"),
    ],
)
def test_refused_aggregates(value: str, code: str, text: str) -> None:
    assert told(scheme(ORDERS + "    fee money optional", f"define x = {value}")) == [(code, text)]


def test_nobody_and_no_rows() -> None:
    defines = (
        "define a = sum(orders.amount)\ndefine b = avg(orders.amount)\ndefine c = count(orders)\ndefine d = base * 2"
    )
    empty: Data = {"staff": []}
    assert figures(scheme(ORDERS, defines), empty).column("a") == []
    worked_out = figures(scheme(ORDERS, defines), ONE)
    assert [worked_out[name] for name in "abcd"] == [0, None, 0, 2000]


def test_an_optional_column() -> None:
    orders = ORDERS + "    fee money optional"
    defines = """
    define known = orders where fee is present
    define a = sum(orders.fee or else 0)
    define b = avg(orders.fee where fee is present)
    define c = sum(known.fee)
    define d = count(orders where fee is missing or fee > 5)
    define e = sum(orders.fee or else orders.amount)
    define f = count(orders where not (fee is present and fee > 5))
    """
    rows = [("1", "E1", "2025-01-01", "1", "won", "10"), ("2", "E1", "2025-01-01", "2", "won", None)]
    rows += [("3", "E1", "2025-01-01", "3", "won", "5")]
    worked_out = figures(scheme(orders, defines), {**ONE, "orders": rows})
    assert [worked_out[name] for name in "abcdef"] == [15, Fraction("7.5"), 15, 2, 17, 2]


# ---------------------------------------------------------------- by way of other tables

ITEMS = """
table orders
    order_id text key
    seller   text optional references staff
    day      date period
    customer text optional references customers
table customers
    customer_id text key
    region      text references regions
    rebate      percent optional
table regions
    region_id text key
    factor    number(2)
table lines
    line_id text key
    order   text references orders
    qty     integer
    price   money
"""
LINES: Data = {
    "staff": [("E1", "AE", "1000"), ("E2", "KA", "0")],
    "regions": [("N", "1.5"), ("S", "2")],
    "customers": [("C1", "N", "10%"), ("C2", "S", None)],
    "orders": [
        ("1", "E1", "2025-01-15", "C1"),
        ("2", None, "2025-02-15", "C2"),
        ("3", "E1", "2025-03-31", None),
        ("4", "E1", "2025-04-01", "C1"),
        ("5", "E2", "2025-02-02", "C2"),
    ],
    "lines": [
        ("a", "1", "2", "3"),
        ("b", "1", "1", "4"),
        ("c", "2", "1", "100"),
        ("d", "3", "1", "7"),
        ("e", "4", "1", "1000"),
        ("f", "5", "3", "5"),
    ],
}


def test_owner_and_time_by_way_of_other_tables() -> None:
    defines = """
    define a = sum(lines.qty * lines.price)
    define b = count(lines)
    define c = count(orders)
    define d = sum(lines.price where orders.day >= 2025-02-01)
    define e = sum(lines.price where customers.rebate is present and customers.rebate > 5%)
    define f = sum(lines.price * regions.factor where regions.factor is present)
    """
    worked_out = figures(scheme(ITEMS, defines), LINES)
    wanted = {"a": [17, 15], "b": [3, 1], "c": [2, 1], "d": [7, 5], "e": [7, 0], "f": [Fraction("10.5"), 10]}
    assert {name: worked_out.column(name) for name in wanted} == wanted
    assert counted(worked_out.outcome.uncredited) == {"lines": 1, "orders": 1}


DEALS = """
table deals
    deal_id text key
    who     text optional references staff
    closed  date optional period
    amount  money
table notes
    note_id text key
    deal_id text references deals
"""


def test_rows_of_no_period_are_counted_and_left_out() -> None:
    """Whoever owns them; what lies behind a row of no period is of none either."""
    deals = [
        ("1", "E1", "2025-01-15", "100"),
        ("2", "E1", None, "50"),
        ("3", None, None, "7"),
        ("4", None, "2025-02-01", "9"),
    ]
    data: Data = {
        **ONE,
        "deals": [*deals, ("5", "E1", "2025-04-01", "1")],
        "notes": [("a", "1"), ("b", "2"), ("c", "2")],
    }
    defines = """
    define a = sum(deals.amount)
    define b = count(deals where amount > 60 CNY)
    define c = count(notes)
    """
    worked_out = figures(
        scheme(DEALS.replace("optional references", "references"), defines), {**data, "deals": [deals[0], deals[1]]}
    )
    assert (worked_out.column("a"), worked_out.column("b"), worked_out.column("c")) == ([100], [1], [1])
    assert (counted(worked_out.outcome.uncredited), counted(worked_out.outcome.undated)) == (
        {"deals": 0, "notes": 0},
        {"deals": 1, "notes": 2},
    )
    worked_out = figures(scheme(DEALS, defines.replace("define c = count(notes)", "")), data)
    assert (worked_out.column("a"), worked_out.column("b")) == ([100], [1])
    assert (counted(worked_out.outcome.uncredited), counted(worked_out.outcome.undated)) == ({"deals": 1}, {"deals": 2})


def test_the_moment_of_a_row_that_counts_is_there() -> None:
    """But not of every row that a requirement reads, or a filtered table by itself."""
    worked_out = figures(
        scheme(DEALS, "define a = count(deals where month(closed) = 1)"),
        {**ONE, "deals": [("1", "E1", "2025-01-15", "1")]},
    )
    assert worked_out.column("a") == [1]
    first = "define f = deals where month(closed) = 1"
    assert told(scheme(DEALS, first)) == [("KPI402", "month(closed)")]
    assert told(scheme(DEALS, first, "define a = count(f)")) == []
    both = [first, "define a = count(f)", 'require for each f amount > 1 : "x"']
    assert told(scheme(DEALS, *both)) == [("KPI402", "month(closed)")]
    assert told(scheme(DEALS, 'require for each deals month(closed) = 1 : "x"')) == [("KPI402", "month(closed)")]


def test_the_persons_own_columns_from_a_row() -> None:
    defines = 'define a = sum(orders.amount where staff.role = "AE")\ndefine b = sum(orders.amount * staff.base)'
    assert told(scheme(ORDERS, defines)) == [("KPI303", "orders.amount * staff.base")]
    defines = (
        'define a = sum(orders.amount where staff.role = "AE")\ndefine b = count(orders where amount > staff.base)'
    )
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    assert worked_out.column("a") == [Fraction("83.50"), 0]
    assert worked_out.column("b") == [0, 1]


def test_a_reference_that_may_be_missing_must_be_met() -> None:
    assert told(scheme(ITEMS, "define x = sum(lines.price * regions.factor)")) == [
        ("KPI403", "lines.price * regions.factor")
    ]
    worked_out = figures(scheme(ITEMS, "define x = sum(lines.price * (regions.factor or else 1))"), LINES)
    assert worked_out.column("x") == [Fraction("17.5"), 10]


def test_a_table_reached_in_two_ways_is_refused() -> None:
    twice = ITEMS.replace(
        "customer text optional references customers",
        "customer text references customers\n    payer text references customers",
    )
    assert told(scheme(twice, "define x = sum(lines.price where customers.rebate is present)")) == [
        ("KPI522", "customers.rebate")
    ]
    buyer = ITEMS.replace(
        "seller   text optional references staff", "seller text references staff\n    helper text references staff"
    )
    assert told(scheme(buyer, "define x = count(orders)")) == [("KPI520", "count(orders)")]


def test_a_direct_reference_to_the_person_goes_before_a_longer_way() -> None:
    lines = ITEMS + "    who text references staff"
    data = {**LINES, "lines": [(*row, "E2") for row in LINES["lines"]]}
    worked_out = figures(scheme(lines, "define x = sum(lines.price)"), data)
    assert worked_out.column("x") == [0, 119]


@pytest.mark.parametrize(
    ("written", "code", "text"),
    [
        ("sum(lines.price + regions.factor)", "KPI302", "lines.price + regions.factor"),
        ("sum(lines.qty + regions.factor)", "KPI402", "regions.factor"),
        ("sum(lines.price + staff.base)", "KPI402", "staff.base"),
        ("sum(staff.base)", "KPI803", "sum(staff.base)"),
        ("count(customers)", "KPI520", "count(customers)"),
        ("sum(orders.nothing)", "KPI206", "nothing"),
        ("sum(lines.price where price2 > 1)", "KPI201", "price2"),
    ],
)
def test_what_is_no_grain(written: str, code: str, text: str) -> None:
    assert told(scheme(ITEMS, f"define x = {written}"))[0] == (code, text)


# ---------------------------------------------------------------- periods held as columns, lookups


def test_months_within_a_quarter() -> None:
    visits = "table visits\n    id text key\n    who text references staff\n    in_month month period\n    n integer"
    rows = [
        ("1", "E1", "2024-12", "1"),
        ("2", "E1", "2025-01", "10"),
        ("3", "E1", "2025-03", "100"),
        ("4", "E1", "2025-04", "1000"),
    ]
    worked_out = figures(scheme(visits, "define x = sum(visits.n)"), {**ONE, "visits": rows})
    assert worked_out["x"] == 110
    header = HEADER.replace("quarter", "month")
    assert (
        figures(scheme(visits, "define x = sum(visits.n)", header=header), {**ONE, "visits": rows}, "2025-03")["x"]
        == 100
    )


def test_a_coarser_table_is_refused() -> None:
    plans = "table plans\n    id text key\n    who text references staff\n    in_year year period\n    n integer"
    assert told(scheme(plans, "define x = sum(plans.n)")) == [("KPI804", "sum(plans.n)")]


TARGETS = """
table targets
    who     text references staff key
    quarter quarter period key
    goal    money
    stretch money optional
table profiles
    who  text references staff key
    band text in "a", "b"
"""


def test_lookups() -> None:
    defines = """
    define goal = targets.goal or else -1
    define more = targets.stretch
    define band = profiles.band or else "b"
    define both = if targets.goal is present and targets.stretch is present then targets.goal + targets.stretch else 0
    """
    rows = [("E1", "2025Q1", "100", None), ("E1", "2025Q2", "7", "8"), ("E2", "2024Q4", "9", "9")]
    data = {**ROWS, "targets": rows, "profiles": [("E2", "a")]}
    worked_out = figures(scheme(TARGETS, defines), data)
    assert worked_out.column("goal") == [100, -1]
    assert worked_out.column("more") == [None, None]
    assert worked_out.column("band") == ["b", "a"]
    assert figures(scheme(TARGETS, defines), data, "2025Q2").column("both") == [15, 0]


def test_a_lookup_and_an_aggregate_over_one_table() -> None:
    defines = "define a = targets.goal or else 0\ndefine b = sum(targets.goal)"
    worked_out = figures(scheme(TARGETS, defines), {**ROWS, "targets": [("E1", "2025Q1", "100", None)]})
    assert (worked_out.column("a"), worked_out.column("b")) == ([100, 0], [100, 0])


def test_subjects_chosen_by_a_condition() -> None:
    staff = STAFF.replace("subject staff", 'subject staff where role = "KA" or won > 50')
    defines = 'define won = sum(orders.amount where status = "won")\npay p\n    amount won'
    worked_out = figures(scheme(ORDERS, defines, staff=staff), {**ROWS, "staff": [*ROWS["staff"], ("E3", "AE", "5")]})
    assert worked_out.column("staff.staff_id") == ["E1", "E2"]
    assert worked_out.column("p") == [Fraction("80.50"), 0]


def test_text_keys_keep_their_zeros() -> None:
    data: Data = {"staff": [("007", "AE", "1"), ("7", "AE", "2")], "orders": [("1", "007", "2025-01-01", "5", "won")]}
    assert figures(scheme(ORDERS, "define x = sum(orders.amount)"), data).column("x") == [5, 0]


def test_the_order_of_rows_never_shows() -> None:
    backwards = {name: rows[::-1] for name, rows in LINES.items()}
    text = scheme(ITEMS.replace("integer", "integer between 0 and 99"), "define x = sum(lines.qty * lines.price / 7)")
    assert figures(text, LINES).column("x") == figures(text, backwards).column("x")
