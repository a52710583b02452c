"""Digits are proved before any data is read, and where they cannot be, the value to round is named."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.values.types import most
from tests.helpers.schemes import DATED, ORDERS, compiled, figures, refused, scheme, told

STAFF = """
table staff
    staff_id text key
    wide   number(12)
    wider  number(12)
    narrow number(2) between -1 and 1
    rate   percent between 0% and 100%
    m      money
    n      integer
subject staff
"""


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("m", -most(2), most(2)),
        ("narrow * 2 + 1", -1, 3),
        ("narrow * narrow", -1, 1),
        ("-narrow / 4", Fraction(-1, 4), Fraction(1, 4)),
        ("rate * 100, at most 80, at least 10", 10, 80),
        ("abs(narrow)", 0, 1),
        ("max(narrow, 0)", 0, 1),
        ("if narrow > 0 then 5 else narrow", -1, 5),
        ("round(rate / 3, 1)", 0, Fraction(4, 10)),
        ("count(orders)", 0, 10**14),
        ("avg(orders.amount)", -most(2), most(2)),
        ("sum(abs(orders.amount))", 0, most(2)),
        ("sum(orders.amount / 7)", -(10**14), 10**14),
        ("max(orders.amount / 4)", -most(2) / 4, most(2) / 4),
        ("median(abs(orders.amount) / 3)", 0, most(2) / 3),
        ("month(2025-05-05)", 1, 12),
        ("period_days", 89, 92),
    ],
)
def test_bounds(written: str, low: Fraction, high: Fraction) -> None:
    define = compiled(scheme(ORDERS, f"define x = {written}", staff=STAFF)).model.defines["x"]
    assert define.rule.type.bounds == (low, high)


@pytest.mark.parametrize(
    ("rule", "low", "high"),
    [
        ("tiers narrow + 1\n    up to 1 : 10\n    above : 20", 0, 30),
        ("tiers narrow\n    up to 0.5 : 10\n    above : 20", -10, 15),
        ("curve narrow\n    0 : 8\n    0.5 : 2", 2, 8),
    ],
)
def test_bounds_of_lines_and_bands(rule: str, low: Fraction, high: Fraction) -> None:
    """A band pays the slices below it and what lies in it: of 2, 1 at 10 and 1 at 20."""
    define = compiled(scheme(f"define x {rule}", staff=STAFF)).model.defines["x"]
    assert define.rule.type.bounds == (low, high)


def test_a_score_between_0_and_120_never_needs_38_digits() -> None:
    item = "indicator i\n    actual narrow\n    target 1\n    score achievement * 100, at most 120, at least 0"
    scores = figures(scheme(item, staff=STAFF), {"staff": [("E1", "0", "0", "0.5", "0%", "0", "0")]})
    plan = scores.compiled.plan
    step = plan.step(plan.result)
    (score,) = [binding for binding in step.bindings if binding.name == "i.score"]  # type: ignore[union-attr]  # the last step
    assert score.type.digits is not None
    assert (score.type.digits.width, score.type.digits.scale) == (5, 2)


@pytest.mark.parametrize(
    ("written", "text", "widest"),
    [
        ("= wide * wider", "wide * wider", "wide"),
        ("= wide * n * narrow", "wide * n", "wide"),
        ("= wide / wider / n", "wide / wider / n", "wide / wider"),
        ("= wide / wider + wider / wide or else 0", "", ""),
        ("= if wide / (wider * 0 + 7) > n / 3 then 1 else 2", "", ""),
        ("= sum(orders.amount * orders.qty / 7)", "", ""),
        ("= min(wide, 1 / 3)", "", ""),
    ],
)
def test_what_cannot_be_proved_is_named(written: str, text: str, widest: str) -> None:
    faults = refused(scheme(ORDERS + "    qty integer", f"define x {written}", staff=STAFF))
    if not text:
        assert {fault.code for fault in faults} <= {"KPI305", "KPI402"}
        return
    (fault,) = faults
    assert fault.code == "KPI305"
    assert fault.span is not None
    assert fault.span.text == text
    assert fault.args["value"] == widest


HUGE = "9" * 37


@pytest.mark.parametrize(
    "items",
    [
        f"define x curve sum(orders.amount)\n    < 0 : {HUGE}\n    0 : 0.01\n    1 : 2",
        f"define x tiers m\n    up to {HUGE} : 1%\n    above : 99.999%",
        f"define x = {HUGE}\nindicator i\n    actual n\n    score 5\nscorecard s\n    i 100%\n    adjust z = x",
        f"indicator i\n    actual n\n    score {HUGE}\nscorecard s\n    i 100%",
        f"indicator i\n    actual n\n    score 5\nscorecard s\n    i 100%\ngate g when n > 5\n    total at most {HUGE}",
        f"pay p\n    amount {HUGE}\npay q\n    amount {HUGE}",
        f"indicator i\n    actual m\n    missing score {HUGE}\n    score actual / 3元",
        f"define x = {HUGE} * 0.{HUGE}",
        f"define x by n\n    > 5 : {HUGE}\n    else : 0.{HUGE}",
        f"table t\n    k text key\n    v money between 0 and {HUGE}9",
    ],
)
def test_no_number_is_too_large_to_be_refused(items: str) -> None:
    codes = {code for code, _ in told(scheme(ORDERS, items, staff=STAFF))}
    assert codes <= {"KPI305", "KPI309", "KPI301", "KPI304"}


def test_rounding_helps() -> None:
    data = {"staff": [("E1", "7", "3", "0.5", "0%", "1", "0")]}
    text = scheme("define x = round(wide, 2) * round(wider, 2)", staff=STAFF)
    assert figures(text, data)["x"] == 21


TABLES = """
table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money
    cost     money
    qty      integer
    disc     percent
table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money
    rate     percent
"""


@pytest.mark.parametrize(
    ("actual", "target"),
    [
        ("sum(orders.amount)", "targets.goal"),
        ("sum(orders.amount)", "targets.goal * active_share"),
        ("avg(orders.amount)", "targets.goal"),
        ("avg(orders.amount)", "targets.goal * active_share"),
        ("sum(orders.amount) / count(orders)", "targets.goal"),
        ("sum(orders.amount - orders.cost) / sum(orders.amount)", "25%"),
        ("sum(orders.amount - orders.cost) / sum(orders.amount)", "targets.rate"),
        ("sum(orders.amount * orders.disc)", "targets.goal"),
        ("sum(orders.amount * orders.qty)", "targets.goal"),
        ("count(orders where qty > 1) / count(orders)", "95%"),
        ("sum(orders.amount) / active_days", "targets.goal / period_days"),
        ("sum(orders.qty)", "100 * active_share"),
    ],
)
def test_ordinary_indicators_need_no_bounds(actual: str, target: str) -> None:
    item = f"indicator i\n    actual {actual}\n    target {target}\n    missing exclude\n"
    score = "    score achievement * 100, at most 120, at least 0\nscorecard s\n    i 100%"
    pay = "pay p\n    amount base * 3 * 20% * 1.5 * active_share * total / 100"
    assert told(scheme(TABLES, item + score, pay, staff=DATED)) == []
