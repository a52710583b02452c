"""What is wrong, where, where the conflict came from, and what to write instead.

A diagnostic names its message by a stable code; the words come from the catalogue of the reader's language
(`messages/en`, `messages/zh`), so no text is written where a fault is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from kpirules.records import dataclass
from kpirules.source.catalogue import entry
from kpirules.source.spans import Span
from kpirules.source.templates import filled


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
        where = "" if self.span is None else f" at {self.span.where}"
        return f"<Diagnostic {self.code}{where}: {self.message('en')}>"

    def message(self, lang: str) -> str:
        """What is wrong, in words of a language."""
        return filled(entry(self.code, lang).message, self.args, lang)

    def label_text(self, label: Label, lang: str) -> str:
        """The words of a secondary place; its args go before those of the diagnostic."""
        return filled(entry(self.code, lang).labels[label.key], {**self.args, **label.args}, lang)

    def help_text(self, note: Note, lang: str) -> str:
        """The words of a help line; its args go before those of the diagnostic."""
        return filled(entry(self.code, lang).helps[note.key], {**self.args, **note.args}, lang)

    def order(self) -> tuple[str, int, str]:
        """Sort key: file, place, code."""
        if self.span is None:
            return "", 0, self.code
        return self.span.source.name, self.span.start, self.code
