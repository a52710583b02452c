"""Typed expressions and rules. Each node knows its type; spans take no part in equality."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.source.spans import Span
from kpirules.values.rounding import Mode
from kpirules.values.types import Type

Known = Fraction | str | bool | date
"""A value known before any data is read."""


class Skip(Exception):  # noqa: N818  # a signal, not an error: what it stands for has been reported
    """Stops the elaboration of one part; whatever made it impossible has been reported already."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Stands where a part has a fault, which has been reported.

    What needs to know its type is stopped by the asking, and becomes unknown too, without a word, unless a type can be
    presumed; all else about it is still checked.

    INVARIANT: a model that has passed every check holds none.
    """

    span: Span = field(compare=False, repr=False)
    presumed: Type | None = None

    @property
    def type(self) -> Type:
        """The type that is presumed.

        Raises:
            Skip: nothing is known of it.
        """
        if self.presumed is None:
            raise Skip
        return self.presumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Anything with a type and a place."""

    type: Type
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Lit(Typed):
    """A known value."""

    value: Known


@dataclass(frozen=True, slots=True)
class Col(Typed):
    """A column of the row in scope, or of a row it refers to by the reference columns `refs`, one after the other.

    `table` is the table that holds the column. `own` is set where the row in scope is the subject's own. `known` is the
    value of a computed column that is a constant.
    """

    refs: tuple[str, ...]
    table: str
    column: str
    own: bool
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Val(Typed):
    """A value of the subject: `part` of `item` (`value` for an item with one). `known` where it is a constant."""

    item: str
    part: str
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Own(Typed):
    """What the subject has that `refs` lead to, one reference column after the other: `value` is in its scope.

    `alone` is set for a define that is worked out of the subject's own row alone, so that a row can do the same.
    """

    refs: tuple[str, ...]
    value: Expr
    alone: bool


@dataclass(frozen=True, slots=True)
class Builtin(Typed):
    """`active_days`, `active_share`, `period_days`, `period_start`, `period_end`, `year_start`."""

    name: str


@dataclass(frozen=True, slots=True)
class Grain:
    """The rows an aggregate counts: their table, how they lead to the one they count for, and what places them in time.

    They count for a row of the table `to`, in whose scope the aggregate is, or for the subject where that is None.
    `owner` and `time_refs` are reference columns, one after the other; `owner` is empty where the table is the
    subject's own; `time` is the column that holds the day or period, on the row that `time_refs` leads to. With
    `by_key` the rows are looked up: the key in `owner` alone says whose they are, whether or not in force then.
    """

    table: str
    owner: tuple[str, ...]
    time_refs: tuple[str, ...]
    time: str
    by_key: bool = False
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Agg(Typed):
    """An aggregate: `func` is a key of `AGGREGATES` (`kpirules.values.operation_table`).

    `arg` (None for count) and `where` are in the row's scope. `parts` is set for the sum that a lookup in a table of a
    finer period is: that many rows have a value, or there is none.
    """

    func: str
    arg: Expr | None
    where: Expr | None
    grain: Grain
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Lookup(Typed):
    """A column of the row of `table` for the subject, and for the period where `time` places rows in one.

    `time` is a way of references and the period column of the row that it leads to; None where no period is named.
    """

    table: str
    column: str
    owner: str
    time: tuple[tuple[str, ...], str] | None


@dataclass(frozen=True, slots=True)
class Neg(Typed):
    """`-x`."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Not(Typed):
    """`not x`."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Bin(Typed):
    """`op` is one of `+ - * / = != < <= > >= and or`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Among(Typed):
    """`x in …`, the values known."""

    operand: Expr
    values: tuple[Lit, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Absent(Typed):
    """`x is missing`, or `is present` with `negated`."""

    operand: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class Fallback(Typed):
    """`x or else y`; `fallback` None is `or else error`."""

    operand: Expr
    fallback: Expr | None


@dataclass(frozen=True, slots=True)
class As(Typed):
    """The same value in another unit."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Cond(Typed):
    """`if c then a else b`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Fn(Typed):
    """A scalar function: `round floor ceil abs min max`, or `truncate extend`, which are the steps of `per`.

    Of dates: `days months year half quarter month day weekday month_start month_end add_days add_months`. `places` and
    `mode` belong to the first three. `numerator` and `denominator`, which nobody writes, are the size of one side of a
    number, 1 where it is 0 or missing.
    """

    name: str
    args: tuple[Expr, ...]
    places: int = 0
    mode: Mode = Mode.AWAY


@dataclass(frozen=True, slots=True)
class Over(Typed):
    """The same number as a quotient over `divisor`, which is above 0 and of which it is a multiple.

    Nobody writes it: the rows of an aggregate come to one divisor by it.
    """

    operand: Expr
    divisor: Expr


# ---------------------------------------------------------------- rules


@dataclass(frozen=True, slots=True)
class Limited(Typed):
    """`x, at most bound`, or `at least`."""

    value: Expr
    bound: Expr
    at_most: bool


@dataclass(frozen=True, slots=True)
class Compares:
    """A row head `op bound` against the rule's head value."""

    op: str
    bound: Expr


@dataclass(frozen=True, slots=True)
class Lists:
    """A row head that lists values."""

    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """A row head `when condition`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Otherwise:
    """The row head `else`."""


Head = Compares | Lists | Holds | Otherwise


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a rule; `span` is the whole row, `head_span` its head."""

    head: Head
    value: Expr
    span: Span = field(compare=False, repr=False)
    head_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class By(Typed):
    """`by head` and its rows."""

    head: Expr
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Choose(Typed):
    """`choose` and its rows."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve."""

    x: Fraction
    y: Fraction
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Curve(Typed):
    """`curve head`: comparison rows first, then points in rising order."""

    head: Expr
    rows: tuple[Row, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A slice of `tiers`, up to `bound` (None: without end), at `rate`."""

    bound: Expr | None
    rate: Expr
    span: Span = field(compare=False, repr=False)
    head_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Tiers(Typed):
    """`tiers head`: each slice of the head at its own rate, from zero."""

    head: Expr
    bands: tuple[Band, ...]


Expr = (
    Lit
    | Col
    | Val
    | Own
    | Builtin
    | Agg
    | Lookup
    | Neg
    | Not
    | Bin
    | Among
    | Absent
    | Fallback
    | As
    | Cond
    | Fn
    | Over
    | Limited
    | By
    | Choose
    | Curve
    | Tiers
    | Unknown
)
