"""What lies inside an expression, and the value of a constant one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from kpirules.model.expr import (
    Absent,
    Agg,
    Among,
    As,
    Bin,
    Builtin,
    By,
    Choose,
    Col,
    Compares,
    Cond,
    Curve,
    Expr,
    Fallback,
    Fn,
    Head,
    Holds,
    Known,
    Limited,
    Lists,
    Lit,
    Lookup,
    Neg,
    Not,
    Otherwise,
    Over,
    Own,
    Row,
    Tiers,
    Unknown,
    Val,
)
from kpirules.model.scheme import Computed
from kpirules.source import Span


def head_parts(head: Head) -> tuple[Expr, ...]:
    """The expressions a row head holds."""
    match head:
        case Compares(_, bound):
            return (bound,)
        case Lists(values):
            return values
        case Holds(condition):
            return (condition,)
        case Otherwise():
            return ()


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node, in written order."""
    match node:
        case Lit() | Col() | Val() | Own() | Builtin() | Lookup():
            return ()
        case Agg():
            return tuple(part for part in (node.arg, node.where) if part is not None)
        case Neg() | Not() | Among() | Absent() | As():
            return (node.operand,)
        case Over():
            return node.operand, node.divisor
        case Bin():
            return node.left, node.right
        case Fallback():
            return (node.operand,) if node.fallback is None else (node.operand, node.fallback)
        case Cond():
            return node.condition, node.then, node.otherwise
        case Fn():
            return node.args
        case Limited():
            return node.value, node.bound
        case By():
            return node.head, *_in_rows(node.rows)
        case Choose():
            return _in_rows(node.rows)
        case Curve():
            return node.head, *_in_rows(node.rows)
        case Tiers():
            bounds = tuple(band.bound for band in node.bands if band.bound is not None)
            return node.head, *bounds, *(band.rate for band in node.bands)
        case Unknown():
            return ()


def _in_rows(rows: tuple[Row, ...]) -> tuple[Expr, ...]:
    return tuple(part for row in rows for part in (*head_parts(row.head), row.value))


def values_in(node: Expr) -> tuple[Expr, ...]:
    """The parts that a value may be or is made of, not those that only decide."""
    match node:
        case Cond():
            return node.then, node.otherwise
        case By() | Choose():
            return tuple(row.value for row in node.rows)
        case _:
            return children(node)


def walk(node: Expr) -> tuple[Expr, ...]:
    """A node and every expression inside it, outermost first."""
    nodes: list[Expr] = []
    pending = [node]
    while pending:
        nodes.append(pending.pop())
        pending += reversed(children(nodes[-1]))
    return tuple(nodes)


def of_one_row(node: Expr) -> tuple[Expr, ...]:
    """A value of a row and every expression inside it that is of the same row, outermost first.

    What the rows hold that an aggregate in it counts is of other rows.
    """
    parts: list[Expr] = []
    pending = [node]
    while pending:
        parts.append(pending.pop())
        if not isinstance(parts[-1], Agg):
            pending += reversed(children(parts[-1]))
    return tuple(parts)


def rebased(node: Expr, refs: tuple[str, ...]) -> Expr:
    """A value of the row that references lead to, as it is read from the row that they start at."""
    if not refs:
        return node
    match node:
        case Col() | Own():
            return replace(node, refs=(*refs, *node.refs))
        case Val(known=None):
            return Own(refs, node, alone=True, type=node.type, span=node.span)
        case Neg() | Not() | Among() | Absent() | As():
            return replace(node, operand=rebased(node.operand, refs))
        case Bin():
            return replace(node, left=rebased(node.left, refs), right=rebased(node.right, refs))
        case Fallback():
            fallback = None if node.fallback is None else rebased(node.fallback, refs)
            return replace(node, operand=rebased(node.operand, refs), fallback=fallback)
        case Cond():
            parts = (rebased(part, refs) for part in (node.condition, node.then, node.otherwise))
            condition, then, otherwise = parts
            return replace(node, condition=condition, then=then, otherwise=otherwise)
        case Fn():
            return replace(node, args=tuple(rebased(arg, refs) for arg in node.args))
        case _:
            return node


def owns(columns: Mapping[tuple[str, str], Computed], *nodes: Expr | None) -> Iterator[tuple[tuple[str, ...], Own]]:
    """What rows read of the subject that needs more than the subject's own row, also by way of computed columns.

    Each with the references that lead from the row to the subject it is read of.
    """
    pending: list[tuple[tuple[str, ...], Expr]] = [((), node) for node in nodes if node is not None]
    seen: set[tuple[tuple[str, ...], str, str]] = set()
    while pending:
        refs, node = pending.pop()
        for part in walk(node):
            if isinstance(part, Own) and not part.alone:
                yield (*refs, *part.refs), part
            elif isinstance(part, Col | Lookup) and (computed := columns.get((part.table, part.column))):
                key = ((*refs, *part.refs) if isinstance(part, Col) else (), part.table, part.column)
                if key not in seen:
                    seen.add(key)
                    pending.append((key[0], computed.rule))


def ways(columns: Mapping[tuple[str, str], Computed], *nodes: Expr | None) -> Iterator[tuple[tuple[str, ...], Span]]:
    """The references, one after the other, by which rows read others, also by way of computed columns; and where."""
    pending: list[tuple[tuple[str, ...], Expr]] = [((), node) for node in nodes if node is not None]
    seen: set[tuple[tuple[str, ...], str, str]] = set()
    while pending:
        refs, node = pending.pop()
        for part in of_one_row(node):
            if not isinstance(part, Col | Own):
                continue
            way = (*refs, *part.refs)
            if part.refs:
                yield way, part.span
            if isinstance(part, Col) and (computed := columns.get((part.table, part.column))):
                key = (way, part.table, part.column)
                if key not in seen:
                    seen.add(key)
                    pending.append((way, computed.rule))


def counted_for_rows(
    columns: Mapping[tuple[str, str], Computed], *nodes: Expr | None
) -> Iterator[tuple[tuple[str, ...], Agg]]:
    """The aggregates that values of a row read, also by way of computed columns.

    Each with the references that lead to the row that the counted rows refer to.
    """
    pending: list[tuple[tuple[str, ...], Expr]] = [((), node) for node in nodes if node is not None]
    seen: set[tuple[tuple[str, ...], str, str]] = set()
    while pending:
        refs, node = pending.pop()
        for part in of_one_row(node):
            if isinstance(part, Agg):
                yield refs, part
            elif isinstance(part, Col) and (computed := columns.get((part.table, part.column))):
                key = ((*refs, *part.refs), part.table, part.column)
                if key not in seen:
                    seen.add(key)
                    pending.append((key[0], computed.rule))


def known(node: Expr) -> Known | None:
    """The value of a constant expression, or None where it is not one."""
    match node:
        case Lit():
            return node.value
        case Val() | Col():
            return node.known
        case As():
            return known(node.operand)
        case Neg():
            value = known(node.operand)
            return -value if isinstance(value, Fraction) else None
        case Bin() if node.op in ("+", "-", "*", "/"):
            left, right = known(node.left), known(node.right)
            if isinstance(left, Fraction) and isinstance(right, Fraction):
                return _arithmetic(node.op, left, right)
            return None
        case _:
            return None


def _arithmetic(op: str, left: Fraction, right: Fraction) -> Fraction | None:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right if right else None
