"""What is said of each thing that can be wrong, and where."""

from __future__ import annotations

import pytest

from kpirules.source import Diagnostic
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.render import render_text
from kpirules.syntax import ast
from kpirules.syntax.parse import MOST_OF_A_FILE, MOST_OF_AN_ITEM
from tests.syntax.samples import only, read, said


def _filled(fault: Diagnostic, key: str) -> dict[str, object]:
    (args,) = [note.args for note in fault.helps if note.key == key]
    return dict(args)


# ---------------------------------------------------------------- out of place


@pytest.mark.parametrize(
    ("text", "place", "helps"),
    [
        ("define x = a b", "b", ["operator"]),
        ("define x = a < b < c", "a < b < c", ["write"]),
        ("define x = f(a = 1, b)", ",", ["instead"]),
        ("define x = f(a, at most 1)", "at", ["instead"]),
        ("define x sum(a)", "sum", ["equal"]),
        ("define x by a\n    >= 1 2\n    else : 3", "2", ["colon"]),
        ("define x by a\n    else 3", "3", ["colon"]),
        ("define x = a by b", "by", ["instead"]),
        ("scorecard s\n    a b", "b", ["instead"]),
        ("table t\n    a txet", "txet", ["similar"]),
        ("table t\n    a text optinal", "optinal", ["similar"]),
        ("indicator x\n    actaul y", "actaul", ["similar"]),
        ("指标 x\n    实迹 y", "实迹", ["similar"]),
        ("指标 x\n    实际y", "实际y", ["space"]),
        ("定义 x = 如果a 则 b 否则 c", "则", ["space"]),
        ("红线 g 当 a\n    grade为 1", "1", ["space"]),
        ("定义 x = 100且 b", "100且", ["space"]),
        ("define x = (a))) + 1", ")", ["out"]),
        ("scheme s\n    version 2024.3", "2024.3", ["quote"]),
        ("指标 x\n    目标值 y", "目标值", ["similar"]),
        ("数据表 t\n    a 日期 可为空", "可为空", ["similar"]),
        ("计分卡 s\n    纬度 业绩 80%", "业绩", ["head"]),
        ("红线 g 计数(a) > 0\n    等级 为 1", "计数", ["when"]),
        ("指标 x\n    实际 计数 a", "a", ["call"]),
        ("定义 x = (a 每 12)", ")", ["per"]),
        ("定义 x 按 a\n    > 10 万元 : 1\n    否则 : 2", "万元", ["join"]),
        ('保证 a > 1 "不少 且 不多"', '"不少 且 不多"', ["message"]),
        ('保证 a > 1 "不少且不多"', '"不少且不多"', ["message"]),
    ],
)
def test_out_of_place(text: str, place: str, helps: list[str]) -> None:
    fault = only(text)
    assert said(fault)[1:] == (place, helps)
    assert fault.code in ("KPI101", "KPI108")


@pytest.mark.parametrize("typed", ["2024-7-1", "2024/07/01", "2024.7.1", "2024年7月1日"])
def test_a_day_in_another_notation_is_shown_as_it_is_written_here(typed: str) -> None:
    fault = only(f"方案 s\n    生效 自 {typed}")
    assert said(fault) == ("KPI101", typed, ["date"])
    assert _filled(fault, "date") == {"date": "2024-07-01"}


def test_a_full_stop_at_the_end_is_to_be_left_out() -> None:
    fault = only("计分卡 s\n    客诉 30%。")
    assert said(fault) == ("KPI101", "。", ["drop"])


def test_a_line_that_begins_with_a_slip_is_told_by_its_first_word() -> None:
    fault = only("计分卡 s\n    纬度 业绩 80%")
    assert _filled(fault, "head") == {"word": "纬度", "similar": "维度"}


@pytest.mark.parametrize(("typed", "near"), [("季渡", "季度"), ("月渡", "月度")])
def test_of_keywords_as_close_the_one_as_long_is_offered(typed: str, near: str) -> None:
    assert _filled(only(f"方案 s\n    周期 {typed}"), "similar") == {"similar": near}


@pytest.mark.parametrize(
    ("text", "typed", "write"),
    [
        ("定义 y = a x 3", "x", "×"),
        ("define y = a x 3", "x", "*"),
        ("define x == a", "==", "="),
        ("define x = a == b", "==", "="),
        ("define x = a => b", "=>", ">="),
        ("define x = a =< b", "=<", "<="),
        ("define x = a <> b", "<>", "!="),
        ("define x = a && b", "&&", "and"),
        ("define x = a || b", "||", "or"),
        ("define x = !a", "!", "not"),
        ("define x = a ** b", "**", "*"),
        ("define x = 'a'", "'a'", '"a"'),
        ("define x = a — b", "—", "-"),
        ("define x = [a]", "[", "("),
    ],
)
def test_signs_of_other_notations(text: str, typed: str, write: str) -> None:
    fault = only(text)
    assert said(fault) == ("KPI101", typed, ["write"])
    assert _filled(fault, "write") == {"write": write}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("define x = * 2", "a value"),
        ("table t\n    a 5", "a type"),
        ("indicator x\n    5", "`actual`, `target`, `achievement`, `score`, `missing`"),
        ("指标 x\n    5", "`实际`、`目标`、`达成率`、`得分`、`缺失`"),
        ("define x = f(a, b = 1)", "an operator, `)`, `,`"),
        ("table t\n    a text in b", "a constant"),
        ("define x by a\n    1 2", "an operator, `,`, `:`"),
        ("subject t of", "the end of the line, `where`"),
        ("effect", "`scheme`, `table`, `subject`, `define`, `indicator`, `scorecard`, …"),
    ],
)
def test_what_could_stand_there(text: str, expected: str) -> None:
    fault = only(text)
    chinese = any("\u4e00" <= char <= "\u9fff" for char in text)
    assert expected in render_text([fault], "zh" if chinese else "en")


def test_what_could_follow_a_line_that_ends_too_soon() -> None:
    fault = only("define x =\ndefine y = 1\n")
    assert said(fault) == ("KPI116", "=", ["more"])
    assert "a value" in render_text([fault], "en")
    assert said(only("define x by a\n    else"))[2] == ["colon"]
    assert said(only("define x"))[2] == ["equal"]
    assert said(only("define x = a per 12"))[1:] == ("2", ["per"])


@pytest.mark.parametrize(
    ("text", "word", "helps"),
    [
        ("indcator x\n    actual y", "indcator", ["similar"]),
        ("指杯 x\n    实际 y", "指杯", ["similar"]),
        ("指标达成\n    实际 y", "指标达成", ["space"]),
        ("if a then b else c", "if", ["if"]),
        ("如果 a 则 b 否则 c", "如果", ["if"]),
        ("target 5", "target", ["indent"]),
        ("生效 自 2024-01-01", "生效", ["indent"]),
        ("5", "5", ["none"]),
        ("kpi x", "kpi", ["similar"]),
        ("x y", "x", ["none"]),
    ],
)
def test_what_begins_no_item(text: str, word: str, helps: list[str]) -> None:
    assert said(only(text)) == ("KPI110", word, helps)


@pytest.mark.parametrize("char", ["\0", "\u200b", "\xad", "\x1b", "\u202e", "\u2028", "\ud800", "\ufeff", "\r", "\x85"])
def test_characters_that_cannot_be_seen(char: str) -> None:
    for text in (f"define x = a{char}b", f'define x = "a{char}b"', f"define x = 1  # a{char}b", f"# {char}b"):
        fault = only(f"{text}\n")
        assert said(fault) == ("KPI109", char, ["after"])
        assert fault.args["point"] == f"U+{ord(char):04X}"


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "helps"),
    [
        ("define x = round(1,500)", ["number", "apart"]),
        ("define x = round(1，500)", ["number", "apart"]),
        ("define x = (1,500 + a)", ["number", "apart"]),
        ("define x = 1,500", ["number"]),
        ("table t\n    a number between 0 and 1,500", ["number"]),
    ],
)
def test_commas_inside_a_number(text: str, helps: list[str]) -> None:
    fault = only(text)
    assert fault.code == "KPI115"
    assert [note.key for note in fault.helps] == helps
    assert fault.args["number"] == "1_500"


@pytest.mark.parametrize("text", ["min(1, 500)", "min(1,50)", "min(a,500)", "min(1_000,5000)"])
def test_commas_between_numbers(text: str) -> None:
    assert read(f"define x = {text}")[1] == ()


@pytest.mark.parametrize("day", ["2024-13-45", "2024-02-30", "0000-01-01", "2023-02-29"])
def test_a_date_that_is_none(day: str) -> None:
    help_ = "form" if day in ("2024-13-45", "0000-01-01") else "last"
    assert said(only(f"define x = {day}")) == ("KPI112", day, [help_])
    assert said(only(f"scheme s\n    effective from {day}")) == ("KPI112", day, [help_])


@pytest.mark.parametrize("number", ["1" * 39, "1" * 5000, "0." + "1" * 5000, "1" * 5000 + "亿"])
def test_a_number_too_long(number: str) -> None:
    assert said(only(f"define x = {number}")) == ("KPI113", number, ["shorter"])


def test_the_longest_number() -> None:
    assert read(f"define x = {'9' * 38}")[1] == ()


@pytest.mark.parametrize("name", ["近2", "不低于0", "封顶100", "每5"])
def test_a_keyword_and_digits_are_no_name(name: str) -> None:
    fault = only(f"定义 {name} = 1")
    assert said(fault) == ("KPI117", name, ["other"])


def test_places_that_are_not_whole() -> None:
    assert said(only("scheme s\n    rounding score 1.5")) == ("KPI118", "1.5", ["write"])
    assert said(only("table t\n    a number(1.5)")) == ("KPI118", "1.5", ["write"])


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ('scheme s\n    version "1"\n    版本 "2"', "version", "版本"),
        ("scheme s\n    period month\n    period year", "period", "period"),
        ("table t\n    a text key 主键", "key", "主键"),
        ("table t\n    a percent as points as fraction", "as points", "as fraction"),
        ("subject t\n    reports to a\n    汇报 b", "reports to", "汇报"),
        ("pay x for a\n    amount 1\n    适用 b", "for", "适用"),
        ("pay x when a when b\n    amount 1", "when", "when"),
    ],
)
def test_written_twice(text: str, first: str, second: str) -> None:
    fault = only(text)
    assert said(fault) == ("KPI111", second, ["once"])
    assert [(label.key, label.span.text) for label in fault.labels] == [("first", first)]
    assert fault.span is not None
    assert fault.labels[0].span.start < fault.span.start


# ---------------------------------------------------------------- what this version does not have


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('use "a.kpi" as a', "as"),
        ("distribution within region, at least 10 people, ties better\n    1 : 2", "distribution"),
        ("spread x", "spread"),
        ("scheme s\n    fiscal year from 4 named by start", "fiscal year from"),
        ("table t\n    a money in USD", "money in"),
        ("数据表 t\n    a 金额 计价 USD", "计价"),
        ("table t\n    a text key at least", "key at least"),
        ("数据表 t\n    a 文本 主键 不超过", "主键 不超过"),
        ("table t\n    a text anonymous", "anonymous"),
        ("subject t per a", "per"),
        ('subject t where b = "x" per a', "per"),
        ('考核对象 t 其中 b = "x" 按 a', "按"),
        ("考核对象 t 按 a", "按"),
        ("define x = t where a dated b", "dated"),
        ("pay x for each orders\n    amount 1", "for each"),
        ("奖金 x 逐笔 orders\n    金额 1", "逐笔"),
        ("pay x\n    amount 1\n    less paid over quarter to date", "less paid"),
        ("pay x\n    amount share pool by a", "share"),
        ("define x = t.a at (b = 1)", "at"),
        ("define x by a, b\n    : 1 | 2", "by a, b"),
        ("define x by a using t.c", "using"),
        ("define x tiers a 查表 t.c", "查表"),
        ("define x = rank(a) within b", "within"),
        ("define x = a normalized within b", "normalized within"),
        ("define x = avg(a, trim 1, at least 5)", "trim"),
        ("define x = avg(a, at least 5)", "at least 5"),
        ("定义 x = 平均(a, 至少5)", "至少5"),
        ("define x = a over previous period", "over previous period"),
        ("define x = a over last 3 periods", "over last 3 periods"),
        ("define x = sum(a) over same period last year - 1", "over same period last year"),
        ("定义 x = a 上期 + 1", "上期"),
        ("定义 x = a 近2期", "近2期"),
        ("定义 x = a 前 3 期", "前 3 期"),
        ("定义 x = a 2期前", "2期前"),
        ("定义 x = a 历来", "历来"),
        ("define x = a spread evenly", "spread evenly"),
    ],
)
def test_refused_by_name(text: str, word: str) -> None:
    fault = only(text)
    assert said(fault)[:2] == ("KPI801", word)
    assert fault.helps
    assert fault.args == {"word": word}


# ---------------------------------------------------------------- many faults, and what is left


def test_faults_come_in_file_order_and_each_line_once() -> None:
    text = (
        "table t\n    a txt\n    b text\n    c text ky\n"
        "indicator x\n    actual a a\n    score by b\n        >= 1 1\n        else : 2 2\n    target c c\n"
        "define y = 1\ndefine z = = 1\n"
    )
    file, faults = read(text)
    assert [fault.span and fault.span.text for fault in faults] == ["txt", "ky", "a", "1", "2", "c", "="]
    assert [type(node) for node in file.items] == [ast.Define]
    assert [type(fragment.item) for fragment in file.fragments] == [ast.Table]
    assert file.broken == {"", "a", "c", "x", "z"}


def test_a_block_emptied_by_faults_is_no_fault_of_its_own() -> None:
    assert said(only("pay x\n    amount by a\n        >= 1 1\n    at most 3"))[:2] == ("KPI101", "1")
    assert said(only("gate g when a\n    b c\ndefine x = 1"))[:2] == ("KPI101", "c")


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("define x = =", {"x"}),
        ("define t.x = (1", {"t.x"}),
        ("defin x = 1", {"x"}),
        ("定义 caf\u0065\u0301 = =", {"caf\u00e9"}),
        ("table t\n    a txt\n    b text", {"", "a"}),
        ("tabel t\n    a text", {"t"}),
        ("scorecard s\n    group g 5\n        a 5 5\n    adjust j = 1", {"s", "g", "j", "total", "总分"}),
        ("grade by", {"grade", "等级"}),
        ("subject t t", {""}),
        ("define", {""}),
    ],
)
def test_broken_items_keep_their_names(text: str, broken: set[str]) -> None:
    file, faults = read(text)
    assert faults
    assert file.items == ()
    assert file.broken == broken


def test_an_item_is_given_up_after_so_many_faults() -> None:
    assert len(read("define x by a\n" + "    1 1\n" * 50)[1]) == MOST_OF_AN_ITEM


def test_a_file_that_is_no_rule_file_does_not_flood() -> None:
    file, faults = read("a,b,c\n" * 20_000 + "define x = =\n")
    assert len(faults) == MOST_OF_A_FILE + 1
    assert "x" in file.broken


def test_every_fault_of_a_bad_text_can_be_said_in_both_languages() -> None:
    text = (
        ' a\ntable t\n    a txt\n\tb text\nindicator x\ndefine y = (1\ndefine z = "\ndefine a = )\ndefine b = \0\n'
        "define c = 2024-13-01\ndefine d = round(1,500)\ndefine e =\n定义 近2 = 1\ndefine f = a over b\n"
        "scheme s\n    rounding a 1.5\n    rounding a 1\n" + f"define g = {'9' * 50}\ndefine h = {'(' * 200}\n"
    )
    _, faults = read(text)
    codes = {fault.code for fault in faults}
    assert len(codes) > 12
    for language in LANGUAGES:
        said = render_text(faults, language)
        assert all(f"[{code}]" in said for code in codes)
        assert "{" not in said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('定义 a = 员工.月薪 取 (工号 = "1")', "KPI801"),
        ('数据表 员工\n    大区 文本 取 "华东"', "KPI101"),
        ("pay p unless a > 3\n    amount a", "KPI101"),
    ],
)
def test_a_word_that_may_be_meant_for_two_is_told_by_what_follows(text: str, code: str) -> None:
    _, (fault, *_) = read(text)
    assert fault.code == code
    assert not any(note.args.get("similar") == "when" for note in fault.helps)
