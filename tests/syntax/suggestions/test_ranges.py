"""Heads of rows that are ranges, or bounds of the other side: what fits there depends on the rows beside them."""

from __future__ import annotations

import pytest

from kpirules.source import SourceText
from kpirules.syntax.parse import parse

ROWS = [
    ("tiers n", ("up to 200", "over 200"), (None, "above")),
    ("tiers n", ("up to 200_000", "over 200k"), (None, "above")),
    ("tiers n", ("0-100", "100-300", "over 300"), ("up to 100", "up to 300", "above")),
    ("tiers n", ("<= 100", "> 100 and <= 300", "> 300"), ("up to 100", "up to 300", "above")),
    ("tiers n", ("0 < n <= 100", "100 < n <= 300", "n > 300"), ("up to 100", "up to 300", "above")),
    ("tiers n", ("from 0 to 100", "100 to 300", "300+"), ("up to 100", "up to 300", "above")),
    ("tiers n", ("over 0", "over 100", "over 300"), ("up to 100", "up to 300", "above")),
    ("tiers n", ("up to 100", "above 100", "above 300"), (None, "up to 300", "above")),
    ("tiers n", ("100 or less", "100 and above"), ("up to 100", "above")),
    ("超额累进 n", ("不超过 30万", "超过 30万"), (None, "超出")),
    ("超额累进 n", ("10万以下", "10万-30万", "30万以上"), ("不超过 10万", "不超过 30万", "超出")),
    ("超额累进 n", ("≤10w", "10w~30w", "30w以上"), ("不超过 10万", "不超过 30万", "超出")),
    ("超额累进 n", ("0至10万元", "超过10万元"), ("不超过 10万元", "超出")),
    ("by n", ("90 to 100", "80 to 90", "0 to 80"), (">= 90", ">= 80", "else")),
    ("by n", ("90 to 100", "80 to 90", "else"), (">= 90", ">= 80", None)),
    ("by n", ("0 to 80", "80 to 90", "90 to 100"), ("< 80", "< 90", "else")),
    ("按 n", ("90~100分", "80~90分", "否则"), ("≥ 90", "≥ 80", None)),
    ("按 n", ("90分以上", "80至90分", "否则"), ("≥ 90", "≥ 80", None)),
    ("按 n", ("≥ 90", "≥80且<90", "否则"), (None, "≥ 80", None)),
    ("按 n", ("n ≥ 90", "当 n 大于 80", "否则"), ("≥ 90", "> 80", None)),
    ("by n", ("n >= 90", "when n >= 80", "else"), (">= 90", ">= 80", None)),
]


@pytest.mark.parametrize(("form", "heads", "instead"), ROWS)
def test_rows(form: str, heads: tuple[str, ...], instead: tuple[str | None, ...]) -> None:
    """Each row that is written otherwise is told by itself; with all of them written so, nothing is told."""
    define = "define" if form.isascii() else "定义"
    good = tuple(write or head for head, write in zip(heads, instead, strict=True))
    text, mended = (
        f"{define} x {form}\n" + "".join(f"    {head} : {n}%\n" for n, head in enumerate(rows))
        for rows in (heads, good)
    )
    _, faults = parse(SourceText("a.kpi", text))
    assert [(fault.code, fault.span and fault.span.text) for fault in faults] == [
        ("KPI101", head) for head, write in zip(heads, instead, strict=True) if write
    ]
    written = [(note.key, note.args["write"]) for fault in faults for note in fault.helps]
    assert written == [("write", write) for write in instead if write]
    assert not parse(SourceText("a.kpi", mended))[1]


@pytest.mark.parametrize(
    ("rows", "key", "args"),
    [
        (("over 100", "over 300"), "first", {"row": "up to 100", "write": "up to 300"}),
        (("over 100",), "first", {"row": "up to 100", "write": "above"}),
        (("up to 100", "over 300"), "gap", {"row": "up to 300", "low": "100", "high": "300", "write": "above"}),
    ],
)
def test_what_no_row_takes_is_told(rows: tuple[str, ...], key: str, args: dict[str, str]) -> None:
    text = "define x tiers n\n" + "".join(f"    {row} : 1%\n" for row in rows)
    fault = next(fault for fault in parse(SourceText("a.kpi", text))[1] if fault.helps[0].key == key)
    assert fault.helps[0].args == args
