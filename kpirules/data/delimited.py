"""CSV files: decoded, split, every cell as text."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from kpirules.data.arrow import counting, flat
from kpirules.data.content import Bounded, TooLarge
from kpirules.data.encodings import decode
from kpirules.data.faults import SHOWN, Place
from kpirules.data.quotes import Looks, Quotes, Stray, find_quotes, holds_rows, long_row
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note
from kpirules.values.texts import plain

_BLOCK = 1 << 23
"""How many bytes a row may have."""
_COLUMNS = 1 << 14
csv.field_size_limit(max(csv.field_size_limit(), _BLOCK))  # of the process; by itself it fails on a cell of 128 KB
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_END = r"[\r\n]"
_LINE_ENDS = frozenset("\r\n")
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


def read_delimited(data: bytes, place: Place, wanted: Collection[str] = (), encoding: str | None = None) -> Delimited:
    """Read a CSV file; `wanted` are the names that its header should have, `encoding` is what the bindings state.

    Raises:
        Fault: it cannot be decoded, has no header, its cells are not separated by commas, or it has stray
            quotes.
    """
    digest = hashlib.sha256(data).hexdigest()
    if encoding is None and not data.startswith(_UTF_16):
        _check_nul(data, place)
    data, encoding = decode(data, place, encoding)
    _check_nul(data, place)
    data = data if data.endswith(b"\n") else data + b"\n"
    quotes = find_quotes(data)
    written, data = data, quotes.without_padding(data)
    header = _header(data, place, quotes)
    if not {*wanted} <= {*header}:
        _check_separator(data.partition(b"\n")[0].decode(), header, wanted, place)
    if quotes.stray:
        raise _stray(quotes, header, place)
    if len(header) > _COLUMNS:
        raise TooLarge(Bounded.COLUMNS, _COLUMNS).fault(place)
    try:
        cells, ragged = _split(data, len(header), lines_in_cells=bool(quotes.enclosing))
    except pa.ArrowInvalid:  # with the rows of another width set aside, it can be the length of one alone
        raise _too_long(long_row(written, quotes, _BLOCK), place) from None
    numbers = counting(2, cells.num_rows + ragged.num_rows)
    if ragged.num_rows:
        numbers = numbers.filter(pc.invert(pc.is_in(numbers, value_set=ragged.column("row"))))
    if quotes.enclosing:
        rows = zip(*(ragged.column(name).to_pylist() for name in ("row", "text")), strict=True)
        check_rows_in_cells(header, cells, numbers, rows, place)
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


def _check_nul(data: bytes, place: Place) -> None:
    if (nul := data.find(b"\0")) >= 0:
        raise place.fault("KPI628", Note("save"), Note("state"), row=data.count(b"\n", 0, nul) + 1)


def _stray(quotes: Quotes, header: Sequence[str], place: Place) -> Fault:
    """The faults of stray quotes."""
    faults: list[Diagnostic] = []
    for stray in quotes.stray:
        args = {"row": stray.row, "column": _name(header, stray.column - 1), "lines": stray.lines}
        args |= {"text": stray.text.decode(errors="ignore")}
        key = "close" if stray.kind is Stray.OPEN else "far" if stray.lines else "double"
        note = Note(key, args)
        faults += place.fault(stray.kind.value, note, **args).diagnostics
    return Fault(faults)


def _name(header: Sequence[str], index: int) -> str:
    """What faults call a column: its name, else its number."""
    return (header[index] if index < len(header) else "") or str(index + 1)


def check_rows_in_cells(
    header: Sequence[str],
    cells: pa.Table,
    numbers: pa.Array,
    ragged: Iterable[tuple[int, str]],
    place: Place,
    separators: Iterable[Separator] = (),
) -> None:
    """Check that no quoted cell with line ends looks like rows of the table.

    `ragged` has the number and the text of each row of another width. `separators` may stand between the cells of a row
    where a comma does not.

    Raises:
        Fault: some do (KPI681).
    """
    width = len(header)
    long = [pc.match_substring_regex(column, _LINE_END) for column in cells.columns]
    looks = [_looks(column.filter(pc.invert(mask))) for column, mask in zip(cells.columns, long, strict=True)]
    suspects = [
        (number, index, width, cell)
        for index, (column, mask) in enumerate(zip(cells.columns, long, strict=True))
        for number, cell in zip(numbers.filter(flat(mask)).to_pylist(), column.filter(mask).to_pylist(), strict=True)
    ]
    for number, text in ragged:
        for row in csv.reader([text]):
            suspects += ((number, index, len(row), cell) for index, cell in enumerate(row) if _LINE_ENDS & {*cell})
    between = [",", *map(_SEPARATORS.__getitem__, separators)]
    faults = [
        place.fault(
            "KPI681", Note("stray"), Note("meant"), row=number, column=_name(header, index), text=cell
        ).diagnostics[0]
        for number, index, count, cell in sorted(suspects)
        if any(holds_rows(cell, index, count, looks, separator) for separator in between)
    ]
    if faults:
        raise Fault(faults[:SHOWN])


def _looks(column: pa.ChunkedArray) -> Looks:
    column = column.filter(pc.invert(_spaces(column)))

    def same(pattern: str) -> bool | None:
        matches = pc.unique(pc.match_substring_regex(column, pattern)).to_pylist()
        return matches[0] if len(matches) == 1 else None

    return Looks(digit=same(r"\d"), letter=same(r"\pL"))


def _header(data: bytes, place: Place, quotes: Quotes) -> tuple[str, ...]:
    """The cells of the first row, as the reader below splits it."""
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    try:
        header = tuple(map(plain, next(csv.reader(lines), [])))
    except csv.Error:
        raise (_stray(quotes, (), place) if quotes.stray else _too_long(1, place)) from None
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


def _too_long(row: int, place: Place) -> Fault:
    return place.fault("KPI695", Note("write"), row=row, most=_BLOCK >> 20)


def _split(data: bytes, width: int, *, lines_in_cells: bool) -> tuple[pa.Table, pa.Table]:
    """All rows but the header and those of another width; of these the number, the count of cells, the text.

    Raises:
        pa.ArrowInvalid: a row is longer than `_BLOCK`.
    """
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
                newlines_in_values=lines_in_cells,
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
    return read(threads=False), _ragged(ragged)


def _ragged(rows: list[tuple[int, int, str]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table([pa.array(values, kind) for values, kind in zip(columns, _RAGGED.types, strict=True)], _RAGGED)


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
