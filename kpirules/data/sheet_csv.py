"""CSV files that a spreadsheet opens as they are meant: UTF-8 with a byte order mark, and nothing it would run."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kpirules.data.arrow import plain_text

_BOM = b"\xef\xbb\xbf"
_FORMULA = r"^\s*[=+\-@＝＋－＠\t\r\n]"
_NUMBER = r"^[+-]?[0-9][0-9.,]*%?$"


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table; a text that a spreadsheet would take for a formula gets a `'` in front, as is usual there.

    Raises:
        OSError: it cannot be written.
    """
    columns = [guarded(_text(column)) for column in table.columns]
    with path.open("wb") as file:
        file.write(_BOM)
        pa_csv.write_csv(pa.table(columns, table.column_names), file)


def header(table: pa.Table) -> bytes:
    """How the file of a table begins: the byte order mark and the line of column names."""
    out = pa.BufferOutputStream()
    pa_csv.write_csv(table.schema.empty_table(), out)
    return _BOM + bytes(out.getvalue())


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells as texts; several texts in one cell stand with line ends between."""
    return pc.binary_join(column, "\n") if pa.types.is_list(column.type) else plain_text(column)


def guarded(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts, those that begin as a formula does with a `'` in front; a number below zero is left as it is."""
    runs = pc.match_substring_regex(text, _FORMULA)
    runs = pc.and_not(runs, pc.match_substring_regex(text, _NUMBER))
    return pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text)
