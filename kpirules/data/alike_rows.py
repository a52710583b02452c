"""Rows of a sheet that are written as one before them was: these need no parser.

A sheet of a million cells is a few kinds of rows, over and over. Each kind is gone through as XML once. Rows of that
kind after it, which differ in nothing but their number and the digits of their values, are taken by one expression.

INVARIANT: a row is taken only where the parser has just ended a row of the sheet, and nothing else since, so that no
comment, text or other element can hold it. Without it the XML that the parser sees is well formed just the same.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from typing import Protocol

from kpirules.records import dataclass

_END = b"</row>"
_KINDS, _CELLS = 16, 100
"""How many kinds of rows are recognised, and up to how many cells a row of a kind has."""
_LONGEST = 1 << 20
"""The longest row, in bytes, whose end is searched for."""
_SEEN = 1_000
"""Once the parser has had this many rows, it gets the rest of a sheet in which fewer rows were alike."""
_NUMBER, _VALUE = rb"([1-9][0-9]{0,6})", rb"<v>[-+.0-9A-Za-z]*</v>"
_ROW = re.compile(rb'<row r="' + _NUMBER + rb'"((?: (?!xmlns|hidden|r=)[A-Za-z0-9:]+="[-+.:;, 0-9A-Za-z]*")*)>')
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})[0-9]{1,7}"((?: s="([0-9]+)")?(?: t="(n|s|str|b)")?)(?:/>|></c>|>(' + _VALUE + rb")</c>)"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a kind of row: its column, its style and type as they are written, and whether it has a value."""

    letters: str
    style: str
    type: str
    valued: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows that `match` knows have such cells; the places of the styled ones are kept in each of `styled`.

    `numbers` are those of the rows that were taken and are not counted yet.
    """

    match: Callable[[bytes, int], re.Match[bytes] | None]
    cells: tuple[Cell, ...]
    styled: tuple[array[int], ...]
    numbers: array[int]


class Rows(Protocol):
    """What keeps count of the rows that skip the parser."""

    def kept(self, cells: Sequence[Cell]) -> tuple[array[int], ...]:
        """The lists for the positions of rows with these cells, the parser having read one such row."""

    def passed(self, number: int, cells: Sequence[Cell]) -> None:
        """Rows with these cells were taken; `number` is that of the last one."""

    def taken(self, cells: Sequence[Cell], count: int, highest: int) -> None:
        """`count` rows with these cells were taken; `highest` is the largest of their row numbers."""

    def over(self) -> None:
        """From here on the parser reads every row."""


class AlikeRows:
    """Feeds a sheet to `parse`, without the rows that are recognised.

    The caller reports the end of each row with `ended`, giving the offset of its closing tag in the bytes parsed, and
    the end of the rows with `over`.
    """

    def __init__(self, parse: Callable[[bytes, bool], object], rows: Rows) -> None:
        self._parse, self._rows = parse, rows
        self._rest = b""
        self._parsed, self._last = 0, -1
        self._kinds: list[_Kind] = []
        self._taken = self._others = 0
        self._direct = False

    def ended(self, place: int) -> None:
        """A row of the sheet has ended; its closing tag starts at this offset."""
        self._last = place

    def over(self) -> None:
        """Leave the rest of the sheet to the parser."""
        if not self._direct:
            self._direct = True
            self._rows.over()

    def Parse(self, data: bytes, last: bool = False, /) -> None:  # noqa: N802, FBT001, FBT002  # as expat has it
        """Take the next bytes."""
        data = self._rest + data
        self._rest = b""
        at = 0
        while not (self._direct or last):
            at = self._take(data, at)
            end = data.find(_END, at) + len(_END)
            if end < len(_END):
                if len(data) - at > _LONGEST:
                    self.over()
                break
            self._give(data[at:end])
            at = end
        if self._direct or last:
            self._give(data[at:])
        else:
            self._rest = data[at:]
        if last:
            self._parse(b"", True)  # noqa: FBT003  # as expat has it

    def _between(self) -> bool:
        """Whether the parser has ended a row, and has been given nothing since."""
        return self._last == self._parsed - len(_END)

    def _give(self, data: bytes) -> None:
        """Have the parser go through some bytes, and know the row again that they are."""
        self._parse(data, False)  # noqa: FBT003  # as expat has it
        self._parsed += len(data)
        self._others += 1
        if self._between() and len(self._kinds) < _KINDS:
            self._learn(data)
        if self._others > _SEEN + self._taken:
            self.over()

    def _learn(self, data: bytes) -> None:
        row = _ROW.match(data)
        if row is None:
            return
        cells, at = list[Cell](), row.end()
        parts = [b'<row r="' + _NUMBER + b'"' + re.escape(row[2]) + b">"]
        while cell := _CELL.match(data, at):
            letters, said, style, kind, value = cell.groups(b"")
            if len(cells) == _CELLS:
                return
            rest = b">" + _VALUE + b"</c>" if value else re.escape(data[cell.end(2) : cell.end()])
            parts += [b'<c r="', letters, rb'\1"', re.escape(said), rest]
            cells.append(Cell(letters.decode(), style.decode() or "0", kind.decode() or "n", bool(value)))
            at = cell.end()
        if data[at:] == _END:
            match = re.compile(b"".join([*parts, _END])).match
            self._kinds.append(_Kind(match, tuple(cells), self._rows.kept(cells), array("L")))

    def _take(self, data: bytes, at: int) -> int:
        """Take the rows from a place on that are of a known kind; the place after them."""
        if not self._between():
            return at
        last = None
        while alike := self._alike(data, at):
            last, row = alike
            last.numbers.append(int(row[1]))
            at = row.end()
        if last is not None:
            self._rows.passed(last.numbers[-1], last.cells)
            self._count()
        return at

    def _alike(self, data: bytes, at: int) -> tuple[_Kind, re.Match[bytes]] | None:
        """The row at a place, where it is of a known kind."""
        for kind in self._kinds:
            if row := kind.match(data, at):
                return kind, row
        return None

    def _count(self) -> None:
        """Tell of the rows that were taken, and look first for the kind that most of them are of."""
        self._kinds.sort(key=lambda kind: -len(kind.numbers))
        for kind in self._kinds:
            if kind.numbers:
                self._taken += len(kind.numbers)
                self._rows.taken(kind.cells, len(kind.numbers), max(kind.numbers))
                for places in kind.styled:
                    places.extend(array("L", [number - 1 for number in kind.numbers]))
                del kind.numbers[:]
