"""Workbooks that claim more than they hold, or hold more than they show: each is a table or a fault, and soon."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from tests.data.books import parts, relations, zipped
from tests.data.bound import bound, said
from tests.data.build import table, text

T = table("t", text("id"))
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'
ROW = '<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c></row>'
MB = 1 << 20


def _said(folder: Path, data: bytes) -> str:
    (folder / "t.xlsx").write_bytes(data)
    return said(folder, "  t: {file: t.xlsx}\n", T)


def _ids(folder: Path, data: bytes) -> list[str]:
    (folder / "t.xlsx").write_bytes(data)
    ids: list[str] = bound(folder, "  t: {file: t.xlsx}\n", T).tables["t"].column("id").to_pylist()
    return ids


def _code(folder: Path, data: bytes) -> str:
    told = _said(folder, data)
    assert told.count("error[") == 1
    return told.partition("error[")[2][:6]


def test_what_is_written_part_by_part_is_read(tmp_path: Path) -> None:
    assert _ids(tmp_path, zipped(parts(HEAD + ROW))) == ["a"]
    shared = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    texts = 'uniqueCount="2"><si><t>id</t></si><si><t>b</t></si>'
    assert _ids(tmp_path, zipped(parts(shared, texts=texts))) == ["b"]


# ---------------------------------------------------------------- what a sheet claims


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "KPI625"),
        ('<row r="1048576"><c r="E1048576"><v>1</v></c></row>', "KPI625"),  # two cells alone span five million
        ('<row r="2"><c r="XFD2"><v>1</v></c><c r="A2"><v>1</v></c></row><row r="9999"><c r="A9999"><v>1</v></c></row>', "KPI625"),
        ('<row r="2"><c r="XFD1048576"><v>1</v></c></row>', "KPI614"),
        ('<row r="2"><c r="A2147483647"><v>1</v></c></row>', "KPI614"),
        ('<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>', "KPI614"),
        ('<row r="2"><c r="XFE2"><v>1</v></c></row>', "KPI614"),
        ('<row r="2"><c r="A"><v>1</v></c></row>', "KPI614"),
        ('<row r="1048577"><c><v>1</v></c></row>', "KPI614"),
        ('<row r="4294967295"><c><v>1</v></c></row>', "KPI614"),
        ('<row r="-5"><c><v>1</v></c></row>', "KPI614"),
        ('<row r="2">' + "<c><v>1</v></c>" * 16_385 + "</row>", "KPI614"),
        ('<row r="2">' * 3 + "<c><v>1</v></c>" + "</row>" * 3, "KPI614"),
        ('<row r="2"><c r="A2"><c><v>1</v></c></c></row>', "KPI614"),
        ('<row r="2"><x:c xmlns:x="x" r="XFD1048576"><x:v>1</x:v></x:c></row>', "KPI614"),
        ('<x:row xmlns:x="x" r="1048576"><c><v>1</v></c></x:row>', "KPI614"),
        ('<x:sheetData xmlns:x="x"/>', "KPI614"),
        ("<x>" * 100_000, "KPI614"),
    ],
)  # fmt: skip
def test_a_cell_is_where_a_sheet_has_cells(tmp_path: Path, sheet: str, code: str) -> None:
    assert _code(tmp_path, zipped(parts(HEAD + sheet))) == code


@pytest.mark.parametrize("ref", ["A1:XFD1048576", "A1:ZZZ99999999999", "B9:A1", "A1:A1:A1", ""])
def test_the_size_that_a_sheet_declares_is_of_no_account(tmp_path: Path, ref: str) -> None:
    data = zipped(parts(HEAD + ROW, before=f'<dimension ref="{ref}"/>'))
    (tmp_path / "t.xlsx").write_bytes(data)
    try:
        assert _ids(tmp_path, data) == ["a"]
    except Exception:  # noqa: BLE001  # or a fault
        assert _code(tmp_path, data) == "KPI614"


def test_rows_without_a_value_are_not_read(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{at}" s="1" customFormat="1"/>' for at in range(3, 200_000))
    assert _ids(tmp_path, zipped(parts(HEAD + ROW + empty))) == ["a"]
    styled = "".join(f'<row r="{at}"><c r="XFD{at}" s="1"/></row>' for at in range(3, 50_000))
    assert _ids(tmp_path, zipped(parts(HEAD + ROW + styled))) == ["a"]


def test_merged_ranges_over_each_other_are_a_fault(tmp_path: Path) -> None:
    merged = '<mergeCells>{}<mergeCell ref="A2:XFD1048576"/></mergeCells>'
    assert _ids(tmp_path, zipped(parts(HEAD + ROW, after=merged.format("")))) == ["a"]
    many = merged.format('<mergeCell ref="A1:XFD1048576"/>' * 100_000)
    assert _code(tmp_path, zipped(parts(HEAD + ROW, after=many))) == "KPI614"


# ---------------------------------------------------------------- what the other parts claim


@pytest.mark.parametrize("count", ["999999999999", "18446744073709551615", "-1", "many"])
def test_the_count_of_shared_texts_is_not_believed(tmp_path: Path, count: str) -> None:
    data = zipped(parts(HEAD + ROW, texts=f'uniqueCount="{count}"><si><t>id</t></si>'))
    if count == "-1":
        assert _ids(tmp_path, data) == ["a"]
    else:
        assert _code(tmp_path, data) == "KPI614"


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: parts(HEAD + ROW, texts=f">{'<si><t>id</t></si>' * 4_000_000}"), id="texts"),
        pytest.param(lambda: parts(HEAD + ROW, texts=f"><si><t>{'a' * 65 * MB}</t></si>"), id="a text"),
        pytest.param(lambda: parts(HEAD + ROW + "<row/>" * 12_000_000), id="rows"),
        pytest.param(lambda: parts(HEAD + ROW, styles=f"<cellXfs>{'<xf/>' * 3_500_000}</cellXfs>"), id="styles"),
        pytest.param(lambda: parts(workbook=f"<a>{' ' * 17 * MB}</a>"), id="workbook"),
    ],
)
def test_a_part_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, made: Callable[[], dict[str, str]]) -> None:
    data = zipped(made())
    assert len(data) < MB
    assert _code(tmp_path, data) == "KPI696"


def test_the_fault_is_told_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    data = zipped(parts(HEAD + ROW, texts=f"><si><t>{'a' * 65 * MB}</t></si>"))
    assert _said(tmp_path, data) == (
        "kpirules.yaml:3:13: error[KPI696]: `t.xlsx` is too large for the table `t`: "
        "at most 64 MB of a part of a workbook, unpacked, are read\n"
        "  3 |   t: {file: t.xlsx}\n"
        "    |             ^^^^^^\n"
        "  help: copy the table alone into a new workbook, or save it as CSV or Parquet\n"
    )


def test_what_a_part_says_of_its_size_is_all_that_is_unpacked(tmp_path: Path) -> None:
    """The directory says 100 bytes, and their checksum; the part goes on for 100 MB."""
    whole = parts(HEAD + ROW)
    shown = whole["xl/sheet.xml"].encode()
    data = zipped({**whole, "xl/sheet.xml": shown + b" " * 100 * MB})
    with ZipFile(io.BytesIO(data)) as file:
        info = file.getinfo("xl/sheet.xml")
    for old, new in ((info.file_size, len(shown)), (info.CRC, zlib.crc32(shown))):
        data = data.replace(struct.pack("<L", old), struct.pack("<L", new))
    assert _ids(tmp_path, data) == ["a"]


def test_parts_that_no_sheet_needs_are_not_unpacked(tmp_path: Path) -> None:
    more = {f"xl/media/{at}.png": b"\0" * 4 * MB for at in range(20)}
    more |= {"/etc/passwd": b"x", "../../x": b"x", "nested.zip": zipped({"a": b"\0" * MB})}
    assert _ids(tmp_path, zipped({**parts(HEAD + ROW), **more})) == ["a"]


# ---------------------------------------------------------------- the zip file


def test_two_entries_of_one_name_are_a_fault(tmp_path: Path) -> None:
    """One program reads the first, another the last."""
    entries = parts(HEAD + ROW)
    assert _code(tmp_path, zipped({**entries, "XL/Sheet.xml": entries["xl/sheet.xml"]})) == "KPI614"


def test_a_directory_of_too_many_entries_is_not_read(tmp_path: Path) -> None:
    data = zipped({**parts(HEAD + ROW), **{str(at): b"" for at in range(10_001)}}, ZIP_STORED)
    assert _code(tmp_path, data) == "KPI696"


def test_a_workbook_of_too_many_sheets_is_not_read(tmp_path: Path) -> None:
    whole = parts(HEAD + ROW)
    sheet = whole["xl/workbook.xml"].partition("<sheets>")[2].partition("</sheets>")[0]
    assert _code(tmp_path, zipped(parts(HEAD, workbook=whole["xl/workbook.xml"].replace(sheet, sheet * 1_001)))) == (
        "KPI696"
    )


@pytest.mark.parametrize("packing", [ZIP_BZIP2, ZIP_LZMA])
def test_parts_are_packed_as_workbooks_are(tmp_path: Path, packing: int) -> None:
    assert _code(tmp_path, zipped(parts(HEAD + ROW), packing)) == "KPI614"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "KPI623"),
        (zipped(parts(HEAD + ROW))[:-30], "KPI614"),
        (zipped(parts(HEAD + ROW))[:400], "KPI614"),
        (b"PK\x03\x04" + b"\0" * 1000, "KPI614"),
        (zipped({}), "KPI623"),
        (zipped({"a": "b"}), "KPI614"),
        (zipped({**parts(HEAD), "_rels/.rels": relations(officeDocument="../../etc/passwd")}), "KPI614"),
        (zipped(parts(HEAD + ROW, sheet='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')), "KPI614"),
        (zipped(parts(HEAD + ROW, sheet='<?xml version="1.0" encoding="cp037"?><a/>')), "KPI616"),
        (zipped(parts(HEAD + ROW)).replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"), "KPI614"),
        (zipped(parts(HEAD + ROW)).replace(b"xl/sheet.xml", b"\xff\xfe/sheet.xml"), "KPI614"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_a_fault(tmp_path: Path, data: bytes, code: str) -> None:
    assert _code(tmp_path, data) == code
