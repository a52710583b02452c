"""What the passes share while a scheme is being elaborated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import field, replace
from typing import Any, TypeVar

from kpirules.model import contracts, scheme
from kpirules.model.expr import Expr, Val, known
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Label, Note, Span
from kpirules.syntax import ast, words
from kpirules.values.types import Type

S = TypeVar("S")
T = TypeVar("T")
U = TypeVar("U")

PARTS = ("actual", "target", "achievement", "score")
"""The parts of an indicator, under their English words."""

SUMS = ("weighted", "adjustments")
"""The parts of a scorecard that its own `total` may read, under their English words."""


class Skip(Exception):  # noqa: N818  # a signal, not an error: what it stands for has been reported
    """Stops the elaboration of one clause; whatever made it impossible has been reported already."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A name of the scheme: what kind of item it is, and its node."""

    kind: str
    node: ast.Item
    name: ast.Name


@dataclass(frozen=True, slots=True)
class Scope:
    """What a name may mean at one place.

    `grain` is the table whose row is in scope (None: the subject), `aliases` the filtered tables that stand for it;
    `indicator` the indicator whose parts `parts` may be read by their bare words; `present` what has been shown to be
    there (`is present`), by `presence` key; `achieving` where an achievement is written, a ratio whatever its units:
    there a number by a number is one; `card` the scorecard whose `total` is written.
    """

    grain: str | None = None
    aliases: frozenset[str] = frozenset()
    indicator: str | None = None
    parts: tuple[str, ...] = ()
    present: frozenset[tuple[object, ...]] = frozenset()
    achieving: bool = False
    card: str | None = None

    def knowing(self, keys: Iterable[tuple[object, ...]]) -> Scope:
        """The same scope where these are known to be there."""
        return replace(self, present=self.present | frozenset(keys))


@dataclass(slots=True)
class Workspace:
    """The scheme in the making. Passes fill it in order; every fault goes to `diagnostics`."""

    file: ast.File
    source_span: Span
    diagnostics: list[Diagnostic] = field(default_factory=list)
    declared: dict[str, Declared] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    header: scheme.Header | None = None
    period_said: bool = False
    tables: dict[str, contracts.Table] = field(default_factory=dict)
    subject: scheme.Subject | None = None
    computed: dict[tuple[str, str], ast.DefineColumn] = field(default_factory=dict)
    columns: dict[tuple[str, str], scheme.Computed] = field(default_factory=dict)
    defines: dict[str, scheme.Define] = field(default_factory=dict)
    indicators: dict[str, scheme.Indicator] = field(default_factory=dict)
    parts: dict[tuple[str, str], Expr] = field(default_factory=dict)
    scorecards: tuple[scheme.Scorecard, ...] = ()
    exclusive: bool = True
    grade: scheme.Grade | None = None
    pays: dict[str, scheme.Pay] = field(default_factory=dict)
    effects: list[scheme.Effect] = field(default_factory=list)
    memo: dict[tuple[str, str], Type | None] = field(default_factory=dict)
    stack: list[tuple[tuple[str, str], Span]] = field(default_factory=list)
    resolve: Callable[[tuple[str, str]], Type] | None = None
    _seen: set[tuple[str, str, str, int, int]] = field(default_factory=set)

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
        if span is not None:
            key = (code, str(sorted((args or {}).items())), span.source.name, span.start, span.end)
            if key in self._seen:
                return
            self._seen.add(key)
        self.diagnostics.append(Diagnostic(code, span, args or {}, tuple(labels), tuple(helps)))

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

    @property
    def scheme(self) -> scheme.Header:
        """The header.

        Raises:
            Skip: the scheme has none that could be read.
        """
        if self.header is None:
            raise Skip
        return self.header

    def places(self, what: str, span: Span) -> int:
        """The declared rounding of `achievement`, `score`, `total` or `money`.

        Raises:
            Skip: it is not declared.
        """
        header = self.scheme
        if what not in header.places:
            args = {"what": words.spelling(what, self.file.language)}
            raise self.fail("KPI502", header.span, args, labels=[Label(span, "needed", args)])
        return header.places[what]

    def value(self, item: str, part: str, span: Span) -> Val:
        """The value of another item, elaborated now if it has not been.

        Raises:
            Skip: it has a fault of its own, or it closes a circle.
        """
        key = (item, part)
        if key in self.memo:
            found = self.memo[key]
        else:
            assert self.resolve is not None
            found = self._resolve(key, span)
        if found is None:
            raise Skip
        expr = self.parts.get(key)
        return Val(item, part, known(expr) if expr is not None else None, type=found, span=span)

    def _resolve(self, key: tuple[str, str], span: Span) -> Type | None:
        assert self.resolve is not None
        for index, (open_key, _) in enumerate(self.stack):
            if open_key == key:
                self._circle(index, span)
                self.memo[key] = None
                return None
        self.stack.append((key, span))
        try:
            found: Type | None = self.resolve(key)
        except Skip:
            found = None
        finally:
            self.stack.pop()
        if self.memo.get(key, found) is None:
            found = None
        self.memo[key] = found
        return found

    def _circle(self, index: int, span: Span) -> None:
        ring = self.stack[index:]
        uses = [*(used for _, used in ring[1:]), span]
        names = [self._name(item, part) for (item, part), _ in ring]
        labels = [
            Label(used, "reads", {"reader": reader, "read": read})
            for used, reader, read in zip(uses, names, [*names[1:], names[0]], strict=True)
        ]
        self.report("KPI207", uses[0], {"circle": " → ".join([*names, names[0]])}, labels=labels)

    def _name(self, item: str, part: str) -> str:
        """A value as the scheme's language names it; `@` marks a definition worked out for an indicator."""
        if part.startswith("@"):
            return item
        if item in ("total", "grade"):
            return words.spelling(item, self.file.language)
        return item if part in ("value", "column") else f"{item}.{words.spelling(part, self.file.language)}"


def quietly() -> AbstractContextManager[None]:
    """Go on after a `Skip`: what was skipped has been reported."""
    return suppress(Skip)


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """The results of two elaborations; if the first is skipped, the second still reports its faults.

    Raises:
        Skip: either was skipped.
    """
    try:
        one = first()
    except Skip:
        with quietly():
            second()
        raise
    return one, second()


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
