"""Source texts and the spans that point into them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field

from kpirules.records import dataclass

_LINE_END = re.compile(r"""("[^"\n]*"|“[^”\n]*”|＂[^＂\n]*＂)|(?:[^\S\n]*(?:[#＃][^\n]*)?\n)+[^\S\n]*""")
"""A quoted text; or where a line ends and another begins, with the comments and the empty lines between."""

_SHORT = 60
"""Characters of a text that a `repr` shows; what is longer is told by its place."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text a person wrote, and the name it is shown under.

    Offsets count Python characters (code points) of `text`, which is kept exactly as typed.
    """

    name: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"SourceText({self.name!r}, {len(self.text)} characters)"

    def __post_init__(self) -> None:
        starts = [0]
        starts += [i + 1 for i, char in enumerate(self.text) if char == "\n"]
        object.__setattr__(self, "_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, columns in characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both counted from 1."""
        return self._starts[line - 1] + column - 1


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` up to, not with, `end` of a source text."""

    source: SourceText
    start: int
    end: int

    def __repr__(self) -> str:
        return f"Span({self.where!r}, {self.text!r})" if len(self.text) <= _SHORT else f"Span({self.where!r})"

    @property
    def text(self) -> str:
        """What was typed there."""
        return self.source.text[self.start : self.end]

    @property
    def where(self) -> str:
        """`file:line:column` of the first character."""
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    @property
    def head(self) -> Span:
        """Its first line, without what stands beside it: no space at its end, no line end."""
        line = self.text.partition("\n")[0].rstrip()
        return Span(self.source, self.start, self.start + len(line))

    def within(self, other: Span) -> bool:
        """Whether it lies in the other."""
        return self.source is other.source and other.start <= self.start and self.end <= other.end

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of the other."""
        return Span(self.source, self.start, other.end)


def one_line(text: str) -> str:
    """What was typed over several lines, as it reads on one, without comments."""
    return _LINE_END.sub(lambda match: match[1] or " ", text) if "\n" in text else text
