"""People who come and go: who is scored, for how many days, and whose the rows are."""

from __future__ import annotations

from fractions import Fraction

from tests.helpers.schemes import HEADER, ORDERS, Data, counted, figures, scheme

STAFF = """
table staff
    staff_id text key
    region   text
    hired    date
    left_on  date optional
    base     money between 0 and 1_000_000
    team     text references teams
    active from hired to left_on
subject staff
table teams
    team_id text key
    factor  number(1)
"""
TEAMS = [("T1", "1.5"), ("T2", "2.0")]
PEOPLE = [
    ("E1", "N", "2020-01-01", "2025-01-31", "1000", "T1"),
    ("E1", "S", "2025-05-01", None, "2000", "T2"),
    ("E2", "S", "2025-02-15", "2025-03-01", "900", "T2"),
    ("E3", "S", "2025-04-01", None, "1", "T1"),
    ("E4", "S", "2020-04-01", "2024-12-31", "1", "T1"),
    ("E5", "S", "2020-04-01", "2025-01-01", "1", "T1"),
    ("E6", "S", "2025-03-31", None, "1", "T1"),
    ("E7", "S", "2020-04-01", "2025-03-31", "1", "T1"),
]
ROWS = [
    ("1", "E1", "2025-01-15", "100", "won"),
    ("2", "E1", "2025-02-15", "50", "won"),
    ("3", "E2", "2025-02-14", "7", "won"),
    ("4", "E2", "2025-02-15", "8", "won"),
    ("5", "E2", "2025-03-01", "9", "lost"),
    ("6", "E3", "2025-03-02", "10", "lost"),
    ("7", "E1", "2025-05-01", "11", "lost"),
]
DATA: Data = {"staff": PEOPLE, "orders": ROWS, "teams": TEAMS}
DEFINES = """
define days_ = active_days
define share_ = active_share
define sold = sum(orders.amount)
define north = sum(orders.amount where staff.region = "N")
define weighed = sum(orders.amount * teams.factor)
"""


def test_who_is_scored_and_for_how_many_days() -> None:
    worked_out = figures(scheme(ORDERS, DEFINES, staff=STAFF), DATA)
    assert worked_out.column("staff.staff_id") == ["E1", "E2", "E5", "E6", "E7"]
    assert worked_out.column("days_") == [31, 15, 1, 1, 90]
    assert worked_out.column("share_") == [Fraction(31, 90), Fraction(1, 6), Fraction(1, 90), Fraction(1, 90), 1]


def test_rows_go_to_whom_was_there_on_the_day() -> None:
    """Also where the row of a person that left is followed by one of their return."""
    text = scheme(ORDERS, DEFINES, staff=STAFF)
    worked_out = figures(text, DATA)
    assert worked_out.column("sold") == [100, 17, 0, 0, 0]
    assert worked_out.column("north") == [100, 0, 0, 0, 0]
    assert worked_out.column("weighed") == [150, 34, 0, 0, 0]
    assert counted(worked_out.outcome.uncredited) == {"orders": 3}
    later = figures(text, DATA, "2025Q2")
    assert later.column("staff.staff_id") == ["E1", "E3", "E6"]
    assert later.column("sold") == [11, 0, 0]
    assert later.column("weighed") == [22, 0, 0]


def test_own_columns_are_those_of_the_row_in_the_period() -> None:
    worked_out = figures(scheme("pay p\n    amount base * active_share", staff=STAFF), DATA, "2025Q2")
    assert worked_out.column("p") == [Fraction("1340.66"), 1, 1]


def test_two_rows_in_a_period_are_a_fault() -> None:
    people = [("E1", "N", "2020-01-01", "2025-01-31", "1000", "T1"), ("E1", "S", "2025-02-01", None, "2000", "T1")]
    worked_out = figures(
        scheme(ORDERS, "define sold = sum(orders.amount)", staff=STAFF),
        {**DATA, "staff": [*people, PEOPLE[2]], "orders": []},
    )
    assert worked_out.faults == {"KPI705 staff": ["E1", "E1"]}
    assert figures(scheme(staff=STAFF), {**DATA, "staff": people, "orders": []}, "2025Q2").faults == {}


def test_a_month_counts_for_whom_was_there_on_any_day_of_it() -> None:
    visits = "table visits\n    id text key\n    who text references staff\n    in_month month period\n    n integer"
    rows = [("1", "E1", "2025-01", "1"), ("2", "E1", "2025-02", "10"), ("3", "E2", "2025-01", "100")]
    rows += [("4", "E2", "2025-02", "1000"), ("5", "E2", "2025-03", "10000"), ("6", "E5", "2025-01", "5")]
    worked_out = figures(scheme(visits, "define n = sum(visits.n)", staff=STAFF), {**DATA, "visits": rows})
    assert worked_out.column("n") == [1, 11000, 5, 0, 0]
    assert counted(worked_out.outcome.uncredited) == {"visits": 2}


def test_lookups_of_a_dated_person() -> None:
    targets = "table targets\n    who text references staff key\n    quarter quarter period key\n    goal money"
    worked_out = figures(
        scheme(targets, "define goal = targets.goal * active_share or else 0", staff=STAFF),
        {**DATA, "targets": [("E1", "2025Q1", "90"), ("E2", "2025Q1", "90"), ("E1", "2025Q2", "91")]},
    )
    assert worked_out.column("goal") == [31, 15, 0, 0, 0]


def test_nobody_there() -> None:
    worked_out = figures(scheme(ORDERS, "define sold = sum(orders.amount)", staff=STAFF), DATA, "2019Q1")
    assert worked_out.column("sold") == []


def test_a_condition_on_dated_people() -> None:
    staff = STAFF.replace("subject staff", 'subject staff where active_days > 10 and region = "S"')
    worked_out = figures(scheme(ORDERS, "define sold = sum(orders.amount)", staff=staff), DATA)
    assert worked_out.column("staff.staff_id") == ["E2", "E7"]


def test_days_of_every_period() -> None:
    for kind, period, days in (("month", "2024-02", 29), ("half", "2025H1", 181), ("year", "2024", 366)):
        header = HEADER.replace("quarter", kind)
        staff = "table staff\n    k text key\n    a date\n    b date optional\n    active from a to b\nsubject staff"
        worked_out = figures(
            scheme(
                "define d = active_days",
                "define p = period_days",
                "define s = active_share",
                header=header,
                staff=staff,
            ),
            {"staff": [("E1", "2000-01-01", None)]},
            period,
        )
        assert (worked_out["d"], worked_out["p"], worked_out["s"]) == (days, days, 1)


def test_in_chinese() -> None:
    staff = """
    数据表 员工
        工号 文本 主键
        入职 日期
        离职 日期 可空
        月薪 金额
        在岗 自 入职 至 离职
    考核对象 员工
    数据表 订单
        单号 文本 主键
        工号 文本 引用 员工
        日期 日期 所属期
        金额 金额
    定义 销售额 = 合计(订单.金额)
    奖金 提成
        金额 销售额 × 在岗比例
    """
    data = {
        "员工": [("甲", "2025-02-15", "2025-03-01", "1")],
        "订单": [("1", "甲", "2025-02-15", "60"), ("2", "甲", "2025-03-02", "7")],
    }
    worked_out = figures(scheme(staff=staff), data)
    assert worked_out["提成"] == 10
    assert counted(worked_out.outcome.uncredited) == {"订单": 1}
