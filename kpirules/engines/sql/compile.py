"""A plan to queries: the subjects' figures, and the rows that count for nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kpirules.engines.schema import inputs, schemas
from kpirules.engines.sql import build
from kpirules.engines.sql.dialect import Dialect
from kpirules.engines.sql.relations import selects, table
from kpirules.engines.sql.scope import Names
from kpirules.engines.sql.steps import Lowering, column_names, lowered
from kpirules.plan.ir import Plan, Scan, Step, Uncounted, Value


@dataclass(frozen=True, slots=True)
class Query:
    """A tree to run, and the plan's names of its columns in order."""

    tree: exp.Select
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Queries:
    """A compiled plan.

    `uncredited` and `undated` find, by table, the rows that count for nobody. `tables` says, for each table that is
    read, its identifier in the schema `data` and those of its columns.
    """

    subjects: Query
    uncredited: Mapping[str, Query]
    undated: Mapping[str, Query]
    tables: Mapping[str, tuple[str, Mapping[str, str]]]


def compiled(plan: Plan, params: Mapping[str, Value], columns: Sequence[str], dialect: Dialect) -> Queries:
    """The queries that work out `columns` and the plan's checks for every subject, in order of the key.

    Raises:
        ValueError: the plan asks for what its types do not hold.
    """
    low = Lowering(dialect, params, schemas(plan), Names(), Names())
    subjects = _subjects(low, plan, columns)
    uncredited = {one.table: _uncounted(low, plan, one) for one in plan.uncredited}
    undated = {one.table: _uncounted(low, plan, one) for one in plan.undated}
    return Queries(subjects, uncredited, undated, _tables(low, plan))


def _subjects(low: Lowering, plan: Plan, columns: Sequence[str]) -> Query:
    schema = low.schemas[plan.result]
    wanted = dict.fromkeys((plan.key, *columns, *(check.when for check in plan.checks)))
    names = tuple(part for name in wanted for part in column_names(name, schema))
    nodes = [build.column(low.columns(name)) for name in names]
    select = exp.Select().select(*nodes, copy=False).from_(table(low.relations(plan.result)), copy=False)
    select.order_by(build.column(low.columns(plan.key)), copy=False)
    return Query(_with(low, plan, {plan.result: names}, select), names)


def _uncounted(low: Lowering, plan: Plan, one: Uncounted) -> Query:
    """Rows that count for nobody, in the order of their table."""
    names = (one.row, one.subject, one.day)
    nodes = [build.column(low.columns(name)) for name in names]
    select = exp.Select().select(*nodes, copy=False).from_(table(low.relations(one.step)), copy=False)
    select.order_by(build.column(low.columns(one.row)), copy=False)
    return Query(_with(low, plan, {one.step: names}, select), names)


def _with(low: Lowering, plan: Plan, roots: Mapping[str, Iterable[str]], select: exp.Select) -> exp.Select:
    """The select over the steps that `roots` are made of; of each root, the columns that are read."""
    relations = [lowered(low, step) for step in _needed(plan, roots)]
    wanted = {low.relations(step): map(low.columns, names) for step, names in roots.items()}
    for identifier, body in selects(relations, wanted, low.relations.fresh):
        select.with_(exp.to_identifier(identifier, quoted=True), as_=body, copy=False)
    return select


def _needed(plan: Plan, roots: Iterable[str]) -> list[Step]:
    """The steps that `roots` are made of, in the plan's order."""
    wanted, pending = set[str](), list(roots)
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending += inputs(plan.step(name))
    return [step for step in plan.steps if step.name in wanted]


def _tables(low: Lowering, plan: Plan) -> dict[str, tuple[str, dict[str, str]]]:
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for step in plan.steps:
        if isinstance(step, Scan):
            _, columns = found.setdefault(step.table, (low.relations(step.table), {}))
            columns |= {column: low.columns(column) for column, _ in step.columns.values()}
    return found
