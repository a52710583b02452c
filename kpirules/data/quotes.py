"""Quotes in a CSV file: those that enclose a cell, and stray ones.

A cell that begins with a quote ends at the next quote that is not doubled, however many line ends lie between. So one
stray quote can merge several rows into one cell. A quote is stray if text follows the closing quote, if there is no
closing quote, or if the enclosed text looks like rows of the table.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import field
from enum import Enum

from kpirules.records import dataclass

_QUOTED = rb'"(?:[^"]++|"")*+"'
_QUOTED_IN_LINE = rb'"(?:[^"\r\n]++|"")*+"'
_PLAIN = rb'(?![ \t]*+")[^,\r\n]*+'
_END = rb"(?:,|\r\n|\r|\n)"
_PLAIN_CELLS = re.compile(rb"(?:(?:%b[ \t]*+(?=[,\r\n])|%b)%b)*+" % (_QUOTED_IN_LINE, _PLAIN, _END))
_CELL_BEFORE = re.compile(rb"(?:[ \t]*+%b[ \t]*+(?=,)|[^,\r\n]*+)," % _QUOTED)
_OPENING = re.compile(_QUOTED)
_SPACES = re.compile(rb"[ \t]*+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_TEXT_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST = 20
"""How many stray quotes of a file are reported."""
_SHOWN = 1000
"""How many bytes of a cell with a stray quote are kept for the message."""


class Stray(Enum):
    """Why the opening quote of a cell is stray."""

    OPEN = "KPI621"
    FOLLOWED = "KPI680"


@dataclass(frozen=True, slots=True)
class StrayQuote:
    """A cell with a stray quote: `row` and `column` from 1; `text` is the cell and what follows it on its last line.

    `lines` counts the line ends between its quotes.
    """

    kind: Stray
    row: int
    column: int
    text: bytes
    lines: int


@dataclass(slots=True)
class Quotes:
    """The quoted cells of a file that are not plain cells of one line.

    `enclosing` are cells with a line end between their quotes (first byte, byte after the last), in order; `padded`
    are the spaces before an opening quote (likewise).
    """

    enclosing: list[tuple[int, int]] = field(default_factory=list)
    padded: list[tuple[int, int]] = field(default_factory=list)
    stray: list[StrayQuote] = field(default_factory=list)

    def without_padding(self, data: bytes) -> bytes:
        """The file without the spaces before opening quotes; CSV readers take such a cell for an unquoted one."""
        if not self.padded:
            return data
        ends = [0, *(end for _, end in self.padded)]
        begins = [*(begin for begin, _ in self.padded), len(data)]
        return b"".join(data[end:begin] for end, begin in zip(ends, begins, strict=True))


def find_quotes(data: bytes) -> Quotes:
    """Find the quoted cells of a CSV file in UTF-8 that ends with a line end.

    After a stray quote the search continues on the next line. A quote inside an unquoted cell
    is text.
    """
    quotes = Quotes()
    if b'"' not in data:
        return quotes
    at = 0
    while len(quotes.stray) < _MOST:
        plain = _PLAIN_CELLS.match(data, at)
        assert plain is not None, at
        at = plain.end()
        if at == len(data):
            break
        opening = data.index(b'"', at)
        closed = _OPENING.match(data, opening)
        end = _after_spaces(data, closed.end()) if closed else len(data)
        if not closed or data[end] not in b",\r\n":
            kind = Stray.FOLLOWED if closed else Stray.OPEN
            quotes.stray.append(_stray(data, quotes, kind, at, opening, end))
            at = _next_line(data, opening)
            continue
        if opening > at:
            quotes.padded.append((at, opening))
        if _LINE_END.search(data, opening, end):
            quotes.enclosing.append((opening, closed.end()))
        at = end + (2 if data.startswith(b"\r\n", end) else 1)
    return quotes


def long_row(data: bytes, quotes: Quotes, most: int) -> int:
    """The number, from 1, of the first row of more than `most` bytes; 1 where there is none."""
    at = 0
    while at < len(data):
        end = max(data.rfind(b"\n", at, at + most), data.rfind(b"\r", at, at + most)) + 1
        nth = bisect_left(quotes.enclosing, (end, 0)) - 1
        while nth >= 0 and quotes.enclosing[nth][1] > end > at:  # that line end is in a cell
            before = quotes.enclosing[nth][0]
            end = max(data.rfind(b"\n", at, before), data.rfind(b"\r", at, before)) + 1
            nth = bisect_left(quotes.enclosing, (end, 0)) - 1
        if end <= at:
            return _place(data, quotes, at)[0]
        at = end
    return 1


def place_of(before: bytes) -> tuple[int, int]:
    """The row and the column, both from 1, of the cell in which a part of a CSV file ends."""
    quotes = find_quotes(before + b"\n")
    return _place(before, quotes, len(before))


def _stray(data: bytes, quotes: Quotes, kind: Stray, at: int, opening: int, end: int) -> StrayQuote:
    row, column = _place(data, quotes, at)
    rest = data[opening : min(_line_end(data, end), opening + _SHOWN)]
    return StrayQuote(kind, row, column, rest, len(_LINE_END.findall(data, opening, end)))


def _place(data: bytes, quotes: Quotes, at: int) -> tuple[int, int]:
    """The row and the column of the cell that begins at a byte; line ends between quotes end no row."""
    inside = sum(len(_LINE_END.findall(data, begin, end)) for begin, end in quotes.enclosing if end <= at)
    row = len(_LINE_END.findall(data, 0, at)) - inside + 1
    start = at
    while True:
        start = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
        nth = bisect_left(quotes.enclosing, (start, 0)) - 1
        if nth < 0 or quotes.enclosing[nth][1] <= start:
            break
        start = quotes.enclosing[nth][0]
    column = 1
    while (cell := _CELL_BEFORE.match(data, start, at)) is not None:
        start, column = cell.end(), column + 1
    return row, column


def _after_spaces(data: bytes, at: int) -> int:
    spaces = _SPACES.match(data, at)
    assert spaces is not None
    return spaces.end()


def _line_end(data: bytes, at: int) -> int:
    match = _LINE_END.search(data, at)
    return match.start() if match else len(data)


def _next_line(data: bytes, at: int) -> int:
    match = _LINE_END.search(data, at)
    return match.end() if match else len(data)


# ---------------------------------------------------------------- cells that look like rows


@dataclass(frozen=True, slots=True)
class Looks:
    """What the cells of a column have in common: whether they have a digit, and a letter; None if they differ."""

    digit: bool | None
    letter: bool | None

    def fits(self, cell: str) -> bool:
        """Whether a cell may belong to the column; an empty one may."""
        if not cell.strip(' \t"'):
            return True
        digit, letter = any(map(str.isdigit, cell)), any(map(str.isalpha, cell))
        return self.digit in {None, digit} and self.letter in {None, letter}


def holds_rows(cell: str, column: int, width: int, columns: Sequence[Looks], separator: str = ",") -> bool:
    """Whether a quoted cell with line ends looks like rows of its table.

    `column` is its place in its row, from 0, `width` the number of cells in that row, `columns` has the looks of each
    column of the table. If the quotes were plain text, the first line would complete a row and the last line would
    begin one, or a line between them would be a row.
    """
    first, *between, last = (line.split(separator) for line in _TEXT_LINE_END.split(cell))
    count = len(columns)
    if any(len(line) == count and _fit(line, columns) for line in between):
        return True
    after = max(count - 1 - column, 0)
    ends = column + len(first) >= count and _fit(first[len(first) - after :] if after else [], columns[count - after :])
    begins = len(last) + width - 1 - column >= count and _fit(last[: min(column, len(last) - 1)], columns)
    return ends and begins


def _fit(cells: Sequence[str], columns: Sequence[Looks]) -> bool:
    return all(looks.fits(cell) for cell, looks in zip(cells, columns, strict=False))
