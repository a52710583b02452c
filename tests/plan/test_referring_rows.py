"""Aggregates in a row's scope: over the rows that refer to that row."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import DATED, DEAL_ROWS, DEALS, Data, compiled, figures, scheme, told

ROWS: Data = {"staff": [("E1", "AE", "1000"), ("E2", "KA", "5")], **DEAL_ROWS}


@pytest.mark.parametrize(
    ("defines", "x"),
    [
        # D1 has 100 %, D2 90 %, D3 nothing: 100 + 180.
        ("define deals.given = sum(splits.share)\ndefine x = sum(deals.worth * deals.given)", [280, 0]),
        ("define x = sum(deals.worth * sum(splits.share))", [280, 0]),
        ("define x = count(deals where count(splits) = 0)", [0, 1]),
        ("define whole = deals where sum(splits.share) = 100%\ndefine x = sum(whole.worth)", [100, 0]),
        ("define x = sum(deals.worth where any(splits.share < 50%))", [100, 0]),
        ("define x = sum(deals.worth where all(splits.share > 50%))", [200, 300]),
        ("define x = sum(deals.worth * (max(splits.share) or else 1%))", [240, 3]),
        ("define x = sum(deals.worth * (round(avg(splits.share where note is missing), 4) or else 1%))", [240, 3]),
        ("define x = count(deals where max(splits.share) is missing)", [0, 1]),
        ("define x = count(deals where count distinct(splits.staff_id) = 2)", [1, 0]),
        # A split of D1 may name another than the one whose deal it is.
        ("define x = sum(deals.worth * sum(splits.share where staff_id = deals.staff_id))", [240, 0]),
        # In the share of each of its splits: 60 % of 100 and 90 % of 90 %, 40 % of 100.
        (
            "define deals.given = sum(splits.share)\ndefine x = sum(splits.share * deals.given)",
            [Fraction(141, 100), Fraction(2, 5)],
        ),
        # Beside what a row reads of its person.
        (
            """
            define all_of_it = sum(deals.worth)
            define deals.given = sum(splits.share)
            define x = sum(deals.worth * deals.given where worth * 2 > own.all_of_it) + sum(deals.worth * deals.given)
            """,
            [460, 0],
        ),
        # What is counted for a person's own row is counted for the person.
        ("define staff.all_of_it = sum(deals.worth)\ndefine x = staff.all_of_it + 1元", [301, 301]),
        (
            "define staff.all_of_it = sum(deals.worth)\ndefine x = count(deals where worth * 2 > staff.all_of_it)",
            [1, 1],
        ),
    ],
)
def test_figures(defines: str, x: list[int]) -> None:
    assert figures(scheme(DEALS, defines), ROWS).column("x") == x


def test_rows_count_in_the_interval_by_their_own_day() -> None:
    """Of 100 for one contract 60 came in the quarter before."""
    items = """
    table contracts
        contract text key
        staff_id text references staff
        signed   date period
        worth    money
    table receipts
        receipt  text key
        contract text references contracts
        came_on  date period
        amount   money
    define contracts.paid = sum(receipts.amount)
    define x = sum(contracts.paid)
    """
    rows: Data = {
        "staff": [("E1", "AE", "1")],
        "contracts": [("C", "E1", "2025-01-01", "100")],
        "receipts": [("1", "C", "2024-12-31", "60"), ("2", "C", "2025-03-31", "40"), ("3", "C", "2025-04-01", "7")],
    }
    assert figures(scheme(items), rows)["x"] == 40


def test_a_row_that_names_none_counts_for_none() -> None:
    items = DEALS.replace("deal_id  text references deals", "deal_id  text optional references deals").replace(
        "note     text optional", "day      date period"
    )
    rows: Data = {**ROWS, "splits": [("1", "D1", "E1", "60%", "2025-01-01"), ("2", None, "E1", "40%", "2025-01-01")]}
    worked_out = figures(scheme(items, "define deals.n = count(splits)\ndefine x = sum(deals.n)"), rows)
    assert worked_out.column("x") == [1, 0]


def test_rows_that_refer_by_way_of_others_and_rows_within_rows() -> None:
    """Parts of splits of deals: counted for the deal at once, or for each split first."""
    parts = """
    table parts
        part_id  text key
        split_id text references splits
        pieces   integer between 0 and 9
    """
    rows: Data = {**ROWS, "parts": [("1", "1", "2"), ("2", "1", "3"), ("3", "2", "4"), ("4", "3", "9")]}
    defines = """
    define x = sum(deals.worth * sum(parts.pieces))
    define splits.pieces = sum(parts.pieces)
    define y = sum(deals.worth * sum(splits.pieces))
    define z = sum(deals.worth * sum(splits.share * sum(parts.pieces)))
    define v = sum(deals.worth where any(splits.share > 50% and count(parts) > 1))
    """
    worked_out = figures(scheme(DEALS, parts, defines), rows)
    # D1 has nine pieces, D2 nine: 900 + 1800. By share 5 * 60 % + 4 * 40 % = 4.6, 9 * 90 % = 8.1.
    assert worked_out.column("x") == worked_out.column("y") == [2700, 0]
    assert worked_out.column("z") == [2080, 0]
    assert worked_out.column("v") == [100, 0]


def test_a_persons_row_may_read_what_is_counted_for_another() -> None:
    items = """
    table teams
        team   text key
        target money
    table staff
        staff_id text key
        team     text optional references teams
    subject staff
    table costs
        cost_id text key
        team    text references teams
        day     date period
        amount  money
    define teams.spent = sum(costs.amount)
    define x = (teams.spent or else 1元) * 2
    define y = teams.target is present and (teams.spent or else 0元) > 10元
    """
    rows: Data = {
        "teams": [("T", "1"), ("U", "1")],
        "staff": [("E1", "T"), ("E2", "T"), ("E3", "U"), ("E4", None)],
        "costs": [("1", "T", "2025-01-01", "7"), ("2", "T", "2025-01-02", "8"), ("3", "U", "2025-04-01", "9")],
    }
    worked_out = figures(scheme(items, staff=""), rows)
    assert worked_out.column("x") == [30, 30, 0, 2]
    assert worked_out.column("y") == [True, True, False, False]


def test_a_fault_of_a_row_that_is_counted_is_told() -> None:
    items = DEALS.replace("note     text optional", "bonus    money optional")
    rows: Data = {**ROWS, "splits": [("1", "D1", "E1", "60%", "5"), ("2", "D2", "E2", "40%", None)]}
    written = "pay x\n    amount sum(deals.worth + sum(splits.bonus or else error))"
    assert figures(scheme(items, written), rows).faults == {"KPI702 x": ["E1"]}


@pytest.mark.parametrize(
    "written",
    [
        'require for each deals sum(deals.worth) > 0 : "x"',
        'require for each splits sum(deals.worth) > 0 : "x"',
        "define x = sum(splits.share * sum(deals.worth))",
    ],
)
def test_rows_that_do_not_refer_to_the_row_are_not_counted(written: str) -> None:
    assert [code for code, _ in told(scheme(DEALS, written))] == ["KPI526"]


def test_a_row_of_a_period_is_not_one_row() -> None:
    plans = "table plans\n    plan text key\n    of month period\n    most money"
    lines = "table lines\n    line text key\n    plan text references plans\n    day date period\n    cost money"
    written = 'require for each plans sum(lines.cost) < 5 : "x"'
    assert told(scheme(plans, lines, written)) == [("KPI321", "sum(lines.cost)")]


def test_a_person_in_force_on_a_day_is_not_one_row() -> None:
    written = 'require for each staff sum(deals.worth) < 5 : "x"'
    assert told(scheme(DEALS, written, staff=DATED)) == [("KPI321", "sum(deals.worth)")]


def test_the_other_table_is_counted_once_for_each_row() -> None:
    """A deal's worth would count once for each of its splits, also where they are counted for the deal."""
    written = "define x = sum(deals.worth + sum(deals.worth * 2 + splits.share * 1元))"
    assert [code for code, _ in told(scheme(DEALS, written))] == ["KPI527"]


def test_of_several_references_the_one_with_the_rows_name_counts() -> None:
    more = "table more\n    id text key\n    day date period\n    first text references deals"
    more += "\n    deals text references deals"
    checked = compiled(scheme(DEALS, more, 'require for each deals count(more) = 0 : "x"'))
    (demand,) = checked.model.demands
    assert "more.deals" in [on for step in checked.plan.demands[0].steps for on in _joined(step)]
    assert demand.table == "deals"


def _joined(step: object) -> list[str]:
    return [theirs for _, theirs in getattr(step, "on", ())]
