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
    ("outcome o when n is not missing", "is not missing", "is present"),
    ("outcome o when n is null", "is null", "is missing"),
    ("define x = count(distinct staff.n)", "count(distinct ", "count distinct("),
    ("定义 x = 计数(去重 员工.工号)", "计数(去重 ", "去重计数("),
]


@pytest.mark.parametrize(("text", "found", "instead"), SLIPS, ids=[found for _, found, _ in SLIPS])
def test_slip(text: str, found: str, instead: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.code == "KPI101"
    assert fault.span is not None
    assert fault.span.text == found
    assert [(note.key, note.args["write"]) for note in fault.helps] == [("write", instead)]


def test_a_keyword_that_sticks_to_a_name_is_another_slip() -> None:
    _, (fault, *_) = parse(SourceText("a.kpi", "结论 o 当 甲 > 3 且乙 < 丙且丁 < 5"))
    assert [note.key for note in fault.helps] == ["space"]


@pytest.mark.parametrize("text", [text for text, _, _ in SLIPS])
def test_what_is_written_instead_is_read(text: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.span is not None
    mended = text[: fault.span.start] + fault.helps[0].args["write"] + text[fault.span.end :]
    assert not parse(SourceText("a.kpi", mended))[1]
