"""Advice: for whom, and how the figures in it read, the same in bulk as in the trace of one."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from kpirules.data.load import Loaded, typed_tables
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Engine
from kpirules.runs.explain import explained
from kpirules.runs.run import Result, read_period, run_scheme
from kpirules.values.units import Unit
from tests.helpers.schemes import compiled, scheme

Rows = Sequence[Sequence[str | None]]

STAFF = """
table staff
    staff_id text key
    name     text
    pay      money between -1_000_000_000 and 1_000_000_000
    part     number(6) optional
    share    percent(3)
    since    date optional
    from_quarter quarter
    away     bool
subject staff
"""
ITEMS = """
define quotient = part / 3
indicator one "One"
    actual  part
    target  8
    missing exclude
    score   achievement * 100, at most 100
    advice when score < 50 : "{name}: {pay}, {share}, {score} of 100"
    advice when actual is missing : "no {actual}; {since}, {from_quarter}, {away}"
    advice when actual >= 4 : "a third is {quotient}; {one.target} {achievement}"
scorecard s
    one 100% when away = false
"""
SCHEME = compiled(scheme(ITEMS, staff=STAFF))
ROWS = [
    ("E1", "Ann", "1234567.50", "1.5", "12.5%", "2020-01-05", "2025Q1", "false"),
    ("E2", "Bob", "-999.00", None, "0%", None, "2024Q4", "false"),
    ("E3", "Cho", "0.05", "4000.25", "100.125%", None, "2025Q1", "false"),
    ("E4", "Dee", "0.05", "1", "1%", None, "2025Q1", "true"),
    ("E5", "Eve", "1000", "4", "-0.05%", None, "2025Q1", "false"),
]


def _result(engine: Engine = duckdb, rows: Rows = ROWS) -> Result:
    return run_scheme(SCHEME, _loaded(rows), read_period("2025Q1", Unit.QUARTER), engine)


def _loaded(rows: Rows) -> Loaded:
    (contract,) = SCHEME.model.tables.values()
    columns = {
        column.name: pa.array([row[nth] for row in rows], pa.string()) for nth, column in enumerate(contract.columns)
    }
    return typed_tables((contract,), {"staff": pa.table(columns)})


def _advice(result: Result) -> dict[str, list[str] | None]:
    rows = result.items.to_pylist()
    return {row["key"]: row["advice"] for row in rows if row["item"] == "one"}


@pytest.mark.parametrize("engine", [duckdb, reference], ids=["duckdb", "reference"])
def test_texts_with_figures_as_people_read_them(engine: Engine) -> None:
    """E1 has 1.5 / 8 × 100 = 18.75; a third of 4000.25 is 1333.41666…; E4 is away, so the entry does not count."""
    assert _advice(_result(engine)) == {
        "E1": ["Ann: 1,234,567.50 CNY, 12.5%, 18.75 of 100"],
        "E2": ["no missing; missing, 2024Q4, false"],
        "E3": ["a third is 1,333.42; 8 50,003.13%"],
        "E4": None,
        "E5": ["a third is 1.33; 8 50%"],
    }


def test_the_trace_says_the_same() -> None:
    result, loaded = _result(), _loaded(ROWS)
    for key, texts in _advice(result).items():
        (item,) = [item for item in explained(SCHEME, loaded, result, key).items if item.name == "one"]
        assert [text.text for text in item.advice] == (texts or [])


def test_nobody_has_no_advice() -> None:
    assert _advice(_result(rows=[])) == {}


def test_words_alone_are_a_text_too() -> None:
    text = 'indicator one\n    actual base\n    score 1\n    advice when base > 0 CNY : ""\n    advice when base > 0 CNY : "so"'
    checked = compiled(scheme(text))
    (item,) = checked.plan.items
    assert [[piece.text for piece in text.pieces] for text in item.advice] == [[], ["so"]]
