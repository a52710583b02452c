import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.delimited import Delimited, Separator, read_delimited
from kpirules.data.faults import Place
from kpirules.source import Fault
from kpirules.source.render import render_text

PLACE = Place("t", "t.csv", None)
cell = st.text(st.sampled_from('ab1,"\n 订单é'), max_size=6)
flat_cell = st.text(st.sampled_from('ab1," 订单é'), max_size=6)
tall_cell = st.text(st.sampled_from('ab1"\n 订单é'), max_size=6)


def _tables(cells: st.SearchStrategy[str], narrowest: int) -> st.SearchStrategy[list[list[str]]]:
    widths = st.integers(narrowest, 4)
    return widths.flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1))


def _read(data: bytes, *wanted: str, encoding: str | None = None) -> Delimited:
    return read_delimited(data, PLACE, wanted, encoding)


def _rows(read: Delimited) -> list[list[str]]:
    return [list(row.values()) for row in read.cells.to_pylist()]


def _fault(data: bytes, *wanted: str) -> list[str]:
    with pytest.raises(Fault) as caught:
        _read(data, *wanted)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def _written(rows: list[list[str]], line_end: str, quoting: int) -> str:
    out = io.StringIO()
    named = [[f"c{index}" for index in range(len(rows[0]))], *rows]
    csv.writer(out, lineterminator=line_end, quoting=quoting).writerows(named)  # type: ignore[arg-type]  # an int of its own
    return out.getvalue()


@given(
    _tables(st.one_of(flat_cell, tall_cell), 2),
    st.sampled_from([("utf-8", None), ("utf-8-sig", None), ("gb18030", "gb18030"), ("utf-16", None)]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_the_standard_writer_writes_is_read_back(
    rows: list[list[str]], encoding: tuple[str, str | None], line_end: str, quoting: int
) -> None:
    data = _written(rows, line_end, quoting).encode(encoding[0])
    read = _read(data, encoding=encoding[1])
    assert read.sha256 == hashlib.sha256(data).hexdigest()
    assert read.header == tuple(f"c{index}" for index in range(len(rows[0])))
    held = [(number, row) for number, row in enumerate(rows, 2) if any(cell.strip() for cell in row)]
    assert [*zip(read.numbers.to_pylist(), _rows(read), strict=True)] == held
    blank = [number for number, row in enumerate(rows, 2) if not any(cell.strip() for cell in row)]
    assert read.blank.to_pylist() == [number for number in blank if held and number < held[-1][0]]
    assert read.ragged.num_rows == 0


@given(_tables(cell, 1), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_a_written_file_is_read_back_or_a_cell_of_it_looks_like_rows(rows: list[list[str]], quoting: int) -> None:
    try:
        read = _read(_written(rows, "\n", quoting).encode())
    except Fault as fault:
        width = len(rows[0])
        for diagnostic in fault.diagnostics:
            assert diagnostic.code == "KPI681"
            row, text = rows[diagnostic.args["row"] - 2], diagnostic.args["text"]
            assert text in row
            assert "\n" in text
            assert text.count(",") >= min(width - 1, 1)
    else:
        assert _rows(read) == [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("\ufeff工号\n李\n".encode(), "utf-8"),
        ("工号\n李\n".encode(), "utf-8"),
        ("工号\n李\n".encode("gbk"), "gb18030"),
        ("工号\n𠮷\n".encode("gb18030"), "gb18030"),  # a character that gbk does not have
        ("工号\n李\n".encode("utf-16"), "utf-16"),
    ],
)
def test_the_encoding_is_found_and_said(data: bytes, encoding: str) -> None:
    read = _read(data)
    assert read.encoding == encoding
    assert read.header == ("工号",)
    assert _rows(read) in ([["李"]], [["𠮷"]])


def test_rows_keep_the_number_a_person_counts() -> None:
    read = _read(b'a,b\n1,2\n\n"3\n4",5\n6\n7,8,9\n   \n10,11\n,\n\n')
    assert _rows(read) == [["1", "2"], ["3\n4", "5"], ["10", "11"]]
    assert read.numbers.to_pylist() == [2, 4, 8]
    assert read.ragged.to_pylist() == [{"row": 5, "count": 1, "text": "6"}, {"row": 6, "count": 3, "text": "7,8,9"}]
    assert read.blank.to_pylist() == [3, 7]


def test_a_row_with_something_in_a_column_that_no_one_asks_for_is_not_blank() -> None:
    read = _read(b"a,note\n1,\n,total\n")
    assert _rows(read) == [["1", ""], ["", "total"]]


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"a,b\r\n\r\n", b"\xef\xbb\xbfa,b\n,\n"])
def test_a_header_alone_is_a_table_of_no_rows(data: bytes) -> None:
    read = _read(data)
    assert read.header == ("a", "b")
    assert read.cells.num_rows == len(read.numbers) == 0


@pytest.mark.parametrize("data", [b"", b"\n1,2\n", b"\xef\xbb\xbf", b",\n1,2\n"])
def test_a_file_without_a_header_is_refused(data: bytes) -> None:
    assert _fault(data) == ["KPI616"]


def test_what_is_no_text_at_all_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        _read(b"a,b\n1,2\n3,\x004\n")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.args["row"]) == ("KPI628", 3)


@pytest.mark.parametrize("separator", list(Separator))
def test_cells_that_no_comma_separates_are_one_fault(separator: Separator) -> None:
    sign = {"semicolons": ";", "tabs": "\t", "bars": "|", "full_width_commas": "，"}[separator.value]
    for wanted in (("工号", "amount"), ("other",)):
        with pytest.raises(Fault) as caught:
            _read(f"工号{sign}amount\nA{sign}1,5\n".encode(), *wanted)
        (diagnostic,) = caught.value.diagnostics
        assert (diagnostic.code, diagnostic.args["separator"]) == ("KPI622", separator)


def test_other_separators_may_stand_in_names() -> None:
    assert _read(b"a;b,c|d\n1,2\n", "a;b", "c|d").header == ("a;b", "c|d")
    assert _read(b"a;b\n1\n", "a;b").header == ("a;b",)
    assert _read(b"a,b;c\n1,2\n", "a", "x").header == ("a", "b;c")


@given(st.binary(max_size=200), st.sampled_from([(), ("a", "b")]))
def test_any_bytes_are_rows_or_a_fault(data: bytes, wanted: tuple[str, ...]) -> None:
    try:
        read = _read(data, *wanted)
    except Fault as fault:
        assert render_text(fault.diagnostics, "zh")
    else:
        assert read.cells.num_rows == len(read.numbers)
        assert read.cells.num_columns == len(read.header)
