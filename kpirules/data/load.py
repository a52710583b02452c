"""The one door in: tables as their contracts type them, or every fault of all of them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kpirules.data.arrow import arrow_type, counting, each, flat
from kpirules.data.bindings import Bindings
from kpirules.data.cells import Cells, read_cells, typed_findings
from kpirules.data.checks import reference_findings, row_findings
from kpirules.data.faults import DataFaults, Finding, Group, Place
from kpirules.data.parquet_table import ByName, ParquetTable, RowNumbers
from kpirules.data.quarantine import Origin, Quarantine, set_aside
from kpirules.data.sources import Raw, Sources, from_frame
from kpirules.data.spelling import decomposed_references, warnings
from kpirules.model.contracts import Column, Table
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.similar import did_you_mean, similar


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a manifest says of one table's data.

    `source` is the file as the bindings name it, or `query`, `frame`. `sha256` is of the file's bytes; where there is
    no file, of the typed rows in sorted order, so of what was read and not of how. `encoding` is that of a CSV file,
    `guessed` if it was found from the bytes and is not UTF-8. `rows` counts all that were read, those set aside too.
    `rounded` counts the cells of each column whose float noise was dropped, `units` has what the figures of a column
    were multiplied by. `hidden` counts the rows that are hidden in their sheet; they are read like others. `in_place`
    says whether the table was read where it lies, so that the file holds its values as its contract types them.
    """

    table: str
    source: str
    sha256: str
    rows: int
    encoding: str | None = None
    guessed: bool = False
    rounded: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    hidden: int = 0
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """Tables that keep their contracts, with the contract's columns in its order, and the facts of each.

    Numbers are `decimal128`, dates and periods (their first day) `date32`, texts `string`, yes and no `bool`; missing
    is null. A table that is read where it lies is a `ParquetTable`. `places` says where each table comes from, and
    `numbers` the number of each of its rows there, as a person counts them; they name rows, and enter no figure.
    `quarantine` has the rows that were set aside. `warnings` cover all rows that were read: values that break no
    contract but may be mistakes.
    """

    tables: Mapping[str, pa.Table]
    facts: tuple[TableFacts, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    numbers: Mapping[str, pa.Array] = field(default_factory=dict)
    quarantine: Quarantine = field(default_factory=Quarantine)
    warnings: tuple[Group, ...] = ()

    def groups(self, contracts: Sequence[Table], findings: Mapping[str, Sequence[Finding]]) -> list[Group]:
        """What is found in the rows, by table, told by row number and by what the cells show."""
        groups: list[Group] = []
        for contract in contracts:
            if contract.name in findings:
                groups += self._origin(contract.name).groups(contract, findings[contract.name])
        return groups

    def without(
        self, contracts: Sequence[Table], by_table: Mapping[str, Sequence[Finding]], subject: str | None = None
    ) -> Loaded:
        """The tables without the rows in which something is found, and without those that refer to or match them."""
        return _parted(contracts, self, {name: self._origin(name) for name in self.tables}, by_table, subject)

    def _origin(self, table: str) -> Origin:
        cells = self.tables[table]
        return Origin(self.places[table], self.numbers[table], ByName(cells))


class BrokenContracts(DataFaults):
    """Data that breaks its contracts, and what was read of it, sound or not."""

    def __init__(
        self,
        contracts: Sequence[Table],
        loaded: Loaded,
        origins: Mapping[str, Origin],
        by_table: Mapping[str, Sequence[Finding]],
    ) -> None:
        self._contracts = contracts
        self._loaded = loaded
        self._origins = origins
        self._by_table = by_table
        told = by_table
        if any(origin.lost for origin in origins.values()):
            told = _told_once(contracts, by_table, origins)
        super().__init__(
            [group for contract in contracts for group in origins[contract.name].groups(contract, told[contract.name])]
        )

    def sound(self, read: Mapping[str, Collection[str]], twice: str | None = None) -> tuple[Loaded, frozenset[str]]:
        """Some tables without their unsound rows and those that refer to or match these; and which of them lack rows.

        `read` has the columns that are read of each table: a row is unsound where something is wrong in one of them.
        A column that cannot be read at all leaves its table no row. In the table `twice`, rows of one key are sound.
        """
        contracts = [contract for contract in self._contracts if contract.name in read]
        origins = {name: self._origins[name] for name in read}
        sound_findings = {
            contract.name: [
                replace(finding, rows=counting(0, self._loaded.tables[contract.name].num_rows))
                if finding.whole
                else finding
                for finding in self._by_table[contract.name]
                if (not finding.columns or set(finding.columns) & set(read[contract.name]))
                and not (contract.name == twice and finding.others is not None)
            ]
            for contract in contracts
        }
        tables = {name: self._loaded.tables[name] for name in read}
        whole = replace(self._loaded, tables=tables, numbers={name: self._loaded.numbers[name] for name in read})
        kept = _parted(contracts, whole, origins, sound_findings, None)
        fewer = {name for name in read if kept.tables[name].num_rows < tables[name].num_rows}
        return kept, frozenset(fewer | {name for name in read if origins[name].lost})


def read_tables(
    contracts: Sequence[Table],
    bindings: Bindings,
    *,
    quarantine: bool = False,
    subject: str | None = None,
    sources: Sources | None = None,
) -> Loaded:
    """Read the table of every contract from where the bindings say it is.

    With `quarantine`, rows that break their contract are set aside, and with them the rows that refer to them or match
    them; `subject` is then the table of those who are scored. `sources` are those of the bindings, some of them read.

    Raises:
        Fault: a table is not bound, or a source cannot be read or lacks a column; all such faults.
        BrokenContracts: data breaks its contract; every fault of every table. With `quarantine`: the values of a
            whole column cannot be read.
    """
    return _loaded(contracts, (sources or Sources(bindings)).rows, quarantine=quarantine, subject=subject)


def typed_tables(
    contracts: Sequence[Table], frames: Mapping[str, object], *, quarantine: bool = False, subject: str | None = None
) -> Loaded:
    """The table of every contract from an Arrow table, a pandas frame, or anything that gives Arrow data of itself.

    With `quarantine`, rows that break their contract are set aside, and with them the rows that refer to them or match
    them; `subject` is then the table of those who are scored.

    Raises:
        Fault: a table is not there, cannot be read or lacks a column, or there is one that no contract is for; all such
            faults.
        BrokenContracts: as `read_tables` does.
    """
    known = [contract.name for contract in contracts]
    unknown = [name for name in map(str, frames) if name not in known]
    offered = {name: similar(name, unknown) for name in known if name not in frames}

    def read(contract: Table) -> Raw:
        if contract.name not in frames:
            near = offered[contract.name]
            helps = (Note("similar", {"similar": near}),) if near else ()
            raise Fault([Diagnostic("KPI610", None, {"table": contract.name}, helps=helps)])
        return from_frame(contract, frames[contract.name])

    others = [name for name in unknown if name not in offered.values()]
    return _loaded(contracts, read, [_no_table(name, known) for name in others], quarantine=quarantine, subject=subject)


def check_typed(contracts: Sequence[Table], loaded: Loaded) -> None:
    """Hold tables that were typed before to their contracts once more.

    Raises:
        DataFaults: a table breaks its contract; every fault of every table.
    """
    by_name = {contract.name: contract for contract in contracts}
    by_table: dict[str, list[Finding]] = {}
    for contract in contracts:
        table = loaded.tables[contract.name]
        cells = [
            finding for column in contract.columns for finding in typed_findings(table.column(column.name), column)
        ]
        references = reference_findings(contract, loaded.tables, by_name)
        by_table[contract.name] = [*cells, *row_findings(contract, table), *references]
    if any(by_table.values()):
        raise DataFaults(loaded.groups(contracts, by_table))


def typed_warnings(contracts: Sequence[Table], loaded: Loaded, looked_at: Sequence[Table] | None = None) -> list[Group]:
    """Warnings about typed tables, or only about those `looked_at`, in order of table: possible mistakes, no faults."""
    by_name = {contract.name: contract for contract in contracts}
    some = contracts if looked_at is None else looked_at
    warned = each(lambda contract: list(warnings(contract, loaded.tables, by_name)), some)
    return loaded.groups(some, {contract.name: findings for contract, findings in zip(some, warned, strict=True)})


def _no_table(name: str, known: Sequence[str]) -> Diagnostic:
    helps = (*did_you_mean(name, known), Note("known", {"known": known}))
    return Diagnostic("KPI657", None, {"name": name}, helps=helps)


def _loaded(
    contracts: Sequence[Table],
    read: Callable[[Table], Raw],
    faults: Sequence[Diagnostic] = (),
    *,
    quarantine: bool,
    subject: str | None,
) -> Loaded:
    raws: dict[str, Raw] = {}
    unread = list(faults)
    for contract in contracts:
        try:
            raws[contract.name] = read(contract)
        except Fault as fault:
            unread += fault.diagnostics
    if unread:
        raise Fault(unread)
    cells = table_cells(contracts, raws)
    tables = {contract.name: typed_table(contract, cells[contract.name]) for contract in contracts}
    facts = tuple(
        table_facts(contract, raws[contract.name], tables[contract.name], cells[contract.name])
        for contract in contracts
    )
    by_table = table_findings(contracts, tables, cells, {name: raw.numbers for name, raw in raws.items()})
    origins = {name: _origin(raws[name], cells[name]) for name in tables}
    places = {name: origin.place for name, origin in origins.items()}
    numbers = {name: origin.numbers for name, origin in origins.items()}
    loaded = Loaded(tables, facts, places, numbers)
    broken = any(by_table.values()) or any(origin.lost for origin in origins.values())
    whole = any(finding.whole for findings in by_table.values() for finding in findings)
    if whole or (broken and not quarantine):
        raise BrokenContracts(contracts, loaded, origins, by_table)
    loaded = replace(loaded, warnings=tuple(typed_warnings(contracts, loaded)))
    return _parted(contracts, loaded, origins, by_table, subject) if broken else loaded


def _told_once(
    contracts: Sequence[Table], by_table: Mapping[str, Sequence[Finding]], origins: Mapping[str, Origin]
) -> dict[str, list[Finding]]:
    """What is found, less references to what may stand in a row that could not be read, which is told itself."""
    unread = {name: _cells_of(origin.lost) for name, origin in origins.items() if origin.lost}
    kept: dict[str, list[Finding]] = {contract.name: [] for contract in contracts}
    for name, findings in by_table.items():
        for finding in findings:
            cells = unread.get(str(finding.args.get("target")))
            if finding.code == "KPI648" and cells is not None:
                values = pc.cast(origins[name].shown[finding.columns[0]].take(finding.rows), pa.string())
                kept_rows = flat(pc.invert(pc.is_in(pc.utf8_trim_whitespace(values), value_set=cells)))
                rows, near = (
                    finding.rows.filter(kept_rows),
                    {key: some.filter(kept_rows) for key, some in finding.each.items()},
                )
                finding = replace(finding, rows=rows, each=near)  # noqa: PLW2901  # the same, less some rows
            if finding.whole or len(finding.rows):
                kept[name].append(finding)
    return kept


def _cells_of(lost: Sequence[Group]) -> pa.Array:
    """The texts that stand between commas in rows of another width than the header's."""
    texts = [text for group in lost for text in group.values.to_pylist() if text is not None]
    return pa.array([cell.strip() for row in csv.reader(texts) for cell in row], pa.string())


def _parted(
    contracts: Sequence[Table],
    loaded: Loaded,
    origins: Mapping[str, Origin],
    by_table: Mapping[str, Sequence[Finding]],
    subject: str | None,
) -> Loaded:
    """The tables without the rows in which something is found, and without those that refer to or match them."""
    kept, quarantine = set_aside(contracts, loaded.tables, origins, by_table, subject)
    return replace(
        loaded,
        tables={name: _filtered(table, kept[name]) for name, table in loaded.tables.items()},
        numbers={name: _filtered(numbers, kept[name]) for name, numbers in loaded.numbers.items()},
        quarantine=loaded.quarantine.with_more(quarantine),
    )


def _filtered(rows: pa.Table | pa.Array | ParquetTable | RowNumbers, kept: pa.Array) -> pa.Table | pa.Array:
    assert not isinstance(rows, ParquetTable | RowNumbers), "a table with faults is never read where it lies"
    return rows.filter(kept)


def table_findings(
    contracts: Sequence[Table],
    tables: Mapping[str, pa.Table | ParquetTable],
    cells: Mapping[str, Mapping[str, Cells]],
    numbers: Mapping[str, pa.Array | RowNumbers],
    referred: Sequence[Table] | None = None,
) -> dict[str, list[Finding]]:
    """What is wrong in the rows of each table; nothing is said of references to a key that cannot be read at all.

    `referred` are the tables that their rows may refer to, where there are more; those are shown as they are.
    """
    read = [
        contract
        for contract in referred or contracts
        if not any(cells[contract.name][key].unread for key in contract.keys if contract.name in cells)
    ]
    by_name = {contract.name: contract for contract in read}
    shown: dict[str, Mapping[str, pa.ChunkedArray]] = {
        name: {column: cell.shown for column, cell in cells[name].items()} if name in cells else ByName(table)
        for name, table in tables.items()
    }

    def of_rows(contract: Table) -> list[Finding]:
        dated = contract.active
        unsure = [finding.rows for finding in cells[contract.name][dated.ends].findings] if dated else []
        return row_findings(contract, tables[contract.name], unsure)

    def of_references(contract: Table) -> list[Finding]:
        return [
            *decomposed_references(contract, by_name, tables, shown, numbers),
            *reference_findings(contract, tables, by_name),
        ]

    by_table = {
        contract.name: [finding for column in cells[contract.name].values() for finding in column.findings]
        for contract in contracts
    }
    looks = [(look, contract) for contract in contracts for look in (of_rows, of_references)]
    for (_, contract), findings in zip(looks, each(lambda look: look[0](look[1]), looks), strict=True):
        by_table[contract.name] += findings
    return by_table


def table_cells(contracts: Sequence[Table], raws: Mapping[str, Raw]) -> dict[str, dict[str, Cells]]:
    """By table and column."""

    def read(place: tuple[str, Column]) -> Cells:
        table, column = place
        raw = raws[table]
        return read_cells(raw.cells.column(column.name), column, raw.findings.get(column.name, ()))

    places = [(contract.name, column) for contract in contracts for column in contract.columns]
    by_table: dict[str, dict[str, Cells]] = {contract.name: {} for contract in contracts}
    for (table, column), cells in zip(places, each(read, places), strict=True):
        by_table[table][column.name] = cells
    return by_table


def typed_table(contract: Table, cells: Mapping[str, Cells]) -> pa.Table:
    """The table of some cells."""
    columns = [cells[column.name].values for column in contract.columns]
    return pa.table(columns, pa.schema([(column.name, arrow_type(column.type)) for column in contract.columns]))


def _origin(raw: Raw, cells: Mapping[str, Cells]) -> Origin:
    return Origin(raw.place, raw.numbers, {name: column.shown for name, column in cells.items()}, raw.lost)


def table_facts(contract: Table, raw: Raw, table: pa.Table, cells: Mapping[str, Cells]) -> TableFacts:
    """What a manifest says of a table that was read."""
    return TableFacts(
        table=raw.place.table,
        source=str(raw.place.source),
        sha256=raw.sha256 or fingerprint(table),
        rows=table.num_rows + sum(len(group.rows) for group in raw.lost),
        encoding=raw.encoding,
        guessed=raw.guessed,
        rounded={name: column.noise for name, column in cells.items() if column.noise},
        units={column.name: column.unit for column in contract.columns if column.unit is not None},
        hidden=raw.hidden,
    )


def fingerprint(table: pa.Table) -> str:
    """The SHA-256 of the rows as CSV, in sorted order; a missing cell and an empty text differ."""
    plain = table.rename_columns([str(index) for index in range(table.num_columns)])
    plain = plain.take(pc.sort_indices(plain, sort_keys=[(name, "ascending") for name in plain.column_names]))
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(plain.rename_columns(table.column_names), sink, pa_csv.WriteOptions(quoting_style="all_valid"))
    return hashlib.sha256(sink.getvalue()).hexdigest()
