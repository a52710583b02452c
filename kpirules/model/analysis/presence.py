"""What is known to be there: the keys under which it is remembered, and what follows for an expression.

A key is the expression itself, without the names it has, whatever is known of its type: what is shown of an expression
is known of its name, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpirules.model.analysis import unfolding
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
from kpirules.model.scope import Presence, Scope
from kpirules.model.traversal import children
from kpirules.model.workspace import Workspace

EVERYTHING: Presence = ("everything",)
"""The key that stands for all there is."""

_Deep = tuple[Expr, int]
"""An expression, and how many names within names are looked behind in it."""


def key_of(ws: Workspace, node: Expr, deep: int = unfolding.DEEPEST) -> Presence:
    """The key of an expression; `deep` is how many names within names are looked behind.

    That of an operation is a number that stands for the operation and the keys of its parts, so that none is long.
    """
    pending: list[_Deep] = [(node, deep)]
    opened: dict[tuple[int, int], list[_Deep]] = {}
    while pending:
        expr, left = pending[-1]
        at = id(expr), left
        if at not in ws.keys and at not in opened:
            opened[at] = _behind(ws, expr, left) or [(part, left) for part in _parts(expr)]
            pending += opened[at]
            continue
        if at not in ws.keys:
            keys = [ws.keys[id(part), under][1] for part, under in opened[at]]
            named = bool(keys) and opened[at][0][1] < left
            ws.keys[at] = expr, keys[0] if named else _key(ws, expr, keys)  # the node keeps its identity from others
        pending.pop()
    return ws.keys[id(node), deep][1]


def _behind(ws: Workspace, node: Expr, deep: int) -> list[_Deep]:
    """The expression that a name stands for, where it has one and it is looked behind."""
    behind = unfolding.behind(ws, node) if deep else None
    return [] if behind is None else [(behind, deep - 1)]


def _parts(node: Expr) -> tuple[Expr, ...]:
    """The parts whose keys make that of an expression."""
    if isinstance(node, Own):
        return (node.value,)
    worked_out = Bin | Neg | As | Not | Fn | Fallback | Cond | Absent | Among | Agg
    return children(node) if isinstance(node, worked_out) else ()


def _key(ws: Workspace, node: Expr, parts: list[Presence]) -> Presence:
    """The key of an expression by those of its parts."""
    match node:
        case Lit():
            return ("lit", node.value)
        case Col():
            return ("col", node.refs, node.column, node.own)
        case Val():
            return value(node.item, node.part)
        case Own():
            return ("own", node.refs, *parts)
        case Lookup():
            return ("lookup", node.table, node.column)
        case Builtin():
            return ("builtin", node.name)
        case Agg():
            return _number(ws, ("agg", node.func, node.arg is None, *parts, node.grain))
        case Bin(op="and" | "or"):
            return _joined(ws, node.op, parts)
        case Bin() | Neg() | As() | Not() | Fn() | Fallback() | Cond() | Absent() | Among():
            return _number(ws, (*_kind(node), *parts))
        case _:
            return ("node", node)


def _joined(ws: Workspace, op: str, parts: list[Presence]) -> Presence:
    """The key of conditions that are joined by one word, however they are put in brackets and names."""
    keys: list[Presence] = []
    for part in parts:
        joined_by, joined = ws.joined.get(part, ("", []))
        keys += joined if joined_by == op else [part]
    key = _number(ws, (op, *keys))
    ws.joined[key] = op, keys
    return key


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
            return ("among", node.negated, frozenset(value.value for value in node.values))
        case _:
            return (type(node).__name__,)


def column(name: str) -> Presence:
    """The key of a column of the row itself."""
    return ("col", (), name, False)


def value(item: str, part: str) -> Presence:
    """The key of a value of the subject: a part of an item."""
    return ("val", item, part)


def present_with(ws: Workspace, node: Expr, deep: int = unfolding.DEEPEST) -> Iterator[Presence]:
    """The keys of what is there wherever an expression is: itself, and what it is worked out of."""
    pending: list[_Deep] = [(node, deep)]
    while pending:
        expr, left = pending.pop()
        yield key_of(ws, expr, left)
        pending += _behind(ws, expr, left) or [(part, left) for part in (children(expr) if _strict(expr) else ())]


def shown(ws: Workspace, node: Expr, *, holds: bool) -> Iterator[Presence]:
    """The keys of what is there wherever a condition holds (or, with `holds` false, does not).

    A condition with a fault may have been meant to show anything: `EVERYTHING`.
    """
    pending: list[tuple[Expr, bool, int]] = [(node, holds, unfolding.DEEPEST)]
    while pending:
        test, here, left = pending.pop()
        behind = _behind(ws, test, left)
        if behind:
            pending += [(part, here, under) for part, under in behind]
            continue
        match test:
            case Unknown():
                yield EVERYTHING
            case Absent() if test.negated is here:
                yield from present_with(ws, test.operand, left)
            case Bin() if test.op == ("and" if here else "or"):
                pending += [(test.right, here, left), (test.left, here, left)]
            case Not():
                pending.append((test.operand, not here, left))
            case _:
                continue


def narrowed(ws: Workspace, scope: Scope, node: Expr) -> Expr:
    """A node as never missing where it is known to be there."""
    if isinstance(node, Unknown) or not scope.present or not node.type.missing:
        return node
    if EVERYTHING in scope.present or _there(ws, scope, node):
        return replace(node, type=node.type.there())
    return node


def _there(ws: Workspace, scope: Scope, node: Expr) -> bool:
    """Whether a possibly missing value is there by what is known."""
    pending: list[_Deep] = [(node, unfolding.DEEPEST)]
    while pending:
        expr, left = pending.pop()
        if not expr.type.missing or key_of(ws, expr, left) in scope.present:
            continue
        needs = _behind(ws, expr, left) or [(part, left) for part in _needs(expr)]
        if not needs:
            return False
        pending += needs
    return True


def _needs(node: Expr) -> tuple[Expr, ...]:
    """The parts that make a value be there where they all are; none where that is not known of it."""
    match node:
        case Bin(op="/") if _by_zero(node):
            return ()
        case Cond():
            return node.then, node.otherwise
        case Fallback() if node.fallback is not None:
            return (node.fallback,)
        case Bin() | Neg() | Fn() | As() | Limited():
            return children(node)
        case _:
            return ()


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
