"""What the parser says of a place: what could stand there, and whether what a help says to write would be read."""

from __future__ import annotations

import re

from lark import UnexpectedInput

from kpirules.syntax import layout
from kpirules.syntax.parser.item_parser import item_parser
from kpirules.syntax.recovery import Reading

_NEXT = re.compile(r" *(?:, *\w+(?: +\w+)?|[\w.%]+|\S)?")
"""What stands next in a line."""


def could(reading: Reading, at: int) -> set[str]:
    """What could stand at an offset, before the parser looked at what does stand there and drew conclusions."""
    parser = item_parser().parse_interactive(reading.text()[: at - reading.origin])
    try:
        parser.exhaust_lexer()
    except UnexpectedInput:  # what stands there lends its first letters to what stands before
        return set()
    return set(parser.accepts())  # type: ignore[no-untyped-call]  # Lark says no types for it


def ends(reading: Reading, start: int, write: str) -> bool:
    """Whether a line can end with what would stand at an offset."""
    before = reading.text()[: start - reading.origin]
    parser = item_parser().parse_interactive(f"{before}{layout.half_width(write)} ")
    try:
        parser.exhaust_lexer()
    except UnexpectedInput:
        return False
    return "_NL" in parser.accepts()  # type: ignore[no-untyped-call]  # Lark says no types for it


def reads(reading: Reading, start: int, write: str, end: int | None = None) -> bool:
    """Whether the parser reads an item so far as to the end of what would stand at an offset.

    With what stands next, where an `end` says up to which offset it would take the place of what was typed.
    """
    beyond = ""
    if end is not None and (token := _NEXT.match(reading.prepared.lexed, end)):
        beyond = token[0]
    before = reading.text()[: start - reading.origin]
    try:
        item_parser().parse_interactive(f"{before}{layout.half_width(write)}{beyond} ").exhaust_lexer()
    except UnexpectedInput:
        return False
    return True
