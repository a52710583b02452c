"""Who follows each help to the letter, and knows nothing else, comes to a scheme without faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpirules.compiling import compile_scheme
from kpirules.source import Diagnostic, Fault, SourceText

BAD = Path(__file__).parents[1] / "golden" / "bad"
MOST_TURNS = 3
"""A text in the line of another slip is told when that is mended."""


def faults(text: str) -> tuple[Diagnostic, ...]:
    try:
        compile_scheme(SourceText("a.kpi", text))
    except Fault as fault:
        return fault.diagnostics
    return ()


def mended(text: str, faults: tuple[Diagnostic, ...]) -> str:
    """The text with what the first help of each fault says in the fault's place."""
    for fault in reversed(faults):
        assert fault.span is not None
        (help_, *_) = fault.helps
        (meant,) = (help_.args[key] for key in ("write", "similar") if key in help_.args)
        text = text[: fault.span.start] + meant + text[fault.span.end :]
    return text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_help_followed_makes_the_scheme_good(language: str) -> None:
    text = (BAD / f"first_try.{language}.kpi").read_text(encoding="utf-8")
    told = faults(text)
    assert len(told) >= 14
    for _ in range(MOST_TURNS):
        text = mended(text, told)
        told = faults(text)
    assert [(fault.code, fault.span and fault.span.text) for fault in told] == []
