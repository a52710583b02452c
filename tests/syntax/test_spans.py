"""Every node says where it was typed; full-width forms and line breaks do not shift it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest

from kpirules.source import SourceText
from kpirules.syntax import ast
from kpirules.syntax.parse import parse
from tests.syntax.samples import CHINESE, ENGLISH, formula, item, sound

WIDE = {chr(code - 0xFEE0): chr(code) for code in range(0xFF01, 0xFF5F) if not chr(code).isalpha()} | {" ": "\u3000"}


def nodes(part: object) -> Iterator[ast.Node]:
    """A node and all under it."""
    if isinstance(part, tuple):
        for element in part:
            yield from nodes(element)
    if isinstance(part, ast.Node):
        yield part
        for child in fields(part):
            yield from nodes(getattr(part, child.name))


def widened(text: str) -> str:
    """A text with every form that has a full width in it, outside quotes and comments."""
    out, quote = [], ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
            out.append(char)
        elif char in '"“':
            quote = {"“": "”"}.get(char, char)
            out.append(char)
        else:
            out.append(WIDE.get(char, char))
    return "".join(out)


def test_full_width_forms_say_the_same_in_the_same_places() -> None:
    for text in (ENGLISH, CHINESE):
        wide = widened(text)
        assert wide != text
        half, other = sound(text), sound(wide)
        assert half.items == other.items
        places = [[(n.span.start, n.span.end) for n in nodes(file.items)] for file in (half, other)]
        assert places[0] == places[1]
        assert all(n.span.text in wide for n in nodes(other.items))


def test_a_node_lies_within_the_one_it_is_part_of() -> None:
    for text in (ENGLISH, CHINESE):
        for node in nodes(sound(text).items):
            for part in fields(node):
                if part.name == "rows":  # the place of a rule is its opening line
                    continue
                for child in nodes(getattr(node, part.name)):
                    opening = isinstance(child, ast.Row) or child.span.start > node.span.end
                    assert opening or node.span.start <= child.span.start < child.span.end <= node.span.end, (
                        node,
                        child,
                    )


def test_a_name_is_where_it_was_typed() -> None:
    for text in (ENGLISH, CHINESE):
        for node in nodes(sound(text).items):
            if isinstance(node, ast.Name) and node.text not in ("month", "quarter"):
                assert node.span.text == node.text


@pytest.mark.parametrize(
    ("text", "kind", "typed"),
    [
        ("a + ( b * c )", ast.Binary, ["a + ( b * c )", "b * c"]),
        ("f( a , b.c )", ast.Call, ["f( a , b.c )"]),
        ("f( a , b.c )", ast.Path, ["a", "b.c"]),
        ("20 % + 1", ast.Percent, ["20 %"]),
        ("75元", ast.Money, ["75元"]),
        ("－a", ast.Unary, ["－a"]),
        ("a or else error", ast.OrElse, ["a or else error"]),
        ("if a then 1 else 2", ast.If, ["if a then 1 else 2"]),
        ("a not in 1、2", ast.In, ["a not in 1、2"]),
        ("a 不为空", ast.IsMissing, ["a 不为空"]),
        ("“x”", ast.Text, ["“x”"]),
        ("２０２４－０７－０１", ast.Date, ["２０２４－０７－０１"]),
    ],
)
def test_expressions(text: str, kind: type[ast.Node], typed: list[str]) -> None:
    assert [node.span.text for node in nodes(formula(text)) if isinstance(node, kind)] == typed


def test_rules_rows_limits_and_clauses() -> None:
    define = item(
        "  ".lstrip() + "指标 a\n    得分  按 b  # c\n        ≥ 1 : 2 ，封顶3\n        否则 : 4\n    最多 5\n"
    )
    assert isinstance(define, ast.Indicator)
    (clause,) = define.clauses
    assert isinstance(clause.rule, ast.By)
    first = clause.rule.rows[0].value
    assert isinstance(first, ast.Formula)
    assert define.span.text.startswith("指标 a")
    assert define.span.text.endswith("最多 5")
    assert clause.word.text == "得分"
    assert clause.rule.span.text == "按 b"
    assert [row.span.text for row in clause.rule.rows] == ["≥ 1 : 2 ，封顶3", "否则 : 4"]
    assert clause.rule.rows[0].head.span.text == "≥ 1"
    assert first.span.text == "2 ，封顶3"
    assert [limit.span.text for limit in (*first.limits, *clause.limits)] == ["封顶3", "最多 5"]


def test_columns_and_their_types() -> None:
    table = item("table t\n    a money(3) key  # b\n")
    assert isinstance(table, ast.Table)
    (column,) = table.columns
    assert (column.span.text, column.type_span.text, column.name.span.text) == ("a money(3) key", "money(3)", "a")


def test_items_after_a_byte_order_mark_and_windows_line_ends() -> None:
    file, faults = parse(SourceText("a", "\ufeffdefine x = a\r\n\r\ndefine y = b\r\n"))
    assert not faults
    assert [i.span.text for i in file.items] == ["define x = a", "define y = b"]
