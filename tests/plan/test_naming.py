"""Naming changes nothing: neither a figure nor a verdict, whatever of a scheme has a name of its own."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.rewriting import KINDS, Rewrite, rewrites, rewritten
from tests.helpers.schemes import ORDERS, STAFF, Data, scheme, told
from tests.plan.naming import differences, shown, verdict

PEOPLE = STAFF.replace("subject staff", "    extra money optional\n    share percent optional\nsubject staff")
LOGS = "table logs\n    log_id text key\n    staff_id text references staff\n    day date optional period\n    fee money optional"
DATA: Data = {
    "staff": [("E1", "AE", "1000", "50", None), ("E2", "KA", "300", None, "5%")],
    "orders": [("1", "E1", "2025-01-01", "100", "won"), ("2", "E2", "2025-02-02", "300", "lost")],
    "logs": [("1", "E1", "2025-01-05", "10"), ("2", "E1", "2025-02-05", None), ("3", "E2", None, "7")],
}


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_naming_changes_nothing(number: int) -> None:
    """`python -m tests.plan.naming 1 NUMBER` tries one scheme again."""
    result = [*differences(number)]
    assert not result, "\n\n".join(map(shown, result))


def test_every_kind_of_rewrite_is_tried_and_many_schemes_run() -> None:
    tally: Counter[str] = Counter()
    for number in range(40):
        assert not [*differences(number, tally)]
    assert all(tally[kind] for kind in KINDS)
    assert tally["accepted"] > tally["schemes"] / 5


INDICATOR = """
indicator one
    actual  sum(orders.amount)
    target  {target}
    missing exclude
    score   {score}
scorecard s for role = "AE"
    one 100%
"""


@pytest.mark.parametrize(
    ("alone", "named"),
    [
        # what a condition shows to be there, in and out of a name
        ("define x = if extra is present then extra + base else 0", "define t = extra is present\ndefine x = if t then extra + base else 0"),
        ("define x = if extra is present then extra + base else 0", "define t = extra * 1\ndefine x = if t is present then extra + base else 0"),
        ("define x = if extra is present then extra + base else 0", "define e = extra + base\ndefine x = if extra is present then e else 0"),
        ("define x = extra is present and extra > 5", "define e = extra > 5\ndefine x = extra is present and e"),
        ("define x = count(logs where fee is present and fee > 8)", "define logs.f = fee > 8\ndefine x = count(logs where fee is present and f)"),
        ("define x = count(logs where fee is present and fee > 8)", "define f = logs where fee is present\ndefine x = count(f where fee > 8)"),
        ("define x = sum(logs.fee where fee is present)", "define logs.t = fee is present\ndefine x = sum(logs.fee where t)"),
        ("define x = sum(logs.fee * 2 where fee is present)", "define logs.d = fee * 2\ndefine x = sum(logs.d where fee is present)"),
        ("define x = count(logs where day > 2025-01-31)", "define f = logs where day > 2025-01-31\ndefine x = count(f)"),
        ("define x = count(logs where day > 2025-01-31)", "define logs.l = day > 2025-01-31\ndefine x = count(logs where l)"),
        ("pay x for extra is present\n    amount extra + base", "define e = extra + base\npay x for extra is present\n    amount e"),
        ("define x = if extra is present then (extra or else 3) else 0", "define e = extra or else 3\ndefine x = if extra is present then e else 0"),
        # results of those who are assessed
        (INDICATOR.format(target="1000", score="achievement * 100") + "pay x\n    amount total * 1元", INDICATOR.format(target="1000", score="achievement * 100") + "define t = total * 1元\npay x\n    amount t"),
        (INDICATOR.format(target="1000", score="achievement * 100") + "outcome x when total > 5", INDICATOR.format(target="1000", score="achievement * 100") + "define t = total > 5\noutcome x when t"),
        (INDICATOR.format(target="1000", score="achievement * 100") + "outcome x when total > 5", INDICATOR.format(target="1000", score="achievement * 100") + "define t = total * 2\noutcome x when t > 10"),
        (INDICATOR.format(target="1000", score="achievement * 100") + "outcome x when total is missing", INDICATOR.format(target="1000", score="achievement * 100") + "define t = total is missing\noutcome x when t"),
        # parts of an indicator and of a total
        (INDICATOR.format(target="extra", score="(achievement or else 0%) * 50"), INDICATOR.format(target="extra", score="p * 50") + "define p = achievement or else 0%"),
        (INDICATOR.format(target="extra", score="(achievement or else 0%) * 50"), INDICATOR.format(target="extra", score="(p or else 0%) * 50") + "define p = achievement"),
        (INDICATOR.format(target="1000", score="5") + "    total weighted * 2, at most 120", INDICATOR.format(target="1000", score="5") + "    total t, at most 120\ndefine t = weighted * 2"),
        ("indicator one\n    actual base\n    achievement 2 * count(orders) / (4 * count(logs)) - 10%\n    missing score 0\n    score achievement * 100", "define a = 2 * count(orders) / (4 * count(logs))\nindicator one\n    actual base\n    achievement a - 10%\n    missing score 0\n    score achievement * 100"),
    ],
)  # fmt: skip
def test_a_name_in_place_of_an_expression(alone: str, named: str) -> None:
    first, second = (verdict(scheme(ORDERS, LOGS, text, staff=PEOPLE), DATA) for text in (alone, named))
    assert not first.codes
    assert first.difference(second) is None
    assert first.figures.keys() & second.figures.keys()


@pytest.mark.parametrize(
    ("items", "told_"),
    [
        # refused as it is refused without the name
        ("define e = extra + base\ndefine x = if base > 5 then e else 0", [("KPI402", "extra")]),
        ("define e = extra + base", [("KPI402", "extra")]),
        ("define e = extra + base\ndefine x = e or else 0", [("KPI402", "extra")]),
        ("define logs.f = fee > 8\ndefine x = count(logs where f)", [("KPI402", "fee")]),
        ("define b = base * 2\ndefine x choose\n    when base * 2 > 5 : 1\n    when b > 5 : 2\n    else : 3", [("KPI509", "when b > 5")]),
        ('define big = base > 5\ndefine x choose\n    when big : 1\n    when base > 5 and role = "AE" : 2\n    else : 3', [("KPI509", 'when base > 5 and role = "AE"')]),
        ("define y = base, at most 5\ndefine x = y, at least 9", [("KPI554", "at least 9")]),
        ("define l = achievement * 100\npay x\n    amount l * base", [("KPI214", "l")]),
        ("define w = weighted * 2", [("KPI210", "weighted")]),
        # what is made of a score with a fault leaves open what that left open
        (INDICATOR.format(target="1000", score="min(base / 2元, 100)") + "    total t, at most 120\ndefine t = weighted or else 0", [("KPI304", "100")]),
        (INDICATOR.format(target="1000", score="min(base / 2元, 100)") + "    adjust more = count(orders)\n    total (weighted + adjustments) * 2 or else 0, at most 120", [("KPI304", "100")]),
        ("indicator i\n    actual base\n    score min(base / 2元, 100)\nscorecard c\n    i 100%\ngate g when extra is missing\n    total at most 60\ndefine t = total or else 0", [("KPI304", "100")]),
    ],
)  # fmt: skip
def test_refused_under_a_name_as_without(items: str, told_: list[tuple[str, str]]) -> None:
    assert told(scheme(ORDERS, LOGS, items, staff=PEOPLE)) == told_


# ---------------------------------------------------------------- the rewrites


def done(kind: str, item: str) -> list[str]:
    """What each rewrite of a kind makes of the last item of a scheme, with the items that it adds."""
    text = scheme(ORDERS, item, staff=PEOPLE)
    start = text.index(item)
    return [
        rewritten(text, [rewrite])[0][start:].strip()
        for rewrite in rewrites(text)
        if rewrite.kind == kind and rewrite.places[0][0] >= start
    ]


def test_what_each_rewrite_does() -> None:
    assert done("brackets", "define x = base * 2") == [
        "define x = (base * 2)",
        "define x = (base) * 2",
        "define x = base * (2)",
    ]
    assert done("define", "define x = base * 2")[1] == "define x = named_1 * 2\ndefine named_1 = base"
    item = 'define x = sum(orders.amount * 2 where status = "won")'
    assert (
        done("column", item)[0]
        == 'define x = sum(orders.named_1 where status = "won")\ndefine orders.named_1 = orders.amount * 2'
    )
    assert done("filter", item) == ['define x = sum(named_1.amount * 2)\ndefine named_1 = orders where status = "won"']
    item = "define x = count(orders where amount > own.base / 2)"
    assert "define x = count(orders where amount > own.named_1)\ndefine named_1 = base / 2" in done("own", item)
    item = "define half = base / 2\ndefine x = half + 1"
    assert done("inline", item) == ["define x = (base / 2) + 1"]
    item = 'define won = orders where status = "won"\ndefine x = sum(won.amount where day > 2025-01-01)'
    assert done("unfilter", item)[0].endswith('sum(orders.amount where (status = "won") and (day > 2025-01-01))')


def test_rewrites_that_overlap_are_not_done_together() -> None:
    text = scheme("define x = base * 2")
    changed, kept = rewritten(
        text, [Rewrite("brackets", ((0, 9),), ((0, 1, "a"),)), Rewrite("brackets", ((5, 12),), ((5, 6, "b"),))]
    )
    assert (changed[0], len(kept)) == ("a", 1)


def test_a_column_of_no_column_of_its_table_is_not_inlined() -> None:
    assert done("inline", "define orders.k = own.base\ndefine x = count(orders where k > 5)") == []
