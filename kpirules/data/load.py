"""The one door in: tables as their contracts type them, or every fault of all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kpirules.data.arrow import arrow_type
from kpirules.data.bindings import Bindings
from kpirules.data.cells import Cells, Finding, read_cells
from kpirules.data.checks import reference_findings, row_findings
from kpirules.data.faults import DataFault, DataFaults
from kpirules.data.sources import Raw, from_frame, read_source, unknown_columns
from kpirules.model.contracts import Table
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.similar import similar


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a manifest says of one table's data.

    `source` is the file as the bindings name it, or `query`, `frame`. `sha256` is of the file's bytes; where there is
    no file, of the typed rows in sorted order, so of what was read and not of how. `encoding` is that of a CSV file.
    `rounded` counts the cells of each column whose float noise was dropped.
    """

    table: str
    source: str
    sha256: str
    rows: int
    encoding: str | None = None
    rounded: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Tables that keep their contracts, with the contract's columns in its order, and the facts of each.

    Numbers are `decimal128`, dates and periods (their first day) `date32`, texts `string`, yes and no `bool`; missing
    is null.
    """

    tables: Mapping[str, pa.Table]
    facts: tuple[TableFacts, ...]


def read_tables(contracts: Sequence[Table], bindings: Bindings) -> Loaded:
    """Read the table of every contract from where the bindings say it is.

    Raises:
        Fault: a table is not bound, or a source cannot be read or lacks a column; all such faults.
        DataFaults: data breaks its contract; every fault of every table.
    """

    def read(contract: Table) -> Raw:
        source = bindings.sources.get(contract.name)
        if source is None:
            near = similar(contract.name, bindings.sources)
            helps = (Note("similar", {"similar": near}),) if near else ()
            raise Fault([Diagnostic("KPI610", bindings.span, {"table": contract.name}, helps=helps)])
        if unknown := unknown_columns(contract, source):
            raise Fault(unknown)
        return read_source(contract, source, bindings.folder)

    return _loaded(contracts, read)


def typed_tables(contracts: Sequence[Table], frames: Mapping[str, object]) -> Loaded:
    """The table of every contract from an Arrow table, a pandas frame, or anything that gives Arrow data of itself.

    Raises:
        Fault: a table is not there, cannot be read or lacks a column; all such faults.
        DataFaults: data breaks its contract; every fault of every table.
    """

    def read(contract: Table) -> Raw:
        if contract.name not in frames:
            raise Fault([Diagnostic("KPI610", None, {"table": contract.name})])
        return from_frame(contract, frames[contract.name])

    return _loaded(contracts, read)


def _loaded(contracts: Sequence[Table], read: Callable[[Table], Raw]) -> Loaded:
    raws: dict[str, Raw] = {}
    broken: list[Diagnostic] = []
    for contract in contracts:
        try:
            raws[contract.name] = read(contract)
        except Fault as fault:
            broken += fault.diagnostics
    if broken:
        raise Fault(broken)
    cells = {contract.name: _cells(contract, raws[contract.name]) for contract in contracts}
    tables = {contract.name: _table(contract, cells[contract.name]) for contract in contracts}
    by_name = {contract.name: contract for contract in contracts}
    faults: list[DataFault] = []
    for contract in contracts:
        raw, table = raws[contract.name], tables[contract.name]
        findings = [finding for column in cells[contract.name].values() for finding in column.findings]
        findings += row_findings(contract, table, raw.numbers)
        findings += reference_findings(contract, tables, by_name)
        faults += _in_order(contract, raw, cells[contract.name], findings)
    if faults:
        raise DataFaults(faults)
    facts = (_facts(raws[name], tables[name], cells[name]) for name in tables)
    return Loaded(tables, tuple(facts))


def _cells(contract: Table, raw: Raw) -> dict[str, Cells]:
    return {column.name: read_cells(raw.cells.column(column.name), column) for column in contract.columns}


def _table(contract: Table, cells: Mapping[str, Cells]) -> pa.Table:
    columns = [cells[column.name].values for column in contract.columns]
    return pa.table(columns, pa.schema([(column.name, arrow_type(column.type)) for column in contract.columns]))


def _in_order(
    contract: Table, raw: Raw, cells: Mapping[str, Cells], findings: Sequence[Finding]
) -> Iterator[DataFault]:
    """The faults of one table by row, then by the order of columns; faults of a whole column first."""
    place = {column.name: index for index, column in enumerate(contract.columns)}
    faults = [*raw.faults]
    for finding in findings:
        faults += _data_faults(raw, cells, finding)
    yield from sorted(faults, key=lambda fault: (fault.row or 0, place.get(fault.column or "", -1)))


def _data_faults(raw: Raw, cells: Mapping[str, Cells], finding: Finding) -> Iterator[DataFault]:
    """The faults of one finding: the place where a fault, not a row, is looped over."""
    column = cells.get(finding.column or "")
    if column is not None and column.wrong_type is not None and not len(finding.rows):
        yield DataFault(
            finding.code, raw.place.table, raw.place.source, None, finding.column, column.wrong_type, finding.args
        )
        return
    rows = raw.numbers.take(finding.rows).to_pylist()
    each = {name: values.to_pylist() for name, values in finding.each.items()}
    if "value" not in each:
        assert column is not None, finding
        each["value"] = pc.cast(column.shown.take(finding.rows), pa.string()).to_pylist()
    for index, row in enumerate(rows):
        args: dict[str, Any] = {name: values[index] for name, values in each.items()}
        value = args.pop("value")
        yield DataFault(
            finding.code, raw.place.table, raw.place.source, row, finding.column, value, {**finding.args, **args}
        )


def _facts(raw: Raw, table: pa.Table, cells: Mapping[str, Cells]) -> TableFacts:
    return TableFacts(
        table=raw.place.table,
        source=str(raw.place.source),
        sha256=raw.sha256 or _fingerprint(table),
        rows=table.num_rows,
        encoding=raw.encoding,
        rounded={name: column.noise for name, column in cells.items() if column.noise},
    )


def _fingerprint(table: pa.Table) -> str:
    """The SHA-256 of the rows as CSV, in sorted order; a missing cell and an empty text differ."""
    plain = table.rename_columns([str(index) for index in range(table.num_columns)])
    plain = plain.take(pc.sort_indices(plain, sort_keys=[(name, "ascending") for name in plain.column_names]))
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(plain.rename_columns(table.column_names), sink, pa_csv.WriteOptions(quoting_style="all_valid"))
    return hashlib.sha256(sink.getvalue()).hexdigest()
