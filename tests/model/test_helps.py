"""What a help says to write is written, and the fault is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.schemes import ORDERS, refused, scheme, told

BAD = Path(__file__).parents[1] / "golden" / "bad"

LIMITS = """
table limits
    staff_id text references staff key
    most     money
"""

RATES = """
table rates
    rate_id text key
    share   percent
    fee     money
"""

LINES = """
table lines
    line_id  text key
    order_id text references orders
    rate_id  text references rates
    pieces   integer
    cost     money
"""

FOLLOWED = [
    ("base, at most limits.most", "KPI402", "limit", "base, at most limits.most or else 0"),
    ("sum(orders.amount + staff.base)", "KPI527", "outside", "sum(orders.amount) + (staff.base)"),
    ("sum(lines.cost + orders.amount)", "KPI527", "own", "sum(lines.cost) + sum(orders.amount)"),
    ("sum(lines.cost + rates.fee)", "KPI527", "times", "sum(lines.cost + lines.pieces * rates.fee)"),
    ("sum(orders)", "KPI523", "column", "sum(orders.amount)"),
    ("count distinct(orders)", "KPI523", "column", "count distinct(orders.amount)"),
    ("sum(base)", "KPI523", "single", "base"),
    ("round(base where base > 5)", "KPI312", "if", "if base > 5 then round(base) else 0"),
    ("base or else 0", "KPI404", "alone", "base"),
    ('base + "5"', "KPI302", "number", "base + 5"),
    ("base *", "KPI116", "more", "base * 2"),
    ("sum(orders.amount where sum(orders.amount) > 5)", "KPI526", "apart", "sum(orders.amount)"),
    ("IF(role = AE, 2, 1)", "KPI101", None, 'if role = "AE" then 2 else 1'),
    ("staff.role.name", "KPI217", "whole", 'if staff.role = "AE" then 1 else 2'),
    ("base / 0", "KPI306", "other", "base / 2"),
    ("role in role", "KPI311", "value", 'if role in "AE" then 1 else 2'),
    ("if role in role then 1 else 2", "KPI311", "value", 'if role in "AE" then 1 else 2'),
    ("if base then 1 else 2", "KPI301", "compare", "if base > 0 then 1 else 2"),
    ("round(role)", "KPI307", "figure", "round(count(orders))"),
    ("sum(lines.pieces) / 7 > 5%", "KPI302", "quotient", "if (sum(lines.pieces) / 7) as percent > 5% then 1 else 2"),
    (
        "if base > 5 then sum(lines.pieces) / 7 else 5%",
        "KPI316",
        "quotient",
        "if base > 5 then (sum(lines.pieces) / 7) as percent else 5%",
    ),
    ("avg(lines.pieces) or else 0%", "KPI301", "quotient", "(avg(lines.pieces)) as percent or else 0%"),
    ("round(base, 20)", "KPI314", "places", "round(base, 2)"),
]


@pytest.mark.parametrize(("value", "code", "help_", "mended"), FOLLOWED)
def test_what_a_help_says_compiles(value: str, code: str, help_: str | None, mended: str) -> None:
    items = ORDERS, LIMITS, RATES, LINES
    faults = [fault for fault in refused(scheme(*items, f"define x = {value}")) if fault.code == code]
    assert help_ is None or help_ in [note.key for fault in faults for note in fault.helps]
    assert (
        told(scheme(*items, f"define x = {mended}\nindicator i\n    actual x\n    missing exclude\n    score 1")) == []
    )


def test_a_gate_on_a_grade_that_no_item_gives_says_so() -> None:
    item, gate = 'grade by base\n    > 9 : "A"\n    else : "B"', 'gate g when base > 1\n    grade at most "B"'
    (fault,) = refused(scheme(gate))
    assert (fault.code, [note.key for note in fault.helps]) == ("KPI536", ["grade", "among"])
    assert told(scheme(item, gate)) == []


@pytest.mark.parametrize(("language", "quotient"), [("en", "actual / target"), ("zh", "实际 ÷ 目标")])
def test_a_quotient_too_wide_is_mended_by_rounding_what_the_help_names(language: str, quotient: str) -> None:
    text = (BAD / f"quotient_too_wide.{language}.kpi").read_text(encoding="utf-8")
    faults = refused(text)
    (named,) = {note.args["value"] for fault in faults for note in fault.helps}
    assert [fault.code for fault in faults] == ["KPI305", "KPI305"]
    assert told(text.replace(quotient, f"{quotient.removesuffix(named)}round({named}, 6)")) == []


WIDE = """
define x = (base / days or else 0元) + (base / hours or else 0元) + base
"""
UNBOUNDED = """
table staff
    staff_id text key
    base     money
    days     integer
    hours    integer
subject staff
"""


def test_a_between_that_makes_the_digits_fit_is_offered_first() -> None:
    (fault,) = refused(scheme(WIDE, staff=UNBOUNDED))
    assert (fault.code, [note.key for note in fault.helps]) == ("KPI305", ["bounds", "round"])
    assert fault.helps[0].args["columns"] == ("staff.base", "staff.days", "staff.hours")
    between = " between 0 and 1_000_000_000"
    staff = UNBOUNDED.replace("money", f"money{between}").replace("integer", f"integer{between}")
    assert refused(scheme(WIDE, staff=staff)) == []


def test_a_between_that_would_not_do_is_not_offered() -> None:
    """A sum holds what it holds, whatever its column is bound to."""
    means = " + ".join(f"(avg(orders.amount where amount > {nth}元) or else 0元)" for nth in range(3))
    (fault,) = refused(scheme(ORDERS, f"define x = {means} + base", staff=UNBOUNDED))
    assert (fault.code, [note.key for note in fault.helps]) == ("KPI305", ["round"])


def test_each_help_to_round_is_another_until_the_digits_fit() -> None:
    """What is rounded already is not named again."""
    means = [f"(avg(orders.amount where amount > {nth}元) or else 0元)" for nth in range(6)]
    text = scheme(ORDERS, f"define x = {' + '.join(means)}", staff=UNBOUNDED)
    named: list[str] = []
    while faults := refused(text):
        (value,) = {fault.helps[0].args["value"] for fault in faults}
        assert value not in named
        named.append(value)
        text = text.replace(value, f"round({value}, 6)")
    assert len(named) == 4


def test_what_is_to_be_rounded_can_be_written_in_a_call() -> None:
    """The rows of a rule are no value; its quotients are."""
    rows = """
    pay p
        amount by base
            > 5元 : sum(orders.amount) * days / hours * 100_000_000 or else 0元
            else  : 0元
    """
    (fault,) = refused(scheme(ORDERS, rows, staff=UNBOUNDED))
    assert (fault.code, fault.helps[-1].args["value"]) == ("KPI305", "sum(orders.amount) * days / hours")
    assert sorted(fault.args["columns"]) == ["staff.days", "staff.hours"]
