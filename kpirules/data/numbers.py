"""Cells that hold numbers: text, integers, decimals and doubles into exact decimals, a column at a time.

No figure passes through a binary float: a double is read by its shortest decimal text.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.records import dataclass
from kpirules.values.types import WIDTH

_WRITTEN = r"^[0-9０-９+＋\-－.．,，$＄¥￥€£￡元()（） ]+$"
_DIGITS = r"(?:\d+(?:\.\d*)?|\d{1,3}(?:,\d{3})+(?:\.\d*)?|\.\d+)(?: ?元)?"
_SIGNED = rf"(?:[+-]?(?:[¥$€£] ?)?|[¥$€£] ?[+-]){_DIGITS}"
_BOOKED = rf"\((?:[¥$€£] ?)?{_DIGITS}\)|[¥$€£] ?\({_DIGITS}\)|(?:[¥$€£] ?)?{_DIGITS} ?-"
_SHAPE = rf"^(?:{_SIGNED}|{_BOOKED})$"
_MACHINE = r"^[+-]?\d+(?:\.\d+)?$"
_EXPONENT = r"^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$"

_NOISE_DIGITS = 12
_NOISE_RELATIVE = Decimal(10) ** 9
_NOISE_GAP = 3
_NOISE_ALONE = 6
_GUARD = 20
_INTEGER_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Numbers:
    """Decimals of `WIDTH` digits, missing where a mask holds; masks are aligned with the values.

    `bad`: not a number. `foreign`: with a sign of another currency. `large`: more whole digits than
    fit. `fine`: more decimal places than the scale. `noise` counts cells whose float noise was dropped.
    """

    values: pa.ChunkedArray
    bad: pa.ChunkedArray | None = None
    large: pa.ChunkedArray | None = None
    fine: pa.ChunkedArray | None = None
    noise: int = 0
    foreign: pa.ChunkedArray | None = None


_FINEST_UNIT = 18
"""How many more places than its product a figure may have that is multiplied by a unit: 2 ** 18 is beyond use."""

SIGNS = {
    "¥": ("CNY", "JPY"),
    "元": ("CNY", "HKD", "TWD"),
    "$": ("USD", "HKD", "TWD", "SGD", "AUD", "CAD", "NZD"),
    "€": ("EUR",),
    "£": ("GBP",),
}
"""Signs beside a figure, and the currencies that they may stand for."""


def from_text(text: pa.ChunkedArray, scale: int, currency: str | None = None) -> Numbers:
    """Numbers as people and spreadsheets write them; `text` is trimmed, missing cells are null.

    Thousands separators, one of `¥ ￥ $ € £` in front, `元` behind and full-width digits are read; of a figure in a
    `currency`, only its own signs. Below zero a number may stand in brackets or have its sign behind, as books of
    account and their programs write it: `(1,234.50)`, `1,234.50-`. An exponent is not a number (a spreadsheet that
    shows `1.2E+11` has lost digits).
    """
    values = _at_once(text, scale)
    if values is not None:
        return Numbers(values)
    plain = pc.utf8_normalize(_where(pc.match_substring_regex(text, _WRITTEN), text), "NFKC")
    plain = _where(pc.match_substring_regex(plain, _SHAPE), plain)
    signs = "".join(sign for sign, currencies in SIGNS.items() if currency is not None and currency not in currencies)
    foreign = pc.fill_null(pc.match_substring_regex(plain, f"[{signs}]"), fill_value=False) if signs else None
    if foreign is not None:
        text, plain = (_where(pc.invert(foreign), cells) for cells in (text, plain))
    plain = pc.replace_substring_regex(plain, r"[¥$€£, 元]", "")
    plain = pc.replace_substring_regex(plain, r"^\((.*)\)$|^(.*)-$", r"-\1\2")
    return replace(_exact(text, plain, scale), foreign=foreign)


def from_typed(column: pa.ChunkedArray, scale: int) -> Numbers:
    """Numbers of a typed column: integers, decimals, doubles; infinities and not-a-numbers are `bad`."""
    if not pa.types.is_floating(column.type):
        values = _at_once(column, scale)
        if values is not None:
            return Numbers(values)
    text = pc.cast(column, pa.string())
    values = _at_once(text, scale)
    if values is not None:
        return Numbers(values)
    spelt = pc.match_substring_regex(text, _EXPONENT)
    if pc.any(spelt).as_py():
        full = [format(Decimal(cell), "f") for cell in text.filter(spelt).to_pylist()]
        text = pc.replace_with_mask(text.combine_chunks(), spelt.combine_chunks(), pa.array(full, pa.string()))
        text = pa.chunked_array([text])
    return _exact(text, _where(pc.match_substring_regex(text, _MACHINE), text), scale)


def places_taken(unit: int) -> int:
    """How many decimal places a figure can lose when it is multiplied by a unit: 1.23456 by 10,000 loses 4."""
    twos, fives = (_power_within(unit, prime) for prime in (2, 5))
    return min(max(twos, fives), _FINEST_UNIT)


def _power_within(number: int, prime: int) -> int:
    power = 0
    while number % prime == 0:
        number, power = number // prime, power + 1
    return power


def times(read: Numbers, unit: int, scale: int) -> Numbers:
    """Numbers multiplied by a unit, exactly, in decimals of `scale` places.

    A product of more places is `fine`, one of more digits than fit is `large`.
    """
    figures = pc.cast(read.values, pa.decimal256(WIDTH + 1, read.values.type.scale))
    product = pc.multiply(figures, pa.scalar(Decimal(unit), pa.decimal256(len(str(unit)), 0)))
    cut = pc.round(product, scale, "towards_zero")
    fine = pc.fill_null(pc.not_equal(product, cut), fill_value=False)
    most = pa.scalar(Decimal(10) ** (WIDTH - scale), pa.decimal256(WIDTH - scale + 1, 0))
    large = pc.fill_null(pc.greater_equal(pc.abs(product), most), fill_value=False)
    kept = _where(pc.invert(pc.or_(fine, large)), cut)
    return replace(
        read,
        values=pc.cast(kept, pa.decimal128(WIDTH, scale)),
        fine=_either(read.fine, pc.and_not(fine, large)),
        large=_either(read.large, large),
    )


def _either(mask: pa.ChunkedArray | None, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return other if mask is None else pc.or_(mask, other)


def hundredth(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each decimal divided by 100: the same digits, the point two places further to the left."""
    moved = pa.decimal128(values.type.precision, values.type.scale + 2)
    chunks = [pa.Array.from_buffers(moved, len(c), c.buffers(), offset=c.offset) for c in values.chunks]
    return pa.chunked_array(chunks, moved)


def _at_once(column: pa.ChunkedArray, scale: int) -> pa.ChunkedArray | None:
    """The whole column cast to decimals, or None where a cell does not allow it.

    INVARIANT: no cell has so many whole digits, spelt out or by an exponent, that the cast could run over; Arrow does
    not always notice.
    """
    if _whole_digits(column) + scale > WIDTH:
        return None
    try:
        return pc.cast(column, pa.decimal128(WIDTH, scale))
    except pa.ArrowInvalid:
        return None


def _whole_digits(column: pa.ChunkedArray) -> int:
    """How many digits before the point a cell can have at most; with an exponent, more than fit."""
    if pa.types.is_integer(column.type):
        return _INTEGER_DIGITS
    if pa.types.is_decimal(column.type):
        return int(column.type.precision) - int(column.type.scale)
    if pc.any(pc.match_substring(column, "e", ignore_case=True)).as_py():
        return WIDTH + 1
    return pc.max(pc.binary_length(column)).as_py() or 0


def _exact(text: pa.ChunkedArray, plain: pa.ChunkedArray, scale: int) -> Numbers:
    """`plain` has `[+-]digits.digits` for each cell of `text` that is a number, null for the others."""
    plain = pc.replace_substring_regex(plain, r"^([+-]?)0+(\d)", r"\1\2")
    plain = pc.replace_substring_regex(plain, rf"(\.\d{{{scale}}}\d*?)0+$", r"\1")
    bad = pc.and_(pc.is_valid(text), pc.is_null(plain))
    large = pc.match_substring_regex(plain, rf"^[+-]?[1-9]\d{{{WIDTH - scale}}}")
    fine = pc.match_substring_regex(plain, rf"\.\d{{{scale}}}\d")
    large, fine = (pc.fill_null(mask, fill_value=False) for mask in (large, fine))
    fine = pc.and_not(fine, large)
    plain = _where(pc.invert(large), plain)
    noise = 0
    if pc.any(fine).as_py():
        plain, fine, noise = _without_noise(plain, fine, scale)
        plain = _where(pc.invert(fine), plain)
    return Numbers(pc.cast(plain, pa.decimal128(WIDTH, scale)), bad, large, fine, noise)


def _without_noise(plain: pa.ChunkedArray, fine: pa.ChunkedArray, scale: int) -> tuple[pa.ChunkedArray, Any, int]:
    """Numbers with float noise rounded, the mask of those that are truly too fine, how many were rounded.

    Noise has `_NOISE_DIGITS` significant digits or more, lies within 1e-9 of the rounded value, which fits, and is
    less than a thousandth of its last place; where nothing but noise is left, as of `0.1 + 0.2 - 0.3`, less than a
    millionth.
    """
    cells = plain.filter(fine)
    digits = pc.replace_substring_regex(pc.replace_substring_regex(cells, r"^[+-]?[0.]*", ""), r"\.", "")
    held = pa.decimal256(WIDTH + _GUARD + 2, scale + _GUARD)
    cut = pc.cast(pc.replace_substring_regex(cells, rf"(\.\d{{{scale + _GUARD}}})\d+$", r"\1"), held)
    near = pc.cast(pc.round(cut, scale, "half_towards_infinity"), held)
    gap = pc.abs(pc.subtract(cut, near))
    relative = pa.scalar(_NOISE_RELATIVE, pa.decimal256(10, 0))
    size = pc.abs(near)
    close = pc.and_(pc.less(gap, _step(scale + _NOISE_GAP)), pc.less_equal(pc.multiply(gap, relative), pc.abs(cut)))
    alone = pc.and_(pc.equal(size, pa.scalar(Decimal(0), held)), pc.less(gap, _step(scale + _NOISE_ALONE)))
    fits = pc.less(size, pa.scalar(Decimal(1).scaleb(WIDTH - scale), held))
    noisy = pc.and_(pc.and_(pc.greater_equal(pc.utf8_length(digits), _NOISE_DIGITS), fits), pc.or_(close, alone))
    rounded = pc.cast(pc.cast(near.filter(noisy), pa.decimal128(WIDTH, scale)), pa.string())
    mask = pc.replace_with_mask(fine.combine_chunks(), fine.combine_chunks(), noisy.combine_chunks())
    plain = pc.replace_with_mask(plain.combine_chunks(), mask, rounded.combine_chunks())
    count = pc.sum(noisy).as_py() or 0
    return pa.chunked_array([plain]), pa.chunked_array([pc.and_not(fine.combine_chunks(), mask)]), count


def _step(places: int) -> pa.Scalar:
    """One of the last of some decimal places."""
    return pa.scalar(Decimal(1).scaleb(-places), pa.decimal256(WIDTH + _GUARD, places))


def _where(mask: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells for which the mask holds, null elsewhere."""
    return pc.if_else(mask, text, pa.scalar(None, text.type))
