"""An item while it is read, and what is left out of its text because of a fault."""

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
    file's. `dead` are the numbers of the lines that are out of the parser's text by now, `bereft` of those that so have
    lost some of their block; `cut` has the offsets from which lines are blank. `stand_in` takes the place of a head
    that cannot be read.
    """

    source: SourceText
    prepared: Prepared
    lines: tuple[Line, ...]
    language: str
    above: tuple[int, ...]
    dead: set[int] = field(default_factory=set)
    bereft: set[int] = field(default_factory=set)
    cut: dict[int, int] = field(default_factory=dict)
    stand_in: list[str] = field(default_factory=list)

    @property
    def base(self) -> int:
        """The offset at which the item begins."""
        return self.lines[0].start

    @property
    def origin(self) -> int:
        """The offset from which the parser counts; a stand-in for the head moves it, so that the other lines fit."""
        head = self.lines[0]
        return head.end - len(self.stand_in[0]) if self.stand_in else head.start

    @property
    def head(self) -> str:
        """The terminal of the item's keyword, or nothing where it begins with none."""
        return words.item_at(self.prepared.lexed, self.base) or ""

    @property
    def nameless(self) -> bool:
        """Whether it is an item that is named, and no name follows its keyword."""
        after = self.prepared.lexed[words.keyword_end(self.prepared.lexed, self.base) : self.lines[0].end].lstrip()
        return self.head not in ("", *_UNNAMED) and not after[:1].isalpha()

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

    def piece(self, start: int, end: int) -> str:
        """What was typed between two offsets, without comments and on one line."""
        pairs = zip(self.source.text[start:end], self.prepared.text[start:end], strict=True)
        return "".join(" " if made == " " else typed for typed, made in pairs)

    def living(self, offset: int) -> int:
        """The last line still in the text that begins at or before an offset; the head where there is none."""
        return max((i for i, line in enumerate(self.lines) if line.start <= offset and i not in self.dead), default=0)

    def text(self) -> str:
        """What the parser reads: the item, blank what is dead or cut."""
        lexed = self.prepared.lexed
        parts: list[str] = [*self.stand_in]
        last = self.lines[0].end if self.stand_in else self.base
        for number in sorted(self.dead | self.cut.keys()):
            line = self.lines[number]
            start = line.start if number in self.dead else self.cut[number]
            if start >= last:
                parts += [lexed[last:start], " " * (line.end - start)]
                last = line.end
        return "".join([*parts, lexed[last : self.lines[-1].end], "\n"])

    def typed(self) -> str:
        """The prepared text, with the stand-in where it stands."""
        text = self.prepared.text
        return "".join([text[: self.origin], *self.stand_in, text[self.lines[0].end :]]) if self.stand_in else text

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

    def recover(self, fault: LineFault) -> None:
        """Leave out what has a fault: the rest of a line that opens a block, else the line with all that is under it.

        A head that makes no sense so far gets a stand-in, for the sake of its block.
        """
        line, at = self.lines[fault.line], fault.diagnostic.span.start if fault.diagnostic.span else 0
        opens = not fault.empty and len(fault.lines) > 1 and fault.lines[0] == fault.line
        opens = opens and not fault.whole and fault.diagnostic.code != "KPI801"  # what comes later has its own block
        if opens and fault.line not in self.cut and line.start < at < line.end:
            self.cut[fault.line] = at
        elif not (opens and fault.line == 0 and self.replace_head()):
            self.drop(fault.lines)

    def replace_head(self) -> bool:
        """Put a stand-in for the head; False where there is none, or it is there already."""
        if self.stand_in or len(self.lines) == 1:
            return False
        head = self.lines[0]
        forms = [form for form in words.FORMS if words.has(self.prepared.lexed[head.start : head.end], form)]
        stand_in = _STAND_INS.get((self.head, *forms[:1]))
        if stand_in is None:
            return False
        self.cut.pop(0, None)
        self.stand_in.append(stand_in)
        return True

    def drop(self, lines: range) -> None:
        """Take lines out of the parser's text; the line above them has then lost some of its block."""
        self.bereft.add(self.above[lines[0]])
        self.dead.update(lines)


_UNNAMED = ("SUBJECT", "GRADE", "ENSURE", "REQUIRE", "REQUIRE_EACH", "USE")
"""Items that declare no name of their own."""
NOBODY = "ˬ"
"""The name in a stand-in, which is no name that anybody would write."""
_STAND_INS = {
    ("SCHEME",): f"scheme {NOBODY}",
    ("TABLE",): f"table {NOBODY}",
    ("INDICATOR",): f"indicator {NOBODY}",
    ("SCORECARD",): f"scorecard {NOBODY}",
    ("GATE",): f"gate {NOBODY} when {NOBODY}",
    ("PAY",): f"pay {NOBODY}",
    ("COMPONENT",): f"pay {NOBODY}",
    ("GRADE", "BY"): f"grade by {NOBODY}",
    ("GRADE", "CHOOSE"): "grade choose",
    ("DEFINE", "BY"): f"define {NOBODY} by {NOBODY}",
    ("DEFINE", "CHOOSE"): f"define {NOBODY} choose",
    ("DEFINE", "CURVE"): f"define {NOBODY} curve {NOBODY}",
    ("DEFINE", "TIERS"): f"define {NOBODY} tiers {NOBODY}",
}
"""Heads that the parser can read, by item and, where it has one, the form of its rows."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """A fault, the line it is in, and the lines to leave out of the text because of it.

    `empty` says that a block was wanted under the line and none was there, `whole` that nothing of the line can stay.
    """

    diagnostic: Diagnostic
    line: int
    lines: range
    empty: bool = False
    whole: bool = False
