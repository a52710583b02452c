"""A mistake in a good scheme, and what is told of a text."""

from __future__ import annotations

from dataclasses import dataclass

from kpirules.compiling import compile_scheme
from kpirules.source import Fault, SourceText

Told = tuple[str, str]
"""The code of a fault, and what is underlined."""


@dataclass(frozen=True)
class Mistake:
    """What is written instead of something, the code of its fault, and what is underlined.

    `hides` has the names of what cannot be known while the mistake stands, `reads` of what must be known to see it.
    """

    good: str
    bad: str
    code: str
    told: str
    hides: str = ""
    reads: str = ""

    @property
    def name(self) -> str:
        """The mistake in a list of tests."""
        return f"{self.code} {self.bad.strip() or self.good.strip()}"

    @property
    def fault(self) -> Told:
        """What is to be told of it."""
        return self.code, self.told


def told(text: str) -> list[Told]:
    """What is told of a text."""
    try:
        compile_scheme(SourceText("two.kpi", text))
    except Fault as fault:
        return [(diagnostic.code, diagnostic.span.text if diagnostic.span else "") for diagnostic in fault.diagnostics]
    return []


def made(good: str, *mistakes: Mistake) -> str:
    """A text with mistakes made in it."""
    for mistake in mistakes:
        assert good.count(mistake.good) == 1, mistake.good
        good = good.replace(mistake.good, mistake.bad)
    return good
