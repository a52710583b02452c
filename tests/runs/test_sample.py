"""Some subjects of every run are worked out by the reference engine too, and nothing is kept where the figures differ."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from kpirules.engines import duckdb, reference
from kpirules.engines.bulk import Bulk
from kpirules.engines.duckdb import Limits
from kpirules.runs import sample
from kpirules.runs.folder import save
from kpirules.runs.run import columns, run_scheme, worked_out
from kpirules.runs.sample import Disagreement, drawn, hold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kpirules.engines.outcome import Engine, Outcome
    from kpirules.plan.ir import Plan, Value
    from kpirules.runs.manifest import Done

SUBJECTS = ["G1", "K1", "K2", "S1", "S2"]


def outcome(done: Done, engine: Engine) -> Outcome:
    plan = done.compiled.plan
    return worked_out(done.compiled, plan, done.loaded.tables, done.result.period, columns(plan), engine)


def test_a_run_tells_whom_it_drew(once: Done) -> None:
    assert once.sample is not None
    assert sorted(once.sample.subjects) == SUBJECTS
    assert list(once.sample.subjects) == drawn(once.result.scores, "staff_id", 20, once.sample.seed)


def test_it_stands_in_the_manifest(done: Done, tmp_path: Path) -> None:
    folder = save(replace(done, sample=sample.Sample(7, ("S1", "K1"))), tmp_path / "run", numbered=False)
    engine = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["engine"]
    assert engine["sample"] == {"engine": "reference", "seed": 7, "subjects": ["S1", "K1"]}
    assert engine["failures"] == []


@pytest.mark.parametrize(("size", "count"), [(1, 1), (3, 3), (5, 5), (20, 5)])
def test_as_many_as_are_asked_for(once: Done, size: int, count: int) -> None:
    held = hold(once.compiled, once.loaded, once.result.period, outcome(once, duckdb), size)
    assert held is not None
    assert len(set(held.subjects)) == count


def test_nobody_is_drawn_where_nobody_is_asked_for_or_the_reference_engine_ran(once: Done) -> None:
    assert hold(once.compiled, once.loaded, once.result.period, outcome(once, duckdb), 0) is None
    assert hold(once.compiled, once.loaded, once.result.period, outcome(once, reference)) is None


def test_the_reference_engine_takes_over(once: Done) -> None:
    engine = Bulk(Limits(seconds=0))
    result = run_scheme(once.compiled, once.loaded, once.result.period, engine)
    assert result.engine == "reference"
    assert result.scores == once.result.scores
    assert [failure.reason for failure in engine.failures] == ["time"]


class Wrong:
    """DuckDB, but for a figure of one subject."""

    def __init__(self, figure: str, subject: str) -> None:
        self.figure, self.subject = figure, subject

    def run(
        self, plan: Plan, tables: Mapping[str, pa.Table], given: Mapping[str, Value], names: Sequence[str]
    ) -> Outcome:
        """As `Engine.run`."""
        outcome = duckdb.run(plan, tables, given, names)
        table = outcome.subjects
        place = table.column_names.index(self.figure)
        keys, column = table.column(plan.key).to_pylist(), table.column(place).to_pylist()
        changed = [None if key == self.subject else value for key, value in zip(keys, column, strict=True)]
        array = pa.array(changed, table.schema.field(place).type)
        return replace(outcome, subjects=table.set_column(place, self.figure, array))


def test_a_figure_that_differs_is_named(once: Done) -> None:
    wrong = outcome(once, Wrong("bonus", "S1"))
    with pytest.raises(Disagreement) as stopped:
        hold(once.compiled, once.loaded, once.result.period, wrong)
    (fault,) = stopped.value.diagnostics
    assert fault.code == "KPI749"
    assert (fault.args["subject"], fault.args["figure"], fault.args["exact"]) == ("S1", "bonus", "100.01")
    assert stopped.value.ours


def test_whoever_is_drawn_is_drawn_again_by_the_seed() -> None:
    people = pa.table({"id": [str(nth) for nth in range(1000)]})
    assert drawn(people, "id", 20, 7) == drawn(people, "id", 20, 7) != drawn(people, "id", 20, 8)
    assert len(set(drawn(people, "id", 20, 7))) == 20
