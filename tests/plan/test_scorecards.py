"""Scores, groups, adjustments and totals, with all that may be left out."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import HEADER, figures, refused, scheme
from tests.plan.cards import INDICATORS, STAFF, staff_of

GROUPED = """
scorecard card
    group first 70%
        one 50%
        two 20%
    group second 30%
        three 30%
    adjust extra = c / 100, at most 0.5
    adjust less  = -0.25
"""


def test_groups_weights_and_adjustments() -> None:
    worked_out = figures(scheme(INDICATORS, GROUPED, staff=STAFF), staff_of(("AE", "80", "90", "60.55")))
    assert worked_out["card/first"] == (80 * Fraction(50) + 90 * 20) / 70
    assert worked_out["card/second"] == Fraction("60.55")
    assert worked_out["card/extra"] == Fraction("0.5")
    assert worked_out["card.adjustments"] == Fraction("0.25")
    assert worked_out["total"] == Fraction("76.42")  # 80 × 50% + 90 × 20% + 60.55 × 30% + 0.25 = 76.415
    assert worked_out["scorecard"] == "card"


def test_what_is_left_out_gives_its_weight_to_the_rest() -> None:
    """Within its group first: a group keeps its weight while anything in it is there."""
    people = staff_of(("AE", None, "90", "60"), ("AE", "80", None, "60"), ("AE", None, None, "60"))
    worked_out = figures(
        scheme(INDICATORS, GROUPED.replace("    adjust extra = c / 100, at most 0.5\n", ""), staff=STAFF), people
    )
    assert worked_out.column("card/first") == [90, 80, None]
    assert worked_out.column("total") == [Fraction("80.75"), Fraction("73.75"), Fraction("59.75")]


def test_entries_beside_groups() -> None:
    card = "scorecard card\n    group g 60%\n        one 40%\n        two 20%\n    three 40%"
    people = staff_of(("AE", "90", "60", "50"), ("AE", None, "60", "50"), ("AE", None, None, "50"))
    worked_out = figures(scheme(INDICATORS, card, staff=STAFF), people)
    assert worked_out.column("total") == [68, 56, 50]


def test_a_limit_leaves_a_missing_achievement_missing() -> None:
    """130 of no target is neither the most nor the least: `missing` says what becomes of it."""
    item = "indicator paced\n    actual c\n    target a\n    achievement actual / target, at least 50%, at most 120%"
    item += "\n    missing score 7\n    score achievement * 100"
    people = staff_of(*(("AE", goal, None, "130") for goal in ("100", None, "0", "1000", "130")))
    worked_out = figures(scheme(item, staff=STAFF), people)
    assert worked_out.column("paced.achievement") == [Fraction("1.2"), None, None, Fraction("0.5"), 1]
    assert worked_out.column("paced.score") == [120, 7, 7, 50, 100]


def test_a_mean_may_lie_below_the_least_of_one_score() -> None:
    """By hand 60% of 0 and 40% of 50 are 20, below 50; 60% of 100 and 40% of 50 are 80."""
    items = """
    indicator low
        actual c
        score actual, at least 0, at most 100
    indicator high
        actual c
        score 50
    scorecard card
        low  60%
        high 40%
    """
    people = staff_of(("AE", None, None, "-7"), ("AE", None, None, "900"))
    assert figures(scheme(items, staff=STAFF), people).column("total") == [20, 80]


def test_a_missing_score_is_what_the_policy_says_whatever_is_missing() -> None:
    """The score reads no figure of its own indicator, only a column that may be missing."""
    item = "indicator one\n    actual c\n    missing score 5\n    score a * 10"
    people = staff_of(("AE", None, None, "1"), ("AE", "3", None, "1"))
    assert figures(scheme(item, staff=STAFF), people).column("one.score") == [5, 30]
    many = "indicator one\n    actual a\n    missing score 500\n    score actual, at most 100, at least 0"
    reached = "define x by one.score\n    > 100 : 1\n    else  : 2"
    assert figures(scheme(many, reached, staff=STAFF), people).column("x") == [1, 2]


def test_a_score_may_say_itself_what_becomes_of_what_is_missing() -> None:
    items = """
    indicator one
        actual a
        score actual or else 5
    indicator two
        actual a
        score if actual is missing then 1 else actual * 2
    """
    worked_out = figures(scheme(items, staff=STAFF), staff_of(("AE", None, None, "1"), ("AE", "3", None, "1")))
    assert (worked_out.column("one.score"), worked_out.column("two.score")) == ([5, 3], [1, 6])


def test_a_limit_leaves_a_missing_row_of_an_achievement_missing() -> None:
    item = """
    indicator paced
        actual c
        target a
        achievement by role
            "AE" : actual / target
            else : 150%
        at most 120%
        missing score 7
        score achievement * 100
    """
    people = staff_of(("AE", None, None, "130"), ("AE", "100", None, "130"), ("KA", None, None, "1"))
    worked_out = figures(scheme(item, staff=STAFF), people)
    assert worked_out.column("paced.achievement") == [None, Fraction("1.2"), Fraction("1.2")]
    assert worked_out.column("paced.score")[1:] == [120, 120]


def test_nothing_left_is_not_assessed() -> None:
    card = "scorecard card\n    one 100%"
    grade = 'grade by total\n    >= 80 : "A"\n    else : "B"'
    pay = "pay p\n    amount total * 1元"
    worked_out = figures(
        scheme(INDICATORS, card, grade, pay, staff=STAFF), staff_of(("AE", None, None, "1"), ("AE", "7", None, "1"))
    )
    assert worked_out.column("total") == [None, 7]
    assert worked_out.column("grade") == [None, "B"]
    assert worked_out.column("p") == [None, 7]
    assert worked_out.column("total_pay") == [0, 7]
    assert worked_out.column("scorecard") == ["card", "card"]


def test_a_weight_of_zero_counts_for_nothing() -> None:
    card = "scorecard card\n    one 100%\n    three 0%"
    worked_out = figures(
        scheme(INDICATORS, card, staff=STAFF), staff_of(("AE", None, None, "1"), ("AE", "7", None, "1"))
    )
    assert worked_out.column("total") == [None, 7]
    grouped = "scorecard card\n    group g 0%\n        three 0%\n    one 100%"
    worked_out = figures(
        scheme(INDICATORS, grouped, staff=STAFF), staff_of(("AE", None, None, "1"), ("AE", "7", None, "1"))
    )
    assert worked_out.column("total") == [None, 7]


@pytest.mark.parametrize(
    ("policy", "scores"),
    [("missing exclude", [None, 7]), ("missing score 12.345", [Fraction("12.35"), 7]), ("缺失 得分 0", [0, 7])],
)
def test_policies_for_what_is_missing(policy: str, scores: list[object]) -> None:
    item = f"indicator one\n    actual a\n    {policy}\n    score actual"
    people = staff_of(("AE", None, None, "1"), ("AE", "7", None, "1"))
    assert figures(scheme(item, staff=STAFF), people).column("one.score") == scores


def test_what_is_missing_as_an_error_stops_those_who_need_it() -> None:
    item = "indicator one\n    actual a\n    missing error\n    score actual"
    three = "indicator three\n    actual c\n    score actual"
    people = staff_of(("AE", None, None, "1"), ("AE", "7", None, "1"), ("KA", None, None, "1"))
    everyone = figures(scheme(item, "scorecard s\n    one 100%", staff=STAFF), people)
    assert everyone.faults == {"KPI704 one": ["E1", "E3"]}
    some = 'scorecard s for role = "AE"\n    one 100%\nscorecard t for role in "KA", "SE"\n    three 100%'
    assert figures(scheme(item, three, some, staff=STAFF), people).faults == {"KPI704 one": ["E1"]}
    sometimes = 'scorecard s\n    one 50% when role = "KA"\n    three 50%'
    assert figures(scheme(item, three, sometimes, staff=STAFF), people).faults == {"KPI704 one": ["E3"]}
    nobody = "scorecard s\n    three 100%"
    assert figures(scheme(item, three, nobody, staff=STAFF), people).faults == {}


def test_a_target_of_zero_is_missing() -> None:
    item = "indicator one\n    actual c\n    target goal\n    missing score 5\n    score achievement * 100"
    people = {"staff": [("E1", "AE", None, None, "1", "0", "true"), ("E2", "AE", None, None, "1", "-2", "true")]}
    worked_out = figures(scheme(item, staff=STAFF), people)
    assert worked_out.column("one.score") == [5, -50]
    assert worked_out.column("one.achievement") == [None, Fraction(-1, 2)]


def test_the_score_reads_what_is_there_only() -> None:
    """A score that does not read its achievement is not left out where the target is missing."""
    rows = "by actual\n        > 5  : 100\n        else : 60"
    item = f"indicator one\n    actual c\n    target a\n    missing exclude\n    score {rows}"
    worked_out = figures(scheme(item, staff=STAFF), staff_of(("AE", None, None, "9"), ("AE", "3", None, "1")))
    assert worked_out.column("one.score") == [100, 60]


def test_entries_that_count_only_when() -> None:
    card = "scorecard card\n    one 50% when new or c > 5\n    three 50% when c <= 9"
    people = staff_of(
        ("AE", "80", None, "5"), ("AE", "80", None, "6"), ("AE", "80", None, "10"), ("AE", None, None, "9")
    )
    people = {
        "staff": [
            *people["staff"],
            ("E5", "AE", "80", None, "9.5", "1", "false"),
            ("E6", "AE", None, None, "9.5", "1", "true"),
        ]
    }
    worked_out = figures(scheme(INDICATORS, card, staff=STAFF), people)
    assert worked_out.column("total") == [5, 43, 80, 9, 80, None]


def test_scorecards_of_differentstaff_of() -> None:
    cards = """
    scorecard field "Field" for role = "AE"
        one 100%
        adjust bonus_points = 1
    scorecard keys for role = "KA"
        group g 100%
            one   40%
            three 60%
        adjust bonus_points = 2
    """
    people = staff_of(("AE", "80", None, "10"), ("KA", "80", None, "10"), ("SE", "80", None, "10"))
    pay = 'pay p\n    amount 100\npay q for role = "SE" or total is present\n    amount 7'
    worked_out = figures(scheme(INDICATORS, cards, pay, staff=STAFF), people)
    assert worked_out.column("scorecard") == ["field", "keys", None]
    assert worked_out.column("total") == [81, 40, None]
    assert worked_out.column("p") == [100, 100, None]
    assert worked_out.column("q") == [7, 7, 7]
    assert worked_out.column("total_pay") == [107, 107, 7]


def test_two_scorecards_for_one_person_are_a_fault() -> None:
    cards = """
    scorecard s for c > 5
        one 100%
    scorecard t for c > 7
        three 100%
    scorecard u for c < 0 or c = 6.5
        two 100%
    """
    people = staff_of(*(("AE", "1", "2", c) for c in ("6", "8", "-1", "6.5")))
    worked_out = figures(scheme(INDICATORS, cards, staff=STAFF), people)
    assert worked_out.faults == {"KPI703 t": ["E2"], "KPI703 u": ["E4"]}
    assert worked_out.column("scorecard")[:3:2] == ["s", "u"]


def test_scorecards_by_two_columns_may_both_be_for_one_person() -> None:
    """E1 and E2 have one each, E3 has both, E4 none."""
    staff = STAFF.replace("    new  bool", '    new  bool\n    kind text in "AE", "KA", "SE"')
    cards = 'scorecard s for role = "AE"\n    three 100%\nscorecard t for kind = "KA"\n    three 100%'
    people = [(f"E{nth}", role, None, None, "1", "1", "true", kind) for nth, (role, kind) in enumerate(ROLES, 1)]
    worked_out = figures(scheme(INDICATORS, cards, staff=staff), {"staff": people})
    assert worked_out.faults == {"KPI703 t": ["E3"]}
    assert [worked_out.column("scorecard")[nth] for nth in (0, 1, 3)] == ["s", "t", None]


ROLES = (("AE", "AE"), ("KA", "KA"), ("AE", "KA"), ("KA", "AE"))


def test_a_total_may_fall_below_every_score() -> None:
    text = """
    indicator one
        actual c
        score 5
    scorecard s
        one 100%
        adjust late = -c, at least -10, at most 0
    grade by total
        < 0  : "D"
        else : "A"
    """
    assert figures(scheme(text, staff=STAFF), staff_of(("AE", None, None, "7"))).column("grade") == ["D"]


def test_group_scores_are_not_rounded_and_the_rest_is() -> None:
    header = HEADER.replace("score 2, total 2", "achievement 4, score 1, total 0")
    items = """
    indicator one
        actual c
        target goal
        missing exclude
        score achievement * 100
    indicator two
        actual c
        score actual / 3
    scorecard card
        group g 60%
            one 30%
            two 30%
        two_more 40%
    indicator two_more
        actual c
        score actual / 7
    """
    people = {"staff": [("E1", "AE", None, None, "10", "3", "true")]}
    worked_out = figures(scheme(items, header=header, staff=STAFF), people)
    assert worked_out["one.achievement"] == Fraction("3.3333")
    assert worked_out["one.score"] == Fraction("333.3")
    assert worked_out["two.score"] == Fraction("3.3")
    assert worked_out["two_more.score"] == Fraction("1.4")
    assert worked_out["card/g"] == Fraction("168.3")
    assert worked_out["total"] == 102  # 168.3 × 60% + 1.4 × 40% = 101.54


def test_an_indicator_reads_others() -> None:
    four = "indicator four\n    actual (one.score or else 0) + three.actual\n    score actual * 2, at most 150"
    items = INDICATORS + four
    worked_out = figures(scheme(items, staff=STAFF), staff_of(("AE", "80", None, "5"), ("AE", None, None, "5")))
    assert worked_out.column("four.score") == [150, 10]


def test_defines_of_an_indicator_belong_to_whichever_uses_them() -> None:
    items = """
    define points = achievement * 100, at most 120, at least 0
    define halved = points / 2
    indicator one
        actual c
        target goal
        missing exclude
        score points
    indicator two
        actual 2 * c
        target goal
        missing exclude
        score halved
    """
    worked_out = figures(scheme(items, staff=STAFF), staff_of(("AE", None, None, "80"), ("AE", None, None, "-80")))
    assert worked_out.column("one.score") == [80, 0]
    assert worked_out.column("two.score") == [60, 0]


def test_an_achievement_that_is_written() -> None:
    items = """
    indicator fewer
        actual c
        target goal
        achievement 200% - actual / target
        missing exclude
        score achievement * 100
    indicator rows
        actual c
        achievement by actual
            > 5  : 100%
            else : 0%
        score achievement * 100
    """
    worked_out = figures(scheme(items, staff=STAFF), staff_of(("AE", None, None, "80"), ("AE", None, None, "3")))
    assert worked_out.column("fewer.score") == [120, 197]
    assert worked_out.column("rows.score") == [100, 0]


def test_every_figure_of_an_indicator_is_shown() -> None:
    """Also those that its score does not read; an achievement that nobody reads is not worked out."""
    item = "indicator one\n    actual a\n    target goal\n    score 5\nscorecard s\n    one 100%"
    plan = figures(scheme(item, staff=STAFF), staff_of(("AE", "1", None, "1"))).compiled.plan
    (shown,) = [item_ for item_ in plan.items if item_.name == "one"]
    assert [part.name for part in shown.parts] == ["actual", "target", "score", "points"]


def test_ten_groups_that_may_be_left_out_stay_exact() -> None:
    groups = [f"    group g{nth} 10%\n        one{nth} 5%\n        two{nth} 5%" for nth in range(10)]
    indicators = [
        f"indicator {name}{nth}\n    actual {column}\n    missing exclude\n    score actual, at most 120, at least 0"
        for nth in range(10)
        for name, column in (("one", "a"), ("two", "b"))
    ]
    text = scheme(
        *indicators,
        "scorecard s\n" + "\n".join(groups),
        staff=STAFF.replace("(2) optional", "(2) optional between -999 and 999"),
    )
    text = text.replace(
        "score actual, at most 120, at least 0", "score by actual\n        > 100 : 100\n        else : actual"
    )
    worked_out = figures(text, staff_of(("AE", "33.33", "66.67", "1"), ("AE", None, "66.67", "1")))
    assert worked_out.column("total") == [50, Fraction("66.67")]


OWN_TOTAL = """
scorecard hard for role = "AE"
    one 60%
    two 40%
    adjust extra = 5
    total (weighted + adjustments) * 1.1, at most 120
scorecard plain for role = "KA"
    one 100%
    total by weighted
        >= 90 : weighted + 1
        else  : 10 / 3
"""


def test_a_scorecard_may_have_a_rule_for_its_total() -> None:
    """In order: (80 × 60% + 90 × 40% + 5) × 1.1; (90 + 5) × 1.1; over 120; nothing scored; 96 + 1; 10 / 3."""
    people = [("AE", "80", "90", "0"), ("AE", None, "90", "0"), ("AE", "120", "120", "0"), ("AE", None, None, "0")]
    people += [("KA", "96", None, "0"), ("KA", "89.99", None, "0"), ("KA", None, None, "0")]
    worked_out = figures(scheme(INDICATORS, OWN_TOTAL, staff=STAFF), staff_of(*people))
    assert worked_out.column("total") == [
        Fraction("97.9"),
        Fraction("104.5"),
        120,
        None,
        97,
        Fraction("3.33"),
        None,
    ]
    (item,) = [item for item in worked_out.compiled.plan.items if item.kind == "total"]
    assert list(worked_out.column(item.tier1["limit"])) == [None, None, "≤ 120", None, None, None, None]
    assert list(worked_out.column(item.tier1["row"])) == [None, None, None, None, ">= 90", "else", None]


def test_a_total_of_its_own_need_not_read_the_weighted_score() -> None:
    """It is for those of whom something is scored all the same."""
    card = "scorecard s\n    one 100%\n    total 7"
    worked_out = figures(
        scheme(INDICATORS, card, staff=STAFF), staff_of(("AE", "80", "1", "0"), ("AE", None, "1", "0"))
    )
    assert worked_out.column("total") == [7, None]


def test_a_total_that_reads_itself_is_a_circle() -> None:
    card = "indicator one\n    actual base\n    score  1\nscorecard s\n    one 100%\n    total weighted + total"
    (fault,) = refused(scheme(card))
    assert (fault.code, fault.args["circle"]) == ("KPI207", "total → total")
