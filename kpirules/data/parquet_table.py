"""A table that lies in a Parquet file and is read there: whole columns, or some rows, when something asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from io import BufferedReader
from operator import and_
from os import fstat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import flat, no_rows
from kpirules.records import dataclass
from kpirules.source.duckdb_fence import fence
from kpirules.source.system import open_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation, Expression

ROW_NUMBER = "file_row_number"
"""The column in which DuckDB gives the place of each row in its file, from 0."""
_ASKED = "asked"

Condition = tuple[str, str, Any]
"""A column, how it is compared (`among`, `ge`, `gt`, `le`, `lt`, `eq`), and with what: a list of values, or one."""


Status = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileState:
    """What shows that a file has changed: its digest, and its status."""

    sha256: str
    status: Status


def file_status(path: Path) -> Status:
    """Which file is at a path, its size, and when it was written.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    with open_file(path) as file:
        return _status(file)


def file_state(path: Path) -> FileState:
    """The state of a file.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    with open_file(path) as file:
        status = _status(file)
        return FileState(hashlib.file_digest(file, "sha256").hexdigest(), status)


def _status(file: BufferedReader) -> Status:
    known = fstat(file.fileno())
    return known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns, known.st_ctime_ns


@contextmanager
def opened(path: Path) -> Iterator[tuple[DuckDBPyConnection, DuckDBPyRelation]]:
    """The rows of a Parquet file, on a connection that can read no other file.

    Raises:
        duckdb.Error: it cannot be read.
    """
    import duckdb

    with duckdb.connect() as connection:
        for name, value in fence(files=[path]).items():
            connection.execute(f"SET {name} = ?", [value])
        yield connection, connection.read_parquet(str(path), file_row_number=True, hive_partitioning=False)


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """Columns of a Parquet file that are, as they lie there, what the contract of a table asks for.

    `columns` has what the file calls each column of the table, `schema` the types that the table has, and `state` what
    the file was like before anything was read of it. A column is read anew each time that it is asked for.
    """

    path: Path
    columns: Mapping[str, str]
    schema: pa.Schema
    num_rows: int
    state: FileState

    @property
    def column_names(self) -> list[str]:
        """The names of its columns, in order."""
        return list(self.columns)

    def changed(self) -> bool:
        """Whether the file is not what it was, or is gone."""
        try:
            return file_state(self.path) != self.state
        except OSError:
            return True

    def select(self, names: Sequence[str]) -> ParquetTable:
        """Some columns."""
        schema = pa.schema([self.schema.field(name) for name in names])
        return replace(self, columns={name: self.columns[name] for name in names}, schema=schema)

    def column(self, name: str) -> pa.ChunkedArray:
        """All values of a column."""
        return self.select([name]).read().column(0)

    def read(self) -> pa.Table:
        """All rows."""
        return self.where(())

    def where(self, conditions: Sequence[Condition]) -> pa.Table:
        """The rows that keep all of some conditions, in order; the others are passed over while the file is read."""
        with opened(self.path) as (_, every):
            held = [_holds(self.columns[name], *rest) for name, *rest in conditions]
            rows = every.filter(reduce(and_, held)) if held else every
            return rows.select(*self._columns()).to_arrow_table().cast(self.schema)

    def take(self, places: Any) -> pa.Table:  # noqa: ANN401  # an array, in chunks or not
        """The rows at some places, in the order of these."""
        if not len(places):
            return no_rows(self.schema)
        from duckdb import ColumnExpression

        asked = flat(places.cast(pa.int64()))
        with opened(self.path) as (connection, every):
            connection.register(_ASKED, pa.table({_ASKED: pc.unique(asked)}))
            rows = every.join(connection.table(_ASKED), f"{ROW_NUMBER} = {_ASKED}", how="semi")
            number = ColumnExpression(ROW_NUMBER).alias(_ASKED)
            taken = rows.select(*self._columns(), number).to_arrow_table()
        at = pc.index_in(asked, value_set=flat(taken.column(len(self.columns))))
        return taken.select(range(len(self.columns))).cast(self.schema).take(at)

    def _columns(self) -> Iterator[Expression]:
        from duckdb import ColumnExpression

        for name, held in self.columns.items():
            kind = self.schema.field(name).type
            column = ColumnExpression(held)
            if pa.types.is_decimal(kind):
                column = column.cast(f"DECIMAL({kind.precision}, {kind.scale})")
            yield column.alias(name)


class ByName(Mapping[str, "pa.ChunkedArray"]):
    """The columns of a table by their names; those of a table in a file are read when they are asked for."""

    def __init__(self, table: pa.Table | ParquetTable) -> None:
        self._table = table

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return self._table.column(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.column_names)

    def __len__(self) -> int:
        return len(self._table.column_names)


class RowNumbers:
    """The numbers of the rows of a table without a header: from 1."""

    def take(self, places: Any) -> pa.Array:  # noqa: ANN401  # an array, in chunks or not
        """The numbers of the rows at some places."""
        return pc.add(places.cast(pa.int64()), 1)


def _holds(column: str, way: str, value: Any) -> Expression:  # noqa: ANN401  # a list of values, or one
    from duckdb import ColumnExpression, ConstantExpression

    held = ColumnExpression(column)
    if way == "among":
        return held.isin(*map(ConstantExpression, value)) if value else ConstantExpression(value=False)
    return {"ge": held.__ge__, "gt": held.__gt__, "le": held.__le__, "lt": held.__lt__, "eq": held.__eq__}[way](
        ConstantExpression(value)
    )
