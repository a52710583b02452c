"""The DuckDB engine: statements that work out all subjects; no row passes through Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import TIMEOUT_MAX, Event, Thread
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, runtime_checkable

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from kpirules.engines.exact import arrow_type
from kpirules.engines.failure import EngineError, Reason
from kpirules.engines.outcome import Outcome, RunFault, failed, given, values
from kpirules.engines.schema import Schema, schemas
from kpirules.engines.sql import DATA, DUCKDB, MADE, Queries, Query, build, compiled
from kpirules.plan.ir import OVER, ROW, Output, Plan, Value
from kpirules.records import dataclass
from kpirules.source.duckdb_fence import fence
from kpirules.source.recursion import room

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAME = "duckdb"
_OPTIMIZERS = (
    "build_side_probe_side",
    "column_lifetime",
    "cte_inlining",
    "filter_pushdown",
    "materialized_cte",
    "unused_columns",
)
"""The steps of the engine's optimizer that make these statements faster.

INVARIANT: no other runs. Some take time that doubles with every layer of a query (`partial_aggregate_pushdown`), and
nothing interrupts the planning of a query.
"""
_ROW_NUMBER = "file_row_number"
"""The column in which DuckDB gives the place of each row in a Parquet file, from 0."""
_RESULT = "result"
"""The table that the last statement of a query makes."""
_LONGEST = 16_000_000
"""The characters of the longest statement that is planned, since nothing ends its planning: a minute's work or so."""
_AGAIN = 0.05
"""Seconds between one interruption and the next: one that comes between two statements is lost."""
_NO_DISK = ("no space left", "max_temp_directory_size", "could not write", "disk full", "quota")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the engine may use: seconds, memory as DuckDB writes it (`2GB`), and the folder for what memory lacks."""

    seconds: float | None = None
    memory: str | None = None
    temp: Path | None = None


UNLIMITED = Limits()


@runtime_checkable
class InFile(Protocol):
    """A table that lies in a Parquet file."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def columns(self) -> Mapping[str, str]:
        """What the file calls each column of the table."""
        ...

    @property
    def column_names(self) -> Sequence[str]:
        """The names of the columns."""
        ...

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        ...


def compile_sql(plan: Plan, params: Mapping[str, Value], columns: Sequence[str]) -> str:
    """The statements for the subjects, as text to read.

    Raises:
        ValueError: the plan asks for what its types do not hold.
    """
    with room():
        query = compiled(plan, params, columns, DUCKDB).subjects
        trees = [*(_table_of(name, tree) for name, tree in query.made), query.tree]
        return ";\n\n".join(tree.sql(DUCKDB.name, pretty=True, copy=False) for tree in trees)


def run(
    plan: Plan,
    tables: Mapping[str, pa.Table | InFile],
    params: Mapping[str, Value],
    columns: Sequence[str],
    limits: Limits = UNLIMITED,
) -> Outcome:
    """Work out `columns` for every subject within `limits`; see `Engine.run`.

    Raises:
        EngineError: it could not be done: a value is past its bounds, a limit is reached, or the engine failed
            otherwise.
    """
    session = _Session(plan)
    try:
        with room(), TemporaryDirectory(dir=limits.temp) as temp, duckdb.connect() as connection:
            session.queries = queries = compiled(plan, params, columns, DUCKDB)
            read = [tables[name] for name in queries.tables]
            set_up(connection, limits, temp, [table for table in read if isinstance(table, InFile)])
            register(connection, queries.tables, tables)
            with _interrupted(connection, limits.seconds, session.late):
                subjects = session.fetched(connection, plan.result, queries.subjects)
                others = {output: session.rows(connection, output, query) for output, query in queries.others.items()}
    except (duckdb.Error, MemoryError, OSError, RecursionError, ValueError) as error:
        session.failed(error)
    return Outcome(
        subjects=_typed(subjects, schemas(plan)[plan.result], dict.fromkeys((plan.key, *columns))),
        others={(output.purpose, output.table): rows for output, rows in others.items()},
        faults=_failed(plan, subjects),
        engine=NAME,
    )


class _Session:
    """The statements of a plan, one after the other."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.types = schemas(plan)
        self.queries: Queries | None = None
        self.late = Event()
        self.step = plan.result
        self.statement: exp.Expr | None = None

    def fetched(self, connection: DuckDBPyConnection, root: str, query: Query) -> pa.Table:
        """What a query finds, in its order, by way of a table: a relation made from the query is planned twice."""
        for name, tree in query.made:
            self._execute(connection, name, name, tree)
        self._execute(connection, root, _RESULT, query.tree)
        select = exp.Select().select(exp.Star()).from_(_made(_RESULT))
        return connection.sql(select.sql(DUCKDB.name)).to_arrow_table().rename_columns(list(query.columns))

    def _execute(self, connection: DuckDBPyConnection, step: str, name: str, tree: exp.Select) -> None:
        if self.late.is_set():
            raise duckdb.InterruptException
        self.step, self.statement = step, tree
        text = _table_of(name, tree).sql(DUCKDB.name, copy=False)
        if len(text) > _LONGEST:
            raise ValueError(f"a statement of {len(text):,} characters, and {_LONGEST:,} is the most that is tried")
        connection.execute(text)

    def rows(self, connection: DuckDBPyConnection, output: Output, query: Query) -> pa.Table:
        """The rows of an output."""
        rows = self.fetched(connection, output.step, query)
        return given(output, _typed(rows, self.types[output.step], rows.column_names))

    def failed(self, error: Exception) -> NoReturn:
        """Say what failed where.

        Raises:
            EngineError: always, but for an interruption from outside.
            KeyboardInterrupt: somebody stopped the program.
        """
        if isinstance(error, duckdb.InterruptException) and not self.late.is_set():
            raise KeyboardInterrupt from error
        bindings = self.queries.bindings(self.statement) if self.queries and self.statement else ()
        items = tuple(dict.fromkeys(binding.item for binding in bindings))
        origin = next((binding.origin for binding in bindings if binding.origin is not None), None)
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise EngineError(reason_of(error), self.step, said, items, origin) from error


def reason_of(error: Exception) -> Reason:
    """Why the engine did not finish, by the error that it raised."""
    said = str(error).casefold()
    match error:
        case duckdb.InterruptException():
            return Reason.TIME
        case OSError():  # of the folder for what does not fit into memory
            return Reason.DISK
        case duckdb.OutOfMemoryException() | duckdb.IOException() | MemoryError():
            return Reason.DISK if any(words in said for words in _NO_DISK) else Reason.MEMORY
        case _:
            return Reason.ERROR


@contextmanager
def _interrupted(connection: DuckDBPyConnection, seconds: float | None, late: Event) -> Iterator[None]:
    """Within, statements are interrupted once so many seconds are over, and `late` is set."""
    done = Event()

    def watch() -> None:
        if not done.wait(None if seconds is None else min(seconds, TIMEOUT_MAX)):
            late.set()
            while not done.wait(_AGAIN):
                connection.interrupt()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def set_up(connection: DuckDBPyConnection, limits: Limits, temp: str, files: Iterable[InFile]) -> None:
    """Settle what a connection may use, and that it can read `files` and no other."""
    known = [name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()]
    settings: dict[str, Any] = {
        "disabled_optimizers": ",".join(name for name in known if name not in _OPTIMIZERS),
        "temp_directory": temp,
        **({} if limits.memory is None else {"memory_limit": limits.memory}),
        **fence(files=[file.path for file in files]),
    }
    for schema in (DATA, MADE):
        named = exp.Table(db=exp.to_identifier(schema, quoted=True))
        connection.execute(exp.Create(this=named, kind="SCHEMA").sql(DUCKDB.name))
    for name, value in settings.items():
        setting = exp.EQ(this=exp.column(name), expression=exp.convert(value))
        connection.execute(exp.Set(expressions=[exp.SetItem(this=setting)]).sql(DUCKDB.name))


def register(
    connection: DuckDBPyConnection,
    shown: Mapping[str, tuple[str, Mapping[str, str]]],
    tables: Mapping[str, pa.Table | InFile],
) -> None:
    """Show the columns that are read, under their identifiers, as views of the schema `data`."""
    for name, (identifier, columns) in shown.items():
        table = tables[name]
        if isinstance(table, InFile):
            body = _in_file(table, columns)
        else:
            body = _in_memory(connection, table, identifier, columns)
        view = exp.Table(this=exp.to_identifier(identifier, quoted=True), db=exp.to_identifier(DATA, quoted=True))
        connection.execute(exp.Create(this=view, kind="VIEW", expression=body).sql(DUCKDB.name))


def _in_memory(
    connection: DuckDBPyConnection, table: pa.Table, identifier: str, columns: Mapping[str, str]
) -> exp.Select:
    if ROW in columns:
        places = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), table.num_rows), start=-1)
        table = table.append_column(ROW, places)
    connection.register(identifier, table.select(list(columns)).rename_columns(list(columns.values())))
    registered = exp.Table(this=exp.to_identifier(identifier, quoted=True))
    return exp.Select().select(exp.Star()).from_(registered)


def _in_file(table: InFile, columns: Mapping[str, str]) -> exp.Select:
    held = {**table.columns, ROW: _ROW_NUMBER}
    nodes = [build.alias(build.column(held[name]), identifier) for name, identifier in columns.items()]
    options = {_ROW_NUMBER: True, "hive_partitioning": False}
    given = [exp.EQ(this=exp.column(name), expression=exp.convert(value)) for name, value in options.items()]
    read = exp.Anonymous(this="read_parquet", expressions=[build.text(str(table.path)), *given])
    return exp.Select().select(*nodes).from_(exp.Table(this=read))


def _made(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True), db=exp.to_identifier(MADE, quoted=True))


def _table_of(name: str, tree: exp.Select) -> exp.Create:
    """The statement that makes a table; one of a name that is taken takes its place."""
    return exp.Create(this=_made(name), kind="TABLE", expression=tree, replace=True)


def _typed(made: pa.Table, schema: Schema, names: Iterable[str]) -> pa.Table:
    fields = []
    for name in names:
        kind = schema[name]
        fields.append((name, arrow_type(kind)))
        if kind.over:
            fields.append((name + OVER, arrow_type(kind.over)))
    return made.select([name for name, _ in fields]).cast(pa.schema(fields))


def _failed(plan: Plan, made: pa.Table) -> tuple[RunFault, ...]:
    faults = []
    for check in plan.checks:
        failing = made.filter(made.column(check.when))
        if failing.num_rows:
            subjects = tuple(values(failing, plan.key))
            faults.append(failed(check, subjects))
    return tuple(faults)
