"""Quotes that are not meant to enclose a cell: told with row and column, never a row less."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.delimited import Delimited, read_delimited
from kpirules.data.faults import Place
from kpirules.data.quotes import find_quotes, place_of
from kpirules.source import Fault
from kpirules.source.render import render_text

PLACE = Place("orders", "orders.csv", None)
HEADER = "id,staff,client,amount\n"


def _read(text: str) -> Delimited:
    return read_delimited(text.encode(), PLACE)


def _rows(text: str) -> list[list[str]]:
    return [list(row.values()) for row in _read(text).cells.to_pylist()]


def _faults(text: str) -> list[tuple[str, int, str]]:
    with pytest.raises(Fault) as caught:
        _read(text)
    for lang in ("en", "zh"):
        assert render_text(caught.value.diagnostics, lang)
    return sorted((fault.code, fault.args["row"], fault.args["column"]) for fault in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        # two opening quotes that nobody closed: the second closes the first
        ('1,e1,"Acme,100\n2,e1,"Beta,250\n3,e1,Ceta,250\n', [("KPI621", 3, "client"), ("KPI680", 2, "client")]),
        ('1,e1,"Acme" Ltd,100\n2,e1,"Beta" Ltd,250\n', [("KPI680", 2, "client"), ("KPI680", 3, "client")]),
        ('1,e1,"Acme"",100\n2,e1,Beta,250\n', [("KPI621", 2, "client")]),
        ('1,e1,Acme,100\n2,e1,"Beta,250', [("KPI621", 3, "client")]),
        ('1,e1,"Acme\nSouth",100\n2,e1,"Beta,250\r\n', [("KPI621", 3, "client")]),
        ('1,e1,"a, b",100\n"2"x,e1,Beta,250\n', [("KPI680", 3, "id")]),
        ('1,e1,"5" pipe",100\n', [("KPI680", 2, "client")]),
        ('1,e1, "Acme" Ltd,100\n', [("KPI680", 2, "client")]),
        ('1,e1,Acme,100,"x\n', [("KPI621", 2, "5")]),
    ],
)
def test_a_quoted_cell_that_does_not_end_as_one_is_a_fault(rows: str, faults: list[tuple[str, int, str]]) -> None:
    assert _faults(HEADER + rows) == faults


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("header", "rows", "column"),
    [
        ("staff,client,amount", 'e1,"Zhang,100\ne2,Li",200', "client"),
        ("staff,client,amount", 'e1,"Zhang,100\ne2,Wang,50\ne3,Li",200', "client"),
        ("staff,client,amount", 'e1,"Zhang, Inc,100\ne2,Li",200', "client"),
        ("staff,client,amount", 'e1,"Zhang,100\ne2,Li, Inc",200', "client"),
        ("client,amount,staff", '"Zhang,100,e1\nLi",200,e2', "client"),
        ("staff,amount,client", 'e1,100,"Zhang\ne2,200,Li"', "client"),
        ("staff,amount,client", 'e1,100,"Zhang\ne2,200,5"""', "client"),
        ("staff,client,amount,day", '00017,"张三,100,2025-01-02\n00018,李四",200,2025-01-03', "client"),
        ("staff,client", 'e1,"Zhang\ne2,Li"', "client"),
        # the rows at both ends are odd, the one between is like the others
        ("staff,client,amount", 'e1,"Zhang,n/a\ne2,Wang,50\nx,Li",200', "client"),
        ("staff", '"e1\ne2"', "staff"),
    ],
)
def test_a_quoted_cell_that_looks_like_rows_is_a_fault(header: str, rows: str, column: str, end: str) -> None:
    assert _faults(f"{header}\n{rows}\n".replace("\n", end)) == [("KPI681", 2, column)]


def test_a_cell_of_rows_is_a_fault_in_a_row_of_another_width() -> None:
    assert _faults('staff,client,amount\ne0,Wu,50\ne1,"Zhang,100\ne2,Li",200,5\n') == [("KPI681", 3, "client")]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("staff,address,amount", ["e1", "12 Main St\nSpringfield, IL", "100"]),
        ("staff,address,amount", ["e1", "12 Main St, Apt 4\nSpringfield, IL 62701", "100"]),
        ("staff,address,amount", ["e1", "北京市海淀区\r\n中关村大街1号", "100"]),
        ("staff,name,address", ["e1", "Zhang", "12 Main St\nSpringfield, IL, USA"]),
        ("staff,amount,note", ["e1", "100", "called him\nhe said yes, twice, and left\n\nbye"]),
        ("staff,city,address", ["e1", "Li", "Room 5\n8, Main St, 62701"]),
        ("staff,client,day", ["e1", "Dear John,\nthanks, bye", "2025-01-02"]),
        ("note,staff,amount", ["Acme\nInc", "e1", "100"]),
        ("id,staff,note", ["1", "e1", '{"a": 1,\n"b": [2, 3]}']),
    ],
)
def test_a_text_of_several_lines_is_read(header: str, cells: list[str]) -> None:
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert _rows(f"{header}\n{row}\n") == [cells]


def test_a_quote_inside_a_cell_is_text() -> None:
    assert _rows(HEADER + '1,e1,5" pipe,100\n2,e1,6\' 2",250\n3,e1,a "b" c,1\n') == [
        ["1", "e1", '5" pipe', "100"],
        ["2", "e1", "6' 2\"", "250"],
        ["3", "e1", 'a "b" c', "1"],
    ]


def test_spaces_around_the_quotes_of_a_cell_are_no_part_of_it() -> None:
    read = _rows('id, staff, "client", amount\n1, e1, "Acme, Inc" ,100\n2,"e1"\t, "",250\n')
    assert [[cell.strip() for cell in row] for row in read] == [["1", "e1", "Acme, Inc", "100"], ["2", "e1", "", "250"]]


def test_cells_of_the_header_may_have_lines() -> None:
    assert _read('staff,"amount\n(USD, net)"\ne1,100\n').header == ("staff", "amount (USD, net)")


def test_the_first_stray_quotes_are_told_in_a_moment() -> None:
    text = HEADER + '1,e1,"x" y,100\n' * 200_000
    begin = time.perf_counter()
    assert len(_faults(text)) == 20
    assert time.perf_counter() - begin < 5
    assert _faults(HEADER + '1,e1,"x,100\n' + '2,e2,""y,1\n' * 5000)[0] == ("KPI621", 2, "client")


def test_a_place_is_that_of_a_cell() -> None:
    before = b'a,b\n"x\ny, z","1, 2"\r\n1,"2'
    places = [place_of(before[:end]) for end in (0, 1, 2, 3, 4, 14, len(before) - 1)]
    assert places == [(1, 1), (1, 1), (1, 2), (1, 2), (2, 1), (2, 2), (3, 2)]


@given(st.text(st.sampled_from('a1," \r\n'), max_size=40))
def test_any_text_is_looked_through(text: str) -> None:
    data = text.encode() + b"\n"
    quotes = find_quotes(data)
    assert all(data[begin:end].startswith(b'"') and data[begin:end].endswith(b'"') for begin, end in quotes.enclosing)
    assert not quotes.without_padding(data).translate(None, b" \n\r,").count(b" ")
    assert place_of(data)[0] >= 1
