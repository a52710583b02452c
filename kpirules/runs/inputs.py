"""The tables of a run as they are kept beside its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from kpirules.data.arrow import counting, each
from kpirules.data.load import Loaded
from kpirules.data.parquet_table import ParquetTable, RowNumbers
from kpirules.model.contracts import Table

KEPT_BYTES = 256 * 1024 * 1024
"""Inputs that take more memory than this, all together, are not kept: their digests stand in the manifest."""

NUMBER = "row number"
"""The column of kept inputs that has the number of each row at its source; no column of a contract has a space."""


def small_enough(loaded: Loaded) -> bool:
    """Whether inputs may be kept: all together they take no more than `KEPT_BYTES`."""
    return sum(map(_size, loaded.tables.values())) <= KEPT_BYTES


def _size(table: pa.Table | ParquetTable) -> int:
    """The bytes that a table takes in memory; of one that is not there, at least those that are not of its texts."""
    if isinstance(table, ParquetTable):
        bits: int = sum(kind.bit_width for kind in table.schema.types if not pa.types.is_string(kind))
        return table.num_rows * bits // 8
    return int(table.nbytes)


def packed(loaded: Loaded, contracts: Sequence[Table]) -> dict[str, pa.Buffer] | None:
    """Each table as a Parquet file, with the numbers of its rows; None where they are too large to be kept."""
    if not small_enough(loaded):
        return None
    loaded = _in_memory(loaded)
    if not small_enough(loaded):
        return None
    files = each(lambda contract: _file(loaded, contract), contracts)
    return {contract.name: file for contract, file in zip(contracts, files, strict=True)}


def _in_memory(loaded: Loaded) -> Loaded:
    """The tables, those that lie in files read whole."""
    tables = {name: some.read() if isinstance(some, ParquetTable) else some for name, some in loaded.tables.items()}
    numbers = {
        name: counting(1, tables[name].num_rows) if isinstance(some, RowNumbers) else some
        for name, some in loaded.numbers.items()
    }
    return replace(loaded, tables=tables, numbers=numbers)


def _file(loaded: Loaded, contract: Table) -> pa.Buffer:
    """A table as Parquet.

    It is read again whole, so statistics would serve nobody; a dictionary is worth its while for texts that come again,
    which those of a key do not.
    """
    held: pa.Table = loaded.tables[contract.name]
    table = held.append_column(NUMBER, loaded.numbers[contract.name])
    unique = contract.keys if len(contract.keys) == 1 and contract.active is None else ()
    texts = [field.name for field in table.schema if pa.types.is_string(field.type) and field.name not in unique]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        write_statistics=False,
        use_dictionary=texts or False,
        column_encoding={NUMBER: "DELTA_BINARY_PACKED"},
    )
    return sink.getvalue()
