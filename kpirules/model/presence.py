"""What is known to be there: the keys under which it is remembered, and what follows for an expression.

A key is the expression itself, without the names it has, whatever is known of its type: what is shown of an expression
is known of its name, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpirules.model import naming
from kpirules.model.expr import (
    Absent,
    Agg,
    Among,
    As,
    Bin,
    Builtin,
    Col,
    Cond,
    Expr,
    Fallback,
    Fn,
    Limited,
    Lit,
    Lookup,
    Neg,
    Not,
    Own,
    Unknown,
    Val,
)
from kpirules.model.walking import children
from kpirules.model.workspace import Presence, Scope, Workspace

EVERYTHING: Presence = ("everything",)
"""The key that stands for all there is."""


def key_of(ws: Workspace, node: Expr, deep: int = naming.DEEPEST) -> Presence:
    """The key of an expression; `deep` is how many names within names are looked behind.

    That of an operation is a number that stands for the operation and the keys of its parts, so that none is long.
    """
    at = (id(node), deep)
    if at not in ws.keys:
        behind = naming.behind(ws, node) if deep else None
        found = _key(ws, node, deep) if behind is None else key_of(ws, behind, deep - 1)
        ws.keys[at] = node, found  # with the node, so that no other takes its identity
    return ws.keys[at][1]


def _key(ws: Workspace, node: Expr, deep: int) -> Presence:
    match node:
        case Lit():
            return ("lit", node.value)
        case Col():
            return ("col", node.refs, node.column, node.own)
        case Val():
            return value(node.item, node.part)
        case Own():
            return ("own", node.refs, key_of(ws, node.value, deep))
        case Lookup():
            return ("lookup", node.table, node.column)
        case Builtin():
            return ("builtin", node.name)
        case Agg():
            parts = (part and key_of(ws, part, deep) for part in (node.arg, node.where))
            return _number(ws, ("agg", node.func, *parts, node.grain))
        case Bin(op="and" | "or"):
            return _number(ws, (node.op, *_joined(ws, node, node.op, deep)))
        case Bin() | Neg() | As() | Not() | Fn() | Fallback() | Cond() | Absent() | Among():
            return _number(ws, (*_kind(node), *(key_of(ws, part, deep) for part in children(node))))
        case _:
            return ("node", node)


def _number(ws: Workspace, key: Presence) -> Presence:
    return ("number", ws.numbers.setdefault(key, len(ws.numbers)))


def _kind(node: Expr) -> Presence:
    """What tells two operations apart that have the same parts."""
    match node:
        case Bin():
            return ("bin", node.op)
        case Fn():
            return ("fn", node.name, node.places)
        case As():
            return ("as", node.type.unit)
        case Absent():
            return ("absent", node.negated)
        case Among():
            return ("among", node.negated, frozenset(one.value for one in node.values))
        case _:
            return (type(node).__name__,)


def _joined(ws: Workspace, node: Expr, op: str, deep: int) -> Iterator[Presence]:
    """The keys of conditions that are joined by one word, however they are put in brackets and names."""
    behind = naming.behind(ws, node) if deep else None
    if behind is not None:
        yield from _joined(ws, behind, op, deep - 1)
    elif isinstance(node, Bin) and node.op == op:
        yield from _joined(ws, node.left, op, deep)
        yield from _joined(ws, node.right, op, deep)
    else:
        yield key_of(ws, node, deep)


def column(name: str) -> Presence:
    """The key of a column of the row itself."""
    return ("col", (), name, False)


def value(item: str, part: str) -> Presence:
    """The key of a value of the subject: a part of an item."""
    return ("val", item, part)


def present_with(ws: Workspace, node: Expr, deep: int = naming.DEEPEST) -> Iterator[Presence]:
    """The keys of what is there wherever an expression is: itself, and what it is worked out of."""
    yield key_of(ws, node, deep)
    behind = naming.behind(ws, node) if deep else None
    if behind is not None:
        yield from present_with(ws, behind, deep - 1)
    elif _strict(node):
        for part in children(node):
            yield from present_with(ws, part, deep)


def shown(ws: Workspace, node: Expr, *, holds: bool, deep: int = naming.DEEPEST) -> Iterator[Presence]:
    """The keys of what is there wherever a condition holds (or, with `holds` false, does not).

    A condition with a fault may have been meant to show anything: `EVERYTHING`.
    """
    behind = naming.behind(ws, node) if deep else None
    if behind is not None:
        yield from shown(ws, behind, holds=holds, deep=deep - 1)
        return
    match node:
        case Unknown():
            yield EVERYTHING
        case Absent() if node.negated is holds:
            yield from present_with(ws, node.operand, deep)
        case Bin() if node.op == ("and" if holds else "or"):
            yield from shown(ws, node.left, holds=holds, deep=deep)
            yield from shown(ws, node.right, holds=holds, deep=deep)
        case Not():
            yield from shown(ws, node.operand, holds=not holds, deep=deep)
        case _:
            return


def narrowed(ws: Workspace, scope: Scope, node: Expr) -> Expr:
    """A node as never missing where it is known to be there."""
    if isinstance(node, Unknown) or not scope.present or not node.type.missing:
        return node
    if EVERYTHING in scope.present or _there(ws, scope, node, naming.DEEPEST):
        return replace(node, type=node.type.there())
    return node


def _there(ws: Workspace, scope: Scope, node: Expr, deep: int) -> bool:
    """Whether a possibly missing value is there by what is known."""
    if not node.type.missing or key_of(ws, node, deep) in scope.present:
        return True
    behind = naming.behind(ws, node) if deep else None
    if behind is not None:
        return _there(ws, scope, behind, deep - 1)
    match node:
        case Bin(op="/") if _by_zero(node):
            return False
        case Cond():
            return _there(ws, scope, node.then, deep) and _there(ws, scope, node.otherwise, deep)
        case Fallback() if node.fallback is not None:
            return _there(ws, scope, node.fallback, deep)
        case Bin() | Neg() | Fn() | As() | Limited():
            return all(_there(ws, scope, part, deep) for part in children(node))
        case _:
            return False


def _by_zero(node: Bin) -> bool:
    low, high = node.right.type.bounds
    return low <= 0 <= high


def _strict(node: Expr) -> bool:
    """Whether a value is missing wherever a part of it is."""
    return isinstance(node, Bin | Neg | Fn | As)


def nameable(node: Expr) -> bool:
    """Whether a value is worked out of names by arithmetic alone, so that a test of it is short to write."""
    if _strict(node):
        return all(map(nameable, children(node))) and not (isinstance(node, Bin) and node.type.unit.numeric is False)
    return isinstance(node, Lit | Col | Val | Own | Lookup | Builtin | Agg)
