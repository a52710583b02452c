"""What to say of a place where the parser could not go on."""

from __future__ import annotations

import re

from lark import UnexpectedInput, UnexpectedToken

from kpirules.source import Diagnostic, Note, Span
from kpirules.source.similar import similar
from kpirules.syntax import layout, words
from kpirules.syntax.expected import expected
from kpirules.syntax.later import before_the_end, later
from kpirules.syntax.layout import Line
from kpirules.syntax.parser import item_parser
from kpirules.syntax.reading import Found, Reading

_PIECE = re.compile(r'"[^"\n]*"|“[^”\n]*”|＂[^＂\n]*＂|[\w.]*\w|[^\w\s]')
_LAST_WORD = re.compile(r"(\w+)[^\w]*$")
_PROMISES = ("ENSURE", "REQUIRE", "REQUIRE_EACH")
"""Items that are a condition and what to say where it does not hold."""
_FOREIGN = {
    "==": "=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "!": "not",
    "**": "*",
    "–": "-",
    "—": "-",
    "−": "-",
    "。": ".",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "'": '"',
    "‘": "“",
    "’": "”",
    "”": "“",
}
"""What other notations write, and what it is here."""


def _here(foreign: str, language: str) -> str:
    """What a sign of another notation is called here, in the file's language."""
    found = _FOREIGN[foreign]
    return words.spelling(found, language) if found.isalpha() else found


def explain(reading: Reading, error: UnexpectedInput) -> Found:
    """The fault behind an error of the parser."""
    at = reading.origin + (error.pos_in_stream or 0)
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is not None and token.type.startswith("NEXT_"):
        at += len(token) - len(token.lstrip(", "))
    parser = getattr(error, "interactive_parser", None)
    could: set[str] = set(parser.accepts()) if parser else set()
    if token is not None and token.type == "_INDENT":
        number = reading.living(at)
        return Found(_of_line(reading, number, "KPI104", "inside"), number, reading.block(number))
    if could == {"_INDENT"}:
        number = reading.living(at - 1)
        return Found(_of_line(reading, number, "KPI105", "indent"), number, reading.under(number), empty=True)
    number = reading.living(at)
    line = reading.lines[number]
    could = _before(reading, min(at, line.end)) or could
    if at >= line.end:
        found = before_the_end(reading, line) or _too_short(reading, line, could)
    else:
        found = later(reading, line, at, could) or _out_of_place(reading, line, at, could)
    return Found(found, number, reading.under(number))


def _before(reading: Reading, at: int) -> set[str]:
    """What could stand at an offset, before the parser looked at what does stand there and drew conclusions."""
    parser = item_parser().parse_interactive(reading.text()[: at - reading.origin])
    try:
        parser.exhaust_lexer()
    except UnexpectedInput:  # what stands there lends its first letters to what stands before
        return set()
    return set(parser.accepts())  # type: ignore[no-untyped-call]  # Lark says no types for it


def _of_line(reading: Reading, number: int, code: str, help_: str) -> Diagnostic:
    line = reading.lines[number]
    return Diagnostic(code, reading.span(line.start, line.end), {}, helps=(Note(help_),))


def _too_short(reading: Reading, line: Line, could: set[str]) -> Diagnostic:
    end = reading.span(max(line.start, line.end - 1), line.end)
    return Diagnostic(
        "KPI116", end, {"expected": expected(could, reading.language)}, helps=tuple(_signs(reading, line, could))
    )


def _out_of_place(reading: Reading, line: Line, at: int, could: set[str]) -> Diagnostic:
    lexed = reading.prepared.lexed
    number = _thousands(lexed, line, at)
    if number:
        span = reading.span(*number.span())
        return Diagnostic("KPI115", span, layout.thousands(number), helps=(Note("number"),))
    foreign = _foreign(lexed, line, at)
    if foreign:
        span = reading.span(*foreign)
        args = {"found": span.text, "expected": expected(could, reading.language)}
        return Diagnostic(
            "KPI101", span, args, helps=(Note("write", {"write": _here(lexed[slice(*foreign)], reading.language)}),)
        )
    piece = _PIECE.match(lexed, at)
    span = reading.span(at, min(piece.end() if piece else at + 1, line.end))
    args = {"found": span.text, "expected": expected(could, reading.language)}
    if at == reading.base:
        return Diagnostic("KPI110", span, args, helps=tuple(_at_head(span, could)))
    helps = [*(_stuck(reading, line, span) or _spelled(span, could)), *_signs(reading, line, could)]
    return Diagnostic("KPI101", span, args, helps=tuple(helps))


def _thousands(lexed: str, line: Line, at: int) -> re.Match[str] | None:
    numbers = layout.THOUSANDS.finditer(lexed, line.start, line.end)
    return next((number for number in numbers if number.start() < at < number.end()), None)


def _foreign(lexed: str, line: Line, at: int) -> tuple[int, int] | None:
    """A sign of another notation that covers an offset, the longer first."""
    for start, end in ((at, at + 2), (at - 1, at + 1), (at, at + 1)):
        if line.start <= start and end <= line.end and lexed[start:end] in _FOREIGN:
            return start, end
    return None


# ---------------------------------------------------------------- helps


def _at_head(span: Span, could: set[str]) -> list[Note]:
    """Helps for a word that begins no item."""
    word = span.text
    glued = words.glued_head(word)
    if words.spelled(word) in ("IF", "THEN", "ELSE"):
        return [Note("if")]
    if words.is_clause(word):
        return [Note("indent", {"word": word})]
    return [Note("space", {"glued": glued})] if glued else _spelled(span, could)


def _spelled(span: Span, could: set[str]) -> list[Note]:
    """The keyword that a word was perhaps meant to be."""
    spellings = [s for t, word in words.keywords().items() if t in could for s in word.spellings]
    close = similar(span.text, spellings)
    return [Note("similar", {"similar": close})] if close else []


def _stuck(reading: Reading, line: Line, span: Span) -> list[Note]:
    """A keyword that sticks to a name: in the word found, or in the one before it."""
    before = _LAST_WORD.search(reading.prepared.text[line.start : span.start])
    at_start = span.start == line.start
    glued = (words.glued_head(span.text) if at_start else None) or words.glued(span.text)
    glued = glued or (words.glued(before[1]) if before else None)
    return [Note("space", {"glued": glued})] if glued else []


def _signs(reading: Reading, line: Line, could: set[str]) -> list[Note]:
    """The signs that part a line in two, where one could stand."""
    advice = re.compile(words.pattern("ADVICE_WHEN")).match(reading.prepared.lexed, line.start)
    signs = {"_COLON": "message" if advice or reading.head in _PROMISES else "colon", "_EQUAL": "equal"}
    return [Note(help_) for sign, help_ in signs.items() if sign in could]
