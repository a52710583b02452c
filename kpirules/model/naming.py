"""What a name stands for: naming an expression changes nothing, so checks look at what is behind the name."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.expr import (
    Absent,
    Among,
    As,
    Bin,
    Builtin,
    Col,
    Cond,
    Expr,
    Fallback,
    Fn,
    Lit,
    Neg,
    Not,
    Own,
    Val,
)
from kpirules.model.workspace import Workspace

Refs = tuple[str, ...]


def named(ws: Workspace, node: Expr) -> Expr | None:
    """The rule behind the name of a define or a computed column, as it was written; None for any other value."""
    match node:
        case Own():
            return named(ws, node.value)
        case Val(part="value"):
            return ws.parts.get((node.item, "value"))
        case Col():
            return ws.parts.get((f"{node.table}.{node.column}", "column"))
        case _:
            return None


def literal(ws: Workspace, node: Expr) -> Expr:
    """The literal that a name stands for; any other value is itself."""
    behind: Expr | None = node
    while behind is not None and not isinstance(behind, Lit):
        behind = named(ws, behind)
    return node if behind is None else behind


def unnamed(ws: Workspace, node: Expr) -> Expr:
    """A value of the scope that it is read in, without the names that it has as a whole."""
    while True:
        behind = named(ws, node)
        if isinstance(node, Col) and behind is not None:
            behind = _seen_from(behind, node.refs, own=node.own)
        if behind is None or isinstance(node, Own):
            return node
        node = behind


def _seen_from(node: Expr, refs: Refs, *, own: bool) -> Expr | None:
    """An expression in the scope of a row, read where `refs` lead to that row; None where it has no such form."""

    def seen(part: Expr) -> Expr:
        found = _seen_from(part, refs, own=own)
        if found is None:
            raise _NoForm
        return found

    try:
        match node:
            case Lit() | Builtin():
                return node
            case Col():
                return replace(node, refs=(*refs, *node.refs), own=own)
            case Neg() | Not() | Absent() | As() | Among():
                return replace(node, operand=seen(node.operand))
            case Bin():
                return replace(node, left=seen(node.left), right=seen(node.right))
            case Fn():
                return replace(node, args=tuple(map(seen, node.args)))
            case Fallback():
                fallback = None if node.fallback is None else seen(node.fallback)
                return replace(node, operand=seen(node.operand), fallback=fallback)
            case Cond():
                return replace(
                    node, condition=seen(node.condition), then=seen(node.then), otherwise=seen(node.otherwise)
                )
            case _:
                return None if refs or own else node
    except _NoForm:
        return None


class _NoForm(Exception):  # noqa: N818  # a signal within this module
    """A part cannot be read from another row."""
