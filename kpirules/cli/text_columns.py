"""Columns of text that line up, wide characters counted as two."""

from __future__ import annotations

from collections.abc import Sequence

from kpirules.source.render import char_width
from kpirules.source.templates import printable

_GAP = "  "


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """The rows as lines, each column as wide as its widest cell; those marked `right` end on one line."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return [_GAP.join(_padded(*cell) for cell in zip(row, widths, right, strict=True)).rstrip() for row in cells]


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(char_width, text))


def _padded(cell: str, wanted: int, right: bool) -> str:  # noqa: FBT001  # one of three of a zip
    pad = " " * (wanted - width(cell))
    return pad + cell if right else cell + pad
