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


def _marks(data: Data, item: str) -> dict[str, list[object]]:
    found = figures(scheme(ITEMS, staff=STAFF), data)
    (one,) = [one for one in found.compiled.plan.items if one.name == item]
    return {mark: list(found.column(binding)) for mark, binding in one.tier1.items()}


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


def test_a_gate_is_marked_where_it_changed_the_figure() -> None:
    data: Data = {"staff": [("E1", "130", "5", "true"), ("E2", "130", "5", "false"), ("E3", "30", "5", "true")]}
    assert _marks(data, "total")["gate"] == ["violation", None, None]
    assert _marks(data, "grade") == {"row": ["else", ">= 90", "else"], "gate": [None, None, None]}
