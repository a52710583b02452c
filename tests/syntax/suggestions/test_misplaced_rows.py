"""Rows that do not stand under their rule, and signs where a space belongs: one fault each, with what to write."""

from __future__ import annotations

import pytest

from kpirules.source import SourceText
from kpirules.syntax.parse import parse


def _faults(text: str) -> list[tuple[str, str, str]]:
    """Code, underlined text and first help of each fault."""
    faults = parse(SourceText("a.kpi", text))[1]
    return [
        (fault.code, fault.span.text if fault.span else "", fault.helps[0].key if fault.helps else "")
        for fault in faults
    ]


@pytest.mark.parametrize(
    ("text", "sign", "write"),
    [
        ("计分卡 卡\n    满意度，15%", "，", "满意度 15%"),
        ("scorecard c\n    group g: 70%\n        sat 70%", ":", "group g 70%"),
        ("指标： 毛利率\n    实际 a\n    得分 b", "：", "指标 毛利率"),
        ("indicator x\n    actual = n\n    score n", "=", "actual n"),
        ("define: x = 3", ":", "define x = 3"),
    ],
)
def test_a_sign_where_a_space_belongs(text: str, sign: str, write: str) -> None:
    (fault,) = parse(SourceText("a.kpi", text))[1]
    assert fault.span is not None
    assert (fault.code, fault.span.text) == ("KPI101", sign)
    assert [(note.key, note.args["write"]) for note in fault.helps] == [("without", write)]
    mended = text.replace(next(line.strip() for line in text.splitlines() if sign in line), write)
    assert parse(SourceText("a.kpi", mended))[1] == ()


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("define k by n >= 3 : 1\n    else : 2", ">"),
        ("define k choose when n > 3 : 1\n    else : 2", "when"),
        ("定义 k 插值 n 1 : 2\n    3 : 4", "1"),
        ("pay p\n    amount tiers base up to 100 : 1%\n        above : 2%", "up"),
        ('grade by total >= 90 : "A"\n    else : "B"', ">"),
        ("indicator x\n    actual n\n    score by actual >= 30 : 100\n    >= 20 : 60\n    else : 0", ">"),
        ("指标 x\n    实际 n\n    得分 按 实际 ≥ 30 : 100\n    ≥ 20 : 60\n    否则 : 0", "≥"),
    ],
)  # fmt: skip
def test_a_row_in_the_line_of_its_rule(text: str, row: str) -> None:
    assert _faults(text) == [("KPI101", row, "rows")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("define k by n\n    >= 3 : by m > 5 : 1\n              else : 2\n    else : 3", "by m > 5 : 1"),
        ("define k by n\n    >= 3 : by m\n        > 5 : 1\n        else : 2\n    else : 3", "by m"),
        ("定义 k 按 n\n    ≥ 3 : 判断\n        当 m > 5 : 1\n        否则 : 2\n    否则 : 3", "判断"),
        ("pay p\n    amount tiers n\n        up to 9 : by m > 1 : 1%\n        above : 2%", "by m > 1 : 1%"),
    ],
)
def test_a_rule_in_the_line_of_its_row(text: str, rule: str) -> None:
    assert _faults(text) == [("KPI101", rule, "rule")]


def test_rows_beside_a_rule_are_told_with_it() -> None:
    text = "indicator x\n    actual n\n    score by actual\n    >= 20 : 60\n    else : 0\n    missing exclude"
    assert _faults(text) == [("KPI105", "score by actual", "indent")]
    text = 'grade by total >= 3 : "A"\nelse : "B"'
    assert _faults(text) == [("KPI101", ">", "rows"), ("KPI110", "else", "row")]


@pytest.mark.parametrize(
    ("text", "help_", "word"),
    [
        ("pay p\n    amount n\n    at most", "limit", "at most"),
        ("奖金 p\n    金额 n\n    封顶", "limit", "封顶"),
        ("define x = n, at least", "limit", "at least"),
        ("奖金 p\n    金额", "clause", "金额"),
    ],
)
def test_nothing_after_a_word(text: str, help_: str, word: str) -> None:
    (fault,) = parse(SourceText("a.kpi", text))[1]
    assert (fault.code, fault.helps[0].key, fault.helps[0].args["word"]) == ("KPI116", help_, word)
