import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpirules.data.load import typed_tables
from kpirules.source import Fault
from kpirules.source.render import render_text
from tests.data.bound import ORDERS, STAFF, STAFF_CSV, bound, said
from tests.data.build import day, number, table, text


def test_a_table_without_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text(STAFF_CSV, encoding="utf-8")
    assert said(tmp_path, "  staff: {file: staff.csv}\n  order: {file: staff.csv}\n", STAFF, ORDERS) == (
        "kpirules.yaml:2:1: error[KPI610]: the table `orders` has no data\n"
        "  2 | data:\n"
        "    | ^^^^\n"
        "  help: the data of `order` is given; did you mean `orders`?\n"
    )
    with pytest.raises(Fault) as caught:
        typed_tables([STAFF], {})
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["KPI610"]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("staff_ID,manager_id,hired, left_on ,,\n", encoding="utf-8")
    binding = "  staff: {file: staff.csv, columns: {hired: entered, leftt_on: x}}\n"
    assert said(tmp_path, binding, STAFF) == (
        "kpirules.yaml:3:53: error[KPI611]: the table `staff` has no column `leftt_on`\n"
        "  3 |   staff: {file: staff.csv, columns: {hired: entered, leftt_on: x}}\n"
        "    |                                                      ^^^^^^^^\n"
        "  help: did you mean `left_on`?\n"
    ).replace("3:53", "3:54")
    binding = "  staff: {file: staff.csv, columns: {hired: entered}}\n"
    assert said(tmp_path, binding, STAFF) == (
        "kpirules.yaml:3:17: error[KPI618]: "
        "`staff.csv` has no column `staff_id`, which the table `staff` needs for `staff_id`\n"
        "  3 |   staff: {file: staff.csv, columns: {hired: entered}}\n"
        "    |                 ^^^^^^^^^\n"
        "  help: did you mean `staff_ID`? write `columns: {staff_id: staff_ID}`\n"
        "  help: its columns are staff_ID, manager_id, hired, left_on\n"
        "\n"
        "kpirules.yaml:3:17: error[KPI618]: "
        "`staff.csv` has no column `entered`, which the table `staff` needs for `hired`\n"
        "  3 |   staff: {file: staff.csv, columns: {hired: entered}}\n"
        "    |                 ^^^^^^^^^\n"
        "  help: its columns are staff_ID, manager_id, hired, left_on\n"
    )


def test_a_file_without_its_header_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("A,,2025-01-01,\nB,A,2025-01-01,\n", encoding="utf-8")
    assert said(tmp_path, "  staff: {file: staff.csv}\n", STAFF) == (
        "kpirules.yaml:3:17: error[KPI658]: `staff.csv` has none of the columns that the table `staff` needs; "
        "where their names should stand is A, 2025-01-01\n"
        "  3 |   staff: {file: staff.csv}\n"
        "    |                 ^^^^^^^^^\n"
        "  help: if that is a row of data, put the names of the columns in a row above it: "
        "staff_id, manager_id, hired, left_on\n"
        "  help: if those are its columns, say which is which under `columns:` in kpirules.yaml\n"
    )
    (tmp_path / "staff.csv").write_text("A;;2025-01-01;\n", encoding="utf-8")
    assert "error[KPI622]" in said(tmp_path, "  staff: {file: staff.csv}\n", STAFF)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{file: none.csv}", "KPI612"),
        ("{file: none.parquet}", "KPI612"),
        ("{file: broken.parquet}", "KPI614"),
        ("{file: .}", "KPI613"),
        ("{file: staff.txt}", "KPI613"),
        ("{file: staff.xls}", "KPI613"),
        ("{file: none.XLSX}", "KPI612"),
        ("{file: parquet.csv}", "KPI623"),
        ("{file: parquet.xlsx}", "KPI623"),
        ("{file: zip.csv}", "KPI623"),
        ("{file: zip.parquet}", "KPI623"),
        ("{file: old.xlsx}", "KPI623"),
        ("{file: text.parquet}", "KPI623"),
        ("{file: text.xlsx}", "KPI623"),
        ("{file: empty.parquet}", "KPI624"),
        ("{file: empty.xlsx}", "KPI624"),
        ("{file: semicolons.csv}", "KPI622"),
        ("{file: twice.csv}", "KPI617"),
        ("{file: cut.parquet}", "KPI614"),
        ('{file: "a\\0.csv"}', "KPI609"),
        ("{query: select nothing}", "KPI619"),
        ("{query: selec 1}", "KPI619"),
        ("{query: select 1; select 2}", "KPI620"),
        ("{query: create table a (b int)}", "KPI620"),
    ],
)
def test_a_source_that_cannot_be_read_is_said_at_its_place(tmp_path: Path, source: str, code: str) -> None:
    pq.write_table(pa.table({"staff_id": ["A"] * 100}), tmp_path / "cut.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "cut.parquet").read_bytes()[:-9])
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    first = {
        "parquet": b"PAR1",
        "zip": b"PK\x03\x04",
        "old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "text": b"a,b",
        "empty": b"",
    }
    for name, data in first.items():
        for suffix in ("csv", "xlsx", "parquet"):
            (tmp_path / f"{name}.{suffix}").write_bytes(data)
    (tmp_path / "semicolons.csv").write_text("staff_id;manager_id;hired;left_on\n", encoding="utf-8")
    (tmp_path / "twice.csv").write_text("staff_id, staff_id,manager_id,hired,left_on\n", encoding="utf-8")
    faults = said(tmp_path, f"  staff: {source}\n", STAFF)
    assert faults.startswith(f"kpirules.yaml:3:{11 + source.index(':') + 1}: error[{code}]: ")


@pytest.mark.parametrize("source", ["{file: staff.csv, sheet: a}", "{file: a.parquet, header: 2}"])
def test_only_a_workbook_has_sheets(tmp_path: Path, source: str) -> None:
    faults = said(tmp_path, f"  staff: {source}\n", STAFF)
    assert faults.startswith(f"kpirules.yaml:3:{10 + source.index(', ') + 2}: error[KPI654]: ")


def test_faults_of_sources_are_said_of_all_tables_at_once(tmp_path: Path) -> None:
    faults = said(tmp_path, "  staff: {file: a.csv}\n  orders: {file: b.csv}\n", STAFF, ORDERS)
    assert faults.count("error[KPI612]") == 2


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(
        pa.table({"a": ["x", "李"], "n": [1.5, 2.0], "d": pa.array([1, 2], pa.int32()).cast(pa.date32())}), out
    )
    return out.getvalue()


@given(st.lists(st.tuples(st.integers(0, len(_parquet()) - 1), st.integers(0, 255)), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_as_parquet_are_a_table_or_a_fault(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(_parquet())
    for at, byte in changes:
        data[at] = byte
    (tmp_path / "t.parquet").write_bytes(data)
    contract = table("t", text("a", optional=True), number("n", optional=True), day("d", optional=True))
    try:
        loaded = bound(tmp_path, "  t: {file: t.parquet}\n", contract)
    except Fault as fault:
        assert render_text(fault.diagnostics, "zh")
    else:
        assert loaded.tables["t"].column_names == ["a", "n", "d"]
