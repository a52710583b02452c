import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpirules.data.faults import DataFaults
from kpirules.data.load import typed_tables
from kpirules.source.render import render_text
from kpirules.values.units import Unit
from tests.data.bound import ORDERS, STAFF, STAFF_CSV, bound
from tests.data.build import faults, number, other, read, table, text

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
    assert orders.encoding == "utf-8"
    assert orders.rounded == {"amount": 1}


def test_a_parquet_file_and_a_frame_read_like_the_csv_file(tmp_path: Path) -> None:
    loaded = read(tmp_path, [STAFF, ORDERS], staff=STAFF_CSV, orders=ORDERS_CSV)
    pq.write_table(loaded.tables["orders"], tmp_path / "typed.parquet")
    doubles = loaded.tables["orders"].set_column(3, "amount", pa.array([1000.5, -60.700000000000003]))
    pq.write_table(doubles, tmp_path / "doubles.parquet")
    for name in ("typed", "doubles"):
        again = bound(tmp_path, f"  orders: {{file: {name}.parquet}}\n  staff: {{file: staff.csv}}\n", STAFF, ORDERS)
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
    loaded = bound(tmp_path, f'  staff: {{query: "{query}", columns: {{staff_id: id}}}}\n', STAFF)
    assert loaded.tables["staff"].column("staff_id").to_pylist() == ["0017", "B"]
    assert Path.cwd() == elsewhere
    assert loaded.facts[0].source == "query"
    # the digest is of the rows, whatever their order and wherever they come from
    turned = bound(tmp_path, f'  staff: {{query: "{query} desc", columns: {{staff_id: id}}}}\n', STAFF)
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
        ("KPI660", "orders", 2, "ordered_on", "2025-02-30"),
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


def test_what_refers_to_a_row_that_could_not_be_read_is_told_with_it(tmp_path: Path) -> None:
    """Once for the row, and not once for each row that refers to it; other references are told."""
    staff = "staff_id,manager_id,hired,left_on\nA,,2024-01-01,\nB,A,2024-01-01\n"
    orders = "order_id,staff_id,ordered_on,amount,status,paid\n"
    orders += "".join(f"{nth},{who},2025-01-01,1,won,\n" for nth, who in enumerate("ABBX"))
    assert faults(lambda: read(tmp_path, [STAFF, ORDERS], staff=staff, orders=orders)) == [
        ("KPI630", "staff", 3, None, "B,A,2024-01-01"),
        ("KPI648", "orders", 5, "staff_id", "X"),
    ]
    kept = read(tmp_path, [STAFF, ORDERS], staff=staff, orders=orders, quarantine=True).tables["orders"]
    assert kept.column("order_id").to_pylist() == ["0"]


@pytest.mark.parametrize(
    ("currency", "read_as_one", "foreign"),
    [
        ("CNY", ["1", "¥1", "￥ 1", "1元", "-¥1", "(¥1)"], ["$1", "€1", "＄1", "(£1)"]),
        ("USD", ["1", "$1", "$ 1"], ["¥1", "1元", "€ 1"]),
        ("EUR", ["€1", "1.0"], ["$1", "£1", "¥1"]),
        ("GBP", ["£1"], ["€1"]),
        ("CHF", ["1"], ["$1", "€1"]),
    ],
)
def test_the_sign_of_another_currency_is_a_fault(currency: str, read_as_one: list[str], foreign: list[str]) -> None:
    contract = table("t", number("n", 2, unit=Unit.MONEY, currency=currency))
    for cell in read_as_one:
        (value,) = typed_tables([contract], {"t": pa.table({"n": [cell]})}).tables["t"].column("n").to_pylist()
        assert abs(value) == 1, cell
    cells = pa.table({"n": ["1", *foreign]})
    told = faults(lambda: typed_tables([contract], {"t": cells}))
    assert told == [("KPI659", "t", row, "n", cell) for row, cell in enumerate(foreign, 2)]


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
            fault.diagnostic().message(lang).replace("\\n", " ") for fault in caught.value.faults
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


def test_a_key_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    contract = table("targets", text("rep", key=True), other("month", Unit.MONTH, key=True), number("amount"))
    rows = "rep,month,amount\nA,2025-01,1\nA,2025年1月,2\nB,2025-01,3\n"
    assert faults(lambda: read(tmp_path, [contract], targets=rows)) == [
        ("KPI645", "targets", 3, "rep, month", "A, 2025年1月"),
    ]


def test_a_name_that_nobody_asks_for_may_stand_twice(tmp_path: Path) -> None:
    loaded = read(tmp_path, [table("t", text("a"))], t="note,a,note\n1,A,2\n")
    assert loaded.tables["t"].column("a").to_pylist() == ["A"]
