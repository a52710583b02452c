"""Relations to SELECTs: each with the columns that something reads, in as few layers as can be, and nothing more.

How long an engine plans a query grows with the columns of its layers times the layers. So a column that nothing reads
is left out, and one that only one other reads stands inside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from sqlglot import exp

from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.records import dataclass

_NESTED = 8
"""How many columns may stand one in another: an engine's parser goes only so deep."""

Columns = dict[str, None]
"""Identifiers of columns, in the order in which they were asked for."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What one step makes of its inputs.

    `sources` are the tables it reads, by the alias that its nodes know them by; where the only one has none, by "".
    `passed` is the alias of the relation whose other columns are passed on. `made` are the columns made from the
    sources, and `steps` those made from the sources and the steps before, by identifier; of these, those `apart` stand
    inside no other. `joined` is the condition of
    the join of the second source to the first; `where` may read steps; `keys` are what rows are grouped by.
    """

    identifier: str
    sources: Mapping[str, exp.Table]
    passed: str | None = None
    made: Mapping[str, Node] = field(default_factory=dict)
    steps: Mapping[str, Node] = field(default_factory=dict)
    apart: Container[str] = ()
    joined: Node | None = None
    where: Node | None = None
    keys: Sequence[Node] = ()


def table(identifier: str) -> exp.Table:
    """A relation as it stands in FROM."""
    return exp.Table(this=exp.to_identifier(identifier, quoted=True))


def selects(
    relations: Sequence[Relation], wanted: Mapping[str, Iterable[str]], fresh: Callable[[str], str]
) -> Iterator[tuple[str, exp.Select]]:
    """The common table expressions of relations, each after those it reads.

    `wanted` are the columns that are read from outside, by relation; `fresh` gives identifiers of layers.
    """
    needed = {identifier: dict.fromkeys(columns) for identifier, columns in wanted.items()}
    by_relation: list[list[tuple[str, exp.Select]]] = []
    for relation in reversed(relations):
        asked = needed.get(relation.identifier, {})
        by_relation.append(list(_select(relation, asked, needed, fresh)))
    for parts in reversed(by_relation):
        yield from parts


def _select(
    relation: Relation, asked: Columns, needed: dict[str, Columns], fresh: Callable[[str], str]
) -> Iterator[tuple[str, exp.Select]]:
    """The layers of one relation; what they read of its sources is added to `needed`."""
    made = {name: node for name, node in relation.made.items() if name in asked}
    outside = dict.fromkeys(_plain(relation.where)) if relation.where is not None else {}
    steps = _asked_for(relation.steps, {**asked, **outside})
    layers = _layers(_inlined(steps, {**asked, **outside}, relation.apart), {**asked, **outside})
    if relation.where is not None or not layers:
        layers.append({})
    kept = {} if relation.passed is None else {name: None for name in asked if name not in made}
    passed = _passed(layers, kept, outside)
    for alias, source in relation.sources.items():
        conditions = [condition for condition in (relation.joined, relation.where) if condition is not None]
        read = _columns_of(alias, [*made.values(), *relation.keys, *conditions])
        if alias == relation.passed:
            read |= passed[0] | _read(layers[0])
        if not source.db:
            here = {name for layer in layers for name in layer}
            needed.setdefault(source.name, {}).update({name: None for name in read if name not in here})
    source = next(iter(relation.sources.values()))
    for nth, (layer, on) in enumerate(zip(layers, passed, strict=True)):
        last = nth == len(layers) - 1
        from_first = (relation.passed or None) if nth == 0 else None
        nodes: list[Node] = [build.column(name, from_first) for name in on]
        nodes += [build.alias(step.node, name) for name, step in layer.items()]
        nodes += [build.alias(node, name) for name, node in made.items()] if last else []
        select = exp.Select().select(*(nodes or [build.whole(1)]), copy=False).from_(source, copy=False)
        identifier = relation.identifier if last else fresh(relation.identifier)
        yield identifier, _finished(relation, select) if last else select
        source = table(identifier)


def _finished(relation: Relation, select: exp.Select) -> exp.Select:
    """The last layer, with what chooses, joins and groups its rows."""
    if relation.joined is not None:
        _, right = relation.sources.values()
        select.append("joins", exp.Join(this=right, on=relation.joined, side="LEFT"))
    if relation.where is not None:
        select = select.where(relation.where, copy=False)
    return select.group_by(*relation.keys, copy=False) if relation.keys else select


def _plain(node: Node) -> list[str]:
    """The columns that a node reads, as often as it does."""
    return [column.name for column in node.find_all(exp.Column)]


def _columns_of(alias: str, nodes: Iterable[Node]) -> Columns:
    """The columns of one source that nodes read."""
    return {column.name: None for node in nodes for column in node.find_all(exp.Column) if column.table == alias}


@dataclass(slots=True)
class _Step:
    """A column in the making, and the columns that it reads, as often as it does."""

    node: Node
    reads: list[str]


_Layer = dict[str, _Step]


def _asked_for(steps: Mapping[str, Node], asked: Columns) -> _Layer:
    """The steps that are asked for, and those that they read."""
    wanted = dict(asked)
    kept: _Layer = {}
    for name, node in reversed(list(steps.items())):
        if name in wanted:
            kept[name] = _Step(node, _plain(node))
            wanted |= dict.fromkeys(kept[name].reads)
    return dict(reversed(list(kept.items())))


def _inlined(steps: _Layer, asked: Columns, apart: Container[str]) -> _Layer:
    """The steps, less those that only one other reads, which stand inside it where they need not stand apart."""
    uses = Counter(name for step in steps.values() for name in step.reads)
    kept: _Layer = {}
    nested: dict[str, int] = {}
    for name, step in steps.items():
        inner = {
            read: kept.pop(read)
            for read in dict.fromkeys(step.reads)
            if read in kept and read not in asked and read not in apart and uses[read] == 1 and nested[read] < _NESTED
        }
        nested[name] = 1 + max((nested[read] for read in inner), default=0)
        kept[name] = _with_inside(step, inner) if inner else step
    return kept


def _with_inside(step: _Step, inner: _Layer) -> _Step:
    for column in list(step.node.find_all(exp.Column)):
        if column.name in inner:
            inside = build.operand(inner[column.name].node)
            if column is step.node:
                step.node = inside
            else:
                column.replace(inside)
    reads = [name for name in step.reads if name not in inner]
    return _Step(step.node, reads + [name for column in inner.values() for name in column.reads])


def _layers(steps: _Layer, asked: Columns) -> list[_Layer]:
    """Each step in a layer above those it reads.

    A layer passes on every column that is still needed, and an engine takes time for each. So from the last step to
    the first, each stands in the layer where it and what it reads are passed on the least: as late as its readers
    let it, unless that has more columns wait for it than it has itself.
    """
    first = _first_layers(steps)
    last_use = dict.fromkeys(asked, top := max(first.values(), default=-1))
    layer_of: dict[str, int] = {}
    latest = dict.fromkeys(steps, top)
    for name, step in reversed(steps.items()):
        reads = dict.fromkeys(step.reads)
        uses = [last_use.get(read, -1) for read in reads]
        in_layer = {at: sum(max(at - use, 0) for use in uses) - at for at in range(latest[name], first[name] - 1, -1)}
        at = layer_of[name] = min(in_layer, key=in_layer.__getitem__)
        for read in reads:
            last_use[read] = max(last_use.get(read, -1), at)
            if read in latest:
                latest[read] = min(latest[read], at - 1)
    layers: list[_Layer] = [{} for _ in range(top + 1)]
    for name, step in steps.items():
        layers[layer_of[name]][name] = step
    return layers


def _first_layers(steps: _Layer) -> dict[str, int]:
    """The lowest layer that can hold each step: one above those it reads."""
    layer_of: dict[str, int] = {}
    for name, step in steps.items():
        layer_of[name] = 1 + max((layer_of.get(read, -1) for read in step.reads), default=-1)
    return layer_of


def _read(layer: _Layer) -> Columns:
    """The columns that a layer reads of what lies below it."""
    return {name: None for step in layer.values() for name in step.reads}


def _passed(layers: Sequence[_Layer], asked: Columns, outside: Columns) -> list[Columns]:
    """For each layer, the columns that it takes over as they are, for those above it."""
    taken_over: list[Columns] = []
    above = asked
    for nth, layer in reversed(list(enumerate(layers))):
        taken_over.append({name: None for name in above if name not in layer})
        above = taken_over[-1] | _read(layer)
        if nth == len(layers) - 1:
            above |= outside
    return list(reversed(taken_over))
