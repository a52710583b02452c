"""What rows read of the person is told beside the figure that they feed."""

from __future__ import annotations

import pytest

from kpirules.runs.run import params, read_period
from kpirules.trace.build import explain
from kpirules.trace.form import to_json
from kpirules.trace.text import render
from tests.helpers.schemes import ORDERS, Data, compiled, scheme, tables_of

DATA: Data = {
    "staff": [("E1", "AE", "1000"), ("E2", "KA", "0")],
    "orders": [
        ("1", "E1", "2025-01-01", "100", "won"),
        ("2", "E1", "2025-02-01", "500", "won"),
        ("3", "E2", "2025-02-01", "900", "lost"),
    ],
    "targets": [("E1", "2025Q1", "600"), ("E2", "2025Q1", "30")],
}
SCHEME = scheme(
    ORDERS,
    """
    table targets
        staff_id text references staff key
        quarter quarter period key
        goal money
    define usual = avg(orders.amount) or else 0元
    define big = count(orders where amount > 1.5 * own.usual)
    define revenue = sum(orders.amount)
    define rate by revenue
        >= 600元 : 3%
        else     : 2%
    define orders.part = amount * own.rate
    define targets.left = goal - own.revenue
    pay p
        amount base * big
    pay q
        amount sum(orders.part) + (targets.left or else 0)
    """,
)


@pytest.mark.parametrize(
    ("item", "lines"),
    [
        (
            "p",
            [
                "count(orders where amount > 1.5 * own.usual) = 1 ← 1 row of orders where amount > 1.5 * own.usual: 2",
                "usual = 300.00 CNY",
                "avg(orders.amount) = 300.00 CNY ← 2 rows of orders: 1, 2",
            ],
        ),
        (
            "q",
            [
                "sum(orders.part) = 18.00 CNY ← 2 rows of orders: 1, 2",
                "orders.part: amount * own.rate",
                "rate = 3%",
                "sum(orders.amount) = 600.00 CNY ← 2 rows of orders: 1, 2",
                "targets.left = 0.00 CNY",
                "targets.goal = 600.00 CNY",
            ],
        ),
    ],
)
def test_the_person_s_figure_and_what_it_is_made_of(item: str, lines: list[str]) -> None:
    checked = compiled(SCHEME)
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, DATA), given, "E1", item, {}, period="2025Q1")
    told = [text.strip().rpartition("  [")[0] or text.strip() for text in render(trace, "en").splitlines()]
    assert [line for line in lines if line not in told] == [], told
    brief = render(explain(checked.plan, tables_of(checked, DATA), given, "E1", None, {}, period="2025Q1"), "en")
    assert "usual = 300.00 CNY" in brief
    assert "rate = 3%" in brief


def test_each_row_has_it_and_the_form_its_parts() -> None:
    checked = compiled(SCHEME)
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, DATA), given, "E1", "big", {}, period="2025Q1")
    text = render(trace, "en", rows=True)
    assert "order_id 2, day 2025-02-01, amount 500.00 CNY, own.usual 300.00 CNY" in text
    (item,) = to_json(trace, "zh")["items"]
    assert '"usual"' in str(item).replace("'", '"')
