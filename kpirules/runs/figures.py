"""Figures as `items` keeps them: plain decimals of so many places, and which of them had to be rounded for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat

import pyarrow as pa

from kpirules.plan.ir import OVER
from kpirules.source import Diagnostic, Fault
from kpirules.values.rounding import Mode, nearest
from kpirules.values.types import RECORDED_PLACES, WIDTH

FIGURE = pa.decimal128(WIDTH, RECORDED_PLACES)
"""The type of the figures of `items`."""
_BYTES = 16
"""What a decimal of `WIDTH` digits takes in memory: a whole number of its last place, low byte first."""


def recorded(subjects: pa.Table, binding: str, item: str, mode: Mode) -> tuple[pa.ChunkedArray, list[bool]]:
    """A figure of every subject to the places of `items`, and whether each was rounded to them; nothing if none can be.

    Raises:
        Fault: it has too many digits before the point (KPI722).
    """
    column = subjects.column(binding)
    divided = subjects.schema.get_field_index(binding + OVER) >= 0
    over = subjects.column(binding + OVER) if divided else None
    if over is None and column.type.scale <= RECORDED_PLACES:
        return _fitting(column, item), []
    shift = RECORDED_PLACES - column.type.scale + (over.type.scale if over is not None else 0)
    up, down = 10 ** max(shift, 0), 10 ** max(-shift, 0)
    pairs = zip(_steps(column), _steps(over) if over is not None else repeat(1), strict=False)
    exact = [None if num is None or den is None else (num * up, den * down) for num, den in pairs]
    kept = [None if fraction is None else nearest(*fraction, mode) for fraction in exact]
    if any(number is not None and abs(number) >= 10**WIDTH for number in kept):
        raise _too_large(item)
    return _of_steps(kept), [fraction is not None and fraction[0] % fraction[1] != 0 for fraction in exact]


def _steps(column: pa.ChunkedArray) -> list[int | None]:
    """Decimals as whole numbers of their last place; read from memory, for very many are."""
    steps: list[int | None] = []
    for chunk in (chunk for chunk in column.chunks if len(chunk)):
        held = memoryview(chunk.buffers()[1])[_BYTES * chunk.offset : _BYTES * (chunk.offset + len(chunk))]
        numbers = (int.from_bytes(held[at : at + _BYTES], "little", signed=True) for at in range(0, len(held), _BYTES))
        there = chunk.is_valid().to_pylist()
        steps += [number if valid else None for number, valid in zip(numbers, there, strict=True)]
    return steps


def _of_steps(numbers: Sequence[int | None]) -> pa.ChunkedArray:
    """Figures of whole numbers of their last place."""
    held = b"".join((number or 0).to_bytes(_BYTES, "little", signed=True) for number in numbers)
    valid = pa.array([number is not None for number in numbers], pa.bool_()).buffers()[1]
    return pa.chunked_array([pa.Array.from_buffers(FIGURE, len(numbers), [valid, pa.py_buffer(held)])])


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
