"""Which tables can be read where they lie, and their tables.

A Parquet file can, if its columns are of the types that the contract asks for: what the contract says of their values
is then left to the engine, which counts the values that break it. Where there is any, or any doubt, the careful reader
reads the file as it reads all others.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from kpirules.data.arrow import arrow_type, is_text
from kpirules.data.bindings import Bindings, Kind, Source
from kpirules.data.faults import Place
from kpirules.data.parquet import ROWS
from kpirules.data.parquet_table import ROW_NUMBER, ParquetTable, file_state, file_status, opened
from kpirules.data.sources import picked_columns, unknown_columns
from kpirules.model.contracts import Column, PercentForm, Table
from kpirules.source import Fault
from kpirules.values.units import Unit

_PATTERN = {*"*?[]{}"}
"""Characters by which DuckDB takes a path for a pattern of several files."""
_EXTENSION = b"ARROW:extension:name"


def parquet_table(contract: Table, source: Source, bindings: Bindings, fewest: int) -> ParquetTable | None:
    """The table in a source, if it is a Parquet file of `fewest` rows or more that can be read where it lies."""
    path = bindings.folder / source.target
    if source.kind is not Kind.FILE or path.suffix.lower() != ".parquet" or source.of_kind or contract.active:
        return None
    if _PATTERN & {*str(path.resolve())} or unknown_columns(contract, source):
        return None
    import duckdb

    try:
        return _table(contract, source, path.resolve(), fewest)
    except (Fault, OSError, ValueError, KeyError, TypeError, pa.ArrowException, duckdb.Error):
        return None  # the careful reader says what is wrong


def _table(contract: Table, source: Source, path: Path, fewest: int) -> ParquetTable | None:
    import pyarrow.parquet as pq

    before = file_status(path)
    with pq.ParquetFile(path) as file:
        held, count = file.schema_arrow, file.metadata.num_rows
    if not fewest <= count <= ROWS:
        return None
    at = picked_columns(contract, held.names, source.columns, Place(contract.name, source.target, source.span))
    columns = {name: held.names[index] for name, index in at.items()}
    unlike = {name.casefold() for name in (*held.names, ROW_NUMBER)}  # letter case is nothing to DuckDB
    if len(unlike) <= len(held.names):
        return None
    if not all(_as_wanted(held.field(columns[column.name]), column) for column in contract.columns):
        return None
    state = file_state(path)
    with opened(path) as (_, rows):
        kinds = dict(zip(rows.columns, map(str, rows.types), strict=True))
    if state.status != before or any(kinds[name] != _in_duckdb(held.field(name).type) for name in columns.values()):
        return None
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in contract.columns])
    return ParquetTable(path, columns, schema, count, state)


def _as_wanted(held: pa.Field, column: Column) -> bool:
    """Whether the values of a column may be what the contract asks for, as they are."""
    of, unit = _laid_out(held.type), column.type.unit
    if held.metadata and _EXTENSION in held.metadata:
        return False
    if unit.numeric:
        digits = column.type.digits
        if digits is None or column.unit is not None or column.percent not in {None, PercentForm.FRACTION}:
            return False
        if pa.types.is_integer(of):
            return True
        return bool(pa.types.is_decimal128(of) and of.scale <= digits.scale)
    if unit is Unit.TEXT:
        return is_text(of)
    return bool(pa.types.is_boolean(of) if unit is Unit.BOOL else of == pa.date32())


def _laid_out(of: pa.DataType) -> pa.DataType:
    """The type of values, where a file would have them referred to."""
    return of.value_type if pa.types.is_dictionary(of) else of


def _in_duckdb(of: pa.DataType) -> str:
    of = _laid_out(of)
    if pa.types.is_decimal(of):
        return f"DECIMAL({of.precision},{of.scale})"
    if is_text(of):
        return "VARCHAR"
    return _DUCKDB[of]


_DUCKDB = {
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
}
