"""Lowering of aggregates: the measures of their rows, and what these come to in the subject's relation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from kpirules.model.expr import Agg, Bin, Expr, Grain
from kpirules.plan import build, lowering
from kpirules.plan.ir import Case, Ident, Measure, Op, Ref, Scalar
from kpirules.plan.lowering import lowers
from kpirules.plan.reading import COUNT, Reading, Refs, row_key
from kpirules.plan.relation import Flag, Place, Relation, Source, origin_of
from kpirules.records import dataclass
from kpirules.source import Span, catalogue
from kpirules.values import groups, types
from kpirules.values.operation_table import AGGREGATES
from kpirules.values.types import Type
from kpirules.values.units import Unit

_NUMBER = types.decimal(Unit.NUMBER, 0, Fraction(0), types.SUM_BOUND)


@lowers(Agg)
def figure(relation: Relation, place: Place, node: Agg) -> Ref:
    """Bind the figure of an aggregate, once for all that read it, and take over the faults its rows may meet.

    One that may be missing is so where it is worked out, also for a reader that knows it to be there. What is counted
    for a person's own row is counted for the person.
    """
    if node.grain.to is not None and not (relation.per_row or place.refs):
        node = replace(node, grain=replace(node.grain, to=None))
    certain = AGGREGATES[node.func].of_no_rows is not None and node.parts is None
    worked_out = node if certain else replace(node, type=node.type.maybe())
    name, flags = relation.aggregates.get((place.refs, worked_out)) or _new(relation, place, worked_out)
    relation.need([flag if flag.person else replace(flag, item=place.item) for flag in flags], place.guard)
    return build.ref(name, node.type)


def _new(relation: Relation, place: Place, node: Agg) -> tuple[str, tuple[Flag, ...]]:
    of_row = node.grain.to is not None
    source = _referring(relation, place.refs, node.grain) if of_row else _rows_of(relation, node.grain)
    of_rows = Place(node.grain.table, "value", ".".join((relation.name, *place.refs)) if of_row else None)
    step = relation.fresh(of_rows)
    name = of_rows.figure.at(step).name
    flags = tuple(_flag(relation, flag, node) for flag in _measured(relation, source, node, name, place.item))
    relation.aggregates[place.refs, node] = name, flags
    figure, measured = _made_of(node, name)
    relation.bind(of_rows, figure, "aggregate", node.span, step=step, of=measured)
    return name, flags


def _flag(relation: Relation, flag: Flag, node: Agg) -> Flag:
    """The fault of a subject: at least one of its rows meets it."""
    count = build.coalesce(build.ref(flag.when, _NUMBER.maybe()), build.number(0))
    place = Place(node.grain.table, "met")
    some = build.compare("gt", count, build.number(0))
    met = relation.bind(place, some, "guard", node.span, step=relation.fresh(place))
    return replace(flag, when=met.name)


def _made_of(node: Agg, name: str) -> tuple[Scalar, str]:
    """What an aggregate comes to, by its measures, and the measure that tells of its rows."""
    if node.parts is not None:
        there = build.coalesce(build.ref(f"{name}$count", _NUMBER.maybe()), build.number(0))
        whole = build.compare("eq", there, build.number(node.parts))
        return Case(((whole, build.ref(f"{name}$sum", node.type)),), None, node.type), f"{name}$sum"
    operation = AGGREGATES[node.func]
    if len(operation.measures) > 1:
        summed = build.ref(f"{name}$sum", _summed(node).maybe())
        whole = build.coalesce(build.ref(f"{name}$count", _NUMBER.maybe()), build.number(0))
        return _typed(build.div(summed, whole, node.type.unit), node.type), f"{name}$sum"
    column = build.ref(f"{name}$", node.type.maybe())
    nothing = operation.of_no_rows
    expr: Scalar = column if nothing is None else build.coalesce(column, build.const(nothing, node.type))
    return _typed(expr, node.type), f"{name}$"


def _summed(node: Agg) -> Type:
    assert node.arg is not None
    return groups.total(node.arg.type).of(node.type.unit)


def _typed(node: Scalar, type_: Type) -> Scalar:
    assert isinstance(node, Op | Ref)
    return Op(node.op, node.args, type_) if isinstance(node, Op) else Ref(node.name, type_)


# ---------------------------------------------------------------- measures


def _rows_of(subjects: Relation, grain: Grain) -> Source:
    """The rows of a grain, in one relation."""
    if grain not in subjects.sources:
        reading = Reading(subjects.model, grain.table, (grain.time_refs, grain.time))
        rows = Relation(reading, f"{grain.table}$row{len(subjects.sources)}", per_row=True, owner=subjects)
        subjects.sources[grain] = Source(rows, grain, Place(grain.table, "row"))
    return subjects.sources[grain]


def _referring(relation: Relation, refs: Refs, grain: Grain) -> Source:
    """The rows of a grain that are counted for the row that `refs` lead to; the column that names it is asked for."""
    if (refs, grain) not in relation.referring:
        row_key(relation.reading, refs)
        reading = Reading(relation.model, grain.table, (grain.time_refs, grain.time))
        name = f"{relation.name}/{grain.table}{len(relation.referring)}"
        rows = Relation(reading, name, per_row=True)
        relation.referring[refs, grain] = Source(rows, grain, Place(grain.table, "row"))
    return relation.referring[refs, grain]


def _measured(gathering: Relation, source: Source, agg: Agg, name: str, item: str) -> tuple[Flag, ...]:
    """Add the measures of an aggregate, under names that begin with `name`, to the source of its rows.

    `item` is whose figure it is made for, the first of those that read it.

    Returns:
        the faults that its rows may meet, each told by a measure that counts the rows which do.
    """
    where, failing = _lowered(source, agg.where)
    if where is not None and agg.where is not None:
        _say_all(source.relation, where, agg.where)
    value, faults = _lowered(source, agg.arg)
    failing += [(build.both([where, when]) if where is not None else when, flag) for when, flag in faults]
    flags = [replace(flag, when=f"{name}$faults{nth}") for nth, (_, flag) in enumerate(failing, 1)]
    measures = [
        _Made(flag.when, "count", None, _bound(source, agg, when).name, COUNT)
        for flag, (when, _) in zip(flags, failing, strict=True)
    ]
    measures += _figures(agg, name, value, where.name if where is not None else None)
    depth = max(source.relation.depth(read) for made in measures for read in (made.arg or "", made.where or ""))
    for made in measures:
        each = f"{agg.grain.table}.{agg.grain.time}" if agg.parts is not None and made.func == "sum" else None
        measure = Measure(made.name, made.func, made.arg, made.where, made.type, item, origin_of(agg.span), each)
        source.measures[made.name] = measure, depth
        gathering.depths[made.name] = depth
    return tuple(flags)


@dataclass(frozen=True, slots=True)
class _Made:
    """What a measure is made of."""

    name: str
    func: str
    arg: str | None
    where: str | None
    type: Type


def _figures(agg: Agg, name: str, value: Ref | None, where: str | None) -> list[_Made]:
    """The measures that an aggregate's figure is made of: one, or a sum and a count."""
    if agg.arg is None or value is None:
        return [_Made(f"{name}$", "count", None, where, COUNT)]
    if agg.parts is not None:
        low, high = agg.type.bounds
        some = replace(agg.type.there(), low=min(low, Fraction(0)), high=max(high, Fraction(0)))
        return [
            _Made(f"{name}$sum", "sum", value.name, None, some),
            _Made(f"{name}$count", "count", value.name, None, COUNT),
        ]
    operation = AGGREGATES[agg.func]
    first, *over = operation.measures
    kind = groups.total(value.type).of(agg.type.unit) if operation.sums else agg.type
    figure_of = _Made(f"{name}${first if over else ''}", first, value.name, where, kind)
    return [figure_of, *(_Made(f"{name}${count}", count, None, where, COUNT) for count in over)]


def _say_all(relation: Relation, where: Ref, node: Expr) -> None:
    """Let a condition that was put together of several, a filtered table's and those after it, be told with all."""
    texts = [span.text for span in _conditions(node)]
    apart = catalogue.word("semicolon", relation.model.language)
    nth = relation.places.get(where.name)
    origin = relation.bindings[nth].origin if nth is not None else None
    if len(texts) > 1 and nth is not None and origin is not None:
        relation.bindings[nth] = replace(relation.bindings[nth], origin=replace(origin, text=apart.join(texts)))


def _conditions(node: Expr) -> list[Span]:
    """The places of the conditions that one was put together of; what is put together has the place of its last."""
    if isinstance(node, Bin) and node.op == "and" and node.span == node.right.span:
        return [*_conditions(node.left), *_conditions(node.right)]
    return [node.span]


def _lowered(source: Source, node: Expr | None) -> tuple[Ref | None, list[tuple[Scalar, Flag]]]:
    """A row's value under a name of its own, and the faults that working it out may meet."""
    if node is None:
        return None, []
    relation = source.relation
    value, flags = relation.collected(lambda: _bound(source, node, lowering.lower(relation, source.place, node)))
    return value, [(Ref(flag.when, types.BOOL), flag) for flag in flags]


def _bound(source: Source, node: Expr, value: Scalar) -> Ref:
    """A row's value under a name of its own; the same value once."""
    if isinstance(value, Ref):
        return value
    relation, place = source.relation, source.place
    known = relation.known.get(value)
    if known is not None:
        return build.ref(known, relation.types[known])
    return relation.bind(place, value, "value", node.span, step=relation.fresh(place))


def count(source: Source, aggs: Iterable[Agg], counted: Ident) -> None:
    """Add the measure `counted`: how many rows at least one of some aggregates of these rows counts."""
    conditions = {None if agg.where is None else _lowered(source, agg.where)[0]: None for agg in aggs}
    relation, place = source.relation, source.place
    where: str | None = None
    if None not in conditions:
        holds = build.any_of([condition for condition in conditions if condition is not None])
        named = holds if isinstance(holds, Ref) else relation.bind(place, holds, "guard", None, step=counted.step)
        where = named.name
    measure = Measure(counted.name, "count", None, where, COUNT, relation.table)
    source.measures[counted.name] = measure, source.first_from(relation.depth(where or ""))
