"""Names for what quotients are divided by: two of one name have the same denominator in each row.

Each expression has a number, which another has that is worked out alike, whatever names their parts go by.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

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
    Lit,
    Lookup,
    Neg,
    Not,
    Own,
    Unknown,
    Val,
)
from kpirules.model.traversal import children, known
from kpirules.model.workspace import Workspace
from kpirules.values import types

E = TypeVar("E", bound=Expr)

_DEEPEST = 64
"""How many names, one within the other, are looked behind at once; what lies deeper is known by its name."""


def named(ws: Workspace, node: E) -> E:
    """A value whose denominator has a name, where it has none by what it is worked out of.

    A name holds within a row, so what comes from another row has one by the way that leads there.
    """
    if isinstance(node, Unknown) or node.type.presumed or node.type.over is None:
        return node
    value = known(node)
    if isinstance(value, Fraction):
        return replace(node, type=types.constant(node.type.unit, value))
    by = node.type.by
    if by is not None and (not by.factors or not _from_afar(node)):
        return node
    return replace(node, type=node.type.divided(_name("of", _number(ws, node))))


def _from_afar(node: Expr) -> bool:
    return isinstance(node, Own | Lookup) or (isinstance(node, Col) and bool(node.refs))


def size(ws: Workspace, node: Expr) -> str:
    """The name of a divisor by its size, or that of its numerator."""
    return _name("size", _number(ws, node))


def counted(ws: Workspace, node: Agg) -> str:
    """The name of the denominator of a mean: how many rows it counts, whatever of them it adds up."""
    assert node.arg is not None
    if node.arg.type.over is not None:
        return _name("of", _number(ws, node))
    where = _number(ws, node.where) if node.where is not None else None
    return _name("rows", _numbered(ws, (node.grain, where)))


def _name(what: str, number: int) -> str:
    return f"{what} {number}"


def _numbered(ws: Workspace, key: tuple[object, ...]) -> int:
    return ws.alike.setdefault(key, len(ws.alike))


def _number(ws: Workspace, node: Expr, deep: int = 0) -> int:
    """The number of an expression. What a name stands for is looked up once."""
    match node:
        case As():  # the unit tells nothing
            return _number(ws, node.operand, deep)
        case Val() | Col() | Own(value=Val()):
            key = _reading(node)
            if key not in ws.alike:
                behind = _behind(ws, node) if deep < _DEEPEST else None
                ws.alike[key] = len(ws.alike) if behind is None else _number(ws, behind, deep + 1)
            return ws.alike[key]
        case _:
            return _numbered(ws, _key(ws, node, deep))


def _reading(node: Val | Col | Own) -> tuple[object, ...]:
    match node:
        case Val():
            return "val", node.item, node.part
        case Col():
            return "col", node.refs, node.table, node.column, node.own
        case Own():
            assert isinstance(node.value, Val)
            return "own", node.refs, node.value.item, node.value.part


def _behind(ws: Workspace, node: Val | Col | Own) -> Expr | None:
    """What a name stands for, also that of a part of an indicator."""
    if isinstance(node, Val) and node.part in ("actual", "target"):
        return ws.parts.get((node.item, node.part))
    return unfolding.behind(ws, node)


def _key(ws: Workspace, node: Expr, deep: int) -> tuple[object, ...]:
    """What an operation is, and the numbers of its parts; a rule is like no other."""

    def of(*parts: Expr | None) -> tuple[object, ...]:
        return tuple(None if part is None else _number(ws, part, deep) for part in parts)

    match node:
        case Lit():
            return "lit", node.value
        case Own():
            return "own", node.refs, *of(node.value)
        case Lookup():
            return "lookup", node.table, node.column
        case Builtin():
            return "builtin", node.name
        case Agg():
            return "agg", node.func, node.grain, node.parts, *of(node.arg, node.where)
        case Bin():
            return "bin", node.op, *of(node.left, node.right)
        case Fn():
            return "fn", node.name, node.places, *of(*node.args)
        case Absent():
            return "absent", node.negated, *of(node.operand)
        case Among():
            return "among", node.negated, frozenset(value.value for value in node.values), *of(node.operand)
        case Neg() | Not() | Fallback() | Cond():
            return type(node).__name__, *of(*children(node))
        case _:
            return "rule", len(ws.alike)
