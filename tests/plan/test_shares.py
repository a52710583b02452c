"""What entries and groups count for a subject: weights after what is left out, points, and what left it out."""

from __future__ import annotations

from fractions import Fraction

from tests.helpers.schemes import Figures, figures, scheme
from tests.plan.cards import INDICATORS, STAFF, staff_of

CARD = """
scorecard card
    group first 70%
        one 50%
        two 20%
    three 30% when role   =   "AE"
"""


def _part(result: Figures, name: str, part: str) -> list[object]:
    (item,) = [item for item in result.compiled.plan.items if item.name == name]
    held = {part_.name: part_.binding for part_ in item.parts} | dict(item.tier1)
    return list(result.column(held[part]))


PEOPLE = staff_of(
    ("AE", "80", "90", "60"),  # all there
    ("AE", None, "90", "60"),  # `two` has the whole group
    ("AE", None, None, "60"),  # `three` has all
    ("KA", "80", "90", "60"),  # the group has all: 5/7 and 2/7
    ("KA", None, None, "60"),  # nothing
)


def test_weights_after_what_is_left_out() -> None:
    worked_out = figures(scheme(INDICATORS, CARD, staff=STAFF), PEOPLE)
    assert _part(worked_out, "first", "effective_weight") == [Fraction("0.7"), Fraction("0.7"), 0, 1, 0]
    assert _part(worked_out, "one", "effective_weight") == [Fraction("0.5"), 0, 0, Fraction(5, 7), 0]
    assert _part(worked_out, "two", "effective_weight") == [Fraction("0.2"), Fraction("0.7"), 0, Fraction(2, 7), 0]
    assert _part(worked_out, "three", "effective_weight") == [Fraction("0.3"), Fraction("0.3"), 1, 0, 0]


def test_points_add_up_to_the_weighted_score() -> None:
    worked_out = figures(scheme(INDICATORS, CARD, staff=STAFF), PEOPLE)
    columns = [worked_out.column(f"card/{name}.points") for name in ("one", "two", "three")]
    sums = [sum(row) for row in zip(*columns, strict=True)]
    assert sums == [76, 81, 60, Fraction(580, 7), 0]
    assert worked_out.column("card.weighted") == [76, 81, 60, Fraction(580, 7), None]


def test_what_left_an_entry_out_is_marked() -> None:
    worked_out = figures(scheme(INDICATORS, CARD, staff=STAFF), PEOPLE)
    assert _part(worked_out, "two", "left_out") == [None, None, "missing exclude", None, "missing exclude"]
    assert _part(worked_out, "three", "left_out") == [None, None, None, 'role = "AE"', 'role = "AE"']


def test_a_condition_that_does_not_hold_is_marked_before_what_is_missing() -> None:
    card = "scorecard card\n    one 50% when c > 60\n    three 50%"
    people = staff_of(("AE", "80", None, "60"), ("AE", None, None, "60"), ("AE", None, None, "61"))
    worked_out = figures(scheme(INDICATORS, card, staff=STAFF), people)
    assert _part(worked_out, "one", "left_out") == ["c > 60", "c > 60", "missing exclude"]


def test_what_has_no_weight_holds_no_group() -> None:
    card = "scorecard card\n    group first 70%\n        one 70%\n        three 0%\n    two 30%"
    people = staff_of(("AE", "80", "90", "60"), ("AE", None, "90", "60"), ("AE", "80", None, "60"))
    worked_out = figures(scheme(INDICATORS, card, staff=STAFF), people)
    assert worked_out.column("card/first") == [80, None, 80]
    assert worked_out.column("total") == [83, 90, 80]  # 80 × 70% + 90 × 30%, then what is there alone
    assert _part(worked_out, "two", "effective_weight") == [Fraction("0.3"), 1, 0]


def test_what_is_always_there_counts_for_what_is_not() -> None:
    """Nothing is left out of the group, and the group takes the weight of what is left out beside it."""
    card = "scorecard card\n    group first 70%\n        three 70%\n    two 30%"
    worked_out = figures(
        scheme(INDICATORS, card, staff=STAFF), staff_of(("AE", None, "90", "60"), ("AE", None, None, "60"))
    )
    assert _part(worked_out, "three", "effective_weight") == [Fraction("0.7"), 1]
    assert _part(worked_out, "three", "points") == [42, 60]
    assert worked_out.column("total") == [69, 60]


def test_what_is_always_there_counts_its_weight() -> None:
    card = "scorecard card\n    three 100%"
    (item,) = [
        item_ for item_ in figures(scheme(INDICATORS, card, staff=STAFF), PEOPLE).compiled.plan.items if item_.weight
    ]
    assert [part.name for part in item.parts] == ["actual", "score", "points"]


def test_nothing_counts_in_a_group_of_no_weight() -> None:
    card = "scorecard card\n    group none 0%\n        one 0%\n    three 100%"
    worked_out = figures(scheme(INDICATORS, card, staff=STAFF), PEOPLE)
    assert worked_out.column("total") == [60] * 5
    assert _part(worked_out, "one", "points") == [0] * 5


def test_an_indicator_that_stands_in_no_scorecard_is_an_item_all_the_same() -> None:
    worked_out = figures(scheme(INDICATORS, "pay p\n    amount three.score * 1元", staff=STAFF), PEOPLE)
    assert [item.name for item in worked_out.compiled.plan.items if item.kind == "indicator"] == ["one", "two", "three"]
    assert _part(worked_out, "two", "policy") == [None, None, "missing exclude", None, "missing exclude"]


def test_pay_that_is_not_given_says_why() -> None:
    items = """
    pay p for role = "AE" when c   >= 70
        amount 10
    """
    rows = staff_of(("AE", None, None, "70"), ("AE", None, None, "60"), ("KA", None, None, "70"))
    worked_out = figures(scheme(items, staff=STAFF), rows)
    assert worked_out.column("p") == [10, 0, None]
    assert _part(worked_out, "p", "left_out") == [None, "c >= 70", 'role = "AE"']
