"""A relation in the making: its rows, what lowering has bound of each so far, and what it gathers from others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from fractions import Fraction
from typing import TypeVar

from kpirules.model.expr import Agg, Expr, Grain, Lookup
from kpirules.model.scheme import Model
from kpirules.plan import build
from kpirules.plan.ir import (
    RUN,
    SUBJECT_ROWS,
    Binding,
    Check,
    Ident,
    Item,
    Measure,
    Origin,
    Ref,
    RowText,
    Scalar,
    reads,
)
from kpirules.plan.reading import Reading, Refs
from kpirules.records import dataclass
from kpirules.source import Span
from kpirules.values.types import BOOL, Type

T = TypeVar("T")

Key = tuple[str, str]
"""A value of the scheme: its item, and the part of it."""

_OF_ITEMS = ("value", "score")
"""The parts that others than the item itself read: the last of what an item comes to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose value is being lowered: the item and its part, the scorecard it stands in, the condition it stands under.

    `refs` lead from the row of the relation to the row that is read.
    """

    item: str
    part: str
    within: str | None = None
    guard: str | None = None
    title: str | None = None
    refs: Refs = ()

    def under(self, guard: str | None) -> Place:
        """The same place under another condition."""
        return replace(self, guard=guard)

    @property
    def figure(self) -> Ident:
        """The figure that is being lowered, in the relation of the subjects."""
        return Ident(self.item, self.part, within=self.within)


@dataclass(frozen=True, slots=True)
class Flag:
    """A fault that working a value out may meet: the bool binding that says so, and what it is told as.

    A row's fault is told as one of the item that counts the row, but a `person`'s, which the row reads, as its own.
    """

    when: str
    code: str
    item: str
    origin: Origin | None
    person: bool = False


@dataclass(slots=True)
class Relation:
    """Rows of one kind, and bindings of each, in order, with what they stand for.

    There is a row for each subject, or, with `per_row`, for each row that an aggregate counts, a lookup finds or the
    data's rules ask about; `reading` gives their columns. `owner` is the relation of the subjects whose rows they are,
    None for that itself and where there is none. `name` tells its figures from those of others, and `interval` over
    which period they are.

    A relation gathers figures from the `sources`, and their rows may read what they have made of their owner: so it is
    worked out depth by depth. `depths` says how often something stands on what was gathered, 0 where it is not said.
    `owned` are the columns of a row that come from its owner, and their names there. `referring` are the rows counted
    for the row itself, or for one that references lead to, which refer to that row: they are gathered before all else.
    `aggregates` has the name of each figure, by the references that lead to whose it is, and the faults it may meet.

    `places` has where in `bindings` each is by its name, `steps` where those are that lead to a figure, and `numbers`
    how many of them have a number. `guarded` has the faults that were taken over under a condition. `known` has, of a
    row's values, the binding that has it whatever the row. `faulting` and `ruled` keep what was found of expressions:
    whether they may end the run, and whether a rule is in them.

    `flags` has, for each value, the faults that working it out may meet; a fault counts only where the value is
    needed, so a reader takes them over under its own condition. `frames` are the values being lowered, the outermost
    first: the results themselves. `counted` has the columns that say how many rows of a table count for the subject.
    """

    reading: Reading
    name: str = SUBJECT_ROWS
    interval: str = RUN
    per_row: bool = False
    owner: Relation | None = None
    bindings: list[Binding] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    steps: dict[Ident, list[int]] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    values: dict[tuple[str, str], str] = field(default_factory=dict)
    columns: dict[str, Type] = field(default_factory=dict)
    sources: dict[Grain | str, Source] = field(default_factory=dict)
    referring: dict[tuple[Refs, Grain], Source] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    owned: dict[str, str] = field(default_factory=dict)
    aggregates: dict[tuple[Refs, Agg], tuple[str, tuple[Flag, ...]]] = field(default_factory=dict)
    known: dict[Scalar, str] = field(default_factory=dict)
    faulting: dict[int, tuple[Expr, bool]] = field(default_factory=dict)
    ruled: dict[int, tuple[Expr, bool]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    flags: dict[tuple[str, str], tuple[Flag, ...]] = field(default_factory=dict)
    frames: list[dict[Flag, None]] = field(default_factory=lambda: [{}])
    items: list[Item] = field(default_factory=list)
    numbers: dict[Ident, int] = field(default_factory=dict)
    guarded: dict[tuple[str, str], str] = field(default_factory=dict)
    counted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    value_of: Callable[[str, str], Ref] | None = None

    @property
    def model(self) -> Model:
        """The scheme."""
        return self.reading.model

    @property
    def table(self) -> str:
        """The table whose rows they are."""
        return self.reading.table

    def fresh(self, place: Place) -> int:
        """The number of a new step on the way to the value that is being lowered."""
        self.numbers[place.figure] = self.numbers.get(place.figure, 0) + 1
        return self.numbers[place.figure]

    def bind(
        self,
        place: Place,
        expr: Scalar,
        kind: str,
        span: Span | None,
        *,
        step: int | str | None = None,
        of: str | None = None,
        row: str | None = None,
        rows: tuple[RowText, ...] = (),
        weights: Mapping[str, Fraction] | None = None,
    ) -> Ref:
        """Add a binding and give a reference to it; under a guard it may be missing to readers outside."""
        ident = Ident(place.item, place.part, self.name, self.interval, step, place.within)
        name = ident.name
        assert name not in self.types, name
        origin = origin_of(span) if span is not None else None
        binding = Binding(ident, expr, expr.type, kind, origin, place.guard, of, row, rows, place.title)
        if weights is not None:
            binding = replace(binding, weights=weights)
        if self.per_row and kind == "value" and place.guard is None:
            self.known.setdefault(expr, name)
        self.places[name] = len(self.bindings)
        self.steps.setdefault(place.figure, []).append(len(self.bindings))
        self.bindings.append(binding)
        self.types[name] = expr.type
        self.depths[name] = max(self.depth(read) for read in ("", *reads(binding)))
        return build.ref(name, expr.type)

    def depth(self, name: str) -> int:
        """How often a column or a binding stands on what was gathered."""
        return self.depths.get(name, 0)

    def value(self, item: str, part: str, guard: str | None = None) -> Ref:
        """A reference to the value of an item, lowered now if it has not been, needed where `guard` holds."""
        value = self.seen(item, part)
        self.need(self.flags[item, part], guard)
        return value

    def seen(self, item: str, part: str) -> Ref:
        """As `value`, but to be shown only: what it meets stops no run."""
        key = (item, part)
        for waiting in self._behind(key):
            self._lowered(waiting)
        name = self.values[key]
        return build.ref(name, self.types[name])

    def _behind(self, key: Key) -> list[Key]:
        """A value that is not lowered, after those it reads that are not, so that no chain of them is too long."""
        if key in self.values:
            return []
        behind: dict[Key, None] = {}
        pending = [key]
        while pending:
            last = pending[-1]
            waits = [read for read in self.model.reads.get(last, ()) if self._is_waiting(read, behind)]
            pending += reversed(waits)
            if not waits:
                behind.setdefault(pending.pop())
        return list(behind)

    def _is_waiting(self, key: Key, behind: Mapping[Key, None]) -> bool:
        return key[1] in _OF_ITEMS and key not in self.values and key not in behind

    def _lowered(self, key: Key) -> None:
        value_of = self.value_of
        assert value_of is not None
        if key not in self.values:
            value, self.flags[key] = self.collected(lambda: value_of(*key))
            self.values[key] = value.name

    def collected(self, make: Callable[[], T]) -> tuple[T, tuple[Flag, ...]]:
        """What `make` lowers, and the faults that working it out may meet, taken over by nobody yet."""
        self.frames.append({})
        made = make()
        return made, tuple(self.frames.pop())

    @property
    def faulty(self) -> list[Scalar]:
        """The conditions on which working out the results themselves meets a fault."""
        return [Ref(flag.when, BOOL) for flag in self.frames[0]]

    def need(self, flags: Iterable[Flag], guard: str | None = None) -> None:
        """Take faults over into the value being lowered, where `guard` holds."""
        frame = self.frames[-1]
        for flag in flags:
            if flag not in frame:
                frame[flag if guard is None else replace(flag, when=self._under(flag, guard))] = None

    def _under(self, flag: Flag, guard: str) -> str:
        if (flag.when, guard) not in self.guarded:
            place = Place(flag.item, "fault", guard=guard)
            here = self.bind(place, Ref(flag.when, BOOL), "guard", None, step=self.fresh(place))
            self.guarded[flag.when, guard] = here.name
        return self.guarded[flag.when, guard]


@dataclass(slots=True)
class Source:
    """A relation whose rows another one gathers: those that aggregates count, or the one that a lookup finds.

    `of` says which rows, `place` where what is worked out of one stands. `measures` are what aggregates make of them,
    `taken` the columns that a lookup takes, each with the depth that it is of.
    """

    relation: Relation
    of: Grain | Lookup
    place: Place
    measures: dict[str, tuple[Measure, int]] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def depths(self) -> list[int]:
        """The depths at which something is gathered, in order."""
        return sorted({depth for _, depth in self.measures.values()} | set(self.taken.values()))

    def first_from(self, depth: int) -> int:
        """The first of the depths, from one on."""
        return next(later for later in self.depths if later >= depth)


def origin_of(span: Span) -> Origin:
    """The place of a span in its file."""
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return Origin(span.source.name, line, column, end_line, end_column, span.text)
