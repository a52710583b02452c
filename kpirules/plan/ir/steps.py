"""Steps, each of which makes a relation, and the bindings within."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from fractions import Fraction

from kpirules.plan.ir.identity import Ident
from kpirules.plan.ir.scalars import Origin, Scalar, names_in
from kpirules.records import dataclass
from kpirules.values.types import Type

NOT_ACTIVE = "not_active"
NOT_ASKED = "not_asked"
"""Why somebody is left out: not one active day in the period, or not among those the scheme is for."""

BY_ROWS = ("by", "choose", "curve", "tiers")
"""The kinds of bindings that are the value of a rule with rows."""


@dataclass(frozen=True, slots=True)
class RowText:
    """One row of a rule as written (`>= 95 : "S"`), for traces; `condition` decides it, None always holds.

    `value` is what it gives; both are over the bindings of the relation. `full` is what a band of `tiers` gives on its
    own where the head reaches its end.
    """

    head: str
    origin: Origin
    condition: Scalar | None
    value: Scalar
    full: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """One named value of each row of a relation, worked out from columns and earlier bindings.

    `guard` names an earlier bool binding or column; where it does not hold, the value is missing and is not worked
    out. `ident` says what it is; `kind` says what was done, for traces:

    `value` (an expression), `quotient` (actual by target, where an achievement is not written), `row` (which row of a
    rule was taken, counted from 0: constants in a `Case`), `by`, `choose`, `curve`, `tiers` (a rule's value, by its
    `row` binding; `rows` has a text for each row, `of` names the head value), `aggregate` (a measure's figure; `of`
    names the measure), `at_most`, `at_least` (a limit on `of`), `round` (a rounding point of `of`), `policy` (a missing
    policy put over `of`), `when` (`of` where a condition holds, the first of its `Case` or its guard), `gate` (a gate
    put over `of`), `guard` (a condition only), `condition` (a condition that is a result), `weighted` (a mean of what
    is there by `weights`, of bindings), `shown` (a figure in a text of advice), `mark` (tier 1 of
    the trace).
    """

    ident: Ident
    expr: Scalar
    type: Type
    kind: str
    origin: Origin | None = None
    guard: str | None = None
    of: str | None = None
    row: str | None = None
    rows: tuple[RowText, ...] = ()
    title: str | None = None
    weights: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called in queries."""
        return self.ident.name

    @property
    def item(self) -> str:
        """The item whose figure it is."""
        return self.ident.item

    @property
    def part(self) -> str:
        """The part of the item."""
        return self.ident.part


def reads(binding: Binding) -> Iterator[str]:
    """The names of the columns and bindings that one stands on, as often as it names them."""
    yield from (name for name in (binding.guard, binding.of, binding.row) if name is not None)
    yield from binding.weights
    parts = [binding.expr]
    for row in binding.rows:
        parts += [part for part in (row.condition, row.value, row.full) if part is not None]
    for part in parts:
        yield from names_in(part)


@dataclass(frozen=True, slots=True)
class Scan:
    """Rows of a table: `columns` maps the column's name in this relation to (the table's column, its type)."""

    name: str
    table: str
    columns: Mapping[str, tuple[str, Type]]


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows of `input` for which `predicate` is true.

    One that decides who is scored says why those whom it leaves out are left out, and where the rules say so.
    """

    name: str
    input: str
    predicate: Scalar
    leaves_out: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """A row is in force from `begins` to `ends` (columns of the source, both days in, `ends` null is open).

    `first` and `last` (columns of the relation that gathers) are the days asked about: the row must be in force on at
    least one of them. They are the same column for a date.
    """

    first: str
    last: str
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Compute:
    """The rows of `input` with `bindings` added, in order; a binding sees all columns and the bindings before it."""

    name: str
    input: str
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of many rows: `func` over the column `arg` of the rows for which the column `where` is true.

    The functions are the `measures` of `kpirules.values.operation_table`; `kpirules.engines.reference.measures` says
    what each means. Rows whose `arg` is missing are passed over. `where` None takes every row. Where `arg` is a
    quotient, so is the measure.

    INVARIANT: a quotient has the same divisor in all rows of a group in which it is not 0, as
    `kpirules.model.rows.divisors` sees to it.
    `each` is the column of periods of a lookup that adds up: each of those in the period of the run must have a
    value, or the figure made of the sum is missing.
    """

    name: str
    func: str
    arg: str | None
    where: str | None
    type: Type
    item: str
    origin: Origin | None = None
    each: str | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """The rows of `input`, each with what is read of the rows of `source` whose `on` columns are equal to its own.

    `on` has pairs of a column of `input` and one of `source`; a null is equal to nothing. `measures` are made of all
    those rows. `take` maps a new column's name to a column of the one row that there is; either is null where there is
    no row.

    INVARIANT: where something is taken, at most one row matches; the data contract (keys) sees to it, or a `Check` says
    otherwise.
    """

    name: str
    input: str
    source: str
    on: tuple[tuple[str, str], ...]
    take: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    in_force: InForce | None = None


Step = Scan | Filter | Compute | Gather
