"""Conditions with the values they read."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.plan.ir import Op, Scalar, Value
from kpirules.trace.tree import Called, Figure, Test
from kpirules.values.types import Type

Read = Callable[[Scalar], Value]
Written = Callable[[Scalar], Scalar]
Name = Callable[[Scalar], Called | None]

SYMBOLS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
CONVERSE = {"=": "≠", "≠": "=", "<": "≥", "≤": ">", ">": "≤", "≥": "<", "in": "not_in", "is_missing": "is_present"}
"""What holds where a test does not."""


def figure(value: Value, kind: Type, places: int | None = None) -> Figure:
    """A value as its unit shows it, to so many places where it was rounded to them."""
    return Figure(value, kind.unit, places)


def test(condition: Scalar, read: Read, written: Written, called: Name) -> Test:
    """A condition, taken apart down to its comparisons.

    `read` gives values, `written` what stands behind a name, `called` the names of sides.
    """
    value = read(condition)
    holds = value if isinstance(value, bool) else None
    condition = written(condition)
    if not isinstance(condition, Op):
        return Test("value", holds, figure(value, condition.type), left_called=called(condition))
    if condition.op in ("and", "or", "not"):
        return Test(condition.op, holds, parts=tuple(test(part, read, written, called) for part in condition.args))
    first, *rest = condition.args
    left, name = figure(read(first), first.type), called(first)
    if condition.op in SYMBOLS:
        (other,) = rest
        right = figure(read(other), other.type)
        return Test(SYMBOLS[condition.op], holds, left, right, left_called=name, right_called=called(other))
    if condition.op == "in":
        parts = tuple(Test("=", None, right=figure(read(operand), operand.type)) for operand in rest)
        return Test("in", holds, left, parts=parts, left_called=name)
    return Test(condition.op, holds, left, left_called=name)
