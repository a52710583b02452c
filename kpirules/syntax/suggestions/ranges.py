"""Rows whose heads are written as ranges or as bounds of the other side: what fits there, by the rows beside them."""

from __future__ import annotations

import re
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.source import Note
from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.recovery import Reading
from kpirules.syntax.suggestions import comparisons, slips
from kpirules.syntax.suggestions.notations import LONGEST

_VALUE = rf"\d[\d_]*(?:\.\d+)?\s?(?:[万亿]|{slips.FACTORS})?(?:%|元| [A-Z]{{3}})?\s*(?:{slips.UNITS})?"
_BOTH = re.compile(
    rf"(?:介于|between|从|from)?\s*(?P<low>{_VALUE})\s*(?:至|到|~|～|〜|–|—|-|to|且|and)\s*(?P<high>{_VALUE})(?:之间)?"
)
_BETWEEN = re.compile(rf"(?P<low>{_VALUE})\s*(?:<=|≤|<)\s*[^\W\d]\w*\s*(?:<=|≤|<)\s*(?P<high>{_VALUE})")
_OVER = re.compile(rf"(?P<low>{_VALUE})\s*(?:及以上|或以上|以上|\+|(?:and|or) (?:above|over|more|up))")
_UNDER = re.compile(rf"(?P<high>{_VALUE})\s*(?:及以下|或以下|以下|以内|(?:and|or) (?:below|under|less))")
_BOUND = re.compile(rf"\s*(?P<value>{_VALUE})")
_NAMED = re.compile(r"(?:(?:when|if|当|如果) +)?[^\W\d][\w.]*\s*")
_SIDES = {">": "low", ">=": "low", "≥": "low", "<": "high", "<=": "high", "≤": "high"}
_AND = re.compile(r"\s*(?:且|and|,)?\s*")
_POWERS = {"万": 10**4, "亿": 10**8}


@dataclass(frozen=True, slots=True)
class _Head:
    """The bounds that a row's head says, and where it ends; `compared` has the rest of one that begins with a name."""

    low: str | None
    high: str | None
    end: int
    compared: str | None = None


def at(reading: Reading, line: Line, place: int) -> tuple[int, int, Note] | None:
    """The head of a row that covers an offset: where it begins and ends, and what to write."""
    number = reading.living(line.start)
    head = _head(reading, number) if number else None
    if head is None or place > head.end or line.start != reading.lines[number].start:
        return None
    above = reading.lines[reading.above[number]]
    rows = [n for n, other in enumerate(reading.lines) if n and reading.above[n] == reading.above[number]]
    nth = rows.index(number)
    before = _head(reading, rows[nth - 1]) if nth else None
    after = _head(reading, rows[nth + 1]) if nth + 1 < len(rows) else None
    last = nth + 1 == len(rows)
    if words.has(reading.prepared.lexed[above.start : above.end], "TIERS"):
        note = _of_tiers(reading, head, before, after, last=last)
    elif head.low and head.high:
        note = _of_by(reading, head, before, after, last=last)
    else:
        note = Note("write", {"write": head.compared}) if head.compared else None
    return (line.start, head.end, note) if note else None


def _of_tiers(reading: Reading, head: _Head, before: _Head | None, after: _Head | None, *, last: bool) -> Note | None:
    """A row of tiers goes up to its upper bound, or to where the next begins; the last takes what is above."""
    up_to, above = (words.spelling(word, reading.language) for word in ("up to", "above"))
    if head.high is not None:
        return Note("write", {"write": f"{up_to} {head.high}"})
    assert head.low is not None
    end = after.low if after else None
    if end is None and not last:
        return None
    write = above if end is None else f"{up_to} {end}"
    args = {"write": write, "row": f"{up_to} {head.low}"}
    if before is None:
        return Note("write", {"write": write}) if _worth(head.low) == 0 and not last else Note("first", args)
    reached = before.high
    if reached is not None and _worth(reached) != _worth(head.low):
        return Note("gap", {**args, "low": reached, "high": head.low})
    return Note("write", {"write": write})


def _of_by(reading: Reading, head: _Head, before: _Head | None, after: _Head | None, *, last: bool) -> Note:
    """The first row that holds counts, so one bound is enough: the lower where the best stand first."""
    low, other = _worth(head.low), words.spelling("else", reading.language)
    rising = (after and after.low and _worth(after.low) > low) or (before and before.low and _worth(before.low) < low)
    least, less = (">=", "<") if reading.language == "en" else ("≥", "<")
    if rising and after and after.low:
        return Note("write", {"write": f"{less} {after.low}"})
    if (rising and last) or (last and before and low == 0):
        return Note("write", {"write": other})
    if rising:
        return Note("range", {"low": head.low})
    return Note("write", {"write": f"{least} {head.low}"})


def _head(reading: Reading, number: int) -> _Head | None:
    """The bounds of a row's head; None where it has none, or is no row."""
    line = reading.lines[number]
    colon = reading.prepared.lexed.find(":", line.start, line.end)
    if colon < 0 or colon - line.start > LONGEST:
        return None
    text = reading.prepared.lexed[line.start : colon].rstrip()
    end = line.start + len(text)
    for pattern in (_BOTH, _BETWEEN, _OVER, _UNDER):
        match = pattern.fullmatch(text)
        if match:
            parts = match.groupdict()
            return _Head(_numeral(parts.get("low")), _numeral(parts.get("high")), end)
    bounds: dict[str, str] = {}
    named = None if comparisons.compared(text, 0) else _NAMED.match(text)
    at_ = named.end() if named else 0
    while at_ < len(text):
        sign = comparisons.compared(text, at_)
        bound = _BOUND.match(text, sign[0]) if sign else None
        if sign is None or bound is None or sign[1] not in _SIDES:
            return None
        bounds[sign[1]] = slips.numeral(bound["value"])
        joint = _AND.match(text, bound.end())
        at_ = joint.end() if joint else bound.end()
    sides = {_SIDES[sign]: value for sign, value in bounds.items()}
    only = " ".join(next(iter(bounds.items()))) if named and len(bounds) == 1 else None
    return _Head(sides.get("low"), sides.get("high"), end, only) if sides else None


def _numeral(value: str | None) -> str | None:
    return None if value is None else slips.numeral(value)


def _worth(value: str | None) -> Fraction:
    """How much a numeral says, whatever its unit."""
    number = re.match(r"([\d_]+(?:\.\d+)?)\s*([万亿]?)", value or "0")
    return Fraction(number[1].replace("_", "")) * _POWERS.get(number[2], 1) if number else Fraction(0)
