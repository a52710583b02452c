"""Conditions of which one side was left out because the condition before it has it: `status = "won" or "lost"`."""

from __future__ import annotations

from kpirules.syntax import ast

_BARE = ast.Number | ast.Percent | ast.Money | ast.Text | ast.Date


def whole(node: ast.Binary) -> str | None:
    """What to write for the right side of an `and` or `or` that is a bare value, as the condition before it says."""
    if not isinstance(node.right, _BARE):
        return None
    before = node.left
    while isinstance(before, ast.Binary) and before.op in ast.LOGIC:
        before = before.right
    match before:
        case ast.Binary(op, left, right) if op in ast.COMPARISONS and isinstance(right, _BARE):
            start, end = left.span.start, right.span.start
        case ast.In(operand, values):
            start, end = operand.span.start, values[0].span.start
        case _:
            return None
    span = node.right.span
    return f"{span.source.text[start:end]}{span.text}"
