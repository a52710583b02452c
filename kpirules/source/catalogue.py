"""The words of diagnostics, by code and language.

Each room keeps its own file, `messages/<language>/<room>.toml`. A table whose name is a code holds the entry of that
code; the table `words` holds single words that messages are put together from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
FOLDER = Path(__file__).with_name("messages")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one code: a short title, the message, and the texts of labels and help lines by key."""

    title: str
    message: str
    labels: Mapping[str, str]
    helps: Mapping[str, str]


def entry(code: str, lang: str) -> Entry:
    """The words of a code in a language (`en`, `zh`).

    Raises:
        KeyError: the catalogue has no such code, or there is no such language.
    """
    return _catalogue(lang)[0][code]


def word(key: str, lang: str) -> str:
    """A single word; a key that the catalogue does not have is its own word.

    Raises:
        KeyError: there is no such language.
    """
    return _catalogue(lang)[1].get(key, key)


@cache
def _catalogue(lang: str) -> tuple[dict[str, Entry], dict[str, str]]:
    if lang not in LANGUAGES:
        raise KeyError(lang)
    entries: dict[str, Entry] = {}
    words: dict[str, str] = {}
    for path in sorted((FOLDER / lang).glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        words |= tables.pop("words", {})
        entries |= {code: _entry(table) for code, table in tables.items()}
    return entries, words


def _entry(table: dict[str, Any]) -> Entry:
    return Entry(table["title"], table["message"], table.get("labels", {}), table.get("helps", {}))
