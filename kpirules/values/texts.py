"""What a text looks like: which of its characters cannot be seen, and how one text is spelt in one way only."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = (0x09, 0x0D)
"""Tabs and line ends, which texts of several lines have."""
_SPACES = (
    _BREAKS,
    (0x1C, 0x1F),
    (0x85, 0x85),
    (0xA0, 0xA0),  # no-break space
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x2800, 0x2800),  # a pattern of Braille without a dot
)
_CONTROLS = (
    (0x00, 0x08),
    (0x0E, 0x1B),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),  # soft hyphen
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),  # of no width, joiners, marks of direction
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)


def _class(*ranges: tuple[int, int]) -> str:
    return "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges) + "]"


ODD_SPACE = _class(*_SPACES)
"""A space that is neither the plain one nor U+3000: a class of characters, for `re` and for Arrow."""
INVISIBLE = _class(*_CONTROLS)
"""A character without ink or width; likewise."""
UNSEEN = _class(*_SPACES, *_CONTROLS)
"""A character that cannot be seen, or told from a plain space; likewise."""
UNSEEN_IN_LINES = _class(*_SPACES[1:], *_CONTROLS)
"""The same, less tabs and line ends; likewise."""


UNUSUAL = "[^ -~À-ɏ一-鿿ぁ-ゖァ-ヺ가-힣！-～]"
"""What is not a plain letter, digit or sign of Latin, Chinese, Japanese or Korean text, all of which are seen, and in
NFC; likewise."""


def unseen(text: str) -> list[str]:
    """The characters of a text that cannot be seen, each once, as `U+200B`; spaces at its edges are not among them."""
    characters = dict.fromkeys(re.findall(UNSEEN, text.strip()))
    return [code_point(char) for char in characters]


def code_point(char: str) -> str:
    """A character by its number, as `U+200B`."""
    return f"U+{ord(char):04X}"


def plain(text: str) -> str:
    """A text without what cannot be seen: no spaces at its edges, plain ones within, and in NFC."""
    spaced = re.sub(ODD_SPACE, " ", re.sub(INVISIBLE, "", text))
    return unicodedata.normalize("NFC", spaced.strip())
