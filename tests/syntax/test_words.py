from __future__ import annotations

import tomllib

import pytest

from kpirules.syntax import grammar, words


@pytest.mark.parametrize(
    ("name", "english"),
    [("actual", "actual"), ("实际", "actual"), ("在岗比例", "active_share"), ("年初", "year_start"), ("own", "own")],
)
def test_built_in_names(name: str, english: str) -> None:
    assert words.builtin(name) == english


@pytest.mark.parametrize("name", ["revenue", "sum", "合计", "Actual", ""])
def test_other_names_are_not_built_in(name: str) -> None:
    assert words.builtin(name) is None


@pytest.mark.parametrize(
    ("name", "english"),
    [("sum", "sum"), ("合计", "sum"), ("舍入", "round"), ("四舍五入", "round"), ("去重计数", "count distinct")],
)
def test_functions(name: str, english: str) -> None:
    assert words.function(name) == english
    assert name in words.functions()


def test_a_name_is_no_function() -> None:
    assert words.function("actual") is None


@pytest.mark.parametrize(
    ("word", "chinese"),
    [
        ("active_share", "在岗比例"),
        ("sum", "合计"),
        ("at most", "封顶"),
        ("period", "周期"),
        ("period (column)", "所属期"),
        ("month", "月度"),
        ("month (function)", "月份"),
        ("grade", "等级"),
    ],
)
def test_spelling(word: str, chinese: str) -> None:
    assert words.spelling(word, "zh") == chinese
    assert words.spelling(word, "en") == word.partition(" (")[0]
    assert chinese in words.spellings(word)


def test_a_word_that_is_none_has_no_spelling() -> None:
    with pytest.raises(KeyError):
        words.spelling("commission", "en")


def _later(text: str) -> str | None:
    """The English word of what belongs to a later version, by the patterns that the reader looks for."""
    later = [
        later_word.word.english
        for later_word in words.laters("item", "opening", "any")
        if later_word.pattern.fullmatch(text)
    ]
    return later[0] if later else None


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("distribution", "distribution"),
        ("强制分布", "distribution"),
        ("去年同期", "over same period last year"),
        ("over   previous 12 periods", "over previous N periods"),
        ("近2期", "over last N periods"),
        ("近 2 期", "over last N periods"),
        ("money in", "money in"),
        ("spread  evenly", "spread evenly"),
    ],
)
def test_words_of_later_versions(text: str, english: str) -> None:
    assert _later(text) == english


@pytest.mark.parametrize("text", ["indicator", "sum", "a component", "componental", ""])
def test_what_is_here_or_nowhere_is_not_later(text: str) -> None:
    assert _later(text) is None


@pytest.mark.parametrize(
    ("name", "spaced"),
    [
        ("a且b", "a 且 b"),
        ("如果a", "如果 a"),
        ("按实际", "按 实际"),
        ("销售额去年同期", "销售额 去年同期"),
        ("x不为空", "x 不为空"),
        ("a不属于b", "a 不属于 b"),
    ],
)
def test_glued(name: str, spaced: str) -> None:
    assert words.glued(name) == spaced


@pytest.mark.parametrize("name", ["order", "revenue", "销售额", "且", "人数", "acted", "员工.当", "且.a", ""])
def test_names_in_which_nothing_sticks(name: str) -> None:
    assert words.glued(name) is None


def test_one_spelling_has_one_meaning_where_the_grammar_could_not_tell() -> None:
    """Names are told apart by nothing but their spelling."""
    for section in ("name", "function"):
        spelled = [s for key, row in words.table()[section].items() for s in (key, *row.split(" | "))]
        assert len(spelled) == len(set(spelled))


def test_what_is_here_is_not_called_later() -> None:
    here = {(word.section, word.english) for word in words.keywords().values()}
    assert not {("item", word) for word in words.table()["later"]["item"]} & here
    assert not any(_later(s) for w in words.keywords().values() for s in w.spellings if w.section == "item")


def test_what_people_write_for_a_keyword_is_none_where_it_stands_for_one() -> None:
    near = tomllib.loads(grammar.read(grammar.NEAR))["keyword"]
    for terminal, row in near.items():
        keyword = words.keywords()[terminal]
        for word in row.split(" | "):
            assert word not in keyword.spellings
            assert words.near(word, {terminal}) == keyword.spelling("en" if word.isascii() else "zh")
            assert words.near(word, set()) is None


def test_a_word_that_people_write_for_a_keyword_counts_as_meant() -> None:
    assert words.meant("货币", "currency")
    assert words.meant("币种", "currency")
    assert not words.meant("货币", "period")


def test_what_a_function_is_called_elsewhere_is_none_here() -> None:
    near = tomllib.loads(grammar.read(grammar.NEAR))["function"]
    assert near.keys() <= words.table()["function"].keys()
    for name, row in near.items():
        for word in row.split(" | "):
            assert words.function(word) is None
            assert words.function_meant(word.upper()) == name
