"""What the rules require of the data, asked before anything is worked out."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.arrow import arrow_type, counting, flat
from kpirules.data.faults import Finding
from kpirules.data.load import Loaded
from kpirules.engines import duckdb
from kpirules.engines.outcome import Engine
from kpirules.plan.ir import ROW, Demand
from kpirules.runs.run import params
from kpirules.values.periods import Period

_WHOLE = pa.decimal128(19)
"""Holds every number of 64 bits."""


def required(
    compiled: Compiled, loaded: Loaded, period: Period, *, quarantine: bool = False, engine: Engine = duckdb
) -> Loaded:
    """The data that keeps what the rules require of it.

    With `quarantine`, rows that do not are set aside, and with them what refers to them, until all that is left does.

    Raises:
        DataFaults: rows break what is required (KPI670), and none are to be set aside.
        RunStopped: a value that is needed to tell is past its bounds.
    """
    contracts, subject = tuple(compiled.model.tables.values()), compiled.model.subject.table.name
    while found := _broken(compiled, loaded, period, engine):
        if not quarantine:
            raise loaded.refused(contracts, found)
        loaded = loaded.without(contracts, found, subject)
    return loaded


def _broken(compiled: Compiled, loaded: Loaded, period: Period, engine: Engine) -> dict[str, list[Finding]]:
    """The rows that break what is required of them, by table."""
    found: dict[str, list[Finding]] = {}
    for demand in compiled.plan.demands:
        rows = _rows(compiled, demand, loaded.tables, period, engine)
        if len(rows):
            args = {"said": demand.message}
            found.setdefault(demand.table, []).append(Finding("KPI670", demand.columns, rows, args))
    return found


def _rows(
    compiled: Compiled, demand: Demand, tables: Mapping[str, pa.Table], period: Period, engine: Engine
) -> pa.Array:
    """The places of the rows that break a demand, in order."""
    plan, table = compiled.plan.of_demand(demand), tables[demand.table]
    place = counting(0, table.num_rows).cast(_WHOLE).cast(arrow_type(plan.key_type))
    asked = {**tables, demand.table: table.append_column(ROW, place)}
    return flat(pc.cast(engine.run(plan, asked, params(period), ()).subjects.column(plan.key), pa.int64()))
