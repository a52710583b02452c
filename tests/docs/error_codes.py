"""`docs/error-codes.md`, made from the catalogues: `python -m tests.golden.reset` writes it anew with all that is frozen.

Everything that is said of a code in a language: its title, its message, the help that may follow.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from kpirules.source.catalogue import LANGUAGES, codes, entry

PAGE = Path(__file__).parents[2] / "docs" / "error-codes.md"

_HEAD = """\
# 错误代码 · The error codes

<!-- Made from kpirules/source/messages by `python -m tests.golden.reset`; what is changed here by hand is lost. -->

每条错误有一个固定的代码：代码不改含义，不再使用的代码不另作他用。下表列出每个代码的名称、说法和可能给出的改法；
花括号里是每次填入的内容。
Each error has a code that never changes its meaning. The tables give what is said under each code, and the help that
may follow; what is in braces is filled in each time. How messages are worded: [message-style.md](message-style.md).
"""

_RANGES = {
    "1": "写法 · Syntax",
    "2": "名称 · Names",
    "3": "单位与类型 · Units and types",
    "4": "可能缺失的值 · Values that may be missing",
    "5": "行、权重与结构 · Rows, weights and structure",
    "6": "数据与绑定 · Data and bindings",
    "7": "计算时 · At run time",
    "8": "本版本没有的部分 · Parts of the language that this version does not have",
}


def page() -> str:
    """The whole page."""
    sections = [_HEAD]
    for digit, found in groupby(codes(), lambda code: code[3]):
        rows = "".join(f"| {code} | {' | '.join(_cell(code, lang) for lang in LANGUAGES)} |\n" for code in found)
        sections.append(f"\n## {_RANGES[digit]}\n\n| code | English | 中文 |\n| --- | --- | --- |\n{rows}")
    return "".join(sections)


def _cell(code: str, lang: str) -> str:
    said = entry(code, lang)
    lines = [f"**{said.title}**", said.message, *(f"↳ {text}" for text in said.helps.values())]
    return "<br>".join(line.replace("|", "\\|").replace("\n", " ") for line in lines)
