"""The DuckDB engine: one query works out all subjects; no row passes through Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from kpirules.engines import reference
from kpirules.engines.exact import arrow_type
from kpirules.engines.outcome import Outcome, RunFault, failed, uncounted, values
from kpirules.engines.schema import Schema, schemas
from kpirules.engines.sql import DATA, DUCKDB, Queries, Query, compiled
from kpirules.plan.ir import OVER, ROW, Plan, Uncounted, Value

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COSTLY = "projection_placement"
"""A step of the engine's optimizer that takes a third of the time to plan wide layers, and makes them no faster."""
_RESULTS = "results"
"""The schema that a query's findings stand in."""


def compile_sql(plan: Plan, params: Mapping[str, Value], columns: Sequence[str]) -> str:
    """The query for the subjects, as text to read.

    Raises:
        ValueError: the plan asks for what its types do not hold.
    """
    return compiled(plan, params, columns, DUCKDB).subjects.tree.sql(DUCKDB.name, pretty=True, copy=False)


def run(plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], columns: Sequence[str]) -> Outcome:
    """Work out `columns` for every subject; see `Engine.run`.

    Raises:
        RunStopped: a value is past its bounds.
        RuntimeError: the engine failed where the reference engine does not.
    """
    queries = compiled(plan, params, columns, DUCKDB)
    with duckdb.connect() as connection:
        _lightened(connection)
        _register(connection, queries, tables)
        try:
            found = _fetched(connection, queries.subjects)
            uncredited = _uncounted(connection, plan, plan.uncredited, queries.uncredited)
            undated = _uncounted(connection, plan, plan.undated, queries.undated)
        except duckdb.Error as error:
            reference.run(plan, tables, params, columns)
            raise RuntimeError(f"DuckDB failed on a plan that the reference engine runs: {error}") from error
    schema = schemas(plan)[plan.result]
    return Outcome(
        subjects=_typed(found, schema, dict.fromkeys((plan.key, *columns))),
        uncredited=uncredited,
        undated=undated,
        faults=_failed(plan, found),
    )


def _lightened(connection: DuckDBPyConnection) -> None:
    """Leave out the optimizer's costly step, where this version of the engine has it."""
    known = [name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()]
    if _COSTLY in known:
        connection.execute(f"SET disabled_optimizers = '{_COSTLY}'")


def _register(connection: DuckDBPyConnection, queries: Queries, tables: Mapping[str, pa.Table]) -> None:
    """Show the columns that are read, under their identifiers, as views of the schema `data`."""
    schema = exp.to_identifier(DATA, quoted=True)
    for name in (DATA, _RESULTS):
        made = exp.Table(db=exp.to_identifier(name, quoted=True))
        connection.execute(exp.Create(this=made, kind="SCHEMA").sql(DUCKDB.name))
    for name, (identifier, columns) in queries.tables.items():
        table = tables[name]
        if ROW in columns:
            places = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), table.num_rows), start=-1)
            table = table.append_column(ROW, places)
        connection.register(identifier, table.select(list(columns)).rename_columns(list(columns.values())))
        registered = exp.Table(this=exp.to_identifier(identifier, quoted=True))
        view = exp.Table(this=exp.to_identifier(identifier, quoted=True), db=schema.copy())
        body = exp.Select().select(exp.Star()).from_(registered)
        connection.execute(exp.Create(this=view, kind="VIEW", expression=body).sql(DUCKDB.name))


def _fetched(connection: DuckDBPyConnection, query: Query) -> pa.Table:
    """What a query finds, in its order, by way of a table: a relation made from the query would be planned twice."""
    found = exp.Table(this=exp.to_identifier("found", quoted=True), db=exp.to_identifier(_RESULTS, quoted=True))
    connection.execute(
        exp.Create(this=found, kind="TABLE", expression=query.tree, replace=True).sql(DUCKDB.name, copy=False)
    )
    select = exp.Select().select(exp.Star()).from_(found.copy())
    return connection.sql(select.sql(DUCKDB.name)).to_arrow_table().rename_columns(list(query.columns))


def _uncounted(
    connection: DuckDBPyConnection, plan: Plan, asked: Sequence[Uncounted], queries: Mapping[str, Query]
) -> dict[str, pa.Table]:
    """By table, the rows that count for nobody."""
    types = schemas(plan)
    found = {one: _fetched(connection, queries[one.table]) for one in asked}
    return {one.table: uncounted(_typed(rows, types[one.step], rows.column_names)) for one, rows in found.items()}


def _typed(found: pa.Table, schema: Schema, names: Iterable[str]) -> pa.Table:
    fields = []
    for name in names:
        kind = schema[name]
        fields.append((name, arrow_type(kind)))
        if kind.over:
            fields.append((name + OVER, arrow_type(kind.over)))
    return found.select([name for name, _ in fields]).cast(pa.schema(fields))


def _failed(plan: Plan, found: pa.Table) -> tuple[RunFault, ...]:
    faults = []
    for check in plan.checks:
        failing = found.filter(found.column(check.when))
        if failing.num_rows:
            subjects = tuple(values(failing, plan.key))
            faults.append(failed(check, subjects))
    return tuple(faults)
