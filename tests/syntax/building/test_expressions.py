from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.syntax import ast
from tests.syntax.samples import formula, item

BINDING = {
    "or": 1,
    "and": 2,
    "not": 3,
    "=": 4,
    "in": 4,
    "missing": 4,
    "else": 5,
    "+": 6,
    "*": 7,
    "-x": 8,
    "per": 9,
    "atom": 10,
}
"""How tight each kind of expression binds, as the language's reference states it."""


class Node:
    """An expression with the two ways to write it: with every bracket, and with only those it needs."""

    def __init__(self, kind: str, full: str, short: str) -> None:
        self.kind, self.full, self.short = kind, full, short

    def inside(self, least: int) -> str:
        """Its short form as an operand that must bind at least so tight."""
        return self.short if BINDING[self.kind] >= least else f"({self.short})"


def _atom(text: str) -> Node:
    return Node("atom", text, text)


def _left(pick: tuple[str, str], a: Node, b: Node) -> Node:
    """A left-associative operator: its right side must bind tighter."""
    kind, op = pick
    level = BINDING[kind]
    return Node(kind, f"({a.full}) {op} ({b.full})", f"{a.inside(level)} {op} {b.inside(level + 1)}")


def _test(pick: tuple[str, str], a: Node, b: Node) -> Node:
    """What does not chain: both sides must bind tighter."""
    op, end = pick
    return Node("=", f"({a.full}) {op} ({b.full}){end}", f"{a.inside(5)} {op} {b.inside(5)}{end}")


def _not(a: Node) -> Node:
    return Node("not", f"not ({a.full})", f"not {a.inside(3)}")


def _minus(a: Node) -> Node:
    return Node("-x", f"- ({a.full})", f"-{a.inside(8)}")


def _per(end: str, a: Node) -> Node:
    """What stands right after its operand."""
    return Node("per", f"({a.full}) {end}", f"{a.inside(9)} {end}")


def _as(unit: str, a: Node) -> Node:
    """A conversion stands in a row of products, from left to right."""
    return Node("*", f"({a.full}) as {unit}", f"{a.inside(7)} as {unit}")


def _missing(a: Node) -> Node:
    return Node("missing", f"({a.full}) is missing", f"{a.inside(5)} is missing")


_LEFT = [("or", "or"), ("and", "and"), ("else", "or else"), ("+", "-"), ("+", "+"), ("*", "/"), ("*", "*")]
_TESTS = [(">=", ""), ("!=", ""), ("in", ""), ("not in", ', "z"')]
_AFTER = ["per 5 whole", "per b.c part", "per (1 + a) pro rata"]
ATOMS = ["a", "b.c", "1", "20%", "75 USD", '"t"', "f(a, 1)", "2024-07-01", "true"]


def _larger(part: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(_left, st.sampled_from(_LEFT), part, part),
        st.builds(_test, st.sampled_from(_TESTS), part, part),
        st.one_of(st.builds(_not, part), st.builds(_minus, part), st.builds(_missing, part)),
        st.builds(_as, st.sampled_from(("number", "percent")), part),
        st.builds(_per, st.sampled_from(_AFTER), part),
    )


EXPR = st.recursive(st.sampled_from(ATOMS).map(_atom), _larger, max_leaves=10)


@given(EXPR)
def test_precedence(node: Node) -> None:
    assert formula(node.short) == formula(node.full)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("a or b and not c = d", "a or (b and (not (c = d)))"),
        ("a + b or else 0 >= c", "((a + b) or else 0) >= c"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("-a * b", "(-a) * b"),
        ("2 * a per 5 whole * b", "(2 * (a per 5 whole)) * b"),
        ("-a per b part as number", "(-(a per b part)) as number"),
        ("a / b as percent * c", "((a / b) as percent) * c"),
        ("a + b as number", "a + (b as number)"),
        ("a * -b", "a * (-b)"),
        ("if a then b else c + 1", "if a then b else (c + 1)"),
        (
            "if a then if b then 1 else 2 else if c then 3 else 4",
            "if a then (if b then 1 else 2) else (if c then 3 else 4)",
        ),
        ("a or else b or else error", "(a or else b) or else error"),
    ],
)
def test_precedence_in_words(short: str, full: str) -> None:
    assert formula(short) == formula(full)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100_000", 100_000),
        ("1.5", Fraction(3, 2)),
        ("10万", 100_000),
        ("1.5亿", 150_000_000),
        ("1_000.2_5", Fraction(100_025, 100)),
        ("007", 7),
    ],
)
def test_numbers(text: str, value: Fraction) -> None:
    number = formula(text)
    assert isinstance(number, ast.Number)
    assert number.value == value


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [("75 USD", 75, "USD"), ("75元", 75, "CNY"), ("7.5 元", Fraction(15, 2), "CNY"), ("10万元", 100_000, "CNY")],
)
def test_money(text: str, value: Fraction, currency: str) -> None:
    money = formula(text)
    assert isinstance(money, ast.Money)
    assert (money.value, money.currency) == (value, currency)


@pytest.mark.parametrize("text", ["20%", "20 %", "２０％"])
def test_percent(text: str) -> None:
    percent = formula(text)
    assert isinstance(percent, ast.Percent)
    assert percent.value == Fraction(1, 5)


@pytest.mark.parametrize("text", ['"a“b”＃"', '“a"b"＃”', '＂a"b"＃＂'])
def test_a_text_closes_with_its_own_kind_of_quote(text: str) -> None:
    quoted = formula(text)
    assert isinstance(quoted, ast.Text)
    assert quoted.value == text[1:-1]


def test_calls() -> None:
    assert formula("f()") == ast.Call(formula("f").names[0], (), span=formula("f").span)  # type: ignore[union-attr]  # a path
    several = formula("f(a, b + 1)")
    assert isinstance(several, ast.Call)
    assert several.args == (formula("a"), formula("b + 1"))
    filtered = formula('sum(a.b where c = "d" or e in 1, 2)')
    assert isinstance(filtered, ast.Call)
    assert filtered.where == formula('c = "d" or e in 1, 2')
    call = formula("any(a in 1, 2)")
    assert isinstance(call, ast.Call)
    assert call.args == (formula("a in 1, 2"),)


def test_names_are_compared_composed_and_in_half_width_digits() -> None:
    assert formula("cafe\u0301_2") == formula("caf\u00e9_２")
    assert formula("a\u0301b\u0327c") == formula("\u00e1b\u0327c")
    hindi = formula("राजस्व + 1")
    assert isinstance(hindi, ast.Binary)


def test_a_keyword_is_one_only_where_it_could_stand() -> None:
    for word in (
        "target",
        "when",
        "by",
        "else",
        "period",
        "grade",
        "score",
        "金额",
        "等级",
        "按",
        "得分",
        "目标",
        "至",
    ):
        expr = formula(f"t.{word} + {word}_2")
        assert isinstance(expr, ast.Binary)
        assert (expr.left, expr.right) == (formula(f"t.{word}"), formula(f"{word}_2"))
    assert formula("target + 金额") != formula("target + 等级")


@pytest.mark.parametrize(
    "name", ["a且b", "按实际", "orders", "inner", "至今", "近两期", "不低于a", "is_missing", "如果a"]
)
def test_a_keyword_that_touches_a_letter_is_part_of_a_name(name: str) -> None:
    path = formula(name)
    assert isinstance(path, ast.Path)
    assert path.text == name


def test_chinese_keywords_may_touch_their_number() -> None:
    assert item("定义 x = a,不低于0,封顶120\n") == item("define x = a, at least 0, at most 120\n")
    assert item("指标 x\n    得分 a\n    不超过100\n") == item("indicator x\n    score a\n    at most 100\n")
