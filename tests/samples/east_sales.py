"""The data of `schemes/east_sales`, made from a seed: `python -m tests.samples.east_sales` writes it anew.

Sixty sellers, two quarters. Most rows are drawn; `_cases` sets what real life brings, each on a seller of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.samples.quarters import QUARTERS, Quarter

FOLDER = Path(__file__).parents[2] / "schemes" / "east_sales"
SEED = 20250101
SELLERS = 60
CITIES = ("上海", "南京", "苏州", "杭州", "合肥")
HEADERS = {
    "员工": ("工号", "姓名", "城市", "岗位", "用工", "入职", "离职", "月薪"),
    "目标": ("工号", "季度", "销售额", "新客户数"),
    "订单": ("订单号", "工号", "下单日", "售价", "成本", "状态"),
    "退款": ("退款号", "工号", "订单号", "退款日", "退款额"),
    "应收": ("工号", "季度", "应收额"),
    "回款": ("回款号", "工号", "到账日", "到账额"),
    "签约": ("客户号", "工号", "签约日"),
    "回访": ("回访号", "工号", "回访日", "评分"),
    "投诉": ("投诉号", "工号", "投诉日"),
    "缺报": ("缺报号", "工号", "缺报日"),
    "违规": ("违规号", "工号", "发现日", "级别"),
}
PREFIXES = {"订单": "D", "退款": "T", "回款": "H", "签约": "K", "回访": "F", "投诉": "S", "缺报": "Z", "违规": "W"}
"""Tables whose rows are numbered, with the letter of their numbers."""

HIRED = {"E010": "2025-02-15", "E023": "2025-03-10", "E031": "2025-05-06", "E044": "2025-06-16", "E052": "2025-04-01"}
LEFT = {"E012": "2025-02-28", "E027": "2025-05-31", "E035": "2024-12-31", "E048": "2025-03-31"}
ON_PROBATION = ("E058", "E059")
WITHOUT_TARGET = (("E017", "2025Q1"), ("E041", "2025Q1"), ("E041", "2025Q2"))

Row = tuple[str, ...]


@dataclass(slots=True)
class Rows:
    """The tables in the making; numbered tables get their numbers in order of their rows."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in HEADERS})

    def add(self, table: str, *cells: str) -> str:
        """Add a row; its number, where the table's rows are numbered."""
        rows = self.tables[table]
        last = int(rows[-1][0][1:]) if rows and table in PREFIXES else 0
        number = f"{PREFIXES[table]}{last + 1:04}" if table in PREFIXES else ""
        rows.append((number, *cells) if number else cells)
        return number

    def drop(self, table: str, gone: Callable[[dict[str, str]], bool]) -> None:
        """Leave rows out."""
        kept = [row for row in self.tables[table] if not gone(dict(zip(HEADERS[table], row, strict=True)))]
        self.tables[table] = kept


def east_sales() -> Mapping[str, str]:
    """The text of each file, by its name."""
    rng, rows = Random(SEED), Rows()  # noqa: S311  # the same data each time is what is wanted
    for nth in range(1, SELLERS + 1):
        _staff(rng, rows, nth)
    for quarter in QUARTERS:
        for nth in range(1, SELLERS + 1):
            _quarter(rng, rows, f"E{nth:03}", quarter)
    _cases(rows)
    return {f"{name}.csv": _text(HEADERS[name], table) for name, table in rows.tables.items()}


# ---------------------------------------------------------------- drawn


def _staff(rng: Random, rows: Rows, nth: int) -> None:
    who = f"E{nth:03}"
    key_accounts = nth % 5 == 0
    hired = str(date(2016, 1, 1) + timedelta(days=rng.randrange(3000)))
    base = (1_200_000 if key_accounts else 800_000) + rng.randrange(8) * 50_000 + rng.randrange(100)
    rows.add(
        "员工",
        who,
        f"员工{nth:02}",
        CITIES[nth % len(CITIES)],
        "大客户经理" if key_accounts else "客户经理",
        "试用" if who in ON_PROBATION else "正式",
        HIRED.get(who, hired),
        LEFT.get(who, ""),
        _money(base),
    )


def _quarter(rng: Random, rows: Rows, who: str, quarter: Quarter) -> None:
    """One seller's rows of a quarter, those before the first and after the last day left out."""
    target = (30 + rng.randrange(30)) * 1_000_000
    sold = _orders(rng, rows, who, quarter, target)
    if (who, quarter.name) not in WITHOUT_TARGET:
        rows.add("目标", who, quarter.name, _money(target), str(2 + rng.randrange(6)))
    due = sold + rng.randrange(5_000_000)
    rows.add("应收", who, quarter.name, _money(due))
    share = 55 + rng.randrange(46)
    for part in (due * share // 250, due * share // 100 - due * share // 250):
        _dated(rng, rows, "回款", who, quarter, _money(part))
    for _ in range(rng.randrange(9)):
        _dated(rng, rows, "签约", who, quarter)
    for _ in range(1 + rng.randrange(5)):
        _dated(rng, rows, "回访", who, quarter, "" if rng.randrange(6) == 0 else str(60 + rng.randrange(40)))
    for table, weights in (("投诉", (0, 0, 0, 0, 1, 1, 2, 4)), ("缺报", (0, 0, 0, 1, 1, 2, 3))):
        for _ in range(weights[rng.randrange(len(weights))]):
            _dated(rng, rows, table, who, quarter)
    if rng.randrange(12) == 0:
        _dated(rng, rows, "违规", who, quarter, "一般")


def _orders(rng: Random, rows: Rows, who: str, quarter: Quarter, target: int) -> int:
    """Orders that come to about the target; what was won, in cents."""
    won = 0
    count = 4 + rng.randrange(5)
    for _ in range(count):
        amount = target * (60 + rng.randrange(80)) // 100 // count + rng.randrange(10_000)
        cost = amount * (64 + rng.randrange(24)) // 100
        state = ("成交",) * 8 + ("丢单", "退货")
        status = state[rng.randrange(len(state))]
        day = quarter.day(rng)
        if not _there(who, day):
            continue
        number = rows.add("订单", who, day, _money(amount), _money(cost), status)
        won += amount if status == "成交" else 0
        if status == "成交" and rng.randrange(15) == 0:
            back = min(date.fromisoformat(day) + timedelta(days=rng.randrange(40)), date(2025, 6, 30))
            if _there(who, str(back)):
                rows.add("退款", who, number, str(back), _money(amount // 5))
    return won


def _dated(rng: Random, rows: Rows, table: str, who: str, quarter: Quarter, *more: str) -> None:
    day = quarter.day(rng)
    if _there(who, day):
        rows.add(table, who, day, *more)


def _there(who: str, day: str) -> bool:
    return HIRED.get(who, "") <= day <= LEFT.get(who, "9999")


# ---------------------------------------------------------------- what real life brings


def _cases(rows: Rows) -> None:
    """Thresholds met exactly, and what policies forget."""
    order, first, last = rows.add, "2025-01-01", "2025-03-31"
    # Margin of just 30%, on the first day and on the last.
    _alone(rows, "E002")
    order("订单", "E002", first, "200000.00", "140000.00", "成交")
    order("订单", "E002", last, "100000.00", "70000.00", "成交")
    # Just on target; and an order of the day after.
    _alone(rows, "E003")
    goal = next(row[2] for row in rows.tables["目标"] if row[:2] == ("E003", "2025Q1"))
    order("订单", "E003", last, goal, "300000.00", "成交")
    order("订单", "E003", "2025-04-01", "12345.67", "10000.00", "成交")
    # Nothing but a refund: revenue below zero.
    rows.drop("订单", lambda row: row["工号"] == "E006" and row["下单日"] >= "2025-04-01")
    early = next(row for row in rows.tables["订单"] if row[1] == "E006" and row[5] == "成交")
    order("退款", "E006", early[0], "2025-04-20", "8000.00")
    # Nothing won, though there were orders.
    _alone(rows, "E015")
    order("订单", "E015", "2025-02-14", "150000.00", "100000.00", "丢单")
    # One order that takes the commission to its limit.
    order("订单", "E020", "2025-06-30", "2600000.00", "2000000.00", "成交")
    # Sold before coming, and after leaving.
    order("订单", "E010", "2025-02-14", "50000.00", "35000.00", "成交")
    order("订单", "E012", "2025-03-12", "88000.00", "61600.00", "成交")
    # Violations: a major one in each quarter.
    order("违规", "E008", "2025-02-20", "重大")
    order("违规", "E019", "2025-06-30", "重大")
    # A fine fortnight of somebody new, in service for too few days to be graded above B.
    order("订单", "E044", "2025-06-20", "180000.00", "120000.00", "成交")
    order("回访", "E044", "2025-06-27", "95")
    rows.drop("应收", lambda row: (row["工号"], row["季度"]) == ("E044", "2025Q2"))
    # Every survey unanswered; nothing receivable; no new customers asked for; eleven reports late.
    rows.drop("回访", lambda row: row["工号"] == "E026" and row["回访日"] <= last)
    order("回访", "E026", "2025-03-01", "")
    rows.drop("应收", lambda row: (row["工号"], row["季度"]) == ("E033", "2025Q2"))
    rows.tables["目标"] = [(*row[:3], "0") if row[:2] == ("E050", "2025Q1") else row for row in rows.tables["目标"]]
    for week in range(11):
        order("缺报", "E038", str(date(2025, 4, 7) + timedelta(weeks=week)))


def _alone(rows: Rows, who: str) -> None:
    """Take out the first quarter's orders of a seller, and what was paid back on them."""
    gone = {row[0] for row in rows.tables["订单"] if row[1] == who and row[2] <= "2025-03-31"}
    rows.drop("退款", lambda row: row["订单号"] in gone)
    rows.drop("订单", lambda row: row["订单号"] in gone)


# ---------------------------------------------------------------- as text


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _text(header: Row, rows: list[Row]) -> str:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return sink.getvalue()


def main() -> None:
    """Write the files of the sample."""
    for name, text in east_sales().items():
        (FOLDER / "data" / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
