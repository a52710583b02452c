"""Columns of text that line up, wide characters counted as two."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_GAP = "  "


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell; those marked `right` end on one line."""
    cells = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return [_GAP.join(_padded(*one) for one in zip(row, widths, right, strict=True)).rstrip() for row in cells]


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _padded(cell: str, wanted: int, right: bool) -> str:  # noqa: FBT001  # one of three of a zip
    pad = " " * (wanted - width(cell))
    return pad + cell if right else cell + pad


def _printable(text: str) -> str:
    """The text with whatever would move the cursor spelt out."""
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else repr(char)[1:-1] for char in text
    )
