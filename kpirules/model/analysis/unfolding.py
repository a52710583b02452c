"""What a name stands for: naming an expression changes nothing, so checks look at what is behind the name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

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
    Lit,
    Lookup,
    Neg,
    Not,
    Own,
    Unknown,
    Val,
)
from kpirules.model.traversal import walk
from kpirules.model.workspace import Workspace

DEEPEST = 8
"""How many names, one within the other, a check looks behind; what lies deeper is known by its name alone."""

DATED = ("active_days", "active_share")
"""The built-in names that are the subject's own."""


def written(ws: Workspace, node: Expr) -> Expr | None:
    """The rule behind the name of a define or a computed column, in its own scope; None for any other value."""
    match node:
        case Own():
            return written(ws, node.value)
        case Val(part="value"):
            return ws.parts.get((node.item, "value")) if node.item in ws.defines else None
        case Col():
            return ws.parts.get((f"{node.table}.{node.column}", "column"))
        case _:
            return None


def literal(ws: Workspace, node: Expr) -> Expr:
    """The literal that a name stands for; any other value is itself."""
    behind: Expr | None = node
    while behind is not None and not isinstance(behind, Lit):
        behind = written(ws, behind)
    return node if behind is None else behind


def behind(ws: Workspace, node: Expr) -> Expr | None:
    """The expression that a name stands for, as it reads in place of the name; None where it has no such form."""
    rule = written(ws, node)
    if rule is None:
        return None
    match node:
        case Own():
            return _rebuilt(rule, lambda leaf: _in_row(leaf, node.refs)) if isinstance(node.value, Val) else None
        case Col() if node.refs or node.own:
            lost = node.type.missing and bool(node.refs)
            rebuilt = _rebuilt(rule, lambda leaf: _from_afar(leaf, node), lost=lost)
            read = rebuilt is not None and any(isinstance(part, Col) for part in walk(rebuilt))
            return rebuilt if read or not lost else None
        case _:
            return rule


def parts(ws: Workspace, *nodes: Expr | None, within: Callable[[Expr], Iterable[Expr]] = walk) -> list[Expr]:
    """Expressions and all that is inside them, also behind names, each name once; outermost first.

    What is behind a name stands in the scope of its own rule. `within` says what is inside an expression.
    """
    leaves: list[Expr] = []
    pending = [node for node in nodes if node is not None]
    seen: set[tuple[str, str]] = set()
    for node in pending:
        for part in within(node):
            leaves.append(part)
            key = _name(part.value if isinstance(part, Own) else part)
            rule = written(ws, part) if key is not None and key not in seen else None
            if key is not None and rule is not None:
                seen.add(key)
                pending.append(rule)
    return leaves


def _name(node: Expr) -> tuple[str, str] | None:
    match node:
        case Val(part="value"):
            return node.item, "value"
        case Col():
            return node.table, node.column
        case _:
            return None


def unnamed(ws: Workspace, node: Expr) -> Expr:
    """A value without the names that it has as a whole."""
    for _ in range(DEEPEST):
        inner = behind(ws, node)
        if inner is None:
            break
        node = inner
    return node


class _NoForm(Exception):  # noqa: N818  # a signal within this module
    """A part cannot be read from another scope."""


def _in_row(leaf: Expr, refs: tuple[str, ...]) -> Expr:
    """What a subject has, as a row reads it from which `refs` lead to the subject."""
    match leaf:
        case Col():
            return replace(leaf, refs=(*refs, *leaf.refs), own=False)
        case Builtin() if leaf.name not in DATED:
            return leaf
        case Val(known=None) | Builtin() | Lookup() | Agg():
            return Own(refs, leaf, alone=False, type=leaf.type, span=leaf.span)
        case Lit() | Val():
            return leaf
        case _:
            raise _NoForm


def _from_afar(leaf: Expr, col: Col) -> Expr:
    """What a row has, as it is read from the row whose references lead to it: missing where they lead nowhere."""
    match leaf:
        case Col():
            missing = leaf.type.missing or (col.type.missing and bool(col.refs))
            return replace(leaf, refs=(*col.refs, *leaf.refs), own=col.own, type=leaf.type.maybe(when=missing))
        case Lit() | Builtin() | Val():
            return leaf
        case _:
            raise _NoForm


def _rebuilt(node: Expr, leaf: Callable[[Expr], Expr], *, lost: bool = False) -> Expr | None:
    """An expression with other leaves; None where it is a rule with rows or limits, or a leaf has no form there.

    With `lost` all of it may be missing.
    """

    def again(node: Expr) -> Expr:
        copy = with_leaves(node)
        if not lost or copy is node or isinstance(copy, Unknown):
            return copy
        return replace(copy, type=copy.type.maybe())

    def with_leaves(node: Expr) -> Expr:
        match node:
            case Neg() | Not() | Absent() | As() | Among():
                return replace(node, operand=again(node.operand))
            case Bin():
                return replace(node, left=again(node.left), right=again(node.right))
            case Fn():
                return replace(node, args=tuple(map(again, node.args)))
            case Fallback():
                fallback = None if node.fallback is None else again(node.fallback)
                return replace(node, operand=again(node.operand), fallback=fallback)
            case Cond():
                return replace(
                    node, condition=again(node.condition), then=again(node.then), otherwise=again(node.otherwise)
                )
            case _:
                return leaf(node)

    try:
        return again(node)
    except _NoForm:
        return None
