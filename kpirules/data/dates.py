"""Cells that hold days and calendar periods, a column at a time."""

from __future__ import annotations

from datetime import date
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.values.periods import months_of, parse_period
from kpirules.values.units import Unit

EXAMPLES = {Unit.MONTH: "2025-03", Unit.QUARTER: "2025Q1", Unit.HALF: "2025H1", Unit.YEAR: "2025"}
"""How a period of each kind is written."""

_FORMS = (
    r"^(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})$",
    r"^(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})$",
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})$",
    r"^(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日$",
)
_MIDNIGHT = r"[ T]0?0:00(:00(\.0+)?)?$"
_SERIAL = r"^[1-9]\d{4}$"
_SERIAL_OF_1970 = pa.scalar(25569, pa.int32())
_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)
_DAY = pa.date32()

Read = tuple[pa.ChunkedArray, pa.ChunkedArray]
"""Values as `date32`, null where missing or at fault, and which cells are at fault."""


def is_day(of: pa.DataType) -> bool:
    """Whether a typed column holds days: dates, or timestamps without a time zone."""
    return bool(pa.types.is_date(of) or (pa.types.is_timestamp(of) and of.tz is None))


def from_text(text: pa.ChunkedArray) -> Read:
    """Days written `2025-01-09`, `2025/1/9`, `20250109` or `2025年1月9日`; `text` is trimmed, missing is null.

    Read too are what programs make of days: midnight after one, digits of full width, and the number that stands for a
    day in a spreadsheet, counted from 1900, where it has five digits (of the years 1927 to 2173).
    """
    try:
        return from_typed(pc.cast(text, _DAY))
    except pa.ArrowInvalid:
        pass
    encoded = pc.dictionary_encode(text).combine_chunks()
    days = _parsed(encoded.dictionary)
    values = pa.chunked_array([days.take(encoded.indices)])
    return values, _lost(text, values)


def written_as_day(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each text is written as days are, whatever the calendar says of it."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(text, "NFKC"), _MIDNIGHT, "")
    written_so = [pc.fill_null(pc.match_substring_regex(plain, form), fill_value=False) for form in _FORMS]
    return reduce(pc.or_, written_so)


def from_typed(column: pa.ChunkedArray) -> Read:
    """Days of a typed column; a moment must be at midnight. Years run from 1 to 9999."""
    days = pc.cast(column, _DAY, safe=False)
    held = pc.and_(pc.greater_equal(days, pa.scalar(_FIRST)), pc.less_equal(days, pa.scalar(_LAST)))
    if column.type != _DAY:  # INVARIANT: what ran over in either cast differs from what it came from
        held = pc.and_(held, pc.equal(pc.cast(days, column.type, safe=False), column))
    if pc.all(held).as_py() is not False:
        return days, pc.invert(pc.fill_null(held, fill_value=True))
    values = pc.if_else(held, days, pa.scalar(None, _DAY))
    return values, _lost(column, values)


def periods_from_text(text: pa.ChunkedArray, kind: Unit) -> Read:
    """The first days of periods, each distinct text read by `parse_period`; a period's first day stands for it too."""
    encoded = pc.dictionary_encode(text).combine_chunks()
    written = encoded.dictionary
    likely = pc.match_substring_regex(written, r"^[0-9０-９]{4}")
    periods = [parse_period(cell, kind) for cell in written.filter(likely).to_pylist()]
    starts = pa.array([period.start if period else None for period in periods], _DAY)
    starts = pc.replace_with_mask(pa.nulls(len(written), _DAY), likely, starts)
    days = _parsed(written)
    first = pc.equal(days, _floor(days, kind))
    starts = pc.coalesce(starts, pc.if_else(first, days, pa.scalar(None, _DAY)))
    values = pa.chunked_array([starts.take(encoded.indices)])
    return values, _lost(text, values)


def periods_from_days(column: pa.ChunkedArray, kind: Unit) -> Read:
    """Periods held as days: each must be the first day of its period."""
    days, _ = from_typed(column)
    values = pc.if_else(pc.equal(days, _floor(days, kind)), days, pa.scalar(None, _DAY))
    return values, _lost(column, values)


def _floor(days: pa.Array | pa.ChunkedArray, kind: Unit) -> pa.Array | pa.ChunkedArray:
    """The first day of the period in which each day lies."""
    return pc.floor_temporal(days, months_of(kind), "month", calendar_based_origin=True)


def _parsed(text: pa.Array) -> pa.Array:
    """Days of distinct texts, null where one is not a day."""
    days = pa.nulls(len(text), _DAY)
    plain = pc.replace_substring_regex(pc.utf8_normalize(text, "NFKC"), _MIDNIGHT, "")
    for form in _FORMS:
        days = pc.coalesce(days, _day(pc.extract_regex(plain, form)))
    serials = pc.if_else(pc.match_substring_regex(plain, _SERIAL), plain, pa.scalar(None, pa.string()))
    return pc.coalesce(days, pc.cast(pc.subtract(pc.cast(serials, pa.int32()), _SERIAL_OF_1970), _DAY))


def _day(parts: pa.StructArray) -> pa.Array:
    """The day of a year, month and day of the month in digits, null where the calendar has none."""
    year, month, day = (pc.cast(pc.struct_field(parts, name), pa.int32()) for name in ("year", "month", "day"))
    known = pc.and_(pc.greater_equal(year, 1), pc.and_(pc.greater_equal(month, 1), pc.less_equal(month, 12)))
    first = pc.binary_join_element_wise(
        pc.struct_field(parts, "year"), pc.utf8_lpad(pc.struct_field(parts, "month"), 2, "0"), "01", "-"
    )
    first = pc.cast(pc.if_else(known, first, pa.scalar(None, pa.string())), _DAY)
    days = pc.cast(pc.add(pc.cast(first, pa.int32()), pc.subtract(day, pa.scalar(1, pa.int32()))), _DAY)
    return pc.if_else(pc.equal(pc.month(days), month), days, pa.scalar(None, _DAY))


def _lost(column: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.and_(pc.is_valid(column), pc.is_null(values))
