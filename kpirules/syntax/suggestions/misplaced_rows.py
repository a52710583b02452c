"""Rows of a rule that do not stand under it, each on a line of its own: one fault, whatever lines they are on."""

from __future__ import annotations

import re
from functools import cache

from kpirules.source import Diagnostic, Note
from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.recovery import LineFault, Reading
from kpirules.syntax.suggestions.expected import Kind

_HEADS = ("ELSE", "WHEN", "UP_TO", "ABOVE")


def in_the_rows_line(reading: Reading, number: int) -> LineFault | None:
    """A rule that stands behind the head of a row (`>= 3 : by role`): it and all that belongs to it are left out."""
    line = reading.lines[number]
    match = _behind_a_head().match(reading.prepared.lexed, line.start, line.end)
    if number == 0 or match is None:
        return None
    span = reading.span(match.start("form"), line.end)
    typed = reading.span(*match.span("form")).text
    args = {"found": typed, "expected": (Kind.VALUE,)}
    fault = Diagnostic("KPI101", span, args, helps=(Note("rule", {"text": typed}),))
    return LineFault(fault, number, reading.under(number), whole=True)


def in_the_rules_line(reading: Reading, line: Line, at: int) -> bool:
    """Whether an offset is where a rule's head ends and rows of it go on in the same line."""
    lexed = reading.prepared.lexed
    return _rule_before().search(lexed, line.start, at) is not None and ":" in lexed[at : line.end]


def with_rows_beside(reading: Reading, number: int) -> range:
    """A line that ends in a rule, with all that is under it and the rows that stand beside it and not under it."""
    lexed, lines, end = reading.prepared.lexed, reading.lines, reading.under(number).stop
    line = lines[number]
    if is_row(lexed, line) or not _rule_before().search(lexed, line.start, line.end):
        return reading.under(number)
    while end < len(lines) and lines[end].indent >= line.indent and is_row(lexed, lines[end]):
        end = reading.under(end).stop
    return range(number, end)


def is_row(lexed: str, line: Line) -> bool:
    """Whether a line looks like a row of a rule."""
    return _row().match(lexed, line.start, line.end) is not None


@cache
def _row() -> re.Pattern[str]:
    return re.compile(rf'(?:[<>=≤≥≠!"“\d-]|{"|".join(map(words.pattern, _HEADS))}).*:')


@cache
def _rule_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_form()}")


@cache
def _behind_a_head() -> re.Pattern[str]:
    return re.compile(rf"[^:]*:\s*(?P<form>{_form()})")


def _form() -> str:
    return f"(?:{'|'.join(map(words.pattern, words.FORMS))})(?!\\w)"
