"""The trace of one subject: what made each figure, down to the data rows and the lines of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from fractions import Fraction

from kpirules.plan.ir import Ident, Origin, Value
from kpirules.records import dataclass
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Fed:
    """The data rows that an aggregate counted: their table, the condition they met, their number and their keys.

    `rows` are the cells that were read of each, by column, for the listing of them all; a column of another table is
    called by the way there (`product.cost`). `computed` has the formulas of the computed columns behind the figure: the
    column, the kind of its step, the place. `absent` are the periods without a value of which each should have one.
    """

    table: str
    where: str | None
    count: int
    keys: tuple[str, ...]
    rows: tuple[Mapping[str, Figure], ...]
    computed: tuple[tuple[str, str, Origin], ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """A value's name, what it is (None of a column), and what the rules say where it has no name of its own."""

    name: str
    ident: Ident | None
    origin: Origin | None = None

    @property
    def is_named(self) -> bool:
        """Whether the rules, or the language, have a name for it."""
        return self.ident is None or self.ident.has_name


@dataclass(frozen=True, slots=True)
class Test:
    """A condition with the values it read: `left op right`, or `op` over `parts` (`and`, `or`, `not`).

    `holds` is None where a value it reads is missing. `left_called` and `right_called` are set where a side is a value
    that the rules name or write.
    """

    op: str
    holds: bool | None
    left: Figure | None = None
    right: Figure | None = None
    parts: tuple[Test, ...] = ()
    left_called: Called | None = None
    right_called: Called | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A value as shown: its unit says how, `places` to how many places it was rounded (None: it was not)."""

    value: Value
    unit: Unit
    places: int | None = None


@dataclass(frozen=True, slots=True)
class RowSeen:
    """A row of a rule: its text and place, whether it was taken, and the test that let it pass or stopped it.

    `earns` is what the row gives: the value of the row taken; in `tiers`, of each band reached, what it adds.
    """

    text: str
    head: str
    origin: Origin
    taken: bool
    test: Test | None
    earns: Figure | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One step on the way to a figure; `inputs` are the values it read, in the order it names them.

    `kind` is the binding's (`kpirules.plan.ir.Binding`), or `column` for a value read from the subject's row or a
    looked-up row, which has no `ident`. `weights` are those of the inputs of a weighted mean, by name. `before` is the
    value a limit, a rounding, a policy, a condition or a gate was put over. `test` is the condition that decided, and
    `withheld` says that the value was not worked out, for it does not hold.
    """

    name: str
    ident: Ident | None
    kind: str
    figure: Figure
    title: str | None = None
    origin: Origin | None = None
    before: Node | None = None
    inputs: tuple[Node, ...] = ()
    rows: tuple[RowSeen, ...] = ()
    fed: Fed | None = None
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    gate: str | None = None
    tripped: bool | None = None
    test: Test | None = None
    withheld: bool = False

    @property
    def called(self) -> Called:
        """What it is called."""
        return Called(self.name, self.ident, self.origin)

    @property
    def part(self) -> str:
        """The part of its item; a column is all of it."""
        return "value" if self.ident is None else self.ident.part


@dataclass(frozen=True, slots=True)
class Said:
    """A text for the subject, with its figures put in, and the place of its rule."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class ItemTrace:
    """An item of the results: kind, title, weight, its figures by part, the tree of each, and its advice."""

    name: str
    kind: str
    title: str | None
    parent: str | None
    weight: Fraction | None
    origin: Origin | None
    parts: Mapping[str, Node]
    advice: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a subject was not scored: `not_active`, `not_asked` or `set_aside`.

    `origin` is where the rules say so, `read` the cells of the subject's row that decided.
    """

    reason: str
    origin: Origin | None
    read: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that concerns the subject and was set aside, so that no figure has it: where it was, and why."""

    table: str
    source: str
    row: int
    message: str


@dataclass(frozen=True, slots=True)
class Uncredited:
    """A row that names the subject and counts for nobody: where it is, its key (`""`: none), its day, and why not."""

    table: str
    source: str
    row: int
    key: str
    day: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class RunName:
    """Which run a trace is of: its folder, when it was made, with its time zone, the SHA-256 of the scheme's text."""

    folder: str
    created: datetime
    scheme_digest: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything about one subject. `asked` names the one item that was asked for, None for all.

    One who is `left_out` has no scorecard and no items.

    `set_aside` has the rows that concern the subject and were set aside, `uncredited` those that name it and count for
    nobody; none of them enters a figure.

    `checked` is how many figures were held against the run's and found equal. `run` says which run that is, None where
    it was not kept.
    """

    scheme: str
    title: str | None
    version: str
    period: str
    currency: str
    money_places: int
    subject: str
    named: tuple[Figure, ...]
    scorecard: str | None
    items: tuple[ItemTrace, ...]
    asked: str | None
    checked: int
    left_out: LeftOut | None = None
    set_aside: tuple[SetAside, ...] = ()
    uncredited: tuple[Uncredited, ...] = ()
    run: RunName | None = None
