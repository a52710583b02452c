"""A define that is a bare literal behaves as the literal: its unit comes from its place, its text is checked."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.plan.ir import Value
from tests.helpers.schemes import ORDERS, STAFF, Data, figures, refused, scheme, told

PEOPLE = STAFF.replace("subject staff", "    share percent\n    since date\nsubject staff")
DATA: Data = {
    "staff": [("E1", "AE", "1000", "5%", "2020-01-01")],
    "orders": [("1", "E1", "2025-01-01", "100", "won"), ("2", "E1", "2025-02-02", "300", "lost")],
}


@pytest.mark.parametrize(
    ("literal", "value", "figure"),
    [
        ("500", "base + @", 1500),
        ("500", "if base >= @ then 1 else 2", 1),
        ("2", "if count(orders) >= @ and base > @ then @ else 0", 2),
        ("200", "count(orders where amount >= @)", 1),
        ("-5", "base + @", 995),
        ("-5", "max(@, base - 2000)", -5),
        ("2 + 3", "base - (@)", 995),
        ("if base > 5 then 5 else 10", "base + (@)", 1005),
        ("0", "if share > @ then 1 else 2", 1),
        ("500", "sum(orders.amount), at most @", 400),
        ("5%", "if share = @ then 1 else 2", 1),
        ("5元", "base + @", 1005),
        ("2020-01-01", "if since = @ then 1 else 2", 1),
        ("true", "if @ then 1 else 2", 1),
        ('"won"', "count(orders where status = @)", 1),
        ('"won"', 'count(orders where status not in @, "lost")', 0),
        ("1", "round(base / 3, @)", Fraction("333.3")),
    ],
)
def test_a_named_literal_gives_the_figure_of_the_literal(literal: str, value: str, figure: Value) -> None:
    written = [f"define x = {value.replace('@', literal)}"]
    named = [f"define k = {literal}", f"define x = {value.replace('@', 'k')}"]
    chain = ["define k = a", f"define a = {literal}", f"define x = {value.replace('@', 'k')}"]
    for items in (written, named, chain):
        assert figures(scheme(ORDERS, *items, staff=PEOPLE), DATA)["x"] == figure, items


def test_one_literal_at_places_of_several_units() -> None:
    items = ["define k = 5", "define x = base + k", "define y = count(orders) * k", "pay p\n    amount k"]
    values = figures(scheme(ORDERS, *items, staff=PEOPLE), DATA)
    assert [values[name] for name in ("x", "y", "p")] == [1005, 10, 5]


def test_a_computed_column_that_is_a_literal() -> None:
    items = [
        "define orders.k = 200",
        "define x = count(orders where amount >= k)",
        "define y = sum(orders.amount - orders.k)",
    ]
    values = figures(scheme(ORDERS, *items, staff=PEOPLE), DATA)
    assert (values["x"], values["y"]) == (1, 0)


@pytest.mark.parametrize(
    ("literal", "item", "code", "label", "help_"),
    [
        ("5", "define x = if share > k then 1 else 2", "KPI304", "k", "either"),
        ("if base > 5 then 5 else 0", "define x = share + k", "KPI304", "k", "either"),
        ('"wonn"', "define x = count(orders where status = k)", "KPI308", "k", "similar"),
        ('"wonn"', 'define x = count(orders where status in "won", k)', "KPI308", "k", "similar"),
        ('"wonn"', "define x = count(orders where status = own.k)", "KPI308", "own.k", "similar"),
        ('"wonn"', "define orders.c by status\n    k    : 1\n    else : 2", "KPI308", "k", "similar"),
        (
            '"EA"',
            "scorecard s for role = k\n    i 100%\nindicator i\n    actual base\n    score 1",
            "KPI308",
            "k",
            "domain",
        ),
    ],
)
def test_a_named_literal_is_refused_as_the_literal(literal: str, item: str, code: str, label: str, help_: str) -> None:
    """The fault is at the literal, with the place that reads it; the same code as where it stands there itself."""
    for defines in (f"define k = {literal}", f"define k = a\ndefine a = {literal}"):
        fault = refused(scheme(ORDERS, defines, item, staff=PEOPLE))[0]
        assert fault.span is not None
        assert (fault.code, fault.helps[0].key) == (code, help_)
        assert fault.span.text in literal
        assert [shown.span.text for shown in fault.labels] == [label]
    alone = f"({literal})" if " " in literal else literal
    written = (
        item.replace("own.k", alone)
        .replace("= k", f"= {alone}")
        .replace("> k", f"> {alone}")
        .replace("+ k", f"+ {alone}")
    )
    written = written.replace("    k ", f"    {literal}").replace(", k", f", {literal}")
    assert code in {told_code for told_code, _ in told(scheme(ORDERS, written, staff=PEOPLE))}


def test_a_grade_may_have_a_name() -> None:
    grade = 'grade by base\n    > 5  : best\n    else : "B"'
    gate = "gate g when base > 1\n    grade at most low"
    items = ['define best = "A"', 'define low = "B"', grade, "define x = grade"]
    assert figures(scheme(*items, staff=PEOPLE), DATA)["x"] == "A"
    assert figures(scheme(*items, gate, staff=PEOPLE), DATA)["x"] == "B"
    assert told(scheme(*items, gate.replace("low", "lower"), 'define lower = "C"', staff=PEOPLE)) == [
        ("KPI535", "lower")
    ]
    assert told(scheme('define best = "B"', grade, staff=PEOPLE)) == [("KPI534", '"B"')]


def test_scorecards_for_named_conditions_exclude_each_other() -> None:
    indicator = "indicator i\n    actual base\n    score 1"
    cards = ["scorecard s for ae\n    i 100%", "scorecard t for role = ka\n    i 100%", "define x = total > 3"]
    assert told(scheme(indicator, *cards, 'define ae = role = "AE"', 'define ka = "KA"', staff=PEOPLE)) == []
    assert (
        told(scheme(indicator, *cards, 'define ae = role = "KA"', 'define ka = "KA"', staff=PEOPLE))[0][0] == "KPI514"
    )


def test_rows_of_bare_numbers_are_numbers() -> None:
    rows = 'define k by role\n    "AE" : 5\n    else : 6'
    assert told(scheme(rows, "define x = base + k", staff=PEOPLE)) == [("KPI302", "base + k")]
