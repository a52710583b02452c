"""The tables of a run as they are kept beside its results."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from kpirules.data.arrow import each
from kpirules.data.load import Loaded
from kpirules.model.contracts import Table

KEPT_BYTES = 256 * 1024 * 1024
"""Inputs that take more memory than this, all together, are not kept: their digests stand in the manifest."""

NUMBER = "row number"
"""The column of kept inputs that has the number of each row at its source; no column of a contract has a space."""


def small_enough(loaded: Loaded) -> bool:
    """Whether inputs may be kept: all together they take no more than `KEPT_BYTES`."""
    size: int = sum(table.nbytes for table in loaded.tables.values())
    return size <= KEPT_BYTES


def packed(loaded: Loaded, contracts: Sequence[Table]) -> dict[str, pa.Buffer] | None:
    """Each table as a Parquet file, with the numbers of its rows; None where they are too large to be kept."""
    if not small_enough(loaded):
        return None
    files = each(lambda contract: _file(loaded, contract), contracts)
    return {contract.name: file for contract, file in zip(contracts, files, strict=True)}


def _file(loaded: Loaded, contract: Table) -> pa.Buffer:
    """A table as Parquet.

    It is read again whole, so statistics would serve nobody; a dictionary is worth its while for texts that come again,
    which those of a key do not.
    """
    table = loaded.tables[contract.name].append_column(NUMBER, loaded.numbers[contract.name])
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
