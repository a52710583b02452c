"""Pay that somebody was not considered for because there is no assessment: by item, and who."""

from __future__ import annotations

import pyarrow as pa
import pytest

from kpirules.data.load import typed_tables
from kpirules.runs.manifest import Done
from kpirules.runs.not_considered import by_item, counts
from kpirules.runs.run import Result, read_period, run_scheme
from tests.helpers.schemes import compiled, scheme

SCORED = """
indicator sales
    actual sum(orders.amount)
    target 100 CNY
    score  achievement * 100, at most 120
table orders
    staff_id text references staff
    day      date period
    amount   money
scorecard selling for role = "AE"
    sales 100%
pay bonus "Bonus"
    amount base * 10%
pay meals
    for role = "KA"
    amount 10 CNY
pay travel
    when base > 5_000 CNY
    amount 20 CNY
component shown
    amount base
"""
PAID_TO_ALL = "pay bonus\n    amount base * 10%"


def run(text: str, *, base: str = "2000") -> Result:
    """E1 is an AE, E2 and E3 are KAs; the last has the base pay that is given."""
    checked = compiled(text)
    staff = {"staff_id": ["E1", "E2", "E3"], "role": ["AE", "KA", "KA"], "base": ["1000", "1000", base]}
    frames = {"staff": pa.table(staff)}
    if "orders" in checked.model.tables:
        frames["orders"] = pa.table({"staff_id": ["E1"], "day": ["2025-01-09"], "amount": ["50"]})
    data = typed_tables(tuple(checked.model.tables.values()), frames, quarantine=True, subject="staff")
    return run_scheme(checked, data, read_period("2025Q1", checked.plan.period))


def rows(result: Result) -> list[tuple[str, str, str]]:
    return [(row["item"], row["key"], row["reason"]) for row in result.not_considered.to_pylist()]


def test_each_pay_item_without_a_for_and_who() -> None:
    """`meals` says whom it is for, and is paid to both; a component is no pay."""
    result = run(scheme(SCORED))
    assert result.scores.column("meals").to_pylist()[1] == 10
    assert rows(result) == [
        ("bonus", "E2", "no_scorecard"),
        ("bonus", "E3", "no_scorecard"),
        ("travel", "E2", "no_scorecard"),
        ("travel", "E3", "no_scorecard"),
    ]


def test_one_whose_own_row_was_set_aside_is_listed_for_every_item() -> None:
    """Whom an item is for is not known of a row that cannot be read."""
    result = run(scheme(SCORED), base="much")
    assert [row for row in rows(result) if row[1] == "E3"] == [
        ("bonus", "E3", "quarantined"),
        ("meals", "E3", "quarantined"),
        ("travel", "E3", "quarantined"),
    ]
    assert counts(result.not_considered) == {"bonus": 2, "meals": 1, "travel": 2}
    assert rows(run(scheme(PAID_TO_ALL), base="much")) == [("bonus", "E3", "quarantined")]


@pytest.mark.parametrize("text", [PAID_TO_ALL, SCORED.replace(' for role = "AE"', "")])
def test_nothing_where_everybody_is_assessed_or_nobody_needs_to_be(text: str) -> None:
    assert rows(run(scheme(text))) == []


def test_they_are_told_by_item(done: Done) -> None:
    """Of the small project: G1 has no scorecard, K1 nothing that is scored."""
    result = done.result
    told = [(pay.name, keys.to_pylist()) for pay, keys in by_item(done.compiled.model, result.not_considered)]
    assert told == [("bonus", ["G1", "K1"])]
