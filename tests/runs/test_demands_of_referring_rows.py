"""What the rules require of a row by the rows that refer to it."""

from __future__ import annotations

import pytest

from kpirules.data.faults import DataFaults
from kpirules.data.load import BrokenContracts
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Engine
from kpirules.runs.demands import required, with_demands
from kpirules.runs.run import read_period
from kpirules.values.units import Unit
from tests.helpers.schemes import DATED, DEAL_ROWS, DEALS, Data, compiled, loaded_of, scheme

PERIOD = read_period("2025Q1", Unit.QUARTER)
engines = pytest.mark.parametrize("engine", [duckdb, reference], ids=["duckdb", "reference"])

SHARED = (
    DEALS
    + """
pay p
    amount base
"""
)
SPLIT: Data = {"staff": [("E1", "2025-01-05", None, "100"), ("E2", "2020-01-01", None, "0")], **DEAL_ROWS}


@engines
@pytest.mark.parametrize(
    ("written", "broken"),
    [
        ("require for each deals sum(splits.share) = 100%", [("deals", 2, "D2"), ("deals", 3, "D3")]),
        ("require for each deals worth < 150元 or sum(splits.share) > 50%", [("deals", 3, "300.00")]),
        ("require for each deals count(splits where note is missing) > 0", [("deals", 3, "D3")]),
        ("require for each deals (max(splits.share) or else 100%) >= 90%", [("deals", 1, "D1")]),
        ("require for each deals max(splits.share) is present", [("deals", 3, "D3")]),
        (
            "define whole = deals where worth > 150元\nrequire for each whole sum(splits.share) = 100%",
            [("deals", 2, "D2"), ("deals", 3, "D3")],
        ),
        (
            "define deals.given = sum(splits.share)\nrequire for each deals given = 100%",
            [("deals", 2, "D2"), ("deals", 3, "D3")],
        ),
        (
            "define deals.given = sum(splits.share)\nrequire for each splits deals.given = 100%",
            [("splits", 3, "D2")],
        ),
        ("require for each deals all(splits.staff_id = deals.staff_id)", [("deals", 1, "D1")]),
        (
            "require for each deals sum(splits.share where own.base > 50元) = 90%",
            [("deals", 1, "D1"), ("deals", 3, "D3")],
        ),
    ],
)
def test_rows_are_asked_with_what_the_rows_come_to_that_refer_to_them(
    engine: Engine, written: str, broken: list[tuple[str, int, str]]
) -> None:
    """Splits are of the quarter of their deal: no row of another quarter is asked, all of whose splits are past it."""
    checked = compiled(scheme(SHARED, f'{written} : "x"', staff=DATED))
    with pytest.raises(DataFaults) as raised:
        required(checked, loaded_of(checked, SPLIT), PERIOD, engine=engine)
    assert [(fault.table, fault.row, fault.value) for fault in raised.value.faults] == broken


@engines
def test_people_are_asked_with_what_their_rows_come_to(engine: Engine) -> None:
    staff = "table staff\n    staff_id text key\n    base money\nsubject staff"
    written = 'require for each staff count(deals where sum(splits.share) < 100%) = 0 : "x"'
    checked = compiled(scheme(SHARED, written, staff=staff))
    loaded = loaded_of(checked, {**SPLIT, "staff": [("E1", "1"), ("E2", "1"), ("E3", "1")]})
    with pytest.raises(DataFaults) as raised:
        required(checked, loaded, PERIOD, engine=engine)
    assert [(fault.table, fault.row) for fault in raised.value.faults] == [("staff", 1), ("staff", 2)]


def test_with_quarantine_a_row_goes_aside_with_those_that_refer_to_it() -> None:
    checked = compiled(scheme(SHARED, 'require for each deals sum(splits.share) = 100% : "x"', staff=DATED))
    loaded = required(checked, loaded_of(checked, SPLIT), PERIOD, quarantine=True)
    assert loaded.tables["deals"].column("deal_id").to_pylist() == ["D1", "D4"]
    assert loaded.tables["splits"].column("split_id").to_pylist() == ["1", "2", "4"]


def test_what_the_rows_come_to_is_not_asked_where_one_cannot_be_read() -> None:
    checked = compiled(scheme(SHARED, 'require for each deals sum(splits.share) = 100% : "shared out"', staff=DATED))
    with pytest.raises(BrokenContracts) as raised:
        loaded_of(checked, {**SPLIT, "splits": [*SPLIT["splits"], ("5", "D2", "E1", "ten", None)]})
    told = with_demands(checked, raised.value, PERIOD)
    assert [fault.code for fault in told.faults] == ["KPI633"]
    assert told.waiting == ("shared out",)


def test_in_chinese_too() -> None:
    text = """
方案 小
    版本 "1"
    周期 季度
    币种 CNY
    舍入 得分 2, 总分 2, 金额 2
数据表 员工
    工号 文本 主键
    月薪 金额
考核对象 员工
数据表 合同
    合同号 文本 主键
    工号   文本 引用 员工
    签订日 日期 所属期
数据表 分成
    分成号 文本 主键
    合同号 文本 引用 合同
    工号   文本 引用 员工
    比例   百分比
逐笔要求 合同 合计(分成.比例) = 100% : "分成合计为百分之百"
奖金 底薪
    金额 月薪
"""
    checked = compiled(text)
    data: Data = {
        "员工": [("E1", "1")],
        "合同": [("D1", "E1", "2025-01-05"), ("D2", "E1", "2025-01-05")],
        "分成": [("1", "D1", "E1", "100%"), ("2", "D2", "E1", "99%")],
    }
    with pytest.raises(DataFaults) as raised:
        required(checked, loaded_of(checked, data), PERIOD)
    (told,) = raised.value.diagnostics
    assert told.message("zh") == "`合同`（数据框）第 2 行不满足要求“分成合计为百分之百”：合同号 D2"
