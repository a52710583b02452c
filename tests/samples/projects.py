"""A project as tests open it: compiled, its data read, its period fixed; run on both engines at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kpirules.compiling import Compiled, compile_file
from kpirules.data.bindings import load_bindings
from kpirules.data.load import Loaded, read_tables
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Outcome
from kpirules.plan.ir import Compute, Plan, Value
from kpirules.runs.run import Result, params, read_period, run_scheme
from kpirules.values.periods import Period
from tests.helpers.outcomes import exact


@dataclass(frozen=True, slots=True)
class Project:
    """A scheme with its data, for one period."""

    compiled: Compiled
    loaded: Loaded
    period: Period

    @property
    def plan(self) -> Plan:
        return self.compiled.plan

    @property
    def params(self) -> Mapping[str, Value]:
        return params(self.period)

    def result(self) -> Result:
        """The results, of DuckDB."""
        return run_scheme(self.compiled, self.loaded, self.period)

    def agreed(self) -> Outcome:
        """Every value of the plan's final relation, of DuckDB, proved equal to the reference engine's."""
        names = bindings(self.plan)
        fast = duckdb.run(self.plan, self.loaded.tables, self.params, names)
        slow = reference.run(self.plan, self.loaded.tables, self.params, names)
        for name in (self.plan.key, *names):
            assert exact(fast, name) == exact(slow, name), name
        assert fast.uncredited == slow.uncredited
        assert fast.undated == slow.undated
        assert fast.faults == slow.faults
        return fast


def open_project(bindings_file: Path, period: str) -> Project:
    """The project of a `kpirules.yaml`.

    Raises:
        Fault: anything is wrong with it.
    """
    bound = load_bindings(bindings_file)
    compiled = compile_file(bound.scheme, bound.scheme.name)
    loaded = read_tables(tuple(compiled.model.tables.values()), bound)
    return Project(compiled, loaded, read_period(period, compiled.plan.period))


def bindings(plan: Plan) -> list[str]:
    """Every value that the plan works out for a subject."""
    step = plan.step(plan.result)
    assert isinstance(step, Compute), step
    return [binding.name for binding in step.bindings]


def figures(outcome: Outcome, plan: Plan) -> dict[str, dict[str, Value]]:
    """Every value of an outcome, exact, by subject and name."""
    keys = [str(key) for key in exact(outcome, plan.key)]
    columns = {name: exact(outcome, name) for name in bindings(plan)}
    return {key: {name: column[index] for name, column in columns.items()} for index, key in enumerate(keys)}
