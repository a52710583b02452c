"""What is wrong, where, where the conflict came from, and what to write instead.

A diagnostic names its message by a stable code; the words come from the catalogue of the reader's language
(`messages/en`, `messages/zh`), so no text is written where a fault is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, ClassVar

from kpirules.records import dataclass
from kpirules.source.text import Span


@dataclass(frozen=True, slots=True)
class Note:
    """A help line: the name of a `help` entry under the diagnostic's code, and what fills its braces."""

    key: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Label:
    """A secondary place that explains the fault: the name of a `label` entry under the diagnostic's code."""

    span: Span
    key: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault in what a person wrote.

    `code` is stable (`KPI201`); `args` fill the braces of its message; `span` is None for a fault that has no place
    in a text (a file that is not there).
    """

    code: str
    span: Span | None
    args: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[Label, ...] = ()
    helps: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        from kpirules.source.render import message  # noqa: PLC0415  # it is drawn by what is built on it

        where = "" if self.span is None else f" at {self.span.where}"
        return f"<Diagnostic {self.code}{where}: {message(self, 'en')}>"

    def order(self) -> tuple[str, int, str]:
        """Sort key: file, place, code."""
        if self.span is None:
            return "", 0, self.code
        return self.span.source.name, self.span.start, self.code


class Fault(Exception):  # noqa: N818  # a fault in the user's input, not an error of ours
    """Stops the work at hand; carries every diagnostic known by then, in file order.

    `ours` is set where the program is at fault.
    """

    ours: ClassVar[bool] = False

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=Diagnostic.order))
        super().__init__(", ".join(sorted({d.code for d in self.diagnostics})))

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: str | None = None) -> str:
        """All of it drawn, each place underlined, in a language (`en`, `zh`), the reader's own by default."""
        from kpirules.source.catalogue import reader_language  # noqa: PLC0415  # it is drawn by what is built on it
        from kpirules.source.render import render_text  # noqa: PLC0415  # as above

        return render_text(self.diagnostics, lang or reader_language())
