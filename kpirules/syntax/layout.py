"""A text made ready for the lexer, character for character, and parted into items and lines.

Every prepared text is as long as what was typed, so an offset means the same place in both.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import field, replace
from itertools import pairwise

from kpirules.records import dataclass
from kpirules.source import Diagnostic, Label, Note, SourceText, Span
from kpirules.syntax import words
from kpirules.syntax.bounds import DEEPEST

_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\r"
_HALF_WIDTH: dict[int, str | int] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if not chr(code).isalpha()},
    **dict.fromkeys(map(ord, _SPACES), " "),
    ord("、"): ",",
}
_INDENTS = " " + _SPACES
_PIECE = re.compile(r"""("[^"]*"|“[^”]*”|＂[^＂]*＂)|(["“＂].*)|([#＃].*)|([(（])|([)）])""")
_UNREADABLE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_NEAR = 12
"""How many characters before one that cannot be seen are told, so that it can be found."""

THOUSANDS = re.compile(r"(?<![\w.])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9_])")
"""A number whose digits are parted by commas, in prepared text."""

_MARKS = re.compile(r"(?<=\w)[^\w\s\x00-\x7f]+")
_LETTER = "ˬ"
_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: from its first character after the indentation to its last, brackets continued.

    `indent` counts characters. A line with a fault is not parsed.
    """

    start: int
    end: int
    indent: int
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text ready for the lexer.

    `text` has half-width forms outside texts, and spaces for comments; in `lexed`, also, combining marks are letters.
    `items` are the lines of each item, its head first; `lines` are all lines, and `comments` where each begins and
    ends, both in order.
    """

    text: str
    lexed: str
    items: tuple[tuple[Line, ...], ...]
    lines: tuple[Line, ...]
    comments: tuple[tuple[int, int], ...]
    faults: tuple[Diagnostic, ...]


def prepare(source: SourceText) -> Prepared:
    """Part a text into items; its faults are those of characters, texts, brackets and indentation."""
    scan = _Scan(source)
    offset = 0
    if source.text.startswith(_ORDER_MARK):
        scan.out.append(" ")
        offset = 1
    for typed in source.text[offset:].split("\n"):
        scan.line(typed, offset)
        scan.out.append("\n")
        offset += len(typed) + 1
    scan.out.pop()
    scan.close()
    items = _items(scan)
    text = "".join(scan.out)
    return Prepared(text, _marks_as_letters(text), items, tuple(scan.lines), tuple(scan.comments), tuple(scan.faults))


@dataclass(slots=True)
class _Scan:
    """Goes through the lines as typed, once."""

    source: SourceText
    out: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)
    brackets: list[int] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    current: Line | None = None
    since: int = 0
    unclosed: bool = False

    def line(self, typed: str, offset: int) -> None:
        """Take the next line as typed, without its line end."""
        bad = None if typed.isprintable() else re.search(_UNREADABLE, typed.removesuffix("\r"))
        indent = len(typed) - len(typed.lstrip(_INDENTS))
        if indent == len(typed) or typed[indent] in "#＃":
            self.out.append(" " * len(typed))
            if indent < len(typed):
                self.comments.append((offset + indent, offset + len(typed.rstrip())))
        else:
            self._begin(typed, offset, indent)
            prepared = self._prepared(typed, offset)
            self.out.append(prepared)
            self._extend(offset + len(prepared.rstrip(" ")), fault=bool(bad))
        if bad:
            at = offset + bad.start()
            before = typed[: bad.start()].strip()[-_NEAR:]
            help_ = "after" if before else "first"
            self.fault("KPI109", at, at + 1, helps=(help_,), point=f"U+{ord(bad[0]):04X}", before=before)

    def close(self) -> None:
        """End the logical line at hand; a bracket left open in it is a fault."""
        line, self.current = self.current, None
        if line is None:
            return
        unclosed = bool(self.brackets) and not line.fault
        self.unclosed = unclosed
        if unclosed:
            at = self.brackets[0]
            self.fault("KPI107", at, at + 1, helps=("continue",))
            line = replace(line, fault=True)
        self.brackets.clear()
        self.lines.append(line)

    def fault(self, code: str, start: int, end: int, *, helps: tuple[str, ...] = (), **args: object) -> None:
        """Report a fault at a place."""
        notes = tuple(Note(key, args) for key in helps)
        self.faults.append(Diagnostic(code, Span(self.source, start, end), args, helps=notes))

    def _begin(self, typed: str, offset: int, indent: int) -> None:
        """Continue the logical line, or end it and begin the next."""
        deeper = self.current is not None and (indent > self.current.indent or typed[indent] in ")）")
        if self.brackets and deeper and not _own_line(typed[indent:].translate(_HALF_WIDTH)):
            for i in range(self.since, len(self.out)):
                if self.out[i] == "\n":
                    self.out[i] = " "
        else:
            self.close()
            self.current = Line(offset + indent, offset + indent, indent)
        self.since = len(self.out)

    def _extend(self, end: int, *, fault: bool) -> None:
        if self.current:
            self.current = replace(self.current, end=max(self.current.end, end), fault=self.current.fault or fault)

    def _prepared(self, typed: str, offset: int) -> str:
        """A line in half-width forms, its comment blanked; follows the brackets."""
        out: list[str] = []
        last = 0
        for piece in _PIECE.finditer(typed):
            out.append(self._gap(typed[last : piece.start()], offset + last))
            text, unclosed, comment, left, right = piece.groups()
            at, end = offset + piece.start(), offset + piece.end()
            last = piece.end()
            if text:
                out.append(text)
            elif unclosed:
                closing = {"“": "”"}.get(unclosed[0], unclosed[0])
                self._broken("KPI106", at, end, helps=("close",), quote=unclosed[0], closing=closing)
                out.append(" " * len(unclosed))
            elif comment:
                out.append(" " * len(comment))
                self.comments.append((at, at + len(comment.rstrip())))
            elif left:
                out.append("(")
                self._open(at)
            elif right:
                out.append(")")
                if self.brackets:
                    self.brackets.pop()
                elif self.unclosed:  # it closes the bracket that was left open above
                    self._extend(end, fault=True)
                elif self.current and not self.current.fault:
                    self._broken("KPI108", at, end, helps=("out",))
        out.append(self._gap(typed[last:], offset + last))
        return "".join(out)

    def _open(self, at: int) -> None:
        self.brackets.append(at)
        if len(self.brackets) > DEEPEST:
            if self.current and not self.current.fault:
                self.faults.append(nested(Span(self.source, at, at + 1)))
                self._extend(at + 1, fault=True)
            self.brackets.pop()

    def _gap(self, typed: str, offset: int) -> str:
        """What stands between texts, comments and brackets, in half-width forms."""
        if not typed:
            return ""
        prepared = typed.translate(_HALF_WIDTH)
        if self.brackets:
            for number in THOUSANDS.finditer(prepared):
                at, end = offset + number.start(), offset + number.end()
                self._broken("KPI115", at, end, helps=("number", "apart"), **thousands(number))
        return prepared

    def _broken(self, code: str, start: int, end: int, *, helps: tuple[str, ...] = (), **args: object) -> None:
        self.fault(code, start, end, helps=helps, **args)
        self._extend(end, fault=True)


def half_width(text: str) -> str:
    """A text in half-width forms, as the lexer is given them."""
    return text.translate(_HALF_WIDTH)


def nested(span: Span) -> Diagnostic:
    """The fault of what lies too deep in brackets, blocks or operators."""
    args = {"limit": DEEPEST}
    return Diagnostic("KPI114", span, args, helps=(Note("define", args),))


def thousands(number: re.Match[str]) -> dict[str, object]:
    """What to say of a number with commas: itself, how one number is written, how several are."""
    return {"typed": number[0], "number": number[0].replace(",", "_"), "apart": number[0].replace(",", ", ")}


_ROW = r'[^"“”#]*:|\w+ +("[^"]*" +|“[^”]*” +)?[0-9][0-9_.]*%'
_PAIR = r"(\w+) +([\w\"“(]+)"


def _own_line(prepared: str) -> bool:
    """Whether a line can be no part of an expression, whatever bracket is open above it: a row, a weight, a clause."""
    if re.match(_ROW, prepared):
        return True
    pair = re.match(_PAIR, prepared)
    if pair is None or not words.is_clause(pair[1]):
        return False
    return words.spelled(pair[2]) in (None, *words.FORMS)


def _marks_as_letters(text: str) -> str:
    """Combining marks that follow a letter become letters, so that the lexer sees them inside names."""

    def letters(match: re.Match[str]) -> str:
        run = match[0]
        length = next((i for i, char in enumerate(run) if not unicodedata.category(char).startswith("M")), len(run))
        return _LETTER * length + run[length:]

    return text if text.isascii() else _MARKS.sub(letters, text)


# ---------------------------------------------------------------- items and blocks


def _items(scan: _Scan) -> tuple[tuple[Line, ...], ...]:
    """The lines by item; indented lines before the first make a broken item of their own."""
    heads = [i for i, line in enumerate(scan.lines) if line.indent == 0]
    items = [_blocks(scan, scan.lines[start:end]) for start, end in pairwise([*heads, len(scan.lines)])]
    stray = scan.lines[: heads[0] if heads else len(scan.lines)]
    if stray:
        scan.fault("KPI104", stray[0].start - stray[0].indent, stray[0].end, helps=("first",))
        items.insert(0, tuple(replace(line, fault=True) for line in stray))
    return tuple(items)


def _blocks(scan: _Scan, lines: list[Line]) -> tuple[Line, ...]:
    """An item's lines, with those marked whose block cannot be told from their indentation."""
    lines, odd = _mixed(scan, lines)
    marked: list[Line] = []
    blocks = [0]
    lost: int | None = None
    for line in lines:
        if line.start in odd or (lost is not None and line.indent >= lost):
            marked.append(replace(line, fault=True))
            continue
        lost = None
        outside = line.indent < blocks[-1]
        while line.indent < blocks[-1]:
            blocks.pop()
        if line.indent > blocks[-1]:
            if outside or len(blocks) > DEEPEST:
                lost = line.indent
                start = line.start - line.indent
                if outside:
                    scan.fault("KPI103", start, line.end, helps=("align",))
                else:
                    scan.faults.append(nested(Span(scan.source, start, line.end)))
            else:
                blocks.append(line.indent)
        marked.append(replace(line, fault=line.fault or lost is not None))
    return tuple(marked)


def _mixed(scan: _Scan, lines: list[Line]) -> tuple[list[Line], set[int]]:
    """The lines, and where those of them start whose indentation mixes tabs and spaces, in itself or with the first's.

    The first such line is reported; each stands as deep as it was perhaps meant to.
    """
    source = scan.source
    model: Line | None = None
    odd: set[int] = set()
    indented: list[Line] = []
    for line in lines:
        typed = source.text[line.start - line.indent : line.start]
        tabbed, spaced = "\t" in typed, bool(typed.strip("\t"))
        if tabbed is spaced and not tabbed:
            indented.append(line)
            continue
        if model is None and not (tabbed and spaced):
            model = line
        tabs = model is not None and source.text[model.start - 1] == "\t"
        if (tabbed and spaced) or tabbed is not tabs:
            if not odd:
                scan.faults.append(_mixture(source, line, None if tabbed and spaced else model))
            odd.add(line.start)
            indented.append(replace(line, indent=_meant(typed, tabs=tabs, step=model.indent if model else 4)))
        else:
            indented.append(line)
    return indented, odd


def _meant(typed: str, *, tabs: bool, step: int) -> int:
    """How deep a line was perhaps meant to stand, in characters of the others' kind."""
    spaces = len(typed) - typed.count("\t")
    return max(1, typed.count("\t") + spaces // 4 if tabs else typed.count("\t") * step + spaces)


def _mixture(source: SourceText, line: Line, model: Line | None) -> Diagnostic:
    """The fault of a line that mixes tabs and spaces, or has the other of them than `model`."""
    place = Span(source, line.start - line.indent, line.start)
    if model is None:
        return Diagnostic("KPI102", place, {}, helps=(Note("both"),))
    first = source.text[model.start - 1] == "\t"
    above = Span(source, model.start - model.indent, model.start)
    label = Label(above, "tabs" if first else "spaces")
    return Diagnostic("KPI102", place, {}, (label,), (Note("use_tabs" if first else "use_spaces"),))
