"""`via` picks one of two ways to the subject; `matches` is a reference that may find no row."""

from __future__ import annotations

from fractions import Fraction

from tests.helpers.schemes import Data, counted, figures, refused, scheme, told

DEALS = """
table deals
    deal_id  text key
    seller   text optional references staff
    opener   text optional references staff
    customer text references customers
    day      date period
    amount   money
table customers
    customer_id text key
    keeper      text references staff
"""
ROWS: Data = {
    "staff": [("E1", "AE", "1"), ("E2", "KA", "2")],
    "customers": [("C1", "E2")],
    "deals": [
        ("1", "E1", "E2", "C1", "2025-01-01", "100"),
        ("2", "E1", None, "C1", "2025-01-02", "10"),
        ("3", None, "E1", "C1", "2025-01-03", "1"),
    ],
}
SUM = "define x = sum(deals.amount)"


def _via(column: str) -> str:
    return scheme(DEALS.replace("    amount   money", f"    amount   money\n    via {column}"), SUM)


def test_one_of_two_columns() -> None:
    assert figures(_via("seller"), ROWS).column("x") == [110, 0]
    assert figures(_via("opener"), ROWS).column("x") == [1, 100]
    assert counted(figures(_via("opener"), ROWS).outcome.uncredited) == {"deals": 1}


def test_a_way_through_another_table() -> None:
    assert figures(_via("customer"), ROWS).column("x") == [0, 111]


def test_two_ways_are_told_with_what_to_write() -> None:
    (fault,) = refused(scheme(DEALS, SUM))
    assert fault.code == "KPI520"
    (help_,) = fault.helps
    assert (help_.key, help_.args["line"]) == ("ways", "via seller")


NOTES = """
table notes
    id      text key
    deal    text references deals
    minutes integer
"""
NOTED: Data = {**ROWS, "notes": [("n1", "1", "1"), ("n2", "2", "20"), ("n3", "3", "300")]}


def test_ways_that_part_on_the_way_are_told_apart_there() -> None:
    (fault,) = refused(scheme(DEALS, NOTES, "define x = sum(notes.minutes)"))
    (help_,) = fault.helps
    assert (fault.code, help_.key) == ("KPI520", "further")
    assert (help_.args["there"], help_.args["line"]) == ("deals", "via seller")
    seller, opener = (
        DEALS.replace("    amount   money", f"    amount   money\n    via {each}") for each in ("seller", "opener")
    )
    assert figures(scheme(seller, NOTES, "define x = sum(notes.minutes)"), NOTED).column("x") == [21, 0]
    assert figures(scheme(opener, NOTES, "define x = sum(notes.minutes)"), NOTED).column("x") == [300, 1]
    assert counted(figures(scheme(opener, NOTES, "define x = sum(notes.minutes)"), NOTED).outcome.uncredited) == {
        "notes": 1
    }


def test_whose_a_row_is_tells_which_person_its_columns_are_of() -> None:
    """Deal 1 is opened by E2, a KA, and sold by E1, an AE."""
    by_opener = DEALS.replace("    amount   money", "    amount   money\n    via opener")
    sold = 'define x = count(deals where (staff.role or else "AE") = "KA")'
    noted = 'define y = count(notes where (staff.role or else "AE") = "KA")'
    worked_out = figures(scheme(by_opener, NOTES, sold, noted), NOTED)
    assert (worked_out.column("x"), worked_out.column("y")) == ([0, 1], [0, 1])
    assert told(scheme(DEALS, 'define x = count(deals where staff.role = "KA")')) == [("KPI520", "staff.role")]


def test_via_must_name_a_reference() -> None:
    assert told(_via("amount")) == [("KPI552", "amount")]
    assert told(_via("saler")) == [("KPI206", "saler")]
    twice = DEALS.replace("    amount   money", "    amount   money\n    via seller\n    via opener")
    assert told(scheme(twice, SUM)) == [("KPI517", "opener")]


# ---------------------------------------------------------------- matches

CALLS = """
table calls
    call_id text key
    who     text matches staff
    day     date period
    line    text optional matches lines
    minutes integer
table lines
    line_id text key
    rate    money
"""
CALLED: Data = {
    "staff": [("E1", "AE", "1"), ("E2", "KA", "2")],
    "lines": [("L1", "2.50")],
    "calls": [
        ("1", "E1", "2025-01-01", "L1", "10"),
        ("2", "E1", "2025-01-01", "L9", "100"),
        ("3", "E1", "2025-01-01", None, "1000"),
        ("4", "E9", "2025-01-01", "L1", "10000"),
    ],
}


def test_no_such_row_is_missing() -> None:
    assert told(scheme(CALLS, "define x = sum(calls.minutes * lines.rate)")) == [
        ("KPI403", "calls.minutes * lines.rate")
    ]
    defines = """
    define lines.dear = rate > 2元
    define x = sum(calls.minutes * (lines.rate or else 1元))
    define y = count(calls where lines.rate is missing)
    define z = count(calls where lines.dear or else false)
    """
    worked_out = figures(scheme(CALLS, defines), CALLED)
    assert worked_out.column("x") == [25 + 100 + 1000, 0]
    assert worked_out.column("y") == [2, 0]
    assert worked_out.column("z") == [1, 0]


def test_a_row_of_nobody_known_is_reported() -> None:
    worked_out = figures(scheme(CALLS, "define x = sum(calls.minutes)"), CALLED)
    assert worked_out.column("x") == [1110, 0]
    assert counted(worked_out.outcome.uncredited) == {"calls": 1}


def test_in_chinese() -> None:
    text = """
    方案 小
        周期 季度
        币种 CNY
        舍入 得分 2, 总分 2, 金额 2
    数据表 员工
        工号 文本 主键
    数据表 订单
        订单号 文本 主键
        销售   文本 引用 员工
        开发   文本 引用 员工
        品类   文本 对应 品类表
        日期   日期 所属期
        收入   金额
        经由 开发
    数据表 品类表
        品类 文本 主键
        费率 百分比
    考核对象 员工
    定义 提成额 = 合计(订单.收入 × (品类表.费率 若无则 1%))
    """
    rows: Data = {
        "员工": [("甲",), ("乙",)],
        "品类表": [("a", "10%")],
        "订单": [("1", "甲", "乙", "a", "2025-01-01", "30"), ("2", "甲", "乙", "b", "2025-01-02", "6")],
    }
    worked_out = figures(scheme(text, header="", staff=""), rows)
    assert sorted(worked_out.column("提成额")) == [0, Fraction("3.06")]  # type: ignore[type-var]
