"""Rows that no value reaches and values that no row takes, held against a count over every value of a small grid."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.schemes import refused, scheme, told

STAFF = """
table staff
    staff_id text key
    n     number(1) between -1 and 1
    whole integer between 0 and 3
    share percent(0) between 0% and 3%
    q     number(0) between 1 and 3
    role  text in "A", "B", "C"
    name  text
    ok    bool
    day   date
subject staff
"""

TESTS = {
    "=": Fraction.__eq__,
    "!=": Fraction.__ne__,
    "<": Fraction.__lt__,
    "<=": Fraction.__le__,
    ">": Fraction.__gt__,
    ">=": Fraction.__ge__,
}


def _by(head: str, *rows: str) -> str:
    return scheme(f"define x by {head}\n" + indent("\n".join(f"{row} : 1" for row in rows), "    "), staff=STAFF)


ROW = st.tuples(st.sampled_from(tuple(TESTS)), st.integers(-12, 12))


@given(st.lists(ROW, min_size=1, max_size=5), st.booleans())
def test_against_every_value_of_the_grid(rows: list[tuple[str, int]], otherwise: bool) -> None:  # noqa: FBT001
    grid = [Fraction(nth, 10) for nth in range(-10, 11)]
    unreached, free = [], grid
    for op, tenths in rows:
        takes = [value for value in free if TESTS[op](value, Fraction(tenths, 10))]
        if not takes:
            unreached.append(f"{op} {tenths / 10}")
        free = [value for value in free if value not in takes]
    if otherwise and not free:
        unreached.append("else")
    wanted = [("KPI509", head) for head in dict.fromkeys(unreached)]
    gap = not otherwise and bool(free)
    heads = [f"{op} {tenths / 10}" for op, tenths in rows] + ["else"] * otherwise
    found = refused(_by("n", *heads))
    assert [one.code for one in found].count("KPI510") == gap
    shown = [one for one in found if one.code == "KPI509"]
    assert {one.span.text for one in shown if one.span} == {head for _, head in wanted}
    for one in found:
        if one.code == "KPI510":
            assert Fraction(one.args["value"]) in free


@pytest.mark.parametrize(
    ("head", "rows", "faults"),
    [
        ("whole", ["0", "1", "2, 3"], []),
        ("whole", ["0", "1", "3"], [("KPI510", "2")]),
        ("whole", ["< 2", ">= 2"], []),
        ("whole", ["<= 1", ">= 2"], []),
        ("whole", ["< 0", ">= 0"], [("KPI509", "< 0")]),
        ("whole", ["> 0.5", "<= 0.4"], []),
        ("whole", ["= 0.5", "else"], [("KPI509", "= 0.5")]),
        ("share", [">= 2%", "< 1%"], [("KPI510", "1%")]),
        ("share", [">= 2%", "< 2%"], []),
        ("whole / q", [">= 1", "< 1"], []),
        ("whole / q", ["> 1", "< 1"], [("KPI510", "1")]),
        ("whole / q", ["> 1", "< 0.9"], [("KPI510", "1")]),
        ("role", ['"A"', '"B", "C"'], []),
        ("role", ['"A"', '"B"'], [("KPI510", '"C"')]),
        ("role", ['"A"', '"A"', "else"], [("KPI509", '"A"')]),
        ("role", ['"A", "B"', '"B", "C"'], []),
        ("role", ['"A"', '"B"', '"C"', "else"], [("KPI509", "else")]),
        ("role", ['!= "A"', '"A"'], []),
        ("role", ['!= "A"', '"B"', "else"], [("KPI509", '"B"')]),
        ("role", ['= "A"', '!= "A"'], []),
        ("name", ['"A"', "else"], []),
        ("name", ['"A"'], [("KPI512", None)]),
        ("name", ['"A"', '!= "A"'], []),
        ("name", ['!= "A"', '"B"', "else"], [("KPI509", '"B"')]),
        ("ok", ["true", "false"], []),
        ("ok", ["true"], [("KPI510", "false")]),
        ("ok", ["true", "!= true"], []),
        ("ok", ["true", "false", "else"], [("KPI509", "else")]),
        ("day", ["< 2025-01-01", ">= 2025-01-01"], []),
        ("day", ["< 2025-01-01", "> 2025-01-01"], [("KPI510", "2025-01-01")]),
        ("day", ["<= 2025-01-01", "> 2025-01-01", "else"], [("KPI509", "else")]),
        ("day", ["<= 2025-01-01", ">= 2025-01-02"], []),
        ("n", ["> q", "else"], []),
        ("n", ["> q", "<= q"], [("KPI512", None)]),
        ("role", ["= name", "else"], []),
        ("role", ["= name", '"A"'], [("KPI512", None)]),
    ],
)
def test_heads(head: str, rows: Sequence[str], faults: list[tuple[str, str | None]]) -> None:
    found = refused(_by(head, *rows))
    shown = [(one.code, one.args.get("value") if one.code == "KPI510" else one.args.get("text")) for one in found]
    assert shown == faults


def test_what_was_rounded_lies_on_the_grid_of_its_places() -> None:
    item = "indicator one\n    actual whole\n    score by actual\n        0 : 0\n        else : actual / 3"
    rows = "define x by one.score\n    <= 0.33 : 1\n    >= 0.34 : 2"
    assert told(scheme(item, rows, staff=STAFF)) == []
    assert told(scheme(item, rows.replace("0.34", "0.35"), staff=STAFF)) == [("KPI510", "by one.score")]


def test_every_place_of_rows_is_checked() -> None:
    rows = "by whole\n            < 2 : 1\n            > 2 : 2"
    places = [
        f"indicator one\n    actual {rows}\n    score 5",
        f"indicator one\n    actual whole\n    score {rows}",
        f"indicator one\n    actual whole\n    target {rows}\n    score 5",
        f"indicator one\n    actual whole\n    achievement {rows.replace('1', '1%').replace(': 2', ': 2%')}\n    score 5",
        f"pay p\n    amount {rows}",
        f'define x by role\n    "A" :\n        {rows}\n    else : 5',
        f"define x choose\n    when ok :\n        {rows}\n    else : 5",
        f"define x tiers whole\n    up to 1 :\n        {rows}\n    above : 5",
        f"define points {rows}\nindicator one\n    actual whole\n    score points",
        "define points by whole\n    < 2 : achievement * 100\n    > 2 : 0\nindicator one\n    actual whole\n    target q\n    score points",
    ]
    for place in places:
        assert [code for code, _ in told(scheme(place, staff=STAFF))] == ["KPI510"], place
    curve = "define x curve whole\n    < 1 : 0\n    < 1 : 3\n    1 : 1\n    2 : 2"
    assert [code for code, _ in told(scheme(curve, staff=STAFF))] == ["KPI509"]
    grade = 'grade by whole\n    < 2 : "A"\n    > 2 : "B"'
    assert [code for code, _ in told(scheme(grade, staff=STAFF))] == ["KPI510"]


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        (["up to 5 : 1", "up to 5 : 2", "above : 3"], [("KPI531", "up to 5")]),
        (["up to 0 : 1", "above : 3"], [("KPI531", "up to 0")]),
        (["up to q : 1", "up to 2 : 2", "above : 3"], []),
        (["up to 5 : 1", "above : 3", "above : 4"], [("KPI509", "above")]),
        (["above : 3", "up to 5 : 1"], [("KPI509", "up to 5"), ("KPI513", "up to 5")]),
    ],
)
def test_tiers(rows: list[str], faults: list[tuple[str, str]]) -> None:
    assert told(scheme("define x tiers whole\n" + indent("\n".join(rows), "    "), staff=STAFF)) == faults
