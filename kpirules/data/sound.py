"""Arrow columns that are what their types say: Arrow takes the bytes of a text and the places of values on trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import is_text
from kpirules.data.faults import Finding
from kpirules.model.contracts import Column

_TEXT = pa.string()
_PIECE = 1 << 30
"""How many bytes of text lie together; a column of `pa.string` holds twice as many at most."""
_BYTES = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}

Cells = tuple[pa.ChunkedArray, tuple[Finding, ...]]


def sound(values: pa.ChunkedArray, column: Column) -> Cells:
    """The cells of a column, and which of them are not valid UTF-8; those are shown with their bytes escaped.

    Raises:
        pa.ArrowException: the column is damaged: it refers to values that it does not have, or has figures of more
            digits than its type.
    """
    if pa.types.is_large_string(values.type):
        values = pa.chunked_array([piece for chunk in values.chunks for piece in _pieces(chunk)], values.type)
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        of = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
        if pa.types.is_date64(of):
            return values, ()  # moments within a day, which the reader of days tells of
        if not is_text(of):
            raise
        return spelt_out([cell for chunk in values.chunks for cell in _bytes(chunk).to_pylist()], column)
    return values, ()


def _pieces(chunk: pa.Array) -> Iterator[pa.Array]:
    """Texts in pieces that a column of `pa.string` can hold.

    Raises:
        pa.ArrowException: one text alone is too long for it.
    """
    if chunk.nbytes <= _PIECE:
        yield chunk
    elif len(chunk) == 1:
        raise pa.ArrowInvalid("too long")
    else:
        half = len(chunk) // 2
        yield from _pieces(chunk.slice(0, half))
        yield from _pieces(chunk.slice(half))


def spelt_out(cells: Sequence[bytes | None], column: Column) -> Cells:
    """Texts from their bytes, and the finding of those that are not UTF-8, which are spelt out."""
    texts = [None if cell is None else cell.decode(errors="backslashreplace") for cell in cells]
    strange = [
        place
        for place, (cell, text) in enumerate(zip(cells, texts, strict=True))
        if text is not None and cell != text.encode()
    ]
    shown = pa.chunked_array([pa.array(texts, _TEXT)])
    if not strange:
        return shown, ()
    rows = pa.array(strange, pa.int64())
    return shown, (Finding("KPI694", (column.name,), rows, each={"value": shown.take(rows).combine_chunks()}),)


def text_array(texts: Sequence[str | None], column: Column) -> Cells:
    """Texts of Python's, which may hold halves of characters, as Arrow holds texts, and the finding of such texts."""
    try:
        return pa.chunked_array([pa.array(texts, _TEXT)]), ()
    except UnicodeEncodeError:
        return spelt_out([None if text is None else text.encode("utf-8", "surrogatepass") for text in texts], column)


def _bytes(chunk: pa.Array) -> pa.Array:
    """The bytes of texts.

    Raises:
        pa.ArrowException: they are not where the array says.
    """
    if pa.types.is_dictionary(chunk.type):
        ends = pc.min_max(chunk.indices)
        if len(chunk.indices) > chunk.indices.null_count and not (
            ends["min"].as_py() >= 0 and ends["max"].as_py() < len(chunk.dictionary)
        ):
            raise pa.ArrowIndexError("index")
        return _bytes(chunk.dictionary).take(chunk.indices)
    held = chunk.view(_BYTES[chunk.type])
    held.validate(full=True)
    return pc.cast(held, pa.large_binary())
