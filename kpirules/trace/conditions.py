"""Conditions with the values they read."""

from __future__ import annotations

import re
from collections.abc import Callable

from kpirules.plan.ir import Op, Ref, Scalar, Value
from kpirules.trace.tree import Figure, Test
from kpirules.values.types import Type

Read = Callable[[Scalar], Value]

SYMBOLS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
CONVERSE = {"=": "≠", "≠": "=", "<": "≥", "≤": ">", ">": "≤", "≥": "<", "in": "not_in", "is_missing": "is_present"}
"""What holds where a test does not."""


def figure(value: Value, kind: Type, places: int | None = None) -> Figure:
    """A value as its unit shows it, to so many places where it was rounded to them."""
    return Figure(value, kind.unit, places)


def test(condition: Scalar, read: Read) -> Test:
    """A condition, taken apart down to its comparisons."""
    value = read(condition)
    holds = value if isinstance(value, bool) else None
    if not isinstance(condition, Op):
        return Test("value", holds, figure(value, condition.type))
    if condition.op in SYMBOLS:
        left, right = (figure(read(side), side.type) for side in condition.args)
        return Test(SYMBOLS[condition.op], holds, left, right)
    if condition.op in ("and", "or", "not"):
        return Test(condition.op, holds, parts=tuple(test(part, read) for part in condition.args))
    named = _column(condition.args[0]) if condition.op == "is_missing" else None
    first = figure(read(condition.args[0]), condition.args[0].type)
    if condition.op == "in":
        parts = tuple(Test("=", None, right=figure(read(one), one.type)) for one in condition.args[1:])
        return Test("in", holds, first, parts=parts)
    return Test(condition.op, holds, first, named=named)


def _column(scalar: Scalar) -> str | None:
    """The column or item that a scalar reads, by its own name."""
    return re.split(r"[.*]", scalar.name)[-1] if isinstance(scalar, Ref) else None
