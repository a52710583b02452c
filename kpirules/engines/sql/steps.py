"""Steps to relations: what each reads, and the columns it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from kpirules.engines.schema import Schema
from kpirules.engines.sql import build, measures, numbers, scalars
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.dialect import Dialect
from kpirules.engines.sql.relations import Relation, table
from kpirules.engines.sql.scope import Names, Scope
from kpirules.plan.ir import OVER, Binding, Compute, Filter, Gather, InForce, Scan, Step, Value
from kpirules.records import dataclass

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


def lowered(low: Lowering, step: Step) -> Sequence[Relation]:
    """The relation of a step, after that of the groups which it needs."""
    match step:
        case Scan():
            return [_scan(low, step)]
        case Filter():
            scope = low.scope(step.input, step.name)
            holds = scalars.node(scope, step.predicate)
            return [_over(low, step, scope, where=holds)]
        case Compute():
            scope = low.scope(step.input, step.name)
            for binding in step.bindings:
                _bind(scope, binding)
                scope.schema[binding.name] = low.schemas[step.name][binding.name]
            return [_over(low, step, scope)]
        case Gather():
            return _gather(low, step)


def _over(low: Lowering, step: Filter | Compute, scope: Scope, *, where: Node | None = None) -> Relation:
    """The rows of the input with columns more, or the rows of it for which a condition holds."""
    sources = {"": table(low.relations(step.input))}
    return Relation(low.relations(step.name), sources, passed="", steps=scope.steps, apart=scope.apart, where=where)


def column_names(name: str, schema: Schema) -> tuple[str, ...]:
    """The columns that hold a value: one, or two where it is a quotient."""
    return (name, name + OVER) if schema[name].over else (name,)


def _scan(low: Lowering, step: Scan) -> Relation:
    made: dict[str, Node] = {}
    for name, (column, kind) in step.columns.items():
        if kind.over:
            raise ValueError(f"column `{column}` of `{step.table}` cannot hold quotients")
        node: Node = build.column(low.columns(column))
        made[low.columns(name)] = build.cast(node, kind.digits) if kind.digits else node
    source = table(low.relations(step.table))
    source.set("db", exp.to_identifier(DATA, quoted=True))
    return Relation(low.relations(step.name), {"": source}, made=made)


def _gather(low: Lowering, step: Gather) -> Sequence[Relation]:
    """The rows of the source put together, where there are measures, and the join that brings what is read of them.

    Where a gather both takes of a row and measures rows, the source would be read twice over: none does.
    """
    assert not (step.take and step.measures), step.name
    if not step.measures:
        return [_join(low, step, low.relations(step.source), _taken(low, step))]
    groups = _groups(low, step, low.relations.fresh(step.name))
    made = {name: build.column(name, _RIGHT) for name in groups.made if name not in _theirs(low, step)}
    return [groups, _join(low, step, groups.identifier, made)]


def _theirs(low: Lowering, step: Gather) -> list[str]:
    return [low.columns(theirs) for _, theirs in step.on]


def _taken(low: Lowering, step: Gather) -> dict[str, Node]:
    return {
        low.columns(target): build.column(low.columns(column), _RIGHT)
        for name, taken in step.take.items()
        for target, column in zip(
            column_names(name, low.schemas[step.name]), column_names(taken, low.schemas[step.source]), strict=True
        )
    }


def _join(low: Lowering, step: Gather, source: str, made: Mapping[str, Node]) -> Relation:
    def ours(name: str) -> Node:
        return build.column(low.columns(name), _LEFT)

    def theirs(name: str) -> Node:
        return build.column(low.columns(name), _RIGHT)

    on = [build.eq(ours(a), theirs(b)) for a, b in step.on]
    if step.in_force:
        on += _in_force(step.in_force, ours, theirs)
    sources = {_LEFT: _as(low.relations(step.input), _LEFT), _RIGHT: _as(source, _RIGHT)}
    return Relation(low.relations(step.name), sources, passed=_LEFT, made=made, joined=build.every(on))


def _as(identifier: str, alias: str) -> exp.Table:
    source = table(identifier)
    source.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return source


def _in_force(asked: InForce, left: Callable[[str], Node], right: Callable[[str], Node]) -> list[Node]:
    begun = build.at_most(right(asked.begins), left(asked.last))
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


def _groups(low: Lowering, step: Gather, identifier: str) -> Relation:
    """The rows of the source by key, with the measures."""
    keys = [build.column(name) for name in _theirs(low, step)]
    made: dict[str, Node] = {key.name: key.copy() for key in keys}
    for measure in step.measures:
        made |= measures.columns(low.dialect, low.columns, measure)
    return Relation(identifier, {"": table(low.relations(step.source))}, made=made, keys=keys)
