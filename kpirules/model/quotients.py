"""Names for what quotients are divided by: two of one name have the same denominator in each row."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from kpirules.model import presence
from kpirules.model.expr import Agg, As, Col, Expr, Lookup, Own, Unknown, Val
from kpirules.model.walking import known
from kpirules.model.workspace import Presence, Workspace
from kpirules.values import types

E = TypeVar("E", bound=Expr)


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
    return replace(node, type=node.type.divided(_name(ws, ("of", _key(ws, node)))))


def _from_afar(node: Expr) -> bool:
    return isinstance(node, Own | Lookup) or (isinstance(node, Col) and bool(node.refs))


def size(ws: Workspace, node: Expr) -> str:
    """The name of a divisor by its size, or that of its numerator."""
    return _name(ws, ("size", _key(ws, node)))


def counted(ws: Workspace, node: Agg) -> str:
    """The name of the denominator of a mean: how many rows it counts, whatever of them it adds up."""
    assert node.arg is not None
    if node.arg.type.over is not None:
        return _name(ws, ("of", _key(ws, node)))
    where = presence.key_of(ws, node.where) if node.where is not None else None
    return _name(ws, ("rows", node.grain, where))


def _key(ws: Workspace, node: Expr) -> Presence:
    """The key of a value, also behind the parts of an indicator; its unit tells nothing."""
    while isinstance(node, As) or (isinstance(node, Val) and node.part in ("actual", "target")):
        behind = node.operand if isinstance(node, As) else ws.parts.get((node.item, node.part))
        if behind is None:
            break
        node = behind
    return presence.key_of(ws, node)


def _name(ws: Workspace, key: Presence) -> str:
    return ws.divisors.setdefault(key, f"d{len(ws.divisors) + 1}")
