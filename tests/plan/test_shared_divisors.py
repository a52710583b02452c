"""Quotients of one divisor meet without multiplying it: each figure is worked out beside by fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from tests.helpers.schemes import ORDERS, Data, figures, refused, scheme

STAFF = """
table staff
    staff_id text key
    goal     money
    days     integer between -31 and 31
    fee      money optional
    chief    text optional references staff
subject staff
"""
DEFINES = """
define k = avg(orders.amount) or else 0
define j = avg(orders.size) or else 0
define total_amount = sum(orders.amount)
define a = total_amount / goal or else 0%
define b = staff.fee / goal or else 0%
define plain_a = total_amount / goal
define goal_again = goal
define fee_or_none = fee or else 0元
"""
LINES = ORDERS.replace('in "won", "lost"', 'in "won", "lost"\n    size     money')
DATA: Data = {
    "staff": [
        ("E1", "7", "3", "2.50", None),
        ("E2", "0", "0", None, "E1"),
        ("E3", "-0.30", "-31", None, "E2"),
        ("E4", "11", "1", "-4", "E3"),
    ],
    "orders": [
        ("1", "E1", "2025-01-01", "10", "won", "3"),
        ("2", "E1", "2025-01-01", "0.01", "lost", "5"),
        ("3", "E1", "2025-01-01", "-7", "won", "0"),
        ("4", "E2", "2025-01-01", "5", "won", "0.10"),
        ("5", "E3", "2025-01-01", "0", "won", "0"),
        ("6", "E3", "2025-01-01", "1", "won", "-1"),
    ],
}


class Person:
    """What the figures are worked out of."""

    def __init__(self, row: tuple[str | None, ...]) -> None:
        key, goal, days, fee, _ = row
        self.orders = [(Fraction(str(row_[3])), Fraction(str(row_[5]))) for row_ in DATA["orders"] if row_[1] == key]
        self.goal, self.days = Fraction(str(goal)), Fraction(str(days))
        self.fee = None if fee is None else Fraction(fee)

    @property
    def k(self) -> Fraction:
        return _mean([amount for amount, _ in self.orders])

    @property
    def j(self) -> Fraction:
        return _mean([size for _, size in self.orders])

    @property
    def a(self) -> Fraction:
        return _by(sum((amount for amount, _ in self.orders), Fraction(0)), self.goal)

    @property
    def b(self) -> Fraction:
        return _by(self.fee, self.goal)


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values) if values else Fraction(0)


def _by(a: Fraction | None, b: Fraction, instead: int = 0) -> Fraction:
    return Fraction(instead) if a is None or not b else a / b


PEOPLE = [Person(tuple(row)) for row in DATA["staff"]]
CASES: dict[str, Callable[[Person], Fraction | bool]] = {
    "k + k + k": lambda p: 3 * p.k,
    "k - k": lambda _: Fraction(0),
    "k - k - k": lambda p: -p.k,
    "k * 2 + k / 2": lambda p: p.k * 5 / 2,
    "(k + k) / 2 + k": lambda p: 2 * p.k,
    "k + 1元 + k + 2元 + k": lambda p: 3 * p.k + 3,
    "k + j + k": lambda p: 2 * p.k + p.j,
    "k / 6 + k / 4 + k / 10 + k": lambda p: p.k * Fraction(91, 60),
    "k / 12.5 + k / 12.5": lambda p: p.k * 2 / Fraction("12.5"),
    "-k + abs(k) + abs(-k)": lambda p: 2 * abs(p.k) - p.k,
    "max(k, j) + k": lambda p: max(p.k, p.j) + p.k,
    "min(k, k + k) + k": lambda p: min(p.k, 2 * p.k) + p.k,
    "max(k, 0元) + k + k": lambda p: max(p.k, Fraction(0)) + 2 * p.k,
    "(if goal > 5元 then k else j) + k + k": lambda p: (p.k if p.goal > 5 else p.j) + 2 * p.k,
    "(if goal > 5元 then k / 2 else k / 2) + k + k": lambda p: p.k * 5 / 2,
    "(if goal > 5元 then k / 2 else 0元) + k": lambda p: (p.k / 2 if p.goal > 5 else 0) + p.k,
    "(avg(orders.amount) or else 0) + (avg(orders.size) or else 0) + k": lambda p: 2 * p.k + p.j,
    "capped + capped + capped": lambda p: 3 * min(p.k, Fraction(3)),
    "kept + k + k": lambda p: max(p.k, Fraction(0)) + 2 * p.k,
    "instead + instead + instead": lambda p: 3 * (p.k if p.orders else Fraction(1)),
    "a * 1元 + a * 2元 + a * 1元": lambda p: 4 * p.a,
    "((plain_a or else 0%) + (total_amount / goal_again or else 0%) + a) * 1元": lambda p: 3 * p.a,
    "(a + (total_amount / 2 / goal or else 0%) + a) * 1元": lambda p: p.a * 5 / 2,
    "(plain_a + 10% + 20%) * 1元 or else 0": lambda p: p.a + Fraction("0.3") if p.goal else Fraction(0),
    "(goal / days or else 1元) + (goal / days or else 1元) + (goal / days or else 1元)": lambda p: (
        3 * _by(p.goal, p.days, 1)
    ),
    "(goal / days or else 0元) + (1元 / days or else 0元) + (fee / days or else 0元)": lambda p: (
        _by(p.goal + 1, p.days) + _by(p.fee, p.days)
    ),
    "b * 1元 + b * 1元 + b * 1元": lambda p: 3 * p.b,
    "(a + b) * 1元": lambda p: p.a + p.b,
    "goal / 3 + goal / 7 + goal / 21 + goal / 12 + goal / 12": lambda p: p.goal * (Fraction(11, 21) + Fraction(1, 6)),
    "goal / 365 + goal / 365 + goal / 365 + goal / 365 + goal / 365 + goal / 365": lambda p: p.goal * 6 / 365,
    "k * (2 / 6) + k * third + k / 3 + k": lambda p: 2 * p.k,
    "goal * third + goal * (2 / 6) + goal * third": lambda p: p.goal,
}
MORE = """
define capped = k, at most 3元
define kept = k, at least 0元
define instead = avg(orders.amount) or else 1元
define third = 2 / 6
"""


@pytest.mark.parametrize("written", CASES)
def test_sums_of_one_divisor_are_as_wide_as_one_quotient(written: str) -> None:
    text = scheme(LINES, DEFINES, MORE, f"define x = {written}", staff=STAFF)
    assert figures(text, DATA).column("x") == [CASES[written](person) for person in PEOPLE]


TESTS: dict[str, Callable[[Person], bool]] = {
    "k + k < k": lambda p: 2 * p.k < p.k,
    "k + k + k = k": lambda p: 3 * p.k == p.k,
    "k + j >= k + k + j": lambda p: p.k + p.j >= 2 * p.k + p.j,
    "k / 2 <= k / 3": lambda p: p.k / 2 <= p.k / 3,
    "a + a > a": lambda p: 2 * p.a > p.a,
}


@pytest.mark.parametrize("written", TESTS)
def test_comparisons_of_one_divisor_need_no_cross_product(written: str) -> None:
    text = scheme(LINES, DEFINES, f"define x = {written}", staff=STAFF)
    assert figures(text, DATA).column("x") == [TESTS[written](person) for person in PEOPLE]


def test_a_total_of_several_means_of_the_same_rows() -> None:
    cards = """
    define n = avg(orders.count) or else 0
    indicator won
        actual  sum(orders.amount)
        target  goal
        missing score 0
        score   min(achievement * 100, 100)
    scorecard card
        won 100%
        adjust first = n
        adjust second = n * 2
        adjust third = avg(orders.count) or else 0
        total weighted + adjustments + one_more, at least 0
    define one_more = n
    pay p
        amount total * 1元
    """
    lines = LINES + "    count    integer\n"
    data = {**DATA, "orders": [(*row, nth) for row, nth in zip(DATA["orders"], "1234567", strict=False)]}
    worked_out = figures(scheme(lines, cards, staff=STAFF), data)
    means, scores = [Fraction(2), Fraction(4), Fraction(11, 2), Fraction(0)], ["43", "0", "-333.33", "0"]
    assert worked_out.column("p") == [
        _cents(max(Fraction(each) + 5 * mean, Fraction(0))) for each, mean in zip(scores, means, strict=True)
    ]


def test_a_total_of_several_divisors_that_is_too_wide_is_refused() -> None:
    means = ("avg(orders.amount)", 'avg(orders.amount where status = "won")', 'avg(orders.size where status = "lost")')
    adjusts = "\n".join(f"    adjust a{nth} = ({mean} or else 0元) / 1元 * 1" for nth, mean in enumerate(means))
    card = f"indicator one\n    actual goal\n    score 5\nscorecard card\n    one 100%\n{adjusts}"
    for total in ("", "\n    total weighted + adjustments"):
        assert {fault.code for fault in refused(scheme(LINES, card + total, staff=STAFF))} == {"KPI305"}


def _cents(value: Fraction) -> Fraction:
    return Fraction(int(value * 100 + Fraction(1, 2)), 100)


def test_achievements_of_one_target_weigh_in_one_sum() -> None:
    items = """
    indicator one
        actual  sum(orders.amount)
        target  goal
        missing score 0
        score   achievement * 10
    indicator two
        actual  sum(orders.size)
        target  goal_again
        missing score 0
        score   achievement * 10
    define goal_again = goal
    define x = (one.achievement or else 0%) * 60% + (two.achievement or else 0%) * 30% + (one.achievement or else 0%) * 10%
    """
    worked_out = figures(scheme(LINES, items, staff=STAFF), DATA)
    assert worked_out.column("x") == [
        _by(sum((amount * 7 + size * 3 for amount, size in p.orders), Fraction(0)) / 10, p.goal) for p in PEOPLE
    ]


def test_the_same_divisor_of_another_row_is_another() -> None:
    """A partner's quotient, by the columns of the same names, has the partner's divisor."""
    items = """
    define staff.part = 100元 / days or else 0元
    define n = count(orders where staff_id.part + partner.part + staff_id.part > amount)
    define m = count(orders where staff_id.part = partner.part)
    define z = sum(orders.amount * (own.part / 1元 + own.part / 2元 + (100元 / staff.days or else 0元) / 1元))
    define w = sum(orders.amount / own.goal or else 0%)
    define v = (w + w + w) * 1元
    """
    lines = LINES + "    partner  text references staff\n    via staff_id\n"
    partners = dict(zip("123456", ("E3", "E4", "E1", "E1", "E3", "E2"), strict=True))
    data = {**DATA, "orders": [(*row, partners[str(row[0])]) for row in DATA["orders"]]}
    worked_out = figures(scheme(lines, DEFINES, items, staff=STAFF), data)
    parts = {str(row[0]): _by(Fraction(100), p.days) for row, p in zip(DATA["staff"], PEOPLE, strict=True)}
    rows = [(str(row_[1]), partners[str(row_[0])], Fraction(str(row_[3]))) for row_ in DATA["orders"]]
    above = [key for key, other, amount in rows if 2 * parts[key] + parts[other] > amount]
    assert worked_out.column("n") == [above.count(key) for key in parts]
    assert worked_out.column("m") == [sum(key == each and other == each for key, other, _ in rows) for each in parts]
    assert worked_out.column("z") == [
        sum((amount * part * Fraction(5, 2) for amount, _ in p.orders), Fraction(0))
        for p, part in zip(PEOPLE, parts.values(), strict=True)
    ]
    assert worked_out.column("v") == [3 * p.a for p in PEOPLE]


def test_names_within_names_are_looked_behind_once() -> None:
    """Each name has six of the one before it, so that the last cannot be written out."""
    chain = [f"define n{nth} = round({' + '.join([f'n{nth - 1} / 70'] * 6)}, 2)" for nth in range(1, 21)]
    items = ["define n0 = max(goal, 1元)", *chain, "define x = k / (max(n20, 1元) / 1元) + j / (max(n20, 1元) / 1元)"]
    worked_out = figures(scheme(LINES, DEFINES, *items, staff=STAFF), DATA)
    assert worked_out.column("x") == [p.k + p.j for p in PEOPLE]
