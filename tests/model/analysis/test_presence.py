"""What is known to be there is the expression that was tested, whole, and what it is worked out of."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.plan.ir import Value
from tests.helpers.schemes import ONE, ORDERS, Data, figures, refused, scheme, told

TARGETS = """
table targets
    staff_id text references staff key
    x        money
    y        money
    day      date optional
"""
STORES = """
table stores
    store_id text key
    goal     money
    rent     money optional
"""
NONE: Data = {**ONE}
QUOTIENT: Data = {**ONE, "targets": [("E1", "10", "4", "2025-01-01")]}
BY_ZERO: Data = {**ONE, "targets": [("E1", "10", "0", None)]}
ORDERED: Data = {**ONE, "orders": [("1", "E1", "2025-01-01", "3.50", "won")]}

Q = "targets.x / targets.y"


@pytest.mark.parametrize(
    ("written", "none", "quotient", "by_zero"),
    [
        (f"= if {Q} is present then {Q} else 0%", 0, Fraction(5, 2), 0),
        (f"= if not ({Q} is missing) and base > 1 then {Q} * base else 0", 0, 2500, 0),
        (f"= if {Q} is missing or base < 1 then 0 else targets.x + base * ({Q})", 0, 2510, 0),
        (f"= if {Q} is present then targets.x + targets.y else 0", 0, 14, 0),
        (f"= {Q} is present and {Q} > 200%", False, True, False),
        (f"= {Q} is missing or {Q} > 300%", True, False, True),
        (f"choose\n    when {Q} is missing : 0%\n    when base > 1 : {Q}\n    else : 1%", 0, Fraction(5, 2), 0),
        (f"choose\n    when {Q} is present and {Q} > 2000% : 1\n    when {Q} is missing : 2\n    else : 3", 2, 3, 2),
        (f"by {Q} or else 0%\n    > 5% : 1\n    else : 2", 2, 1, 2),
        ("= if round(targets.x, 1) is present then round(targets.x, 1) + base else 0", 0, 1010, 1010),
        ("= if -targets.x is present then targets.x + base else 0", 0, 1010, 1010),
        (f"= if ({Q}) as number is present then (({Q}) as number) + 1 else 0", 0, Fraction(7, 2), 0),
        ("= if months(targets.day, period_end) is present then months(targets.day, period_end) + 1 else 0", 0, 3, 0),
    ],
)
def test_a_whole_expression_is_there(written: str, none: Value, quotient: Value, by_zero: Value) -> None:
    text = scheme(TARGETS, ORDERS, f"define v {written}")
    assert [figures(text, data)["v"] for data in (NONE, QUOTIENT, BY_ZERO)] == [none, quotient, by_zero]


def test_an_aggregate_of_no_rows_is_there() -> None:
    test = "avg(orders.amount) is present"
    text = scheme(ORDERS, f"define v = if {test} and avg(orders.amount) > 2 then avg(orders.amount) + base else 0")
    assert [figures(text, data)["v"] for data in (NONE, ORDERED)] == [0, Fraction("1003.5")]
    twice = f"define v choose\n    when {test} and {test} : avg(orders.amount) + 1\n    when {test} : 2\n    else : 3"
    assert told(scheme(ORDERS, twice)) == [("KPI509", f"when {test}")]


def test_what_a_pay_item_is_paid_for_is_there_in_its_amount() -> None:
    text = scheme(TARGETS, f"pay v when {Q} is present\n    amount base * ({Q})")
    assert [figures(text, data)["v"] for data in (NONE, QUOTIENT, BY_ZERO)] == [0, 2500, 0]
    text = scheme(TARGETS, f"pay v for {Q} is present\n    amount base * ({Q})")
    assert [figures(text, data)["v"] for data in (NONE, QUOTIENT, BY_ZERO)] == [None, 2500, None]


@pytest.mark.parametrize(
    "written",
    [
        f"= if targets.x is present then base * ({Q}) + base else 0",
        f"= if {Q} is present or base > 1 then base + targets.x else 0",
        "= if targets.y / targets.x is present then 0 else base + targets.x",
        "= if avg(orders.amount) is present then max(orders.amount) + base else 0",
        "= if avg(orders.amount where amount > 3) is present then avg(orders.amount) + base else 0",
        "= if round(targets.x / 3, 1) is missing then round(targets.x / 3, 2) + base else 0",
    ],
)
def test_another_expression_is_not(written: str) -> None:
    assert {code for code, _ in told(scheme(TARGETS, ORDERS, f"define v {written}"))} == {"KPI402"}


@pytest.mark.parametrize(
    ("written", "key", "column"),
    [
        ("sum(orders.amount + stores.goal)", "reference", "orders.store"),
        ("count(orders where stores.goal > 5)", "reference", "orders.store"),
        ("sum(orders.amount + stores.rent)", "optional", None),
    ],
)
def test_why_a_column_behind_a_reference_may_be_missing(written: str, key: str, column: str | None) -> None:
    orders = ORDERS.rstrip() + "\n    store text optional references stores\n"
    (fault,) = refused(scheme(STORES, orders, f"define v = {written}"))
    assert (fault.labels[0].key, fault.labels[0].args.get("column")) == (key, column)


def test_the_reference_that_may_lead_nowhere_is_named_however_far_off() -> None:
    orders = ORDERS.rstrip() + "\n    visit text references visits\n"
    visits = "table visits\n    visit_id text key\n    store text matches stores"
    (fault,) = refused(scheme(STORES, visits, orders, "define v = sum(orders.amount + stores.goal)"))
    assert fault.labels[0].args["column"] == "visits.store"
