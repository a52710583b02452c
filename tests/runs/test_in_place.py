"""Large Parquet files are read where they lie, and nothing comes out otherwise than when they are read whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data import sources
from kpirules.data.bindings import load_bindings
from kpirules.data.faults import DataFaults
from kpirules.data.in_place import InPlace, read_in_place, read_large
from kpirules.data.load import Loaded, read_tables
from kpirules.data.parquet_table import ParquetTable
from kpirules.data.sources import Sources
from kpirules.engines.duckdb import Limits, set_up
from kpirules.model.contracts import Table
from kpirules.runs.in_place import in_place
from kpirules.values.units import Unit
from tests.data.build import day, number, other, table, text

STAFF = table("staff", text("staff_id", key=True), text("region"))
ORDERS = table(
    "orders",
    text("order_id", key=True),
    number("line", 0, unit=Unit.COUNT, key=True),
    text("staff_id", references="staff"),
    text("partner", references="staff", matches=True, optional=True),
    text("status", domain=("won", "lost")),
    text("note", optional=True),
    day("ordered_on", period=True),
    other("quarter", Unit.QUARTER),
    number("amount", 2, unit=Unit.MONEY, between=(0, 1000)),
    number("rate", 1, optional=True),
    other("paid", Unit.BOOL, optional=True),
)
CONTRACTS = (STAFF, ORDERS)
ROW: dict[str, Any] = {
    "order_id": "A1",
    "line": 1,
    "staff_id": "S1",
    "partner": "S2",
    "status": "won",
    "note": "plain",
    "ordered_on": date(2025, 1, 9),
    "quarter": date(2025, 1, 1),
    "amount": Decimal("10.50"),
    "rate": Decimal("0.5"),
    "paid": True,
}
SCHEMA = pa.schema(
    {
        **dict.fromkeys(ROW, pa.string()),
        "line": pa.int64(),
        "ordered_on": pa.date32(),
        "quarter": pa.date32(),
        "amount": pa.decimal128(12, 2),
        "rate": pa.decimal128(4, 1),
        "paid": pa.bool_(),
    }
)
VALUES: Mapping[str, tuple[Any, ...]] = {
    "order_id": ("A1", "a1", "B2", " B2", "", "　", "A\u200b1", "é", "e\u0301", "订单1", None),
    "line": (1, 2, 3, -1, 10**14, None),
    "staff_id": ("S1", "S2", "s1", "S1 ", "X", "", None),
    "partner": ("S1", "s2", "X9", "S\u00a01", " S2", "", None),
    "status": ("won", "Won", " won", "", None),
    "note": ("plain", "中文（注）", "—", " edge", "a\u200bb", "e\u0301", "", None),
    "ordered_on": (date(2025, 1, 9), date(1, 1, 1), date(9999, 12, 31), None),
    "quarter": (date(2025, 1, 1), date(2025, 4, 1), date(2025, 2, 1), date(2025, 4, 2), None),
    "amount": (Decimal("0.00"), Decimal("1000.00"), Decimal("1000.01"), Decimal("-0.01"), None),
    "rate": (Decimal("0.5"), Decimal("-999.9"), None),
    "paid": (True, False, None),
}


def write(
    folder: Path, rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA, staff: tuple[str, ...] = ("S1", "S2")
) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "orders.parquet")
    people = "".join(f"{person},north\n" for person in staff)
    (folder / "staff.csv").write_text(f"staff_id,region\n{people}", encoding="utf-8")
    data = "  staff: {file: staff.csv}\n  orders: {file: orders.parquet}\n"
    (folder / "kpirules.yaml").write_text(f"scheme: a.kpi\ndata:\n{data}", encoding="utf-8")


def every_size(fewest: int = 0) -> InPlace:
    return replace(in_place(CONTRACTS, Limits()), fewest=fewest)


def lying(folder: Path, fewest: int = 0) -> Loaded | None:
    return read_in_place(CONTRACTS, Sources(load_bindings(folder / "kpirules.yaml")), every_size(fewest))


def whole(folder: Path) -> Loaded:
    return read_tables(CONTRACTS, load_bindings(folder / "kpirules.yaml"))


def same(some: Loaded, other: Loaded) -> None:
    assert isinstance(some.tables["orders"], ParquetTable)
    assert some.tables["orders"].read().equals(other.tables["orders"].combine_chunks())
    assert some.tables["staff"].equals(other.tables["staff"])
    assert [fact.table for fact in some.facts if fact.in_place] == ["orders"]
    assert [replace(fact, in_place=False) for fact in some.facts] == list(other.facts)
    assert [(said.code, said.rows.to_pylist(), said.values.to_pylist(), said.place) for said in some.warnings] == [
        (said.code, said.rows.to_pylist(), said.values.to_pylist(), said.place) for said in other.warnings
    ]
    places = pa.array(range(other.tables["orders"].num_rows), pa.int64())
    assert some.numbers["orders"].take(places).equals(other.numbers["orders"].take(places))


def test_a_large_sound_table_is_read_where_it_lies(tmp_path: Path) -> None:
    write(tmp_path, [ROW, {**ROW, "line": 2, "note": None, "partner": None, "rate": None, "paid": None}])
    loaded = lying(tmp_path)
    assert loaded is not None
    same(loaded, whole(tmp_path))
    assert lying(tmp_path, fewest=3) is None


ROWS = st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}), max_size=4)
NEARLY_SOUND = st.lists(st.tuples(st.sampled_from(sorted(VALUES)), st.integers(0, 5)), max_size=2)
KINDS = {
    "order_id": (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())),
    "line": (pa.int64(), pa.decimal128(38, 0)),
    "status": (pa.string(), pa.dictionary(pa.int8(), pa.string())),
    "amount": (pa.decimal128(12, 2), pa.decimal128(38, 2), pa.decimal128(12, 4)),
}
SCHEMAS = st.fixed_dictionaries({name: st.sampled_from(kinds) for name, kinds in KINDS.items()}).map(
    lambda kinds: pa.schema([pa.field(field.name, kinds.get(field.name, field.type)) for field in SCHEMA])
)


def as_always(folder: Path) -> None:
    """What is read of a project is, faults and all, what is read where nothing is read where it lies."""
    try:
        expected = whole(folder)
    except DataFaults as faults:
        assert lying(folder) is None
        with pytest.raises(DataFaults) as caught:
            read_large(CONTRACTS, load_bindings(folder / "kpirules.yaml"), every_size(), subject="staff")
        assert caught.value.listed("en").equals(faults.listed("en"))
        return
    loaded = lying(folder)
    if loaded is not None:
        same(loaded, expected)


@given(ROWS, SCHEMAS)
def test_what_is_read_where_it_lies_is_what_is_read_whole(rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    with TemporaryDirectory() as name:
        write(Path(name), rows, schema)
        as_always(Path(name))


@given(NEARLY_SOUND, SCHEMAS, st.sampled_from([("S1", "S2"), ("S1", "S2", "s1"), ("S1", "S2 "), ("S1", "")]))
def test_a_value_or_two_make_no_difference(
    strange: list[tuple[str, int]], schema: pa.Schema, staff: tuple[str, ...]
) -> None:
    rows = [{**ROW, "line": line} for line in range(1, 4)]
    for at, (column, nth) in enumerate(strange):
        rows[at][column] = VALUES[column][nth % len(VALUES[column])]
    with TemporaryDirectory() as name:
        write(Path(name), rows, schema, staff)
        as_always(Path(name))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("order_id", None), ("order_id", ""), ("order_id", " A2"), ("order_id", "A\u200b2"),
        ("line", None), ("line", 10**14 + 1),
        ("staff_id", "X"), ("staff_id", None), ("partner", "S1 "), ("partner", "S\u00a01"),
        ("status", "Won"), ("status", None), ("note", " edge"), ("note", "e\u0301"), ("note", ""),
        ("ordered_on", None), ("quarter", date(2025, 2, 1)), ("quarter", date(2025, 4, 2)),
        ("amount", Decimal("1000.01")), ("amount", Decimal("-0.01")), ("amount", None),
    ],
)  # fmt: skip
def test_one_value_in_doubt_has_all_read_whole(tmp_path: Path, column: str, value: object) -> None:
    write(tmp_path, [ROW, {**ROW, "line": 2, column: value}])
    assert lying(tmp_path) is None


def test_a_key_that_is_there_twice_has_all_read_whole(tmp_path: Path) -> None:
    write(tmp_path, [ROW, {**ROW, "line": 2}, ROW])
    assert lying(tmp_path) is None
    with pytest.raises(DataFaults):
        whole(tmp_path)


@pytest.mark.parametrize(
    ("column", "of", "value"),
    [
        ("amount", pa.float64(), 10.5),
        ("amount", pa.string(), "10.50"),
        ("amount", pa.decimal128(12, 3), Decimal("10.500")),
        ("ordered_on", pa.timestamp("us"), datetime(2025, 1, 9, tzinfo=UTC)),
        ("ordered_on", pa.timestamp("us", "Asia/Shanghai"), datetime(2025, 1, 9, tzinfo=UTC)),
        ("status", pa.large_binary(), b"won"),
        ("order_id", pa.int64(), 17),
        ("note", pa.list_(pa.string()), ["plain"]),
        ("paid", pa.int8(), 1),
    ],
)
def test_values_of_another_type_are_read_whole(tmp_path: Path, column: str, of: pa.DataType, value: object) -> None:
    at = SCHEMA.get_field_index(column)
    write(tmp_path, [{**ROW, column: value}], SCHEMA.set(at, pa.field(column, of)))
    assert lying(tmp_path) is None


@pytest.mark.parametrize(
    ("column", "of"),
    [
        ("line", pa.int16()),
        ("amount", pa.decimal128(38, 1)),
        ("amount", pa.decimal128(5, 2)),
        ("status", pa.dictionary(pa.int32(), pa.string())),
        ("order_id", pa.large_string()),
    ],
)
def test_values_of_a_type_that_fits_are_read_where_they_lie(tmp_path: Path, column: str, of: pa.DataType) -> None:
    at = SCHEMA.get_field_index(column)
    write(tmp_path, [ROW], SCHEMA.set(at, pa.field(column, of)))
    loaded = lying(tmp_path)
    assert loaded is not None
    same(loaded, whole(tmp_path))


def test_warnings_of_a_table_that_lies_in_a_file_are_told(tmp_path: Path) -> None:
    write(tmp_path, [{**ROW, "order_id": "A1", "partner": "s2"}, {**ROW, "order_id": "a1", "partner": "S 2"}])
    loaded = lying(tmp_path)
    assert loaded is not None
    assert [said.code for said in loaded.warnings] == ["KPI665", "KPI666"]
    same(loaded, whole(tmp_path))


def test_a_text_that_nearly_matches_is_told_where_no_key_is_in_doubt(tmp_path: Path) -> None:
    write(tmp_path, [{**ROW, "partner": "s2"}])
    loaded = lying(tmp_path)
    assert loaded is not None
    assert [said.code for said in loaded.warnings] == ["KPI666"]
    same(loaded, whole(tmp_path))


def test_a_key_that_is_spelt_in_another_way_than_it_is_read_has_all_read_whole(tmp_path: Path) -> None:
    write(tmp_path, [{**ROW, "staff_id": "é"}], staff=("S1", "S2", "e\u0301"))
    assert lying(tmp_path) is None
    as_always(tmp_path)


@pytest.mark.parametrize("more", [("AMOUNT",), ("x", "X"), ("File_Row_Number",)])
def test_columns_that_only_letter_case_tells_apart_are_read_whole(tmp_path: Path, more: tuple[str, ...]) -> None:
    schema = pa.schema([*SCHEMA, *(pa.field(name, pa.int64()) for name in more)])
    write(tmp_path, [{**ROW, **dict.fromkeys(more, 3)}], schema)
    assert lying(tmp_path) is None


def test_a_column_has_the_name_that_the_bindings_say(tmp_path: Path) -> None:
    write(tmp_path, [ROW])
    named = pq.read_table(tmp_path / "orders.parquet")
    pq.write_table(named.rename_columns([f"{name} x" for name in named.column_names]), tmp_path / "orders.parquet")
    columns = ", ".join(f"{name}: {name} x" for name in ROW)
    data = f"  staff: {{file: staff.csv}}\n  orders: {{file: orders.parquet, columns: {{{columns}}}}}\n"
    (tmp_path / "kpirules.yaml").write_text(f"scheme: a.kpi\ndata:\n{data}", encoding="utf-8")
    loaded = lying(tmp_path)
    assert loaded is not None
    same(loaded, whole(tmp_path))


def test_a_source_that_is_read_before_a_fault_is_found_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [{**ROW, "status": "Won"}])
    read, read_source = [], sources.read_source

    def counted(contract: Table, *rest: Any) -> sources.Raw:  # noqa: ANN401  # as what it stands in for
        read.append(contract.name)
        return read_source(contract, *rest)

    monkeypatch.setattr(sources, "read_source", counted)
    with pytest.raises(DataFaults):
        read_large(CONTRACTS, load_bindings(tmp_path / "kpirules.yaml"), every_size(), subject="staff")
    assert read == ["staff", "orders"]


def test_a_path_that_is_a_pattern_is_read_as_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "[a-z]"
    folder.mkdir()
    write(folder, [ROW])
    assert lying(folder) is None
    assert whole(folder).tables["orders"].num_rows == 1


def test_a_folder_called_as_a_column_with_a_value_is_no_partition(tmp_path: Path) -> None:
    folder = tmp_path / "status=lost"
    folder.mkdir()
    write(folder, [ROW])
    loaded = lying(folder)
    assert loaded is not None
    same(loaded, whole(folder))


def test_rows_are_taken_by_their_places_in_any_order(tmp_path: Path) -> None:
    write(tmp_path, [{**ROW, "line": line} for line in range(1, 6)])
    loaded = lying(tmp_path)
    assert loaded is not None
    taken = loaded.tables["orders"].select(["line"]).take(pa.array([4, 0, 4]))
    assert taken.column("line").to_pylist() == [Decimal(5), Decimal(1), Decimal(5)]


def test_the_engine_reads_no_file_but_those_of_tables(tmp_path: Path) -> None:
    write(tmp_path, [ROW])
    loaded = lying(tmp_path)
    assert loaded is not None
    pq.write_table(pa.table({"x": [1]}), tmp_path / "secret.parquet")
    with TemporaryDirectory() as temp, duckdb.connect() as connection:
        set_up(connection, Limits(), temp, [loaded.tables["orders"]])
        connection.execute(f"SELECT * FROM '{tmp_path}/orders.parquet'")  # noqa: S608  # a path of this test
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"SELECT * FROM '{tmp_path}/secret.parquet'")  # noqa: S608  # a path of this test
        with pytest.raises(duckdb.Error):
            connection.execute("SET enable_external_access = true")


def test_small_tables_are_read_whole() -> None:
    asked = in_place(CONTRACTS, Limits())
    assert isinstance(asked, InPlace)
    assert asked.fewest == 200_001
