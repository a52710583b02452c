"""A plan to queries: the subjects' figures, and the rows that count for nobody.

An engine plans a query as a whole, and the time that takes may grow with the square of its relations, or worse. So a
query is cut into statements that are each small: what rows come to is made a table before anything reads it, and so is
what is read more than once or stands on many layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence

from sqlglot import exp

from kpirules.engines.schema import inputs, schemas
from kpirules.engines.sql import build
from kpirules.engines.sql.dialect import Dialect
from kpirules.engines.sql.relations import selects, table
from kpirules.engines.sql.scope import Names
from kpirules.engines.sql.steps import DATA, Lowering, column_names, lowered
from kpirules.plan.ir import Binding, Compute, Gather, Measure, Output, Plan, Scan, Step, Value
from kpirules.records import dataclass

MADE = "made"
"""The schema of the tables that statements make for those after them."""
_RELATIONS = 40
"""How many relations a statement may put together below its own."""

Select = tuple[str, exp.Select]
"""A relation's identifier, and what it is made by."""


@dataclass(frozen=True, slots=True)
class Query:
    """A tree to run, and the plan's names of its columns in order.

    `made` are the tables of the schema `made` that it reads, each by what makes it, after those that this reads.
    """

    tree: exp.Select
    columns: tuple[str, ...]
    made: tuple[Select, ...]


@dataclass(frozen=True, slots=True)
class Queries:
    """A compiled plan.

    `others` find the rows of the plan's further outputs. `tables` says, for each table that is
    read, its identifier in the schema `data` and those of its columns; `made` has the plan's bindings by identifier.
    """

    subjects: Query
    others: Mapping[Output, Query]
    tables: Mapping[str, tuple[str, Mapping[str, str]]]
    made: Mapping[str, Binding | Measure]

    def bindings(self, tree: exp.Expr) -> tuple[Binding | Measure, ...]:
        """The bindings that a statement works out, in order."""
        names = dict.fromkeys(alias.alias for alias in tree.find_all(exp.Alias))
        return tuple(self.made[name] for name in names if name in self.made)


def compiled(plan: Plan, params: Mapping[str, Value], columns: Sequence[str], dialect: Dialect) -> Queries:
    """The queries that work out `columns` and the plan's checks for every subject, in order of the key.

    Raises:
        ValueError: the plan asks for what its types do not hold.
    """
    low = Lowering(dialect, params, schemas(plan), Names(), Names())
    subjects = _subjects(low, plan, columns)
    others = {output: _rows(low, plan, output) for output in plan.outputs[1:]}
    return Queries(subjects, others, _tables(low, plan), _made(low, plan))


def _subjects(low: Lowering, plan: Plan, columns: Sequence[str]) -> Query:
    schema = low.schemas[plan.result]
    wanted = dict.fromkeys((plan.key, *columns, *(check.when for check in plan.checks)))
    names = tuple(part for name in wanted for part in column_names(name, schema))
    return _query(low, plan, plan.result, names, plan.key)


def _rows(low: Lowering, plan: Plan, output: Output) -> Query:
    return _query(low, plan, output.step, tuple(column for _, column in output.columns), output.key)


def _query(low: Lowering, plan: Plan, root: str, names: tuple[str, ...], order: str) -> Query:
    """The columns `names` of the step `root`, in order of the column `order`."""
    steps = _needed(plan, root)
    relations = [relation for step in steps for relation in lowered(low, step)]
    wanted = {low.relations(root): map(low.columns, names)}
    selected = list(selects(relations, wanted, low.relations.fresh))
    nodes = [build.column(low.columns(name)) for name in names]
    select = exp.Select().select(*nodes, copy=False).from_(table(low.relations(root)), copy=False)
    select.order_by(build.column(low.columns(order)), copy=False)
    aggregates = {relation.identifier for relation in relations if relation.keys}
    *made, (_, tree) = _cut([*selected, ("", select)], aggregates)
    return Query(tree, names, tuple(made))


def _cut(parts: Sequence[Select], aggregates: Container[str]) -> list[Select]:
    """The statements that relations are made by: one for each that is to be a table, the last for the last of them."""
    read = [_sources(select) for _, select in parts]
    readers = Counter(source.name for sources in read for source in sources)
    open_: dict[str, list[Select]] = {}
    statements = []
    for (name, select), sources in zip(parts, read, strict=True):
        below: list[Select] = []
        for source in sources:
            if source.name in open_:
                below += open_.pop(source.name)
            else:
                source.set("db", exp.to_identifier(MADE, quoted=True))
        if name in aggregates or readers[name] != 1 or len(below) >= _RELATIONS:
            for identifier, body in below:
                select.with_(exp.to_identifier(identifier, quoted=True), as_=body, copy=False)
            statements.append((name, select))
        else:
            open_[name] = [*below, (name, select)]
    return statements


def _sources(select: exp.Select) -> list[exp.Table]:
    """The relations that a select reads, without the tables of the data."""
    joins = select.args.get("joins") or []
    return [source for source in (select.args["from_"].this, *(join.this for join in joins)) if source.db != DATA]


def _needed(plan: Plan, root: str) -> list[Step]:
    """The steps that one is made of, in the plan's order."""
    wanted, pending = set[str](), [root]
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending += inputs(plan.step(name))
    return [step for step in plan.steps if step.name in wanted]


def _made(low: Lowering, plan: Plan) -> dict[str, Binding | Measure]:
    made: list[Binding | Measure] = []
    for step in plan.steps:
        made += step.bindings if isinstance(step, Compute) else step.measures if isinstance(step, Gather) else ()
    return {low.columns(figure.name): figure for figure in made}


def _tables(low: Lowering, plan: Plan) -> dict[str, tuple[str, dict[str, str]]]:
    tables: dict[str, tuple[str, dict[str, str]]] = {}
    for step in plan.steps:
        if isinstance(step, Scan):
            _, columns = tables.setdefault(step.table, (low.relations(step.table), {}))
            columns |= {column: low.columns(column) for column, _ in step.columns.values()}
    return tables
