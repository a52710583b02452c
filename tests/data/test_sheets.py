from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpirules.data.bindings import load_bindings
from kpirules.data.load import Loaded, read_tables
from kpirules.model.contracts import Column, PercentForm, Table
from kpirules.source import Fault
from kpirules.source.render import render_text
from kpirules.values.units import Unit
from tests.data.build import day, faults, number, other, percent, table, text

Fill = Callable[[Any, Any], None]
"""Fills a sheet of a workbook."""


def _book(fill: Fill, **options: object) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    fill(book, book.add_worksheet("数据"))
    book.close()
    return out.getvalue()


def _rows(*rows: Sequence[object], formats: Mapping[int, str | int] | None = None, **options: object) -> bytes:
    """A workbook of rows as they are, the cells of some columns in a number format."""

    def fill(book: Any, sheet: Any) -> None:  # noqa: ANN401  # xlsxwriter has no types
        styles = {at: book.add_format({"num_format": code}) for at, code in (formats or {}).items()}
        for row, cells in enumerate(rows):
            for at, cell in enumerate(cells):
                style = styles.get(at) if row else None
                write = sheet.write_datetime if isinstance(cell, date) else sheet.write
                if isinstance(cell, str):
                    write = sheet.write_string
                write(row, at, cell, style)

    return _book(fill, **options)


def _read(folder: Path, data: bytes, *columns: Column, more: str = "", quarantine: bool = False) -> Loaded:
    (folder / "t.xlsx").write_bytes(data)
    text = f"scheme: a.kpi\ndata:\n  t: {{file: t.xlsx{more}}}\n"
    (folder / "kpirules.yaml").write_text(text, encoding="utf-8")
    return read_tables([table("t", *columns)], load_bindings(folder / "kpirules.yaml"), quarantine=quarantine)


def _values(loaded: Loaded, column: str) -> list[object]:
    values: list[object] = loaded.tables["t"].column(column).to_pylist()
    return values


def _found(folder: Path, data: bytes, *columns: Column) -> list[tuple[str, int | None, str | None, str | None]]:
    """Code, row, column and value of each fault."""
    return [(code, row, at, value) for code, _, row, at, value in faults(lambda: _read(folder, data, *columns))]


def _said(folder: Path, data: bytes, *columns: Column, more: str = "", lang: str = "en") -> str:
    with pytest.raises(Fault) as caught:
        _read(folder, data, *columns, more=more)
    return render_text(caught.value.diagnostics, lang).replace(f"{folder}/", "")


# ---------------------------------------------------------------- texts


def test_codes_keep_their_zeros_and_numbers_have_no_point(tmp_path: Path) -> None:
    data = _rows(["id", "code"], ["00017", 17], [17, "00017"], [123456789012345, 3], formats={1: "00000"})
    loaded = _read(tmp_path, data, text("id", key=True), text("code"))
    assert _values(loaded, "id") == ["00017", "17", "123456789012345"]
    # what is shown as 00017 is 00017
    assert _values(loaded, "code") == ["00017", "00017", "00003"]


def test_what_has_lost_how_it_was_written_is_no_text(tmp_path: Path) -> None:
    data = _rows(
        ["id", "day"], [1.5, "a"], [1234567890123456, date(2025, 1, 2)], [True, "b"], formats={1: "yyyy-mm-dd"}
    )
    assert _found(tmp_path, data, text("id"), text("day")) == [
        ("KPI651", 2, "id", "1.5"),
        ("KPI651", 3, "id", "1234567890123456"),
        ("KPI651", 3, "day", "2025-01-02"),
        ("KPI651", 4, "id", "true"),
    ]


# ---------------------------------------------------------------- numbers and percents


def test_numbers_are_those_that_were_typed(tmp_path: Path) -> None:
    cells = [-60.70400000000001, 0.25, 1e14, "1,234.5", "¥ 2", "", 0]
    data = _rows(["n", "k"], *([cell, at] for at, cell in enumerate(cells)))
    loaded = _read(tmp_path, data, number("n", 3, optional=True))
    expected = ["-60.704", "0.25", "100000000000000", "1234.5", "2", None, "0"]
    assert _values(loaded, "n") == [number_ and Decimal(number_) for number_ in expected]
    assert loaded.facts[0].rounded == {"n": 1}
    assert _found(tmp_path, _rows(["n"], [-60.7041]), number("n", 3)) == [("KPI634", 2, "n", "-60.7041")]


@pytest.mark.parametrize("code", ["0%", "0.00%", "0.0%;[Red]-0.0%", '0.0"pp"%'])
@pytest.mark.parametrize("form", list(PercentForm))
def test_a_cell_formatted_as_percent_is_a_fraction_whatever_the_contract(
    tmp_path: Path, form: PercentForm, code: str
) -> None:
    loaded = _read(tmp_path, _rows(["p"], [0.285], [0.07], [1], formats={0: code}), percent("p", form))
    assert _values(loaded, "p") == [Decimal("0.2850"), Decimal("0.0700"), Decimal("1.0000")]


def test_bare_numbers_are_percents_only_where_the_contract_says_so(tmp_path: Path) -> None:
    data = _rows(["p"], [0.85], ["85%"])
    assert _found(tmp_path, data, percent("p", PercentForm.SIGN)) == [("KPI633", 2, "p", "0.85")]
    assert _found(tmp_path, _rows(["p"], [0.85], [2]), percent("p", PercentForm.SIGN)) == [
        ("KPI639", None, "p", "double")
    ]
    assert _values(_read(tmp_path, _rows(["p"], [85]), percent("p", PercentForm.POINTS)), "p") == [Decimal("0.85")]
    # a sign of percent that is quoted is none
    quoted = _rows(["p"], [0.85], formats={0: '0.00"%"'})
    assert _found(tmp_path, quoted, percent("p", PercentForm.SIGN)) == [("KPI639", None, "p", "double")]


def test_a_percent_is_no_number(tmp_path: Path) -> None:
    assert _found(tmp_path, _rows(["n"], [0.5], formats={0: "0%"}), number("n")) == [("KPI632", 2, "n", "50%")]


# ---------------------------------------------------------------- days


@pytest.mark.parametrize("from_1904", [False, True])
def test_days_are_read_from_either_calendar(tmp_path: Path, *, from_1904: bool) -> None:
    data = _rows(["d"], [date(2025, 1, 9)], [date(2024, 2, 29)], formats={0: "yyyy-mm-dd"}, date_1904=from_1904)
    assert _values(_read(tmp_path, data, day("d")), "d") == [date(2025, 1, 9), date(2024, 2, 29)]
    # a day whose cell lost its format is a bare number: 2023-03-15 is 45000 counted from 1900, 43538 from 1904
    bare = _rows(["d"], [43538 if from_1904 else 45000], ["2025/1/9"], date_1904=from_1904)
    assert _values(_read(tmp_path, bare, day("d")), "d") == [date(2023, 3, 15), date(2025, 1, 9)]


@pytest.mark.parametrize("from_1904", [False, True])
def test_a_number_typed_as_text_and_one_of_a_month_follow_the_calendar_of_the_workbook(
    tmp_path: Path, *, from_1904: bool
) -> None:
    # 2025-01-01 is 45658 counted from 1900, 44196 from 1904; 2023-03-15 is 45000, 43538
    first, mid = (44196, 43538) if from_1904 else (45658, 45000)
    data = _rows(
        ["d", "e", "m", "q", "h", "y"],
        [str(mid), mid, first, first, str(first), first],
        [f" {mid}", f"{mid}", str(first), "2025Q1", "2025H1", 2025],
        date_1904=from_1904,
    )
    units = {"m": Unit.MONTH, "q": Unit.QUARTER, "h": Unit.HALF, "y": Unit.YEAR}
    loaded = _read(tmp_path, data, day("d"), day("e"), *(other(name, unit) for name, unit in units.items()))
    for name in ("d", "e"):
        assert _values(loaded, name) == [date(2023, 3, 15)] * 2, name
    for name in units:
        assert _values(loaded, name) == [date(2025, 1, 1)] * 2, name


@pytest.mark.parametrize("from_1904", [False, True])
def test_numbers_that_stand_for_no_day(tmp_path: Path, *, from_1904: bool) -> None:
    wrong = [0, 60, 9999, -45000, 45000.5, "45000.5", "-45000", 100000]
    data = _rows(["d"], *([value] for value in wrong), date_1904=from_1904)
    assert [(code, row) for code, row, _, _ in _found(tmp_path, data, day("d"))] == [
        ("KPI635", row) for row in range(2, 2 + len(wrong))
    ]
    months = _rows(["m"], [45000], ["45000"], [0], date_1904=from_1904)  # the middle of a month either way
    assert [(code, row) for code, row, _, _ in _found(tmp_path, months, other("m", Unit.MONTH))] == [
        ("KPI636", 2),
        ("KPI636", 3),
        ("KPI636", 4),
    ]


def test_the_leap_day_that_1900_did_not_have(tmp_path: Path) -> None:
    data = _rows(["d"], [58], [60], [61], [0], formats={0: "yyyy-mm-dd"})
    assert [row for _, row, _, _ in _found(tmp_path, data, day("d"))] == [3, 5]
    data = _rows(["d"], [58], [61], formats={0: "yyyy-mm-dd"})
    assert _values(_read(tmp_path, data, day("d")), "d") == [date(1900, 2, 27), date(1900, 3, 1)]


def test_a_moment_within_a_day_is_no_day(tmp_path: Path) -> None:
    data = _rows(["d"], [datetime(2025, 1, 9, 8, 30)], [0.25], formats={0: "yyyy-mm-dd hh:mm"})  # noqa: DTZ001
    faults = _found(tmp_path, data, day("d"))
    assert [(code, row) for code, row, _, _ in faults] == [("KPI635", 2), ("KPI635", 3)]
    assert faults[0][3] == "2025-01-09 08:30:00"


def test_periods_may_be_days_or_numbers(tmp_path: Path) -> None:
    data = _rows(["m", "y"], [date(2025, 3, 1), 2025], ["2025-04", "2024"], formats={0: "yyyy-mm"})
    loaded = _read(tmp_path, data, other("m", Unit.MONTH), other("y", Unit.YEAR))
    assert _values(loaded, "m") == [date(2025, 3, 1), date(2025, 4, 1)]
    assert _values(loaded, "y") == [date(2025, 1, 1), date(2024, 1, 1)]


def test_yes_and_no(tmp_path: Path) -> None:
    loaded = _read(tmp_path, _rows(["b"], [True], [False], [1], [0], ["是"]), other("b", Unit.BOOL))
    assert _values(loaded, "b") == [True, False, True, False, True]


# ---------------------------------------------------------------- what only a sheet has


def test_errors_and_formulas_without_a_value_are_no_blanks(tmp_path: Path) -> None:
    def fill(_book: object, sheet: Any) -> None:  # noqa: ANN401
        sheet.write_row(0, 0, ["t", "n", "f"])
        sheet.write_row(1, 0, ["a", 1, 1])
        sheet.write_formula(2, 0, "=NA()", None, "#N/A")
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 2, "=1+1", None, 2)
        sheet.write_formula(3, 0, '=""', None, "an empty text")
        sheet.write_formula(3, 1, "=2+3", None, 987)

    data = _without(_book(fill), "<v>987</v>", "an empty text")
    faults = _found(tmp_path, data, text("t", optional=True), number("n", optional=True), number("f", optional=True))
    assert faults == [("KPI641", 3, "t", "#N/A"), ("KPI641", 3, "n", "#DIV/0!"), ("KPI653", 4, "n", None)]
    left = _read(tmp_path, data, text("t", optional=True), number("n", optional=True), quarantine=True)
    assert _values(left, "t") == ["a"]


def _edited(data: bytes, pattern: str, by: str) -> bytes:
    """A workbook in whose sheets each match of a pattern is replaced; there must be one."""
    out, count = io.BytesIO(), 0
    with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content, match = re.subn(pattern.encode(), by.encode(), content)
                count += match
            new.writestr(name, content)
    assert count
    return out.getvalue()


def _without(data: bytes, *parts: str) -> bytes:
    """A workbook without some texts of its sheets."""
    for part in parts:
        data = _edited(data, re.escape(part), "")
    return data


def test_a_merged_cell_says_nothing_of_the_rows_below(tmp_path: Path) -> None:
    def fill(_book: object, sheet: Any) -> None:  # noqa: ANN401
        sheet.write_row(0, 0, ["region", "rep"])
        sheet.merge_range(1, 0, 3, 0, "East")
        for row, rep in enumerate("ABCD", 1):
            sheet.write_string(row, 1, rep)

    data = _book(fill)
    faults = _found(tmp_path, data, text("region", optional=True), text("rep"))
    assert faults == [("KPI652", 3, "region", None), ("KPI652", 4, "region", None)]
    assert _values(_read(tmp_path, data, text("rep")), "rep") == ["A", "B", "C", "D"]
    assert "row 3, column `region`: the cell is merged with that of row 2" in _said(
        tmp_path, data, text("region", optional=True)
    )


def test_a_cell_merged_over_columns_says_nothing_of_the_others(tmp_path: Path) -> None:
    def fill(_book: object, sheet: Any) -> None:  # noqa: ANN401
        sheet.write_row(0, 0, ["region", "town", "rep"])
        sheet.merge_range(1, 0, 2, 1, "East")
        for row, rep in enumerate("AB", 1):
            sheet.write_string(row, 2, rep)

    columns = (text("region", optional=True), text("town", optional=True), text("rep"))
    assert _found(tmp_path, _book(fill), *columns) == [
        ("KPI652", 2, "town", None),
        ("KPI652", 3, "region", None),
        ("KPI652", 3, "town", None),
    ]


def test_rows_are_counted_as_excel_does(tmp_path: Path) -> None:
    def fill(_book: object, sheet: Any) -> None:  # noqa: ANN401
        sheet.merge_range(0, 1, 0, 2, "Sales of 2025")
        sheet.write_row(2, 1, [" id ", "n"])
        sheet.write_row(3, 1, ["a", 1])
        sheet.write_row(6, 1, ["b", "x"])
        sheet.write_row(8, 1, [" ", ""])

    columns = (text("id"), number("n"))
    data = _book(fill)
    assert faults(lambda: _read(tmp_path, data, *columns, more=", header: 3")) == [
        ("KPI631", "t", 5, None, None),
        ("KPI631", "t", 6, None, None),
        ("KPI632", "t", 7, "n", "x"),
    ]
    # that every column is missing follows from this one slip
    assert _said(tmp_path, data, *columns) == (
        "kpirules.yaml:3:13: error[KPI656]: row 1 of `t.xlsx` does not hold the names of the columns of the table `t`, "
        "but row 3 does\n"
        "  3 |   t: {file: t.xlsx}\n"
        "    |             ^^^^^^\n"
        "  help: write `header: 3`\n"
    )
    assert "error[KPI616]" in _said(tmp_path, data, *columns, more=", header: 2")
    assert "error[KPI616]" in _said(tmp_path, data, *columns, more=", header: 200")


def test_a_name_in_the_header_that_stands_twice_is_told(tmp_path: Path) -> None:
    assert "error[KPI617]: the column name `id` stands 2 times" in _said(tmp_path, _rows(["id", "id "]), text("id"))
    # names may be missing, and numbers
    loaded = _read(tmp_path, _rows(["", 2025, ""], [1, 2, 3]), number("2025"))
    assert _values(loaded, "2025") == [Decimal(2)]


def test_a_header_alone_is_a_table_of_no_rows(tmp_path: Path) -> None:
    loaded = _read(tmp_path, _rows(["id", "n"]), text("id"), number("n"))
    assert loaded.tables["t"].num_rows == 0


def test_cells_need_not_say_where_they_are(tmp_path: Path) -> None:
    data = _rows(["id", "p", "q"], ["a", 0.5, 0.25], formats={1: "0%", 2: "0%"})
    data = _edited(data, ' r="[A-Z]*[0-9]+"', "")
    percents = (percent("p", PercentForm.SIGN), percent("q", PercentForm.SIGN))
    loaded = _read(tmp_path, data, text("id"), *percents)
    assert loaded.tables["t"].to_pylist() == [{"id": "a", "p": Decimal("0.5"), "q": Decimal("0.25")}]


# ---------------------------------------------------------------- which sheet


def _sheets(book: Any, first: Any) -> None:  # noqa: ANN401
    first.write_row(0, 0, ["id"])
    second = book.add_worksheet("订单")
    second.write_row(0, 0, ["id"])
    second.write_row(1, 0, ["a"])
    hidden = book.add_worksheet("old")
    hidden.hide()


def test_which_of_several_sheets_must_be_said(tmp_path: Path) -> None:
    data = _book(_sheets)
    assert _said(tmp_path, data, text("id")) == (
        "kpirules.yaml:3:13: error[KPI627]: `t.xlsx` shows 2 sheets; which one holds the table `t` is not said\n"
        "  3 |   t: {file: t.xlsx}\n"
        "    |             ^^^^^^\n"
        "  help: write `sheet:` and one of 数据, 订单\n"
    )
    assert _values(_read(tmp_path, data, text("id"), more=", sheet: 订单"), "id") == ["a"]
    assert _said(tmp_path, data, text("id"), more=", sheet: 定单") == (
        "kpirules.yaml:3:21: error[KPI626]: `t.xlsx` has no sheet `定单`\n"
        "  3 |   t: {file: t.xlsx, sheet: 定单}\n"
        "    |                     ^^^^^\n"
        "  help: did you mean `订单`?\n"
        "  help: its sheets are 数据, 订单, old\n"
    )


def test_a_sheet_that_is_hidden_is_not_meant(tmp_path: Path) -> None:
    def fill(book: Any, first: Any) -> None:  # noqa: ANN401
        first.write_row(0, 0, ["id"])
        book.add_worksheet("b").hide()
        book.add_chartsheet("c")

    assert _read(tmp_path, _book(fill), text("id")).tables["t"].num_rows == 0


# ---------------------------------------------------------------- files that are not what they seem


def test_a_stray_cell_far_away_is_told(tmp_path: Path) -> None:
    def fill(_book: object, sheet: Any) -> None:  # noqa: ANN401
        sheet.write_row(0, 0, ["id"])
        sheet.write(1_048_575, 16_383, 1)

    assert "error[KPI625]" in _said(tmp_path, _book(fill), text("id"))


GOOD = _rows(["id", "n", "p", "d"], ["a", 1.5, 0.5, date(2025, 1, 9)], ["b", 2, 1, date(2025, 1, 10)],
             formats={2: "0%", 3: "yyyy-mm-dd"})  # fmt: skip
CONTRACT: Table = table("t", text("id"), number("n"), percent("p", PercentForm.SIGN), day("d"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_bytes_are_a_table_or_a_fault(tmp_path: Path, data: st.DataObject) -> None:
    """A good workbook with bytes changed, in the file and within its parts."""
    within = data.draw(st.booleans())
    content = GOOD
    if within:
        out = io.BytesIO()
        with ZipFile(io.BytesIO(GOOD)) as old, ZipFile(out, "w") as new:
            for name in old.namelist():
                part = old.read(name)
                if re.search(r"sheet1|workbook|styles|sharedStrings|rels", name) and data.draw(st.booleans()):
                    part = _changed(part, data)
                new.writestr(name, part)
        content = out.getvalue()
    else:
        content = b"PK\x03\x04" + _changed(GOOD[4:], data)
    try:
        loaded = _read(tmp_path, content, *CONTRACT.columns)
    except Fault as fault:
        assert render_text(fault.diagnostics, "zh")
    else:
        assert loaded.tables["t"].column_names == ["id", "n", "p", "d"]


def _changed(part: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(part)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=4))
    return bytes(changed)


# ---------------------------------------------------------------- rows that the sheet does not show


def _hiding(*hidden: int, by_filter: bool = False) -> bytes:
    """Five rows of numbers under a title and the names, some rows hidden (counted from 0, as Excel's less one)."""

    def fill(book: Any, sheet: Any) -> None:  # noqa: ANN401  # xlsxwriter has no types
        del book
        for row, cell in enumerate(["a title", "n", 1, 2, 4, 8, 16]):
            sheet.write(row, 0, cell)
        if by_filter:
            sheet.autofilter(1, 0, 6, 0)
            sheet.filter_column(0, "x > 2")
        for row in hidden:
            sheet.set_row(row, None, None, {"hidden": True})

    return _book(fill)


@pytest.mark.parametrize("by_filter", [False, True])
def test_hidden_rows_are_read_and_counted(tmp_path: Path, by_filter: bool) -> None:  # noqa: FBT001  # a way to hide
    """Of the rows of data alone: that a title or the names are hidden says nothing."""
    for hidden, count in (((), 0), ((2, 3), 2), ((0, 1), 0), ((1, 6), 1), ((2, 3, 4, 5, 6), 5), ((9,), 0)):
        loaded = _read(tmp_path, _hiding(*hidden, by_filter=by_filter), number("n", 0), more=", header: 2")
        assert _values(loaded, "n") == [1, 2, 4, 8, 16]
        assert loaded.facts[0].hidden == count


def test_a_hidden_row_may_be_spelt_true_and_need_not_say_where_it_is(tmp_path: Path) -> None:
    data = _hiding(3, 4)
    forms = {
        _edited(data, 'hidden="1"', 'hidden="true"'): 2,
        _edited(data, 'hidden="1"', 'hidden="0"'): 0,
        _edited(data, 'hidden="1"', 'hidden="false"'): 0,
        _edited(data, ' r="[A-Z]*[0-9]+"', ""): 2,
    }
    for form, count in forms.items():
        assert _read(tmp_path, form, number("n", 0), more=", header: 2").facts[0].hidden == count


def test_a_file_that_is_no_sheet_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n1\n", encoding="utf-8")
    (tmp_path / "kpirules.yaml").write_text("scheme: a.kpi\ndata:\n  t: {file: t.csv}\n", encoding="utf-8")
    assert read_tables([table("t", number("n", 0))], load_bindings(tmp_path / "kpirules.yaml")).facts[0].hidden == 0
