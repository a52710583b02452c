"""A figure of another table is refused wherever it would be counted once for every row."""

from __future__ import annotations

import pytest

from tests.helpers.schemes import ORDERS, Data, figures, refused, scheme, told

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


# ---------------------------------------------------------------- under a name

LINES = """
table lines
    line_id  text key
    order_id text references orders
    qty      integer between 0 and 9
    fee      money
    start    date
"""
PERSON = "define limit = base * 2\ndefine half = period_days / 2"

TWICE = [
    ("= orders.amount", "orders.amount"),
    ("= if qty > 0 then orders.amount else 0", "orders.amount"),
    ("by qty\n    > 0 : orders.amount\n    else : 0元", "orders.amount"),
    ("choose\n    when qty > 0 : orders.amount\n    else : 0元", "orders.amount"),
    (
        "by qty\n    > 0 :\n        choose\n            when fee > 5 : orders.amount\n            else : fee\n    else : 0元",
        "orders.amount",
    ),
    ("curve orders.amount\n    < fee : 0元\n    0 : 0元\n    100 : 100元", "orders.amount"),
    ("curve qty\n    < (fee / 9元) as number : orders.amount\n    0 : 0元\n    5 : 100元", "orders.amount"),
    ("tiers orders.amount\n    up to fee : 1%\n    above : 2%", "orders.amount"),
    ("= orders.amount, at least qty * 0元", "orders.amount"),
    ("= fee, at most orders.amount", "orders.amount"),
    ("= max(orders.amount, fee)", "orders.amount"),
    ("= abs(fee - orders.amount)", "orders.amount"),
    ("= if qty > 0 then own.base else 0", "own.base"),
    ("= if qty > 0 then own.limit else 0", "own.limit"),
    ("= fee, at most own.limit", "own.limit"),
]
"""The rule of a computed column of `lines`, and its term that is a figure of an order or of a person."""

ONCE = [
    "= fee",
    "= 5元",
    "= qty * orders.amount",
    "by orders.amount\n    > 5 : fee\n    else : fee * 2",
    "choose\n    when own.limit > 5 : fee\n    else : 0元",
    "= fee * own.half + 2元",
    "= fee + own.half * 1元",
    "= days(orders.day, start) * 1元",
    "tiers fee from own.limit\n    up to 100 : 1%\n    above : 2%",
    "tiers orders.amount\n    up to 100 : qty * 1%\n    above : qty * 2%",
]


@pytest.mark.parametrize("function", ["sum", "avg", "median"])
@pytest.mark.parametrize(("rule", "term"), TWICE)
def test_a_figure_under_a_name_is_counted_many_times_too(rule: str, term: str, function: str) -> None:
    """The fault is where the rows are added up; a label shows the term in the rule of the column."""
    items = [ORDERS, LINES, PERSON, f"define lines.c {rule}"]
    (fault,) = refused(scheme(*items, f"define x = {function}(lines.c)"))
    assert fault.span is not None
    assert (fault.code, fault.span.text, fault.args["term"]) == ("KPI527", "lines.c", term)
    assert [label.span.text for label in fault.labels if label.key == "term"] == [term]
    chain = "define lines.d = c * 2\ndefine lines.e by qty\n    > 1 : d\n    else : fee"
    (fault,) = refused(scheme(*items, chain, f"define x = {function}(lines.fee - lines.e)"))
    assert fault.span is not None
    assert (fault.code, fault.span.text, fault.args["term"]) == ("KPI527", "lines.e", term)


@pytest.mark.parametrize("rule", ONCE)
def test_a_figure_of_the_row_under_a_name_is_counted_once(rule: str) -> None:
    items = [ORDERS, LINES, PERSON, f"define lines.c {rule}"]
    assert told(scheme(*items, "define x = sum(lines.c)\ndefine y = sum(lines.c * lines.qty + lines.fee)")) == []


def test_of_the_greatest_it_makes_no_difference() -> None:
    text = scheme(ORDERS, LINES, "define lines.c = if qty > 0 then orders.amount else 0", "define x = max(lines.c)")
    lines = [(f"{nth}", "1", "1", "0", "2025-01-01") for nth in range(2)]
    data: Data = {"staff": [("E1", "AE", "0")], "orders": [("1", "E1", "2025-01-01", "100", "won")], "lines": lines}
    assert figures(text, data)["x"] == 100
