"""What people write by habit and is written otherwise here: the fault says how."""

from __future__ import annotations

import pytest

from kpirules.source import SourceText
from kpirules.syntax.parse import parse

SLIPS = [
    ("pay p\n    amount 75USD", "75USD", "75 USD"),
    ("pay p\n    amount 1_500.5usd", "1_500.5usd", "1_500.5 USD"),
    ("pay p\n    amount ¥75 * n", "¥75", "75元"),
    ("pay p\n    amount $75 * n", "$75", "75 USD"),
    ("奖金 p\n    金额 10万人民币", "10万人民币", "10万元"),
    ("outcome o when 3 < n <= 5", "3 < n <= 5", "3 < n and n <= 5"),
    ("结论 o 当 3 ≤ n ＜ 5", "3 ≤ n ＜ 5", "3 ≤ n 且 n < 5"),
    ("outcome o when n between 3 and 5", "n between 3 and 5", "n >= 3 and n <= 5"),
    ("结论 o 当 n 介于 3 且 5", "n 介于 3 且 5", "n ≥ 3 且 n ≤ 5"),
    ("outcome o when not (n between 3 and 5)", "n between 3 and 5", "n >= 3 and n <= 5"),
    (
        "outcome o when not a = 1 and n between 3 USD and t.b or b > 2",
        "n between 3 USD and t.b",
        "n >= 3 USD and n <= t.b",
    ),
    (
        "定义 x = 合计(t.a 其中 d 介于 2024-01-01 且 2024-06-30)",
        "d 介于 2024-01-01 且 2024-06-30",
        "d ≥ 2024-01-01 且 d ≤ 2024-06-30",
    ),
    ("outcome o when n is not missing", "is not missing", "is present"),
    ("outcome o when n is null", "is null", "is missing"),
    ("define x = count(distinct staff.n)", "count(distinct ", "count distinct("),
    ("定义 x = 计数(去重 员工.工号)", "计数(去重 ", "去重计数("),
    ("定义 x 按 n\n    大于 5000 : 1\n    否则 : 0", "大于", ">"),
    ("定义 x 按 n\n    大于等于 5000 : 1\n    否则 : 0", "大于等于", "≥"),
    ("定义 x 按 n\n    5000以上 : 1\n    否则 : 0", "5000以上", "≥ 5000"),
    ("define x by n\n    above 3 : 1\n    else : 0", "above", ">"),
    ("define x by n\n    at least 3 : 1\n    else : 0", "at least", ">="),
    ("define x choose\n    when n > 3 : 1\n    otherwise : 0", "otherwise", "else"),
    ("定义 x 判断\n    当 n > 3 : 1\n    其他 : 0", "其他", "否则"),
    ('结论 o 当 状态 是 "成交"', "是", "="),
    ('outcome o when status is not "won"', "is not", "!="),
    ("结论 o 当 状态 = 「成交」", "「成交」", "“成交”"),
    ("outcome o when status = 'won'", "'won'", '"won"'),
    ("定义 x = 月薪 × 1.5倍", "1.5倍", "1.5"),
    ("指标 i\n    得分 100分", "100分", "100"),
    ("结论 o 当 n ≥ 3人", "3人", "3"),
    ("outcome o when months(a, b) >= 6 months", "6 months", "6"),
    ("结论 o 当 月数(a，b) ≥ 3个月 且 n > 1", "3个月", "3"),
    ("结论 o 当 月数(a，b) ≥ 3月", "3月", "3"),
    ("outcome o when not 10 days < days(a, b)", "10 days", "10"),
    ("outcome o when n > 1 and months(a, b) >= 1 year", "1 year", "12"),
    ("结论 o 当 月数(a，b) ≥ 1.5年", "1.5年", "18"),
    ("define x by months(a, b)\n    >= 2 years : 2\n    else : 0", "2 years", "24"),
    ("定义 x = n * 75k", "75k", "75_000"),
    ("定义 x = n * 3w", "3w", "3万"),
    ("define x = n * 1.5M", "1.5M", "1_500_000"),
    ("define x = n * 100 at most 110", "at most", ", at most"),
    ("定义 x = n × 100 封顶110", "封顶", ", 封顶"),
    ("outcome o when n at most 5", "at most", "<="),
    ("定义 x = 合计(t.a 其中 a 不低于 10万)", "不低于", "≥"),
    ("定义 x = 合计(t.a 其中 b > 1 且 (a 不低于10万 或 b < 0)) + 1", "不低于", "≥"),
    ("define x = sum(t.a where max(a, b) at least 10)", "at least", ">="),
    ("outcome o when (n at least 5) or a > 1", "at least", ">="),
    ("outcome o when n over 3", "over", ">"),
    ("define x = if n over 3 USD then 1 else 2", "over", ">"),
    ("outcome o when sales over plan and a > 1", "over", ">"),
    ("pay p\n    amount revenue * 1% up to 5_000 CNY", "up to", ", at most"),
    ("pay p\n    amount revenue * 1% capped at 5_000 CNY", "capped at", ", at most"),
    ("pay p\n    amount revenue\n    capped at 5_000 CNY", "capped at", "at most"),
    ("outcome o when n up to 3", "up to", "<="),
    ("奖金 p\n    金额 n 不多于 5000元", "不多于", ", 封顶"),
    ("奖金 p\n    金额 n × 1%不得超过5000元", "不得超过", ", 封顶"),
    ("奖金 p\n    金额 n × 1% 最高 5000元", "最高", ", 封顶"),
    ("指标 i\n    得分 n × 100 上限120", "上限", ", 封顶"),
    ("指标 i\n    得分 n × 100 不得低于 0", "不得低于", ", 保底"),
    ("结论 o 当 n 不得超过 5", "不得超过", "≤"),
    ("define x by n\n    > 3 : 1\n    above : 1", "above", "else"),
    ("定义 x 按 n\n    > 3 : 1\n    超出 : 1", "超出", "否则"),
    ("定义 x = 如果 n > 5 那么 1 否则 0", "那么", "则"),
    ("定义 x = 若 n > 5 则 1 否则 0", "若", "如果"),
    ('定义 x = 合计(t.n 当 s = "成交")', "当", "其中"),
    ("奖金 p\n    金额 n\n    上限 500", "上限", "封顶"),
    ("定义 x = n, 上限 500", ", 上限", ", 封顶"),
    ("定义 x = n，下限500", "，下限", ", 保底"),
    ("define x = n, cap 500", ", cap", ", at most"),
    ("define x = if a > 1 then 2 elif a > 0 then 1 else 0", "elif", "else if"),
    ("定义 x = 如果 a > 1 则 2 否则如果 a > 0 则 1 否则 0", "否则如果", "否则 如果"),
    ("define x = if(a > b, 1, 2)", "if(a > b, 1, 2)", "if a > b then 1 else 2"),
    ("定义 x = 如果(a > b，1，2)", "如果(a > b，1，2)", "如果 a > b 则 1 否则 2"),
    ("定义 x = 3 // 说明", "// 说明", "# 说明"),
    ("table t\n    a string", "string", "text"),
    ("数据表 t\n    a 小数", "小数", "数值(2)"),
    ("table t\n    a text nullable", "nullable", "optional"),
    ("gate g when a > 3\n    total = 0", "=", "is"),
    ("红线 g 当 a > 3\n    总分 = 0", "=", "为"),
]


@pytest.mark.parametrize(("text", "slip", "instead"), SLIPS)
def test_slip(text: str, slip: str, instead: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.code == "KPI101"
    assert fault.span is not None
    assert fault.span.text == slip
    assert [(note.key, note.args["write"]) for note in fault.helps] == [("write", instead)]


BOUNDS = [
    ("outcome o when n * 2 between 4 and 6", "between"),
    ("outcome o when revenue / n between 4 and 6", "between"),
    ("outcome o when not n between 4 and 6", "between"),
    ("outcome o when n is not between 4 and 6", "is not between"),
    ("outcome o when not 4 < n < 6", "<"),
    ("outcome o when 1 + 4 < n < 6", "<"),
    ("outcome o when 4 < n + 1 < 6", "<"),
    ("outcome o when 4 < n < 6 * 2", "<"),
    ("outcome o when n between 4 and max(1, 2)", "between"),
    ("outcome o when sum(t.n) between 4 and 6", "between"),
    ("outcome o when n or else 0 between 4 and 6", "between"),
    ("结论 o 当 n × 2 介于 4 且 6", "介于"),
    ("结论 o 当 非 n 介于 4 且 6", "介于"),
]


@pytest.mark.parametrize(("text", "slip"), BOUNDS)
def test_a_range_is_written_out_only_where_its_operand_stands_alone(text: str, slip: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.span is not None
    assert (fault.code, fault.span.text, [note.key for note in fault.helps]) == ("KPI101", slip, ["bounds"])


TIMES = [
    ("outcome o when days(a, b) >= 3 months", "3 months"),
    ("outcome o when tenure >= 2 years", "2 years"),
    ("结论 o 当 天数(a，b) ≥ 2周", "2周"),
    ("结论 o 当 月数(a，b) ÷ 12 ≥ 2个月", "2个月"),
    ("结论 o 当 12 × 月数(a，b) ≥ 1年", "1年"),
    ("outcome o when months(a, b) >= 1 year + n", "1 year"),
    ("define x by days(a, b)\n    >= 2 years : 2\n    else : 0", "2 years"),
    ("定义 x = 如果 月数(a，b) > 12 则 3个月 否则 0", "3个月"),
]


@pytest.mark.parametrize(("text", "slip"), TIMES)
def test_a_unit_of_time_is_dropped_only_beside_what_counts_in_it(text: str, slip: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.span is not None
    assert (fault.code, fault.span.text, [note.key for note in fault.helps]) == ("KPI101", slip, ["time"])


LATER = [
    ("define x = sum(orders.qty at least 10)", "at least 10"),
    ("定义 x = 合计(t.a 其中 b > 1，不低于 10万)", "不低于 10万"),
    ("define x = sum(t.a) over last 3 periods", "over last 3 periods"),
    ("outcome o when n over 2 periods ago > 3", "over 2 periods ago"),
    ("define x = n over team", "over"),
]


@pytest.mark.parametrize(("text", "slip"), LATER)
def test_a_comparison_in_words_is_told_from_what_comes_later(text: str, slip: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.span is not None
    assert (fault.code, fault.span.text) == ("KPI801", slip)


def test_a_keyword_that_sticks_to_a_name_is_another_slip() -> None:
    _, (fault, *_) = parse(SourceText("a.kpi", "结论 o 当 甲 > 3 且乙 < 丙且丁 < 5"))
    assert [note.key for note in fault.helps] == ["space"]


@pytest.mark.parametrize("text", [text for text, _, _ in SLIPS])
def test_what_is_written_instead_is_read(text: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.span is not None
    mended = text[: fault.span.start] + fault.helps[0].args["write"] + text[fault.span.end :]
    assert not parse(SourceText("a.kpi", mended))[1]
