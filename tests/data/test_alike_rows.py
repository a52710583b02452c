"""Rows that are written alike are taken without a parser, and a sheet says the same of its cells as if none were."""

from __future__ import annotations

import io
from array import array
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpirules.data import alike_rows, sheet_marks
from kpirules.data.sheet_marks import ROWS, Marks, read_marks
from kpirules.data.workbooks import NotASheet, Workbook
from tests.data.books import parts, zipped

STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="49"/></cellXfs>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
NUMBER, SHARED, BLANK = '<c r="A{0}"><v>7.5</v></c>', '<c r="B{0}" s="2" t="s"><v>0</v></c>', '<c r="C{0}" s="1"/>'
PERCENT = '<c r="AB{0}" s="1"><v>-1.5E-3</v></c>'
ALIKE = [f"<row r=\"{{0}}\" spans=\"1:3\">{''.join(cells)}</row>" for cells in (
    (NUMBER, SHARED, BLANK), (NUMBER, PERCENT), (SHARED,), (BLANK,), ("",), (PERCENT, NUMBER),
    ('<c r="A{0}" s="1" t="b"><v>1</v></c>', '<c r="B{0}" s="1" t="s"><v>0</v></c>'),
)]  # fmt: skip
ODD = [
    '<row r="{0}" hidden="1"><c r="A{0}"><v>1</v></c></row>',
    '<row r="{0}"><c r="A{0}" t="e"><v>#N/A</v></c></row>',
    '<row r="{0}"><c r="A{0}"><f>1</f></c></row>',
    '<row r="{0}"><c r="A{0}"><f>1</f><v></v></c><c r="B{0}" s="1"><v>1</v></c></row>',
    '<row r="{0}"><c r="B{0}" t="inlineStr"><is><t>x</t></is></c></row>',
    "<row><c><v>1</v></c></row>",
    '<row r="{0}"><c><v>1</v></c><c r="D{0}"/></row>',
    f"<!-- {ALIKE[1]} -->",
    f"<!-- {ALIKE[1]}",
    f"{ALIKE[1]} -->",
    f"<x>{ALIKE[1]}</x>",
    f'<x xmlns="x"><row xmlns="{MAIN}" r="{{0}}"/>{ALIKE[3]}</x>',
    f'<x xmlns="x"><row xmlns="{MAIN}" r="{{0}}"></row>{ALIKE[1]}</x>',
    f'<x:row xmlns:x="{MAIN}" r="{{0}}"><x:c r="A{{0}}"><x:v>1</x:v></x:c></x:row>',
    f"</sheetData>{ALIKE[0]}<sheetData>",
    f'</sheetData><y:sheetData xmlns:y="{MAIN}" xmlns="y">{ALIKE[1]}</y:sheetData><sheetData>',
    "\n<c><v>1</v></c>",
    '<row r="{0}"><c r="A1"><v>1</v></c></row>',
    '<row r="{0}"><c r="A{0}"><v>1</v>',
    f'<row r="{ROWS + 1}"><c r="A{ROWS + 1}"><v>1</v></c></row>',
]


def _marks(sheet: str) -> Marks | None:
    book = Workbook(zipped(parts(sheet, styles=STYLES)))
    try:
        marks = read_marks(book, book.sheets[0], io.BytesIO())
    except NotASheet:
        return None
    for formats in marks.formats.values():
        formats |= {shown: array("L", sorted(rows)) for shown, rows in formats.items()}
    return marks


def _sheet(rows: Sequence[str]) -> str:
    return "".join(row.format(number) for number, row in enumerate(rows, 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.one_of(st.sampled_from(ALIKE), st.sampled_from(ALIKE), st.sampled_from(ODD)), max_size=30))
def test_a_sheet_says_the_same_as_if_all_of_it_were_parsed(monkeypatch: pytest.MonkeyPatch, rows: list[str]) -> None:
    with monkeypatch.context() as patch:
        taken = _marks(_sheet(rows))
        patch.setattr(alike_rows, "_KINDS", 0)
        assert taken == _marks(_sheet(rows))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("alike", ALIKE)
def test_rows_beside_an_odd_one_are_as_if_parsed(monkeypatch: pytest.MonkeyPatch, alike: str, odd: str) -> None:
    sheet = _sheet([alike, alike, alike, odd, alike, alike, odd, alike])
    taken = _marks(sheet)
    monkeypatch.setattr(alike_rows, "_KINDS", 0)
    assert taken == _marks(sheet)


def test_a_row_in_a_comment_is_none() -> None:
    row = ALIKE[1].format
    marks = _marks(f"{row(1)}{row(2)}{row(3)}<!-- {row(4)}{row(5)}{row(6)} -->{row(7)}")
    assert marks is not None
    assert marks.cells == 8


def test_a_row_number_past_the_last_is_a_fault_in_a_row_that_is_alike() -> None:
    row = ALIKE[0].format
    assert _marks(row(1) + row(2) + row(ROWS)) is not None
    assert _marks(row(1) + row(2) + row(ROWS + 1)) is None


def test_only_the_first_rows_of_each_kind_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = _parsed(monkeypatch)
    marks = _marks(_sheet([*ALIKE[:2] * 3000, ALIKE[4]]))
    assert marks is not None
    assert (marks.rows, marks.columns, marks.cells) == (6000, 28, 12_000)
    assert set(parsed) == {1, 2, 3, 6001}  # the first row lies in one piece with what is before it


def test_a_sheet_of_rows_that_are_not_alike_is_left_to_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    monkeypatch.setattr("kpirules.data.sheet_marks._Scan.over", lambda scan: left.append(scan.row))
    marks = _marks(_sheet([ODD[4]] * 3000))
    assert marks is not None
    assert marks.cells == 3000
    assert left
    assert left[0] < 1500


def _parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the rows that a parser goes through from now on."""
    parsed: list[int] = []
    step = sheet_marks._Scan._row  # noqa: SLF001  # the step that is counted

    def noted(scan: Any, attributes: dict[str, str]) -> None:  # noqa: ANN401  # a class that only its file names
        step(scan, attributes)
        parsed.append(scan.row + 1)

    monkeypatch.setattr("kpirules.data.sheet_marks._Scan._row", noted)
    return parsed
