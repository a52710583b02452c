"""What `docs/reference.md` says of limits, `when`, `missing`, `for` and grades where two readings were possible."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import figures, scheme

TWO = {"staff": [("E1", "AE", "1000"), ("E2", "KA", "50")]}
CARD = "scorecard s\n    one 100%"


@pytest.mark.parametrize(
    "amount",
    [
        "amount base\n    at least 200",
        "amount base, at least 200",
        "amount tiers base\n        up to 10 : 100%\n        above : 100%\n    at least 200",
    ],
)
@pytest.mark.parametrize("word", ["pay", "component"])
def test_limits_never_raise_the_zero_of_a_false_when(word: str, amount: str) -> None:
    worked_out = figures(scheme(f"{word} p\n    when base > 100 CNY\n    {amount}"), TWO)
    assert worked_out.column("p") == [1000, 0]


def test_limits_apply_where_when_holds() -> None:
    worked_out = figures(
        scheme("pay p\n    when base > 10 CNY\n    amount base\n    at least 200\n    at most 800"), TWO
    )
    assert worked_out.column("p") == [800, 200]


@pytest.mark.parametrize(
    "score", ["score achievement * 100, at most 120", "score achievement * 100\n    at most 120\n    at least 7"]
)
def test_limits_of_a_score_leave_the_score_of_a_missing_value(score: str) -> None:
    item = f"indicator one\n    actual base\n    target base - 50\n    missing score 130.125\n    {score}"
    worked_out = figures(scheme(item, CARD), TWO)
    # 1000 / 950 is 105.26 points; the target of E2 is 0, and 130.125 is rounded to the two places of a score
    assert worked_out.column("one.score") == [Fraction("105.26"), Fraction("130.13")]


def test_pay_for_a_condition_also_goes_to_the_unassessed() -> None:
    points = "score by actual\n        >= 100 : 100\n        else : 0"
    card = f'indicator one\n    actual base\n    {points}\nscorecard s for role = "AE"\n    one 100%'
    pays = 'pay named for role = "KA"\n    amount base\npay plain\n    amount base'
    worked_out = figures(scheme(card, pays), TWO)
    assert worked_out.column("scorecard") == ["s", None]
    assert worked_out.column("named") == [None, 50]
    assert worked_out.column("plain") == [1000, None]
    assert worked_out.column("total_pay") == [1000, 50]


@pytest.mark.parametrize("missing", ["", "    missing exclude\n", "    missing score 33\n"])
def test_a_score_of_the_actual_alone_needs_no_achievement(missing: str) -> None:
    item = "indicator one\n    actual base\n    target base - 50\n" + missing
    item += "    score by actual\n        >= 100 : 100\n        else : 40"
    worked_out = figures(scheme(item, CARD), TWO)
    assert worked_out.column("one.target") == [950, 0]
    assert worked_out.column("one.score") == [100, 40]
    assert worked_out.column("total") == [100, 40]


def test_negative_places_round_to_tens_and_hundreds() -> None:
    amounts = ("round(base + 50, -2)", "round(base + 49.99, -2)", "floor(-base / 7, -1)", "ceil(-base / 7, -1)")
    worked_out = figures(scheme(*(f"component c{nth}\n    amount {text}" for nth, text in enumerate(amounts))))
    # -1000 / 7 is -142.857…
    assert [worked_out[f"c{nth}"] for nth in range(4)] == [1100, 1000, -150, -140]


def test_a_grade_without_a_scorecard_is_given_to_every_subject() -> None:
    grade = 'grade by base\n    >= 100 : "A"\n    else : "B"'
    worked_out = figures(
        scheme(grade, 'define k by grade\n    "A" : 2\n    "B" : 1', "pay p\n    amount base * k"), TWO
    )
    assert worked_out.column("grade") == ["A", "B"]
    assert worked_out.column("p") == [2000, 50]
