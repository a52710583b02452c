"""Values in the notation of spreadsheets, SQL and programs: the fault has them as they are written here."""

from __future__ import annotations

import pytest

from kpirules.source import SourceText
from kpirules.syntax.parse import parse

TWO = "if a > 1 then round(b, 0) else max(2, (if c > 1 then 1 else 2))"
NOTATIONS = [
    ("define x = IF(a > 1, 2, 3)", "IF(a > 1, 2, 3)", "if a > 1 then 2 else 3"),
    ("define x = IF(a > 1, IF(b > 1, 2, 3), 4)", None, "if a > 1 then (if b > 1 then 2 else 3) else 4"),
    ("define x = IF(a > 1, 2, IF(b > 1, 3, 4))", None, "if a > 1 then 2 else if b > 1 then 3 else 4"),
    ("定义 x = IF(a > 1，2，IF(b > 1，3，4))", None, "如果 a > 1 则 2 否则 如果 b > 1 则 3 否则 4"),
    ("定义 x = 如果(a > 1，如果(b > 1，2，3)，4)", None, "如果 a > 1 则 (如果 b > 1 则 2 否则 3) 否则 4"),
    ("define x = IF(AND(a > 1, b > 1), 2, 3)", None, "if a > 1 and b > 1 then 2 else 3"),
    (
        'define x = IF(AND(a > 1, OR(r = "A", r = "B")), 2, 3)',
        None,
        'if a > 1 and (r = "A" or r = "B") then 2 else 3',
    ),
    ("define x = IF(a > 1, round(b, 0), max(2, IF(c > 1, 1, 2)))", None, TWO),
    ("define x = IF(a > 1, round(b, 0), 3)", None, "if a > 1 then round(b, 0) else 3"),
    ("define x = IF(a > 1, 2, 3 * IF(b > 1, 4, 5))", None, "if a > 1 then 2 else 3 * (if b > 1 then 4 else 5)"),
    ("define x = 1 + IF(a > 1, 2, 3) * 4", "IF(a > 1, 2, 3)", "(if a > 1 then 2 else 3)"),
    ("define x = round(IF(a > 1, 2, 3), 0)", "IF(a > 1, 2, 3)", "(if a > 1 then 2 else 3)"),
    (
        "define x = IFS(a > 3, 1, a > 2, 2, TRUE, 3)",
        None,
        "if a > 3 then 1 else if a > 2 then 2 else 3",
    ),
    ("outcome o when OR(a > 1, b = 2) and c = 3", "OR(a > 1, b = 2)", "(a > 1 or b = 2)"),
    ("outcome o when c = 3 and OR(a > 1, b = 2)", "OR(a > 1, b = 2)", "(a > 1 or b = 2)"),
    ("outcome o when not AND(a > 1, b = 2)", "AND(a > 1, b = 2)", "(a > 1 and b = 2)"),
    ("outcome o when AND(a > 1, b = 2)", "AND(a > 1, b = 2)", "a > 1 and b = 2"),
    ("结论 o 当 OR(a > 1，b = 2)", "OR(a > 1，b = 2)", "a > 1 或 b = 2"),
    ("define x = a > 1 ? 2 : 3", "a > 1 ? 2 : 3", "if a > 1 then 2 else 3"),
    ("定义 x = a > 1 ？ 2 ： 3", "a > 1 ？ 2 ： 3", "如果 a > 1 则 2 否则 3"),
    ("define x = a > 3 ? 2 : a > 1 ? 3 : 4", None, "if a > 3 then 2 else if a > 1 then 3 else 4"),
    ("define x = (a > 1) ? max(1, 2) : 3, at most 9", "(a > 1) ? max(1, 2) : 3", "if (a > 1) then max(1, 2) else 3"),
    ("define x = max(a > 1 ? 2 : 3, 4)", "a > 1 ? 2 : 3", "(if a > 1 then 2 else 3)"),
    ("pay p\n    amount a > 1 ? 2 : 3", "a > 1 ? 2 : 3", "if a > 1 then 2 else 3"),
    ("define x = 2 if a > 1 else 3", "2 if a > 1 else 3", "if a > 1 then 2 else 3"),
    ("定义 x = 2 如果 a > 1 否则 3", "2 如果 a > 1 否则 3", "如果 a > 1 则 2 否则 3"),
    ("define x = 4 * (2 if a > 1 else 3)", "2 if a > 1 else 3", "if a > 1 then 2 else 3"),
    (
        "define x = CASE WHEN a > 3 THEN 1 WHEN a > 2 THEN 2 ELSE 3 END * 2",
        "CASE WHEN a > 3 THEN 1 WHEN a > 2 THEN 2 ELSE 3 END",
        "(if a > 3 then 1 else if a > 2 then 2 else 3)",
    ),
    ('outcome o when r in ("a", "b")', '("a", "b")', '"a", "b"'),
    ('outcome o when r in ["a", "b"] and n > 1', '["a", "b"]', '"a", "b"'),
    ("定义 x = 计数(t 其中 r 不属于（“甲”、“乙”）)", "（“甲”、“乙”）", "“甲”、“乙”"),
    ('table t\n    r text in ("a", "b")', '("a", "b")', '"a", "b"'),
    ("outcome o when a > 1 and < 9", "<", "a <"),
    ("结论 o 当 a ≥ 1 且 小于 9", "小于", "a <"),
    ("结论 o 当 a > 1 且 不超过 9", "不超过", "a ≤"),
    ("outcome o when a > 1 and less than 9", "less than", "a <"),
    ("outcome o when b = 2 or sum(t.n) * 2 > 1 and <= 9", "<=", "sum(t.n) * 2 <="),
    ("outcome o when b = 2 and (not a > 1 or = 9)", "=", "a ="),
]


@pytest.mark.parametrize(("text", "value", "instead"), NOTATIONS)
def test_notation(text: str, value: str | None, instead: str) -> None:
    """Where nothing is said of what was found, it is all behind `= `."""
    _, (fault,) = parse(SourceText("a.kpi", text))
    assert fault.code == "KPI101"
    assert fault.span is not None
    assert fault.span.text == (value or text.partition(" = ")[2])
    (help_,) = fault.helps
    assert help_.key == "write"
    written = help_.args["write"]
    assert written == instead
    assert not parse(SourceText("a.kpi", text[: fault.span.start] + written + text[fault.span.end :]))[1]


@pytest.mark.parametrize(
    "text",
    [
        "define x = IF(a > 1, 2)",
        "define x = IF(a > 1, 2, 3, 4)",
        "define x = a > 1 ? 2",
        "define x = 2 if a > 1",
        "define x = CASE a WHEN 1 THEN 2 ELSE 3 END",
        "define x = IF(a > 1, , 3)",
        "define x = (a > 1, 2",
        "define x = IF(a > 1, 2, 3" + " + 1" * 300 + ")",
    ],
)
def test_what_has_no_whole_sense_is_not_made_up(text: str) -> None:
    _, faults = parse(SourceText("a.kpi", text))
    assert faults
    assert not [note for fault in faults for note in fault.helps if "then" in str(note.args.get("write"))]
