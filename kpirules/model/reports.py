"""The faults of a scheme as they are found, each told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import field
from typing import Any, TypeVar

from kpirules.model.expr import Skip
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Label, Note, Span
from kpirules.source.spans import one_line

S = TypeVar("S")
T = TypeVar("T")
U = TypeVar("U")

Identity = tuple[str, str, str, int, int]
"""What tells one fault from another."""


def on_one_line(args: Mapping[str, Any]) -> Mapping[str, Any]:
    """What fills the braces of a message: what was typed over several lines stands on one."""
    return {key: one_line(value) if isinstance(value, str) else value for key, value in args.items()}


@dataclass(slots=True)
class Reports:
    """Every fault goes to `diagnostics`."""

    diagnostics: list[Diagnostic] = field(default_factory=list, kw_only=True)
    _seen: set[Identity | None] = field(default_factory=set, kw_only=True)

    def report(
        self,
        code: str,
        span: Span | None,
        args: Mapping[str, Any] | None = None,
        *,
        labels: Iterable[Label] = (),
        helps: Iterable[Note] = (),
    ) -> None:
        """Add a fault; the same fault at the same place is told once."""
        shown = on_one_line(args or {})
        key = _identity(code, span, shown)
        if key in self._seen:
            return
        if key is not None:
            self._seen.add(key)
        places = tuple(Label(label.span, label.key, on_one_line(label.args)) for label in labels)
        notes = tuple(Note(note.key, on_one_line(note.args)) for note in helps)
        self.diagnostics.append(Diagnostic(code, span, shown, places, notes))

    def fail(
        self,
        code: str,
        span: Span | None,
        args: Mapping[str, Any] | None = None,
        *,
        labels: Iterable[Label] = (),
        helps: Iterable[Note] = (),
    ) -> Skip:
        """Report a fault and give the `Skip` to raise."""
        self.report(code, span, args, labels=labels, helps=helps)
        return Skip()

    def unheard(self, make: Callable[[], T]) -> T:
        """What `make` gives, without the faults that it reports.

        Raises:
            Skip: `make` did.
        """
        return self.apart(make)[0]

    def take_back(self, fault: Diagnostic) -> None:
        """Leave out a fault that is reported already; it may be reported again."""
        self.diagnostics.remove(fault)
        self._seen.discard(_identity(fault.code, fault.span, fault.args))

    def apart(self, make: Callable[[], T]) -> tuple[T, list[Diagnostic]]:
        """What `make` gives, and the faults that it would report, whether or not they are reported already.

        Raises:
            Skip: `make` did.
        """
        told, seen = self.diagnostics, self._seen
        self.diagnostics, self._seen = [], set()
        try:
            return make(), self.diagnostics
        finally:
            self.diagnostics, self._seen = told, seen

    def repeat(self, faults: Iterable[Diagnostic]) -> None:
        """Report faults that were found before."""
        for fault in faults:
            self.report(fault.code, fault.span, fault.args, labels=fault.labels, helps=fault.helps)


def _identity(code: str, span: Span | None, args: Mapping[str, Any]) -> Identity | None:
    """What tells faults apart; None for one without a place, which is told as often as it is met."""
    if span is None:
        return None
    return code, str(sorted(args.items())), span.source.name, span.start, span.end


def quietly() -> AbstractContextManager[None]:
    """Go on after a `Skip`: what was skipped has been reported."""
    return suppress(Skip)


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """The results of two elaborations; if the first is skipped, the second still reports its faults.

    Raises:
        Skip: either was skipped.
    """
    try:
        made = first()
    except Skip:
        with quietly():
            second()
        raise
    return made, second()


def every(make: Callable[[S], T], parts: Iterable[S]) -> tuple[T, ...]:
    """What `make` gives for each part, each tried, so that each reports its faults.

    Raises:
        Skip: any was skipped.
    """
    results, skipped = [], False
    for part in parts:
        try:
            results.append(make(part))
        except Skip:
            skipped = True
    if skipped:
        raise Skip
    return tuple(results)
