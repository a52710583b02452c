"""What a trace calls a figure follows from what it is, never from letters of its name."""

from __future__ import annotations

import pytest

from kpirules.runs.run import params, read_period
from kpirules.trace import explain
from kpirules.trace.text import render
from tests.helpers.schemes import Data, compiled, scheme, tables_of

STAFF = """
table staff
    staff_id    text key
    weighted    money
    adjustments money
subject staff
"""
TEXT = scheme(
    """
    pay bonus
        amount weighted + adjustments
    """,
    staff=STAFF,
)
DATA: Data = {"staff": [("E1", "1000", "2000")]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_column_is_called_as_its_table_calls_it(lang: str) -> None:
    checked = compiled(TEXT)
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, DATA), given, "E1", "bonus", {}, period="2025Q1")
    told = [line.strip() for line in render(trace, lang).splitlines()]
    assert "staff.weighted = 1,000.00 CNY" in told
    assert "staff.adjustments = 2,000.00 CNY" in told
