"""Tables that are read where they lie, if that can be and nothing in them is at fault."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kpirules.data.bindings import Bindings
from kpirules.data.cells import Cells
from kpirules.data.faults import Place
from kpirules.data.load import (
    Loaded,
    TableFacts,
    source_rows,
    table_cells,
    table_facts,
    table_findings,
    typed_table,
    typed_warnings,
    units_of,
)
from kpirules.data.parquet_source import parquet_table
from kpirules.data.parquet_table import ParquetTable, RowNumbers
from kpirules.model.contracts import Table
from kpirules.source import Fault
from kpirules.values.units import Unit

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class InPlace:
    """When a table is read where it lies: it has `fewest` rows or more, and `checked` finds no fault in it.

    `checked` is given the tables that lie in files and all other tables, both by name. It returns the names of those in
    files whose texts may be mistakes, which are no faults; or None where a value breaks a contract, or may do so.
    """

    fewest: int
    checked: Callable[[Mapping[str, ParquetTable], Mapping[str, pa.Table]], Collection[str] | None]


def read_in_place(contracts: Sequence[Table], bindings: Bindings, in_place: InPlace) -> Loaded | None:
    """The tables of all contracts, as many as can be where they lie.

    None where none can, or where anything is at fault, or may be: `read_tables` says what.
    """
    in_files = _in_files(contracts, bindings, in_place.fewest)
    if not in_files:
        return None
    others = [contract for contract in contracts if contract.name not in in_files]
    try:
        raws = {contract.name: source_rows(contract, bindings) for contract in others}
    except Fault:
        return None
    cells = table_cells(others, raws)
    if any(raw.lost for raw in raws.values()) or any(_respelt(one, cells[one.name]) for one in others):
        return None
    tables = {contract.name: typed_table(contract, cells[contract.name]) for contract in others}
    numbers = {**{name: raw.numbers for name, raw in raws.items()}, **dict.fromkeys(in_files, RowNumbers())}
    if any(table_findings(others, {**tables, **in_files}, cells, numbers, contracts).values()):
        return None
    doubtful = in_place.checked(in_files, tables)
    if doubtful is None:
        return None
    facts = {one.name: table_facts(one, raws[one.name], tables[one.name], cells[one.name]) for one in others}
    facts |= {one.name: _facts(one, bindings, in_files[one.name]) for one in contracts if one.name in in_files}
    loaded = Loaded(
        {one.name: in_files[one.name] if one.name in in_files else tables[one.name] for one in contracts},
        tuple(facts[one.name] for one in contracts),
        {one.name: raws[one.name].place if one.name in raws else _place(one, bindings) for one in contracts},
        {one.name: numbers[one.name] for one in contracts},
    )
    looked_at = [one for one in contracts if one.name in tables or one.name in doubtful]
    return replace(loaded, warnings=tuple(typed_warnings(contracts, loaded, looked_at)))


def _in_files(contracts: Sequence[Table], bindings: Bindings, fewest: int) -> dict[str, ParquetTable]:
    """The tables that can be read where they lie, as far as their types say."""
    bound = {one.name: bindings.sources[one.name] for one in contracts if one.name in bindings.sources}
    tables = {one.name: parquet_table(one, bound[one.name], bindings, fewest) for one in contracts if one.name in bound}
    return {name: table for name, table in tables.items() if table is not None}


def _respelt(contract: Table, cells: Mapping[str, Cells]) -> bool:
    """Whether a key of texts is not what its cells show: what refers to it may be spelt as these are."""
    keys = [cells[column.name] for column in contract.columns if column.key and column.type.unit is Unit.TEXT]
    return not all(key.shown.equals(key.values) for key in keys)


def _place(contract: Table, bindings: Bindings) -> Place:
    source = bindings.sources[contract.name]
    return Place(contract.name, source.target, source.span)


def _facts(contract: Table, bindings: Bindings, table: ParquetTable) -> TableFacts:
    source = bindings.sources[contract.name].target
    return TableFacts(contract.name, source, table.state.sha256, table.num_rows, units=units_of(contract))
