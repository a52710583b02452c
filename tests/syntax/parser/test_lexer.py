"""Our lexer finds the tokens that Lark's own finds, and fails where it fails."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kpirules.source import SourceText
from kpirules.syntax import layout, words
from kpirules.syntax.parser.item_parser import ItemParser, item_parser
from tests.syntax.samples import CHINESE, ENGLISH

_SPELLINGS = [spelling for word in words.keywords().values() for spelling in word.spellings]
_PIECES = st.sampled_from(
    [
        *_SPELLINGS,
        *'()+-*/%=:,."“”',
        ", at most",
        ",封顶",
        "1",
        "1_000万",
        "2024-07-01",
        "5元",
        "USD",
        "x",
        "名",
        "\n    ",
        "\n",
    ]
)


@cache
def larks() -> ItemParser:
    """A parser as Lark makes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lark.lexer.has_interegular", False)  # its look for clashes is slow, and has a test of its own
        return ItemParser.build()


def read(parser: ItemParser, text: str) -> tuple[list[tuple[str, str, int | None]], object]:
    """The tokens of a text as far as it can be read, and what stopped the reading."""
    tokens: list[tuple[str, str, int | None]] = []
    reading = parser.parse_interactive(text)
    try:
        tokens.extend((token.type, str(token), token.end_pos) for token in reading.iter_parse())
    except UnexpectedToken as error:
        return tokens, (error.pos_in_stream, error.token.type, str(error.token), frozenset(error.accepts or ()))
    except UnexpectedCharacters as error:
        return tokens, (error.pos_in_stream, frozenset(error.allowed or ()))
    except UnexpectedInput as error:
        return tokens, type(error)
    return tokens, frozenset(reading.accepts())  # type: ignore[no-untyped-call]  # Lark says no types for it


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_item_of_the_samples(text: str) -> None:
    prepared = layout.prepare(SourceText("", text))
    for lines in prepared.items:
        item = prepared.lexed[lines[0].start : lines[-1].end] + "\n"
        tokens, end = read(item_parser(), item)
        assert (tokens, end) == read(larks(), item)
        assert len(tokens) > 1


@given(st.lists(st.tuples(_PIECES, st.sampled_from(["", " "]))).map(lambda parts: "".join(a + b for a, b in parts)))
def test_any_run_of_words_and_signs(text: str) -> None:
    assert read(item_parser(), text) == read(larks(), text)


@given(st.sampled_from(["define x = ", "定义 名 = ", "table t\n    "]), st.lists(_PIECES).map(" ".join))
def test_any_run_after_a_beginning(beginning: str, text: str) -> None:
    assert read(item_parser(), beginning + text) == read(larks(), beginning + text)
