"""Tables that are read where they lie, if that can be and nothing in them is at fault."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kpirules.data.bindings import Bindings
from kpirules.data.cells import Cells
from kpirules.data.faults import Place
from kpirules.data.load import (
    Loaded,
    TableFacts,
    read_tables,
    table_cells,
    table_facts,
    table_findings,
    typed_table,
    typed_warnings,
)
from kpirules.data.parquet_source import parquet_table
from kpirules.data.parquet_table import ParquetTable, RowNumbers
from kpirules.data.sources import Raw, Sources
from kpirules.model.contracts import Table
from kpirules.records import dataclass
from kpirules.source import Fault
from kpirules.values.units import Unit

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class InPlace:
    """Which tables are read where they lie: those of at least `fewest` rows in which `checked` finds no fault.

    `checked` takes the tables that lie in files and the other tables, both by name. It returns the names of those in
    files that may deserve a warning about their texts, or None if a value breaks a contract or might.
    """

    fewest: int
    checked: Callable[[Mapping[str, ParquetTable], Mapping[str, pa.Table]], Collection[str] | None]


def read_large(contracts: Sequence[Table], bindings: Bindings, in_place: InPlace, *, subject: str) -> Loaded:
    """Read tables as `read_tables` does, without rows set aside; as many as can be are read where they lie.

    Raises:
        Fault: as `read_tables`.
        BrokenContracts: likewise.
    """
    sources = Sources(bindings)
    loaded = read_in_place(contracts, sources, in_place)
    return loaded or read_tables(contracts, bindings, subject=subject, sources=sources)


def read_in_place(contracts: Sequence[Table], sources: Sources, in_place: InPlace) -> Loaded | None:
    """The tables of all contracts, as many as can be where they lie.

    None where none can, or where anything is at fault, or may be: `read_tables` says what.
    """
    in_files = _in_files(contracts, sources.bindings, in_place.fewest)
    if not in_files:
        return None
    import duckdb

    try:
        raws = {contract.name: sources.rows(contract) for contract in contracts if contract.name not in in_files}
        return _sound(contracts, sources.bindings, in_place, in_files, raws)
    except (Fault, duckdb.Error):
        return None


def _in_files(contracts: Sequence[Table], bindings: Bindings, fewest: int) -> dict[str, ParquetTable]:
    """The tables that can be read where they lie, as far as their types say."""
    bound = [(contract, bindings.sources.get(contract.name)) for contract in contracts]
    tables = {
        contract.name: parquet_table(contract, source, bindings, fewest)
        for contract, source in bound
        if source is not None
    }
    return {name: table for name, table in tables.items() if table is not None}


def _sound(
    contracts: Sequence[Table],
    bindings: Bindings,
    in_place: InPlace,
    in_files: Mapping[str, ParquetTable],
    raws: Mapping[str, Raw],
) -> Loaded | None:
    """The tables in files and those of `raws`; None where anything is at fault."""
    others = [contract for contract in contracts if contract.name in raws]
    cells = table_cells(others, raws)
    if any(raw.lost for raw in raws.values()) or any(_respelt(contract, cells[contract.name]) for contract in others):
        return None
    tables = {contract.name: typed_table(contract, cells[contract.name]) for contract in others}
    numbers = {name: raws[name].numbers if name in raws else RowNumbers() for name in (*raws, *in_files)}
    if any(table_findings(others, {**tables, **in_files}, cells, numbers, contracts).values()):
        return None
    doubtful = in_place.checked(in_files, tables)
    if doubtful is None:
        return None
    facts = {
        contract.name: table_facts(contract, raws[contract.name], tables[contract.name], cells[contract.name])
        for contract in others
    }
    facts |= {name: _facts(name, bindings, table) for name, table in in_files.items()}
    places = {name: raw.place for name, raw in raws.items()} | {name: _place(name, bindings) for name in in_files}
    every, names = {**tables, **in_files}, [contract.name for contract in contracts]
    loaded = Loaded(
        {name: every[name] for name in names},
        tuple(facts[name] for name in names),
        {name: places[name] for name in names},
        {name: numbers[name] for name in names},
    )
    looked_at = [contract for contract in contracts if contract.name in tables or contract.name in doubtful]
    return replace(loaded, warnings=tuple(typed_warnings(contracts, loaded, looked_at)))


def _respelt(contract: Table, cells: Mapping[str, Cells]) -> bool:
    """Whether a key of texts is not what its cells show: what refers to it may be spelt as these are."""
    keys = [cells[column.name] for column in contract.columns if column.key and column.type.unit is Unit.TEXT]
    return not all(key.shown.equals(key.values) for key in keys)


def _place(table: str, bindings: Bindings) -> Place:
    source = bindings.sources[table]
    return Place(table, source.target, source.span)


def _facts(name: str, bindings: Bindings, table: ParquetTable) -> TableFacts:
    return TableFacts(name, bindings.sources[name].target, table.state.sha256, table.num_rows, in_place=True)
