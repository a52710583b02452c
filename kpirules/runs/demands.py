"""What the rules require of the data, asked before anything is worked out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.arrow import flat
from kpirules.data.faults import DataFaults, Finding
from kpirules.data.load import BrokenContracts, Loaded
from kpirules.engines.bulk import Bulk
from kpirules.engines.outcome import Engine, RunStopped
from kpirules.plan.ir import Demand, Gather, Scan
from kpirules.runs.run import worked_out
from kpirules.source import Span
from kpirules.values.periods import Period


def required(
    compiled: Compiled, loaded: Loaded, period: Period, *, quarantine: bool = False, engine: Engine | None = None
) -> Loaded:
    """The data that keeps what the rules require of it.

    With `quarantine`, rows that do not are set aside, and with them the rows that refer to or match them, until all
    that is left does.

    Raises:
        DataFaults: rows break what is required (KPI670), and none are to be set aside.
        Fault: as `worked_out`.
    """
    contracts, subject = tuple(compiled.model.tables.values()), compiled.model.subject.table.name
    while unsound := _all_broken(compiled, loaded, period, engine or Bulk()):
        if not quarantine:
            raise DataFaults(loaded.groups(contracts, unsound))
        loaded = loaded.without(contracts, unsound, subject)
    return loaded


def with_demands(
    compiled: Compiled, broken: BrokenContracts, period: Period, engine: Engine | None = None
) -> DataFaults:
    """The faults of data that breaks its contracts, and those that what is sound in it has by what the rules require.

    What is asked of rows is asked of those whose values, and those of what they refer to, are sound as far as they are
    read. What adds rows up, or looks one up, is asked only where none of them is unsound: it would be of others else.
    """
    contracts = tuple(compiled.model.tables.values())
    groups, waiting = list(broken.groups), []
    for demand, rule in zip(compiled.plan.demands, compiled.model.demands, strict=True):
        read: dict[str, set[str]] = {}
        for scan in demand.steps:
            if isinstance(scan, Scan):
                read.setdefault(scan.table, set()).update(column for column, _ in scan.columns.values())
        adds_up = any(isinstance(step, Gather) and step.measures for step in demand.steps)
        sound, fewer = broken.sound(read, None if adds_up else demand.table)
        if fewer:
            waiting.append(demand.message)
        if fewer and (adds_up or _may_find_none(compiled, read, fewer)):
            continue
        try:
            findings = _broken(compiled, demand, rule.span, sound, period, engine or Bulk())
        except RunStopped:
            waiting.append(demand.message)
            continue
        groups += sound.groups(contracts, {demand.table: findings})
    order = [contract.name for contract in contracts]
    groups.sort(key=lambda group: order.index(group.place.table))
    return DataFaults(groups, tuple(dict.fromkeys(waiting)))


def _may_find_none(compiled: Compiled, read: Collection[str], fewer: Collection[str]) -> bool:
    """Whether a row may be taken for one that corresponds to none, because what it corresponds to is not among them."""
    columns = [column for name in read for column in compiled.model.tables[name].columns]
    return any(column.matches and column.references in fewer for column in columns)


def _all_broken(compiled: Compiled, loaded: Loaded, period: Period, engine: Engine) -> dict[str, list[Finding]]:
    """The rows that break what is required of them, by table."""
    by_table: dict[str, list[Finding]] = {}
    for demand, rule in zip(compiled.plan.demands, compiled.model.demands, strict=True):
        by_table.setdefault(demand.table, []).extend(_broken(compiled, demand, rule.span, loaded, period, engine))
    return {table: findings for table, findings in by_table.items() if findings}


def _broken(
    compiled: Compiled, demand: Demand, rule: Span, loaded: Loaded, period: Period, engine: Engine
) -> list[Finding]:
    """The rows that break a demand, if any do, each with its key and what it holds in the columns asked about."""
    rows = _rows(compiled, demand, loaded.tables, period, engine)
    if not len(rows):
        return []
    table = loaded.tables[demand.table]
    names = [*dict.fromkeys((*compiled.model.tables[demand.table].keys, *demand.columns))] or table.column_names
    broken = table.select(names).take(rows)
    cells = [flat(pc.cast(broken.column(nth), pa.string())) for nth in range(len(names))]
    pairs = [
        pc.binary_join_element_wise(name, pc.fill_null(cell, ""), " ") for name, cell in zip(names, cells, strict=True)
    ]
    holds = pc.binary_join_element_wise(*pairs, ", ")
    return [Finding("KPI670", demand.columns, rows, {"said": demand.message}, {"holds": holds}, rule=rule)]


def _rows(
    compiled: Compiled, demand: Demand, tables: Mapping[str, pa.Table], period: Period, engine: Engine
) -> pa.Array:
    """The places of the rows that break a demand, in order."""
    plan = compiled.plan.of_demand(demand)
    rows = worked_out(compiled, plan, tables, period, (), engine).subjects
    return flat(pc.cast(rows.column(plan.key), pa.int64()))
