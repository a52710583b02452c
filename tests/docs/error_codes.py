"""`docs/error-codes.md`, made from the catalogues: `python -m tests.golden.reset` writes it anew with all that is frozen.

Each code with what is said under it and why it is a fault, and the examples that `kpirules rule` shows; those are run by
`tests/source/test_explanations.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import indent

from kpirules.source.catalogue import LANGUAGES, codes, entry
from kpirules.source.explanations import COMMANDS, SCHEME, Example, explanation

PAGE = Path(__file__).parents[2] / "docs" / "error-codes.md"

_HEAD = """\
# 错误代码 · The error codes

<!-- Made from kpirules/source by `python -m tests.golden.reset`; what is changed here by hand is lost. -->

每条错误有一个固定的代码：代码不改含义，不再使用的代码不另作他用。下面是每个代码的说法、原因和例子，花括号里是每次填入的内容；
`kpirules rule KPI201` 显示其中一个。怎样措辞，见 [message-style.md](message-style.md)。
Each error has a code that never changes its meaning. Each is told here with its message, the reason, and an example;
what is in braces is filled in each time. `kpirules rule KPI201` shows one of them. How messages are worded:
[message-style.md](message-style.md).
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

_WORDS = {"en": ("wrong", "mended", "on the command line"), "zh": ("错误", "改正", "命令")}


def page() -> str:
    """The whole page."""
    sections = [_HEAD]
    for digit, group in groupby(codes(), lambda code: code[3]):
        sections += [f"## {_RANGES[digit]}\n", *(part for code in group for part in _section(code))]
    return "\n".join(sections)


def _section(code: str) -> Iterator[str]:
    yield f"### {code}\n"
    for lang in LANGUAGES:
        said, why = entry(code, lang), explanation(code, lang)
        yield f"**{said.title}**: {said.message}\n"
        yield f"{why.why}\n"
        for name, example in zip(_WORDS[lang], (why.bad, why.mended), strict=False):
            if example is not None:
                yield f"{name}{_where(example, lang)}:\n\n{indent(_visible(example.text), '    ')}\n"


def _where(example: Example, lang: str) -> str:
    if example.file == SCHEME:
        return ""
    return f" ({_WORDS[lang][2] if example.file == COMMANDS else example.file})"


def _visible(text: str) -> str:
    """A text with what cannot be seen written out."""
    return "".join(
        _SEEN.get(char) or (char if char.isprintable() else f"\\u{ord(char):04x}") for char in text.strip("\n")
    )


_SEEN = {"\n": "\n", "\t": "\\t"}
