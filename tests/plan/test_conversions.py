"""`per … whole`, `as number`, `as percent`: steps in a value, and the same value in another unit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.plan.ir import Value
from tests.helpers.schemes import ORDERS, STAFF, Data, figures, scheme, told

ROWS: Data = {
    "staff": [("E1", "AE", "1000")],
    "orders": [
        ("1", "E1", "2025-01-01", "100", "won"),
        ("2", "E1", "2025-01-01", "10", "won"),
        ("3", "E1", "2025-01-01", "-20", "lost"),
    ],
}


@pytest.mark.parametrize(
    ("value", "worked_out"),
    [
        ("base per 300 whole", 3),
        ("base per 300 part", 4),
        ("base per 300元 pro rata", Fraction(10, 3)),
        ("base per 250 part", 4),
        ("base 每300 整步 + base 每300 不足计一 + base 每300 按比例", 7 + Fraction(10, 3)),
        ("-2 * count(orders) per 2 whole", -2),  # a step counts in what stands right before it: 3 per 2
        ("-base per 300 whole", -3),  # the steps of 1000, taken off
        ("(-base) per 300 whole", -4),  # downwards, below zero too: a part of a step back is a whole one
        ("(-base) per 300 part", -3),
        ("(0 - 7) per 5 whole", -2),
        ("80% per 3% part", 27),
        ("(base / 3) per 7元 whole", 47),
        ("base per max(base - 10, 1元) part", 2),
        ("sum(orders.amount per 30 whole)", 3 + 0 - 1),
        ("(base as number) per 300 whole", 3),
        ("base as number / 8 as percent", 125),
        ("50% as number * 8", 4),
        ("count(orders) as percent + 100%", 4),
        ("base / 3 as number", Fraction(1000, 3)),
        ("100% + base as number / 1000 as percent", 2),
    ],
)
def test_values(value: str, worked_out: Value) -> None:
    assert figures(scheme(ORDERS, f"define x = {value}"), ROWS)["x"] == worked_out


def test_what_may_be_missing_stays_so() -> None:
    staff = STAFF.replace("subject", "    late integer optional between 0 and 90\nsubject")
    found = figures(scheme("define x = late per 5 whole or else -1", staff=staff), {"staff": [("E1", "AE", "1", None)]})
    assert found["x"] == -1
    assert told(scheme("define x = 7 per late whole", staff=staff)) == [("KPI402", "late")]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        ("base per 0 whole", "KPI317", "0"),
        ("base per (-5) whole", "KPI317", "-5"),
        ("base per (base - 5) whole", "KPI317", "base - 5"),
        ("base per 10% whole", "KPI302", "base per 10% whole"),
        ("count(orders) per 100元 whole", "KPI302", "count(orders) per 100元 whole"),
        ("80% per 3 whole", "KPI304", "3"),
        ("role per 3 whole", "KPI302", "role per 3 whole"),
        ("base as percent", "KPI307", "base"),
        ("role as number", "KPI307", "role"),
        ("base + 3 as number", "KPI318", "3 as number"),
        ("1 + 20% as percent", "KPI318", "20% as percent"),
        ("base per 300 whole + 1元", "KPI302", "base per 300 whole + 1元"),
    ],
)
def test_refused(value: str, code: str, text: str) -> None:
    assert told(scheme(ORDERS, f"define x = {value}")) == [(code, text)]


def test_a_product_with_steps_is_money_only_by_money() -> None:
    pay = "pay p\n    amount 50元 * base per 300元 whole"
    assert figures(scheme(pay), ROWS)["p"] == 150
    assert told(scheme("pay p\n    amount base per 300元 whole")) == [("KPI301", "base per 300元 whole")]
