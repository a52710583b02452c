"""What a sheet of an .xlsx file says of its cells beside their values.

The library that reads the values gives a percent as a bare number, a code shown as `00017` or `E017` as 17, and nothing
at all for an error or for a formula that was never worked out. So the sheet's XML is read once more for these, as far
as its rows are not alike (`alike_rows.py`).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from kpirules.data.alike_rows import AlikeRows, Cell
from kpirules.data.number_formats import NumberFormat, built_in
from kpirules.data.workbooks import TRUE, NotASheet, SheetPart, Workbook, new_parser, reading

ROWS, COLUMNS = 1 << 20, 1 << 14
"""How many rows and columns a sheet has in Excel."""
_MAIN = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
_SHOWN = {"n", "s", "str", "inlineStr"}
"""Types of cells, numbers and texts, that a number format shows."""
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_PLACED = {"sheetData", "row", "c"}
"""Elements that the reader of the values knows by these names, of whatever namespace they are."""
_SHEETS, _ROWS = ({f"{space} {name}" for space in _MAIN} for name in ("sheetData", "row"))
_DEPTH = 2
"""In how many elements the rows of a sheet lie: the root, and in it `sheetData`."""
_READ = {"sheetData", "c", "v", "is"}
_LONGEST_FORMAT = 255
"""How many characters a number format has in Excel at most."""


@dataclass(slots=True)
class Marks:
    """Cells that are more than their value, by column and row, both from 0.

    `percents` are numbers formatted as percents; `formats` has the rows, in any order, of numbers and texts that a
    number format shows otherwise than they are held; `errors` hold the text of an error; `unworked` are formulas
    without a value. `merged` are ranges (first row, first column, last row, last column). `hidden` are the rows that
    the sheet does not show. `rows` and `columns` say how far the cells reach, `cells` counts those with a value.
    """

    percents: dict[int, set[int]] = field(default_factory=dict)
    formats: dict[int, dict[NumberFormat, array[int]]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    unworked: dict[int, set[int]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    rows: int = 0
    columns: int = 0
    cells: int = 0

    def without_value(self) -> set[int]:
        """The rows that have an error or a formula without a value: such a row is not blank."""
        return set[int]().union(*self.errors.values(), *self.unworked.values())


def read_marks(book: Workbook, sheet: SheetPart, copy: IO[bytes]) -> Marks:
    """The marks of a sheet, whose bytes are written to `copy`.

    Raises:
        NotASheet: a part is not there, damaged, or not of the form.
        TooLarge: a part goes beyond a bound.
    """
    with reading():
        scan = _Scan(_formats(book))
        book.feed(sheet.part, scan.alike, copy=copy, large=True)
        if not scan.placed:
            _check_flat(book, sheet.part)
        return scan.finish()


def _formats(book: Workbook) -> dict[str, NumberFormat]:
    """The number format of each style under which a number or a text may look otherwise than it is held."""
    codes: dict[str, str] = {}
    styles: list[str] = []
    within = ""

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal within
        name = element.rpartition(" ")[2]
        if name == "numFmt":
            codes[attributes["numFmtId"]] = attributes.get("formatCode", "")[:_LONGEST_FORMAT]
        elif name in {"cellXfs", "cellStyleXfs", "dxfs", "cellStyles"}:
            within = name
        elif name == "xf" and within == "cellXfs":
            styles.append(attributes.get("numFmtId", "0"))

    part = book.related("styles")
    if part is not None:
        book.go_through(part, start)
    known = {style: NumberFormat(codes[style]) if style in codes else built_in(int(style)) for style in {*styles}}
    return {str(place): known[style] for place, style in enumerate(styles) if not known[style].plain}


def _check_flat(book: Workbook, part: str) -> None:
    """Check that rows do not lie in rows, nor cells in cells: those that do not say where they are are counted.

    Raises:
        NotASheet: some do.
    """
    parser, within = new_parser(), set[str]()

    def start(element: str, __: object) -> None:
        space, _, name = element.rpartition(" ")
        if name in within or (name in _PLACED and space not in _MAIN and "sheetData" in within):
            raise NotASheet(name)
        if name in _PLACED:
            within.add(name)

    def end(element: str) -> None:
        within.discard(element.rpartition(" ")[2])

    parser.StartElementHandler, parser.EndElementHandler = start, end
    book.feed(part, parser, large=True)


# ---------------------------------------------------------------- the cells


class _Scan:
    """Goes through the cells of a sheet; those that have more than a value are judged where the next begins.

    A cell and a row that do not say where they are follow the one before.
    """

    def __init__(self, formats: Mapping[str, NumberFormat]) -> None:
        self.formats = formats
        self.marks = Marks()
        self.styled: dict[tuple[str, str, bool], array[int]] = {}
        self.known: dict[str, int] = {}
        self.row, self.number = -1, "0"
        self.letters = ""
        self.cell: Mapping[str, str] = {}
        self.reach: set[str] = set()
        self.placed, self.valued = True, False
        self.formula = self.pending = False
        self.text: list[str] = []
        self.parser = new_parser()
        self.parser.buffer_text = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start_within, self._end_within
        self.within: list[str] = []
        self.alike = AlikeRows(self.parser.Parse, self)
        steps = {"row": self._row, "c": self._cell, "v": self._value, "is": self._value, "f": self._formula}
        steps["mergeCell"] = self._merge
        self.steps = {f"{space} {name}": step for space in _MAIN for name, step in steps.items()}

    def finish(self) -> Marks:
        """The marks of all cells that the parser has met.

        Raises:
            ValueError: merged ranges lie over each other.
        """
        self._end_row()
        self._formats()
        marks = self.marks
        marks.columns = max(map(self._column, self.reach), default=-1) + 1
        # INVARIANT: a walk over the merged cells, one by one, visits no more cells than the sheet has
        marks.merged = [(top, left, min(bottom, marks.rows - 1), min(right, marks.columns - 1))
                        for top, left, bottom, right in marks.merged]  # fmt: skip
        areas = ((max(bottom - top + 1, 0), max(right - left + 1, 0)) for top, left, bottom, right in marks.merged)
        if sum(height * width for height, width in areas) > marks.rows * marks.columns:
            raise ValueError("merged")
        return marks

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        step = self.steps.get(name)
        if step is not None:
            step(attributes)
            return
        space, _, plain = name.rpartition(" ")
        if plain in _READ and space not in _MAIN:  # INVARIANT: what the reader takes for a cell was gone through here
            raise ValueError(name)

    def _start_within(self, name: str, attributes: dict[str, str]) -> None:
        self.within.append(name)
        self._start(name, attributes)

    def _end_within(self, name: str) -> None:
        self.within.pop()
        if name in _ROWS and len(self.within) == _DEPTH and self.within[-1] in _SHEETS:
            self.alike.ended(self.parser.CurrentByteIndex)
        elif name in _SHEETS:
            self.alike.over()

    def over(self) -> None:
        """No more rows are taken without the parser."""
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, None

    def kept(self, cells: Sequence[Cell]) -> tuple[array[int], ...]:
        """Where the rows of cells are kept that a style shows otherwise than they are held."""
        shown = [cell for cell in cells if cell.valued and cell.style in self.formats and cell.type in _SHOWN]
        return tuple(self.styled[cell.letters, cell.style, cell.type == "n"] for cell in shown)

    def passed(self, number: int, cells: Sequence[Cell]) -> None:
        """Go on after a row that the parser has not gone through."""
        self._end_row()
        self.row, self.number, self.letters = number - 1, str(number), cells[-1].letters if cells else ""

    def taken(self, cells: Sequence[Cell], count: int, highest: int) -> None:
        """Count rows that the parser has not gone through: how many, and the number of the farthest.

        Raises:
            ValueError: a sheet has no row of that number.
        """
        if highest > ROWS:
            raise ValueError(highest)
        valued = sum(cell.valued for cell in cells)
        self.marks.cells += count * valued
        if valued:
            self.marks.rows = max(self.marks.rows, highest)

    def _row(self, attributes: dict[str, str]) -> None:
        self._end_row()
        if "r" in attributes:
            self.row = int(attributes["r"]) - 1
        else:
            self.row, self.placed = self.row + 1, False
        if not 0 <= self.row < ROWS:
            raise ValueError(self.row)
        self.number, self.letters = str(self.row + 1), ""
        if attributes.get("hidden") in TRUE:
            self.marks.hidden.add(self.row)

    def _end_row(self) -> None:
        """A row that has a value says how far the sheet reaches."""
        if self.pending:
            self._judge()
        if self.valued:
            self.marks.rows = max(self.marks.rows, self.row + 1)
            self.valued = False

    def _cell(self, attributes: dict[str, str]) -> None:
        if self.pending:
            self._judge()
        if "r" in attributes:
            letters = attributes["r"].removesuffix(self.number)
            if letters not in self.known:
                letters = self._checked(attributes["r"])
        else:
            self.placed, letters = False, _letters(self._column(self.letters) + 1)
            self._checked(letters + self.number)
        self.letters, self.cell = letters, attributes

    def _checked(self, reference: str) -> str:
        """The letters of a reference to a cell of this row.

        Raises:
            ValueError: it is to no cell, or to one of another row.
        """
        match = _REFERENCE.fullmatch(reference)
        if match is None or int(match[2]) != self.row + 1 or self._column(match[1]) >= COLUMNS:
            raise ValueError(reference)
        return match[1]

    def _value(self, _: dict[str, str]) -> None:
        self.valued = True
        self.reach.add(self.letters)
        self.marks.cells += 1
        cell = self.cell
        if self.formula or cell.get("t") == "e":
            self.pending = True
            self.parser.CharacterDataHandler = self.text.append
        elif cell.get("s", "0") in self.formats:
            self._show(cell)

    def _formula(self, _: dict[str, str]) -> None:
        self.formula = self.pending = self.valued = True
        self.reach.add(self.letters)

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes["ref"].partition(":")
        ends = [_REFERENCE.fullmatch(end) for end in (first, last or first)]
        rows = [int(end[2]) - 1 for end in ends if end]
        columns = [self._column(end[1]) for end in ends if end]
        if len(rows) == len(ends):
            self.marks.merged.append((rows[0], columns[0], rows[1], columns[1]))

    def _judge(self) -> None:
        """What the cell that was gone through is marked with."""
        marks, row, column = self.marks, self.row, self._column(self.letters)
        kind, text = self.cell.get("t", "n"), "".join(self.text).strip()
        if kind == "e":
            marks.errors.setdefault(column, {})[row] = text
        elif self.formula and kind != "str" and not text:
            marks.unworked.setdefault(column, set()).add(row)
        else:
            self._show(self.cell)
        self.formula = self.pending = False
        if self.text or self.parser.CharacterDataHandler is not None:
            self.parser.CharacterDataHandler = None
            self.text.clear()

    def _show(self, cell: Mapping[str, str]) -> None:
        """Keep the row of a number or a text under its column and style, if the style may show it otherwise."""
        style, kind = cell.get("s", "0"), cell.get("t", "n")
        if style in self.formats and kind in _SHOWN:
            self.styled.setdefault((self.letters, style, kind == "n"), array("L")).append(self.row)

    def _formats(self) -> None:
        """Mark the cells that were kept with the format that shows them."""
        for (letters, style, number), rows in self.styled.items():
            column, shown = self._column(letters), self.formats[style]
            if number and shown.percent:
                self.marks.percents.setdefault(column, set()).update(rows)
            if number or not shown.plain_text:
                self.marks.formats.setdefault(column, {}).setdefault(shown, array("L")).extend(rows)

    def _column(self, letters: str) -> int:
        """The column of some letters, counted from 0; of none, the one before the first."""
        column = self.known.get(letters)
        if column is None:
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            column -= 1
            if letters and column < COLUMNS:
                self.known[letters] = column
        return column


def _letters(column: int) -> str:
    """The letters of a column, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
