"""The arrow from typed expressions to scalars: the file of each construct says how it is lowered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kpirules.model.expr import Agg, Col, Expr, Lookup, Own
from kpirules.plan.ir import Const, Ref, Scalar
from kpirules.plan.relation import Place, Relation

Lowering = Callable[[Relation, Place, Any], Scalar]
"""The scalar of a node in a relation, for the value that is being lowered."""
Steps = Callable[[Relation, Place, Any, int | None], Ref]
"""Binds what a node comes to as a step on the way to the value, or as that itself, after steps of its own."""

_LOWERINGS: dict[type, Lowering] = {}
_RULES: dict[type, Steps] = {}


def lowers(*kinds: type) -> Callable[[Lowering], Lowering]:
    """Marks the function that lowers nodes of some kinds."""

    def mark(lowering: Lowering) -> Lowering:
        _LOWERINGS.update(dict.fromkeys(kinds, lowering))
        return lowering

    return mark


def emits(kind: type) -> Callable[[Steps], Steps]:
    """Marks the function that lowers rules of a kind, which have steps of their own."""

    def mark(steps: Steps) -> Steps:
        _RULES[kind] = steps
        return steps

    return mark


def lower(relation: Relation, place: Place, node: Expr) -> Scalar:
    """The scalar of an expression in a relation; rules inside it become bindings of their own."""
    kind = type(node)
    if kind in _RULES:
        return divided(_RULES[kind](relation, place, node, relation.fresh(place)), node)
    return divided(_LOWERINGS[kind](relation, place, node), node)


def emit(relation: Relation, place: Place, node: Expr, step: int | None = None) -> Ref:
    """Bind an expression or a rule as the value that is being lowered; its own steps are bound before it."""
    if type(node) in _RULES:
        return _RULES[type(node)](relation, place, node, step)
    return relation.bind(place, lower(relation, place, node), "value", node.span, step=step)


def is_rule(node: Expr) -> bool:
    """Whether a node is lowered to steps of its own."""
    return type(node) in _RULES


def divided(value: Scalar, node: Expr) -> Scalar:
    """A scalar whose denominator has the name that the model gave it, unless it has one by its parts."""
    if value.type.over is None:
        return value
    own, given = value.type.by, node.type.by
    from_afar = isinstance(node, Own | Lookup | Agg) or (isinstance(node, Col) and node.refs)
    if own is not None and not (from_afar and own.factors):
        return value
    name = given if given is not None and given.constant == 1 and len(given.factors) == 1 else None
    return replace(value, type=replace(value.type, by=name))


def bound(relation: Relation, place: Place, value: Scalar, node: Expr) -> Scalar:
    """A value that is read more than once, under a name of its own unless it has one."""
    if isinstance(value, Ref | Const):
        return value
    return relation.bind(place, value, "value", node.span, step=relation.fresh(place))


def guard(relation: Relation, place: Place, condition: Scalar, node: Expr | None = None) -> str:
    """The name of a condition, within that of the place, under which bindings may stand."""
    if isinstance(condition, Ref) and place.guard is None:
        return condition.name
    span = node.span if node is not None else None
    return relation.bind(place, condition, "guard", span, step=relation.fresh(place)).name
