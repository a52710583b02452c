"""A value that goes on in the next line: the fault has all of it as one line, and nothing else is told of it."""

from __future__ import annotations

import pytest

from kpirules.source import SourceText
from kpirules.syntax.parse import parse

VALUES = [
    ("define x = a\n    + b\n", "KPI104", "+ b", "define x = a + b"),
    ("define x = a  # 说明\n    + b\n    * 2", "KPI104", "+ b", "define x = a + b * 2"),
    ("define x = a +\n    b", "KPI116", "+", "define x = a + b"),
    ("定义 x =\n    如果 a > 1 则 2\n    否则 3", "KPI116", "=", "定义 x = 如果 a > 1 则 2 否则 3"),
    ("define x = if a > 1\n    then 2\n    else 3", "KPI116", "1", "define x = if a > 1 then 2 else 3"),
    ("define t = u\n    where a > 1\n    and b < 2", "KPI104", "where a > 1", "define t = u where a > 1 and b < 2"),
    ("table t\n    a text\n        in “甲”、“乙”", "KPI104", "in “甲”、“乙”", "a text in “甲”、“乙”"),
    ("indicator i\n    actual\n        a\n    score 1", "KPI116", "l", "actual a"),
    ("指标 i\n    得分 a\n        封顶 120\n        保底 0", "KPI104", "封顶 120", "得分 a, 封顶 120, 保底 0"),
    (
        "define x by a\n    > 1 : 2\n        + b\n    else : 3",
        "KPI104",
        "+ b",
        "> 1 : 2 + b",
    ),
]


@pytest.mark.parametrize(("text", "code", "part", "whole"), VALUES)
def test_a_value_on_two_lines(text: str, code: str, part: str, whole: str) -> None:
    file, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.span is not None
    assert (fault.code, fault.span.text) == (code, part)
    assert [(note.key, note.args["write"]) for note in fault.helps] == [("join", whole)]
    assert not file.items


@pytest.mark.parametrize(
    "text", ["gate g when a > 1\n    total is 0\n        total is 1", "grade\n    a", "pay p\n  a"]
)
def test_lines_that_make_no_value_are_not_joined(text: str) -> None:
    _, faults = parse(SourceText("a.kpi", text))
    assert faults
    assert "join" not in {note.key for fault in faults for note in fault.helps}


@pytest.mark.parametrize("sign", ["+", "×", "and", "或"])
def test_in_the_first_column_it_belongs_to_the_line_above(sign: str) -> None:
    _, (fault,) = parse(SourceText("a.kpi", f"define x = a\n{sign} b"))
    assert [(note.key, note.args) for note in fault.helps] == [("above", {"word": sign})]
