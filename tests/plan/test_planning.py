"""Schemes that DuckDB planned for ever, or stopped at, on a few rows."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from tests.helpers.schemes import ORDERS, Data, figures, scheme

STAFF = """
table staff
    staff_id text key
    cap      money optional
    pts      number(0) between -9 and 9
subject staff
"""
SOLD = """
table orders
    order_id text key
    staff_id text references staff
    day      date period
    qty      number(0) between 0 and 10
"""
THROUGH_A_CURVE = scheme(
    SOLD,
    """
    define k = 12.5 CNY / cap or else 100%, at most 100%, at least 0%
    define d curve k
        0%   : 0
        100% : 100
    define orders.w = own.d * qty / own.pts or else qty
    define s = sum(orders.w)
    """,
    staff=STAFF,
)
FOR_EVER = {
    "a curve": THROUGH_A_CURVE,
    "a curve upon a curve": THROUGH_A_CURVE.replace(
        "define orders.w", "define e curve d\n    0 : 1\n    50 : 3\n    100 : 7\ndefine orders.w"
    ).replace("own.d *", "own.e *"),
    "limits": scheme(
        SOLD,
        """
        define k = 12.5 CNY / cap or else 100%, at most 100%, at least 0%, at most 90%, at least 5%, at most 80%
        define orders.w = own.k * qty / own.pts or else qty
        define s = sum(orders.w)
        """,
        staff=STAFF,
    ),
}
ROWS: Data = {
    "staff": [("E1", "50", "2"), ("E2", None, "-1")],
    "orders": [("1", "E1", "2025-01-01", "3"), ("2", "E2", "2025-01-01", "4")],
}
FIGURES = {
    # E1: 12.5 / 50 = 25 %, by the curve 25; 25 × 3 / 2. E2 has no cap: 100 %, 100; 100 × 4 / -1.
    "a curve": [Fraction("37.5"), -400],
    # 25 lies halfway between 0 and 50: 2; 2 × 3 / 2. At 100: 7; 7 × 4 / -1.
    "a curve upon a curve": [3, -28],
    # 25 % × 3 / 2; 80 % × 4 / -1.
    "limits": [Fraction("0.375"), Fraction("-3.2")],
}


@pytest.mark.parametrize("name", FOR_EVER)
def test_it_is_planned(name: str) -> None:
    """In a process that can be ended: nothing interrupts the planning of a query."""
    here = f"from tests.plan.test_planning import worked_out; worked_out({name!r})"
    subprocess.run([sys.executable, "-c", here], check=True, timeout=120)


def worked_out(name: str) -> None:
    """Hold the figures of both engines against those by hand."""
    assert figures(FOR_EVER[name], ROWS).column("s") == FIGURES[name]


IN_FORCE = """
table staff
    staff_id text key
    hired    date
    left_on  date optional
    pts      number(0) between 0 and 50
    active from hired to left_on
subject staff
"""


@pytest.mark.parametrize(
    ("rule", "by_hand"),
    [
        # rows of E1: 7 × 3, 10 × 3; E2 is in force for the second row alone, where pts / 3 comes to 0
        ("round(pts / 3, 0), at most 100", [Fraction(7 * 3 + 7 * 10), 0]),
        ("pts, at least -100", [Fraction(20 * 3 + 20 * 10), 0]),
        ("round(pts / 3, 1), at least 5, at most 100", [Fraction("6.7") * 13, 50]),
    ],
)
def test_what_is_limited_is_missing_in_rows_of_nobody(rule: str, by_hand: list[Fraction]) -> None:
    """A row before its owner's first day has nothing of the owner's, whatever limits say."""
    data: Data = {
        "staff": [
            ("E1", "2020-01-01", None, "20"),
            ("E2", "2025-02-01", "2025-02-10", "0"),
        ],
        "orders": [
            ("1", "E1", "2025-01-01", "3"),
            ("2", "E1", "2025-02-05", "10"),
            ("3", "E2", "2025-01-01", "9"),
            ("4", "E2", "2025-02-05", "10"),
        ],
    }
    outcome = figures(scheme(SOLD, f"define k = {rule}", "define s = sum(own.k * orders.qty)", staff=IN_FORCE), data)
    assert outcome.column("s") == by_hand


def test_as_many_pays_as_nobody_nests() -> None:
    """Their sum is written in a row, since no engine reads hundreds of brackets."""
    pays = [f"pay p{nth}\n    amount sum(orders.amount) * {nth}%" for nth in range(1, 301)]
    outcome = figures(
        scheme(ORDERS, *pays), {"staff": [("E1", "AE", "1")], "orders": [("1", "E1", "2025-01-01", "100", "won")]}
    )
    assert outcome.column("total_pay") == [sum(range(1, 301))]
