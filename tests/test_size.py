"""Schemes as large as they may be, and one past it; and that no step of a check goes through everything again."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from fractions import Fraction

import pytest

from kpirules.engines import reference
from kpirules.engines.outcome import Outcome
from kpirules.plan.encode import from_json, to_json
from kpirules.plan.text import render
from kpirules.runs.run import params, read_period
from kpirules.source import SourceText
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.files import NONE
from kpirules.syntax.bounds import DEEPEST, MOST_ITEMS, MOST_ROWS
from kpirules.syntax.building import builder
from kpirules.syntax.used_files import parse_files
from tests.benchmarks import size
from tests.helpers.outcomes import exact
from tests.helpers.schemes import HEADER, ORDERS, bindings, compiled, refused, tables_of, told

STAFF = """
table staff
    staff_id text key
    role     text
    points   integer between 0 and 100_000
    extra    integer between 0 and 9 optional
subject staff
"""
DATA = {"staff": [("E1", "R7", "7", None), ("E2", "R8", "4998", "3")]}
CARD = "indicator only\n    actual points\n    score points, at most 100\n"


def scheme(*items: str) -> str:
    return "\n".join([HEADER, STAFF, *items])


def worked_out(text: str) -> Outcome:
    """Every figure by the reference engine."""
    checked = compiled(text)
    given = params(read_period("2025Q1", checked.plan.period))
    return reference.run(checked.plan, tables_of(checked, DATA), given, bindings(checked))


# ---------------------------------------------------------------- bounds

NESTED: dict[str, Callable[[int], str]] = {
    "sum": lambda n: "define x = " + " + ".join(["points"] * n),
    "brackets": lambda n: "define x = " + "(points + " * (n - 1) + "points" + ")" * (n - 1),
    "calls": lambda n: "define x = " + "max(1, " * (n - 1) + "points" + ")" * (n - 1),
    "minus": lambda n: "define x = " + "-" * (n - 1) + "points",
    "or": lambda n: "define x = if " + " or ".join(["points > 0"] * (n - 2)) + " then 1 else 0",
    "if": lambda n: "define x = " + "if points > 5000 then 1 else " * (n - 2) + "points",
    "or else": lambda n: "define x = " + "(extra or else " * (n - 1) + "points" + ")" * (n - 1),
    "present": lambda n: (
        "define x = " + "if extra is present and points > 9 then extra + 1 else " * (n - 3) + "if true then 1 else 0"
    ),
    "limits": lambda n: "define x = points" + "".join(f", at most {9_000 - k}" for k in range(n - 1)),
    "limits as clauses": lambda n: (
        "pay x\n    amount points * 1 CNY" + "".join(f"\n    at most {9_000 - k} CNY" for k in range(n - 2))
    ),
}
"""A rule that nests so many levels, by kind."""

FIGURES = {
    "sum": [7 * DEEPEST, 4998 * DEEPEST],
    "brackets": [7 * DEEPEST, 4998 * DEEPEST],
    "minus": [-7, -4998],
    "or": [1, 1],
    "or else": [7, 3],
    "present": [1, 4],
}


@pytest.mark.parametrize("kind", NESTED)
def test_as_deep_as_it_may_be(kind: str) -> None:
    assert sys.getrecursionlimit() <= 1_000
    outcome = worked_out(scheme(NESTED[kind](DEEPEST)))
    assert exact(outcome, "x") == [Fraction(figure) for figure in FIGURES.get(kind, [7, 4998])]
    assert sys.getrecursionlimit() <= 1_000


@pytest.mark.parametrize("kind", NESTED)
def test_plans_as_deep_are_told_and_read_again(kind: str) -> None:
    plan = compiled(scheme(NESTED[kind](DEEPEST))).plan
    assert from_json(json.loads(json.dumps(to_json(plan)))) == plan
    for lang in LANGUAGES:
        assert render(plan, lang)


@pytest.mark.parametrize("kind", NESTED)
def test_a_level_too_deep(kind: str) -> None:
    assert [code for code, _ in told(scheme(NESTED[kind](DEEPEST + 1)))] == ["KPI114"]


def test_rules_within_rules() -> None:
    """A rule within a row takes two blocks: its row's and its own."""

    def nested(depth: int) -> str:
        down = (f"{'  ' * n} > {5_000 + n} :\n{'  ' * n}  by points\n" for n in range(depth))
        up = (f"{'  ' * n} else : {n}\n" for n in reversed(range(depth + 1)))
        return scheme("define x by points\n" + "".join(down) + "".join(up))

    assert exact(worked_out(nested(DEEPEST // 2 - 1)), "x") == [Fraction(0), Fraction(0)]
    assert {code for code, _ in told(nested(DEEPEST // 2 + 1))} == {"KPI114"}


def test_the_deepest_chains_take_little_of_the_stack() -> None:
    """Names are looked behind, conditions remembered, branches chosen at the greatest depth, in half a megabyte."""
    links = [f"define d{n} = {'(1 * ' * (DEEPEST - 2)}d{n - 1}{')' * (DEEPEST - 2)}" for n in range(1, 12)]
    text = scheme(
        "define d0 = extra",
        *links,
        "define y = if d11 is present then d11 + 1 else 0",
        'require (d11 or else 1) >= 0 : "never below zero"',
        NESTED["present"](DEEPEST),
    )
    figures: list[object] = []

    def work() -> None:
        try:
            figures.append(exact(worked_out(text), "y"))
        except BaseException as error:  # noqa: BLE001  # told by the test
            figures.append(error)

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert figures == [[Fraction(0), Fraction(4)]]


def test_as_many_items_as_there_may_be_and_one_more() -> None:
    items = [f"define d{n} = {n}" for n in range(MOST_ITEMS - 3)]  # beside the header, the table and the subject
    outcome = worked_out(scheme(*items))
    assert exact(outcome, f"d{MOST_ITEMS - 4}") == [Fraction(MOST_ITEMS - 4)] * 2
    (fault,) = parse_files(SourceText("big.kpi", scheme(*items, "define more = 1", "define again = more")), NONE).faults
    assert (fault.code, fault.span.text if fault.span else "") == ("KPI119", "define more = 1")


def test_as_many_rows_as_there_may_be_and_one_more() -> None:
    rows = [f"    {n} : {n}%" for n in range(MOST_ROWS - 1)]
    outcome = worked_out(scheme("define x by points", *rows, "    else : 100%"))
    assert exact(outcome, "x") == [Fraction(7, 100), Fraction(4998, 100)]
    (fault,) = refused(scheme("define x by points", *rows, f"    {MOST_ROWS} : 1%", "    else : 100%", "define y = x"))
    assert (fault.code, fault.span.text if fault.span else "") == ("KPI119", "else : 100%")


RULES = {
    "by texts": ("by role", '    "R{0}" : {0}', "    else : 1"),
    "choose": ("choose", "    when points = {0} : {0}", "    else : 1"),
    "curve": ("curve points", "    {0} : {0}", "    99_999 : 1"),
    "tiers": ("tiers points", "    up to {0} : {0}", "    above : 1"),
}


@pytest.mark.parametrize("kind", RULES)
def test_rows_of_every_rule_are_counted(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "MOST_ROWS", 250)
    head, row, last = RULES[kind]
    rows = [row.format(n) for n in range(1, 250)]
    assert told(scheme(f"define x {head}", *rows, last)) == []
    assert told(scheme(f"define x {head}", *rows, row.format(250), last)) == [("KPI119", last.strip())]


@pytest.mark.parametrize("written", ["pay p\n    amount points * 1 CNY", CARD + "scorecard all\n    only 100%"])
def test_as_many_gates_on_one_value_as_there_may_be_and_one_more(written: str) -> None:
    value, unit = ("p", " CNY") if written.startswith("pay") else ("total", "")
    gates = [f"gate g{n} when points > {n}\n    {value} at most {9000 - n}{unit}" for n in range(DEEPEST + 2)]
    outcome = worked_out(scheme(ORDERS, written, *gates[:DEEPEST]))
    assert len(outcome.subjects) == 2
    (fault,) = refused(scheme(ORDERS, written, *gates))
    assert (fault.code, fault.span.text if fault.span else "") == ("KPI119", f"{value} at most {9000 - DEEPEST}{unit}")


# ---------------------------------------------------------------- sums


def test_many_pay_items_add_up() -> None:
    outcome = worked_out(scheme(*(f"pay p{n}\n    amount {n} CNY * points" for n in range(300))))
    assert exact(outcome, "total_pay") == [Fraction(7 * 44_850), Fraction(4998 * 44_850)]


def test_adjustments_that_are_too_wide_are_told_where_they_are_written() -> None:
    mean = 'avg(orders.amount as number where status = "won" and amount > {0}) or else 0'
    adjusts = "".join(f"    adjust a{n} = {mean.format(n)}\n" for n in range(4))
    for total in ("", "    total weighted + adjustments, at most 120\n"):
        (fault,) = refused(scheme(ORDERS, CARD + "scorecard all\n    only 100%\n" + adjusts + total))
        assert fault.code == "KPI305"
        assert fault.span is not None
        assert fault.span.text.startswith("avg(orders.amount")


def test_sums_of_pay_that_are_too_wide_are_told_where_they_are_written() -> None:
    wide = "points * 10_000_000_000_000_000_000_000_000_000 CNY"
    (fault,) = refused(scheme(*(f"pay p{n}\n    amount {wide} * 100" for n in range(12))))
    assert (fault.code, fault.span.text if fault.span else "") == ("KPI305", "pay p9")


# ---------------------------------------------------------------- scorecards


def test_one_of_many_scorecards_is_found_to_be_a_second() -> None:
    cards = [f"scorecard c{n} for points >= {n * 200} and points < {n * 200 + 199}\n    only 100%" for n in range(30)]
    outcome = worked_out(scheme(CARD, *cards, "scorecard more for points = 7\n    only 100%"))
    assert [(fault.code, fault.item, fault.subjects) for fault in outcome.faults] == [("KPI703", "more", ("E1",))]


def test_scorecards_for_texts_apart_need_no_look_at_the_data() -> None:
    cards = [f'scorecard c{n} for role = "R{n}"\n    only 100%' for n in range(30)]
    text = scheme(CARD, *cards)
    assert compiled(text).model.exclusive
    assert not compiled(scheme(CARD, *cards, 'scorecard more for role in "R7", "R31"\n    only 100%')).model.exclusive
    assert exact(worked_out(text), "scorecard") == ["c7", "c8"]


# ---------------------------------------------------------------- linear


@pytest.mark.parametrize("kind", size.KINDS)
def test_twice_the_lines_take_twice_the_steps(kind: str) -> None:
    """What is added to a scheme takes as many calls, of Python and of C, as what was there before.

    A step that goes through all the others takes three times as many for the second addition, a line for a line.
    """
    texts = [size.KINDS[kind](lines) for lines in SIZES.get(kind, (80, 160, 320))]
    size.checked(texts[0])  # what is made once is made
    lines = [text.count("\n") for text in texts]
    steps = [_steps(text) for text in texts]
    first = (steps[1] - steps[0]) / (lines[1] - lines[0])
    second = (steps[2] - steps[1]) / (lines[2] - lines[1])
    assert second < 1.2 * first, [count / line for count, line in zip(steps, lines, strict=True)]


SIZES: dict[str, tuple[int, int, int]] = {"indicators": (144, 269, 519)}
"""Lines where there is not a scheme of every size."""


def _steps(text: str) -> int:
    steps = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        size.checked(text)
    finally:
        sys.setprofile(before)
    return steps
