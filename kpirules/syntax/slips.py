"""What people write by habit, from other languages and from spreadsheets, and what is written instead here."""

from __future__ import annotations

import re

from kpirules.syntax import words
from kpirules.syntax.layout import Line
from kpirules.syntax.reading import Reading

_NUMBER = r"(\d[\d_]*(?:\.\d+)?[万亿]?)"
_VALUE = r"(\d[\d_.]*[万亿]?%?(?!\w)|[^\W\d][\w.]*)"
_COMPARED = r"(<=|>=|≤|≥|<|>)"
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"[¥￥]\s*{_NUMBER}"), r"\1元"),
    (re.compile(rf"\$\s*{_NUMBER}"), r"\1 USD"),
    (re.compile(rf"{_NUMBER}\s*(?:rmb|RMB|cny|人民币)(?!\w)"), r"\1元"),
    (re.compile(rf"{_NUMBER}(USD|CNY|EUR|GBP|HKD|JPY)(?!\w)"), r"\1 \2"),
    (re.compile(rf"{_NUMBER}\s*usd(?!\w)"), r"\1 USD"),
    (re.compile(rf"{_VALUE}\s*{_COMPARED}\s*{_VALUE}\s*{_COMPARED}\s*{_VALUE}"), r"\1 \2 \3 {and} \3 \4 \5"),
    (re.compile(rf"{_VALUE}\s+between\s+{_VALUE}\s+and\s+{_VALUE}"), r"\1 >= \2 {and} \1 <= \3"),
    (re.compile(rf"{_VALUE}\s+介于\s*{_VALUE}\s+[且至到]\s*{_VALUE}"), r"\1 ≥ \2 {and} \1 ≤ \3"),
    (re.compile(r"\bis\s+not\s+(?:missing|null|empty)\b"), "is present"),
    (re.compile(r"\bis\s+(?:null|empty)\b"), "is missing"),
    (re.compile(r"\bcount\s*\(\s*distinct\s+"), "count distinct("),
    (re.compile(r"计数\s*\(\s*去重\s+"), "去重计数("),
)
"""What people write for what is written otherwise here, and how; in `{and}` the word of the file's language."""


def at(reading: Reading, line: Line, place: int) -> tuple[int, int, str] | None:
    """The habit that covers an offset of a line, if any: where it begins and ends, and what to write.

    A keyword that sticks to a name is another slip.
    """
    lexed = reading.prepared.lexed
    for pattern, instead in _SLIPS:
        for found in pattern.finditer(lexed, line.start, line.end):
            stuck = any(words.glued(part) for part in found.groups())
            if found.start() <= place <= found.end() and not stuck:
                return *found.span(), found.expand(instead).format(**{"and": words.spelling("and", reading.language)})
    return None
