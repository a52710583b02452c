"""Values that are whole in the notation of spreadsheets, SQL or programs, and how they are written here.

A condition with its two values, conditions in a call, a list in brackets, a second comparison without its left side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import UnexpectedInput

from kpirules.records import dataclass
from kpirules.source import Note
from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.parser.item_parser import item_parser
from kpirules.syntax.recovery import Reading
from kpirules.syntax.suggestions import comparisons
from kpirules.syntax.suggestions.speculative_parsing import could, reads

Habit = tuple[int, int, Note]
"""Where a habit begins and ends, and what to write."""

LONGEST = 1000
"""The longest line in which habits are looked for: nobody wrote a longer one by hand."""

_CALL = re.compile(
    r"(?<![\w.])(?P<if>ifs?|如果|若)\s*\(|(?<![\w.])(?P<and>and|且)\s*\(|(?<![\w.])(?P<or>or|或)\s*\(", re.IGNORECASE
)
_CASE = re.compile(r"(?<!\w)case(?!\w)", re.IGNORECASE)
_CASE_PART = re.compile(r"(?<!\w)(when|then|else|end)(?!\w)", re.IGNORECASE)
_IF = re.compile(r"(?:if|如果|若)(?!\w)", re.IGNORECASE)
_ELSE = re.compile(r"(?<!\w)(?:else|否则)(?!\w)", re.IGNORECASE)
_TRUTH = re.compile(r"true|1|是", re.IGNORECASE)
_ENDS = re.compile(r" *(?:$|[):,])")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_PART = re.compile(r'"[^"]*"|“[^”]*”|[^\S\n]+|\w+|.')


@dataclass(frozen=True, slots=True)
class _Token:
    """A token that was read before a fault: its terminal, its place, and whether a whole value could begin with it."""

    kind: str
    start: int
    end: int
    opens: bool


def at(reading: Reading, line: Line, place: int) -> Habit | None:
    """A value in another notation that covers an offset of a line, if any.

    What is offered can be read where it would stand.
    """
    if line.end - line.start > LONGEST:
        return None
    tokens = _tokens(reading, line, place)
    for form in (_listed, _sideless, _call, _ternary, _turned, _case):
        written = form(reading, line, place, [*tokens])
        if written is None:
            continue
        start, end, write = written
        whole = form in (_listed, _sideless) or _alone(reading, line, start, end)
        for text in (*((write,) if whole else ()), f"({write})"):
            if reads(reading, start, text, end):
                return start, end, Note("write", {"write": text})
    return None


def _alone(reading: Reading, line: Line, start: int, end: int) -> bool:
    """Whether what stands between two offsets is a whole value, of which nothing beside it takes a part."""
    after = _ENDS.match(reading.prepared.lexed, end, line.end)
    return after is not None and "IF" in could(reading, start)


# ---------------------------------------------------------------- conditions with two values


def _call(reading: Reading, line: Line, place: int, tokens: list[_Token]) -> tuple[int, int, str] | None:
    """`IF(a > 1, 2, 3)`, with whatever calls are in it."""
    del tokens
    typed = reading.prepared.lexed[: line.end]
    for call, end in _calls(typed, line.start):
        if call.start() <= place < end:
            write, _ = _translated(reading, call.start(), end)
            return None if write is None else (call.start(), end, write)
    return None


def _translated(reading: Reading, start: int, end: int) -> tuple[str | None, str]:
    """A piece of text with its calls of `IF`, `AND` and `OR` written with keywords, and which of them is all of it.

    No text where a call has no sense.
    """
    typed = reading.prepared.lexed[:end]
    call, close = next(_calls(typed, start), (None, end))
    if call is None:
        return reading.piece(start, end), ""
    kind = str(call.lastgroup)
    before, after = reading.piece(start, call.start()), reading.piece(close, end)
    rest = _translated(reading, close, end)[0]
    args = [_translated(reading, *part) for part in _arguments(typed, call.end(), close - 1)]
    parts = [(part.strip(), inner) for part, inner in args if part is not None]
    made = _joined(reading, kind, parts) if rest is not None and len(parts) == len(args) else None
    if made is None or not (before + after).strip():
        return made, kind
    return f"{before}({made}){rest}".strip(), ""


def _joined(reading: Reading, kind: str, parts: list[tuple[str, str]]) -> str | None:
    """The arguments of a call of some kind with keywords between them; what would come apart in brackets."""
    loose = {"if": ("if",), "and": ("if", "or"), "or": ("if",)}[kind]
    last = len(parts) - 1 if kind == "if" else None
    held = [f"({part})" if inner in loose and n != last else part for n, (part, inner) in enumerate(parts)]
    return _branches(reading, held) if kind == "if" else f" {words.spelling(kind, reading.language)} ".join(held)


def _calls(typed: str, start: int) -> Iterator[tuple[re.Match[str], int]]:
    """The calls that begin after an offset, with where each ends; `and (…)` with one argument is none."""
    for call in _CALL.finditer(typed, start):
        close = _closing(typed, call.end() - 1)
        if close is not None and (call["if"] or len(_arguments(typed, call.end(), close - 1)) > 1):
            yield call, close


def _branches(reading: Reading, parts: list[str]) -> str | None:
    """Conditions and values by turns, what holds otherwise last."""
    conditions, values = parts[::2], parts[1::2]
    if len(conditions) == len(values) and _TRUTH.fullmatch(conditions[-1]):
        conditions[-1] = values.pop()
    if not values or len(conditions) != len(values) + 1 or not all(parts):
        return None
    when, then, otherwise = (words.spelling(word, reading.language) for word in ("if", "then", "else"))
    *conditions, last = conditions
    made = [
        f"{when} {condition} {then} {value} {otherwise}" for condition, value in zip(conditions, values, strict=True)
    ]
    return " ".join([*made, last])


def _ternary(reading: Reading, line: Line, place: int, tokens: list[_Token]) -> tuple[int, int, str] | None:
    """`a > 1 ? 2 : 3`."""
    start, typed = _opening(tokens), reading.prepared.lexed
    if start is None or typed[place] != "?":
        return None
    end = _stop(typed, place, line.end)
    parts, last, marks = [(start, place)], place + 1, "?:"
    for offset, part in _parts(typed, place + 1, end):
        if part in marks:
            parts.append((last, offset))
            last = offset + 1
    parts.append((last, end))
    write = _branches(reading, [reading.piece(*part).strip() for part in parts])
    return None if write is None else (start, end, write)


def _turned(reading: Reading, line: Line, place: int, tokens: list[_Token]) -> tuple[int, int, str] | None:
    """`2 if a > 1 else 3`."""
    start, typed = _opening(tokens), reading.prepared.lexed
    match = _IF.match(typed, place)
    if start is None or match is None or start == place:
        return None
    end = _stop(typed, place, line.end)
    otherwise = _ELSE.search(typed, match.end(), end)
    if otherwise is None:
        return None
    parts = (match.end(), otherwise.start()), (start, place), (otherwise.end(), end)
    write = _branches(reading, [reading.piece(*part).strip() for part in parts])
    return None if write is None else (start, end, write)


def _case(reading: Reading, line: Line, place: int, tokens: list[_Token]) -> tuple[int, int, str] | None:
    """`case when a > 1 then 2 else 3 end`."""
    del tokens
    typed = reading.prepared.lexed
    case = next((match for match in _CASE.finditer(typed, line.start, line.end) if match.start() <= place), None)
    marks = [*_CASE_PART.finditer(typed, case.end(), line.end)] if case else []
    ends = [mark for mark in marks if mark[1].lower() == "end"]
    if case is None or not marks or not (place <= marks[0].end() or "then" in typed[case.end() : place].lower()):
        return None
    end = ends[0].end() if ends else line.end
    marks = [mark for mark in marks if mark.end() <= end]
    stops = [*(mark.start() for mark in marks[1:]), end]
    kinds = [mark[1].lower() for mark in marks]
    parts = [reading.piece(mark.end(), stop).strip() for mark, stop in zip(marks, stops, strict=True)]
    if kinds[-1:] == ["end"]:
        kinds, parts = kinds[:-1], parts[:-1]
    shape = ["when", "then"] * (len(kinds) // 2) + ["else"]
    write = _branches(reading, parts) if kinds == shape and not typed[case.end() : marks[0].start()].strip() else None
    return None if write is None else (case.start(), end, write)


# ---------------------------------------------------------------- lists, comparisons


def _listed(reading: Reading, line: Line, place: int, tokens: list[_Token]) -> tuple[int, int, str] | None:
    """`in ("a", "b")`, `in ["a", "b"]`."""
    after = next((n for n in reversed(range(len(tokens))) if tokens[n].kind in ("IN", "NOT_IN")), None)
    if after is None:
        return None
    start = tokens[after + 1].start if after + 1 < len(tokens) else place
    typed = reading.prepared.lexed[: line.end]
    end = _closing(typed, start) if typed[start : start + 1] in _CLOSING else None
    if end is None or place >= end:
        return None
    return start, end, reading.piece(start + 1, end - 1).strip()


def _sideless(reading: Reading, line: Line, place: int, tokens: list[_Token]) -> tuple[int, int, str] | None:
    """`x > 1 and < 9`: the left side of the first comparison belongs to the second too."""
    del line
    lexed, depth = reading.prepared.lexed, 0
    middle: int | None = None
    if tokens and tokens[-1].kind == "NAME":  # `less` of `less than`
        place = tokens.pop().start
    compared = comparisons.compared(lexed, place)
    if compared is None or not tokens or tokens[-1].kind not in ("AND", "OR"):
        return None
    for n in reversed(range(len(tokens) - 1)):
        token, before = tokens[n], tokens[n - 1].kind if n else ""
        depth += {"_RIGHT": 1, "_LEFT": -1}.get(token.kind, 0)
        if depth == 0 and token.kind == "COMPARE" and middle is None:
            middle = token.start
        elif depth == 0 and middle is not None and (token.opens or before in ("AND", "OR", "NOT")):
            return place, compared[0], f"{reading.piece(token.start, middle).strip()} {compared[1]}"
    return None


# ---------------------------------------------------------------- reading


def _tokens(reading: Reading, line: Line, place: int) -> list[_Token]:
    """What the parser has read of a line before an offset."""
    parser = item_parser().parse_interactive(reading.text()[: place - reading.origin])
    tokens: list[_Token] = []
    try:
        for token in parser.iter_parse():
            start = reading.origin + (token.start_pos or 0)
            if start >= line.start and token.type not in ("_NL", "_INDENT", "_DEDENT"):
                opens = "IF" in parser.accepts()  # type: ignore[no-untyped-call]  # Lark says no types for it
                tokens.append(_Token(token.type, start, start + len(token), opens))
    except UnexpectedInput:  # what stands there lends its first letters to what stands before
        return tokens
    return tokens


def _opening(tokens: list[_Token]) -> int | None:
    """Where the whole value begins that the last of some tokens belongs to."""
    depth = 0
    for token in reversed(tokens):
        depth += {"_RIGHT": 1, "_LEFT": -1}.get(token.kind, 0)
        if token.opens and depth == 0:
            return token.start
    return None


def _parts(typed: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The words, texts and signs of a piece of a line that no bracket opened in it holds, with where each begins."""
    depth = 0
    for sign in _PART.finditer(typed, start, end):
        if sign[0] in _CLOSING.values():
            depth -= 1
            if depth < 0:
                return
        if depth == 0:
            yield sign.start(), sign[0]
        if sign[0] in _CLOSING:
            depth += 1


def _stop(typed: str, start: int, end: int) -> int:
    """Where a value ends that an offset is in: at the latest before a comma or bracket of what is round it."""
    depth = 0
    for sign in _PART.finditer(typed, start, end):
        depth += (sign[0] in _CLOSING) - (sign[0] in _CLOSING.values())
        if depth < 0 or (depth == 0 and sign[0] == ","):
            end = sign.start()
            break
    return len(typed[:end].rstrip())


def _closing(typed: str, start: int) -> int | None:
    """The end of what a bracket at an offset holds, itself included."""
    sign, depth = typed[start], 0
    for bracket in _PART.finditer(typed, start):
        depth += (bracket[0] == sign) - (bracket[0] == _CLOSING[sign])
        if depth == 0:
            return bracket.end()
    return None


def _arguments(typed: str, start: int, end: int) -> list[tuple[int, int]]:
    """What commas part between two offsets."""
    commas = [offset for offset, part in _parts(typed, start, end) if part == ","]
    return list(zip([start, *(comma + 1 for comma in commas)], [*commas, end], strict=True))
