"""CSV files: decoded, split, every cell as text."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kpirules.data.arrow import counting, flat
from kpirules.data.faults import Place
from kpirules.source import Note
from kpirules.values.texts import plain

_ENCODINGS = ("utf-8-sig", "gb18030")
_BLOCK = 1 << 23
_BOM = b"\xef\xbb\xbf"
_RAGGED = pa.schema([("row", pa.int64()), ("count", pa.int64()), ("text", pa.string())])


class Separator(Enum):
    """What may stand between cells where a comma should."""

    SEMICOLON = "semicolons"
    TAB = "tabs"
    BAR = "bars"
    FULL_WIDTH = "full_width_commas"


_SEPARATORS = {Separator.SEMICOLON: ";", Separator.TAB: "\t", Separator.BAR: "|", Separator.FULL_WIDTH: "，"}


@dataclass(frozen=True, slots=True)
class Delimited:
    """The rows of a CSV file. `cells` has text columns `0`, `1`, … under `header`; `numbers` are the rows' numbers.

    The header is row 1. Blank rows at the end are left out. `ragged` has the rows that have not as many cells as the
    header (`row`, `count` of cells, `text`), `blank` the numbers of blank rows in the middle; neither is in `cells`.
    """

    header: tuple[str, ...]
    cells: pa.Table
    numbers: pa.Array
    ragged: pa.Table
    blank: pa.Array
    encoding: str
    sha256: str


def read_delimited(data: bytes, place: Place, wanted: Collection[str] = ()) -> Delimited:
    """Read a CSV file in UTF-8 or GB18030; `wanted` are the names that its header should have.

    Raises:
        Fault: it cannot be decoded, has no header, its cells are not separated by commas, or a quote in it is not
            closed.
    """
    digest = hashlib.sha256(data).hexdigest()
    data, encoding = _decoded(data, place)
    if (nul := data.find(b"\0")) >= 0:
        raise place.fault("KPI628", Note("save"), row=data.count(b"\n", 0, nul) + 1)
    header = _header(data, place)
    if not {*wanted} <= {*header}:
        _check_separator(data.partition(b"\n")[0].decode(), header, wanted, place)
    if data.count(b'"') % 2:
        raise place.fault("KPI621", Note("double"))
    cells, ragged = _split(data, len(header), place)
    numbers = counting(2, cells.num_rows + ragged.num_rows)
    if ragged.num_rows:
        numbers = numbers.filter(pc.invert(pc.is_in(numbers, value_set=ragged.column("row"))))
    spaces = _spaces(ragged.column("text"))
    cells, numbers, blank = _without_blank(cells, numbers, ragged.filter(spaces).column("row"))
    return Delimited(
        header=header,
        cells=cells,
        numbers=numbers,
        ragged=ragged.filter(pc.invert(spaces)),
        blank=blank,
        encoding=encoding,
        sha256=digest,
    )


def _decoded(data: bytes, place: Place) -> tuple[bytes, str]:
    """The bytes in UTF-8 without a byte order mark, with a line end at the end, and the encoding they were in."""
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = data.removeprefix(_BOM) if encoding == "utf-8-sig" else text.encode()
        return plain if plain.endswith(b"\n") else plain + b"\n", encoding
    raise place.fault("KPI615", Note("save"))


def _header(data: bytes, place: Place) -> tuple[str, ...]:
    """The cells of the first row, as the reader below splits it."""
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    try:
        header = tuple(map(plain, next(csv.reader(lines), [])))
    except csv.Error as error:
        raise place.fault("KPI614", reason=str(error)) from None
    if not any(header):
        raise place.fault("KPI616")
    return header


def _check_separator(line: str, header: Collection[str], wanted: Collection[str], place: Place) -> None:
    """See to it that no other separator makes more of the header than the comma does.

    Raises:
        Fault: one does.
    """
    for separator in Separator:
        try:
            cells = {*map(plain, next(csv.reader([line], delimiter=_SEPARATORS[separator]), []))}
        except csv.Error:
            continue
        better = len(cells & {*wanted}) > len({*header} & {*wanted})
        if better or (len(header) == 1 and len(cells) > 1):
            raise place.fault("KPI622", Note("save"), separator=separator)


def _split(data: bytes, width: int, place: Place) -> tuple[pa.Table, pa.Table]:
    """All rows but the header and those of another width; of these the number, the count of cells, the text."""
    names = [str(index) for index in range(width)]
    ragged: list[tuple[int, int, str]] = []

    def aside(row: Any) -> str:  # noqa: ANN401  # pyarrow's InvalidRow has no type stub
        ragged.append((row.number, row.actual_columns, row.text))
        return "skip"

    def read(*, threads: bool) -> pa.Table:
        # INVARIANT: row numbers are known to the handler only without threads
        return pa_csv.read_csv(
            pa.BufferReader(data),
            pa_csv.ReadOptions(use_threads=threads, block_size=_BLOCK, column_names=names, skip_rows_after_names=1),
            pa_csv.ParseOptions(
                newlines_in_values=b'"' in data,
                ignore_empty_lines=False,
                invalid_row_handler=None if threads else aside,
            ),
            pa_csv.ConvertOptions(
                check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )

    try:
        return read(threads=True), _ragged([])
    except pa.ArrowInvalid:
        pass
    try:
        return read(threads=False), _ragged(ragged)
    except pa.ArrowInvalid as error:
        raise place.fault("KPI614", reason=str(error).splitlines()[0]) from None


def _ragged(rows: list[tuple[int, int, str]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table([pa.array(one, kind) for one, kind in zip(columns, _RAGGED.types, strict=True)], _RAGGED)


def _without_blank(cells: pa.Table, numbers: pa.Array, spaces: pa.ChunkedArray) -> tuple[pa.Table, pa.Array, pa.Array]:
    """The rows that hold something; the numbers of blank rows that such a row follows.

    `spaces` are the numbers of rows of another width that hold nothing but spaces.
    """
    blank = _spaces(cells.column(0))
    for index in range(1, cells.num_columns):
        if not pc.any(blank).as_py():
            break
        blank = pc.and_(blank, _spaces(cells.column(index)))
    held = pc.invert(blank)
    if pc.any(blank).as_py():
        cells, kept = cells.filter(held), numbers.filter(flat(held))
    elif not len(spaces):
        return cells, numbers, spaces.combine_chunks()
    else:
        kept = numbers
    last = kept[-1].as_py() if len(kept) else 0
    empty = pa.concat_arrays([numbers.filter(flat(blank)), flat(spaces)])
    return cells, kept, empty.filter(pc.less(empty, last))


def _spaces(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which cells hold nothing but white space."""
    return pc.equal(pc.binary_length(pc.utf8_trim_whitespace(text)), 0)
