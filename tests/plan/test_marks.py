"""Tier 1 of the trace: which row was taken, which limit cut, which policy stood in, which gate tripped."""

from __future__ import annotations

from tests.helpers.schemes import Data, figures, scheme

STAFF = """
table staff
    staff_id text key
    a    number(2) optional between -200 and 200
    base money
    bad  bool
subject staff
"""
ITEMS = """
indicator one
    actual a
    missing score 5
    score by actual
        >= 100 : actual
        >= 0 :
            by actual
                > 50 : 50
                else : actual / 3
        else : -9
    at most 120
    at least 0
scorecard s
    one 100%
grade by total
    >= 90 : "A"
    else  : "B"
gate violation when bad
    grade at most "B"
    total at most 60
pay p
    amount base, at most 10, at least 1
"""


def _marks(data: Data, item: str, text: str | None = None) -> dict[str, list[object]]:
    worked_out = figures(text or scheme(ITEMS, staff=STAFF), data)
    (item_,) = [item_ for item_ in worked_out.compiled.plan.items if item_.name == item]
    return {mark: list(worked_out.column(binding)) for mark, binding in item_.tier1.items()}


def test_marks() -> None:
    rows = [
        ("130", "5", "false"),
        ("70", "11", "true"),
        ("3", "0", "false"),
        ("-1", "1", "true"),
        (None, "10", "false"),
    ]
    data: Data = {"staff": [(f"E{nth}", *row) for nth, row in enumerate(rows)]}
    assert _marks(data, "one") == {
        "row": [">= 100", ">= 0", ">= 0", "else", None],
        "limit": ["≤ 120", None, None, "≥ 0", None],
        "policy": [None, None, None, None, "missing score 5"],
    }
    assert _marks(data, "total") == {"gate": [None, None, None, None, None]}
    assert _marks(data, "grade") == {"row": [">= 90", "else", "else", "else", "else"], "gate": [None] * 5}
    assert _marks(data, "p") == {"limit": [None, "≤ 10", "≥ 1", None, None]}


SEVERAL = """
define big = a * 1 CNY
component x
    amount big, at most base, at least 12 CNY
gate first when a > 20
    x at most 5 CNY
gate second when bad
    x is 7 CNY
component inner
    amount by a
        > 20 : big, at most 8 CNY
        else : 1 CNY
"""


def test_all_that_changed_the_figure_is_marked_in_order() -> None:
    """A limit of a row that is not taken is none of them.

    By hand: E1 25 is cut to 10, raised to 12, capped at 5, set to 7; E2 25 is cut to 20, capped at 5; E3 15 is set to 7.
    """
    staff = STAFF.replace("optional ", "")
    rows = [("E1", "25", "10", "true"), ("E2", "25", "20", "false"), ("E3", "15", "20", "true")]
    worked_out = figures(scheme(SEVERAL, staff=staff), {"staff": rows})
    marks = {
        item.name: {mark: worked_out.column(name) for mark, name in item.tier1.items() if mark != "row"}
        for item in worked_out.compiled.plan.items
    }
    assert marks == {
        "x": {
            "limit": ["≤ base, ≥ 12 CNY", "≤ base", None],
            "gate": ["first, second", "first", "second"],
        },
        "inner": {"limit": ["≤ 8 CNY", "≤ 8 CNY", None]},
    }
    assert worked_out.column("x") == [7, 5, 7]


def test_a_limit_of_pay_that_is_given_by_a_column_is_marked() -> None:
    pay = "pay p\n    when bad\n    amount base, at most 10"
    data: Data = {"staff": [("E1", None, "50", "true"), ("E2", None, "50", "false"), ("E3", None, "5", "true")]}
    assert _marks(data, "p", scheme(pay, staff=STAFF))["limit"] == ["≤ 10", None, None]


def test_a_gate_is_marked_where_it_changed_the_figure() -> None:
    data: Data = {"staff": [("E1", "130", "5", "true"), ("E2", "130", "5", "false"), ("E3", "30", "5", "true")]}
    assert _marks(data, "total")["gate"] == ["violation", None, None]
    assert _marks(data, "grade") == {"row": ["else", ">= 90", "else"], "gate": [None, None, None]}


FIGURES = """
indicator one
    actual a, at most 150
    target base, at least 10
    achievement actual / target, at least 20%
    score achievement * 100, at least 30, at most 120
scorecard s
    one 100%
"""


def test_a_limit_of_any_figure_of_an_indicator_is_marked() -> None:
    """Not those of the score alone.

    By hand, actual / target: E1 5 / 50 = 10% is raised to 20%, 20 points to 30; E2 200 is cut to 150, over a target of
    5 raised to 10 it is 1500%, cut to 120 points; E3 40 / 100 = 40% is 40 points; E4's target of 0 is raised to 10.
    """
    staff = STAFF.replace("optional ", "").replace("base money", "base number(0) between 0 and 200")
    rows = [
        ("E1", "5", "50", "false"),
        ("E2", "200", "5", "false"),
        ("E3", "40", "100", "false"),
        ("E4", "4", "0", "false"),
    ]
    assert _marks({"staff": rows}, "one", scheme(FIGURES, staff=staff)) == {
        "limit": ["≥ 20%, ≥ 30", "≤ 150, ≥ 10, ≤ 120", None, "≥ 10"],
    }
