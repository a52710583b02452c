"""What may be missing, where it may not stay so, and what shows that it is there."""

from __future__ import annotations

import pytest

from tests.helpers.schemes import ORDERS, compiled, refused, scheme, told

STAFF = """
table staff
    staff_id text key
    base     money between 0 and 1000
    pay_     money between 1 and 1000
    level    integer optional between 0 and 9
    other    integer optional
    size     integer
    ok       bool
    team     text optional references teams
subject staff
"""
TEAMLESS = STAFF.replace("    team     text optional references teams\n", "")
TEAMS = """
table teams
    team_id text key
    goal    money
"""
TARGETS = """
table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money between 1 and 100
"""
PARTS = (TEAMS, ORDERS, TARGETS)


def _missing(written: str) -> bool:
    return compiled(scheme(*PARTS, f"define x {written}", staff=STAFF)).model.defines["x"].rule.type.missing


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        ("= level", True),
        ("= -level", True),
        ("= level * 2", True),
        ("= level + 1", True),
        ("= 1 - level", True),
        ("= round(level)", True),
        ("= base", False),
        ("= sum(orders.amount)", False),
        ("= count(orders)", False),
        ("= avg(orders.amount)", True),
        ("= min(orders.amount)", True),
        ("= max(orders.day)", True),
        ("= targets.goal", True),
        ("= base / pay_", False),
        ("= pay_ / base", True),
        ("= pay_ / sum(orders.amount)", True),
        ("= pay_ / (1 + count(orders))", False),
        ("= pay_ / targets.goal", True),
        ("= level or else 0", False),
        ("= level or else other", True),
        ("= level or else error", False),
        ("= if ok then level else 2", True),
        ("= if ok then 1 else 2", False),
        ("= level is missing", False),
        ("choose\n    when ok : level\n    else : 2", True),
        ("by ok\n    true : 2\n    false : other", True),
    ],
)
def test_what_may_be_missing(written: str, missing: bool) -> None:  # noqa: FBT001  # a figure that is expected
    assert _missing(written) is missing


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("= level > 3", "level"),
        ("= 3 > level", "level"),
        ("= level in 1, 2", "level"),
        ("= level + size", "level"),
        ("= size - level", "level"),
        ("= level + other", "level"),
        ("= size + other or else 0", "other"),
        ("= level, at most 3", "level"),
        ("= size, at least level", "level"),
        ("= min(level, size)", "level"),
        ("by level\n    > 3 : 1\n    else : 2", "level"),
        ("by size\n    > level : 1\n    else : 2", "level"),
        ("curve level\n    1 : 1\n    2 : 2", "level"),
        ("tiers level\n    above : 2", "level"),
        ("tiers size\n    up to level : 2\n    above : 3", "level"),
        ("tiers size\n    up to 5 : level\n    above : 3", "level"),
        ("= if level > 3 then 1 else 2", "level"),
        ("= count(orders where teams.goal > 5)", "teams.goal"),
    ],
)
def test_where_it_may_not_stay(written: str, text: str) -> None:
    parts = (TEAMS, ORDERS + "    team text optional references teams", TARGETS)
    assert told(scheme(*parts, f"define x {written}", staff=TEAMLESS)) == [("KPI402", text)]


@pytest.mark.parametrize(
    "written",
    [
        "= if level is present then level + size else 0",
        "= if level is missing then 0 else level + size",
        "= if not (level is missing) then level + size else 0",
        "= level is present and level > 3",
        "= level is missing or level > 3",
        "= if level is present and other is present then level + other else 0",
        "= if level is missing or other is missing then 0 else level + other",
        "= if not (level is missing or other is missing) then level + other else 0",
        "= if level is present then (if other is present then level + other else level + size) else 0",
        "choose\n    when level is present : level + size\n    else : 0",
        "choose\n    when level is missing : 0\n    else : level + size",
        "choose\n    when level is missing : 0\n    when level > 3 : level + size\n    else : 1",
        "= sum(orders.fee where fee is present)",
        "= avg(orders.fee where orders.fee is present and fee > 3)",
        "= sum(known.fee + known.amount)",
        "= sum(orders.fee or else 0)",
        "= sum(if orders.fee is present then orders.fee else 0)",
        "= if targets.goal is present then targets.goal + base else 0",
    ],
)
def test_what_shows_that_it_is_there(written: str) -> None:
    filtered = "define known = orders where fee is present"
    parts = (TEAMS, ORDERS + "    fee money optional", TARGETS, filtered)
    assert told(scheme(*parts, f"define x {written}", staff=STAFF)) == []


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("= if level is present or ok then level + size else 0", "level"),
        ("= if level is missing and ok then 0 else level + size", "level"),
        ("= if level is present then 0 else level + size", "level"),
        ("= level > 3 and level is present", "level"),
        ("= level is present or level > 3", "level"),
        ("= not (level is present) and level > 3", "level"),
        ("choose\n    when level is present and ok : 0\n    else : level + size", "level"),
        ("choose\n    when ok : 0\n    when level is missing : 1\n    when other > 3 : 2\n    else : 3", "other"),
    ],
)
def test_what_does_not_show_it(written: str, text: str) -> None:
    assert told(scheme(*PARTS, f"define x {written}", staff=STAFF)) == [("KPI402", text)]


@pytest.mark.parametrize(
    ("written", "code", "text"),
    [
        ("sum(orders.fee)", "KPI403", "orders.fee"),
        ("avg(orders.fee / 2)", "KPI403", "orders.fee / 2"),
        ("max(orders.fee)", "KPI403", "orders.fee"),
        ("sum(orders.amount * teams.rate)", "KPI403", "orders.amount * teams.rate"),
        ("sum(orders.amount / orders.amount)", "KPI403", "orders.amount / orders.amount"),
        ("sum(orders.fee + orders.amount)", "KPI402", "orders.fee"),
        ("count(orders where fee > 3)", "KPI402", "fee"),
        ("sum(orders.amount where fee is missing and fee > 3)", "KPI402", "fee"),
    ],
)
def test_in_an_aggregate(written: str, code: str, text: str) -> None:
    orders = ORDERS + "    fee money optional\n    team text optional references teams"
    assert told(scheme(TEAMS + "    rate percent", orders, f"define x = {written}", staff=TEAMLESS)) == [(code, text)]


def test_a_define_over_a_missing_achievement_waits_for_the_policy() -> None:
    define = "define points = achievement * 100, at most 120, at least 0"
    item = "indicator one\n    actual base\n    target targets.goal\n    {}score points"
    assert told(scheme(*PARTS, define, item.format("missing exclude\n    "), staff=STAFF)) == []
    assert told(scheme(*PARTS, define, item.format("missing score 0\n    "), staff=STAFF)) == []
    assert told(scheme(*PARTS, define, item.format("missing error\n    "), staff=STAFF)) == []
    assert told(scheme(*PARTS, define, item.format(""), staff=STAFF)) == [("KPI401", "one")]


def test_a_limit_of_a_missing_achievement_waits_for_the_policy() -> None:
    item = "indicator one\n    actual base\n    target targets.goal\n    achievement {}\n    {}score achievement * 100"
    define = "define pace = actual / target, at least 10%, at most 120%"
    for way in ("actual / target, at most 120%", "pace"):
        assert told(scheme(*PARTS, define, item.format(way, "missing exclude\n    "), staff=STAFF)) == []
        assert told(scheme(*PARTS, define, item.format(way, ""), staff=STAFF)) == [("KPI401", "one")]
    bound = item.format("90%, at most level as percent", "missing exclude\n    ")
    assert told(scheme(*PARTS, bound, staff=STAFF)) == [("KPI402", "level as percent")]


def test_the_policy_covers_the_parts_and_what_else_is_missing() -> None:
    item = "indicator one\n    actual base\n    {}score {}"
    assert told(scheme(*PARTS, item.format("", "level"), staff=STAFF)) == [("KPI401", "one")]
    assert told(scheme(*PARTS, item.format("missing exclude\n    ", "level"), staff=STAFF)) == []
    assert told(scheme(*PARTS, item.format("", "5"), staff=STAFF)) == []


def test_an_excluded_score_may_be_missing_elsewhere() -> None:
    item = "indicator one\n    actual level\n    missing {}\n    score actual"
    pay = "pay p\n    amount one.score * 1元"
    assert told(scheme(*PARTS, item.format("exclude"), pay, staff=STAFF)) == [("KPI405", "one.score * 1元")]
    assert told(scheme(*PARTS, item.format("score 0"), pay, staff=STAFF)) == []
    assert told(scheme(*PARTS, item.format("error"), pay, staff=STAFF)) == []


def test_the_total_of_those_without_a_scorecard_may_be_missing() -> None:
    indicator = "indicator one\n    actual size\n    score actual"
    for_some = "scorecard c for ok\n    one 100%"
    grade = 'grade by total\n    > 5 : "A"\n    else : "B"'
    assert told(scheme(*PARTS, indicator, for_some, "define x = total > 3", staff=STAFF)) == [("KPI402", "total")]
    assert told(scheme(*PARTS, indicator, for_some, grade, 'define x = grade = "A"', staff=STAFF)) == [
        ("KPI402", "grade")
    ]
    assert told(scheme(*PARTS, indicator, for_some, grade, staff=STAFF)) == []
    assert told(scheme(*PARTS, indicator, for_some, "pay p\n    amount total * 1元", staff=STAFF)) == []
    unlimited = "pay p for size > 3\n    amount total * 1元"
    assert told(scheme(*PARTS, indicator, for_some, unlimited, staff=STAFF)) == [("KPI405", "total * 1元")]
    two = "scorecard c for ok\n    one 100%\nscorecard d for not ok\n    one 100%"
    assert told(scheme(*PARTS, indicator, two, "define x = total > 3", staff=STAFF)) == [("KPI402", "total")]


def test_scorecards_that_cover_an_enumerated_column_leave_nobody_out() -> None:
    staff = STAFF.replace("ok       bool", 'ok       text in "a", "b", "c"')
    indicator = "indicator one\n    actual size\n    score actual"
    cards = 'scorecard c for ok = "a"\n    one 100%\nscorecard d for ok in "b", "c"\n    one 100%'
    assert told(scheme(*PARTS, indicator, cards, "define x = total > 3", staff=staff)) == []
    cards = 'scorecard c for ok = "a"\n    one 100%\nscorecard d for ok != "a"\n    one 100%'
    assert told(scheme(*PARTS, indicator, cards, "define x = total > 3", staff=staff)) == []
    cards = 'scorecard c for ok = "a"\n    one 100%\nscorecard d for ok in "b"\n    one 100%'
    assert told(scheme(*PARTS, indicator, cards, "define x = total > 3", staff=staff)) == [("KPI402", "total")]


def test_scorecards_by_two_columns_are_not_taken_for_those_of_one() -> None:
    """Both columns have the same texts, and together the two conditions name all of them."""
    staff = STAFF.replace("ok       bool", 'ok       text in "a", "b"\n    so       text in "a", "b"')
    indicator = "indicator one\n    actual size\n    score actual"
    cards = 'scorecard c for ok = "a"\n    one 100%\nscorecard d for so = "b"\n    one 100%'
    assert told(scheme(*PARTS, indicator, cards, "define x = total > 3", staff=staff)) == [("KPI402", "total")]


def test_a_scorecard_that_may_have_nothing_left_leaves_the_total_missing() -> None:
    indicator = "indicator one\n    actual level\n    missing exclude\n    score actual"
    two = "indicator two\n    actual size\n    score actual"
    check = "define x = total > 3"
    assert told(scheme(*PARTS, indicator, "scorecard c\n    one 100%", check, staff=STAFF)) == [("KPI402", "total")]
    card = "scorecard c\n    one 50%\n    two 50%"
    assert told(scheme(*PARTS, indicator, two, card, check, staff=STAFF)) == []
    card = "scorecard c\n    one 50%\n    two 50% when ok"
    assert told(scheme(*PARTS, indicator, two, card, check, staff=STAFF)) == [("KPI402", "total")]
    card = "scorecard c\n    one 100%\n    two 0%"
    assert told(scheme(*PARTS, indicator, two, card, check, staff=STAFF)) == [("KPI402", "total")]


@pytest.mark.parametrize("written", ["base or else 0", "sum(orders.amount) or else 0", "count(orders) or else error"])
def test_or_else_without_need(written: str) -> None:
    assert told(scheme(*PARTS, f"define x = {written}", staff=STAFF)) == [("KPI404", written)]


def test_or_else_binds_looser_than_plus_and_tighter_than_comparison() -> None:
    assert told(scheme(*PARTS, "define x = level + 1 or else 0", staff=STAFF)) == []
    assert told(scheme(*PARTS, "define x = level or else 0 > 3", staff=STAFF)) == []


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("level > 3", "optional"),
        ("targets.goal > 3", "lookup"),
        ("avg(orders.amount) > 3", "no_rows"),
        ("pay_ / base > 3%", "divisor"),
    ],
)
def test_the_fault_says_why(written: str, reason: str) -> None:
    (fault,) = refused(scheme(*PARTS, f"define x = {written}", staff=STAFF))
    assert fault.labels[0].key == reason
