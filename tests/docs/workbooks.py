"""The workbooks that the tutorials begin with: `python -m tests.docs.workbooks` writes them anew.

One small team, in Chinese and in English: the assessment as HR keeps it in a spreadsheet, and the data of one quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter

DOCS = Path(__file__).parents[2] / "docs"
ZH, EN = DOCS / "tutorial.zh" / "考核表.xlsx", DOCS / "tutorial.en" / "kpi.xlsx"

Cell = str | float | date
Rows = Sequence[Sequence[Cell]]

_PEOPLE = (
    ("001", "01", date(2021, 4, 12), 8000.0),
    ("002", "02", date(2025, 2, 15), 7500.0),
    ("003", "03", date(2019, 9, 1), 12000.0),
    ("004", "04", date(2023, 6, 30), 9000.0),
    ("005", "05", date(2024, 1, 8), 7000.0),
    ("006", "06", date(2022, 11, 21), 8500.0),
)
_TARGETS = (("001", 300_000.0), ("002", 200_000.0), ("003", 400_000.0), ("005", 150_000.0), ("006", 100_000.0))
_ORDERS = (
    ("001", date(2025, 1, 10), 120_000.0, 84_000.0, "won"),
    ("001", date(2025, 2, 3), 90_000.0, 66_000.0, "won"),
    ("001", date(2025, 3, 21), 65_750.5, 41_000.0, "won"),
    ("001", date(2025, 3, 25), 50_000.0, 40_000.0, "lost"),
    ("002", date(2025, 3, 4), 80_000.0, 66_000.0, "won"),
    ("003", date(2025, 1, 22), 310_000.0, 240_000.0, "won"),
    ("003", date(2025, 3, 31), 190_000.0, 150_000.0, "won"),
    ("004", date(2025, 3, 5), 60_000.0, 45_000.0, "won"),
    ("005", date(2025, 2, 20), 45_000.0, 30_000.0, "lost"),
    ("006", date(2025, 1, 15), 100_000.0, 70_000.0, "won"),
    ("006", date(2025, 2, 14), 40_000.0, 30_000.0, "returned"),
    ("006", date(2025, 4, 1), 99_000.0, 70_000.0, "won"),
)
_COMPLAINTS = (
    ("002", date(2025, 3, 20), "minor"),
    ("003", date(2025, 2, 11), "major"),
    ("004", date(2025, 1, 9), "minor"),
    ("004", date(2025, 2, 2), "minor"),
    ("006", date(2025, 2, 17), "minor"),
    ("006", date(2025, 2, 25), "minor"),
    ("006", date(2025, 3, 3), "minor"),
)
_CHINESE = {"won": "成交", "lost": "丢单", "returned": "退货", "minor": "一般", "major": "重大"}

_PLAN_ZH: Rows = (
    ("2025年销售季度考核表",),
    ("指标", "权重", "目标值", "评分办法"),
    ("销售额达成率", "60%", "季度目标，按在岗天数折算", "达成率×100，最高120分；没有目标的不计入"),
    ("毛利率", "20%", "", "≥30% 100分；≥20% 80分；其余60分；没有成交0分"),
    ("客户投诉", "20%", "越少越好", "0次100分；1至2次60分；3次及以上0分"),
    ("等级", "", "", "S ≥95；A ≥85；B ≥70；其余C；有重大投诉的最高C"),
    ("季度奖金", "", "", "月薪×3×20%×系数×在岗比例；系数 S 1.5 A 1.2 B 1 C 0.5"),
)
_PLAN_EN: Rows = (
    ("Quarterly assessment of sales, 2025",),
    ("Indicator", "Weight", "Target", "Scoring"),
    (
        "Revenue attainment",
        "60%",
        "of the quarter, prorated by days",
        "achievement × 100, at most 120; no target: left out",
    ),
    ("Gross margin", "20%", "", "30% and more 100; 20% and more 80; else 60; nothing won 0"),
    ("Complaints", "20%", "the fewer the better", "none 100; one or two 60; three and more 0"),
    ("Grade", "", "", "S from 95; A from 85; B from 70; else C; a major complaint: C at most"),
    ("Quarterly bonus", "", "", "base × 3 × 20% × coefficient × active share; S 1.5 A 1.2 B 1 C 0.5"),
)


def chinese() -> Mapping[str, Rows]:
    """The sheets of the Chinese workbook, by name."""
    return {
        "考核办法": _PLAN_ZH,
        "员工": [
            ("工号", "姓名", "入职", "离职", "月薪"),
            *((who, f"员工{nth}", day, "", pay) for who, nth, day, pay in _PEOPLE),
        ],
        "目标": [("工号", "季度", "销售额"), *((who, "2025Q1", goal) for who, goal in _TARGETS)],
        "订单": [
            ("2025年一季度订单，业务系统导出",),
            ("订单号", "工号", "日期", "金额", "成本", "状态"),
            *((f"D{nth:03}", *row[:4], _CHINESE[row[4]]) for nth, row in enumerate(_ORDERS, 1)),
        ],
        "投诉": [
            ("投诉号", "工号", "日期", "级别"),
            *((f"S{nth:03}", *row[:2], _CHINESE[row[2]]) for nth, row in enumerate(_COMPLAINTS, 1)),
        ],
    }


def english() -> Mapping[str, Rows]:
    """The sheets of the English workbook, by name."""
    return {
        "Assessment": _PLAN_EN,
        "Staff": [
            ("Id", "Name", "Hired", "Left", "Base pay"),
            *((who, f"Rep {nth}", day, "", pay) for who, nth, day, pay in _PEOPLE),
        ],
        "Targets": [("Id", "Quarter", "Revenue"), *((who, "2025Q1", goal) for who, goal in _TARGETS)],
        "Orders": [
            ("Orders of the first quarter of 2025, from the order system",),
            ("Order", "Id", "Date", "Amount", "Cost", "Status"),
            *((f"D{nth:03}", *row) for nth, row in enumerate(_ORDERS, 1)),
        ],
        "Complaints": [
            ("Complaint", "Id", "Date", "Severity"),
            *((f"S{nth:03}", *row) for nth, row in enumerate(_COMPLAINTS, 1)),
        ],
    }


def _write(path: Path, sheets: Mapping[str, Rows]) -> None:
    path.parent.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 5, 14)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def main() -> None:
    """Write both workbooks."""
    _write(ZH, chinese())
    _write(EN, english())


if __name__ == "__main__":
    main()
