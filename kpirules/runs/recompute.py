"""A run worked out a second time from what its folder keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from kpirules.compiling import Compiled
from kpirules.data.arrow import arrow_type
from kpirules.data.faults import Place
from kpirules.data.load import Loaded, TableFacts, check_typed
from kpirules.data.quarantine import recorded_quarantine
from kpirules.engines import reference
from kpirules.engines.outcome import Engine, Outcome
from kpirules.plan.ir import Plan, Value
from kpirules.records import dataclass
from kpirules.runs.demands import required
from kpirules.runs.evidence import Evidence, Unfit, not_a_run
from kpirules.runs.inputs import NUMBER
from kpirules.runs.manifest import NAME
from kpirules.runs.run import Result, run_scheme


@dataclass(frozen=True, slots=True)
class Some:
    """The reference engine for the subjects of some keys alone."""

    keys: Sequence[Value]

    def run(
        self, plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], columns: Sequence[str]
    ) -> Outcome:
        """As `Engine.run`, for these subjects."""
        return reference.run_some(plan, tables, params, columns, self.keys)


def kept_inputs(evidence: Evidence, compiled: Compiled, quarantine: pa.Table) -> Loaded:
    """The tables that the folder keeps, with the rows that the run set aside, which are taken as recorded.

    `facts` are those of the manifest, but for `rows`, which are counted.

    Raises:
        Fault: a table is missing, or has other columns than its contract (KPI730).
    """
    facts = tuple(TableFacts(**source) for source in evidence.manifest["inputs"])
    contracts = compiled.model.tables
    if sorted(fact.table for fact in facts) != sorted(contracts):
        raise not_a_run(evidence.folder, NAME, Unfit.TABLES)
    tables = {}
    for name, contract in contracts.items():
        schema = pa.schema([(column.name, arrow_type(column.type)) for column in contract.columns])
        tables[name] = evidence.table(f"inputs/{name}.parquet", schema.append(pa.field(NUMBER, pa.int64())))
    subject = compiled.model.subject
    keys = tables[subject.table.name].column(subject.key)
    aside = recorded_quarantine(quarantine, subject.table.name, keys)
    rows = {name: table.num_rows + aside.counts.get(name, 0) for name, table in tables.items()}
    return Loaded(
        {name: table.drop_columns(NUMBER) for name, table in tables.items()},
        tuple(replace(fact, rows=rows[fact.table]) for fact in facts),
        {fact.table: Place(fact.table, fact.source, None) for fact in facts},
        {name: table.column(NUMBER).combine_chunks() for name, table in tables.items()},
        aside,
    )


def recomputed(
    evidence: Evidence, compiled: Compiled, loaded: Loaded, quarantine: pa.Table, engine: Engine | None = None
) -> Result:
    """The results that the kept tables give on an engine, that of runs where none is given.

    Raises:
        DataFaults: the tables break their contracts, or what the rules require of them.
        Fault: the run itself finds a fault.
    """
    check_typed(tuple(compiled.model.tables.values()), loaded)
    loaded = required(compiled, loaded, evidence.period, engine=engine)
    return replace(run_scheme(compiled, loaded, evidence.period, engine), quarantine=quarantine)
