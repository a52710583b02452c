"""The engine of runs: DuckDB, and where it does not finish, the reference engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from kpirules.engines import duckdb, reference
from kpirules.engines.duckdb import Limits
from kpirules.engines.failure import EngineError
from kpirules.plan.ir import Scan
from kpirules.records import dataclass

if TYPE_CHECKING:
    import pyarrow as pa

    from kpirules.engines.outcome import Outcome
    from kpirules.plan.ir import Plan, Value

REFERENCE_ROWS = 200_000
"""Up to so many rows of input, the reference engine takes over what DuckDB does not finish."""

DEFAULT_LIMITS = Limits(seconds=600)
"""What DuckDB may use where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """DuckDB within `limits`; `failures` has what it did not finish and the reference engine has worked out instead."""

    limits: Limits = DEFAULT_LIMITS
    failures: list[EngineError] = field(default_factory=list)

    def run(
        self, plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], columns: Sequence[str]
    ) -> Outcome:
        """As `Engine.run`.

        Raises:
            EngineError: DuckDB did not finish, and memory or disk ran out, or there are more than `REFERENCE_ROWS`.
            RunStopped: DuckDB did not finish since a value is past its bounds.
        """
        try:
            return duckdb.run(plan, tables, params, columns, self.limits)
        except EngineError as failure:
            read = {step.table for step in plan.steps if isinstance(step, Scan)}
            if failure.starved or sum(tables[name].num_rows for name in read) > REFERENCE_ROWS:
                raise
            outcome = reference.run(plan, tables, params, columns)
            self.failures.append(failure)
            return outcome
