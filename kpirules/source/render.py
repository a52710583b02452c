"""Draws diagnostics: as text with the source underlined, and as plain data for JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kpirules.source import templates
from kpirules.source.catalogue import entry, word
from kpirules.source.diagnostics import Diagnostic, Label
from kpirules.source.spans import SourceText, Span

_TAB = 4
_LINES_SHOWN = 3
_LONGEST_LINE = 120
"""Columns of the source that are drawn of a line."""

_LEAD = 30
"""Characters before the span that are drawn of a longer line."""

_STYLES = {"error": "1;31", "warning": "1;33", "place": "1", "label": "34", "help": "36", "dim": "2"}
_RESET = "\x1b[0m"
_COLOURS = re.compile("(" + "|".join(re.escape(f"\x1b[{style}m") for style in ("0", *_STYLES.values())) + ")")

_Paint = Callable[[str, str], str]


def render_text(diagnostics: Iterable[Diagnostic], lang: str, *, colour: bool = False, severity: str = "error") -> str:
    """The diagnostics as text, in the order given; a blank line sets off each that is more than its message.

    Each shows `file:line:column`, code and message, the source with what is meant underlined, the secondary places
    likewise, and help lines. `colour` adds ANSI colours. `severity` is `error` or `warning`, for all of them.
    """
    paint = painted if colour else _plain
    text, last = "", 1
    for diagnostic in diagnostics:
        lines = list(_block(diagnostic, lang, paint, severity))
        text += "\n" if text and max(last, len(lines)) > 1 else ""
        text += "\n".join(lines) + "\n"
        last = len(lines)
    return text


def to_json(diagnostic: Diagnostic, lang: str) -> dict[str, Any]:
    """The diagnostic as data that `json.dumps` takes.

    A place is `file`, `line`, `column`, `end_line`, `end_column`, counted from 1, the end not included; None where
    there is none.
    """
    return {
        "severity": "error",
        "code": diagnostic.code,
        "title": entry(diagnostic.code, lang).title,
        "message": diagnostic.message(lang),
        "place": diagnostic.span and _place(diagnostic.span),
        "labels": [
            {"message": diagnostic.label_text(label, lang), "place": _place(label.span)} for label in diagnostic.labels
        ],
        "helps": [diagnostic.help_text(note, lang) for note in diagnostic.helps],
    }


def painted(text: str, style: str) -> str:
    """A text in one of the styles, for a terminal that shows colours."""
    return f"\x1b[{_STYLES[style]}m{text}{_RESET}"


def harmless(text: str, *, colour: bool) -> str:
    """A text as a terminal may be given it: as `printable`, but for line ends and, with `colour`, our own styles.

    Data, file names and rules can hold sequences that retitle a window, hide text or turn its direction.
    """
    lines = text.split("\n")
    if not colour:
        return "\n".join(map(templates.printable, lines))
    split = (_COLOURS.split(line) for line in lines)  # each second part is a style
    return "\n".join(
        "".join(part if nth % 2 else templates.printable(part) for nth, part in enumerate(parts)) for parts in split
    )


def char_width(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


# ---------------------------------------------------------------- text


def _block(diagnostic: Diagnostic, lang: str, paint: _Paint, severity: str) -> Iterator[str]:
    head = paint(f"{word(severity, lang)}[{diagnostic.code}]", severity) + f": {diagnostic.message(lang)}"
    if diagnostic.span is None:
        yield head
    else:
        yield paint(f"{diagnostic.span.where}:", "place") + f" {head}"
    gutter = max((len(str(_ends(span)[1])) for span in _spans(diagnostic)), default=0)
    if diagnostic.span is not None:
        said = word("comma", lang).join(diagnostic.label_text(label, lang) for label in _beside(diagnostic))
        yield from _snippet(diagnostic.span, "^", gutter, lambda text: paint(text, "error"), said)
    for label in diagnostic.labels:
        if label.span == diagnostic.span:
            continue
        yield f"  {paint(f'{label.span.where}:', 'place')} {diagnostic.label_text(label, lang)}"
        yield from _snippet(label.span, "-", gutter, lambda text: paint(text, "label"))
    for note in diagnostic.helps:
        yield f"  {paint(word('help', lang), 'help')}: {diagnostic.help_text(note, lang)}"


def _beside(diagnostic: Diagnostic) -> list[Label]:
    """The labels that say something of the fault's own place."""
    return [label for label in diagnostic.labels if label.span == diagnostic.span]


def _snippet(span: Span, mark: str, gutter: int, paint: Callable[[str], str], said: str = "") -> Iterator[str]:
    """The lines of a span, each underlined; of a long span only its first and last. `said` stands after the last."""
    first, last = _ends(span)
    numbers: list[int | None] = list(range(first, last + 1))
    if len(numbers) > _LINES_SHOWN:
        numbers = [first, None, last]
    for number in numbers:
        if number is None:
            yield f"  {'…':>{gutter}} |"
            continue
        line, start, end = _clipped(span.source.line(number), *_within(span, number))
        cells = _cells(line)
        before, under = _width(cells[:start]), _width(cells[start:end])
        yield f"  {number:>{gutter}} | {''.join(text for text, _ in cells)}".rstrip()
        note = f" {said}" if said and number == last else ""
        yield f"  {'':>{gutter}} | {' ' * before}{paint(mark * max(1, under) + note)}"


def _spans(diagnostic: Diagnostic) -> list[Span]:
    own = [] if diagnostic.span is None else [diagnostic.span]
    return own + [label.span for label in diagnostic.labels]


def _ends(span: Span) -> tuple[int, int]:
    """Its first and last line; white space that a span ends in, line ends above all, is not underlined."""
    end = span.start + len(span.text.rstrip())
    return span.source.position(span.start)[0], span.source.position(max(span.start, end - 1))[0]


def _within(span: Span, number: int) -> tuple[int, int]:
    """Which characters of a line the span covers: from its start, or where the line's text begins, to its end."""
    source: SourceText = span.source
    line = source.line(number)
    begin = source.offset(number, 1)
    start = max(span.start - begin, len(line) - len(line.lstrip()) if span.start < begin else 0)
    end = min(span.end - begin, len(line.rstrip()))
    return start, max(start, end)


def _clipped(line: str, start: int, end: int) -> tuple[str, int, int]:
    """What is drawn of a line, and what of that lies from `start` to `end`: of a long line, what is near `start`."""
    if len(line) <= _LONGEST_LINE and _width(_cells(line)) <= _LONGEST_LINE:
        return line, start, end
    first = max(0, start - _LEAD)
    part = line[first : first + _LONGEST_LINE]
    while _width(_cells(part)) > _LONGEST_LINE:
        part = part[:-1]
    before = "…" if first else ""
    after = "…" if first + len(part) < len(line) else ""
    shift = len(before) - first
    return before + part + after, start + shift, min(end, first + len(part)) + shift


def _cells(line: str) -> list[tuple[str, int]]:
    """Each character as it is drawn, spelt out where it would not be seen, and how many columns it takes."""
    cells: list[tuple[str, int]] = []
    column = 0
    for char in line:
        if char == "\t":
            cell = " " * (_TAB - column % _TAB), _TAB - column % _TAB
        else:
            shown = templates.printable(char)
            cell = shown, sum(map(char_width, shown))
        cells.append(cell)
        column += cell[1]
    return cells


def _width(cells: list[tuple[str, int]]) -> int:
    return sum(width for _, width in cells)


def _plain(text: str, _style: str) -> str:
    return text


# ---------------------------------------------------------------- data


def _place(span: Span) -> dict[str, Any]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
