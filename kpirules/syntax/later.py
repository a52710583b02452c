"""What belongs to the language and not to this version: refused by name, at its own place."""

from __future__ import annotations

import re

from kpirules.source import Diagnostic
from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.reading import Reading

Place = tuple[int, int]

_LAST_NAME = re.compile(r" +\w+ *")


def later(reading: Reading, line: Line, at: int, could: set[str]) -> Diagnostic | None:
    """The diagnostic of what stands at, or just before, an offset where the parser could not go on; or None."""
    place = (
        _two_way(reading, line, at, could)
        or _least_rows(reading, line, at)
        or (_word(reading, line, at, "item") if at == reading.base else None)
        or _word(reading, line, at, reading.head.lower())
        or _word(reading, line, at, "any")
        or _opening(reading, line, at)
    )
    if place is None:
        return None
    span = reading.span(*place)
    return Diagnostic("KPI801", span, {"word": span.text})


def before_the_end(reading: Reading, line: Line) -> Diagnostic | None:
    """The same of a line that ends too soon, its last word but one taken for an operator: `where … per person`."""
    lexed = reading.prepared.lexed
    for word in words.laters(reading.head.lower()):
        for found in word.pattern.finditer(lexed, line.start, line.end):
            if _LAST_NAME.fullmatch(lexed, found.end(), line.end):
                span = reading.span(*found.span())
                return Diagnostic("KPI801", span, {"word": span.text})
    return None


def _word(reading: Reading, line: Line, at: int, section: str) -> Place | None:
    """A word that covers the offset, and is not the beginning of a keyword of this version."""
    lexed = reading.prepared.lexed
    for word in words.laters(section):
        for found in word.pattern.finditer(lexed, line.start, line.end):
            if found.start() <= at < found.end() >= words.keyword_end(lexed, found.start()):
                return found.span()
    return None


def _opening(reading: Reading, line: Line, at: int) -> Place | None:
    """A word at the offset or just before it, where it was taken for a name."""
    lexed = reading.prepared.lexed
    for word in words.laters("opening"):
        for found in word.pattern.finditer(lexed, line.start, line.end):
            if found.start() <= at and not lexed[found.end() : at].strip(" "):
                return found.span()
    return None


def _two_way(reading: Reading, line: Line, at: int, could: set[str]) -> Place | None:
    """`by X, Y`, seen from its comma."""
    if reading.prepared.lexed[at] != "," or could.isdisjoint({"_NL"}):
        return None
    words_before = re.finditer(rf"(?<!\w){words.pattern('BY')}", reading.prepared.lexed[line.start : at])
    starts = [line.start + found.start() for found in words_before]
    return (starts[-1], line.end) if starts else None


def _least_rows(reading: Reading, line: Line, at: int) -> Place | None:
    """`at least 5` among the arguments of a call."""
    lexed = reading.prepared.lexed
    found = re.compile(rf"{words.pattern('AT_LEAST')} *[0-9]*").match(lexed, at)
    inside = lexed.count("(", line.start, at) > lexed.count(")", line.start, at)
    return found.span() if inside and found else None
