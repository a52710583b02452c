"""The words of diagnostics, by code and language.

Each room keeps its own file, `messages/<language>/<room>.toml`. A table whose name is a code holds the entry of that
code; the table `words` holds single words that messages are put together from.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kpirules.records import dataclass

LANGUAGES = ("en", "zh")
VARIABLES = ("KPIRULES_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
"""The environment's words on the reader's language, the first that says something counts."""

FOLDER = Path(__file__).with_name("messages")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one code: a short title, the message, and the texts of labels and help lines by key."""

    title: str
    message: str
    labels: Mapping[str, str]
    helps: Mapping[str, str]


def reader_language() -> str:
    """The reader's language, `zh` or `en`: what KPIRULES_LANG says, else the locale."""
    named = next((value for name in VARIABLES if (value := os.environ.get(name))), None)
    if named is None:
        import locale  # noqa: PLC0415  # seldom asked: the environment mostly says it

        named = locale.getlocale()[0] or ""
    return "zh" if named.casefold().startswith(("zh", "chinese")) else "en"


def entry(code: str, lang: str) -> Entry:
    """The words of a code in a language (`en`, `zh`).

    Raises:
        KeyError: the catalogue has no such code, or there is no such language.
    """
    return _entries(lang)[code]


def codes() -> tuple[str, ...]:
    """Every code of the catalogues, in order."""
    return tuple(sorted(_entries(LANGUAGES[0])))


def word(key: str, lang: str) -> str:
    """A single word; a key that the catalogue does not have is its own word.

    Raises:
        KeyError: there is no such language.
    """
    return next((words[key] for words in map(_words, _rooms(lang)) if key in words), key)


@cache
def _rooms(lang: str) -> tuple[Path, ...]:
    """The files of a language, the smallest first: a single word is found before the long ones are read."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    files = (FOLDER / lang).glob("*.toml")
    return tuple(sorted(files, key=lambda path: (path.stat().st_size, path.name)))


@cache
def _tables(room: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  # of no use where no word is asked for

    return tomllib.loads(room.read_text(encoding="utf-8"))


def _words(room: Path) -> dict[str, str]:
    words: dict[str, str] = _tables(room).get("words", {})
    return words


@cache
def _entries(lang: str) -> dict[str, Entry]:
    rooms = [_tables(room) for room in _rooms(lang)]
    return {code: _entry(table) for tables in rooms for code, table in tables.items() if code != "words"}


def _entry(table: dict[str, Any]) -> Entry:
    return Entry(table["title"], table["message"], table.get("labels", {}), table.get("helps", {}))
