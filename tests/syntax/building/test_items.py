from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from kpirules.source import SourceText, Span
from kpirules.syntax import ast
from tests.syntax.samples import CHINESE, ENGLISH, item, sound

NOWHERE = Span(SourceText("", ""), 0, 0)


def _name(text: str) -> ast.Name:
    return ast.Name(text, span=NOWHERE)


def _path(*names: str) -> ast.Path:
    return ast.Path(tuple(map(_name, names)), span=NOWHERE)


def _number(value: int | Fraction) -> ast.Number:
    return ast.Number(Fraction(value), span=NOWHERE)


def _plain(expr: ast.Expr) -> ast.Formula:
    return ast.Formula(expr, span=NOWHERE)


def test_both_languages_say_the_same() -> None:
    english, chinese = sound(ENGLISH), sound(CHINESE)
    for english_item, other in zip(english.items, chinese.items, strict=True):
        assert english_item == other
    assert (english.language, chinese.language) == ("en", "zh")


def test_the_language_is_that_of_most_keywords() -> None:
    mixed = "指标 a\n    实际 b\n    score 1\n"
    assert sound(mixed).language == "zh"
    assert sound(mixed.replace("实际", "actual")).language == "en"
    assert sound("").language == "en"


def test_scheme() -> None:
    scheme = item(ENGLISH[: ENGLISH.index("use")])
    assert scheme == ast.Scheme(
        _name("east"),
        "East, quarterly",
        version=ast.Text("2024.3", span=NOWHERE),
        period=_name("quarter"),
        effective=(ast.Date(date(2024, 7, 1), span=NOWHERE), ast.Date(date(2025, 6, 30), span=NOWHERE)),
        currency=_name("CNY"),
        rounding=tuple(
            ast.Rounding(_name(what), places, span=NOWHERE)
            for what, places in (("achievement", 4), ("score", 2), ("total", 2), ("money", 2))
        ),
        half_even=True,
        span=NOWHERE,
    )


def test_a_scheme_without_end_or_half_even() -> None:
    scheme = item("scheme a\n    effective from 2024-07-01\n    rounding score 2\n")
    assert isinstance(scheme, ast.Scheme)
    assert scheme.effective == (ast.Date(date(2024, 7, 1), span=NOWHERE), None)
    assert scheme.half_even is False
    assert (scheme.title, scheme.version, scheme.period, scheme.currency) == (None, None, None, None)


def _column(name: str, kind: str, **parts: object) -> ast.Column:
    return ast.Column(_name(name), kind, type_span=NOWHERE, span=NOWHERE, **parts)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a text", _column("a", "text")),
        ("a text key optional period", _column("a", "text", key=True, optional=True, period=True)),
        ("a date period key", _column("a", "date", key=True, period=True)),
        ("a text references t key", _column("a", "text", key=True, references=_name("t"))),
        ("a money(3)", _column("a", "money", places=3)),
        ("a number(2) optional", _column("a", "number", places=2, optional=True)),
        ("a percent(1) as points", _column("a", "percent", places=1, percent_form="points")),
        ("a percent as fraction", _column("a", "percent", percent_form="fraction")),
        ("a integer in 1, 2 key", _column("a", "integer", key=True, values=(_number(1), _number(2)))),
        (
            "a number between -1 and 2",
            _column("a", "number", between=(ast.Unary("-", _number(1), span=NOWHERE), _number(2))),
        ),
        ("a money unit 10_000 optional", _column("a", "money", unit=_number(10_000), optional=True)),
        ("a money unit ten thousand", _column("a", "money", unit=_number(10_000))),
        ("a number(2) unit thousand", _column("a", "number", places=2, unit=_number(1000))),
        ("a integer unit 12", _column("a", "integer", unit=_number(12))),
        ("a money unit million", _column("a", "money", unit=_number(10**6))),
        ("a money unit hundred million", _column("a", "money", unit=_number(10**8))),
        ("a 金额 单位 千", _column("a", "money", unit=_number(1000))),
        ("a 金额 单位 万元", _column("a", "money", unit=_number(10_000))),
        ("a 金额 单位 百万", _column("a", "money", unit=_number(10**6))),
        ("a 金额 单位 亿元", _column("a", "money", unit=_number(10**8))),
        ("a 金额 单位 １万元", _column("a", "money", unit=_number(10_000))),
        ("a 金额 单位 １００", _column("a", "money", unit=_number(100))),
        ("a 金额 单位 元", _column("a", "money", unit=_number(1))),
        ("unit money unit 万", _column("unit", "money", unit=_number(10_000))),
        ("单位 文本", _column("单位", "text")),
        ("period month period", _column("period", "month", period=True)),
        ("key bool key", _column("key", "bool", key=True)),
        ("active bool", _column("active", "bool")),
        ("target text", _column("target", "text")),
        ("金额 金额", _column("金额", "money")),
        ("等级 文本", _column("等级", "text")),
        ("在岗 是否", _column("在岗", "bool")),
    ],
)
def test_columns(text: str, column: ast.Column) -> None:
    table = item(f"table t\n    {text}\n")
    assert isinstance(table, ast.Table)
    assert table.columns == (column,)


def test_table_with_dates_in_force() -> None:
    table = item("table t\n    a date\n    active from a to b\n    b date\n")
    assert isinstance(table, ast.Table)
    assert [column.name.text for column in table.columns] == ["a", "b"]
    assert table.active == (ast.ActiveClause(_name("a"), _name("b"), span=NOWHERE),)


@pytest.mark.parametrize(
    "text", ["table t expects rows", 'table t "T" expects   rows', "数据表 t 必有数据", "table t必有数据"]
)
def test_words_after_the_name_of_a_table(text: str) -> None:
    """They stand after the title; one that touches the name is a part of it."""
    table = item(f"{text}\n    a text\n")
    assert isinstance(table, ast.Table)
    marked = text.split()[1] == "t"
    assert table.marks == ((ast.TableMark("expects rows", span=NOWHERE),) if marked else ())
    assert table.name.text == ("t" if marked else "t必有数据")


def test_subject() -> None:
    assert item("subject t\n") == ast.Subject(_name("t"), span=NOWHERE)
    with_boss = ast.Subject(_name("t"), _path("a"), _name("b"), span=NOWHERE)
    assert item("subject t where a\n    reports to b\n") == with_boss


def test_a_define_with_where_is_a_table_and_one_without_is_a_value() -> None:
    assert item("define x = t\n") == ast.Define(_name("x"), None, _plain(_path("t")), span=NOWHERE)
    table = ast.DefineTable(_name("x"), "T", _name("t"), _path("a"), span=NOWHERE)
    assert item('define x "T" = t where a\n') == table


def test_a_define_with_a_dot_is_a_column() -> None:
    column = ast.DefineColumn(_name("t"), _name("x"), "X", _plain(_path("a")), span=NOWHERE)
    assert item('define t.x "X" = a\n') == column
    assert isinstance(item("define t.x by a\n    else : 1\n"), ast.DefineColumn)


def test_limits_stand_in_order() -> None:
    define = item("define x = a, at most 3, at least b, at most 4\n")
    assert isinstance(define, ast.Define)
    assert isinstance(define.rule, ast.Formula)
    limits = [(limit.at_most, limit.bound) for limit in define.rule.limits]
    assert limits == [(True, _number(3)), (False, _path("b")), (True, _number(4))]


def test_limit_clauses_belong_to_the_clause_above() -> None:
    indicator = item(
        "indicator a\n    actual b\n    score by c\n        else : 1\n    at most 9, at least 2\n    at most 8\n"
        "    target d\n    at least 1\n    missing exclude\n"
    )
    assert isinstance(indicator, ast.Indicator)
    limits = {c.name: [(limit.at_most, limit.bound) for limit in c.limits] for c in indicator.clauses}
    assert limits == {
        "actual": [],
        "score": [(True, _number(9)), (False, _number(2)), (True, _number(8))],
        "target": [(False, _number(1))],
    }
    assert [clause.name for clause in indicator.clauses] == ["actual", "score", "target"]


def test_a_clause_written_twice_stands_twice() -> None:
    indicator = item("indicator a\n    actual b\n    actual c\n    missing exclude\n    missing score 5\n")
    assert isinstance(indicator, ast.Indicator)
    assert len(indicator.clauses) == 2
    assert [(m.policy, m.points) for m in indicator.missing] == [("exclude", None), ("score", _number(5))]


def test_rows_of_every_form() -> None:
    define = item("define x by a\n    >= 1 : 2\n    'b', 3 : 4\n    else : 5\n".replace("'b'", '"b"'))
    assert isinstance(define, ast.Define)
    assert define.rule == ast.By(
        _path("a"),
        (
            ast.Row(ast.Comparison(">=", _number(1), span=NOWHERE), _plain(_number(2)), span=NOWHERE),
            ast.Row(
                ast.Listed((ast.Text("b", span=NOWHERE), _number(3)), span=NOWHERE), _plain(_number(4)), span=NOWHERE
            ),
            ast.Row(ast.Else(span=NOWHERE), _plain(_number(5)), span=NOWHERE),
        ),
        span=NOWHERE,
    )
    tiers = item("define x tiers a from b\n    up to 1 : 2\n    above : 3\n")
    assert isinstance(tiers, ast.Define)
    assert isinstance(tiers.rule, ast.Tiers)
    assert (tiers.rule.subject, tiers.rule.start) == (_path("a"), _path("b"))
    assert [row.head for row in tiers.rule.rows] == [ast.UpTo(_number(1), span=NOWHERE), ast.UpTo(None, span=NOWHERE)]
    choose = item("define x choose\n    when a > 1 : 2\n    else : 3\n")
    assert isinstance(choose, ast.Define)
    assert isinstance(choose.rule, ast.Choose)
    assert [type(row.head) for row in choose.rule.rows] == [ast.When, ast.Else]


def test_the_right_side_of_a_row_may_be_another_rule_or_a_formula_below() -> None:
    define = item("define x by a\n    1 :\n        curve b\n            1 : 2\n    else :\n        c, at most 2\n")
    assert isinstance(define, ast.Define)
    assert isinstance(define.rule, ast.By)
    inner, below = (row.value for row in define.rule.rows)
    assert isinstance(inner, ast.Curve)
    assert isinstance(below, ast.Formula)
    assert below.expr == _path("c")


def test_for_and_when_of_pay_stand_on_its_line_or_below() -> None:
    above = item("pay x for a when b\n    amount 1\n")
    assert above == item("pay x when b for a\n    amount 1\n")
    assert above == item("pay x\n    when b\n    amount 1\n    for a\n")
    assert above == item("pay x for a\n    amount 1\n    when b\n")
    assert isinstance(above, ast.Pay)
    assert (above.applies, above.when) == (_path("a"), _path("b"))


def test_a_component_is_written_as_pay_is_and_not_paid() -> None:
    component, pay = item("component x for a when b\n    amount 1\n"), item("pay x for a when b\n    amount 1\n")
    assert isinstance(component, ast.Pay)
    assert (component.paid, replace(component, paid=True)) == (False, pay)
    assert component == item("明细 x 适用 a 当 b\n    金额 1\n")


def test_scorecard_keeps_entries_in_and_out_of_groups() -> None:
    card = item("scorecard s\n    a 5%\n    group g 60%\n        b 60% when c\n    adjust d = -1\n    e 35\n")
    assert isinstance(card, ast.Scorecard)
    assert [entry.indicator.text for entry in card.entries] == ["a", "e"]
    assert [(g.name.text, [e.indicator.text for e in g.entries]) for g in card.groups] == [("g", ["b"])]
    assert card.groups[0].entries[0].when == _path("c")
    assert card.entries[1].weight == _number(35)
    assert [adjust.name.text for adjust in card.adjusts] == ["d"]


def test_a_gate_may_do_several_things() -> None:
    gate = item('gate g when a\n    grade at most "C"\n    m.score is 0\n    p at least 1\n')
    assert isinstance(gate, ast.Gate)
    effects = [(effect.target.text, effect.how) for effect in gate.effects]
    assert effects == [("grade", "at most"), ("m.score", "is"), ("p", "at least")]


def test_lines_continue_inside_brackets() -> None:
    spread = "define x = sum(   # of all\n\n    a where  # only\n  b\n) + (1 +\n    2)\n"
    assert item(spread) == item("define x = sum(a where b) + (1 + 2)\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_comments_and_blank_lines_do_not_matter(end: str) -> None:
    lines = [
        "\ufeff# first",
        "",
        "indicator a  # here",
        "   ",
        "# there",
        "    actual b",
        "",
        "  # anywhere",
        "    score c",
        "",
    ]
    assert sound(end.join(lines)).items == sound("indicator a\n    actual b\n    score c").items


def test_indentation_may_be_any_width_and_of_tabs_or_wide_spaces() -> None:
    model = sound("indicator a\n    score by b\n        else : c\n    target d\n").items
    assert sound("indicator a\n score by b\n        else : c\n target d\n").items == model
    assert sound("indicator a\n\tscore by b\n\t\telse : c\n\ttarget d\n").items == model
    assert sound("indicator a\n\u3000 score by b\n  \u3000else : c\n \u3000target d\n").items == model
