"""Columns with a `unit`, and sources that say one; figures worked out with fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.cells import Cells, read_cells
from kpirules.data.header_units import noted_units, said_units
from kpirules.data.load import typed_tables
from kpirules.model.contracts import Column
from kpirules.source import Fault
from kpirules.values.units import Unit
from tests.data.bound import bound, said
from tests.data.build import column, faults, number, read, table, text
from tests.data.test_sheets import _read, _rows, _said, _values


def figures(cells: Cells) -> list[Decimal]:
    collected: list[Decimal] = cells.values.to_pylist()  # noqa: PD011  # no frame of pandas
    return collected


def money(name: str, times: int | None, places: int = 2, between: tuple[int, int] | None = None) -> Column:
    return number(name, places, unit=Unit.MONEY, between=between, currency="CNY", times=times)


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("times", "cell", "figure"),
    [
        (10_000, "1.23456", "12345.60"),
        (10_000, "1.234567", "12345.67"),
        (10_000, "¥1,234.5", "12345000.00"),
        (10_000, "(0.5)", "-5000.00"),
        (10_000, "1.5元", "15000.00"),
        (10_000, "１．５", "15000.00"),
        (10_000, "0.1234560000", "1234.56"),
        (10_000, "1234.5600000000001", "12345600.00"),  # noise of a float
        (1000, "-0.00001", "-0.01"),
        (10**8, "1.2345678901", "123456789.01"),
        (12, "1.005", "12.06"),
        (12, "0.0825", "0.99"),
        (25, "0.0004", "0.01"),
        (8, "0.00125", "0.01"),
        (3, "33.33", "99.99"),
        (1, "1.25", "1.25"),
    ],
)
def test_a_figure_is_multiplied_exactly(times: int, cell: str, figure: str) -> None:
    cells = read_cells(column(cell), money("m", times))
    assert cells.findings == ()
    assert figures(cells) == [Decimal(figure)]
    assert cells.shown.to_pylist() == [cell]


@pytest.mark.parametrize(("times", "cell"), [(10_000, "1.2345678"), (12, "1.001"), (3, "0.001"), (8, "0.0001")])
def test_a_product_of_more_places_is_a_fault(tmp_path: Path, times: int, cell: str) -> None:
    contract = table("t", money("m", times))
    assert faults(lambda: read(tmp_path, [contract], t=f"m\n1\n{cell}\n")) == [("KPI690", "t", 3, "m", cell)]


def test_a_bad_cell_is_shown_as_it_is_typed(tmp_path: Path) -> None:
    contract = table("t", money("m", 10_000, between=(0, 1_000_000)))
    cells = "abc\n10万\n$5\n150\n1.2345678\n99999999999999999999999999999999999\n"
    assert faults(lambda: read(tmp_path, [contract], t=f"m\n{cells}")) == [
        ("KPI632", "t", 2, "m", "abc"),
        ("KPI632", "t", 3, "m", "10万"),
        ("KPI659", "t", 4, "m", "$5"),
        ("KPI691", "t", 5, "m", "150"),
        ("KPI690", "t", 6, "m", "1.2345678"),
        ("KPI644", "t", 7, "m", "99999999999999999999999999999999999"),
    ]
    with pytest.raises(Fault) as caught:
        read(tmp_path, [contract], t="m\n150\n")
    assert "`150` times the unit 10000 is 1500000.00, which is not between 0 and 1000000" in str(caught.value)


def test_bounds_are_those_of_the_product(tmp_path: Path) -> None:
    contract = table("t", money("m", 10_000, between=(0, 1_000_000)))
    loaded = read(tmp_path, [contract], t="m\n100\n0\n")
    assert loaded.facts[0].units == {"m": 10_000}
    assert loaded.tables["t"].column("m").to_pylist() == [Decimal(1_000_000), Decimal(0)]


def test_a_product_past_what_the_column_holds_is_a_fault(tmp_path: Path) -> None:
    told = faults(lambda: read(tmp_path, [table("t", money("m", 10**8))], t="m\n1000000\n1000001\n"))
    assert told == [("KPI691", "t", 3, "m", "1000001")]


def test_counts_have_units_too() -> None:
    cells = read_cells(column("1.234", "12"), number("n", 0, times=1000))
    assert figures(cells) == [Decimal(1234), Decimal(12_000)]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1.2345, None]),
        pa.array([Decimal("1.2345"), None]),
        pa.array(["1.2345", ""]),
        pa.array([Decimal("1.23450000"), None], pa.decimal128(38, 8)),
    ],
)
def test_typed_sources_are_multiplied_alike(tmp_path: Path, values: pa.Array) -> None:
    optional = number("m", 2, unit=Unit.MONEY, optional=True, times=10_000)
    pq.write_table(pa.table({"m": values}), tmp_path / "t.parquet")
    expected = [Decimal("12345.00"), None]
    from_file = bound(tmp_path, "  t: {file: t.parquet}\n", table("t", optional))
    from_query = bound(tmp_path, "  t: {query: from 't.parquet'}\n", table("t", optional))
    frame = pd.DataFrame({"m": values.to_pandas()})
    for loaded in (from_file, from_query, typed_tables([table("t", optional)], {"t": frame})):
        assert loaded.tables["t"].column("m").to_pylist() == expected


def test_cells_of_a_sheet_are_multiplied(tmp_path: Path) -> None:
    data = _rows(["m"], [1.2345], ["2.5"], [3])
    assert _values(_read(tmp_path, data, money("m", 10_000)), "m") == [Decimal(12345), Decimal(25_000), Decimal(30_000)]


@given(st.integers(1, 10**6), st.integers(-(10**9), 10**9), st.integers(0, 9), st.integers(0, 4))
def test_any_unit_gives_the_exact_product_or_a_fault(times: int, digits: int, places: int, kept: int) -> None:
    figure = Fraction(digits, 10**places)
    cells = read_cells(column(f"{Decimal(digits).scaleb(-places):f}"), money("m", times, kept))
    product = figure * times
    codes = [finding.code for finding in cells.findings]
    if (product * 10**kept).denominator != 1:
        assert codes == ["KPI690"]
    elif abs(product) > 10**14:
        assert codes == ["KPI691"]
    else:
        assert codes == []
        assert Fraction(figures(cells)[0]) == product


# ---------------------------------------------------------------- what a source says


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("销售额（万元）", 10**4),
        ("销售额(千元)", 10**3),
        ("金额_万元", 10**4),
        ("月薪（仟元）", 10**3),
        ("目标 [亿元]", 10**8),
        ("回款（百万美元）", 10**6),
        ("销售额（万）", 10**4),
        ("销售额万", 10**4),
        ("销售额/千", 10**3),
        ("【当月任务（萬元）】", 10**4),
        ("销售额（单位：千）", 10**3),
        ("人民币千元", 10**3),
        ("revenue in thousands", 10**3),
        ("Revenue (000s)", 10**3),
        ("Sales ('000)", 10**3),
        ("Sales (’000s)", 10**3),
        ("Sales $000", 10**3),
        ("HK$'000", 10**3),
        ("1000s of USD", 10**3),
        ("revenue_k", 10**3),
        ("Revenue (K)", 10**3),
        ("amt_usd_k", 10**3),
        ("Revenue k€", 10**3),
        ("Umsatz in TEUR", 10**3),
        ("RevenueInThousands", 10**3),
        ("revenue_in_millions", 10**6),
        ("Revenue (USD m)", 10**6),
        ("Revenue (US$mm)", 10**6),
        ("$M", 10**6),
        ("Revenue (bn)", 10**9),
        ("Amount (10,000 CNY)", 10**4),
        ("Amount (10k RMB)", 10**4),
        ("Amount x 1000", 10**3),
        ("营收 百万", 10**6),
        ("销售额十万", 10**5),
        ("金额（W）", 10**4),
        ("销售额w", 10**4),
        ("目标（w元）", 10**4),
        ("amount, mn", 10**6),
        ("Sales (Rs lakh)", 10**5),
        ("Revenue in crores", 10**7),
        ("金额（元）", 1),
        ("金额 单位：元", 1),
    ],
)
def test_a_name_says_the_unit_of_its_figures(name: str, size: int) -> None:
    assert said_units(name) == {size}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "销售额",
            "amount",
            "base_pay",
            "k",
            "401k",
            "millionaire",
            "week",
            "百元奖",
            "万科销售额",
            "千牛收入",
            "book",
            "BMW",
            "kW",
            "品牌 BMW",
            "",
        ),
        *(
            "Bonus over 1,000",
            "Top 1000 amount",
            "Plan K amount",
            "Amount (USD)",
            "2000 bonus",
            "Kpi amount",
            "target 2024",
        ),
    ],
)
def test_other_names_say_nothing(name: str) -> None:
    assert said_units(name) == frozenset()


def test_a_note_says_it_only_where_it_is_about_the_unit() -> None:
    assert noted_units("单位：万元") == {10**4}
    assert noted_units("金额单位：人民币千元") == {10**3}
    assert noted_units("(in thousands of USD)") == {10**3}
    assert noted_units("2025年千元以上产品销售表") == frozenset()


def _csv(folder: Path, header: str, contract: Column) -> str:
    (folder / "t.csv").write_text(f"id,{header}\n1,2\n", encoding="utf-8")
    data = f'  t: {{file: t.csv, columns: {{m: "{header}"}}}}\n'
    return said(folder, data, table("t", text("id", key=True), contract))


def test_money_of_a_column_that_says_a_unit_needs_one(tmp_path: Path) -> None:
    assert _csv(tmp_path, "销售额（万元）", money("m", None)) == (
        "kpirules.yaml:3:13: error[KPI688]: `t.csv`: `销售额（万元）` says that figures are in units of 10_000, but the money"
        " column `m` has no unit\n"
        '  3 |   t: {file: t.csv, columns: {m: "销售额（万元）"}}\n'
        "    |             ^^^^^\n"
        "  test.kpi:1:1: `m` is declared here\n"
        "  1 |\n"
        "    | -\n"
        "  help: add `unit 10_000` to `m`, or `unit 1` if its figures are whole amounts after all\n"
    )
    assert "error[KPI688]" in _csv(tmp_path, "Sales in thousands", money("m", None))


@pytest.mark.parametrize(("header", "times"), [("销售额（万元）", 1000), ("销售额（元）", 10_000), ("Sales $M", 1000)])
def test_two_units_that_differ_are_a_fault(tmp_path: Path, header: str, times: int) -> None:
    assert "error[KPI689]" in _csv(tmp_path, header, money("m", times))


@pytest.mark.parametrize(
    ("header", "contract", "figure"),
    [
        ("销售额（万元）", money("m", 10_000), 20_000),
        ("销售额（万元）", money("m", 1), 2),
        ("销售额（元）", money("m", None), 2),
        ("Sales (M), in thousands", money("m", 1000), 2000),
        ("客单价（千元）", number("m", 2), 2),
        ("销售额", money("m", 10_000), 20_000),
    ],
)
def test_a_unit_that_agrees_is_no_fault(tmp_path: Path, header: str, contract: Column, figure: int) -> None:
    (tmp_path / "t.csv").write_text(f'id,"{header}"\n1,2\n', encoding="utf-8")
    data = f'  t: {{file: t.csv, columns: {{m: "{header}"}}}}\n'
    loaded = bound(tmp_path, data, table("t", text("id", key=True), contract))
    assert loaded.tables["t"].column("m").to_pylist() == [figure]


def test_frames_queries_and_parquet_say_units_too(tmp_path: Path) -> None:
    contract = table("t", money("金额_万元", None))
    pq.write_table(pa.table({"金额_万元": [1]}), tmp_path / "t.parquet")
    for data in ("  t: {file: t.parquet}\n", "  t: {query: from 't.parquet'}\n"):
        assert "error[KPI688]" in said(tmp_path, data, contract)
    with pytest.raises(Fault, match="KPI688"):
        typed_tables([contract], {"t": {"金额_万元": [1]}})


@pytest.mark.parametrize(
    ("select", "fault"),
    [
        ('"金额（万元）" as m', True),
        ('cast("金额（万元）" as decimal(18, 4)) as m', True),
        ('sum("金额（万元）"::decimal(18, 4)) as m', True),
        ("n as m", True),
        ('"金额（万元）"::decimal(18, 4) * 10000 as m', False),
        ("n::decimal(18, 4) * 10000 as m", False),
    ],
)
def test_a_query_that_renames_a_column_keeps_its_unit(tmp_path: Path, select: str, *, fault: bool) -> None:
    (tmp_path / "t.csv").write_text("金额（万元）\n2\n", encoding="utf-8")
    read = 'with t as (select "金额（万元）", "金额（万元）" as n from read_csv(\'t.csv\', all_varchar = true))'
    data = f"  t:\n    query: |\n      {read} select {select} from t\n"  # noqa: S608  # a query of the test
    if fault:
        assert "`金额（万元）` says that figures are in units of 10_000" in said(
            tmp_path, data, table("t", money("m", None))
        )
        assert bound(tmp_path, data, table("t", money("m", 10_000))).tables["t"].to_pylist() == [{"m": Decimal(20_000)}]
    else:
        assert bound(tmp_path, data, table("t", money("m", None))).tables["t"].to_pylist() == [{"m": Decimal(20_000)}]


def test_a_row_above_the_names_says_the_unit(tmp_path: Path) -> None:
    data = _rows(["2025年销售", ""], ["单位：万元", ""], ["id", "m"], ["1", 2])
    columns = text("id"), money("m", None)
    told = _said(tmp_path, data, *columns, more=", header: 3")
    assert "error[KPI688]" in told
    assert "`单位：万元`" in told
    assert "错误[KPI688]" in _said(tmp_path, data, *columns, more=", header: 3", lang="zh")
    loaded = _read(tmp_path, data, text("id"), money("m", 10_000), more=", header: 3")
    assert _values(loaded, "m") == [20_000]


@pytest.mark.parametrize(
    ("code", "fault"), [('0.00"万元"', True), ('0"K"', True), ('#,##0,"K"', False), ("#,##0.00", False)]
)
def test_a_number_format_says_the_unit(tmp_path: Path, code: str, *, fault: bool) -> None:
    data = _rows(["m"], [2], formats={0: code})
    if fault:
        told = _said(tmp_path, data, money("m", None))
        assert "error[KPI688]" in told
        assert f"`{code}` says" in told
    else:
        assert _values(_read(tmp_path, data, money("m", None)), "m") == [2]
    assert _values(_read(tmp_path, data, number("m", 2)), "m") == [2]
