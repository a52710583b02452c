"""The texts of messages: what their braces are filled with."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum
from string import Formatter
from typing import Any

from kpirules.source.catalogue import word

LONGEST_ARG = 200
"""How many characters of an argument are shown."""


def pieces(template: str, args: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str | None]]:
    """A message or a help line in pieces: a text, its braces filled as far as the args go, and the brace after it.

    The name of the brace is None at the end.
    """
    text = ""
    for literal, name, _, _ in Formatter().parse(template):
        text += literal
        if name is None:
            continue
        if name in args:
            text += _shown(args[name], lang)
        else:
            yield text, name
            text = ""
    yield text, None


class _Args(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def filled(template: str, args: Mapping[str, Any], lang: str) -> str:
    """A template with its braces filled; one for which there is no arg stays as it is."""
    return template.format_map(_Args({key: _shown(value, lang) for key, value in args.items()}))


def _shown(value: object, lang: str) -> str:
    """An argument as text: a member of an Enum is a word of the catalogue, several values are a list."""
    if isinstance(value, Enum):
        return word(str(value.value), lang)
    if isinstance(value, list | tuple):
        return word("comma", lang).join(_shown(part, lang) for part in value)
    text = printable(str(value))
    return text if len(text) <= LONGEST_ARG else text[:LONGEST_ARG] + "…"


def printable(text: str) -> str:
    """A text with each character spelt out that would move the cursor or not be seen; wide spaces stay."""
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else repr(char)[1:-1] for char in text
    )
