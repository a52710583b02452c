"""The plan: a small relational and scalar program, typed, that every engine runs to the same digits.

A plan is a tuple of steps. Each makes one relation, named, from earlier ones; a relation is rows of named, typed
columns. Scalars are pure and total: nothing they hold can raise, and no row depends on another.

How a value is held, by its type (`kpirules.values.types.Type`):

* numeric: an exact number; where `type.over` is set it is a quotient of two exact decimals, numerator `name` and
  denominator `name$over` in an engine's result, the denominator above zero;
* text; bool; date; month, quarter, half, year: the first day of the period, as a date.

Missing is null. Every scalar operator is strict (null in, null out) but `coalesce`, `is_missing`, `Case`, `and` and
`or`: a false argument decides `and`, a true one `or`, whatever is missing beside it, as in `x is missing or x > 5`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.values.rounding import Mode
from kpirules.values.types import Type
from kpirules.values.units import Unit

Value = Fraction | str | bool | date | None

NOT_ACTIVE = "not_active"
NOT_ASKED = "not_asked"
"""Why somebody is left out: not one active day in the period, or not among those the scheme is for."""

OVER = "$over"
"""Suffix of the denominator's column of a quotient."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The place in a rule file that a node was made for, and what is written there. Lines and columns from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


# ---------------------------------------------------------------- scalars


@dataclass(frozen=True, slots=True)
class Ref:
    """A column of the relation at hand, or an earlier binding of the same `Compute`."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Const:
    """A known value. Months, quarters, halves and years are dates, their first day."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Param:
    """A value of the run: `period_start`, `period_end` (dates, both in the period)."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Op:
    """An operator on scalars.

    | op | arguments | result |
    | --- | --- | --- |
    | `add` `sub` `mul` `div` | two numbers | exact; `div` by 0 is missing |
    | `neg` `abs` | one number | |
    | `eq` `ne` `lt` `le` `gt` `ge` | two values of one kind | bool, exact on quotients |
    | `and` `or` | two or more bools | |
    | `not` | a bool | |
    | `in` | a value, then one or more constants | bool |
    | `is_missing` | anything | bool, never missing |
    | `coalesce` | two of one kind | the first that is there |
    | `at_most` `at_least` | a number, its bound | the smaller, the larger |
    | `round` `floor` `ceil` | a number | to `places`; `round` by `mode` |
    | `days` | two dates a, b | b - a, a number |
    | `months` | two dates a, b | whole months passed from a to b; where b is before a, those from b to a, below 0 |
    | `year` `half` `quarter` `month` | a date | its number in the year (the year itself for `year`) |
    | `earlier` `later` | two dates | the earlier, the later |
    | `last_day` | a month, quarter, half or year (by its argument's type) | its last day, a date |
    """

    op: str
    args: tuple[Scalar, ...]
    type: Type
    places: int = 0
    mode: Mode = Mode.AWAY


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition is true (a missing condition is not); else `otherwise`.

    `otherwise` None gives missing. Only the branch taken is worked out.
    """

    whens: tuple[tuple[Scalar, Scalar], ...]
    otherwise: Scalar | None
    type: Type


Scalar = Ref | Const | Param | Op | Case


# ---------------------------------------------------------------- bindings


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
    out. `item` and `part` say whose value it is (`attainment`, `score`); `kind` says what was done, for traces:

    `value` (an expression), `quotient` (actual by target, where an achievement is not written), `row` (which row of a
    rule was taken, counted from 0: constants in a `Case`), `by`, `choose`, `curve`, `tiers` (a rule's value, by its
    `row` binding; `rows` has a text for each row, `of` names the head value), `aggregate` (a measure's figure; `of`
    names the measure), `at_most`, `at_least` (a limit on `of`), `round` (a rounding point of `of`), `policy` (a missing
    policy put over `of`), `when` (`of` where a condition holds, the first of its `Case` or its guard), `gate` (a gate
    put over `of`), `guard` (a condition only), `condition` (a condition that is a result), `weighted` (a mean of what
    is there by `weights`, of bindings), `shown` (a quotient of `of` to so many places, for display), `mark` (tier 1 of
    the trace).
    """

    name: str
    expr: Scalar
    type: Type
    item: str
    part: str
    kind: str
    origin: Origin | None = None
    guard: str | None = None
    of: str | None = None
    row: str | None = None
    rows: tuple[RowText, ...] = ()
    title: str | None = None
    weights: Mapping[str, Fraction] = field(default_factory=dict)


# ---------------------------------------------------------------- steps


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
    """A row is in force from `begins` to `ends` (columns of the right relation, both days in, `ends` null is open).

    `first` and `last` (columns of the left relation) are the days asked about: the row must be in force on at least
    one of them. They are the same column for a date.
    """

    first: str
    last: str
    begins: str
    ends: str | None


@dataclass(frozen=True, slots=True)
class Join:
    """Each row of `left` with the one row of `right` whose `on` columns are equal, or nulls where there is none.

    INVARIANT: at most one row of `right` matches; the data contract (keys) sees to it, or a `Check` says otherwise.
    `take` maps the new column's name to the right column's. A left row with a null in `on` matches nothing.
    """

    name: str
    left: str
    right: str
    on: tuple[tuple[str, str], ...]
    take: Mapping[str, str]
    in_force: InForce | None = None


@dataclass(frozen=True, slots=True)
class Compute:
    """The rows of `input` with `bindings` added, in order; a binding sees all columns and the bindings before it."""

    name: str
    input: str
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One aggregate of a group: `func` over the column `arg` of the rows for which the column `where` is true.

    `sum` (0 of no rows), `count` (rows; `arg` None), `distinct` (different values), `any`, `all` (missing of no rows),
    `min`, `max`, `median` (missing of no rows; of an even number the mean of the two in the middle), `only` (the one
    row's value; missing of none; of several, which a failing `Check` tells, the least). Rows whose `arg` is missing are
    passed over. `avg` is made of `sum` and a `count`. `where` None takes every row.
    """

    name: str
    func: str
    arg: str | None
    where: str | None
    type: Type
    item: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A row for each value of `keys` among the rows of `input` (a null is a value here), with the measures."""

    name: str
    input: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]


Step = Scan | Filter | Join | Compute | Aggregate


# ---------------------------------------------------------------- the whole


@dataclass(frozen=True, slots=True)
class Check:
    """A fault at run time: the bool binding `when` of the final relation must not be true for any row.

    Where two items are in conflict, `other` is the one beside `item`, and `other_origin` its place.
    """

    when: str
    code: str
    item: str
    origin: Origin | None
    other: str | None = None
    other_origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One figure of an item: which binding holds it (`actual`, `target`, `achievement`, `score`, `value`, …)."""

    name: str
    binding: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: words, or the figure of a binding, rounded for display; a ratio is held by the hundred."""

    text: str = ""
    binding: str | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """A text for those for whom the binding `when` holds."""

    when: str
    pieces: tuple[Piece, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the results: kind (`indicator`, `group`, `adjust`, `total`, `grade`, `pay`, …), its parts, its place.

    `parent` is the group or scorecard it stands in; `scorecard` is that scorecard, as groups of two may share a name.
    `row`, `limit`, `policy` and `gate` name the bindings of tier 1 of the trace: the row taken, which limit cut, the
    missing policy used, the gate tripped.
    """

    name: str
    kind: str
    title: str | None
    parts: tuple[Part, ...]
    origin: Origin | None
    parent: str | None = None
    weight: Fraction | None = None
    tier1: Mapping[str, str] = field(default_factory=dict)
    scorecard: str | None = None
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncredited:
    """Rows of `table` in the period that no subject owns: those of `step` (an `Aggregate`) whose key is null.

    `measure` is the count.
    """

    table: str
    step: str
    measure: str


@dataclass(frozen=True, slots=True)
class Owner:
    """How the rows of a table lead to the subject: column, table it refers to, and so on, up to the subject's key.

    An empty path is the subject's own table. Traces use it to read one subject's rows only. `keys` are the columns
    that tell the table's rows apart.
    """

    table: str
    keys: tuple[str, ...]
    path: tuple[tuple[str, str, str], ...]


ROW = "$row"
"""The column that a demand reads beside a table's own: the place of each row in it, from 0."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the data must keep, worked out before the results.

    `steps` make the relation `result`: the rows of `table` that break it, by the column `table.$row`. `message` is what
    the rules say of them, `columns` are those of the table that the demand reads.
    """

    message: str
    table: str
    columns: tuple[str, ...]
    origin: Origin
    steps: tuple[Step, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled scheme.

    `result` names the final relation: one row for each subject scored, with the columns `keys` and every binding.
    """

    scheme: str
    title: str | None
    version: str
    period: Unit
    currency: str
    money_places: int
    language: str
    steps: tuple[Step, ...]
    result: str
    subject: str
    key: str
    key_type: Type
    items: tuple[Item, ...]
    checks: tuple[Check, ...]
    uncredited: tuple[Uncredited, ...]
    owners: tuple[Owner, ...]
    effective: tuple[date, date | None] | None = None
    demands: tuple[Demand, ...] = ()

    def of_demand(self, demand: Demand) -> Plan:
        """A plan of its own for a demand, to which every row is a subject: it has no other results."""
        key, first = f"{demand.table}.{ROW}", demand.steps[0]
        assert isinstance(first, Scan)
        return replace(
            self,
            steps=demand.steps,
            result=demand.result,
            subject=demand.table,
            key=key,
            key_type=first.columns[key][1],
            items=(),
            checks=(),
            uncredited=(),
            owners=(),
            demands=(),
        )

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)
