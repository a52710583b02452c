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
        ("(-base) per 300 whole", -3),  # as many steps below zero as above it
        ("(-base) per 300 part", -4),
        ("(-base) per 250 part", -4),
        ("(0 - 7) per 5 whole", -1),
        ("(0 - 7) per 5 part", -2),
        ("(7 - 7) per 5 part", 0),
        ("(-base) per 7元 whole", -142),  # 142.857…
        ("(-base / 3) per 7元 part", -48),  # 47.6…
        ("80% per 3% part", 27),
        ("(base / 3) per 7元 whole", 47),
        ("base per max(base - 10, 1元) part", 2),
        ("sum(orders.amount per 30 whole)", 3 + 0 + 0),
        ("sum(orders.amount per 30 part)", 4 + 1 - 1),
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


def test_steps_are_the_same_on_both_sides_of_zero() -> None:
    """A threshold of 500 and figures 0.4 steps above and below it: no step is gained or lost."""
    people = [(f"E{nth}", "AE", base) for nth, base in enumerate(("460", "500", "540", "600", "400", "399.99"))]
    text = scheme("define over = (base - 500元) per 100 whole", "define begun = (base - 500元) per 100 part")
    outcome = figures(text, {"staff": people})
    assert outcome.column("over") == [0, 0, 0, 1, -1, -1]
    assert outcome.column("begun") == [-1, 0, 1, 1, -1, -2]


def test_the_bounds_of_steps_are_no_wider_than_the_steps() -> None:
    """Of -7 to 7, a step of 5 is complete once on either side: rows for -1, 0 and 1 take all."""
    staff = STAFF.replace("subject", "    n integer between -7 and 7\nsubject")
    rows = "define x by n per 5 {how}\n" + "\n".join(f"    {nth} : {nth}" for nth in (-1, 0, 1))
    assert figures(scheme(rows.format(how="whole"), staff=staff), {"staff": [("E1", "AE", "1", "-7")]})["x"] == -1
    assert told(scheme(rows.format(how="part"), staff=staff)) == [("KPI510", "by n per 5 part")]


def test_what_may_be_missing_stays_so() -> None:
    staff = STAFF.replace("subject", "    late integer optional between 0 and 90\nsubject")
    outcome = figures(
        scheme("define x = late per 5 whole or else -1", staff=staff), {"staff": [("E1", "AE", "1", None)]}
    )
    assert outcome["x"] == -1
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
