"""Expressions come to the right figure, exact to the last digit, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest

from tests.helpers.schemes import HEADER, ORDERS, Data, figures, scheme

STAFF = """
table staff
    staff_id text key
    role     text in "AE", "KA"
    base     money between 0 and 1_000_000
    rate     percent between 0% and 100%
    size     number(2)
    level    integer optional
    ok       bool
    hired    date
    left_on  date optional
subject staff
"""
PEOPLE: Data = {
    "staff": [
        ("E1", "AE", "10000.05", "33.33%", "2.5", None, "true", "2024-02-29", None),
        ("E2", "KA", "0", "0%", "-7.25", "3", "false", "2025-03-31", "2025-03-31"),
    ]
}


def _worked_out(cases: Sequence[tuple[str, object]], header: str = HEADER) -> None:
    defines = [f"define x{nth} = {written}" for nth, (written, _) in enumerate(cases)]
    worked_out = figures(scheme(ORDERS, *defines, header=header, staff=STAFF), PEOPLE)
    assert {text: worked_out.column(f"x{nth}") for nth, (text, _) in enumerate(cases)} == dict(cases)


def test_arithmetic_is_exact() -> None:
    _worked_out(
        [
            ("base / 3 * 3", [Fraction("10000.05"), Fraction(0)]),
            ("base * rate", [Fraction("10000.05") * Fraction("0.3333"), Fraction(0)]),
            ("base / 7 + base / 11", [Fraction("10000.05") * Fraction(18, 77), Fraction(0)]),
            ("1 / 3 + 1 / 3 + 1 / 3", [Fraction(1), Fraction(1)]),
            ("2 - 3 - 4", [Fraction(-5), Fraction(-5)]),
            ("2 - (3 - 4)", [Fraction(3), Fraction(3)]),
            ("2 / 3 / 4", [Fraction(1, 6), Fraction(1, 6)]),
            ("2 / (3 / 4)", [Fraction(8, 3), Fraction(8, 3)]),
            ("2 + 3 * 4", [Fraction(14), Fraction(14)]),
            ("-size", [Fraction("-2.5"), Fraction("7.25")]),
            ("-(size - 1) * 2", [Fraction(-3), Fraction("16.5")]),
        ]
    )


def test_the_worked_example_of_the_language() -> None:
    """10,000.05 × 3 × 20% × 1.5 × 30/90 is 3,000.015: two places kept at each step would pay 3,000.01."""
    pay = "pay p\n    amount base * 3 * 20% * 1.5 * (30 / 90)"
    assert figures(scheme(pay, staff=STAFF), PEOPLE).column("p") == [Fraction("3000.02"), Fraction(0)]


def test_a_quotient_is_compared_exactly() -> None:
    """79.9996% is below 80%, unless the rounding of achievements says otherwise."""
    rows = "by achievement\n        >= 80% : 100\n        else : 60"
    item = f"indicator one\n    actual base\n    target 1_000_000\n    score {rows}"
    people = {"staff": [("E1", "AE", "799996")]}
    assert figures(scheme(item), people)["one.score"] == 60
    rounded = figures(scheme(item, header=HEADER.replace("score 2", "achievement 2, score 2")), people)
    assert rounded["one.score"] == 100
    assert rounded["one.achievement"] == Fraction("0.80")


def test_division_by_zero_is_missing() -> None:
    _worked_out(
        [
            ("size / (base / 100元) or else 5", [Fraction("2.5") / Fraction("100.0005"), Fraction(5)]),
            ("base / size", [Fraction("4000.02"), Fraction(0)]),
            ("1 / (size - 2.5) or else -1", [Fraction(-1), Fraction(-1, 1) / Fraction("9.75")]),
        ]
    )


def test_comparisons_and_logic() -> None:
    _worked_out(
        [
            ("base > 0", [True, False]),
            ("base >= 10_000.05", [True, False]),
            ("base = 0", [False, True]),
            ("size / 3 < 1 / 3", [False, True]),
            ("rate != 33.33%", [False, True]),
            ('role = "AE" and ok', [True, False]),
            ('role = "KA" or ok', [True, True]),
            ("not ok or base > 5", [True, True]),
            ("not (ok and base > 5)", [False, True]),
            ('role in "AE", "KA"', [True, True]),
            ('role not in "AE"', [False, True]),
            ("size in 1, 2.5, 3", [True, False]),
            ("ok = true", [True, False]),
            ("hired < 2025-01-01", [True, False]),
            ("hired in 2024-02-29, 2025-01-01", [True, False]),
        ]
    )


def test_logic_with_what_is_missing() -> None:
    _worked_out(
        [
            ("level is missing", [True, False]),
            ("level is present", [False, True]),
            ("level is present and level > 2", [False, True]),
            ("not (level is present and level > 2)", [True, False]),
            ("level is missing or level > 5", [True, False]),
            ("not (level is missing or level > 5)", [False, True]),
            ("level is present and (level > 5 or level < 4) and ok", [False, False]),
            ("if level is missing or level > 5 then 1 else 2", [Fraction(1), Fraction(2)]),
            (
                "if level is present and level > 2 and base >= 0 then level + size else 0",
                [Fraction(0), Fraction("-4.25")],
            ),
            ("left_on is present and left_on = hired", [False, True]),
        ]
    )


def test_what_is_missing_stays_so_until_it_is_met() -> None:
    _worked_out(
        [
            ("level", [None, Fraction(3)]),
            ("level * 2 + 1", [None, Fraction(7)]),
            ("1 - level / 2", [None, Fraction(-1, 2)]),
            ("round(level / 7, 2)", [None, Fraction("0.43")]),
            ("if ok then level else 5", [None, Fraction(5)]),
            ("if ok then 5 else level", [Fraction(5), Fraction(3)]),
            ("level + 1 or else 0", [Fraction(0), Fraction(4)]),
            ("level or else size", [Fraction("2.5"), Fraction(3)]),
            ("(level or else 0) + size", [Fraction("2.5"), Fraction("-4.25")]),
            ("days(hired, left_on)", [None, Fraction(0)]),
            ("left_on + 1", [None, date(2025, 4, 1)]),
            ("day(left_on)", [None, Fraction(31)]),
            ("month_end(left_on)", [None, date(2025, 3, 31)]),
            ("add_months(left_on, 1) or else hired", [date(2024, 2, 29), date(2025, 4, 30)]),
            ("add_months(hired, level)", [None, date(2025, 6, 30)]),
            ("level or else error", [None, Fraction(3)]),
        ]
    )


def test_functions() -> None:
    _worked_out(
        [
            ("round(size)", [Fraction(3), Fraction(-7)]),
            ("round(size, 1)", [Fraction("2.5"), Fraction("-7.3")]),
            ("round(base, -3)", [Fraction(10000), Fraction(0)]),
            ("round(size / 3, 4)", [Fraction("0.8333"), Fraction("-2.4167")]),
            ("floor(size)", [Fraction(2), Fraction(-8)]),
            ("ceil(size)", [Fraction(3), Fraction(-7)]),
            ("floor(base, 1)", [Fraction("10000.0"), Fraction(0)]),
            ("ceil(base / 7, 2)", [Fraction("1428.58"), Fraction(0)]),
            ("abs(size)", [Fraction("2.5"), Fraction("7.25")]),
            ("min(size, 1, 3)", [Fraction(1), Fraction("-7.25")]),
            ("max(size, 1 / 3)", [Fraction("2.5"), Fraction(1, 3)]),
            ("days(hired, 2025-03-01)", [Fraction(366), Fraction(-30)]),
            ("2025-03-01 - hired", [Fraction(366), Fraction(-30)]),
            ("months(hired, 2025-03-30)", [Fraction(13), Fraction(0)]),
            ("months(hired, 2025-02-28)", [Fraction(12), Fraction(-1)]),  # 2024-02-29 and 2025-03-31
            ("months(hired, 2025-02-27)", [Fraction(11), Fraction(-1)]),
            ("months(hired, period_end + 1)", [Fraction(13), Fraction(0)]),
            ("day(hired) + weekday(hired) * 100", [Fraction(429), Fraction(131)]),  # a Thursday and a Monday
            ("month_start(hired)", [date(2024, 2, 1), date(2025, 3, 1)]),
            ("month_end(hired)", [date(2024, 2, 29), date(2025, 3, 31)]),
            ("add_months(hired, 12)", [date(2025, 2, 28), date(2026, 3, 31)]),
            ("add_months(hired, -1)", [date(2024, 1, 29), date(2025, 2, 28)]),
            ("hired + 1", [date(2024, 3, 1), date(2025, 4, 1)]),
            ("1 + hired - 2", [date(2024, 2, 28), date(2025, 3, 30)]),
            ("hired + period_days", [date(2024, 5, 29), date(2025, 6, 29)]),
            ("hired - days(hired, 2025-03-01)", [date(2023, 2, 28), date(2025, 4, 30)]),
            ("hired + 10 / 5", [date(2024, 3, 2), date(2025, 4, 2)]),
            ("(hired + 3) - hired", [Fraction(3)] * 2),
            ("2024-01-31 + 30", [date(2024, 3, 1)] * 2),
            ("add_months(2024-01-31, 1)", [date(2024, 2, 29)] * 2),
            ("year(hired)", [Fraction(2024), Fraction(2025)]),
            ("half(hired) + quarter(hired) * 10 + month(hired) * 100", [Fraction(211), Fraction(311)]),
            ("max(hired, 2025-01-01)", [date(2025, 1, 1), date(2025, 3, 31)]),
            ("period_days", [Fraction(90), Fraction(90)]),
            ("days(period_start, period_end)", [Fraction(89), Fraction(89)]),
            ("days(year_start, period_start)", [Fraction(0), Fraction(0)]),
            ("months(hired, period_end) >= 3", [True, False]),
        ]
    )


def test_the_larger_of_two_keeps_the_places_of_either() -> None:
    """A product is as wide as a decimal can be, and has fewer places than what it is held against."""
    _worked_out(
        [
            ("max(base * count(orders), size * 1.001元)", [Fraction("2.5025"), Fraction(0)]),
            ("min(base * count(orders), size * 1.001元)", [Fraction(0), Fraction("-7.25725")]),
            ("size * 1.001元, at least base * count(orders)", [Fraction("2.5025"), Fraction(0)]),
        ]
    )


def test_the_days_of_the_period_and_its_year() -> None:
    """January to June 2025 have 31 + 28 + 31 + 30 + 31 + 30 = 181 days, July to September 92."""
    text = scheme("define x = days(year_start, period_start)", "define y = days(period_start, period_end)", staff=STAFF)
    worked_out = figures(text, PEOPLE, "2025Q3")
    assert (worked_out.column("x"), worked_out.column("y")) == ([181, 181], [91, 91])


def test_functions_of_dates_in_chinese() -> None:
    worked_out = figures(
        scheme(
            "定义 甲 = 日(hired) + 星期(hired) × 100",
            "定义 乙 = 月末(加月(hired, 1))",
            "定义 丙 = 月初(hired) + 10",
            staff=STAFF,
        ),
        PEOPLE,
    )
    assert worked_out.column("甲") == [429, 131]
    assert worked_out.column("乙") == [date(2024, 3, 31), date(2025, 4, 30)]
    assert worked_out.column("丙") == [date(2024, 2, 11), date(2025, 3, 11)]


def test_functions_in_chinese() -> None:
    worked_out = figures(
        scheme("定义 甲 = 四舍五入(size / 3, 2)", "定义 乙 = 最大(甲, 1) + 月数(hired, 期末)", staff=STAFF), PEOPLE
    )
    assert worked_out.column("甲") == [Fraction("0.83"), Fraction("-2.42")]
    assert worked_out.column("乙") == [Fraction(14), Fraction(1)]


def test_ties_are_rounded_away_from_zero() -> None:
    _worked_out(
        [
            ("round(size, 0)", [Fraction(3), Fraction(-7)]),
            ("round(0.5)", [Fraction(1)] * 2),
            ("round(-2.5)", [Fraction(-3)] * 2),
        ]
    )


def test_ties_to_even_where_the_header_says_so() -> None:
    header = HEADER.replace("money 2", "money 2, half even")
    cases = [
        ("round(size, 0)", [Fraction(2), Fraction(-7)]),
        ("round(0.5)", [Fraction(0)] * 2),
        ("round(-2.5)", [Fraction(-2)] * 2),
    ]
    _worked_out([*cases, ("round(1.005, 2)", [Fraction("1.00")] * 2)], header)
    pay = "pay p\n    amount base * 10% / 2"
    assert figures(scheme(pay, header=header, staff=STAFF), PEOPLE).column("p") == [Fraction("500.00"), Fraction(0)]
    assert figures(scheme(pay, staff=STAFF), PEOPLE).column("p") == [Fraction("500.00"), Fraction(0)]
    tie = "pay p\n    amount 0.125元"
    assert figures(scheme(tie, header=header))["p"] == Fraction("0.12")
    assert figures(scheme(tie))["p"] == Fraction("0.13")


@pytest.mark.parametrize(("places", "paid"), [(0, Fraction(3333)), (1, Fraction("3333.5")), (4, Fraction("3333.4667"))])
def test_declared_places(places: int, paid: Fraction) -> None:
    pay = "pay p\n    amount 10000.4元 / 3"
    assert figures(scheme(pay, header=HEADER.replace("money 2", f"money {places}")))["p"] == paid


def test_a_currency_without_places() -> None:
    header = HEADER.replace("CNY", "JPY").replace("money 2", "money 0")
    staff = "table staff\n    staff_id text key\n    base money\nsubject staff"
    worked_out = figures(
        scheme("pay p\n    amount base / 3 + 5 JPY", header=header, staff=staff), {"staff": [("1", "100")]}
    )
    assert worked_out["p"] == 38


def test_a_constant_is_worked_out() -> None:
    assert figures(scheme("define a = 10万 + 1.5亿", "define b = a * 2 - 1", "define c = 5%"))["b"] == 300_199_999


def test_percent_and_money_columns() -> None:
    staff = """
    table staff
        staff_id text key
        a percent
        b percent as fraction
        c percent(0) as points
        d money(3)
        e integer
    subject staff
    """
    worked_out = figures(
        scheme("define x = a + b + c", "define y = d * e", staff=staff),
        {"staff": [("1", "12.34%", "0.5", "85", "1.234", "1,000")]},
    )
    assert worked_out["x"] == Fraction("1.4734")
    assert worked_out["y"] == 1234


def test_what_a_condition_has_shown_to_be_there_is_there_in_the_plan() -> None:
    """The divisor of E1 is 0; no part of the quotient may be missing by itself."""
    quotient = "base / (size - 2.5)"
    worked_out = figures(scheme(f"define x = if {quotient} is present then {quotient} else 7元", staff=STAFF), PEOPLE)
    assert worked_out.column("x") == [7, 0]
    step = worked_out.compiled.plan.step(worked_out.compiled.plan.result)
    (made,) = [binding for binding in step.bindings if binding.name == "x"]  # type: ignore[union-attr]  # the last step
    assert not made.type.missing
