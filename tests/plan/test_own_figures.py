"""`own.x` of what the person's figures say: rows read what is worked out of other rows first."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.engines.outcome import RunStopped
from tests.helpers.schemes import DATED, ORDERS, Data, counted, figures, refused, scheme, told

ROWS: Data = {
    "staff": [("E1", "AE", "1000"), ("E2", "KA", "0"), ("E3", "KA", "5")],
    "orders": [
        ("1", "E1", "2025-01-01", "100", "won"),
        ("2", "E1", "2025-02-01", "200", "won"),
        ("3", "E1", "2025-03-01", "900", "lost"),
        ("4", "E2", "2025-02-01", "10", "won"),
        ("5", "E2", "2025-02-02", "20", "won"),
        ("6", "E2", "2025-07-02", "9999", "won"),
    ],
}
RATE = """
define revenue = sum(orders.amount)
define rate by revenue
    >= 1000元 : 3%
    >= 1元    : 2%
    else      : 0%
define after = sum(orders.amount * own.rate)
"""


def test_rows_against_the_usual_row_of_the_person() -> None:
    defines = """
    define usual = avg(orders.amount) or else 0元
    define near = round(usual, 2)
    define large = orders where amount > 1.5 * own.usual
    define orders.over = amount - own.near, at least 0元
    define a = count(large)
    define b = sum(large.amount)
    define c = max(orders.over) or else 0元
    define d = max(orders.amount - 本人.near) or else -1元
    define e = any(orders.amount = own.usual)
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    # E1: 1200 / 3 = 400, half as much again 600; E2: 30 / 2 = 15, 22.5. E3 has no orders.
    assert worked_out.column("a") == [1, 0, 0]
    assert worked_out.column("b") == [900, 0, 0]
    assert worked_out.column("c") == [500, 5, 0]
    assert worked_out.column("d") == [500, 5, -1]
    assert worked_out.column("e") == [False, False, False]


def test_a_rate_that_the_sum_of_the_rows_has_reached() -> None:
    worked_out = figures(scheme(ORDERS, RATE), ROWS)
    # 1200 at 3 %, 30 at 2 %.
    assert worked_out.column("after") == [36, Fraction(6, 10), 0]


def test_figures_upon_figures() -> None:
    more = """
    define second = sum(orders.amount * own.rate where orders.amount * 100 > own.after)
    define third = count(orders where amount < own.second * 10 and amount > own.usual)
    define usual = avg(orders.amount) or else 0元
    """
    worked_out = figures(scheme(ORDERS, RATE, more), ROWS)
    # 36 and 0.6 are less than any order by the hundred; the orders below 360 and 6, above 400 and 15: none.
    assert worked_out.column("second") == [36, Fraction(6, 10), 0]
    assert worked_out.column("third") == [0, 0, 0]


def test_what_is_missing_stays_missing_in_the_row() -> None:
    defines = """
    define best = max(orders.amount where status = "lost")
    define a = count(orders where own.best is missing)
    define b = count(orders where own.best is present and amount < own.best)
    define orders.short = (own.best or else 1元) - amount
    define c = min(orders.short) or else 1元
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    assert worked_out.column("a") == [0, 2, 0]
    assert worked_out.column("b") == [2, 0, 0]
    assert worked_out.column("c") == [900 - 900, 1 - 20, 1]
    told_ = told(scheme(ORDERS, "define best = max(orders.amount)", "define x = count(orders where amount < own.best)"))
    assert told_ == [("KPI402", "own.best")]


def test_a_quotient_is_exact_in_the_row() -> None:
    defines = """
    define third = sum(orders.amount) / 3, at most 10_000元
    define a = count(orders where amount * 3 = own.third * 3 / 4)
    define orders.part = amount / 3 * (100% + own.third / 100元)
    define b = sum(orders.part)
    """
    worked_out = figures(scheme(ORDERS.replace("money", "money between 0 and 10_000"), defines), ROWS)
    # E1: a third is 400; 300 is thrice the first order. E2: a third is 10, three quarters of thrice it 7.5.
    assert worked_out.column("a") == [1, 0, 0]
    # E1: 1200 / 3 * 500%. E2: 30 / 3 * 110%.
    assert worked_out.column("b") == [2000, 11, 0]


def test_lookups_days_and_results_of_the_person() -> None:
    targets = """
    table targets
        staff_id text references staff key
        quarter quarter period key
        goal money
    define quota = targets.goal or else 0元
    define a = count(orders where amount > own.quota)
    define b = count(orders where amount > (own.targets.goal or else 0元))
    define c = count(orders where amount * own.active_share > 99元 and own.active_days > 10)
    indicator s
        actual sum(orders.amount)
        target 1000元
        missing error
        score achievement * 100, at most 110
    scorecard all
        s 100%
    grade by total
        >= 100 : "S"
        else   : "A"
    define d = count(orders where own.s.achievement >= 100% and amount > own.s.actual / 2)
    define orders.points = if amount > own.s.score * 2元 then own.s.score else amount as number
    define e = max(orders.points)
    define f = count(orders where own.total > 100 and own.grade = "S" and amount > 0元)
    pay p
        amount base
    define g = count(orders where amount < own.p)
    """
    data: Data = {
        "staff": [("E1", "2020-01-01", None, "150"), ("E2", "2025-02-15", None, "15")],
        "orders": [*ROWS["orders"][:3], ("4", "E2", "2025-03-01", "10", "won"), ("5", "E2", "2025-03-02", "20", "won")],
        "targets": [("E1", "2025Q1", "150"), ("E2", "2024Q4", "15")],
    }
    worked_out = figures(scheme(ORDERS, targets, staff=DATED), data)
    assert worked_out.column("a") == [2, 2]
    assert worked_out.column("b") == [2, 2]
    assert worked_out.column("c") == [3, 0]
    # E1 sold 1200 of 1000, so 120 %, cut to 110 points; E2 30, so 3 %, 3 points.
    assert worked_out.column("d") == [1, 0]
    assert worked_out.column("e") == [200, 3]
    assert worked_out.column("f") == [3, 0]
    assert worked_out.column("g") == [1, 1]


def test_a_computed_column_of_the_row_looked_up() -> None:
    targets = """
    table targets
        staff_id text references staff key
        quarter quarter period key
        goal money
    define half = targets.goal / 2 or else 0元
    define targets.doubled = goal * 2
    define targets.lifted = goal + own.half + doubled + own.sold
    define sold = sum(orders.amount where orders.amount < own.half)
    define x = targets.lifted or else 0元
    define y = targets.doubled or else 0元
    define z = count(orders where amount < own.x)
    """
    data: Data = {**ROWS, "targets": [("E1", "2025Q1", "400"), ("E2", "2025Q1", "30")]}
    worked_out = figures(scheme(ORDERS, targets), data)
    # E1: below 200 is 100, so 400 + 200 + 800 + 100; E2: below 15 is 10, so 30 + 15 + 60 + 10.
    assert worked_out.column("x") == [1500, 115, 0]
    assert worked_out.column("y") == [800, 60, 0]
    assert worked_out.column("z") == [3, 2, 0]


def test_who_is_asked_for_and_rows_of_nobody() -> None:
    orders = ORDERS.replace("references staff", "optional references staff")
    rows = {**ROWS, "orders": [*ROWS["orders"], ("7", None, "2025-02-02", "5000", "won")]}
    staff = """
    table staff
        staff_id text key
        role     text in "AE", "KA"
        base     money
    subject staff where few < 2
    define usual = avg(orders.amount) or else 0元
    define few = count(orders where amount >= own.usual) + count(orders where status = "lost")
    """
    worked_out = figures(scheme(orders, "define x = count(orders where amount < own.usual)", staff=staff), rows)
    # E1 has one order of the usual or more, and one that was lost: two.
    assert worked_out.outcome.subjects.column("staff.staff_id").to_pylist() == ["E2", "E3"]
    assert worked_out.column("x") == [1, 0]
    assert counted(worked_out.outcome.uncredited) == {"orders": 1}


def test_a_fault_of_the_person_is_told_once_and_as_the_persons() -> None:
    defines = """
    define best = max(orders.amount where status = "lost") or else error
    define a = count(orders where amount < own.best)
    define b = count(orders where amount > 50元 and amount < own.best)
    pay p
        amount base * (a + b)
    pay q
        amount if role = "KA" then 0元 else best
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    # E3 has no rows, so nothing of hers is read.
    assert worked_out.faults == {"KPI702 best": ["E2"]}


def test_a_fault_is_none_where_no_row_reads_it() -> None:
    defines = """
    define best = max(orders.amount where status = "lost") or else error
    define b = count(orders where amount > 50元 and amount < own.best)
    pay p
        amount base * b
    """
    worked_out = figures(scheme(ORDERS, defines), ROWS)
    assert worked_out.faults == {}
    assert worked_out.column("p") == [2000, 0, 0]


def test_past_its_bounds() -> None:
    text = scheme(
        ORDERS, "define total_amount = sum(orders.amount)", "define x = count(orders where amount < own.total_amount)"
    )
    most = "99999999999999"
    rows = {**ROWS, "orders": [*ROWS["orders"][:3], *(("8" + n, "E2", "2025-02-02", most, "won") for n in "12")]}
    with pytest.raises(RunStopped) as stopped:
        figures(text, rows)
    (fault,) = stopped.value.faults
    assert (fault.code, fault.item, list(fault.subjects)) == ("KPI701", "total_amount", ["E2"])


def test_a_circle_prints_itself() -> None:
    (fault,) = refused(
        scheme(
            ORDERS,
            "define orders.part = amount * own.rate",
            "define pool = sum(orders.part)",
            "define rate = if pool > 5元 then 1% else 2%",
        )
    )
    assert (fault.code, fault.args["circle"]) == ("KPI207", "pool → orders.part → rate → pool")


def test_not_of_another_person() -> None:
    shops = """
    table shops
        shop_id text key
        head    text references staff
        opened  date period
    table orders
        order_id text key
        staff_id text references staff
        shop     text references shops
        day      date period
        amount   money
        via staff_id
    define sold = sum(orders.amount)
    define shops.lead = own.sold * 2
    """
    ((code, text),) = told(scheme(shops, "define x = sum(orders.amount where amount < shops.lead)"))
    assert (code, text) == ("KPI802", "own.sold")
    whole = scheme(shops, "define x = count(shops where lead > 100元)")
    data: Data = {
        "staff": ROWS["staff"],
        "shops": [("S", "E1", "2025-01-01"), ("T", "E2", "2025-01-01")],
        "orders": [("1", "E1", "S", "2025-01-02", "51"), ("2", "E2", "S", "2025-01-02", "50")],
    }
    assert figures(whole, data).column("x") == [1, 0, 0]


def test_what_the_data_must_keep_reads_no_figures() -> None:
    text = scheme(ORDERS, RATE, 'require for each orders amount * own.rate < 100元 : "no"')
    (fault,) = refused(text)
    assert (fault.code, fault.span.text if fault.span else "", fault.helps[0].key) == ("KPI802", "own.rate", "before")
    kept = scheme(ORDERS, RATE, 'require after < 100元 : "little"')
    assert figures(kept, ROWS).column("after") == [36, Fraction(6, 10), 0]
    paid = scheme(ORDERS, "pay p\n    amount base", 'require count(orders where amount > own.p) > 0 : "no"')
    assert told(paid) == [("KPI551", "p")]


def test_as_many_figures_one_upon_the_other_as_engines_can_nest() -> None:
    defines = ["define v0 = count(orders)"]
    defines += [f"define v{nth} = count(orders where amount > own.v{nth - 1} * 1元)" for nth in range(1, 32)]
    # Each counts the orders above the one before: all three of E1's, both of E2's, and of E3 none.
    assert figures(scheme(ORDERS, *defines[:31]), ROWS).column("v30") == [3, 2, 0]
    (fault,) = refused(scheme(ORDERS, *defines))
    assert (fault.code, fault.span.text if fault.span else "") == ("KPI219", "own.v30")


def test_the_last_point_of_a_curve_may_have_more_places_than_its_lines() -> None:
    """The model and the plan have the same digits for it, where rows are multiplied by it and the least is taken."""
    items = """
    define c curve base / 7
        0 : 0%
        7 : 33.3%
    define orders.w = amount * own.c
    define w = min(orders.w)
    """
    data: Data = {
        "staff": [("E1", "AE", "10"), ("E2", "AE", "49")],
        "orders": [("1", "E1", "2025-01-01", "0.07", "won"), ("2", "E2", "2025-01-01", "5.01", "won")],
    }
    worked_out = figures(scheme(ORDERS, items), data)
    assert worked_out.column("w") == [
        Fraction("0.07") * Fraction(10, 49) * Fraction("0.333"),
        Fraction("5.01") * Fraction("0.333"),
    ]
