"""From a text to its AST, with every fault found on the way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from lark import Token, Tree, UnexpectedInput

from kpirules.source import Diagnostic, SourceText, Span
from kpirules.syntax import ast, layout, words
from kpirules.syntax.bounds import DEEPEST
from kpirules.syntax.building import expressions, items, rules
from kpirules.syntax.building.builder import Builder, too_large, walk
from kpirules.syntax.comments import attach
from kpirules.syntax.layout import Line, Prepared
from kpirules.syntax.parser.item_parser import item_parser
from kpirules.syntax.recovery import NOBODY, Reading

MOST_OF_AN_ITEM = 20
"""Faults after which an item is given up."""

MOST_OF_A_FILE = 500
"""Faults after which no more items are read."""

_BUILD = {**expressions.RULES, **rules.RULES, **items.RULES}
_UNNAMED = ast.Use | ast.Subject | ast.Grade | ast.Ensure | ast.Require
_WORDS = re.compile(r"[^\W\d]\w*")


def parse(source: SourceText) -> tuple[ast.File, tuple[Diagnostic, ...]]:
    """The items of a text that could be read, and its faults in file order.

    Any text gives a file: an item with a fault is left out, the names it declares are in `File.broken`, and what is
    left of it, if anything, is in `File.fragments`.
    """
    prepared = layout.prepare(source)
    faults = list(prepared.faults)
    items: list[ast.Item] = []
    fragments: list[ast.Fragment] = []
    broken: set[str] = set()
    headless: list[Reading] = []
    partial = False
    language = words.language_of(prepared.lexed, (line.start for lines in prepared.items for line in lines))
    bare = False
    for lines in prepared.items:
        reading = Reading.of(source, prepared, lines, language)
        if (bare and not reading.head) or len(faults) > MOST_OF_A_FILE:
            broken |= _declared(reading)
            continue
        item, sound, item_faults, bare = _read(reading)
        faults += item_faults
        if not sound:
            broken |= _declared(reading, whole=item is None)
            headless += [] if reading.head else [reading]
            partial |= reading.head == "USE" or reading.nameless
        if sound and item is not None:
            items.append(item)
        elif item is not None:
            fragments.append(_fragment(reading, item))
    named = {item.name.text for item in items if not isinstance(item, _UNNAMED)}
    broken |= {_perhaps(reading, named) for reading in headless}
    faults = [fault for fault in faults if not _of_an_alias(fault, prepared)] if partial else faults
    comments, span = attach(source, prepared), Span(source, 0, len(source.text))
    file = ast.File(tuple(items), frozenset(broken), language, comments, partial, tuple(fragments), span=span)
    return file, tuple(sorted(faults, key=Diagnostic.order))


def _of_an_alias(fault: Diagnostic, prepared: Prepared) -> bool:
    """Whether a fault comes of nothing but `use … as NAME`, told where it stands: `NAME.x` where no dot can."""
    if fault.code != "KPI101" or fault.span is None or not fault.span.text.startswith("."):
        return False
    before = re.search(r"([^\W\d]\w*)$", prepared.text[: fault.span.start])
    used = re.finditer(r"^(?:use|引入)\b.*?(?:\bas|作)\s+([^\W\d]\w*)", prepared.text, re.MULTILINE)
    return before is not None and any(name[1] == before[1] for name in used)


def _read(reading: Reading) -> tuple[ast.Item | None, bool, list[Diagnostic], bool]:
    """What was read of the item, whether that is all, its faults, and whether its head stands bare of its block."""
    for number, line in enumerate(reading.lines):
        if line.fault and number not in reading.dead and not (number == 0 and reading.replace_head()):
            reading.drop(reading.under(number))
    tree, faults, bare = _tree(reading)
    if tree is None or reading.origin < 0:
        return None, False, faults, bare
    sound = not (reading.dead or reading.cut or reading.stand_in)
    builder = Builder(reading.source, reading.typed(), reading.origin)
    item: ast.Item | None = walk(tree, _BUILD, builder)
    faults += builder.faults
    if reading.stand_in and item is not None:
        item = _named(reading, item)
    if item is None:
        return None, False, faults, bare
    large = too_large(item) if _may_be_large(reading.lines) else None
    if large is not None:
        return None, False, [*faults, large] if sound and not faults else faults, bare
    return item, sound and not faults, faults, False


def _may_be_large(lines: Sequence[Line]) -> bool:
    """Whether an item may go past a bound: a level takes a character of a line, or lines of its own."""
    return len(lines) + max(line.end - line.start for line in lines) > DEEPEST


def _named(reading: Reading, item: ast.Item) -> ast.Item | None:
    """An item under a stand-in for its head, with the name that it has; None where that decides what it means."""
    word = _word_at(reading.prepared, reading.lines[0], 1, dotted=True)
    match item:
        case ast.Grade():
            return item
        case ast.Scheme() | ast.Table() | ast.Define() | ast.Indicator() | ast.Scorecard() | ast.Gate() | ast.Pay():
            if word is None or "." in reading.prepared.lexed[slice(*word)]:
                return None
            span = reading.span(*word)
            return replace(item, name=ast.Name(unicodedata.normalize("NFC", span.text), span=span))
        case _:
            return None


def _fragment(reading: Reading, item: ast.Item) -> ast.Fragment:
    gone = reading.dead | reading.cut.keys()
    clauses = [number for number in gone if number and reading.above[number] == 0]
    lost = frozenset(_word(reading.prepared, reading.lines[number], 0) or "" for number in clauses)
    read = (reading.prepared.text[:at].rstrip() for at in reading.cut.values())
    cuts = tuple(reading.span(len(text), len(text)) for text in read)
    return ast.Fragment(item, not (reading.stand_in or 0 in gone), lost, cuts)


def _tree(reading: Reading) -> tuple[Tree[Token] | None, list[Diagnostic], bool]:
    """Parse an item; at a fault leave out what has it, and parse again for the next fault."""
    faults: list[Diagnostic] = []
    while 0 not in reading.dead and len(faults) < MOST_OF_AN_ITEM:
        try:
            return item_parser().parse(reading.text()), faults, False
        except UnexpectedInput as error:
            from kpirules.syntax.suggestions.diagnosis import explain  # noqa: PLC0415  # of no use to a text without faults

            fault = explain(reading, error)
        if not ((fault.empty and fault.line in reading.bereft) or fault.line in reading.cut):
            faults.append(fault.diagnostic)
            if fault.empty and fault.line == 0:
                return None, faults, True
        reading.recover(fault)
    return None, faults, False


def _declared(reading: Reading, *, whole: bool = True) -> set[str]:
    """The names that a broken item would have declared: its own, and those that its lines and its kind bring.

    Of a header or a table that was read in part, what its lost lines bring. The empty name stands for an item that
    declares none.
    """
    first, *rest = reading.lines
    lost = [reading.lines[number] for number in sorted(reading.dead | reading.cut.keys()) if number]
    own = _word(reading.prepared, first, 1, dotted=True)
    names: list[str | None] = []
    match reading.head:
        case "SUBJECT" | "ENSURE" | "REQUIRE" | "REQUIRE_EACH":
            names.append(None)
        case "GRADE":
            names += words.spellings("grade")
        case "TABLE" | "SCHEME" if not whole:
            names += [None, *(_word(reading.prepared, line, 0) for line in lost)]
            names += [_word(reading.prepared, line, 1) for line in lost if reading.head == "SCHEME"]
        case "TABLE":
            names += [own, *(_word(reading.prepared, line, 0) for line in rest)]
        case "SCORECARD":
            named = [
                line for line in rest if words.spelled(_word(reading.prepared, line, 0) or "") in ("GROUP", "ADJUST")
            ]
            names += [own, *words.spellings("total"), *(_word(reading.prepared, line, 1) for line in named)]
        case "":
            pass
        case _:
            names.append(own)
    if own and words.item_at(own, 0):  # the keyword, twice
        names.append(_word(reading.prepared, first, 2))
    if reading.stand_in:
        names.append(NOBODY)
    return {name or "" for name in names}


def _perhaps(reading: Reading, named: set[str]) -> str:
    """The name that an item without its keyword perhaps declares: the second word, or the first where that is none."""
    first, second = (_word(reading.prepared, reading.lines[0], nth, dotted=nth == 1) for nth in (0, 1))
    plain = second and second not in named and words.spelled(second) is None
    return (second if plain else first) or ""


def _word(prepared: Prepared, line: Line, nth: int, *, dotted: bool = False) -> str | None:
    """The nth word of a line, in NFC; with `dotted`, together with those that dots join to it."""
    word = _word_at(prepared, line, nth, dotted=dotted)
    return unicodedata.normalize("NFC", prepared.text[slice(*word)]) if word else None


def _word_at(prepared: Prepared, line: Line, nth: int, *, dotted: bool = False) -> tuple[int, int] | None:
    """Where the nth word of a line begins and ends."""
    matches = list(_WORDS.finditer(prepared.lexed, line.start, min(line.end, line.start + 1000)))
    if len(matches) <= nth:
        return None
    last = nth
    while dotted and len(matches) > last + 1 and prepared.lexed[matches[last].end() : matches[last + 1].start()] == ".":
        last += 1
    return matches[nth].start(), matches[last].end()
