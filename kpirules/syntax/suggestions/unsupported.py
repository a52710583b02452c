"""What belongs to the language and not to this version: refused by name, at its own place."""

from __future__ import annotations

import re

from kpirules.source import Diagnostic, Note, Span
from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.recovery import Reading

Place = tuple[int, int]

_LAST_NAME = re.compile(r" +\w+ *")
_BRACKETS = re.compile(r"\([^()]*\)")
_OVER = re.compile(
    r"over +(?!\w+ periods?\b|(?:the +)?(?:last|previous|same|all|quarter|year)\b)"
    r"(?:(?P<number>\d\S*(?: [A-Z]{3}\b)?)|[^\W\d][\w.]*) *(?=$|[):,]|(?:then|else|and|or)\b|[-+*/×÷])"
)
_OVER_ROW = re.compile(r"over +\d[^\s:]* *:")

_INSTEAD: dict[str, frozenset[str]] = {
    "earlier": frozenset(
        {
            "over previous period",
            "over N periods ago",
            "over same period last year",
            "over last N periods",
            "over previous N periods",
            "over quarter to date",
            "over year to date",
            "over all periods",
            "over",
            "history",
            "paid",
            "less paid",
        }
    ),
    "group": frozenset({"team", "reports", "within", "rank", "percentile", "share", "normalized within"}),
    "grades": frozenset(
        {"distribution", "people", "ties better", "ties worse", "ties by", "gated aside", "gated counted"}
    ),
    "rows": frozenset({"using", "at", "key at least", "key up to"}),
    "spread": frozenset({"spread", "spread evenly", "spread by"}),
    "lines": frozenset({"for each", "in order of", "prior"}),
    "dated": frozenset({"dated"}),
    "used": frozenset({"as"}),
}
"""The help for what belongs to the language and not to this version, by the English words it is for."""


def later(reading: Reading, line: Line, at: int, could: set[str]) -> Diagnostic | None:
    """The diagnostic of what stands at, or just before, an offset where the parser could not go on; or None."""
    if _compares(reading, line, at, could):
        return None
    place = (
        _two_way(reading, line, at, could)
        or _least_rows(reading, line, at, could)
        or (_word(reading, line, at, "item") if at == reading.base else None)
        or _word(reading, line, at, reading.head.lower())
        or _word(reading, line, at, "any")
        or _opening(reading, line, at)
    )
    if place is None:
        return None
    return refused(reading.span(*place))


def before_the_end(reading: Reading, line: Line) -> Diagnostic | None:
    """The same of a line that ends too soon, its last word but one taken for an operator: `where … per person`."""
    lexed = reading.prepared.lexed
    for word in words.laters(reading.head.lower()):
        for match in word.pattern.finditer(lexed, line.start, line.end):
            if _LAST_NAME.fullmatch(lexed, match.end(), line.end):
                return refused(reading.span(*match.span()))
    return None


def refused(span: Span) -> Diagnostic:
    """The fault of what this version does not have, with what it has instead."""
    return Diagnostic("KPI801", span, {"word": span.text}, helps=(instead(span.text),))


def instead(written: str) -> Note:
    """What to write for now where somebody wrote what is not in this version."""
    for key, english in _INSTEAD.items():
        for word in words.laters("item", "opening", "subject", "table", "any"):
            if word.word.key in english and word.pattern.match(written):
                return Note(key)
        if words.builtin(written) in english or words.function(written) in english:
            return Note(key)
    return Note("two" if "," in written else "out")


def _word(reading: Reading, line: Line, at: int, section: str) -> Place | None:
    """A word that covers the offset, and is not the beginning of a keyword of this version."""
    lexed = reading.prepared.lexed
    for word in words.laters(section):
        for match in word.pattern.finditer(lexed, line.start, line.end):
            if match.start() <= at < match.end() >= words.keyword_end(lexed, match.start()):
                return match.span()
    return None


def _opening(reading: Reading, line: Line, at: int) -> Place | None:
    """A word at the offset or just before it, where it was taken for a name."""
    lexed = reading.prepared.lexed
    for word in words.laters("opening"):
        for match in word.pattern.finditer(lexed, line.start, line.end):
            if match.start() <= at and not lexed[match.end() : at].strip(" "):
                return match.span()
    return None


def _two_way(reading: Reading, line: Line, at: int, could: set[str]) -> Place | None:
    """`by X, Y`, seen from its comma."""
    if reading.prepared.lexed[at] != "," or could.isdisjoint({"_NL"}):
        return None
    words_before = re.finditer(rf"(?<!\w){words.pattern('BY')}", reading.prepared.lexed[line.start : at])
    starts = [line.start + match.start() for match in words_before]
    return (starts[-1], line.end) if starts else None


def _least_rows(reading: Reading, line: Line, at: int, could: set[str]) -> Place | None:
    """`at least 5` among the arguments of a call, and not in the condition of its rows nor in brackets of a value."""
    lexed = reading.prepared.lexed
    match = re.compile(rf"{words.pattern('AT_LEAST')} *[\d_.]*[万亿]?").match(lexed, at)
    if match is None:
        return None
    before = lexed[line.start : at].rstrip()
    while before != (closed := _BRACKETS.sub("", before)):
        before = closed
    call = re.search(r"(\w+) *\(([^(]*)$", before)
    if call is None or words.spelled(call[1]) is not None:
        return None
    condition = not call[2].endswith(",") and re.search(rf"(?<!\w){words.pattern('WHERE')}", call[2])
    return None if condition and "COMPARE" in could else match.span()


def _compares(reading: Reading, line: Line, at: int, could: set[str]) -> bool:
    """Whether an `over` at an offset is a comparison: a number follows it or, in a condition, a value."""
    lexed = reading.prepared.lexed
    if "UP_TO" in could:
        return _OVER_ROW.match(lexed, at, line.end) is not None
    over = _OVER.match(lexed, at, line.end) if "COMPARE" in could else None
    if over is None:
        return False
    asked = "|".join(map(words.pattern, ("WHEN", "WHERE", "IF")))
    return over["number"] is not None or re.search(rf"(?<!\w)(?:{asked})", lexed[line.start : at]) is not None
