"""What could stand at a place, as a reader would say it."""

from __future__ import annotations

from enum import StrEnum

from kpirules.syntax import words
from kpirules.syntax.parser.item_parser import item_parser

FEW = 6
"""How many of the things that could stand at a place are named."""


class Kind(StrEnum):
    """What is no keyword, under its word in the catalogue."""

    VALUE = "expected value"
    CONSTANT = "expected constant"
    TYPE = "expected type"
    NAME = "expected name"
    NUMBER = "expected number"
    DATE = "expected date"
    TEXT = "expected text"
    CURRENCY = "expected currency"
    COMPARISON = "expected comparison"
    LINE_END = "expected end of line"
    OPERATOR = "expected operator"


_SETS = (
    (Kind.VALUE, "NAME NUMBER _LEFT", "NAME NUMBER TEXT DATE _LEFT MINUS IF NOT TRUE FALSE"),
    (Kind.CONSTANT, "NUMBER TEXT DATE", "NUMBER TEXT DATE MINUS TRUE FALSE"),
    (Kind.TYPE, "IS_TEXT IS_MONEY", " ".join(t for t, w in words.keywords().items() if w.section == "type")),
    (
        Kind.OPERATOR,
        "PLUS STAR",
        (
            "PLUS MINUS STAR SLASH PER AS_NUMBER AS_PERCENT COMPARE OR AND IN NOT_IN IS_MISSING IS_PRESENT OR_ELSE "
            "_SIGN CODE YUAN _LEFT"
        ),
    ),
)
"""Terminals that come together: the kind that names them, the marks by which they are known, all of them."""

_KINDS = {
    "NAME": Kind.NAME,
    "NUMBER": Kind.NUMBER,
    "DATE": Kind.DATE,
    "TEXT": Kind.TEXT,
    "CODE": Kind.CURRENCY,
    "COMPARE": Kind.COMPARISON,
    "_NL": Kind.LINE_END,
}
_NEXT = {"NEXT_AT_MOST": "AT_MOST", "NEXT_AT_LEAST": "AT_LEAST"}


def expected(could: set[str], language: str, *, gate: bool = False) -> tuple[Kind | str, ...]:
    """The few most telling of the terminals that could stand at a place, keywords as a file's language spells them.

    What a `gate` does to a value is not spelled as a limit is: `不超过`, and not `封顶`.
    """
    rest = could - {"_DOT"}
    kinds: list[Kind | str] = []
    for kind, marks, members in _SETS:
        if rest.issuperset(marks.split()):
            kinds.append(kind)
            rest.difference_update(members.split())
    keywords, signs = words.keywords(), item_parser().signs()
    heads = [t for t in keywords if t in rest and keywords[t].section != "inside"]
    inside = [t for t in keywords if t in rest and keywords[t].section == "inside"]
    kinds += [f"`{keywords[t].spelling(language)}`" for t in heads]
    kinds += [_KINDS[t] for t in _KINDS if t in rest]
    kinds += [f"`{sign}`" for sign in sorted(signs[t] for t in rest & signs.keys())]
    spelled = {t: keywords[t].spelling(language) for t in inside}
    if gate and language == "zh":
        spelled |= {t: keywords[t].chinese[1] for t in ("AT_MOST", "AT_LEAST") if t in spelled}
    kinds += [f"`{spelling}`" for spelling in spelled.values()]
    kinds += [f"`, {keywords[_NEXT[t]].spelling(language)}`" for t in _NEXT if t in rest]
    return tuple(kinds[:FEW]) + (("…",) if len(kinds) > FEW else ())
