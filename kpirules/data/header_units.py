"""What the name of a source's column says of the unit of its figures: 万元, 千元, `in thousands`, `(000s)`, `USD m`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from kpirules.data.faults import Place
from kpirules.model.contracts import Column
from kpirules.source import Diagnostic, Label, Note
from kpirules.values.units import Unit

_HAN = {
    "千": 10**3,
    "仟": 10**3,
    "万": 10**4,
    "萬": 10**4,
    "十万": 10**5,
    "百万": 10**6,
    "百萬": 10**6,
    "千万": 10**7,
    "千萬": 10**7,
    "亿": 10**8,
    "億": 10**8,
    "十亿": 10**9,
}
_WORDS = {
    "thousand": 10**3,
    "thousands": 10**3,
    "tsd": 10**3,
    "teur": 10**3,
    "million": 10**6,
    "millions": 10**6,
    "mio": 10**6,
    "mln": 10**6,
    "billion": 10**9,
    "billions": 10**9,
    "wan": 10**4,
    "lakh": 10**5,
    "lakhs": 10**5,
    "crore": 10**7,
    "crores": 10**7,
}
_SHORT = {"k": 10**3, "t": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9}
_ONE = "元圆円"

_HAN_UNIT = "|".join(sorted(_HAN, key=len, reverse=True))
_HAN_LARGE = "|".join(unit for unit in _HAN_UNIT.split("|") if unit[-1] in "万萬亿億")
_COIN = "(?:人民币|美|港|欧|日|台|新台)?"
_CURRENCY = r"(?:usd|cny|rmb|eur|gbp|hkd|jpy|us\$|hk\$|[$€£¥])"
_ROUND = r"(?:1[0-9]?|10+)(?:[,_ ]?000)+"
_PATTERNS = (
    # 万元, 百万美元, 亿人民币
    rf"(?P<han>{_HAN_UNIT})(?:{_COIN}[{_ONE}]|人民币|美金)",
    # （万）, 单位：万, 销售额_万, 金额万
    rf"[(\[【{{]\s*(?:单位|單位)?\s*:?\s*(?P<han>{_HAN_UNIT})\s*[)\]】}}]",
    rf"(?:单位|單位)\s*:?\s*(?P<han>{_HAN_UNIT})",
    rf"[\W_](?P<han>{_HAN_UNIT})$",
    rf"(?P<han>{_HAN_LARGE})$",
    # in thousands, revenue_millions
    rf"(?<![a-z])(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?![a-z])",
    # (k), [USD mm], in k, k USD, $m, revenue_k
    rf"[(\[]\s*(?:in\s+)?{_CURRENCY}?\s*(?P<short>k|m|mm|mn|bn)\s*{_CURRENCY}?\s*[)\]]",
    rf"(?<![a-z])in\s+{_CURRENCY}?\s*(?P<short>k|m|mm|mn|bn)(?![a-z])",
    rf"(?<![a-z]){_CURRENCY}[\s_]*(?P<short>k|m|mm|mn|bn)(?![a-z])",
    rf"(?<![a-z\d])(?P<short>k|m|mm|mn|bn|t)[\s_]*{_CURRENCY}(?![a-z])",
    r"[a-z\d][_\s](?P<short>k)$",
    # (000s), '000, $000, RMB 000
    r"(?<![\d.,])(?P<zeros>(?:,?000)+)'?s?(?![\d.,])",
    # （W）, 销售额w, amount, mn
    rf"(?:[(\[]\s*|[一-鿿]\s*)(?P<wan>w)\s*[{_ONE}]?\s*[)\]]?$",
    r",\s*(?P<short>k|mm|mn|bn)$",
    # (10,000 CNY), x 1000, in 10,000
    rf"[(\[]\s*(?:in\s+|unit\s*:?\s*|[x×*]\s*)?{_CURRENCY}?\s*(?P<number>{_ROUND})\s*(?:{_CURRENCY}|yuan|元)?\s*[)\]]",
    rf"(?:(?<![a-z])(?:in|x)|[×*]|(?:单位|單位|(?<![a-z])unit)\s*:?)\s*{_CURRENCY}?\s*(?P<number>{_ROUND})(?![\d,])",
    r"(?<![\d.,])(?P<number>1,?0{3,6})'?s(?![a-z])",
    r"(?<![\w])(?P<thousands>10{0,2})\s?k(?![a-z])",
)
_SAID = tuple(re.compile(pattern) for pattern in _PATTERNS)
_PLAIN = re.compile(rf"[(\[【]\s*(?:单位|單位)?\s*:?\s*{_COIN}[{_ONE}]\s*[)\]】]|(?:单位|單位)\s*:?\s*{_COIN}[{_ONE}]")
_NOTE = re.compile(r"单位|單位|(?<![a-z])unit|(?<![a-z])in (?:k|thousand|million|billion)|'000|000s", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


Remark = tuple[str, frozenset[int]]
"""A text of the source other than a column's name, and what it says one figure stands for (see `said_units`)."""


def unit_faults(column: Column, name: str, remarks: Iterable[Remark], place: Place) -> Iterator[Diagnostic]:
    """The fault of a money column whose source says a unit that the scheme does not.

    `name` is the name of the source's column; where it says nothing, the first of the `remarks` on it that
    does counts. `unit 1` in the scheme says that the source means no unit.
    """
    if column.type.unit is not Unit.MONEY or column.unit == 1:
        return
    said, text = said_units(name), name
    for remark, units in remarks:
        if not said:
            said, text = units, remark
    if not said or column.unit in said or (column.unit is None and said == {1}):
        return
    args = {
        "table": place.table,
        "source": place.source,
        "column": column.name,
        "text": text.strip(),
        "said": [f"{size:_}" for size in sorted(said)],
        "unit": f"{column.unit or 1:_}",
        "write": f"{max(said):_}",
    }
    code = "KPI688" if column.unit is None else "KPI689"
    yield Diagnostic(code, place.span, args, (Label(column.span, "column", args),), (Note("write", args),))


def said_units(name: str) -> frozenset[int]:
    """What one stands for in a column of that name; 1 for whole 元, empty where it does not say.

    More than one where the name can be read in several ways.
    """
    plain = _CAMEL.sub("_", unicodedata.normalize("NFKC", name)).casefold().strip().replace("’", "'").replace("‘", "'")
    sizes = frozenset(_size(match) for pattern in _SAID for match in pattern.finditer(plain))
    return sizes or (frozenset({1}) if _PLAIN.search(plain) else frozenset())


def noted_units(text: str) -> frozenset[int]:
    """What a note above the names of the columns says: `单位：万元`, `in thousands of USD`."""
    return said_units(text) if _NOTE.search(unicodedata.normalize("NFKC", text)) else frozenset()


def _size(match: re.Match[str]) -> int:
    groups = match.groupdict()
    if han := groups.get("han"):
        return _HAN[han]
    if groups.get("wan"):
        return _HAN["万"]
    if word := groups.get("word"):
        return _WORDS[word]
    if short := groups.get("short"):
        return _SHORT[short]
    if zeros := groups.get("zeros"):
        return int("1" + zeros.replace(",", ""))
    if thousands := groups.get("thousands"):
        return int(thousands) * 1000
    return int(re.sub(r"\D", "", groups["number"]))
