"""What to say of a place where the parser could not go on."""

from __future__ import annotations

import re
from dataclasses import replace

from lark import UnexpectedInput, UnexpectedToken

from kpirules.source import Diagnostic, Note, Span
from kpirules.source.similar import similar
from kpirules.syntax import layout, words
from kpirules.syntax.layout import Line
from kpirules.syntax.recovery import LineFault, Reading
from kpirules.syntax.suggestions import continued_lines, misplaced_rows, notations, ranges, slips, speculative_parsing
from kpirules.syntax.suggestions.expected import expected
from kpirules.syntax.suggestions.unsupported import before_the_end, later

_PIECE = re.compile(r'"[^"\n]*"|“[^”\n]*”|＂[^＂\n]*＂|[\w.]*\w|[^\w\s]')
_LAST_WORD = re.compile(r'(\w+)[^\w"“”＂]*$')
_FIRST_WORD = re.compile(r"[^\W\d]\w*")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?!\w)")
_NUMBER_BEFORE = re.compile(r"(?<!\w)(\d[\d._]*) +$")
_CONDITIONAL = ("GATE", "OUTCOME")
"""Items that are a name and a condition."""
_PROMISES = ("ENSURE", "REQUIRE", "REQUIRE_EACH")
"""Items that are a condition and what to say where it does not hold."""
_FOREIGN = {
    "==": "=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "!": "not",
    "**": "*",
    "–": "-",
    "—": "-",
    "−": "-",
    "。": ".",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "'": '"',
    "‘": "“",
    "’": "”",
    "”": "“",
    "x": "×",
    "X": "×",
    "✕": "×",
}
"""What other notations write, and what it is here."""
_WORD = re.compile(r"[^\W\d][\w-]*")
_WEIGHT = ("weight", "权重")
_STEP = frozenset({"WHOLE", "PART", "PRO_RATA"})
"""What ends `per N`."""
_STOPS = "。.；;，,、"
"""Signs that end a sentence."""
_GOES_ON = "+-*/×÷,"
"""Signs that a value may go on with."""
_HAN = re.compile("[\u4e00-\u9fff]{3,}")
"""A word in which one sign too many is more likely than a name of one sign; in a shorter one it is not."""


def _here(foreign: str, language: str) -> str:
    """What a sign of another notation is called here, in the file's language."""
    meant = _FOREIGN[foreign]
    if meant == "×":
        return meant if language == "zh" else "*"
    return words.spelling(meant, language) if meant.isalpha() else meant


def explain(reading: Reading, error: UnexpectedInput) -> LineFault:
    """The fault behind an error of the parser."""
    at = reading.origin + (error.pos_in_stream or 0)
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is not None and token.type.startswith("NEXT_"):
        at += len(token) - len(token.lstrip(", "))
    parser = getattr(error, "interactive_parser", None)
    could: set[str] = set(parser.accepts()) if parser else set()
    if token is not None and token.type == "_INDENT":
        number = reading.living(at)
        nested = misplaced_rows.in_the_rows_line(reading, reading.above[number])
        block = reading.block(number)
        above = reading.above[number]
        join = None if nested else continued_lines.joined(reading, above, block.stop - 1)
        fault = _of_line(reading, number, "KPI104", join or Note("inside"))
        if join:
            return LineFault(fault, above, range(above, block.stop), whole=True)
        return nested or LineFault(fault, number, block)
    if could == {"_INDENT"}:
        number = reading.living(at - 1)
        rows = misplaced_rows.with_rows_beside(reading, number)
        return LineFault(_of_line(reading, number, "KPI105", Note("indent")), number, rows, empty=True)
    number = reading.living(at)
    line = reading.lines[number]
    could = speculative_parsing.could(reading, min(at, line.end)) or could
    nested = misplaced_rows.in_the_rows_line(reading, number)
    if nested:
        return nested
    if at >= line.end:
        under = reading.under(number)
        join = continued_lines.joined(reading, number, under.stop - 1) if len(under) > 1 else None
        if join:
            fault = _too_short(reading, line, could)
            return LineFault(replace(fault, helps=(join,)), number, under, whole=True)
        diagnostic = before_the_end(reading, line) or _too_short(reading, line, could)
    else:
        diagnostic = (None if _near(reading, at, could) else later(reading, line, at, could)) or _out_of_place(
            reading, line, at, could
        )
    return LineFault(diagnostic, number, misplaced_rows.with_rows_beside(reading, number))


def _of_line(reading: Reading, number: int, code: str, help_: Note) -> Diagnostic:
    line = reading.lines[number]
    return Diagnostic(code, reading.span(line.start, line.end), {}, helps=(help_,))


def _too_short(reading: Reading, line: Line, could: set[str]) -> Diagnostic:
    end = reading.span(max(line.start, line.end - 1), line.end)
    helps = [Note("per")] if could >= _STEP else _signs(reading, line, could) or _nothing_after(reading, line, could)
    helps = helps or [_unfinished(reading, line, could)]
    return Diagnostic("KPI116", end, {"expected": _expected(reading, could)}, helps=tuple(helps))


def _out_of_place(reading: Reading, line: Line, at: int, could: set[str]) -> Diagnostic:
    def fault(span: Span, *helps: Note, code: str = "KPI101") -> Diagnostic:
        return Diagnostic(code, span, {"found": span.text, "expected": _expected(reading, could)}, helps=helps)

    lexed = reading.prepared.lexed
    number = _thousands(lexed, line, at)
    if number:
        span = reading.span(*number.span())
        return Diagnostic("KPI115", span, layout.thousands(number), helps=(Note("number"),))
    slip = notations.at(reading, line, at) or ranges.at(reading, line, at)
    needless = None if slip else _needless(reading, line, at)
    if needless:
        return fault(reading.span(at, at + 1), Note("without", {"write": needless}))
    slip = slip or slips.at(reading, line, at, could)
    if slip:
        start, end, note = slip
        return fault(reading.span(start, end), note, code="KPI110" if start == reading.base else "KPI101")
    foreign = _foreign(lexed, line, at, could)
    if foreign:
        span = reading.span(*foreign)
        closing = foreign[1] == line.end and span.text in _STOPS
        write = Note("write", {"write": _here(lexed[slice(*foreign)], reading.language)})
        return fault(span, Note("drop", {"text": span.text}) if closing else write)
    piece = (_DAY.match(lexed, at) if "DATE" in could else None) or _PIECE.match(lexed, at)
    span = reading.span(at, min(piece.end() if piece else at + 1, line.end))
    if at == reading.base:
        equal = span.text.isidentifier() and lexed[span.end : line.end].lstrip().startswith("=")
        heads = _at_head(span, could, row=misplaced_rows.is_row(lexed, line), equal=equal)
        return fault(span, *heads, code="KPI110")
    helps = _meant(reading, line, span, could) or [
        *([Note("rows")] if misplaced_rows.in_the_rules_line(reading, line, at) else ()),
        *(_stuck(reading, line, span, could) or _spelled(span, could)),
        *_signs(reading, line, could),
    ]
    return fault(span, *(helps or [_else(span, could)]))


def _expected(reading: Reading, could: set[str]) -> tuple[str, ...]:
    return expected(could, reading.language, gate=reading.head == "GATE")


def _thousands(lexed: str, line: Line, at: int) -> re.Match[str] | None:
    numbers = layout.THOUSANDS.finditer(lexed, line.start, line.end)
    return next((number for number in numbers if number.start() < at < number.end()), None)


def _needless(reading: Reading, line: Line, at: int) -> str | None:
    """The line without the comma, colon or equal sign at an offset, where it can be read so: `指标：毛利率`."""
    lexed, text = reading.prepared.lexed, reading.prepared.text
    alone = not {*lexed[max(at - 1, 0) : at], *lexed[at + 1 : at + 2]} & {*"<>=!:"}
    if lexed[at] not in ",:=" or not alone or not lexed[at + 1 : line.end].strip():
        return None
    if not speculative_parsing.reads(reading, at, " " + lexed[at + 1 : line.end]):
        return None
    return f"{text[line.start : at].strip()} {text[at + 1 : line.end].strip()}"


def _foreign(lexed: str, line: Line, at: int, could: set[str]) -> tuple[int, int] | None:
    """A sign of another notation that covers an offset, the longer first; an `x` only where a `×` could stand."""
    for start, end in ((at, at + 2), (at - 1, at + 1), (at, at + 1)):
        sign = lexed[start:end]
        word = sign.isalpha() and ("STAR" not in could or lexed[end : end + 1].isalnum())
        if line.start <= start and end <= line.end and sign in _FOREIGN and not word:
            return start, end
    return None


# ---------------------------------------------------------------- helps


def _at_head(span: Span, could: set[str], *, row: bool, equal: bool) -> list[Note]:
    """Helps for a word that begins no item."""
    word = span.text
    if row:
        return [Note("row")]
    if word in _GOES_ON or words.spelled(word) in ("AND", "OR"):
        return [Note("above", {"word": word})]
    if equal:
        return [Note("define", {"word": word})]
    glued = words.glued_head(word)
    if words.spelled(word) in ("IF", "THEN", "ELSE"):
        return [Note("if")]
    if words.is_clause(word):
        return [Note("indent", {"word": word})]
    return [Note("space", {"glued": glued})] if glued else _spelled(span, could) or [Note("none")]


def _near(reading: Reading, at: int, could: set[str]) -> bool:
    """Whether a word at an offset is what people write for a keyword that could stand there, and no call."""
    lexed = reading.prepared.lexed
    word = _FIRST_WORD.match(lexed, at)
    called = word is not None and lexed[word.end() :].lstrip(" ").startswith("(")
    return word is not None and not called and words.near(word[0], could) is not None


def _spelled(span: Span, could: set[str]) -> list[Note]:
    """The keyword that a word was perhaps meant to be."""
    spellings = [s for t, word in words.keywords().items() if t in could for s in word.spellings]
    close = words.near(span.text, could) or similar(span.text, spellings)
    return [Note("similar", {"similar": close})] if close else []


def _meant(reading: Reading, line: Line, span: Span, could: set[str]) -> list[Note]:
    """What a line was meant to say where more than one word tells: a day, a text, a function, a line's first word."""
    day = _DAY.fullmatch(span.text)
    if day and "DATE" in could:
        return [Note("date", {"date": f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}"})]
    if could == {"TEXT"} or ("TEXT" in could and _WORD.fullmatch(span.text) and _asks_text(reading, line, span, could)):
        return [Note("quote", {"text": span.text})]
    if reading.head == "INDICATOR" and span.start == line.start and span.text in _WEIGHT:
        scorecard = words.spelling("scorecard", reading.language)
        return [Note("weight", {"scorecard": scorecard})]
    number = _NUMBER_BEFORE.search(reading.prepared.lexed[line.start : span.start])
    if number and span.text[0] in "万亿" and "CODE" in could:
        return [Note("join", {"number": number[1] + span.text})]
    if could >= _STEP:
        return [Note("per")]
    before = _LAST_WORD.search(reading.prepared.text[line.start : span.start])
    if before and "NAME" not in could and "_LEFT" in could and words.function(before[1]) and span.text[0].isalpha():
        return [Note("call", {"word": before[1], "text": span.text})]
    if "WHEN" in could and reading.head in _CONDITIONAL and not _spelled(span, could):
        return [Note("when")]
    first = _FIRST_WORD.match(reading.prepared.lexed, line.start)
    if first and line.start > reading.base and line.start < span.start and not words.spelled(first[0]):
        word = reading.span(*first.span())
        there = _spelled(word, speculative_parsing.could(reading, line.start))
        return [Note("head", {"word": word.text, **note.args}) for note in there]
    return []


def _asks_text(reading: Reading, line: Line, span: Span, could: set[str]) -> bool:
    """Whether a word is a text without its quotes: a title after a name, one of the texts of a column."""
    before = reading.prepared.lexed[line.start : span.start]
    if "NAME" not in could:
        listed = re.search(rf"(?<!\w){words.pattern('IN')}[^:]*$", before) is not None
        rest = reading.prepared.lexed[span.end : line.end].strip()
        titled = (
            line.start == reading.base and before.count(" ") == len(("indicator", "sales")) and rest[:1] in ("", "=")
        )
        return listed or (titled and not _spelled(span, could))
    return False


def _stuck(reading: Reading, line: Line, span: Span, could: set[str]) -> list[Note]:
    """A keyword that sticks to a name: in the word found, or in the one before it; none in a slip of one keyword."""
    if span.text[0] in '"“＂' or (_HAN.fullmatch(span.text) and _spelled(span, could)):
        return []
    before = _LAST_WORD.search(reading.prepared.text[line.start : span.start])
    at_start = span.start == line.start
    glued = (words.glued_head(span.text) if at_start else None) or words.glued(span.text)
    glued = glued or (words.glued(before[1]) if before else None)
    return [Note("space", {"glued": glued})] if glued else []


def _nothing_after(reading: Reading, line: Line, could: set[str]) -> list[Note]:
    """What to write after a word that a line ends with: an amount after a limit, a value after a clause's word."""
    if not could >= {"NAME", "NUMBER", "_LEFT"}:
        return []
    lexed = reading.prepared.lexed
    limit = re.compile(rf"(?:{words.pattern('AT_MOST')}|{words.pattern('AT_LEAST')})$").search(
        lexed, line.start, line.end
    )
    if limit:
        return [Note("limit", {"word": reading.span(*limit.span()).text})]
    word = reading.span(line.start, line.end).text
    return [Note("clause", {"word": word})] if words.is_clause(word) else []


def _unfinished(reading: Reading, line: Line, could: set[str]) -> Note:
    """What to write where a line ends in the middle of a value."""
    if "ELSE" in could:
        return Note("else", {"else": words.spelling("else", reading.language)})
    last = reading.prepared.text[line.start : line.end].split()[-1]
    return Note("more", {"last": last})


def _else(span: Span, could: set[str]) -> Note:
    """What to do with what stands out of place where nothing tells what it was meant to be."""
    args = {"found": span.text}
    if could >= {"PLUS", "STAR"} and _operand(span.text):
        return Note("operator", args)
    return Note("end" if could == {"_NL"} else "instead", args)


def _operand(text: str) -> bool:
    """Whether something could stand where a value is asked for: no sign, and no keyword."""
    return (text[0].isalnum() or text[0] in '("“') and words.spelled(text) is None


def _signs(reading: Reading, line: Line, could: set[str]) -> list[Note]:
    """The signs that part a line in two, where one could stand."""
    advice = re.compile(words.pattern("ADVICE_WHEN")).match(reading.prepared.lexed, line.start)
    signs = {"_COLON": "message" if advice or reading.head in _PROMISES else "colon", "_EQUAL": "equal"}
    return [Note(help_) for sign, help_ in signs.items() if sign in could]
