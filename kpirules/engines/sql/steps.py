"""Steps to SELECTs: each is a common table expression, a `Compute` one for each layer of its columns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from kpirules.engines.schema import Schema
from kpirules.engines.sql import build, numbers, scalars
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.dialect import Dialect
from kpirules.engines.sql.scope import Names, Scope
from kpirules.plan.ir import OVER, Aggregate, Binding, Compute, Filter, InForce, Join, Measure, Scan, Step, Value

DATA = "data"
"""The schema that the tables of a run stand in, apart from the relations of its plan."""

_LEFT, _RIGHT = "l", "r"


@dataclass(frozen=True, slots=True)
class Lowering:
    """What steps are lowered with. `columns` and `relations` give identifiers."""

    dialect: Dialect
    params: Mapping[str, Value]
    schemas: Mapping[str, Schema]
    columns: Names
    relations: Names

    def scope(self, relation: str, stem: str) -> Scope:
        """A scope over the columns of a relation."""
        return Scope(self.columns, self.dialect, self.params, dict(self.schemas[relation]), stem)


def lowered(low: Lowering, step: Step) -> Iterator[tuple[str, exp.Select]]:
    """The common table expressions of a step, by identifier; the last has the step's own."""
    match step:
        case Scan():
            body = _scan(low, step)
        case Filter():
            scope = low.scope(step.input, step.name)
            holds = scalars.node(scope, step.predicate)
            source = yield from _layers(low, step, scope.layers)
            body = _all_of(source).where(holds, copy=False)
        case Join():
            body = _join(low, step)
        case Compute():
            scope = low.scope(step.input, step.name)
            for binding in step.bindings:
                _bind(scope, binding)
            *below, top = scope.layers or [[]]
            source = yield from _layers(low, step, below)
            body = _all_of(source, top)
        case Aggregate():
            body = _aggregate(low, step)
    yield low.relations(step.name), body


def source_of(low: Lowering, name: str) -> exp.Table:
    """A step's relation as it stands in FROM."""
    return _table(low.relations(name))


def _table(identifier: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(identifier, quoted=True))


def column_names(name: str, schema: Schema) -> tuple[str, ...]:
    """The columns that hold a value: one, or two where it is a quotient."""
    return (name, name + OVER) if schema[name].over else (name,)


def _all_of(source: str, more: Sequence[Node] = ()) -> exp.Select:
    return exp.Select().select(exp.Star(), *more, copy=False).from_(_table(source), copy=False)


def _layers(
    low: Lowering, step: Filter | Compute, layers: Sequence[Sequence[Node]]
) -> Generator[tuple[str, exp.Select], None, str]:
    """Layers of columns over a step's input, each on the one before; returns the identifier of the last."""
    source = low.relations(step.input)
    for layer in layers:
        identifier = low.relations.fresh(step.name)
        yield identifier, _all_of(source, layer)
        source = identifier
    return source


def _scan(low: Lowering, step: Scan) -> exp.Select:
    columns: list[Node] = []
    for name, (column, kind) in step.columns.items():
        if kind.over:
            raise ValueError(f"column `{column}` of `{step.table}` cannot hold quotients")
        node: Node = build.column(low.columns(column))
        columns.append(build.alias(build.cast(node, kind.digits) if kind.digits else node, low.columns(name)))
    table = source_of(low, step.table)
    table.set("db", exp.to_identifier(DATA, quoted=True))
    return exp.Select().select(*columns, copy=False).from_(table, copy=False)


def _join(low: Lowering, step: Join) -> exp.Select:
    def left(name: str) -> Node:
        return build.column(low.columns(name), _LEFT)

    def right(name: str) -> Node:
        return build.column(low.columns(name), _RIGHT)

    on = [build.eq(left(a), right(b)) for a, b in step.on]
    if step.in_force:
        on += _in_force(step.in_force, left, right)
    taken = [
        build.alias(right(source), low.columns(target))
        for name, column in step.take.items()
        for target, source in zip(
            column_names(name, low.schemas[step.name]), column_names(column, low.schemas[step.right]), strict=True
        )
    ]
    everything = exp.Column(this=exp.Star(), table=exp.to_identifier(_LEFT, quoted=True))
    select = exp.Select().select(everything, *taken, copy=False).from_(_as(low, step.left, _LEFT), copy=False)
    return select.join(_as(low, step.right, _RIGHT), on=build.every(on), join_type="left", copy=False)


def _as(low: Lowering, name: str, alias: str) -> exp.Table:
    table = source_of(low, name)
    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return table


def _in_force(asked: InForce, left: Callable[[str], Node], right: Callable[[str], Node]) -> list[Node]:
    begun = build.at_most(right(asked.begins), left(asked.last))
    if asked.ends is None:
        return [begun, build.negated(build.is_null(left(asked.first)))]
    ended = build.at_most(left(asked.first), right(asked.ends))
    open_end = build.every([build.is_null(right(asked.ends)), build.negated(build.is_null(left(asked.first)))])
    return [begun, build.some([open_end, ended])]


def _bind(scope: Scope, binding: Binding) -> None:
    scope.stem = binding.name
    scope.guard = None if binding.guard is None else scope.column(binding.guard)
    if binding.type.digits is None:
        scope.add(binding.name, scalars.node(scope, binding.expr))
    else:
        value = numbers.fitted(scalars.number(scope, binding.expr), binding.type)
        scope.add(binding.name, value.node)
        if value.over is not None:
            scope.add(binding.name + OVER, value.over)
    scope.schema[binding.name] = binding.type


def _aggregate(low: Lowering, step: Aggregate) -> exp.Select:
    keys = [build.column(low.columns(key)) for key in step.keys]
    measures = [
        build.alias(_measure(low, measure, low.schemas[step.input]), low.columns(measure.name))
        for measure in step.measures
    ]
    select = exp.Select().select(*keys, *measures, copy=False).from_(source_of(low, step.input), copy=False)
    return select.group_by(*keys) if keys else select


_FUNCS: dict[str, type[exp.AggFunc]] = {
    "sum": exp.Sum,
    "count": exp.Count,
    "min": exp.Min,
    "max": exp.Max,
    "only": exp.Min,  # of several rows, which only a failing check allows, the least: the order of rows never shows
}


def _measure(low: Lowering, measure: Measure, schema: Schema) -> Node:
    """One aggregate. The digits of a sum's type hold nothing past its bounds: beyond, the cast raises."""
    if measure.arg is not None and schema[measure.arg].over:
        raise ValueError(f"`{measure.name}` is of quotients, which must be rounded first")
    arg = exp.Star() if measure.arg is None else build.column(low.columns(measure.arg))
    node: Node = _FUNCS[measure.func](this=arg)
    if measure.where is not None:
        where = exp.Where(this=build.column(low.columns(measure.where)))
        node = exp.Filter(this=node, expression=where)
    digits = measure.type.digits
    if digits is None:
        return node
    if measure.func == "sum":
        node = build.call(exp.Coalesce, node, build.number(Fraction(0), digits))
    return build.cast(node, digits)
