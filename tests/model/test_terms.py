"""A figure of another table is refused wherever it would be counted once for every row."""

from __future__ import annotations

import pytest

from tests.helpers.schemes import scheme, told

TABLES = """
table customers
    customer_id text key
    fee         money
table orders
    order_id    text key
    staff_id    text references staff
    customer_id text references customers
    day         date period
    amount      money
    share       percent
"""


@pytest.mark.parametrize(
    "value",
    [
        "orders.amount + customers.fee",
        "(orders.amount + customers.fee) * 1",
        "2 * (orders.amount - customers.fee)",
        "round(orders.amount + customers.fee, 1)",
        "if orders.amount > 0 then customers.fee else 0",
        "-(customers.fee - orders.amount)",
    ],
)
def test_counted_many_times(value: str) -> None:
    assert ("KPI527", "customers.fee") in told(scheme(TABLES, f"define x = sum({value})"))


@pytest.mark.parametrize(
    "value", ["orders.amount", "orders.share * customers.fee", "(orders.amount + customers.fee) * orders.share"]
)
def test_counted_once(value: str) -> None:
    assert told(scheme(TABLES, f"define x = sum({value})")) == []
