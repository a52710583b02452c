"""What the passes share while a scheme is being elaborated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from fractions import Fraction
from typing import TypeVar

from kpirules.model import contracts, scheme
from kpirules.model.expr import Expr, Skip, Val
from kpirules.model.reports import Reports
from kpirules.model.scope import Declared, Filtered, Key, Presence, Scope
from kpirules.model.traversal import known, walk
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Label, Note, Span
from kpirules.syntax import ast, words
from kpirules.syntax.bounds import DEEPEST
from kpirules.values.types import SUM_BOUND, Type

T = TypeVar("T")

STAND_IN = 2
"""The places of what is rounded where the header says nothing, which is a fault: the rest is checked all the same."""

_WITHIN = 5 * DEEPEST
"""How deep a rule may nest together with the definitions that are worked out within it."""

OF_A_PLACE = frozenset({"KPI210", "KPI402"})
"""The codes of faults that what is known or may be read at another place takes away."""


class Needs(Exception):  # noqa: N818  # a signal, not an error: it asks for another value first
    """Stops the elaboration of a value that reads another, at `span`, which is not worked out yet.

    `through` has the definitions worked out for an indicator that lead to the reading: each name, and where it is read.
    """

    def __init__(self, key: Key, span: Span, through: tuple[tuple[str, Span], ...]) -> None:
        super().__init__(key)
        self.key = key
        self.span = span
        self.through = through


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of elaboration that need one another: a value has a rule, a rule has expressions, those read values."""

    value: Callable[[Workspace, Key], Type]
    rule: Callable[[Workspace, Scope, ast.Rule], Expr]
    expression: Callable[[Workspace, Scope, ast.Expr], Expr]


@dataclass(slots=True)
class Workspace(Reports):
    """The scheme in the making. Passes fill it in order; every fault goes to `diagnostics`.

    `broken` are names of which nothing is known but that they have a fault; `torn` are tables of which some columns are
    not known, because their lines could not be read or refer to nothing; `ownerless`, `timeless`, `keyless` those of
    which it has been told that nothing says whose their rows are, when they happened, or what tells them apart.
    `fragment` is set where items are checked that have lost some of their lines: what they lack says nothing then.
    `cuts` are the places behind which the rest of a line is lost. `exclusive` says that it is proved that nobody has
    two scorecards, `contested` that somebody has, or that whom they are for is not known. `doubted` are values worked
    out of some that have a fault, so that whether they may be missing is not known. `unsound` are defines and computed
    columns with faults that a place which reads them may take away, `inlined` those of them that are read, `in_place`
    what names stand for at the places that read them so. `reads` are the values that each value reads, and `deep` says
    how many items stand one upon the other in it, itself included. `reach` are bounds that the total comes to in any
    case, whatever fault is in it. `filtered` are the filtered tables whose conditions are worked out, `acting` is what
    gates do (`gates.gated`), `kinds` those of the items, `assessed` what is there for whoever is assessed.
    `unknown` counts the names that are none; `keys`, `numbers` and `joined` belong to `presence.key_of`, `grains` to
    `fan_out`.
    `alike` are the numbers of expressions, equal for what is worked out alike, `column_bound` is what a column without
    `between` stays below.
    """

    file: ast.File
    source_span: Span
    steps: Steps
    declared: dict[str, Declared] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    torn: set[str] = field(default_factory=set)
    ownerless: set[str] = field(default_factory=set)
    timeless: set[str] = field(default_factory=set)
    keyless: set[str] = field(default_factory=set)
    header: scheme.Header | None = None
    period_said: bool = False
    tables: dict[str, contracts.Table] = field(default_factory=dict)
    subject: scheme.Subject | None = None
    computed: dict[tuple[str, str], ast.DefineColumn] = field(default_factory=dict)
    columns: dict[tuple[str, str], scheme.Computed] = field(default_factory=dict)
    readings: dict[tuple[str, str], scheme.ColumnReads] = field(default_factory=dict)
    defines: dict[str, scheme.Define] = field(default_factory=dict)
    indicators: dict[str, scheme.Indicator] = field(default_factory=dict)
    parts: dict[tuple[str, str], Expr] = field(default_factory=dict)
    scorecards: tuple[scheme.Scorecard, ...] = ()
    exclusive: bool = True
    contested: bool = False
    doubted: set[Key] = field(default_factory=set)
    reach: tuple[Fraction, Fraction] | None = None
    grade: scheme.Grade | None = None
    pays: dict[str, scheme.Pay] = field(default_factory=dict)
    outcomes: dict[str, scheme.Outcome] = field(default_factory=dict)
    ensures: list[scheme.Ensure] = field(default_factory=list)
    advice: dict[Span, scheme.Advice] = field(default_factory=dict)
    demands: list[scheme.Demand] = field(default_factory=list)
    effects: dict[Span, scheme.Effect] = field(default_factory=dict)
    memo: dict[Key, Type | None] = field(default_factory=dict)
    reads: dict[Key, tuple[Key, ...]] = field(default_factory=dict)
    deep: dict[Key, int] = field(default_factory=dict)
    inlining: list[tuple[str, Span]] = field(default_factory=list)
    depth: int = 0
    fragment: bool = False
    cuts: frozenset[tuple[str, int]] = frozenset()
    filters: dict[Filtered, tuple[tuple[Expr, ...], frozenset[Presence]]] = field(default_factory=dict)
    filtered: set[str] = field(default_factory=set)
    acting: dict[Key, list[tuple[ast.Gate, ast.GateEffect]]] | None = None
    kinds: frozenset[type] = field(init=False)
    assessed: frozenset[Presence] | None = None
    unknown: int = 0
    keys: dict[tuple[int, int], tuple[Expr, Presence]] = field(default_factory=dict)
    numbers: dict[Presence, int] = field(default_factory=dict)
    joined: dict[Presence, tuple[str, list[Presence]]] = field(default_factory=dict)
    grains: dict[int, tuple[Expr, bool, bool]] = field(default_factory=dict)
    contextual: frozenset[str] | None = None
    unsound: dict[Key, list[Diagnostic]] = field(default_factory=dict)
    inlined: set[Key] = field(default_factory=set)
    alike: dict[tuple[object, ...], int] = field(default_factory=dict)
    column_bound: Fraction = SUM_BOUND
    in_place: dict[tuple[Key, Scope], tuple[Expr | None, list[Diagnostic]]] = field(default_factory=dict)
    _doubt: bool = False
    _read: dict[Key, Span] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = frozenset(map(type, self.file.items))

    def infer(self, scope: Scope, node: ast.Expr) -> Expr:
        """The typed form of an expression; `Unknown` where it has a fault, which has been reported."""
        return self.steps.expression(self, scope, node)

    def rule(self, scope: Scope, node: ast.Rule) -> Expr:
        """The typed form of a rule; `Unknown` where it has a fault, which has been reported."""
        return self.steps.rule(self, scope, node)

    def twice(self, span: Span, clause: str, first: Span) -> None:
        """Report a clause that is written a second time."""
        self.report("KPI517", span, {"clause": clause}, labels=[Label(first, "first")], helps=[Note("once")])

    def only_one(self, item: str, extra: ast.Name, first: Span) -> None:
        """Report a second item of a kind, by its English keyword, of which a scheme has one."""
        args = {"item": words.spelling(item, self.file.language), "name": extra.text}
        self.report("KPI505", extra.span, args, labels=[Label(first, "first")], helps=[Note("once", args)])

    def later(self, span: Span) -> Skip:
        """Report what belongs to the language and not to this version, and give the `Skip` to raise."""
        from kpirules.syntax.suggestions.unsupported import refused  # noqa: PLC0415  # of no use to a scheme without faults

        fault = refused(span)
        return self.fail(fault.code, fault.span, fault.args, helps=fault.helps)

    def has(self, kind: type[ast.Node]) -> bool:
        """Whether the scheme has an item of a kind, whatever faults are in it."""
        return kind in self.kinds

    @property
    def scheme(self) -> scheme.Header:
        """The header.

        Raises:
            Skip: the scheme has none that could be read.
        """
        if self.header is None:
            raise Skip
        return self.header

    @property
    def unread(self) -> bool:
        """Whether there may be a scorecard that could not be read."""
        return not self.broken.isdisjoint(words.spellings("total"))

    def cut_off(self, span: Span) -> bool:
        """Whether a fault in the syntax may have taken the rest of what stands at a place."""
        return bool(self.cuts) and (span.source.name, span.end) in self.cuts

    def doubtful(self, node: Expr) -> bool:
        """Whether a fault elsewhere leaves open whether a value may be missing."""
        read = [(part.item, part.part) for part in walk(node) if isinstance(part, Val)]
        return bool(read) and (self.contested or self.unread or not self.doubted.isdisjoint(read))

    def places(self, what: str, span: Span) -> int:
        """The declared rounding of `achievement`, `score`, `total` or `money`; a stand-in where it is not declared."""
        header = self.scheme
        if what not in header.places:
            args = {"what": words.spelling(what, self.file.language)}
            args["rounding"] = words.spelling("rounding", self.file.language)
            self.report("KPI502", header.span, args, labels=[Label(span, "needed", args)], helps=[Note("add", args)])
        return header.places.get(what, STAND_IN)

    def value(self, item: str, part: str, span: Span) -> Val:
        """The value of another item.

        Raises:
            Skip: it has a fault of its own, or stands in a circle.
            Needs: it has not been worked out yet.
        """
        key = (item, part)
        if key in self.unsound:
            self.repeat(self.unsound[key])
            raise Skip
        if key not in self.memo:
            raise Needs(key, span, tuple(self.inlining))
        type_ = self.memo[key]
        self._read.setdefault(key, span)
        self._doubt |= type_ is None or key in self.doubted
        if type_ is None:
            raise Skip
        expr = self.parts.get(key)
        return Val(item, part, known(expr) if expr is not None else None, type=type_, span=span)

    def open(self, path: ast.Path, make: Callable[[], T]) -> T:
        """What `make` gives of a define that is worked out where it is read.

        Raises:
            Skip: it is being worked out already, which is a circle.
        """
        places = [index for index, (name, _) in enumerate(self.inlining) if name == path.text]
        if places:
            raise self.circle([*self.inlining[places[0] + 1 :], (path.text, path.span)])
        self.inlining.append((path.text, path.span))
        try:
            return make()
        finally:
            self.inlining.pop()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further into an item, and into the definitions worked out for an indicator that it names.

        Raises:
            Skip: those lie too deep, one within the other.
        """
        if self.inlining and (self.depth >= _WITHIN or len(self.inlining) > DEEPEST):
            limit = DEEPEST if len(self.inlining) > DEEPEST else _WITHIN
            name, span = self.inlining[0]
            raise self.fail("KPI219", span, {"name": name, "limit": limit}, helps=[Note("fewer")])
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def settled(self, make: Callable[[], T]) -> T:
        """What `make` gives, each value that it reads worked out first.

        The order of work is by need, and kept in a list: a value that needs another waits, and is begun anew once the
        other is there. So no chain of definitions is too long, and a circle shows itself: a value needs one that
        waits for it. Faults met on both goes are told once.

        Raises:
            Skip: `make` did.
        """
        while True:
            try:
                return make()
            except Needs as need:
                self._settle(need)

    def _settle(self, need: Needs) -> None:
        waiting = [need]
        faults: dict[Key, list[Diagnostic]] = {}
        while waiting:
            key, self._doubt, self._read = waiting[-1].key, False, {}
            told = len(self.diagnostics)
            try:
                type_: Type | None = self.steps.value(self, key)
            except Skip:
                type_ = None
            except Needs as other:
                faults.setdefault(key, []).extend(self.diagnostics[told:])
                places = [index for index, waiter in enumerate(waiting) if waiter.key == other.key]
                if places:
                    self._close([*waiting[places[0] + 1 :], other])
                else:
                    waiting.append(other)
                continue
            if self._of_its_place(key, [*faults.pop(key, ()), *self.diagnostics[told:]]):
                waiting.pop()
                continue
            if self.memo.setdefault(key, type_) is not None:  # one that stands in a circle stays without a type
                self._note_reads(key)
            if self._doubt:
                self.doubted.add(key)
            waiting.pop()

    def _note_reads(self, key: Key) -> None:
        """Keep what a value reads; the first of a chain that is too long is a fault, where it reads the one before."""
        deep = {read: self.deep.get(read, 0) + (read[0] != key[0]) for read in self._read}
        deepest = max(deep, key=deep.__getitem__, default=None)
        self.reads[key] = tuple(deep)
        self.deep[key] = 1 if deepest is None else max(deep[deepest], 1)
        if deepest is not None and self.deep[key] > DEEPEST:
            args = {"name": self._name(*deepest), "limit": DEEPEST}
            self.report("KPI219", self._read[deepest], args, helps=[Note("chain")])
            self.deep[key] = 1  # what stands upon it is told no more

    def _of_its_place(self, key: Key, faults: list[Diagnostic]) -> bool:
        """Take back the faults of a define or a computed column that may be none where its name is read."""
        item, part = key
        declared = self.declared.get(item)
        named = part == "column" or (declared is not None and declared.kind == "define")
        if not named or not faults or any(fault.code not in OF_A_PLACE for fault in faults):
            return False
        for fault in faults:
            self.take_back(fault)
        self.unsound[key] = faults
        return True

    def _close(self, ring: list[Needs]) -> None:
        """Report a circle of values; `ring` has each reading in it, the last of which closes it."""
        steps = [step for need in ring for step in (*need.through, (self._name(*need.key), need.span))]
        self.circle(steps)
        self.memo |= dict.fromkeys(need.key for need in ring)

    def circle(self, steps: list[tuple[str, Span]]) -> Skip:
        """Report a circle and give the `Skip` to raise; each step is what is read, and where; the last closes it."""
        names = [steps[-1][0], *(name for name, _ in steps)]
        labels: list[Label] = []
        helps: dict[str, Note] = {}
        for reader, (read, span) in zip(names, steps, strict=False):
            args = {"reader": reader, "read": read}
            gate = self._gate_around(span)
            if gate is not None:
                args["gate"] = gate.name.text
                helps.setdefault(reader, Note("gate", {"reader": reader}))
            labels.append(Label(span, "gate" if gate else "reads", args))
        return self.fail(
            "KPI207", steps[0][1], {"circle": " → ".join(names)}, labels=labels, helps=helps.values() or [Note("cut")]
        )

    def _gate_around(self, span: Span) -> ast.Gate | None:
        gates = (node for node in self.file.items if isinstance(node, ast.Gate))
        return next((node for node in gates if span.within(node.span)), None)

    def _name(self, item: str, part: str) -> str:
        """A value as the scheme's language names it."""
        if item in ("total", "grade"):
            return words.spelling(item, self.file.language)
        return item if part in ("value", "column") else f"{item}.{words.spelling(part, self.file.language)}"
