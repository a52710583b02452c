"""Gates, in file order and rounded like their target; pay, and whom it goes to."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import HEADER, Data, bindings, compiled, figures, scheme, told

STAFF = """
table staff
    staff_id text key
    a    number(2) between 0 and 200
    base money
    bad  integer between 0 and 9
    role text in "AE", "KA"
    opt  integer optional
subject staff
"""
CARD = """
indicator one
    actual a
    score actual
scorecard s
    one 100%
grade by total
    >= 90 : "A"
    >= 80 : "B"
    >= 60 : "C"
    else  : "D"
define coefficient by grade
    "A" : 1.5
    "B" : 1.2
    else : 0.5
pay bonus
    amount base * coefficient
"""


def _people(*rows: tuple[str, str, str]) -> Data:
    """Each as `a`, `base`, `bad`."""
    return {"staff": [(f"E{nth}", *row, "AE", None) for nth, row in enumerate(rows, 1)]}


THREE = _people(("95", "100", "0"), ("95", "100", "1"), ("70", "100", "2"))


def test_a_gate_may_set_what_no_score_comes_to() -> None:
    """Scores are at most 200, and the gate makes 300 of them: a row for that is reached."""
    text = scheme(CARD.replace('>= 90 : "A"', '>= 300 : "S"\n    >= 90 : "A"'), staff=STAFF)
    assert [code for code, _ in told(text)] == ["KPI509"]
    assert figures(f"{text}\ngate g when bad > 1\n    total is 300", THREE).column("grade") == ["A", "A", "S"]


@pytest.mark.parametrize(
    ("effect", "grades"),
    [
        ('grade at most "B"', ["A", "B", "C"]),
        ('grade at least "B"', ["A", "A", "B"]),
        ('grade is "D"', ["A", "D", "D"]),
        ('grade is "A"', ["A", "A", "A"]),
        ('grade at most "A"', ["A", "A", "C"]),
        ('grade at least "D"', ["A", "A", "C"]),
        ('等级 不超过 "C"', ["A", "C", "C"]),
    ],
)
def test_on_the_grade(effect: str, grades: list[str]) -> None:
    """What reads the grade reads it after its gates."""
    worked_out = figures(scheme(CARD, f"gate g when bad > 0\n    {effect}", staff=STAFF), THREE)
    assert worked_out.column("grade") == grades
    factor = {"A": Fraction(3, 2), "B": Fraction(6, 5), "C": Fraction(1, 2), "D": Fraction(1, 2)}
    assert worked_out.column("bonus") == [100 * factor[grade] for grade in grades]
    assert worked_out.column("g") == [False, True, True]


@pytest.mark.parametrize(
    ("effect", "totals"),
    [
        ("total at most 80", [95, 80, 70]),
        ("total at least 80", [95, 95, 80]),
        ("total is 59.999", [95, 60, 60]),
        ("total at most a / 3", [95, Fraction("31.67"), Fraction("23.33")]),
        ("one.score at most 0", [95, 0, 0]),
        ("one.score is bad * 10", [95, 10, 20]),
    ],
)
def test_on_figures(effect: str, totals: list[object]) -> None:
    worked_out = figures(scheme(CARD, f"gate g when bad > 0\n    {effect}", staff=STAFF), THREE)
    assert worked_out.column("total") == totals


def test_on_pay() -> None:
    gates = "gate g when bad > 0\n    bonus at most 33.335\ngate h when bad = 2\n    bonus is 0"
    worked_out = figures(scheme(CARD, gates, staff=STAFF), THREE)
    assert worked_out.column("bonus") == [150, Fraction("33.34"), 0]
    assert worked_out.column("total_pay") == [150, Fraction("33.34"), 0]


def test_gates_act_in_file_order() -> None:
    first = "gate g when bad > 0\n    total at most 50\ngate h when bad > 1\n    total at least 60"
    second = "gate h when bad > 1\n    total at least 60\ngate g when bad > 0\n    total at most 50"
    assert figures(scheme(CARD, first, staff=STAFF), THREE).column("total") == [95, 50, 60]
    assert figures(scheme(CARD, second, staff=STAFF), THREE).column("total") == [95, 50, 50]


def test_one_gate_may_do_several_things() -> None:
    gate = 'gate g "Violation" when bad > 1\n    total at most 50\n    grade at most "B"\n    bonus is 1'
    worked_out = figures(scheme(CARD, gate, staff=STAFF), THREE)
    assert (worked_out.column("total"), worked_out.column("grade")) == ([95, 95, 50], ["A", "A", "D"])
    assert worked_out.column("bonus") == [150, 150, 1]


def test_a_gate_may_read_what_comes_before_its_target() -> None:
    gate = 'gate g when total < 90\n    grade at most "D"\ngate h when grade = "D"\n    bonus is 0'
    worked_out = figures(scheme(CARD, gate, staff=STAFF), THREE)
    assert worked_out.column("grade") == ["A", "A", "D"]
    assert worked_out.column("bonus") == [150, 150, 0]


@pytest.mark.parametrize(
    ("gate", "circle"),
    [
        ("gate g when total > 5\n    total at most 3", "total → total"),
        ('gate g when bonus > 5\n    grade at most "C"', "grade → bonus → coefficient → grade"),
        ("gate g when bonus > 5\n    bonus at most 3", "bonus → bonus"),
        ("gate g when one.score > 5\n    one.score at most 3", "one.score → one.score"),
    ],
)
def test_a_gate_on_its_own_target_is_a_circle(gate: str, circle: str) -> None:
    from tests.helpers.schemes import refused

    (result,) = refused(scheme(CARD, gate, staff=STAFF))
    assert result.code == "KPI207"
    assert sorted(result.args["circle"].split(" → ")[1:]) == sorted(circle.split(" → ")[1:])


def test_those_without_a_total_pass_a_gate_untouched() -> None:
    items = CARD.replace("actual a\n    score", "actual opt\n    missing exclude\n    score").replace(
        "define coefficient by grade", 'define coefficient by grade or else "D"'
    )
    gate = 'gate g when bad > 0\n    total is 5\n    grade at least "B"\n    bonus at least 7\n    one.score at least 1'
    worked_out = figures(scheme(items, gate, staff=STAFF), THREE)
    for name in ("total", "grade", "bonus", "one.score"):
        assert worked_out.column(name) == [None] * 3
    assert worked_out.column("total_pay") == [0, 0, 0]


def test_a_gate_on_the_grade_of_a_scheme_without_scorecards() -> None:
    items = 'grade by a\n    >= 90 : "A"\n    else : "B"\ngate g when bad > 0\n    grade at most "B"'
    assert figures(scheme(items, staff=STAFF), THREE).column("grade") == ["A", "B", "B"]


def test_a_grade_chosen_by_conditions() -> None:
    items = 'grade choose\n    when a >= 90 and bad = 0 : "好"\n    when a >= 60 : "中"\n    else : "差"'
    assert figures(scheme(items, staff=STAFF), THREE).column("grade") == ["好", "中", "中"]


# ---------------------------------------------------------------- pay


def test_without_scorecards_everybody_is_paid() -> None:
    worked_out = figures(scheme("pay p\n    amount base / 3", staff=STAFF), THREE)
    assert worked_out.column("p") == [Fraction("33.33")] * 3


def test_for_whom_and_when() -> None:
    pays = """
    pay p for bad > 0
        amount base * bad
    pay q when bad > 0
        amount base * bad
    pay r for bad < 2 when a > 90 and bad > 0
        amount base
    pay s
        for bad = 0
        when a > 100
        amount 1
    """
    worked_out = figures(scheme(pays, staff=STAFF), THREE)
    assert worked_out.column("p") == [None, 100, 200]
    assert worked_out.column("q") == [0, 100, 200]
    assert worked_out.column("r") == [0, 100, None]
    assert worked_out.column("s") == [0, None, None]
    assert worked_out.column("total_pay") == [0, 300, 400]


def test_what_for_and_when_show_to_be_there() -> None:
    people = {"staff": [("E1", "1", "100", "0", "AE", None), ("E2", "1", "100", "0", "AE", "3")]}
    pays = "pay p for opt is present\n    amount base * opt\npay q when opt is present\n    amount base * opt"
    worked_out = figures(scheme(pays, staff=STAFF), people)
    assert (worked_out.column("p"), worked_out.column("q")) == ([None, 300], [0, 300])


def test_pay_reads_other_pay_after_rounding() -> None:
    pays = "pay p\n    amount 10元 / 3\npay q\n    amount p * 3"
    assert figures(scheme(pays, staff=STAFF), THREE).column("q") == [Fraction("9.99")] * 3
    some = "pay p for bad > 0\n    amount 1\npay q\n    amount p * 3"
    assert told(scheme(some, staff=STAFF)) == [("KPI405", "p * 3")]
    met = "pay p for bad > 0\n    amount 1\npay q\n    amount (p or else 0) * 3"
    assert figures(scheme(met, staff=STAFF), THREE).column("q") == [0, 3, 3]


def test_negative_pay_is_taken_back() -> None:
    pays = "pay p\n    amount base - 200元\npay q\n    amount base - 200元\n    at least 0"
    worked_out = figures(scheme(pays, staff=STAFF), THREE)
    assert (worked_out.column("p"), worked_out.column("q")) == ([-100] * 3, [0] * 3)


def test_large_amounts_stay_exact() -> None:
    header = HEADER.replace("money 2", "money 4")
    people = {"staff": [("E1", "1", "99999999999999.99", "0", "AE", None)]}
    worked_out = figures(scheme("pay p\n    amount base * 99.99% / 7", header=header, staff=STAFF), people)
    assert worked_out["p"] == round(Fraction("99999999999999.99") * Fraction("0.9999") / 7, 4)


def test_a_component_is_worked_out_as_pay_is_and_not_paid() -> None:
    """E1 has 100 × 2, over the most of 150; E2 the same; E3 is below 90 and has 0. The gate halves what E2 has."""
    items = """
    component k "Kicker" when a >= 90
        amount base * 2
        at most 150
    gate g when bad = 1
        k is 75 CNY
    pay p
        amount k + 1
    """
    worked_out = figures(scheme(items, staff=STAFF), THREE)
    assert worked_out.column("k") == [150, 75, 0]
    assert worked_out.column("p") == [151, 76, 1]
    assert worked_out.column("total_pay") == [151, 76, 1]
    (item,) = [item for item in worked_out.compiled.plan.items if item.name == "k"]
    assert (item.kind, item.title) == ("component", "Kicker")
    assert list(worked_out.column(item.tier1["limit"])) == ["≤ 150", "≤ 150", None]
    assert list(worked_out.column(item.tier1["gate"])) == [None, "g", None]


def test_with_components_only_nothing_is_paid() -> None:
    checked = compiled(scheme("component k\n    amount base", staff=STAFF))
    assert "total_pay" not in bindings(checked)


def test_what_is_paid_on_a_condition_may_be_nothing() -> None:
    items = """
    pay p when bad > 0
        amount 100
    component q
        amount by p
            <= 0 : 1
            else : 2
    """
    assert figures(scheme(items, staff=STAFF), THREE).column("q") == [1, 2, 2]


def test_an_outcome_by_a_result_is_nobodys_who_has_none() -> None:
    """Whatever the other side of its condition says: E3 of KA has no scorecard, and so no total."""
    card = 'indicator one\n    actual a\n    score actual\nscorecard s for role = "AE"\n    one 100%'
    outcome = "outcome fit when base > 50元 or total > 90"
    people = {
        "staff": [
            ("E1", "95", "1", "0", "AE", None),
            ("E2", "0", "1", "0", "AE", None),
            ("E3", "0", "60", "0", "KA", None),
        ]
    }
    worked_out = figures(scheme(card, outcome, staff=STAFF), people)
    assert worked_out.column("fit") == [True, False, None]
