"""What people write by habit, from other languages and from spreadsheets, and what is written instead here."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from kpirules.source import Note
from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.recovery import Reading
from kpirules.syntax.suggestions import comparisons
from kpirules.syntax.suggestions.notations import LONGEST
from kpirules.syntax.suggestions.speculative_parsing import reads

_NUMBER = r"(\d[\d_]*(?:\.\d+)?[万亿]?)"
_SHARE = r"(\d[\d_.]*[万亿]?(?:%|元)?)"
_VALUE = r"(\d{4}-\d\d-\d\d(?!\w)|\d[\d_.]*[万亿]?(?:%|元| ?[A-Z]{3})?(?!\w)|[^\W\d][\w.]*)"
UNITS = "分|点|倍|个|人次|人|次|岁|名|家|台|件|单|笔|条|套|points?|pts|times|pcs"
_TIMES = {
    "month": "个月|月|months?",
    "day": "天|日|days?",
    "year": "年|years?|yrs?",
    "": "个?季度?|周|星期|个?小时|quarters?|weeks?|hours?",
}
_SPANS = {"months": r"(?:months|月数)\s*\([^()]*\)", "days": r"(?:(?:days|天数)\s*\([^()]*\)|active_days|在岗天数)"}
_FACTORS = {("months", "month"): 1, ("months", "year"): 12, ("days", "day"): 1}
"""How many of what a function of time counts a unit is, where that is always the same."""
_THOUSANDS = {"k": 10**3, "K": 10**3, "千": 10**3, "百": 100, "m": 10**6, "M": 10**6, "mn": 10**6, "bn": 10**9}
_MYRIADS = {"w": 1, "W": 1, "十万": 10, "百万": 100, "千万": 1000}

_BEHIND = r"(?:(?<=[\w%)] )|(?<=[%)]))"
_CAP = r"cap(?:ped)?(?: at)?|max(?:imum)?|不得超过|最高|上限"
_FLOOR = r"floor(?:ed)?(?: at)?|min(?:imum)?|不得低于|最低|下限"
"""What people write for a limit, wherever one may stand."""
_CAPPED = rf"up to|(?:not|no) (?:more|higher) than|limit(?:ed)?(?: to)?|不多于|不得高于|不大于|至多|{_CAP}"
_FLOORED = rf"(?:not|no) (?:less|lower) than|不少于|不得少于|不小于|{_FLOOR}"
"""What people write for a limit behind a value, after a comma or without one."""

_TYPES = {
    "string|str|varchar|char|字符串|字符|文字": "{text}",
    "int|整型": "{integer}",
    "float|decimal|double|numeric|数字|小数": "{number}(2)",
    "boolean|布尔": "{bool}",
    "datetime|timestamp|时间": "{date}",
    "货币|currency": "{money}",
    "百分数|比例|比率": "{percent}",
}

_Instead = str | Callable[[re.Match[str]], str | None]


def _multiplied(product: re.Match[str]) -> str | None:
    """`75k` as 75_000, `3w` as 3万."""
    myriads = product[2] in _MYRIADS
    value = Fraction(product[1].replace("_", "")) * (_MYRIADS if myriads else _THOUSANDS)[product[2]]
    return None if value.denominator != 1 else f"{value.numerator}万" if myriads else f"{value.numerator:_}"


FACTORS = "|".join([*_MYRIADS, *_THOUSANDS])
_MULTIPLE = re.compile(rf"(?<![\w.])(\d[\d_]*(?:\.\d+)?)\s*({FACTORS})(?!\w)")


def numeral(written: str) -> str:
    """A number as it is written here: no letter for thousands, no unit of what is counted."""
    bare = re.sub(rf"\s*(?:{UNITS})$", "", written.strip())
    return _MULTIPLE.sub(lambda product: _multiplied(product) or product[0], bare)


_SLIPS: tuple[tuple[re.Pattern[str], _Instead], ...] = (
    (re.compile(rf"[¥￥]\s*{_NUMBER}"), r"\1元"),
    (re.compile(rf"\$\s*{_NUMBER}"), r"\1 USD"),
    (re.compile(rf"{_NUMBER}\s*(?:rmb|RMB|cny|人民币)(?!\w)"), r"\1元"),
    (re.compile(rf"{_NUMBER}(USD|CNY|EUR|GBP|HKD|JPY)(?!\w)"), r"\1 \2"),
    (re.compile(rf"{_NUMBER}\s*usd(?!\w)"), r"\1 USD"),
    (_MULTIPLE, _multiplied),
    (re.compile(rf"百分之{_NUMBER}"), r"\1%"),
    (re.compile(rf"{_NUMBER}\s*(?:个百分点|percent|pct)(?!\w)"), r"\1%"),
    (re.compile(rf"{_SHARE}\s*分?(?:及以上|以上|或以上)"), r"≥ \1"),
    (re.compile(rf"{_SHARE}\s*分?(?:及以下|以下|或以下|以内)"), r"≤ \1"),
    (re.compile(rf"{_NUMBER}\s*(?:{UNITS})(?!\w)"), r"\1"),
    (re.compile(r"\bis\s+not\s+(?:missing|null|empty)\b"), "is present"),
    (re.compile(r"\bis\s+(?:null|empty)\b"), "is missing"),
    (re.compile(r"\bcount\s*\(\s*distinct\s+"), "count distinct("),
    (re.compile(r"计数\s*\(\s*去重\s+"), "去重计数("),
    (re.compile(r"[「『]([^」』]*)[」』]"), r"“\1”"),
    (re.compile(r"'([^']*)'"), r'"\1"'),
    (re.compile(r"‘([^’]*)’"), r"“\1”"),
    (re.compile(r"(?<!\w)若(?!\w)"), "{if}"),
    (re.compile(r"(?<!\w)那么(?!\w)"), "{then}"),
    (re.compile(r"(?<=[\w)] )(?:if|when|如果|当)(?!\w)"), "{where}"),
    (re.compile(rf"^(?:{_CAP})(?=[\s\d])"), "{at most}"),
    (re.compile(rf"^(?:{_FLOOR})(?=[\s\d])"), "{at least}"),
    (re.compile(r"(?<!\w)(?:elif|elsif|elseif|ELSE IF)(?!\w)|(?<!\w)否则如果"), "{else} {if}"),
    (
        re.compile(r"^(?:otherwise|default|others?|above|其他|其它|其余|默认|超出)(?=\s*:)"),
        "{else}",
    ),
    (re.compile(rf", *(?:{_CAPPED})(?![a-z_])"), ", {at most}"),
    (re.compile(rf", *(?:{_FLOORED})(?![a-z_])"), ", {at least}"),
    (re.compile(r"//+ *(.*)$|/\* *(.*?)(?:\*/)?$|-- +(.*)$"), r"# \1\2\3"),
    *((re.compile(rf"(?<=\w )(?:{written})(?!\w)"), meant) for written, meant in _TYPES.items()),
    (re.compile(r"(?<=\w )(?:nullable|允许为空)(?!\w)"), "{optional}"),
    (re.compile(r"(?<=\w )primary key(?!\w)"), "{key}"),
    (re.compile(rf"{_BEHIND}(at most|at least|封顶|不超过|不高于|最多|保底|不低于|至少)(?![a-z])"), r", \1"),
    (re.compile(rf"{_BEHIND}(?:{_CAPPED})(?![a-z])"), ", {at most}"),
    (re.compile(rf"{_BEHIND}(?:{_FLOORED})(?![a-z])"), ", {at least}"),
    (re.compile(comparisons.WORDED), comparisons.meant),
    (re.compile(r"(?<![=<>!])=(?!=)"), "{is}"),
)
"""What people write for what is written otherwise here, and how; in braces a word as the file's language spells it."""

_BOUNDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(rf"{_VALUE}\s*{comparisons.COMPARED}\s*{_VALUE}\s*{comparisons.COMPARED}\s*{_VALUE}"),
        r"\1 \2 \3 {and} \3 \4 \5",
    ),
    (re.compile(rf"{_VALUE}\s+(?:is\s+)?between\s+{_VALUE}\s+and\s+{_VALUE}"), r"\1 >= \2 {and} \1 <= \3"),
    (re.compile(rf"{_VALUE}\s+介于\s*{_VALUE}\s+[且至到]\s*{_VALUE}"), r"\1 ≥ \2 {and} \1 ≤ \3"),
)
"""Two bounds at once, of a value that is one word; written as two comparisons only where nothing else belongs to it."""

_TIME = re.compile(rf"{_NUMBER}\s*(?:{'|'.join(rf'(?P<t{unit}>{written})' for unit, written in _TIMES.items())})(?!\w)")
"""A number with a unit of time."""

_BOUND = re.compile(r"(?:(?:is\s+)?(?:not\s+)?between|[非不]?介于)(?![a-z])")
"""What says that two bounds follow."""

_OPENS = ("WHEN", "WHERE", "IF", "THEN", "ELSE", "AND", "OR", "FOR", "ENSURE", "REQUIRE", "ADVICE_WHEN")
_CLOSES = ("THEN", "ELSE", "AND", "OR")
"""The keywords before and after a condition that is whole."""

_ONLY_WHERE = {"{where}": {"_RIGHT"}}
"""What could stand at a fault where some of these are offered: brackets to close."""

_NAMES = {
    "true": ("true", "yes", "真", "对"),
    "false": ("false", "no", "假", "错"),
    "else": ("otherwise", "default", "other", "others", "其他", "其它", "其余", "默认"),
}
"""What stands for a word of the language where a name could stand too."""

_GLUED = re.compile(rf"(?P<left>(?:[^\W\d]\w*?)??)(?:{comparisons.WORDED})(?P<right>\d[\w.]*%?)")


def at(reading: Reading, line: Line, place: int, could: set[str]) -> tuple[int, int, Note] | None:
    """The habit that covers an offset of a line, if any: where it begins and ends, and what to write.

    A keyword that sticks to a name is another slip. What is offered can be read where it would stand.
    """
    typed, fault = reading.prepared.lexed[line.start : line.end], place - line.start
    if len(typed) > LONGEST:
        return None
    special = _bounded(reading, line, fault, could) or _timed(reading, line, fault)
    if special:
        return special
    for pattern, instead in _SLIPS:
        for slip in pattern.finditer(typed):
            start, end = slip.span()
            stuck = not could.issuperset(_ONLY_WHERE.get(str(instead), ()))
            if start <= fault and not typed[end:fault].strip() and not stuck:
                write = _written(slip, instead, reading.language)
                beyond = line.start + end if fault > end else None
                if write and (write.startswith("#") or reads(reading, line.start + start, write, beyond)):
                    return line.start + start, line.start + end, Note("write", {"write": write})
    return None


def _bounded(reading: Reading, line: Line, fault: int, could: set[str]) -> tuple[int, int, Note] | None:
    """Two bounds at once that cover an offset of a line.

    As two comparisons where what is compared stands alone: an operator or a `not` beside it would keep but a part of
    it. Elsewhere the help is in words.
    """
    typed, base = reading.prepared.lexed[line.start : line.end], line.start
    for pattern, instead in _BOUNDS:
        for slip in pattern.finditer(typed):
            if not slip.start() <= fault <= slip.end() or any(words.glued(part) for part in slip.groups()):
                continue
            write = _written(slip, instead, reading.language)
            opens = _opens().search(typed, 0, slip.start()) and not _or_else().search(typed, 0, slip.start())
            whole = opens and _closes().match(typed, slip.end())
            if write and whole and reads(reading, base + slip.start(), write):
                return base + slip.start(), base + slip.end(), Note("write", {"write": write})
    word = _BOUND.match(typed, fault) if "COMPARE" in could else None
    second = (
        "COMPARE" not in could and "AND" in could and re.search(rf"{comparisons.COMPARED}[^<>≤≥=]*$", typed[:fault])
    )
    sign = re.compile(comparisons.COMPARED).match(typed, fault) if second else None
    at_fault = word or sign
    return (base + fault, base + at_fault.end(), Note("bounds")) if at_fault else None


def _timed(reading: Reading, line: Line, fault: int) -> tuple[int, int, Note] | None:
    """A number with a unit of time that covers an offset of a line.

    Without its unit where that is what it is compared with, by a function of time; elsewhere the help is in words.
    """
    typed = reading.prepared.lexed[line.start : line.end]
    for time in _TIME.finditer(typed):
        start, end = time.span()
        if start <= fault and not typed[end:fault].strip() and reads(reading, line.start + start, time[1]):
            unit = (time.lastgroup or "t")[1:]
            factor = next((n for (by, of), n in _FACTORS.items() if of == unit and _beside(reading, line, time, by)), 0)
            added = unit == "day" and re.search(r"[+-]\s*$", typed[:start])  # days added to a date, or to others
            value = time[1] if factor == 1 or added else _whole(time[1], factor)
            note = Note("write", {"write": value}) if value else Note("time")
            return line.start + start, line.start + end, note
    return None


def _whole(number: str, factor: int) -> str | None:
    """A number times a factor, where that is whole and not nought."""
    value = Fraction(number.replace("_", "")) * factor if number[-1].isdigit() else Fraction(0)
    return str(value.numerator) if value and value.denominator == 1 else None


def _beside(reading: Reading, line: Line, time: re.Match[str], by: str) -> bool:
    """Whether a number is compared with a function of time and nothing else: in its line, or as the head of a row."""
    typed, sign, timed = time.string, r"(?:[<>!]=|[<>=≤≥≠])", _SPANS[by]
    before = re.search(rf"{timed}\s*{sign}\s*$", typed[: time.start()])
    after = re.match(rf"\s*{sign}\s*{timed}", typed[time.end() :])
    start = before.start() if before else time.start()
    if before or after:
        end = time.end() + (after.end() if after else 0)
        return bool(_opens(negated=True).search(typed, 0, start) and _closes().match(typed, end))
    head = reading.lines[reading.above[reading.living(line.start)]]
    rows = rf"{words.pattern('BY')}\s*{timed}\s*$"
    row = re.match(rf"{sign}?\s*$", typed[: time.start()]) and typed[time.end() :].lstrip().startswith(":")
    return bool(row and re.search(rows, reading.prepared.lexed[head.start : head.end]))


@cache
def _opens(*, negated: bool = False) -> re.Pattern[str]:
    """What ends where a condition could begin: a keyword, a bracket, the `=` of a definition, the line's beginning.

    After a `not` too where it is `negated`.
    """
    keywords = "|".join(map(words.pattern, (*_OPENS, *(("NOT",) if negated else ()))))
    each = rf"{words.pattern('REQUIRE_EACH')}\s+\w+"
    defined = rf"^{words.pattern('DEFINE')}\s+[\w.]+\s*="
    return re.compile(rf"(?:^|[(:]|(?<!\w)(?:{keywords}|{each})|{defined})\s*$")


@cache
def _or_else() -> re.Pattern[str]:
    return re.compile(rf"{words.pattern('OR_ELSE')}\s*$")


@cache
def _closes() -> re.Pattern[str]:
    """What stands where a condition has ended."""
    return re.compile(rf"\s*(?:$|[):,]|(?:{'|'.join(map(words.pattern, _CLOSES))}))")


def _written(slip: re.Match[str], instead: _Instead, language: str) -> str | None:
    if not isinstance(instead, str):
        return instead(slip)
    return re.sub(r"\{([a-z ]+)\}", lambda word: words.spelling(word[1], language), slip.expand(instead)).rstrip(" ")


def named(name: str, language: str) -> str | None:
    """What a name that nothing has was meant to be: a word of the language, or a comparison without its spaces."""
    word = next((word for word, others in _NAMES.items() if name.casefold() in others), None)
    if word is not None:
        return words.spelling(word, language)
    match = _GLUED.fullmatch(name)
    if match is None:
        return None
    return f"{match['left']} {comparisons.meant(match)} {match['right']}".strip()
