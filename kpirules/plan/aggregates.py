"""Lowering of aggregates: what their measures come to in the subject's relation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kpirules.model.expr import Agg
from kpirules.plan import build, rows
from kpirules.plan.draft import Draft, Flag, Place
from kpirules.plan.ir import Case, Op, Ref, Scalar
from kpirules.values import groups, types
from kpirules.values.operation_table import AGGREGATES
from kpirules.values.types import Type
from kpirules.values.units import Unit

_NUMBER = types.decimal(Unit.NUMBER, 0, Fraction(0), types.SUM_BOUND)


def figure(draft: Draft, place: Place, node: Agg) -> Ref:
    """Bind the figure of an aggregate, once for all that read it, and take over the faults its rows may meet.

    One that may be missing is so where it is worked out, also for a reader that knows it to be there.
    """
    certain = AGGREGATES[node.func].of_no_rows is not None and node.parts is None
    worked_out = node if certain else replace(node, type=node.type.maybe())
    name, flags = draft.aggregates.get(worked_out) or _new(draft, place, worked_out)
    draft.need([flag if flag.person else replace(flag, item=place.item) for flag in flags], place.guard)
    return build.ref(name, node.type)


def _new(draft: Draft, place: Place, node: Agg) -> tuple[str, tuple[Flag, ...]]:
    name = draft.fresh(node.grain.table)
    flags = tuple(_flag(draft, flag, node) for flag in rows.measured(draft, node, name, place.item))
    draft.aggregates[node] = name, flags
    _bind(draft, node, name)
    return name, flags


def _flag(draft: Draft, flag: Flag, node: Agg) -> Flag:
    """The fault of a subject: at least one of its rows meets it."""
    count = build.coalesce(build.ref(flag.when, _NUMBER.maybe()), build.number(0))
    name = f"{flag.when} met"
    draft.bind(name, build.compare("gt", count, build.number(0)), Place(name, "value", name), "guard", node.span)
    return replace(flag, when=name)


def _bind(draft: Draft, node: Agg, name: str) -> None:
    place = Place(name, "value", name)
    if node.parts is not None:
        there = build.coalesce(build.ref(f"{name}$count", _NUMBER.maybe()), build.number(0))
        whole = build.compare("eq", there, build.number(node.parts))
        summed_up = Case(((whole, build.ref(f"{name}$sum", node.type)),), None, node.type)
        draft.bind(name, summed_up, place, "aggregate", node.span, of=f"{name}$sum")
        return
    operation = AGGREGATES[node.func]
    if len(operation.measures) > 1:
        summed = build.ref(f"{name}$sum", _summed(node).maybe())
        whole = build.coalesce(build.ref(f"{name}$count", _NUMBER.maybe()), build.number(0))
        found = build.div(summed, whole, node.type.unit)
        draft.bind(name, _typed(found, node.type), place, "aggregate", node.span, of=f"{name}$sum")
        return
    column = build.ref(f"{name}$", node.type.maybe())
    nothing = operation.of_no_rows
    expr: Scalar = column if nothing is None else build.coalesce(column, build.const(nothing, node.type))
    draft.bind(name, _typed(expr, node.type), place, "aggregate", node.span, of=f"{name}$")


def _summed(node: Agg) -> Type:
    assert node.arg is not None
    return groups.total(node.arg.type).of(node.type.unit)


def _typed(node: Scalar, type_: Type) -> Scalar:
    assert isinstance(node, Op | Ref)
    return Op(node.op, node.args, type_) if isinstance(node, Op) else Ref(node.name, type_)
