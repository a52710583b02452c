"""Sheets of .xlsx files: values by python-calamine, and what a sheet says of its cells beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import pyarrow as pa

from kpirules.data.bindings import Source
from kpirules.data.content import Damaged, TooLarge
from kpirules.data.faults import Finding, Place
from kpirules.data.header_units import Remark, noted_units, said_units
from kpirules.data.number_formats import NumberFormat
from kpirules.data.objects import from_objects, names_of
from kpirules.data.sheet_marks import Marks, read_marks
from kpirules.data.workbooks import SHEET, NotASheet, SheetPart, Workbook, new_copy
from kpirules.model.contracts import Column
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.similar import did_you_mean
from kpirules.values.periods import PERIODS
from kpirules.values.texts import plain
from kpirules.values.units import Unit

LARGEST = 20_000_000
"""How many cells a sheet may span, from the first of its first row and column to the last of its last."""
_THIN, _PER_CELL = 5_000_000, 100
"""What a sheet may span whatever it holds, and how much more for each cell with a value."""
_LOOKED_AT = 20
_OF_DAYS = {Unit.DATE, *PERIODS}
_TWICE, _NO_DAY = date(1900, 2, 28), "1900-02-28/29"
"""The day that the reader gives for the numbers 59 and 60; for Excel the second is 1900-02-29, which never was."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet under its header: the names in it, the values by column, the numbers of the rows.

    `places` says where the row of a mark stands among these. Blank rows at the end are left out; `blank` has the
    numbers of those in the middle. `marks` are counted from the first cell of the sheet. `top` is the number of the row
    of the names, `above` are other rows near it, by number, one of which may hold them.
    """

    header: tuple[str, ...]
    columns: tuple[tuple[Any, ...], ...]
    numbers: pa.Array
    places: Mapping[int, int]
    blank: pa.Array
    marks: Marks
    from_1904: bool
    top: int
    above: Mapping[int, tuple[str, ...]]
    sha256: str

    @property
    def hidden(self) -> int:
        """How many of the rows are hidden, by a filter or by hand."""
        return sum(row in self.marks.hidden for row in self.places) if self.marks.hidden else 0

    def cells(self, index: int, column: Column) -> tuple[pa.ChunkedArray, tuple[Finding, ...]]:
        """The cells of a column as its contract would have them, and the faults that only a sheet can have."""
        places = self.places
        percents = [places[row] for row in self.marks.percents.get(index, ()) if row in places]
        values: Sequence[Any] = self.columns[index] if self.columns else ()
        if "" in values:
            values = [None if value == "" else value for value in values]
        formats = self._formats(index, places) if column.type.unit is Unit.TEXT else None
        if not self.from_1904 and column.type.unit in _OF_DAYS:
            values = [_NO_DAY if value == _TWICE else value for value in values]
        cells, findings = from_objects(values, column, percents=percents, formats=formats, from_1904=self.from_1904)
        return cells, (*findings, *self._marked(index, column.name, places))

    def remarks(self, index: int) -> Iterator[Remark]:
        """What may say the unit of a column beside its name: the rows above, and the number formats of its cells."""
        for row, texts in self.above.items():
            if row < self.top:
                yield from ((text, noted_units(text)) for text in texts)
        for shown in self.marks.formats.get(index, ()):
            yield shown.code, said_units(f"({shown.literal})")

    def _formats(self, index: int, places: Mapping[int, int]) -> dict[int, NumberFormat]:
        """The number format of each cell that it shows otherwise than it is held."""
        marks = self.marks.formats.get(index, {})
        return {places[row]: shown for shown, rows in marks.items() for row in rows if row in places}

    def _marked(self, index: int, name: str, places: Mapping[int, int]) -> Iterator[Finding]:
        errors = {places[row]: text for row, text in self.marks.errors.get(index, {}).items() if row in places}
        if errors:
            rows = pa.array(errors, pa.int64())
            yield Finding("KPI641", (name,), rows, each={"value": pa.array(errors.values(), pa.string())})
        unworked = [places[row] for row in self.marks.unworked.get(index, ()) if row in places]
        if unworked:
            yield Finding("KPI653", (name,), pa.array(sorted(unworked), pa.int64()))
        merged: dict[int, int] = {}
        for top, left, bottom, right in self.marks.merged:
            if left <= index <= right:
                rows = range(top + (index == left), bottom + 1)
                merged |= {places[row]: top + 1 for row in rows if row in places}
        if merged:
            first = pa.array(merged.values(), pa.int64())
            yield Finding("KPI652", (name,), pa.array(merged, pa.int64()), each={"first": first})


def read_sheet(data: bytes, source: Source, place: Place) -> Sheet:
    """Read the sheet that a source names, or the one that there is.

    Raises:
        Fault: the file cannot be read, has no such sheet, or several and none is named.
    """
    try:
        book = Workbook(data)
        part = _chosen(book.sheets, source, place)
        target = BytesIO()
        with new_copy(target, book.unpacked(part.part)) as copy:
            with copy.open(SHEET, "w") as sheet:
                marks = read_marks(book, part, sheet)
            if marks.rows * marks.columns > min(LARGEST, _THIN + _PER_CELL * marks.cells):
                raise place.fault("KPI625", Note("delete"), rows=marks.rows, columns=marks.columns)
            book.write_rest(copy)
        rows = _values(target)
    except TooLarge as error:
        raise error.fault(place) from None
    except NotASheet:
        raise place.fault("KPI614", Note("save"), reason=Damaged.WORKBOOK) from None
    rows += [[""] * len(rows[0] if rows else ())] * (marks.rows - len(rows))
    top = (source.header or 1) - 1
    header = tuple(map(plain, names_of(rows[top]))) if top < len(rows) else ()
    if not any(header):
        raise place.fault("KPI616", Note("header", {"row": top + 1}))
    held, blank = _held(rows[top + 1 :], {row - top - 1 for row in marks.without_value()})
    return Sheet(
        header=header,
        columns=tuple(zip(*(rows[top + 1 + at] for at in held), strict=True)),
        numbers=pa.array([top + 2 + at for at in held], pa.int64()),
        places={top + 1 + at: place for place, at in enumerate(held)},
        blank=pa.array([top + 2 + at for at in blank], pa.int64()),
        marks=marks,
        from_1904=book.from_1904,
        top=top + 1,
        above={row + 1: tuple(names_of(rows[row])) for row in range(min(len(rows), _LOOKED_AT)) if row != top},
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _values(file: BytesIO) -> list[list[Any]]:
    """The values of the only sheet of a workbook."""
    from python_calamine import CalamineError, CalamineWorkbook

    file.seek(0)
    try:
        return CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise NotASheet(str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it has no public name, and is no `Exception`
            raise
        raise NotASheet(str(error)) from None


def _chosen(sheets: Sequence[SheetPart], source: Source, place: Place) -> SheetPart:
    """The sheet that is meant: the one named, else the only one that is to be seen.

    Raises:
        Fault: there is none of that name, or more than one to be seen.
    """
    names = [sheet.name for sheet in sheets]
    if source.sheet is not None:
        if source.sheet in names:
            return sheets[names.index(source.sheet)]
        args = {"source": place.source, "sheet": source.sheet}
        helps = (*did_you_mean(source.sheet, names), Note("known", {"known": names}))
        raise Fault([Diagnostic("KPI626", source.of_kind["sheet"], args, helps=helps)])
    seen = [sheet for sheet in sheets if sheet.visible]
    if len(seen) == 1:
        return seen[0]
    known = [sheet.name for sheet in seen] or names
    raise place.fault("KPI627", Note("write", {"known": known}), count=len(seen))


def _held(rows: Sequence[Sequence[Any]], more: Collection[int]) -> tuple[list[int], list[int]]:
    """The places of rows that hold something, those of `more` among them, and of blank ones that such a row follows."""
    held = [place for place, row in enumerate(rows) if any(map(_something, row)) or place in more]
    last = held[-1] if held else -1
    return held, sorted(set(range(last)) - set(held))


def _something(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else True


def row_of(names: Collection[str], rows: Mapping[int, Sequence[str]]) -> int | None:
    """The number of the row that holds all of some names."""
    return next((number for number, row in rows.items() if {*names} <= {*map(plain, row)}), None)
