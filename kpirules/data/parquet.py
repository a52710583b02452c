"""Parquet files, read within bounds: a file of a few thousand bytes may stand for more than a computer holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import is_text
from kpirules.data.content import Bounded, TooLarge

if TYPE_CHECKING:
    import pyarrow.parquet as pq

ROWS = 100_000_000
"""How many rows a file may have."""
_MB = 1 << 20
LARGEST = 2048 * _MB
"""How many bytes the columns that are read may take in memory."""
_BATCH, _BATCH_BYTES = 1 << 17, 512 * _MB


def read_columns(file: pq.ParquetFile, path: Any, names: Sequence[str]) -> pa.Table:  # noqa: ANN401  # what Arrow opens
    """Some columns of a file; those of lists, maps and other types that no column of a scheme has are all null.

    Raises:
        TooLarge: they go beyond a bound; no more than that was read.
        pa.ArrowException: the file is damaged.
    """
    count = file.metadata.num_rows
    if count > ROWS:
        raise TooLarge(Bounded.ROWS, ROWS)
    kept = file.schema_arrow
    schema = pa.schema([kept.field(name).with_type(_laid_out(kept.field(name).type)) for name in names])
    read = pa.schema([field for field in {field.name: field for field in schema}.values() if not _no_cell(field.type)])
    texts = [field.name for field in read if is_text(field.type)]
    size, batches = 0, []
    most = min(_BATCH, max(_BATCH_BYTES // _longest(file, path, texts), 1))
    for batch in file.iter_batches(most, columns=read.names):
        # INVARIANT: texts are laid out here, while there are few of them, and nowhere later
        columns = [pc.cast(batch.column(field.name), field.type) for field in read]
        size += sum(column.nbytes for column in columns)
        if size > LARGEST:
            raise TooLarge(Bounded.IN_MEMORY, LARGEST // _MB)
        batches.append(pa.record_batch(columns, read))
    made = pa.Table.from_batches(batches, read)
    columns = [made.column(field.name) if field.name in read.names else pa.nulls(count, field.type) for field in schema]
    return pa.table(columns, schema)


def _longest(file: pq.ParquetFile, path: Any, texts: Sequence[str]) -> int:  # noqa: ANN401
    """The bytes of the longest text that a column writes once and refers to from its rows, 1 at least."""
    import pyarrow.parquet as pq

    longest = 1
    with pq.ParquetFile(path, read_dictionary=texts) as once:
        for group in range(file.num_row_groups if texts else 0):
            for batch in once.iter_batches(1, row_groups=[group], columns=texts):
                for column in batch.columns:
                    if pa.types.is_dictionary(column.type):
                        longest = max(longest, pc.max(pc.binary_length(column.dictionary)).as_py() or 0)
                break
    return longest


def _laid_out(of: pa.DataType) -> pa.DataType:
    """The type of values, where a file would have them referred to."""
    return of.value_type if pa.types.is_dictionary(of) else of


def _no_cell(of: pa.DataType) -> bool:
    return bool(pa.types.is_nested(of) or pa.types.is_binary(of) or pa.types.is_fixed_size_binary(of))
