"""Arrow tables, frames and Parquet files that are not what they say: each is a table or a fault with its place."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpirules.data import content, parquet
from kpirules.data.load import typed_tables
from kpirules.model.contracts import Column
from kpirules.source import Fault
from kpirules.source.render import render_text
from kpirules.values.units import Unit
from tests.data.bound import bound, said
from tests.data.build import day, faults, number, other, table, text

STRANGE = pa.array([b"a", b"b\xff", None, b"\x80"], pa.binary())
NO_TEXT = pa.Array.from_buffers(pa.string(), 4, STRANGE.buffers())


def _read(values: object, column: Column) -> list[object]:
    cells: list[object] = (
        typed_tables([table("t", column)], {"t": {column.name: values}}).tables["t"].column(0).to_pylist()
    )
    return cells


def _found(values: object, column: Column) -> list[tuple[str, int | None, str | None, str | None]]:
    return [(code, row, at, value) for code, _, row, at, value in faults(lambda: _read(values, column))]


def _said(values: object, column: Column, lang: str = "en") -> str:
    with pytest.raises(Fault) as caught:
        _read(values, column)
    return render_text(caught.value.diagnostics, lang)


# ---------------------------------------------------------------- texts that are none


@pytest.mark.parametrize(
    "values",
    [
        NO_TEXT,
        pa.chunked_array([NO_TEXT.slice(0, 1), NO_TEXT.slice(1)]),
        pa.Array.from_buffers(pa.large_string(), 4, STRANGE.cast(pa.large_binary()).buffers()),
        pa.Array.from_buffers(pa.string_view(), 4, STRANGE.cast(pa.binary_view()).buffers()),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 3]), NO_TEXT),
        pa.table({"id": NO_TEXT}).column(0),
    ],
    ids=["string", "chunks", "large_string", "string_view", "dictionary", "column"],
)
@pytest.mark.parametrize("column", [text("id", optional=True), number("id", optional=True), day("id", optional=True)])
def test_bytes_that_are_no_text_are_told_by_row(values: object, column: Column) -> None:
    faults = _found(values, column)
    assert [fault for fault in faults if fault[0] == "KPI694"] == [
        ("KPI694", 2, "id", r"b\xff"),
        ("KPI694", 4, "id", r"\x80"),
    ]
    assert column.type.unit is not Unit.TEXT or len(faults) == 2


def test_bytes_that_are_no_text_are_told_with_what_to_do() -> None:
    assert _said(NO_TEXT, text("id", optional=True)) == (
        "error[KPI694]: `t` (frame) row 2, column `id`: the text `b\\\\xff` is not in UTF-8\n"
        "  help: decode the text where it comes from, and write it in UTF-8\n"
        "\n"
        "error[KPI694]: `t` (frame) row 4, column `id`: the text `\\\\x80` is not in UTF-8\n"
    ).replace("\\\\", "\\")


def test_bytes_that_are_no_text_in_a_parquet_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": NO_TEXT, "other": NO_TEXT}), tmp_path / "t.parquet")
    contract = table("t", text("id", optional=True))
    told = faults(lambda: bound(tmp_path, "  t: {file: t.parquet}\n", contract))
    assert [(code, row) for code, _, row, _, _ in told] == [("KPI694", 2), ("KPI694", 4)]


def test_half_a_character_is_no_text() -> None:
    halves = ["a", "\ud800", None]
    for values in (halves, pd.Series(halves, dtype=object), pd.Series([1, "\udcff", None], dtype=object)):
        assert ("KPI694", 2) in [(code, row) for code, row, _, _ in _found(values, text("id", optional=True))]


# ---------------------------------------------------------------- columns that are damaged


def _beyond() -> pa.Array:
    return pa.Array.from_buffers(pa.decimal128(5, 2), 1, [None, pa.py_buffer(b"\xff" * 15 + b"\x7f")])


@pytest.mark.parametrize(
    "values",
    [
        pa.DictionaryArray.from_arrays(pa.array([0, 5], pa.int32()), pa.array(["a"]), safe=False),
        pa.DictionaryArray.from_arrays(pa.array([0, -5], pa.int32()), pa.array(["a"]), safe=False),
        pa.DictionaryArray.from_arrays(pa.array([0, 5], pa.int32()), pa.array([1]), safe=False),
        pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(np.array([0, 5, 2], np.int32)), pa.py_buffer(b"abcde")]),
        _beyond(),
    ],
    ids=["beyond", "before", "of numbers", "offsets", "digits"],
)  # fmt: skip
def test_a_column_that_refers_to_what_it_has_not_is_named(values: pa.Array) -> None:
    for column in (text("id"), number("id"), day("id")):
        assert _said(values, column) == (
            "error[KPI614]: cannot read `frame` as the table `t`: a column of it is damaged\n"
            "  help: see its column `id`: it refers to values that it does not have, "
            "or to figures of more digits than its type has\n"
        )


class _Stream:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise RuntimeError("of its own")


class _Uncountable:
    def __len__(self) -> int:
        return 1

    def __iter__(self) -> None:
        raise RuntimeError("of its own")


@pytest.mark.parametrize("frame", [_Stream(), {"id": _Uncountable()}, {"id": np.array(1)}])
def test_what_its_own_code_cannot_give_is_no_table(frame: object) -> None:
    with pytest.raises(Fault) as caught:
        typed_tables([table("t", text("id"))], {"t": frame})
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI614"]


# ---------------------------------------------------------------- values at the ends of their types


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("column", [day("d", optional=True), other("d", Unit.YEAR, optional=True)])
def test_a_moment_beyond_the_calendar_is_no_day(unit: str, column: Column) -> None:
    values = pa.array([2**63 - 1, -(2**63), 0, None]).view(pa.timestamp(unit))
    code = "KPI635" if column.type.unit is Unit.DATE else "KPI636"
    assert [(fault, row) for fault, row, _, _ in _found(values, column)] == [(code, 1), (code, 2)]


def test_a_moment_within_a_day_is_no_day_however_it_is_held() -> None:
    values = pa.array([86_400_000, 86_399_999, 2**63 - 1, 5_000 * 2**32 * 86_400_000 // 10**6]).view(pa.date64())
    assert [(code, row) for code, row, _, _ in _found(values, day("d"))] == [("KPI635", at) for at in (2, 3, 4)]


def test_numbers_that_python_will_not_write_out() -> None:
    huge = [10**5_000, -(10**5_000), 1]
    faults = _found(pd.Series(huge, dtype=object), number("n"))
    assert [(code, row) for code, row, _, _ in faults] == [("KPI644", 1), ("KPI644", 2)]
    odd = pd.Series([Decimal("sNaN"), Decimal("1.5")], dtype=object)
    assert _read(pd.DataFrame({"n": odd})["n"], number("n", optional=True)) == [None, Decimal("1.50")]
    assert typed_tables([table("t", number("n", optional=True))], {"t": pd.DataFrame({"n": odd})}).facts[0].rows == 2


def test_texts_of_more_bytes_than_a_column_holds_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpirules.data.sound._PIECE", 100)
    cells = [f"text {at}" for at in range(99)]
    assert _read(pa.array([*cells, None], pa.large_string()), text("id", optional=True)) == [*cells, None]
    assert "error[KPI614]" in _said(pa.array(["a", "b" * 200], pa.large_string()), text("id"))


def test_categories_of_any_layout() -> None:
    views = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["a", "b"], pa.string_view()))
    assert _read(views, text("id", optional=True)) == ["a", "b", None]
    lists = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array([["a"]]))
    assert [code for code, _, _, _ in _found(lists, text("id"))] == ["KPI638"]


# ---------------------------------------------------------------- Parquet files that unpack to too much


def _parquet(folder: Path, made: pa.Table, **options: object) -> None:
    pq.write_table(made, folder / "t.parquet", compression="zstd", **options)


@pytest.mark.parametrize(
    "made",
    [
        # a text of a megabyte that is written once, and referred to from every row
        lambda: pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000])),
        lambda: pa.repeat(pa.scalar("x" * 1_000), 200_000),
    ],
    ids=["long", "short"],
)
def test_a_parquet_file_is_read_only_as_far_as_its_bounds(
    tmp_path: Path, made: Callable[[], pa.Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "LARGEST", 64 << 20)
    monkeypatch.setattr(parquet, "_BATCH_BYTES", 16 << 20)
    _parquet(tmp_path, pa.table({"id": made()}), row_group_size=4_000_000)
    assert (tmp_path / "t.parquet").stat().st_size < 1 << 20
    before = pa.default_memory_pool().max_memory()
    assert said(tmp_path, "  t: {file: t.parquet}\n", table("t", text("id"))) == (
        "kpirules.yaml:3:13: error[KPI696]: `t.parquet` is too large for the table `t`: "
        "at most 64 MB of its columns in memory are read\n"
        "  3 |   t: {file: t.parquet}\n"
        "    |             ^^^^^^^^^\n"
        "  help: write only the rows and the columns that the table needs\n"
    )
    assert pa.default_memory_pool().max_memory() - before < 1 << 30


def test_rows_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    _parquet(tmp_path, pa.table({"id": ["a"] * 11}))
    assert "at most 10 rows are read" in said(tmp_path, "  t: {file: t.parquet}\n", table("t", text("id")))
    _parquet(tmp_path, pa.table({"id": ["a"] * 10}))
    assert bound(tmp_path, "  t: {file: t.parquet}\n", table("t", text("id"))).facts[0].rows == 10


def test_columns_of_types_that_no_scheme_has_are_not_read(tmp_path: Path) -> None:
    _parquet(tmp_path, pa.table({"id": [["a"] * 3, [], None], "n": ["1", "2", "3"]}))
    contract = table("t", text("id"), number("n"))
    told = faults(lambda: bound(tmp_path, "  t: {file: t.parquet}\n", contract))
    assert [(code, value) for code, _, _, _, value in told] == [("KPI638", "list<element: string>")]


def test_columns_of_many_types_in_order(tmp_path: Path) -> None:
    made = pa.table({"d": [date(2025, 1, 2)] * 3, "c": pa.array(["a", "b", "a"]).dictionary_encode(), "n": [1, 2, 3]})
    _parquet(tmp_path, made, row_group_size=2)
    contract = table("t", text("c"), number("n", 0), day("d"))
    loaded = bound(tmp_path, "  t: {file: t.parquet}\n", contract).tables["t"]
    assert loaded.column("c").to_pylist() == ["a", "b", "a"]
    assert loaded.column("n").to_pylist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_file_is_bounded_before_it_is_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST_FILE", 1 << 20)
    with (tmp_path / name).open("wb") as file:
        file.truncate((1 << 20) + 1)
    assert "at most 1 MB of a file are read" in said(tmp_path, f"  t: {{file: {name}}}\n", table("t", text("id")))


def test_damaged_parquet_files_are_faults(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["a", "b"], "n": [1, 2]}), out)
    whole, contract = out.getvalue(), table("t", text("id"), number("n", 0))
    for at in range(4, len(whole), 5):
        (tmp_path / "t.parquet").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            bound(tmp_path, "  t: {file: t.parquet}\n", contract)
        except Fault as fault:
            assert render_text(fault.diagnostics, "zh")  # a fault, or a table


# ---------------------------------------------------------------- CSV files of long rows


MB = 1 << 20


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        (b"id,n\na,1\nb," + b"1" * 20 * MB + b"\nc,3\n", 3),
        (b"id,n\n" + b"x" * 20 * MB, 2),
        (b"x" * 20 * MB, 1),
        (b'id,n\n"a\nb",1\nc,"' + b"1\n" * 10 * MB + b'"\nc,3\n', 3),
        (b"id,n\ra,1\r" + b"," * 20 * MB, 3),
    ],
)
def test_a_row_that_is_too_long_is_told_by_its_number(tmp_path: Path, rows: bytes, row: int) -> None:
    (tmp_path / "t.csv").write_bytes(rows)
    told = said(tmp_path, "  t: {file: t.csv}\n", table("t", text("id"), text("n")))
    assert f"error[KPI695]: `t.csv` row {row} is longer than 8 MB" in told


def test_cells_may_be_longer_than_the_reader_of_the_standard_library_takes(tmp_path: Path) -> None:
    long = "z" * 200_000
    (tmp_path / "t.csv").write_text(f'id,n,{long}\na,"1\n2",x\nb,"{long}",x,y\n', encoding="utf-8")
    contract = table("t", text("id"), text("n"))
    told = faults(lambda: bound(tmp_path, "  t: {file: t.csv}\n", contract))
    assert [(code, row) for code, _, row, _, _ in told] == [("KPI630", 3)]


def test_the_columns_of_a_file_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id" + ",n" * 20_000, encoding="utf-8")
    told = said(tmp_path, "  t: {file: t.csv}\n", table("t", text("id")))
    assert "error[KPI696]: `t.csv` is too large for the table `t`: at most 16384 columns are read" in told
