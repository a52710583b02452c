"""Figures as `items` keeps them: plain decimals of so many places, and which of them had to be rounded for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pyarrow as pa

from kpirules.engines.exact import decimal
from kpirules.engines.outcome import values
from kpirules.plan.ir import OVER
from kpirules.source import Diagnostic, Fault
from kpirules.values.rounding import Mode, rounded
from kpirules.values.types import RECORDED_PLACES, WIDTH, Digits

FIGURE = pa.decimal128(WIDTH, RECORDED_PLACES)
"""The type of the figures of `items`."""
_WIDEST = Digits(RECORDED_PLACES, Fraction(10**WIDTH - 1, 10**RECORDED_PLACES))


def recorded(subjects: pa.Table, binding: str, item: str, mode: Mode) -> tuple[pa.ChunkedArray, list[bool]]:
    """A figure of every subject to the places of `items`, and whether each was rounded to them; nothing if none can be.

    Raises:
        Fault: it has too many digits before the point (KPI722).
    """
    column = subjects.column(binding)
    if binding + OVER not in subjects.column_names and column.type.scale <= RECORDED_PLACES:
        return _fitting(column, item), []
    exact = values(subjects, binding)
    kept = [None if not isinstance(one, Fraction) else rounded(one, RECORDED_PLACES, mode) for one in exact]
    if any(one is not None and abs(one) > _WIDEST.bound for one in kept):
        raise _too_large(item)
    cells = [None if one is None else decimal(one, _WIDEST) for one in kept]
    changed = [one is not None and one != was for one, was in zip(kept, exact, strict=True)]
    return pa.chunked_array([pa.array(cells, FIGURE)]), changed


def _fitting(column: pa.ChunkedArray, item: str) -> pa.ChunkedArray:
    try:
        return column.cast(FIGURE)
    except pa.ArrowInvalid:
        raise _too_large(item) from None


def _too_large(item: str) -> Fault:
    return Fault([Diagnostic("KPI722", None, {"item": item, "digits": WIDTH - RECORDED_PLACES})])


def marked(marks: Mapping[str, Sequence[bool]], count: int) -> pa.Array:
    """In each of `count` rows the names whose mark is set, with commas between; missing where none is."""
    if not marks:
        return pa.nulls(count, pa.string())
    rows = zip(*marks.values(), strict=True)
    texts = [", ".join(name for name, mark in zip(marks, row, strict=True) if mark) or None for row in rows]
    return pa.array(texts, pa.string())
