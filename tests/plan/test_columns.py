"""Computed columns: a value for each row of a table."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import STAFF, Data, figures, refused, scheme, told

TABLES = """
table orders
    order_id text key
    staff_id text references staff
    day      date period
    buyer    text optional references buyers
    amount   money
    cost     money optional
table buyers
    buyer_id text key
    rebate   percent optional
table targets
    who     text references staff key
    quarter quarter period key
    goal    money
    extra   money optional
"""
ROWS: Data = {
    "staff": [("E1", "AE", "1000"), ("E2", "KA", "0")],
    "buyers": [("C1", "10%"), ("C2", None)],
    "orders": [
        ("1", "E1", "2025-01-01", "C1", "100", "20"),
        ("2", "E1", "2025-01-01", "C2", "10", None),
        ("3", "E1", "2025-01-01", None, "20", "4"),
        ("4", "E2", "2025-03-31", None, "-7", "0"),
        ("5", "E1", "2025-04-01", "C1", "5000", "0"),
    ],
    "targets": [("E1", "2025Q1", "90", "10")],
}


def test_in_aggregates_conditions_and_each_other() -> None:
    defines = """
    define orders.margin "Margin" = amount - (cost or else 1)
    define orders.large = margin >= 16
    define won = orders where orders.large
    define orders.fee = margin * rate, at most 3
    define orders.rate by orders.margin
        >= 10 : 5%
        else  : 1%
    define a = sum(orders.margin)
    define b = sum(won.fee where margin > 5)
    define c = count(orders where rate = 5%)
    define d = avg(orders.margin / 3)
    define e = max(won.margin)
    """
    worked_out = figures(scheme(TABLES, defines), ROWS)
    # Margins of E1: 80, 9 and 16; fees: 5% of 80 is 4, cut at 3; 5% of 16. E2 has one order of -7, at no cost.
    wanted = {
        "a": [105, -7],
        "b": [Fraction("3.80"), 0],
        "c": [2, 0],
        "d": [Fraction(35, 3), Fraction(-7, 3)],
        "e": [80, None],
    }
    assert {name: worked_out.column(name) for name in wanted} == wanted


def test_of_a_row_that_another_refers_to() -> None:
    defines = """
    define buyers.share = rebate or else 50%
    define x = sum(orders.amount * (buyers.share or else 0%))
    define y = count(orders where buyers.share is missing)
    """
    worked_out = figures(scheme(TABLES, defines), ROWS)
    # 100 at 10%, 10 at the stand-in of 50%; no buyer has no share at all, so the stand-in is not taken.
    assert worked_out.column("x") == [15, 0]
    assert worked_out.column("y") == [1, 1]


def test_of_the_subject() -> None:
    staff = STAFF.replace("subject staff", "    team text optional references teams\nsubject staff") + (
        "table teams\n    team_id text key\n    factor number(1)\n"
    )
    defines = """
    define staff.monthly = base / 12
    define staff.factor = teams.factor or else 1
    define staff.level choose
        when monthly >= 80 and staff.factor > 1 : "high"
        else : "low"
    define x = monthly * 3 + staff.monthly
    define z by level
        "high" : 1
        "low"  : 0
    define y = staff.factor
    """
    rows: Data = {"staff": [("E1", "AE", "1200", "T1"), ("E2", "KA", "960", None)], "teams": [("T1", "1.5")]}
    worked_out = figures(scheme(defines, staff=staff), rows)
    assert worked_out.column("x") == [400, 320]
    assert worked_out.column("y") == [Fraction("1.5"), 1]
    assert worked_out.column("z") == [1, 0]


def test_of_a_row_looked_up() -> None:
    defines = """
    define targets.whole = goal + (extra or else 0)
    define x = targets.whole or else -1
    define targets.strict = extra or else error
    define y = targets.strict or else 7
    """
    worked_out = figures(scheme(TABLES, defines), ROWS)
    assert worked_out.column("x") == [100, -1]
    assert worked_out.column("y") == [10, 7]
    assert not worked_out.faults
    worked_out = figures(scheme(TABLES, defines), {**ROWS, "targets": [("E1", "2025Q1", "90", None)]})
    assert worked_out.faults == {}


def test_a_fault_is_met_only_in_rows_that_count() -> None:
    defines = """
    define orders.strict = cost or else error
    define x = sum(orders.strict where amount > 15)
    define y = sum(if orders.amount > 15 then orders.strict else 1)
    define z = count(orders where amount > 15 and strict > 3)
    define v = count(orders where strict > 3)
    pay p
        amount x + y + z * 1元
    pay q for role = "AE"
        amount v * 1元
    """
    worked_out = figures(scheme(TABLES, defines), ROWS)
    assert worked_out.column("x") == [24, 0]
    assert worked_out.column("y") == [25, 1]
    assert worked_out.faults == {"KPI702 v": ["E1"]}  # what `and` has decided asks no more


def test_a_missing_value_stays_missing() -> None:
    text = scheme(TABLES, "define orders.net = amount - (cost or else 0)\ndefine orders.part = cost / 2")
    assert told(f"{text}\ndefine x = sum(orders.part)") == [("KPI403", "orders.part")]
    assert figures(f"{text}\ndefine x = sum(orders.part where part is present)", ROWS).column("x") == [12, 0]


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
        工号   文本 引用 员工
        日期   日期 所属期
        收入   金额
        成本   金额
    考核对象 员工
    定义 订单.毛利 "毛利" = 收入 - 成本
    定义 订单.费率 按 毛利
        ≥ 10元 : 5%
        否则   : 1%
    定义 提成额 = 合计(订单.毛利 × 订单.费率 其中 毛利 > 0元)
    """
    rows: Data = {
        "员工": [("甲",)],
        "订单": [("1", "甲", "2025-01-01", "30", "10"), ("2", "甲", "2025-01-02", "6", "1")],
    }
    worked_out = figures(scheme(text, header="", staff=""), rows)
    assert worked_out.column("提成额") == [Fraction("1.05")]


@pytest.mark.parametrize(
    ("items", "faults"),
    [
        ("define orders.amount = 1", [("KPI202", "amount")]),
        ("define orders.x = 1\ndefine orders.x = 2", [("KPI202", "x")]),
        ("define won = orders where amount > 0\ndefine won.x = amount", [("KPI218", "won")]),
        ("define base2 = 1\ndefine base2.x = 2", [("KPI218", "base2")]),
        ("define order.x = 1", [("KPI201", "order")]),
        ("define orders.a = b + 1\ndefine orders.b = a * 2", [("KPI207", "b")]),
        ("define orders.a = a + 1", [("KPI207", "a")]),
        ("define orders.x = sum(orders.amount)", [("KPI526", "sum(orders.amount)")]),
        ("define orders.x = amount + day", [("KPI302", "amount + day")]),
        ("define orders.x = nothing\ndefine a = sum(orders.x)", [("KPI201", "nothing")]),
        ("define orders.x = (1\ndefine a = sum(orders.x)", [("KPI107", "(")]),
        ("define orders.r = buyers.rebate or else 0%\ndefine a = sum(orders.r)", [("KPI527", "orders.r")]),
        ("define orders.x = amount\ndefine x = 1\ndefine a = sum(orders.amount where x > 0)", [("KPI203", "x")]),
        ("define orders.x = amount\ndefine a = sum(orders.xx)", [("KPI206", "xx")]),
        ("define orders.x = amount\ndefine a = sum(x)", [("KPI523", "x")]),
        ("define orders.x by amount\n    >= 10 : 1\n    < 10  : 2\n    else  : 3", [("KPI509", "else")]),
    ],
)
def test_refused(items: str, faults: list[tuple[str, str]]) -> None:
    assert [(code, text) for code, text in told(scheme(TABLES, items))] == faults


def test_the_clash_of_a_column_is_told_with_both_places() -> None:
    (fault,) = refused(scheme(TABLES, "define staff.role = 1"))
    assert fault.span is not None
    assert fault.span.text == "role"
    (label,) = fault.labels
    assert label.span.source.position(label.span.start)[0] < fault.span.source.position(fault.span.start)[0]
    assert label.span.text == "role"
