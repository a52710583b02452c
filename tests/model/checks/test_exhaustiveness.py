"""Rows that no value reaches and values that no row takes, held against a count over every value of a small grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from textwrap import indent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.schemes import ORDERS, refused, scheme, told

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
    faults = refused(_by("n", *heads))
    assert [fault.code for fault in faults].count("KPI510") == gap
    shown = [fault for fault in faults if fault.code == "KPI509"]
    assert {fault.span.text for fault in shown if fault.span} == {head for _, head in wanted}
    for fault in faults:
        if fault.code == "KPI510":
            assert Fraction(fault.args["value"]) in free


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
        ("role", ['"A", "B"', '"B", "C"'], [("KPI553", '"B"')]),
        ("role", ['!= "C"', '"A"'], [("KPI510", '"C"'), ("KPI509", '"A"')]),
        ("role", ['"C"', '"A", "C", "B"'], [("KPI553", '"C"')]),
        ("role", ['"A", "B", "A"', '"C"'], [("KPI546", '"A"')]),
        ("whole", ["0, 1", "1, 2, 3"], [("KPI553", "1")]),
        ("whole", [">= 2", "0, 2, 1"], [("KPI553", "2")]),
        ("whole", ["0, 0", ">= 1"], [("KPI546", "0")]),
        ("whole", [">= 2", "2, 3", "else"], [("KPI509", "2, 3")]),
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
    raised = refused(_by(head, *rows))
    shown = [
        (fault.code, fault.args.get("value") if fault.code == "KPI510" else fault.args.get("text")) for fault in raised
    ]
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
        (["above : 3", "up to 5 : 1"], [("KPI509", "up to 5")]),
    ],
)
def test_tiers(rows: list[str], faults: list[tuple[str, str]]) -> None:
    assert told(scheme("define x tiers whole\n" + indent("\n".join(rows), "    "), staff=STAFF)) == faults


# ---------------------------------------------------------------- choose

ATOMS = (
    ('role = "A"', lambda who: who["role"] == "A"),
    ('role != "B"', lambda who: who["role"] != "B"),
    ('role in "A", "C"', lambda who: who["role"] in "AC"),
    ('role not in "A", "C"', lambda who: who["role"] not in "AC"),
    ("whole > 1", lambda who: who["whole"] > 1),
    ("2 > whole", lambda who: who["whole"] < 2),
    ("whole = 3", lambda who: who["whole"] == 3),
    ("whole != 0", lambda who: who["whole"] != 0),
    ("whole in 0, 2", lambda who: who["whole"] in (0, 2)),
    ("ok", lambda who: who["ok"]),
    ("ok = false", lambda who: not who["ok"]),
)
CONDITION = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map(lambda condition: (f"not ({condition[0]})", lambda who: not condition[1](who))),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) and ({two[1][0]})", lambda who: two[0][1](who) and two[1][1](who))
        ),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) or ({two[1][0]})", lambda who: two[0][1](who) or two[1][1](who))
        ),
    ),
    max_leaves=4,
)


@given(st.lists(CONDITION, min_size=1, max_size=6, unique_by=lambda condition: condition[0]))
def test_choose_against_everybody_there_can_be(conditions: list[tuple[str, Callable[[dict[str, Any]], bool]]]) -> None:
    left = [{"role": r, "whole": w, "ok": o} for r in "ABC" for w in range(4) for o in (True, False)]
    unreached = []
    for text, holds in conditions:
        if not any(holds(who) for who in left):
            unreached.append(("KPI509", f"when {text}"))
        left = [who for who in left if not holds(who)]
    rows = "".join(f"    when {text} : 1\n" for text, _ in conditions)
    assert told(scheme(f"define x choose\n{rows}    else : 2", staff=STAFF)) == unreached


@pytest.mark.parametrize(
    ("rows", "unreached"),
    [
        (["n > q", "not (n <= q)", "n <= q", "n < q"], ["not (n <= q)", "n < q"]),
        (["n > q", "q < n"], []),
        (['name = "a"', 'name in "a", "b"', 'name in "a", "b"'], ['name in "a", "b"']),
        (['name != "a"', 'name = "b"', 'name = "a"', "ok"], ['name = "b"', "ok"]),
        (["whole / q > 1", "whole / q >= 1", "whole / q > 1.5"], ["whole / q > 1.5"]),
        (["level is missing", "level > 3", "level is present", "ok"], ["ok"]),
        (["(level or else 0) > 3", "(level or else 0) > 4", "(level or else 1) > 4"], ["(level or else 0) > 4"]),
        (["day < 2025-01-01", "day > 2025-01-01", "day != 2025-01-01"], ["day != 2025-01-01"]),
        (["any(orders.amount > 3)", "any(orders.amount > 3)", "any(orders.amount > 4)"], ["any(orders.amount > 3)"]),
        (["sum(orders.amount) >= 5", "sum(orders.amount) > 6"], ["sum(orders.amount) > 6"]),
        (["whole < 5", "ok"], ["ok"]),
        (["whole > 2 and whole < 1", "ok"], ["whole > 2 and whole < 1"]),
        (["half > 1", "half > 2"], ["half > 2"]),
        (["half > limit", "half >= 2"], ["half >= 2"]),
    ],
)
def test_choose(rows: list[str], unreached: list[str]) -> None:
    body = "".join(f"    when {row} : 1\n" for row in rows)
    parts = (ORDERS, "define half = whole / 2", "define limit = 1")
    staff = STAFF.replace("    day ", "    level integer optional\n    day ")
    faults = told(scheme(*parts, f"define x choose\n{body}    else : 2", staff=staff))
    assert faults == [("KPI509", f"when {row}") for row in unreached]


def test_a_text_that_never_occurs_is_one_fault_of_a_row() -> None:
    rows = '    when role = "Z" : 1\n    when role = "A" and ok : 2\n    when role in "Z", "A" and ok : 2\n    else : 3'
    faults = told(scheme(f"define x choose\n{rows}", staff=STAFF))
    assert faults == [("KPI308", '"Z"'), ("KPI509", 'when role in "Z", "A" and ok'), ("KPI308", '"Z"')]


def test_choose_names_somebody_and_who_takes_him() -> None:
    rows = '    when whole > 1 : 1\n    when ok : 1\n    when role = "A" and whole = 3 : 1\n    else : 2'
    (fault,) = refused(scheme(f"define x choose\n{rows}", staff=STAFF))
    assert [label.span.text for label in fault.labels] == ["when whole > 1"]
    assert [(note.key, note.args) for note in fault.helps] == [("value", {"value": 'role = "A", whole = 3'})]


def test_conditions_of_many_cases_are_left_undecided() -> None:
    """Each row takes one more case out of every one that is left; after some rows nothing is called unreachable."""
    columns = "".join(f"    c{nth} integer\n" for nth in range(24))
    rows = "".join(f"    when c{2 * nth} > 0 and c{2 * nth + 1} > 0 : 1\n" for nth in range(12))
    staff = STAFF.replace("subject", columns + "subject")
    assert told(scheme(f"define x choose\n{rows}    else : 2", staff=staff)) == []
    assert len(told(scheme(f"define x choose\n    when c0 > 0 : 1\n{rows}    else : 2", staff=staff))) == 1
