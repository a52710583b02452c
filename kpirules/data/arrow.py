"""How Arrow holds the values of a type, and small tools for its arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from json import dumps
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.values.types import Type
from kpirules.values.units import Unit

_PLAIN_SCALE = 6
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def each(work: Callable[[_Given], _Made], given: Iterable[_Given]) -> list[_Made]:
    """What `work` makes of each, in order; on all processors, as Arrow works outside the interpreter's lock."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, given))


def arrow_type(what: Type) -> pa.DataType:
    """The Arrow type that holds values of a type."""
    if what.digits is not None:
        return pa.decimal128(what.digits.width, what.digits.scale)
    if what.unit is Unit.TEXT:
        return pa.string()
    return pa.bool_() if what.unit is Unit.BOOL else pa.date32()


def counting(first: int, count: int) -> pa.Array:
    """`first`, `first + 1`, …, as many as `count`."""
    return pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count), start=first - 1)


def is_among(count: int, places: pa.Array) -> pa.Array:
    """For each place from 0 up to `count`, whether it is among some."""
    return pc.is_in(counting(0, count), value_set=places.cast(pa.int64()))


def flat(values: Any) -> pa.Array:  # noqa: ANN401  # an array, in chunks or not
    """The values in one piece."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def is_text(of: pa.DataType) -> bool:
    """Whether values are texts, however Arrow holds them."""
    return bool(pa.types.is_string(of) or pa.types.is_large_string(of) or pa.types.is_string_view(of))


def no_rows(schema: pa.Schema) -> pa.Table:
    """A table of that schema without rows."""
    return pa.table([pa.array([], column.type) for column in schema], schema)


def plain_text(values: Any) -> Any:  # noqa: ANN401  # an array, in chunks or not
    """Values as texts, decimals without an exponent: Arrow writes one for those below 0.000001 of many places."""
    if pa.types.is_list(values.type):
        return pc.binary_join(values, "; ")
    text = pc.cast(values, pa.string())
    if not pa.types.is_decimal(values.type) or values.type.scale <= _PLAIN_SCALE:
        return text
    small = pc.fill_null(pc.match_substring(text, "E"), fill_value=False)
    spelt = flat(pc.unique(text.filter(small)))
    plain = pa.array([f"{Decimal(decimal):f}" for decimal in spelt.to_pylist()], pa.string())
    return pc.if_else(small, plain.take(pc.index_in(text, value_set=spelt)), text)


def json_objects(columns: Mapping[str, pa.Array], count: int) -> pa.Array:
    """Each of `count` rows as a JSON object of texts by column's name; what is missing is null."""
    pieces: list[Any] = []
    for name, texts in columns.items():
        pieces += [
            f"{', ' if pieces else '{'}{dumps(name, ensure_ascii=False)}: ",
            pc.fill_null(_quoted(texts), "null"),
        ]
    if not pieces:
        return pa.repeat(pa.scalar("{}"), count)
    return pc.binary_join_element_wise(*pieces, "}", "")


def _quoted(texts: pa.Array) -> pa.Array:
    """Texts as JSON spells them; a control character without a spelling of one letter is a space."""
    for plain, spelt in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        texts = pc.replace_substring(texts, plain, spelt)
    return pc.binary_join_element_wise('"', pc.replace_substring_regex(texts, r"[\x00-\x1f]", " "), '"', "")
