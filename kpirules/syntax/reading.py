"""An item being read, and a fault found in it."""

from __future__ import annotations

from dataclasses import field

from kpirules.records import dataclass
from kpirules.source import Diagnostic, SourceText, Span
from kpirules.syntax import words
from kpirules.syntax.layout import Line, Prepared


@dataclass(frozen=True, slots=True)
class Reading:
    """An item being read.

    `lines` begin with its head; `above` has the number of the line in whose block each stands; `language` is the
    file's. `dead` are the numbers of the lines that are out of the
    parser's text by now, `bereft` of those that so have lost some of their block.
    """

    source: SourceText
    prepared: Prepared
    lines: tuple[Line, ...]
    language: str
    above: tuple[int, ...]
    dead: set[int] = field(default_factory=set)
    bereft: set[int] = field(default_factory=set)

    @property
    def base(self) -> int:
        """The offset from which the parser counts."""
        return self.lines[0].start

    @property
    def head(self) -> str:
        """The terminal of the item's keyword, or nothing where it begins with none."""
        return words.item_at(self.prepared.lexed, self.base) or ""

    @classmethod
    def of(cls, source: SourceText, prepared: Prepared, lines: tuple[Line, ...], language: str) -> Reading:
        """The reading of an item of which nothing is left out yet."""
        above, heads = [], [0]
        for number, line in enumerate(lines):
            while len(heads) > 1 and lines[heads[-1]].indent >= line.indent:
                heads.pop()
            above.append(heads[-1])
            heads.append(number)
        return cls(source, prepared, lines, language, tuple(above))

    def span(self, start: int, end: int) -> Span:
        """A place by offsets."""
        return Span(self.source, start, end)

    def living(self, offset: int) -> int:
        """The last line still in the text that begins at or before an offset; the head where there is none."""
        return max((i for i, line in enumerate(self.lines) if line.start <= offset and i not in self.dead), default=0)

    def text(self) -> str:
        """What the parser reads: the item, its dead lines blank."""
        lexed = self.prepared.lexed
        parts: list[str] = []
        last = self.base
        for number in sorted(self.dead):
            line = self.lines[number]
            parts += [lexed[last : line.start], " " * (line.end - line.start)]
            last = line.end
        return "".join([*parts, lexed[last : self.lines[-1].end], "\n"])

    def under(self, number: int) -> range:
        """A line with its sub-block, and the limits that stand under it."""
        lines = self._while(number, self.lines[number].indent + 1)
        lexed, end = self.prepared.lexed, lines.stop
        if not words.limits(lexed, self.lines[number].start):
            while end < len(self.lines) and words.limits(lexed, self.lines[end].start):
                end += 1
        return range(number, end)

    def block(self, number: int) -> range:
        """The lines from one on that stand no less deep than it."""
        return self._while(number, self.lines[number].indent)

    def _while(self, number: int, indent: int) -> range:
        end = number + 1
        while end < len(self.lines) and self.lines[end].indent >= indent:
            end += 1
        return range(number, end)

    def drop(self, lines: range) -> None:
        """Take lines out of the parser's text; the line above them has then lost some of its block."""
        self.bereft.add(self.above[lines[0]])
        self.dead.update(lines)


@dataclass(frozen=True, slots=True)
class Found:
    """A fault, the line it is in, and the lines to leave out of the text because of it.

    `empty` says that a block was wanted under the line and none was there.
    """

    diagnostic: Diagnostic
    line: int
    lines: range
    empty: bool = False
