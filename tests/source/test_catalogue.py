import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from kpirules.source.catalogue import FOLDER, LANGUAGES, entry, word

PACKAGE = FOLDER.parents[1]
ROOMS = sorted({path.name for path in FOLDER.glob("*/*.toml")})


def _read(lang: str, room: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((FOLDER / lang / room).read_text(encoding="utf-8"))


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_have_the_same_codes_keys_and_placeholders(room: str) -> None:
    english, chinese = (_read(lang, room) for lang in LANGUAGES)
    assert english.keys() == chinese.keys()
    for code in english:
        if code == "words":
            assert english[code].keys() == chinese[code].keys()
            continue
        assert english[code].keys() == chinese[code].keys(), code
        assert _fields(english[code]["message"]) == _fields(chinese[code]["message"]), code
        for part in ("labels", "helps"):
            texts = english[code].get(part, {}), chinese[code].get(part, {})
            assert texts[0].keys() == texts[1].keys(), code
            for key in texts[0]:
                assert _fields(texts[0][key]) == _fields(texts[1][key]), (code, key)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_code_stands_in_one_room_only(lang: str) -> None:
    codes = [code for room in ROOMS if (FOLDER / lang / room).exists() for code in _read(lang, room) if code != "words"]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_word_stands_in_one_room_only(lang: str) -> None:
    """All words share one space of words: of two, one would be said in place of the other."""
    words = [name for room in ROOMS if (FOLDER / lang / room).exists() for name in _read(lang, room).get("words", {})]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_of_the_package_has_words(lang: str) -> None:
    used: dict[str, Path] = {}
    for path in PACKAGE.rglob("*.py"):
        used |= dict.fromkeys(re.findall(r"\"(KPI\d{3})\"", path.read_text(encoding="utf-8")), path)
    assert used
    for code, path in used.items():
        assert entry(code, lang).message, path


@pytest.mark.parametrize("room", ROOMS)
def test_messages_begin_in_lower_case_and_have_no_full_stop(room: str) -> None:
    for lang in LANGUAGES:
        for code, table in _read(lang, room).items():
            texts = [*table.values()] if code == "words" else [table["title"], table["message"]]
            for text in texts:
                assert not text.endswith((".", "。")), (lang, code)
                assert not text[:1].isupper() or text[:2].isupper(), (lang, code)


def test_words_fall_back_to_themselves_and_languages_are_known() -> None:
    assert word("error", "zh") == "错误"
    assert word("never a word", "en") == "never a word"
    with pytest.raises(KeyError):
        entry("KPI000", "en")
    with pytest.raises(KeyError):
        word("error", "fr")
