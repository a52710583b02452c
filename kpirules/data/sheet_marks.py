"""What a sheet of an .xlsx file says of its cells beside their values.

The library that reads the values gives a percent as a bare number, a code shown as `00017` as 17, and nothing at all
for an error or for a formula that was never worked out. So the sheet's XML is read once more for these.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat
from zipfile import ZipFile

LARGEST = 1 << 31
"""How many bytes a part of the file may unfold to."""

_MAIN = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
_RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_TRUE = {"1", "true"}
_PERCENTS = {"9", "10"}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].')
_ZEROS = re.compile(r"0{2,}")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(slots=True)
class Marks:
    """Cells that are more than their value, by column and row, both from 0.

    `percents` are formatted as percents; `zeros` are shown with zeros in front, to so many digits; `errors` hold the
    text of an error; `unworked` are formulas without a value. `merged` are ranges (first row, first column, last row,
    last column). `hidden` are the rows that the sheet does not show. `rows` and `columns` say how far the cells reach.
    """

    percents: dict[int, set[int]] = field(default_factory=dict)
    zeros: dict[int, dict[int, int]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    unworked: dict[int, set[int]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    rows: int = 0
    columns: int = 0

    def without_value(self) -> set[int]:
        """The rows that have an error or a formula without a value: such a row is not blank."""
        return set[int]().union(*self.errors.values(), *self.unworked.values())


class NotASheet(Exception):  # noqa: N818  # told as a fault of the file
    """The file is a zip file, but not one of a workbook that can be read."""


def read_marks(file: ZipFile, sheet: str) -> Marks:
    """The marks of a sheet of that name.

    Raises:
        NotASheet: a part is not there, too large, or not of the form.
    """
    try:
        formats = _formats(file)
        with _part(file, _sheet_part(file, sheet)) as stream:
            return _Scan(formats).read(stream)
    except (LookupError, ValueError, expat.ExpatError) as error:
        raise NotASheet(str(error)) from None


def counts_from_1904(file: ZipFile) -> bool:
    """Whether the workbook counts its days from 1904 on.

    Raises:
        NotASheet: a part is not there, too large, or not of the form.
    """
    try:
        found = [attributes for name, attributes in _elements(file, _workbook_part(file)) if name == "workbookPr"]
    except (LookupError, ValueError, expat.ExpatError) as error:
        raise NotASheet(str(error)) from None
    return any(one.get("date1904") in _TRUE for one in found)


# ---------------------------------------------------------------- the parts of the file


def _part(file: ZipFile, name: str) -> IO[bytes]:
    info = file.getinfo(name)
    if info.file_size > LARGEST:
        raise ValueError(f"{name}: {info.file_size}")
    return file.open(info)


def _elements(file: ZipFile, name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The elements of a small part, each with its attributes, in order of their beginnings."""
    found: list[tuple[str, Mapping[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    with _part(file, name) as stream:
        parser.ParseFile(stream)
    return iter(found)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise ValueError("DOCTYPE")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _targets(file: ZipFile, folder: str, name: str) -> dict[str, tuple[str, str]]:
    """What a part refers to, by id: the kind (the last word of its type) and the part."""
    found = {}
    for element, attributes in _elements(file, f"{folder}_rels/{name}.rels"):
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"]
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(folder + target)
            found[attributes["Id"]] = attributes["Type"].rpartition("/")[2], path
    return found


def _workbook_part(file: ZipFile) -> str:
    return _first(part for kind, part in _targets(file, "", "").values() if kind == "officeDocument")


def _first(names: Iterator[str]) -> str:
    """The first of some names.

    Raises:
        LookupError: there is none.
    """
    for name in names:
        return name
    raise LookupError


def _workbook_targets(file: ZipFile) -> dict[str, tuple[str, str]]:
    folder, name = posixpath.split(_workbook_part(file))
    return _targets(file, f"{folder}/" if folder else "", name)


def _sheet_part(file: ZipFile, sheet: str) -> str:
    for name, attributes in _elements(file, _workbook_part(file)):
        if name == "sheet" and attributes.get("name") == sheet:
            key = _first(attributes[name] for name in _RELATION if name in attributes)
            return _workbook_targets(file)[key][1]
    raise KeyError(sheet)


def _formats(file: ZipFile) -> dict[str, int]:
    """What the number format of each style means: 0 a percent, else the digits that are shown at least."""
    part = next((part for kind, part in _workbook_targets(file).values() if kind == "styles"), None)
    if part is None:
        return {}
    codes: dict[str, str] = {}
    styles: list[str] = []
    within = ""
    for name, attributes in _elements(file, part):
        if name == "numFmt":
            codes[attributes["numFmtId"]] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "dxfs", "cellStyles"}:
            within = name
        elif name == "xf" and within == "cellXfs":
            styles.append(attributes.get("numFmtId", "0"))
    meanings = {str(place): _meaning(style, codes.get(style)) for place, style in enumerate(styles)}
    return {place: meaning for place, meaning in meanings.items() if meaning is not None}


def _meaning(style: str, code: str | None) -> int | None:
    if code is None:
        return 0 if style in _PERCENTS else None
    if "%" in _QUOTED.sub("", code):
        return 0
    return len(code) if _ZEROS.fullmatch(code) else None


# ---------------------------------------------------------------- the cells


class _Scan:
    """Goes through the cells of a sheet; those that have more than a value are judged where the next begins.

    A cell and a row that do not say where they are follow the one before.
    """

    def __init__(self, formats: Mapping[str, int]) -> None:
        self.formats = formats
        self.marks = Marks()
        self.letters: dict[str, int] = {}
        self.row, self.begun = -1, False
        self.cell: Mapping[str, str] = {}
        self.valued: Mapping[str, str] | None = None
        self.formula = self.pending = False
        self.text: list[str] = []
        self.parser = _parser()
        self.parser.buffer_text = True
        steps = {"row": self._row, "c": self._cell, "v": self._value, "is": self._value, "f": self._formula}
        steps["mergeCell"] = self._merge
        self.steps = {f"{space} {name}": step for space in _MAIN for name, step in steps.items()}

    def read(self, stream: IO[bytes]) -> Marks:
        self.parser.StartElementHandler = self._start
        self.parser.ParseFile(stream)
        self._end_row()
        return self.marks

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        step = self.steps.get(name)
        if step is not None:
            step(attributes)

    def _row(self, attributes: dict[str, str]) -> None:
        self._end_row()
        self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
        self.begun = False
        if attributes.get("hidden") in _TRUE:
            self.marks.hidden.add(self.row)

    def _end_row(self) -> None:
        """The last cell of a row that has a value says how far the row reaches."""
        if self.pending:
            self._judge()
        if self.valued is not None:
            marks = self.marks
            marks.rows = max(marks.rows, self.row + 1)
            marks.columns = max(marks.columns, self._column(self.valued["r"]) + 1)
            self.valued = None

    def _cell(self, attributes: dict[str, str]) -> None:
        if self.pending:
            self._judge()
        if "r" not in attributes:
            attributes["r"] = _letters(self._column(self.cell["r"]) + 1 if self.begun else 0)
        self.begun = True
        self.cell = attributes

    def _value(self, _: dict[str, str]) -> None:
        cell = self.valued = self.cell
        if self.formula or cell.get("t") == "e":
            self.pending = True
            self.parser.CharacterDataHandler = self.text.append
        elif cell.get("s") in self.formats:
            self.pending = True

    def _formula(self, _: dict[str, str]) -> None:
        self.formula = self.pending = True
        self.valued = self.cell

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes["ref"].partition(":")
        ends = [_REFERENCE.fullmatch(one) for one in (first, last or first)]
        rows = [int(end[2]) - 1 for end in ends if end]
        columns = [self._column(end[0]) for end in ends if end]
        if len(rows) == len(ends):
            self.marks.merged.append((rows[0], columns[0], rows[1], columns[1]))

    def _judge(self) -> None:
        """What the cell that was gone through is marked with."""
        marks, row, column = self.marks, self.row, self._column(self.cell["r"])
        kind, text = self.cell.get("t", "n"), "".join(self.text).strip()
        if kind == "e":
            marks.errors.setdefault(column, {})[row] = text
        elif self.formula and kind != "str" and not text:
            marks.unworked.setdefault(column, set()).add(row)
        elif kind == "n":
            meaning = self.formats.get(self.cell.get("s", "0"))
            if meaning == 0:
                marks.percents.setdefault(column, set()).add(row)
            elif meaning is not None:
                marks.zeros.setdefault(column, {})[row] = meaning
        self.formula = self.pending = False
        if self.text or self.parser.CharacterDataHandler is not None:
            self.parser.CharacterDataHandler = None
            self.text.clear()

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self.letters.get(letters)
        if column is None:
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            column -= 1
            self.letters[letters] = column
        return column


def _letters(column: int) -> str:
    """The letters of a column, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
