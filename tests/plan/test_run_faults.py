"""`or else error` ends a run only where the value is needed: for whom, and in the branch that is taken."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.data.load import Loaded
from kpirules.engines import reference
from kpirules.engines.bulk import Bulk
from kpirules.engines.outcome import RunStopped
from kpirules.runs.run import params, read_period, run_scheme
from kpirules.source import Fault
from tests.helpers.schemes import ORDERS, Data, bindings, compiled, figures, scheme, tables_of

STAFF = """
table staff
    staff_id text key
    flag bool
    role text in "AE", "KA"
    x    integer optional
    y    integer optional
    z    percent optional
    base money
subject staff
"""
PEOPLE: Data = {
    "staff": [
        ("E1", "true", "AE", None, None, None, "1"),
        ("E2", "false", "AE", None, None, None, "1"),
        ("E3", "true", "KA", "5", None, "5%", "1"),
        ("E4", "false", "KA", None, "6", None, "1"),
    ]
}
LONG = ["E1", "E2", "E4"]
"""Whose `x` and `z` are missing."""


def _faults(*items: str, data: Data = PEOPLE) -> dict[str, list[object]]:
    return {key: list(subjects) for key, subjects in figures(scheme(*items, staff=STAFF), data).faults.items()}


@pytest.mark.parametrize(
    ("amount", "whose"),
    [
        ("base * (x or else error)", LONG),
        ("base * (if flag then (x or else error) else 1)", ["E1"]),
        ("base * (if flag then 1 else (x or else error))", ["E2", "E4"]),
        ("base * (x or else (y or else error))", ["E1", "E2"]),
        ("base * (if flag then (x or else (y or else error)) else 1)", ["E1"]),
        ('base * (if flag then (if role = "KA" then 1 else (x or else error)) else 2)', ["E1"]),
        ('by role\n        "AE" : base * (if flag then (y or else error) else 1)\n        else : 0', ["E1"]),
        ("base, at most 1元 * (x or else error)", LONG),
        ("by flag\n        true  : base * (x or else error)\n        false : 0", ["E1"]),
        ('by role\n        "KA" : 0\n        else :\n            by flag\n                true : base * (x or else error)\n                else : 1', ["E1"]),
        ("choose\n        when flag : 0\n        when (x or else error) > 3 : 1\n        else : 2", ["E2", "E4"]),
        ("choose\n        when (x or else error) > 3 : 1\n        when flag : 0\n        else : 2", LONG),
        ("by x or else error\n        > 3  : 1\n        else : 2", LONG),
        ("tiers base\n        up to 5 : 1%\n        above : z or else error", []),
        ("tiers base\n        up to 1 : 1%\n        above : z or else error", []),
        ("tiers base\n        up to 0.5 : 1%\n        above : z or else error", LONG),
        ("tiers base\n        up to 1 : 1%\n        up to 9元 * (x or else error) : 2%\n        above : 3%", []),
        ("tiers base\n        up to 0.5 : 1%\n        up to 9元 * (x or else error) : 2%\n        above : 3%", LONG),
        ("curve base\n        < 0 : 1元 * (x or else error)\n        0 : 0\n        9 : 9", []),
        ("curve base\n        < 9 : 1元 * (x or else error)\n        0 : 0\n        9 : 9", LONG),
    ],
)  # fmt: skip
def test_where_it_is_taken(amount: str, whose: list[str]) -> None:
    result = _faults(f"pay p\n    amount {amount}")
    assert result == ({"KPI702 p": whose} if whose else {})


@pytest.mark.parametrize(
    ("condition", "whose"),
    [
        ("flag or (x or else error) > 3", ["E2", "E4"]),
        ("flag and (x or else error) > 3", ["E1"]),
        ("not (flag or (x or else error) > 3)", ["E2", "E4"]),
        ("(x or else error) > 3 or flag", LONG),
        ("(x or else error) > 3 and flag", LONG),
        ('flag and role = "KA" and (x or else error) > 3', []),
        ('flag or (role = "KA" or (x or else error) > 3)', ["E2"]),
        ("flag or (x or else error) > 3 or (y or else error) > 3", ["E2", "E4"]),
        ("flag or risky > 3", ["E2", "E4"]),
        ('flag or (if role = "KA" then true else (x or else error) > 3)', ["E2"]),
    ],
)
def test_what_is_decided_asks_no_more(condition: str, whose: list[str]) -> None:
    """`and` and `or` go from left to right, as far as they must."""
    result = _faults(RISKY, f"pay p\n    amount base\n    when {condition}")
    assert {each for subjects in result.values() for each in subjects} == set(whose)


def test_what_is_decided_in_a_row_asks_no_more() -> None:
    """Also across the conditions of a filtered table and of what counts its rows."""
    orders = ORDERS + "    fee money optional"
    rows = [("1", "E1", "2025-01-02", "5", "won", None), ("2", "E2", "2025-01-02", "5", "lost", None)]
    data: Data = {**PEOPLE, "orders": rows}
    won = 'define won = orders where status = "won"'
    for where in ('orders where status = "won" and (fee or else error) > 3元', "won where (fee or else error) > 3元"):
        assert _faults(orders, won, f"define n = count({where})\npay p\n    amount n * 1元", data=data) == {
            "KPI702 n": ["E1"]
        }
    either = 'define n = count(orders where status = "lost" or (fee or else error) > 3元)\npay p\n    amount n * 1元'
    assert _faults(orders, either, data=data) == {"KPI702 n": ["E1"]}


RISKY = "define risky = x or else error"


@pytest.mark.parametrize(
    ("items", "whose"),
    [
        ("pay p\n    amount base", []),
        ("pay p\n    amount base * risky", LONG),
        ("define over = risky + 1\npay p\n    amount base * over", LONG),
        ("pay p\n    amount base * (if flag then risky else 1)", ["E1"]),
        ("define over = if flag then risky else 1\npay p\n    amount base * over", ["E1"]),
        ('define over = if flag then risky else 1\npay p for role = "KA"\n    amount base * over', []),
        ('pay p for role = "KA"\n    amount base * risky', ["E4"]),
        ('pay p when role = "KA"\n    amount base * risky', ["E4"]),
        ('pay p for role = "KA"\n    amount base * risky\npay q when flag\n    amount base * risky', ["E1", "E4"]),
        ("pay p when risky > 3\n    amount base", LONG),
        ("pay p for risky > 3\n    amount base", LONG),
        ("indicator i\n    actual risky\n    score actual", []),
        ("indicator i\n    actual risky\n    score actual\nscorecard s\n    i 100%", LONG),
        ('indicator i\n    actual risky\n    score actual\nindicator j\n    actual 1\n    score actual\nscorecard s for role = "KA"\n    i 100%\nscorecard t for role = "AE"\n    j 100%', ["E4"]),
        ("indicator i\n    actual risky\n    score actual\nindicator j\n    actual 1\n    score actual\nscorecard s\n    i 50% when flag\n    j 50%", ["E1"]),
        ('indicator i\n    actual 1\n    score actual\nscorecard s for role = "KA"\n    i 100%\n    adjust a = risky', ["E4"]),
        ('indicator i\n    actual 1\n    score actual\nscorecard s for role = "KA"\n    i 100% when risky > 2 or flag', ["E4"]),
        ("indicator i\n    actual 1\n    target risky\n    score by actual\n        > 3 : 1\n        else : 2\nscorecard s\n    i 100%", []),
        ('grade by risky\n    > 3 : "A"\n    else : "B"', LONG),
        ('grade by flag\n    true : "A"\n    false : "B"\ngate g when risky > 1\n    grade at most "B"', LONG),
        ('pay p for role = "KA"\n    amount base\ngate g when risky > 1\n    p at most 1', ["E4"]),
        ("pay p\n    amount base\ngate g when flag\n    p at most 1元 * risky", ["E1"]),
    ],
)  # fmt: skip
def test_where_a_value_is_needed(items: str, whose: list[str]) -> None:
    if "score by actual" in items:
        items = items.replace("actual 1\n", "actual y or else 1\n")
    result = _faults(RISKY, items)
    assert sorted({who for subjects in result.values() for who in subjects}, key=str) == whose
    assert set(result) <= {"KPI702 risky"}


def test_each_place_is_told_once() -> None:
    items = """
    pay p
        amount base * risky
    pay q
        amount base * (if flag then risky else 1)
    pay r
        amount 1元 * risky
    """
    assert _faults(RISKY, items) == {"KPI702 risky": LONG}


def test_a_subject_in_doubt_is_not_left_out_in_silence() -> None:
    staff = STAFF.replace("subject staff", "subject staff where (x or else error) > 3")
    worked_out = figures(scheme("pay p\n    amount base", staff=staff), PEOPLE)
    assert worked_out.faults == {"KPI702 subject": LONG}


ROWS: Data = {
    **PEOPLE,
    "orders": [
        ("1", "E1", "2025-01-01", "5", "won", None),
        ("2", "E1", "2025-01-01", "6", "won", "3"),
        ("3", "E2", "2025-01-01", "7", "lost", None),
        ("4", "E3", "2025-01-01", "8", "won", "1"),
        ("5", "E4", "2025-04-01", "8", "won", None),
    ],
}


@pytest.mark.parametrize(
    ("value", "whose"),
    [
        ("sum(orders.fee or else error)", ["E1", "E2"]),
        ('sum(orders.fee or else error where status = "won")', ["E1"]),
        ('sum(if orders.status = "lost" then (orders.fee or else error) else 0)', ["E2"]),
        ('sum(if orders.status = "lost" then 0 else (orders.fee or else error))', ["E1"]),
        ("count(orders where (fee or else error) > 2)", ["E1", "E2"]),
        ("max(orders.fee or else error) or else 0", ["E1", "E2"]),
        ("if flag then avg(orders.fee or else error) or else 0 else 0", ["E1"]),
    ],
)
def test_in_the_rows_of_an_aggregate(value: str, whose: list[str]) -> None:
    orders = ORDERS + "    fee money optional"
    pay = f"pay p\n    amount ({value}) * 1" if value.startswith("if") else f"pay p\n    amount {value}"
    pay = pay.replace("amount count", "amount 1元 * count")
    assert _faults(orders, pay, data=ROWS) == {"KPI702 p": whose}


def test_figures_of_those_who_have_them_are_right() -> None:
    orders = ORDERS + "    fee money optional"
    worked_out = figures(scheme(orders, "define a = sum(orders.fee or else error)", staff=STAFF), ROWS)
    assert worked_out.column("a")[2:] == [1, 0]
    assert worked_out.faults == {}


@pytest.mark.parametrize("engine", [reference, Bulk()])
def test_a_sum_past_its_bound_stops_the_run(engine: object) -> None:
    text = scheme(ORDERS, "define a = sum(orders.amount)", staff=STAFF)
    rows = [(str(nth), "E3", "2025-01-01", "60000000000000", "won") for nth in range(2)]
    checked = compiled(text)
    tables = tables_of(checked, {**PEOPLE, "orders": rows})
    given = params(read_period("2025Q1", checked.plan.period))
    with pytest.raises(RunStopped) as stopped:
        engine.run(checked.plan, tables, given, bindings(checked))  # type: ignore[attr-defined]  # both have it
    (fault,) = stopped.value.faults
    assert (fault.code, fault.subjects) == ("KPI701", ("E3",))
    assert (fault.item, fault.value) == ("a", Fraction(120_000_000_000_000))


def _told(text: str, data: Data) -> str:
    """What a run on DuckDB says of its faults, in English."""
    checked = compiled(text)
    loaded = Loaded(tables_of(checked, data), ())
    with pytest.raises(Fault) as stopped:
        run_scheme(checked, loaded, read_period("2025Q1", checked.plan.period))
    return stopped.value.text("en")


def test_a_sum_past_its_bound_names_item_subject_and_place() -> None:
    text = scheme(ORDERS, "pay a\n    amount sum(orders.amount) * 1%", staff=STAFF)
    rows = [(str(nth), who, "2025-01-01", "60000000000000", "won") for nth, who in enumerate(("E3", "E3", "E4", "E4"))]
    told = _told(text, {**PEOPLE, "orders": rows})
    line = next(nth for nth, line in enumerate(text.splitlines(), 1) if "amount sum" in line)
    assert told.splitlines()[0] == (
        f"small.kpi:{line}:12: error[KPI701]: `a` of `E3` comes to 120000000000000;"
        " it must lie from -99999999999999.99 to 99999999999999.99"
    )
    assert "^" * len("sum(orders.amount)") in told
    assert "help: 2 subjects: E3, E4" in told


def test_two_scorecards_name_both_and_the_subject() -> None:
    items = """
    indicator i
        actual 1
        score actual
    scorecard s for flag
        i 100%
    scorecard t for role = "KA"
        i 100%
    """
    told = _told(scheme(items, staff=STAFF), PEOPLE)
    assert "error[KPI703]: `s` and `t` both apply to `E3`" in told
    assert "^^^^^^^^^^^ " in told or "^" * len('role = "KA"') in told
    assert "`s` applies too" in told


def test_a_value_that_is_missing_and_required_names_item_subject_and_place() -> None:
    told = _told(scheme(RISKY, "pay p\n    amount base * risky", staff=STAFF), PEOPLE)
    assert "error[KPI702]: `risky` of `E1` has no value, and the rule says `or else error`" in told
    assert "define risky = x or else error" in told
