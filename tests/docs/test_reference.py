"""The reference has an example of every construct in both languages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "reference.md"
LATER = {"reports to", "team", "reports", "history", "rank", "percentile", "share", "paid", "prior"}
"""Words that the table has and this version refuses."""

_HAN = re.compile(r"[\u4e00-\u9fff]")


def _words() -> Iterator[tuple[str, list[str]]]:
    """Every word of the language in English, and the spellings of it in Chinese."""
    table = tomllib.loads((ROOT / "grammar" / "words.toml").read_text(encoding="utf-8"))
    for section in table["keyword"].values():
        for spellings in section.values():
            english, *chinese = spellings.split(" | ")
            yield english, chinese
    for section in ("name", "function"):
        for english, spellings in table[section].items():
            yield english, spellings.split(" | ")


def _examples(*, chinese: bool) -> str:
    texts = (block.text for block in blocks(PAGE) if block.mark == "kpi" and "wrong" not in block.words)
    return "\n".join(text for text in texts if bool(_HAN.search(text)) is chinese)


@pytest.mark.parametrize("chinese", [False, True], ids=["en", "zh"])
def test_every_word_has_an_example(*, chinese: bool) -> None:
    text = _examples(chinese=chinese)
    known = [spellings if chinese else [english] for english, spellings in _words() if english not in LATER]
    assert not [" | ".join(spelling) for spelling in known if not any(_stands(word, text) for word in spelling)]


def _stands(word: str, text: str) -> bool:
    spaced = r"\s+".join(map(re.escape, word.split()))
    return re.search(rf"(?<!\w){spaced}(?![^\W\d])", text) is not None


def test_the_pieces_stand_in_pairs() -> None:
    """Each example in one language has its twin in the other, with as many lines."""
    texts = [block.text for block in blocks(PAGE) if block.mark == "kpi"]
    chinese = [text for text in texts if _HAN.search(text)]
    english = [text for text in texts if not _HAN.search(text)]
    assert [text.count("\n") for text in chinese] == [text.count("\n") for text in english]
