"""Lowering of what is worked out only where it is needed: stand-ins, conditions, and dates that may not be there."""

from __future__ import annotations

from kpirules.model.expr import Bin, Cond, Expr, Fallback, Fn
from kpirules.plan import build, faulting
from kpirules.plan.ir import Const, Op, Ref, Scalar
from kpirules.plan.lowering import bound, guard, lower, lowers
from kpirules.plan.operators import scalar
from kpirules.plan.relation import Flag, Place, Relation, origin_of
from kpirules.values import types
from kpirules.values.operation_table import function


@lowers(Fallback)
def _stand_in(relation: Relation, place: Place, node: Fallback) -> Scalar:
    if node.fallback is None:
        return _or_fault(relation, place, node)
    if faulting.faults(relation, node.fallback):
        return _or_else(relation, place, node, node.fallback)
    return scalar(node, lambda inner: lower(relation, place, inner))


@lowers(Bin)
def _joined(relation: Relation, place: Place, node: Bin) -> Scalar:
    if node.op in ("and", "or") and faulting.faults(relation, node.right):
        return _decided(relation, place, node)
    return scalar(node, lambda inner: lower(relation, place, inner))


@lowers(Fn)
def _function(relation: Relation, place: Place, node: Fn) -> Scalar:
    if function(node.name).may_end:
        return _later(relation, place, node)
    return scalar(node, lambda inner: lower(relation, place, inner))


def _or_fault(relation: Relation, place: Place, node: Fallback) -> Scalar:
    value = lower(relation, place, node.operand)
    if not isinstance(value, Ref):
        value = relation.bind(place, value, "value", node.operand.span, step=relation.fresh(place))
    when = relation.bind(place, build.is_missing(value), "guard", node.span, step=relation.fresh(place))
    relation.need([Flag(when.name, "KPI702", place.item, origin_of(node.span))])
    return value


def _later(relation: Relation, place: Place, node: Fn) -> Scalar:
    """A date so much later than another; outside of the years 1 to 9999 there is none, which is a fault."""
    args = [bound(relation, place, lower(relation, place, arg), arg) for arg in node.args]
    value = Op(node.name, tuple(args), types.DATE.maybe())
    later = relation.bind(place, value, "value", node.span, step=relation.fresh(place))
    there = [build.negated(build.is_missing(arg)) for arg in args if not isinstance(arg, Const)]
    outside = build.both([build.is_missing(later), *there])
    when = relation.bind(place, outside, "guard", node.span, step=relation.fresh(place))
    relation.need([Flag(when.name, "KPI743", place.item, origin_of(node.span))])
    return later


def _or_else(relation: Relation, place: Place, node: Fallback, fallback: Expr) -> Scalar:
    """A stand-in that may end the run is worked out only where it is needed."""
    value = bound(relation, place, lower(relation, place, node.operand), node.operand)
    gone = guard(relation, place, build.is_missing(value), node.operand)
    return build.coalesce(value, lower(relation, place.under(gone), fallback))


def _decided(relation: Relation, place: Place, node: Bin) -> Scalar:
    """`and`, `or` with a second part that may end the run: it is worked out only where the first does not decide."""
    first = bound(relation, place, lower(relation, place, node.left), node.left)
    undecided = first if node.op == "and" else build.negated(first)
    inner = place.under(guard(relation, place, undecided, node.left))
    return Op(node.op, (first, lower(relation, inner, node.right)), types.BOOL)


@lowers(Cond)
def _cond(relation: Relation, place: Place, node: Cond) -> Scalar:
    if not faulting.faults(relation, node) and not faulting.has_rule(relation, node):
        return scalar(node, lambda inner: lower(relation, place, inner))
    test = bound(relation, place, lower(relation, place, node.condition), node.condition)
    yes = guard(relation, place, test, node.condition)
    no = guard(relation, place, build.negated(test), node.condition)
    then = lower(relation, place.under(yes), node.then)
    otherwise = lower(relation, place.under(no), node.otherwise)
    return build.case([(test, then)], otherwise, node.type.unit)
