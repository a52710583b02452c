"""What is known to be there: the keys under which it is remembered, and what follows for an expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpirules.model.expr import Agg, As, Bin, Builtin, Col, Expr, Fn, Lit, Lookup, Neg, Own, Unknown, Val
from kpirules.model.walking import children
from kpirules.model.workspace import Presence, Scope

EVERYTHING: Presence = ("everything",)
"""The key that stands for all there is."""


def key_of(node: Expr) -> Presence | None:
    """A key under which "it is there" can be remembered: the expression itself, whatever is known of its type."""
    match node:
        case Lit():
            return ("lit", node.value)
        case Col():
            return ("col", node.refs, node.column, node.own)
        case Val():
            return value(node.item, node.part)
        case Own():
            return ("own", node.refs, key_of(node.value))
        case Lookup():
            return ("lookup", node.table, node.column)
        case Builtin():
            return ("builtin", node.name)
        case Agg():
            return ("agg", node.func, node.arg, node.where, node.grain)
        case Bin(op="+" | "-" | "*" | "/"):
            return _of_parts(("bin", node.op), node)
        case Neg() | As():
            return _of_parts((type(node).__name__, node.type.unit), node)
        case Fn():
            return _of_parts(("fn", node.name, node.places), node)
        case _:
            return None


def column(name: str) -> Presence:
    """The key of a column of the row itself."""
    return ("col", (), name, False)


def value(item: str, part: str) -> Presence:
    """The key of a value of the subject: a part of an item."""
    return ("val", item, part)


def _of_parts(kind: Presence, node: Expr) -> Presence | None:
    parts = [key_of(part) for part in children(node)]
    return None if None in parts else (*kind, *parts)


def present_with(node: Expr) -> Iterator[Presence]:
    """The keys of what is there wherever an expression is: itself, and what it is worked out of."""
    key = key_of(node)
    if key is not None:
        yield key
    if isinstance(node, Bin | Neg | Fn | As):
        for part in children(node):
            yield from present_with(part)


def narrowed(scope: Scope, node: Expr) -> Expr:
    """A node as never missing where it is known to be there."""
    if isinstance(node, Unknown) or not scope.present or not node.type.missing:
        return node
    if EVERYTHING in scope.present or key_of(node) in scope.present:
        return replace(node, type=node.type.there())
    return node
