"""Codes that a number format shows; what each format shows was looked up in Excel's own rules, not in our output."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from kpirules.data.number_formats import NumberFormat, built_in
from tests.data.build import number, text
from tests.data.test_sheets import _found, _read, _rows, _values

SHOWN = [
    ("00000", 17, "00017"),
    ("00000", 1234567, "1234567"),
    ("00000", -17, "-00017"),
    ("00000;-00000", 17, "00017"),
    ("00000;-00000", -17, "-00017"),
    ("00000;[Red](00000)", -17, "(00017)"),
    ("00000;-00000;0", 0, "0"),
    ('00000;-00000;0;"X"@', 17, "00017"),
    ("[$-804]00000", 17, "00017"),
    ("[$¥-804]000", 17, "¥017"),
    ("[Red]00000", 17, "00017"),
    ("[color 12]00000", 17, "00017"),
    ("00000_ ", 17, "00017"),
    ("_(00000_)", 17, "00017"),
    ("* 00000", 17, "00017"),
    ('"E"000', 17, "E017"),
    ('"E"000', -17, "-E017"),
    ('"E;0"000', 17, "E;0017"),
    ("\\E000", 17, "E017"),
    ("工号000", 17, "工号017"),
    ("00000\\-0000", 17, "00000-0017"),
    ("00000-0000", 123456789, "12345-6789"),
    ("000-000", 17, "000-017"),
    ("000-000", 1234567, "1234-567"),
    ("000 000", 17, "000 017"),
    ("00000?", 17, "000017"),
    ("??000", 17, "017"),
    ("#000", 17, "017"),
    ("[>99]00000;000", 150, "00150"),
    ("[>99]00000;000", 17, "017"),
    ('[=1]"A"0;[=2]"B"0;"C"0', 2, "B2"),
    ('[=1]"A"0;[=2]"B"0;"C"0', 3, "C3"),
    ("@", 17, "17"),
    ("General", 17, "17"),
    ("general", -17, "-17"),
    ("G/通用格式", 17, "17"),
    ('General"号"', 17, "17号"),
    ("0", 17, "17"),
    ("", 17, "17"),
    ('"E"@', 17, "17"),
    ("#,##0", 17, "17"),
]
UNSURE = [
    ("#,##0", 1234),  # the separator is that of the computer
    ("000,000", 17),
    ("0,", 17000),  # shown in thousands
    ("0.00", 17),
    ("0%", 1),
    ("0.0E+0", 17),
    ("E000", 17),
    ("# ?/?", 17),
    ("00000*-", 17),  # as many `-` as the column is wide
    ('"E"* 000', 17),
    ("000_-000", 17),
    ("0##", 7),  # Excel and others differ
    ("00000?", 0),
    ("#", 0),
    (";;;", 17),
    ("0;", -17),
    ('"yes"', 17),
    ("[>99]00000", 17),
    ("[>99]00000;000", -17),
    ("[<5]0;00;000", 17),
    ("[DBNum1][$-804]General", 17),
    ("[$-2000401]000", 17),
    ("[h]", 17),
    ("yyyy", 17),
    ('e"年"', 17),
    ('"E000', 17),
    ("000!-0", 17),
    ("0@", 17),
    ("00\\", 17),
    ("0;0;0;0;0", 17),
]


@pytest.mark.parametrize(("code", "value", "shown"), SHOWN)
def test_a_whole_number_is_shown_by_its_format(code: str, value: int, shown: str) -> None:
    assert NumberFormat(code).number(value) == shown


@pytest.mark.parametrize(("code", "value"), UNSURE)
def test_what_is_not_certain_is_not_shown(code: str, value: int) -> None:
    assert NumberFormat(code).number(value) is None


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("00000", "17"),
        ("@", "17"),
        ('"E"@', "E17"),
        ('0;0;0;"X"@', "X17"),
        ("_ @_ ", "17"),
        (";;;", None),
        ("@*-", None),
    ],
)
def test_a_text_is_shown_by_the_section_for_texts(code: str, shown: str | None) -> None:
    assert NumberFormat(code).text("17") == shown


@pytest.mark.parametrize(
    "code", ["General", "", "0", "@", "[Red]0", "0_ ", "0;-0", "0;-0;0;@", "General;[Red]-General"]
)
def test_a_plain_format_shows_what_the_cell_holds(code: str) -> None:
    assert NumberFormat(code).plain


def test_formats_without_a_code_are_known_by_their_number() -> None:
    assert [number for number in range(82) if built_in(number).plain] == [0, 1, 23, 24, 25, 26, 49]
    assert [number for number in range(82) if built_in(number).percent] == [9, 10]
    assert built_in(164).plain


# ---------------------------------------------------------------- in sheets


@pytest.mark.parametrize("code", ["00000;-00000", "[$-804]00000", "00000_ ", "[Red]00000", "00000;-00000;00000;@"])
def test_a_code_is_read_as_it_is_shown(tmp_path: Path, code: str) -> None:
    data = _rows(["id"], [105], ["105"], [1234567], formats={0: code})
    assert _values(_read(tmp_path, data, text("id")), "id") == ["00105", "105", "1234567"]


def test_texts_are_read_as_their_format_shows_them(tmp_path: Path) -> None:
    data = _rows(["id"], ["17"], ["18"], formats={0: '"E"@'})
    assert _values(_read(tmp_path, data, text("id")), "id") == ["E17", "E18"]


@pytest.mark.parametrize("code", ["00000*-", "#,##0", "0.00", "0%", "[DBNum1]General", 'e"年"'])
def test_a_code_that_is_not_certain_is_a_fault(tmp_path: Path, code: str) -> None:
    data = _rows(["id", "n"], ["A", 1], [1105, 2], formats={0: code})
    assert _found(tmp_path, data, text("id")) == [("KPI685", 3, "id", "1105")]


@pytest.mark.parametrize("at", [3, 9, 37, 41, 59])
def test_formats_known_by_number_are_faults_too(tmp_path: Path, at: int) -> None:
    assert _found(tmp_path, _rows(["id"], [1105], formats={0: at}), text("id")) == [("KPI685", 2, "id", "1105")]


def test_the_style_of_cells_that_name_none_counts(tmp_path: Path) -> None:
    """A workbook whose first style, which cells without a style have, is `00000`."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(_rows(["id"], [105]))) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/styles.xml":
                part = part.replace(
                    b"<fonts", b'<numFmts count="1"><numFmt numFmtId="164" formatCode="00000"/></numFmts><fonts'
                )
                part = part.replace(b'<cellXfs count="1"><xf numFmtId="0"', b'<cellXfs count="1"><xf numFmtId="164"')
            new.writestr(name, part)
    assert _values(_read(tmp_path, out.getvalue(), text("id")), "id") == ["00105"]


def test_numbers_do_not_mind_how_they_are_shown(tmp_path: Path) -> None:
    loaded = _read(tmp_path, _rows(["n"], [1234], formats={0: '00000*-"x"'}), number("n"))
    assert [str(value) for value in _values(loaded, "n")] == ["1234.00"]
