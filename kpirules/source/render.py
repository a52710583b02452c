"""Draws diagnostics: as text with the source underlined, and as plain data for JSON.

`message`, `label_text` and `help_text` give the words alone; every form of output is made from them and the spans.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from string import Formatter
from typing import Any

from kpirules.source.catalogue import entry, word
from kpirules.source.diagnostics import Diagnostic, Label, Note
from kpirules.source.text import SourceText, Span

_TAB = 4
_LINES_SHOWN = 3
_LONGEST_LINE = 120
"""Columns of the source that are drawn of a line."""

_LEAD = 30
"""Characters before the span that are drawn of a longer line."""

LONGEST_ARG = 200
"""How many characters of an argument are shown."""
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
        "message": message(diagnostic, lang),
        "place": diagnostic.span and _place(diagnostic.span),
        "labels": [
            {"message": label_text(diagnostic, label, lang), "place": _place(label.span)} for label in diagnostic.labels
        ],
        "helps": [help_text(diagnostic, note, lang) for note in diagnostic.helps],
    }


def message(diagnostic: Diagnostic, lang: str) -> str:
    """The message with its braces filled."""
    return _filled(entry(diagnostic.code, lang).message, diagnostic.args, lang)


def pieces(template: str, args: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str | None]]:
    """A message or a help line in pieces: a text, its braces filled as far as the args go, and the brace after it.

    The name of the brace is None at the end.
    """
    text = ""
    for literal, name, _, _ in Formatter().parse(template):
        text += literal
        if name is None:
            continue
        if name in args:
            text += _shown(args[name], lang)
        else:
            yield text, name
            text = ""
    yield text, None


def label_text(diagnostic: Diagnostic, label: Label, lang: str) -> str:
    """The words of a secondary place; its args go before those of the diagnostic."""
    return _filled(entry(diagnostic.code, lang).labels[label.key], {**diagnostic.args, **label.args}, lang)


def help_text(diagnostic: Diagnostic, note: Note, lang: str) -> str:
    """The words of a help line; its args go before those of the diagnostic."""
    return _filled(entry(diagnostic.code, lang).helps[note.key], {**diagnostic.args, **note.args}, lang)


class _Args(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def _filled(template: str, args: Mapping[str, Any], lang: str) -> str:
    return template.format_map(_Args({key: _shown(value, lang) for key, value in args.items()}))


def _shown(value: object, lang: str) -> str:
    """An argument as text: a member of an Enum is a word of the catalogue, several values are a list."""
    if isinstance(value, Enum):
        return word(str(value.value), lang)
    if isinstance(value, list | tuple):
        return word("comma", lang).join(_shown(one, lang) for one in value)
    text = printable(str(value))
    return text if len(text) <= LONGEST_ARG else text[:LONGEST_ARG] + "…"


def printable(text: str) -> str:
    """A text with each character spelt out that would move the cursor or not be seen; wide spaces stay."""
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else repr(char)[1:-1] for char in text
    )


def painted(text: str, style: str) -> str:
    """A text in one of the styles, for a terminal that shows colours."""
    return f"\x1b[{_STYLES[style]}m{text}{_RESET}"


def harmless(text: str, *, colour: bool) -> str:
    """A text as a terminal may be given it: as `printable`, but for line ends and, with `colour`, our own styles.

    Data, file names and rules can hold sequences that retitle a window, hide text or turn its direction.
    """
    lines = text.split("\n")
    if not colour:
        return "\n".join(map(printable, lines))
    pieces = (_COLOURS.split(line) for line in lines)  # each second piece is a style
    return "\n".join("".join(one if nth % 2 else printable(one) for nth, one in enumerate(line)) for line in pieces)


def char_width(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


# ---------------------------------------------------------------- text


def _block(diagnostic: Diagnostic, lang: str, paint: _Paint, severity: str) -> Iterator[str]:
    head = paint(f"{word(severity, lang)}[{diagnostic.code}]", severity) + f": {message(diagnostic, lang)}"
    if diagnostic.span is None:
        yield head
    else:
        yield paint(f"{diagnostic.span.where}:", "place") + f" {head}"
    gutter = max((len(str(_ends(span)[1])) for span in _spans(diagnostic)), default=0)
    if diagnostic.span is not None:
        said = word("comma", lang).join(label_text(diagnostic, label, lang) for label in _beside(diagnostic))
        yield from _snippet(diagnostic.span, "^", gutter, lambda text: paint(text, "error"), said)
    for label in diagnostic.labels:
        if label.span == diagnostic.span:
            continue
        yield f"  {paint(f'{label.span.where}:', 'place')} {label_text(diagnostic, label, lang)}"
        yield from _snippet(label.span, "-", gutter, lambda text: paint(text, "label"))
    for note in diagnostic.helps:
        yield f"  {paint(word('help', lang), 'help')}: {help_text(diagnostic, note, lang)}"


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
            shown = printable(char)
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
