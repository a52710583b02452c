"""`own.x`: what the person has, read in a row of the person's."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import DATED, ORDERS, Data, counted, figures, refused, scheme, told

ROWS: Data = {
    "staff": [("E1", "AE", "1000"), ("E2", "KA", "0")],
    "orders": [
        ("1", "E1", "2025-01-01", "100", "won"),
        ("2", "E1", "2025-02-01", "1500", "won"),
        ("3", "E2", "2025-02-01", "100", "won"),
        ("4", "E2", "2025-02-02", "-1", "lost"),
    ],
}
LIMIT = """
define limit by role
    "AE" : base / 2
    "KA" : 50元
define twice = limit * 2
"""


def test_defines_and_columns_of_the_person() -> None:
    defines = """
    define large = orders where amount > own.limit
    define orders.over = amount - own.twice, at least 0元
    define a = count(large)
    define b = max(orders.over)
    define c = count(orders where own.base > 0元 and amount < own.base)
    define d = sum(if orders.amount > 本人.limit then 1 else 0)
    """
    worked_out = figures(scheme(ORDERS, LIMIT, defines), ROWS)
    # Limits are 500 and 50, so doubled 1000 and 100.
    assert worked_out.column("a") == [1, 1]
    assert worked_out.column("b") == [500, 0]
    assert worked_out.column("c") == [1, 0]
    assert worked_out.column("d") == [1, 1]


def test_the_days_of_the_person_are_those_of_the_period() -> None:
    """From 15 February to 31 March are 14 + 31 = 45 of 90 days, also where a define of the person is made of them."""
    defines = """
    define points = active_share * 100
    define a = sum(orders.amount * own.points)
    define b = sum(orders.amount * own.active_days)
    """
    data: Data = {
        "staff": [("E1", "2025-02-15", None, "1"), ("E2", "2020-01-01", None, "1")],
        "orders": [("1", "E1", "2025-03-01", "2", "won"), ("2", "E2", "2025-03-01", "2", "won")],
    }
    worked_out = figures(scheme(ORDERS, defines, staff=DATED), data)
    assert (worked_out.column("a"), worked_out.column("b")) == ([100, 200], [90, 180])


def test_a_row_of_nobody_is_nobodys() -> None:
    orders = ORDERS.replace("references staff", "optional references staff")
    rows = [*ROWS["orders"], ("5", None, "2025-02-02", "9999", "won")]
    worked_out = figures(
        scheme(orders, LIMIT, "define a = count(orders where amount > own.limit)"), {**ROWS, "orders": rows}
    )
    assert worked_out.column("a") == [1, 1]
    assert counted(worked_out.outcome.uncredited) == {"orders": 1}


def test_a_fault_is_met_only_in_rows_that_count() -> None:
    defines = """
    define strict = if base > 0元 then base else other or else error
    define x = sum(orders.amount where amount > 0 and own.strict > 0元)
    pay p
        amount x
    """
    staff = """
    table staff
        staff_id text key
        base     money
        other    money optional
    subject staff
    """
    rows: Data = {"staff": [("E1", "1000", None), ("E2", "0", None)], "orders": ROWS["orders"]}
    worked_out = figures(scheme(ORDERS, defines, staff=staff), rows)
    assert worked_out.column("x") == [1600, Fraction(0)]
    assert worked_out.faults == {"KPI702 x": ["E2"]}


def test_a_column_or_an_item_is_told_with_both_ways_to_say_which() -> None:
    (fault,) = refused(scheme(ORDERS, "define amount = base", "define x = count(orders where amount > 5)"))
    assert (fault.code, [help_.key for help_ in fault.helps]) == ("KPI203", ["row"])
    text = scheme(ORDERS, "define amount = base", "define x = count(orders where orders.amount > own.amount)")
    assert figures(text, ROWS).column("x") == [1, 1]


@pytest.mark.parametrize(
    ("value", "code", "text", "help_"),
    [
        ("sum(orders.amount + own.limit)", "KPI527", "own.limit", "outside"),
        ("count(orders where amount > limit)", "KPI802", "limit", "own"),
        ("count(orders where amount > sold)", "KPI802", "sold", "own"),
        ("count(orders where amount > own.limt)", "KPI201", "limt", "similar"),
        ("count(orders where amount > own.s)", "KPI205", "s", "part"),
        ("count(orders where amount > own.s.value)", "KPI211", "value", "parts"),
        ("count(orders where amount > own.total)", "KPI201", "total", "card"),
        ("count(orders where amount > own.active_days)", "KPI212", "active_days", "active"),
        ("count(orders where amount > own.base.x)", "KPI201", "base", None),
        ("own.bas", "KPI201", "bas", "similar"),
    ],
)
def test_refused(value: str, code: str, text: str, help_: str | None) -> None:
    card = "indicator s\n    actual 1\n    score 1\npay bonus\n    amount base"
    (fault,) = refused(scheme(ORDERS, LIMIT, "define sold = sum(orders.amount)", card, f"define x = {value}"))
    assert fault.span is not None
    assert (fault.code, fault.span.text) == (code, text)
    if help_ is not None:
        assert help_ in [each.key for each in fault.helps]


def test_what_has_a_fault_of_its_own_is_told_once() -> None:
    text = scheme(ORDERS, "define bad = 3 +", "define x = count(orders where amount > own.bad)")
    assert [code for code, _ in told(text)] == ["KPI116"]


def test_a_column_goes_before_a_result_of_its_name() -> None:
    staff = "table staff\n    staff_id text key\n    total    money\nsubject staff"
    rows: Data = {"staff": [("E1", "500")], "orders": ROWS["orders"][:2]}
    text = scheme(ORDERS, "define x = count(orders where amount > own.total)", staff=staff)
    assert figures(text, rows).column("x") == [1]


def test_where_the_person_is_at_hand_own_says_no_more() -> None:
    assert figures(scheme("define x = own.base + base"), {"staff": ROWS["staff"]}).column("x") == [2000, 0]


def test_a_circle_through_a_row() -> None:
    assert [code for code, _ in told(scheme(ORDERS, "define x = count(orders where amount > own.x * 1元)"))] == [
        "KPI207"
    ]
