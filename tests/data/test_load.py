import hashlib
import io
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpirules.data.bindings import load_bindings
from kpirules.data.faults import DataFaults
from kpirules.data.load import Loaded, read_tables, typed_tables
from kpirules.model.contracts import Active, Column, PercentForm, Table
from kpirules.source import Fault
from kpirules.source.render import message, render_text
from kpirules.values.periods import parse_period
from kpirules.values.units import Unit
from tests.data.build import day, faults, number, other, percent, read, table, text

STAFF = table(
    "staff",
    text("staff_id", key=True),
    text("manager_id", optional=True, references="staff"),
    day("hired"),
    day("left_on", optional=True),
    active=Active("hired", "left_on"),
)
ORDERS = table(
    "orders",
    text("order_id", key=True),
    text("staff_id", references="staff"),
    day("ordered_on", period=True),
    number("amount", 2, unit=Unit.MONEY),
    text("status", domain=("won", "lost")),
    other("paid", Unit.BOOL, optional=True),
)
STAFF_CSV = "staff_id,manager_id,hired,left_on\n0017,,2020-01-01,\nB,0017,2024/7/1,2025-03-31\n"
ORDERS_CSV = (
    "order_id,note,staff_id,ordered_on,amount,status,paid\n"
    '1,x,0017,2025-01-09,"1,000.50",won,是\n'
    "2,,B,20250110,-60.700000000000003,lost,\n"
)
NAMES = ("order_id", "staff_id", "ordered_on", "amount", "status", "paid")
ROWS = [
    dict(zip(NAMES, ("1", "0017", date(2025, 1, 9), Decimal("1000.50"), "won", True), strict=True)),
    dict(zip(NAMES, ("2", "B", date(2025, 1, 10), Decimal("-60.70"), "lost", None), strict=True)),
]


def _bound(folder: Path, data: str, *contracts: Table) -> Loaded:
    (folder / "kpirules.yaml").write_text(f"scheme: a.kpi\ndata:\n{data}", encoding="utf-8")
    return read_tables(contracts, load_bindings(folder / "kpirules.yaml"))


def _said(folder: Path, data: str, *contracts: Table) -> str:
    with pytest.raises(Fault) as caught:
        _bound(folder, data, *contracts)
    assert not isinstance(caught.value, DataFaults)
    return render_text(caught.value.diagnostics, "en").replace(f"{folder}/", "")


def test_tables_have_the_columns_and_types_of_their_contracts(tmp_path: Path) -> None:
    loaded = read(tmp_path, [STAFF, ORDERS], staff=STAFF_CSV, orders=ORDERS_CSV)
    assert [*loaded.tables] == ["staff", "orders"]
    assert loaded.tables["orders"].schema == pa.schema(
        {"order_id": pa.string(), "staff_id": pa.string(), "ordered_on": pa.date32(), "amount": pa.decimal128(17, 2),
         "status": pa.string(), "paid": pa.bool_()}
    )  # fmt: skip
    assert loaded.tables["orders"].to_pylist() == ROWS


def test_facts_say_what_was_read_and_how(tmp_path: Path) -> None:
    loaded = read(tmp_path, [STAFF, ORDERS], staff=STAFF_CSV.encode("gb18030"), orders=ORDERS_CSV)
    staff, orders = loaded.facts
    assert (staff.table, staff.source, staff.rows, staff.rounded) == ("staff", "staff.csv", 2, {})
    assert orders.sha256 == hashlib.sha256(ORDERS_CSV.encode()).hexdigest()
    assert orders.encoding == "utf-8-sig"
    assert orders.rounded == {"amount": 1}


def test_a_parquet_file_and_a_frame_read_like_the_csv_file(tmp_path: Path) -> None:
    loaded = read(tmp_path, [STAFF, ORDERS], staff=STAFF_CSV, orders=ORDERS_CSV)
    pq.write_table(loaded.tables["orders"], tmp_path / "typed.parquet")
    doubles = loaded.tables["orders"].set_column(3, "amount", pa.array([1000.5, -60.700000000000003]))
    pq.write_table(doubles, tmp_path / "doubles.parquet")
    for name in ("typed", "doubles"):
        again = _bound(tmp_path, f"  orders: {{file: {name}.parquet}}\n  staff: {{file: staff.csv}}\n", STAFF, ORDERS)
        assert again.tables["orders"].to_pylist() == ROWS
        assert again.facts[1].sha256 == hashlib.sha256((tmp_path / f"{name}.parquet").read_bytes()).hexdigest()
        assert again.facts[1].encoding is None
    frame = pd.DataFrame(ROWS)
    frame["ordered_on"] = pd.to_datetime(frame["ordered_on"])
    frame["amount"] = frame["amount"].astype(float)
    for orders in (frame, loaded.tables["orders"]):
        framed = typed_tables([STAFF, ORDERS], {"staff": loaded.tables["staff"], "orders": orders})
        assert framed.tables["orders"].to_pylist() == ROWS
        assert framed.facts[1].source == "frame"


def test_a_query_runs_in_the_folder_of_the_bindings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "staff.csv").write_text(STAFF_CSV.replace("0017", "wrong"), encoding="utf-8")
    (tmp_path / "staff.csv").write_text(STAFF_CSV, encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    query = "select staff_id as id, * exclude (staff_id) from read_csv('staff.csv', all_varchar = true) order by id"
    loaded = _bound(tmp_path, f'  staff: {{query: "{query}", columns: {{staff_id: id}}}}\n', STAFF)
    assert loaded.tables["staff"].column("staff_id").to_pylist() == ["0017", "B"]
    assert Path.cwd() == elsewhere
    assert loaded.facts[0].source == "query"
    # the digest is of the rows, whatever their order and wherever they come from
    turned = _bound(tmp_path, f'  staff: {{query: "{query} desc", columns: {{staff_id: id}}}}\n', STAFF)
    assert turned.tables["staff"].column("staff_id").to_pylist() == ["B", "0017"]
    framed = typed_tables([STAFF], {"staff": turned.tables["staff"]})
    assert loaded.facts[0].sha256 == turned.facts[0].sha256 == framed.facts[0].sha256
    fewer = typed_tables([STAFF], {"staff": loaded.tables["staff"].slice(0, 1)})
    assert fewer.facts[0].sha256 != loaded.facts[0].sha256


def test_every_fault_of_every_table_is_listed_in_order(tmp_path: Path) -> None:
    staff = (
        "staff_id,manager_id,hired,left_on\n"
        "A,,2020-01-01,2024-12-31\n"
        "A,Z,2024-12-31,\n"
        ",A,2020-01-01,\n"
        "B,A,2020-02-01,2020-01-31\n"
    )
    orders = (
        "order_id,staff_id,ordered_on,amount,status,paid\n"
        "1,A,2025-02-30,1.005,Won,maybe\n"
        "1,X,2025-01-01,x,won,\n"
        "\n"
        "2,A\n"
        "3,,,,,\n"
    )
    assert faults(lambda: read(tmp_path, [STAFF, ORDERS], staff=staff, orders=orders)) == [
        ("KPI646", "staff", 3, "staff_id", "A"),
        ("KPI648", "staff", 3, "manager_id", "Z"),
        ("KPI640", "staff", 4, "staff_id", None),
        ("KPI647", "staff", 5, "left_on", "2020-01-31"),
        ("KPI635", "orders", 2, "ordered_on", "2025-02-30"),
        ("KPI634", "orders", 2, "amount", "1.005"),
        ("KPI642", "orders", 2, "status", "Won"),
        ("KPI637", "orders", 2, "paid", "maybe"),
        ("KPI645", "orders", 3, "order_id", "1"),
        ("KPI648", "orders", 3, "staff_id", "X"),
        ("KPI632", "orders", 3, "amount", "x"),
        ("KPI631", "orders", 4, None, None),
        ("KPI630", "orders", 5, None, "2,A"),
        ("KPI640", "orders", 6, "staff_id", None),
        ("KPI640", "orders", 6, "ordered_on", None),
        ("KPI640", "orders", 6, "amount", None),
        ("KPI640", "orders", 6, "status", None),
    ]


def test_the_first_faults_are_drawn_and_all_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"{index},0017,2025-01-01,bad,won,\n" for index in range(1000))
    with pytest.raises(DataFaults) as caught:
        read(
            tmp_path,
            [STAFF, ORDERS],
            staff=STAFF_CSV,
            orders=f"order_id,staff_id,ordered_on,amount,status,paid\n{rows}",
        )
    assert len(caught.value.faults) == 1000
    lines = render_text(caught.value.diagnostics, "en").splitlines()
    assert lines[0] == "error[KPI632]: `orders` (orders.csv) row 2, column `amount`: `bad` is not a number"
    # what to write instead is said once
    assert lines[1].startswith("  help: write digits, `1234.50`")
    assert lines[2] == ""
    assert lines[21] == "error[KPI632]: `orders` (orders.csv) row 21, column `amount`: `bad` is not a number"
    assert lines[22:] == ["error[KPI629]: 1000 faults in the data, the first 20 are shown"]


def test_the_list_of_all_faults_says_what_the_drawn_ones_say() -> None:
    staff = pa.table({"staff_id": [1.0], "manager_id": [""], "hired": ["x\ny"], "left_on": ["z" * 300]})
    with pytest.raises(DataFaults) as caught:
        typed_tables([STAFF], {"staff": staff})
    for lang in ("en", "zh"):
        listed = caught.value.listed(lang).to_pylist()
        assert [row["message"] for row in listed] == [
            message(one.diagnostic(), lang).replace("\\n", " ") for one in caught.value.faults
        ]
        assert [row["row"] for row in listed] == [None, 1, 1]
        assert [row["value"] for row in listed] == ["double", "x\ny", "z" * 300]
        assert all(row["help"] for row in listed)


def test_a_million_faults_are_kept_in_columns() -> None:
    rows = 1_000_000
    frame = pa.table({"k": pa.array(range(rows)).cast(pa.string()), "n": pa.repeat(pa.scalar("bad"), rows)})
    with pytest.raises(DataFaults) as caught:
        typed_tables([table("t", text("k", key=True), number("n"))], {"t": frame})
    assert caught.value.count == rows
    last = caught.value.listed("zh").slice(rows - 1).to_pylist()
    assert last[0]["message"] == "`t`（数据框）第 1000000 行 `n` 列：`bad` 不是数"


def test_rows_of_a_frame_are_counted_from_one() -> None:
    frame = pa.table({"order_id": ["1"], "staff_id": ["x"], "ordered_on": ["2025-01-01"], "amount": [0.125],
                      "status": ["won"], "paid": [None]})  # fmt: skip
    staff = pa.table({"staff_id": ["x"], "manager_id": [None], "hired": ["2020-01-01"], "left_on": [None]})
    assert faults(lambda: typed_tables([STAFF, ORDERS], {"staff": staff, "orders": frame})) == [
        ("KPI634", "orders", 1, "amount", "0.125"),
    ]


def test_a_column_of_another_type_is_one_fault() -> None:
    frame = pa.table(
        {"staff_id": [1.0, 2.0], "manager_id": [None, None], "hired": [True, False], "left_on": [None, None]}
    )
    assert faults(lambda: typed_tables([STAFF], {"staff": frame})) == [
        ("KPI638", "staff", None, "staff_id", "double"),
        ("KPI638", "staff", None, "hired", "bool"),
    ]


def test_what_every_message_says_in_both_languages() -> None:
    with pytest.raises(DataFaults) as caught:
        typed_tables(
            [STAFF], {"staff": pa.table({"staff_id": [1.0], "manager_id": [""], "hired": ["x"], "left_on": [None]})}
        )
    assert render_text(caught.value.diagnostics, "en") == (
        "error[KPI638]: `staff` (frame) column `staff_id`: values of type `double` cannot be read as a text\n"
        "  help: convert the column where it comes from, or declare the type that it has\n"
        "\n"
        "error[KPI635]: `staff` (frame) row 1, column `hired`: `x` is not a date written like `2025-01-09`\n"
        "  help: write `2025-01-09`, `2025/1/9`, `20250109` or `2025年1月9日`\n"
    )
    assert render_text(caught.value.diagnostics, "zh") == (
        "错误[KPI638]: `staff`（数据框）`staff_id` 列：类型为 `double` 的值不能读作文本\n"
        "  怎么改: 请在来源处转换这一列，或按其类型声明\n"
        "\n"
        "错误[KPI635]: `staff`（数据框）第 1 行 `hired` 列：`x` 不是 `2025-01-09` 这样写的日期\n"
        "  怎么改: 写成 `2025-01-09`、`2025/1/9`、`20250109` 或 `2025年1月9日`\n"
    )


def test_a_table_without_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text(STAFF_CSV, encoding="utf-8")
    assert _said(tmp_path, "  staff: {file: staff.csv}\n  order: {file: staff.csv}\n", STAFF, ORDERS) == (
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
    assert _said(tmp_path, binding, STAFF) == (
        "kpirules.yaml:3:53: error[KPI611]: the table `staff` has no column `leftt_on`\n"
        "  3 |   staff: {file: staff.csv, columns: {hired: entered, leftt_on: x}}\n"
        "    |                                                      ^^^^^^^^\n"
        "  help: did you mean `left_on`?\n"
    ).replace("3:53", "3:54")
    binding = "  staff: {file: staff.csv, columns: {hired: entered}}\n"
    assert _said(tmp_path, binding, STAFF) == (
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
        ("{query: select nothing from nowhere}", "KPI619"),
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
    said = _said(tmp_path, f"  staff: {source}\n", STAFF)
    assert said.startswith(f"kpirules.yaml:3:{11 + source.index(':') + 1}: error[{code}]: ")


@pytest.mark.parametrize("source", ["{file: staff.csv, sheet: a}", "{file: a.parquet, header: 2}"])
def test_only_a_workbook_has_sheets(tmp_path: Path, source: str) -> None:
    said = _said(tmp_path, f"  staff: {source}\n", STAFF)
    assert said.startswith(f"kpirules.yaml:3:{10 + source.index(', ') + 2}: error[KPI654]: ")


def test_faults_of_sources_are_said_of_all_tables_at_once(tmp_path: Path) -> None:
    said = _said(tmp_path, "  staff: {file: a.csv}\n  orders: {file: b.csv}\n", STAFF, ORDERS)
    assert said.count("error[KPI612]") == 2


def test_a_key_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    contract = table("targets", text("rep", key=True), other("month", Unit.MONTH, key=True), number("amount"))
    rows = "rep,month,amount\nA,2025-01,1\nA,2025年1月,2\nB,2025-01,3\n"
    assert faults(lambda: read(tmp_path, [contract], targets=rows)) == [
        ("KPI645", "targets", 3, "rep, month", "A, 2025年1月"),
    ]


# ---------------------------------------------------------------- cell by cell, in plain Python

PIECES = st.sampled_from(
    [
        *"0123456789.,-+()% ",
        "¥",
        "￥",
        "元",
        "１",
        "年",
        "月",
        "日",
        "/",
        "Q",
        "H",
        "2025",
        "-01",
        "true",
        "是",
        "abc",
        "e5",
    ]
)
CELL = st.lists(PIECES, max_size=6).map("".join) | st.sampled_from(
    [
        "2025-01-09",
        "2025/1/9",
        "20250109",
        "2025年1月9日",
        "45000",
        "2025-01",
        "2025年1月",
        "1,234.50",
        "(5)",
        "85%",
        "是",
        "0",
    ]
)


def _number(text: str, places: int) -> Fraction | None:
    """A number as the docs of `numbers.from_text` say it is written, of as many places at most."""
    plain = unicodedata.normalize("NFKC", text)
    digits = r"(\d+(\.\d*)?|\d{1,3}(,\d{3})+(\.\d*)?|\.\d+)( ?元)?"
    below = re.fullmatch(rf"\((¥ ?)?{digits}\)|¥ ?\({digits}\)|(¥ ?)?{digits} ?-", plain, re.ASCII)
    if not below and not re.fullmatch(rf"([+-]?(¥ ?)?|¥ ?[+-]){digits}", plain, re.ASCII):
        return None
    found = Fraction(re.sub(r"[^0-9.]", "", plain).rstrip("."))
    found = -found if below or "-" in plain else found
    return found if (found * 10**places).denominator == 1 else None


def _day(text: str) -> date | None:
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"[1-9]\d{4}", plain, re.ASCII):
        return date(1899, 12, 30) + timedelta(int(plain))
    found = re.fullmatch(
        r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d\d)(\d\d)|(\d{4})年(\d{1,2})月(\d{1,2})日",
        plain,
        re.ASCII,
    )
    try:
        return date(*(int(part) for part in found.groups() if part is not None)) if found else None
    except ValueError:
        return None


def _percent(text: str) -> Fraction | None:
    number = _number(text[:-1].rstrip(), 2) if text.endswith("%") else None
    return None if number is None else number / 100


def _month(text: str) -> date | None:
    period = parse_period(text, Unit.MONTH)
    day = _day(text)
    return period.start if period else day if day and day.day == 1 else None


def _yes(text: str) -> bool | None:
    return {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}.get(text.lower())


READERS: dict[str, tuple[Column, Callable[[str], object]]] = {
    "number": (number("x", 2, optional=True), lambda text: _number(text, 2)),
    "percent": (percent("x", PercentForm.SIGN, optional=True), _percent),
    "day": (day("x", optional=True), _day),
    "month": (other("x", Unit.MONTH, optional=True), _month),
    "bool": (other("x", Unit.BOOL, optional=True), _yes),
    "text": (text("x", optional=True), lambda text: text),
}


@pytest.mark.parametrize("kind", READERS)
@given(cells=st.lists(CELL, min_size=1, max_size=8))
def test_a_column_is_read_as_each_of_its_cells_would_be(kind: str, cells: list[str]) -> None:
    column, read_one = READERS[kind]
    loaded = typed_tables([table("t", column)], {"t": {"x": cells}}, quarantine=True)
    left: list[object] = []
    for cell in cells:
        plain = cell.strip()
        expected = None if plain == "" else read_one(plain)
        if plain == "" or expected is not None:
            left.append(expected)
    assert loaded.tables["t"].column("x").to_pylist() == left
    assert loaded.quarantine.counts.get("t", 0) == len(cells) - len(left)


def test_a_name_that_nobody_asks_for_may_stand_twice(tmp_path: Path) -> None:
    loaded = read(tmp_path, [table("t", text("a"))], t="note,a,note\n1,A,2\n")
    assert loaded.tables["t"].column("a").to_pylist() == ["A"]


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
        loaded = _bound(tmp_path, "  t: {file: t.parquet}\n", contract)
    except Fault as fault:
        assert render_text(fault.diagnostics, "zh")
    else:
        assert loaded.tables["t"].column_names == ["a", "n", "d"]
