"""The tree of a rule file, as written: nothing resolved, nothing typed. Spans take no part in equality."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from kpirules.records import dataclass

if TYPE_CHECKING:
    from kpirules.source.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the text."""

    span: Span = field(compare=False, repr=False)


# ---------------------------------------------------------------- names and literals


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name as compared: in NFC. What was typed is the span's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A bare number: `100_000`, `10万`, `1.5`."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Percent(Node):
    """`20%`, held as 1/5."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Money(Node):
    """`75 USD`, `75元`. `currency` is the ISO code (元 is CNY)."""

    value: Fraction
    currency: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted text, without its quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    """`2024-07-01`."""

    value: date


@dataclass(frozen=True, slots=True)
class Bool(Node):
    """`true`, `false`."""

    value: bool


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A name, or names joined by dots: `revenue`, `targets.revenue`, `margin.score`."""

    names: tuple[Name, ...]

    @property
    def text(self) -> str:
        """The names joined by dots, in NFC."""
        return ".".join(name.text for name in self.names)


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`op` is `-` or `not`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`op` is one of `+ - * / = != < <= > >= and or`, whatever spelling was typed."""

    op: str
    left: Expr
    right: Expr
    op_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class In(Node):
    """`X in "a", "b"`; `negated` for `not in`."""

    operand: Expr
    values: tuple[Expr, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class IsMissing(Node):
    """`X is missing`; `negated` for `is present`."""

    operand: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class OrElse(Node):
    """`X or else E`; `fallback` None is `or else error`."""

    operand: Expr
    fallback: Expr | None


@dataclass(frozen=True, slots=True)
class Per(Node):
    """`X per STEP whole`: the steps in a value; `how` is `whole`, `part` or `pro rata`."""

    operand: Expr
    step: Expr
    how: str


@dataclass(frozen=True, slots=True)
class As(Node):
    """`X as number`, `X as percent`: `unit` is `number` or `percent`."""

    operand: Expr
    unit: str


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if C then A else B`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`f(a, b)`; an aggregate may have a `where`. `function` is as typed, in NFC."""

    function: Name
    args: tuple[Expr, ...]
    where: Expr | None = None


Expr = (
    Number
    | Percent
    | Money
    | Text
    | Date
    | Bool
    | Path
    | Unary
    | Binary
    | In
    | IsMissing
    | OrElse
    | Per
    | As
    | If
    | Call
)


# ---------------------------------------------------------------- rules


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """`at most E` or `at least E`."""

    at_most: bool
    bound: Expr


@dataclass(frozen=True, slots=True)
class Formula(Node):
    """An expression with its limits, applied left to right."""

    expr: Expr
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A row head that compares: `>= 30%`."""

    op: str
    bound: Expr


@dataclass(frozen=True, slots=True)
class Listed(Node):
    """A row head that lists values: `"A", "B"`."""

    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Else(Node):
    """The row head `else`."""


@dataclass(frozen=True, slots=True)
class When(Node):
    """The row head `when C` of `choose`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class UpTo(Node):
    """The row head `up to E` of `tiers`; `bound` None is `above`."""

    bound: Expr | None


@dataclass(frozen=True, slots=True)
class Row(Node):
    """A row of a rule: its head, and the rule on its right. The span is the whole row."""

    head: Comparison | Listed | Else | When | UpTo
    value: Rule


@dataclass(frozen=True, slots=True)
class By(Node):
    """`by X` and its rows. The span is the opening line; rows have their own."""

    subject: Expr
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """`choose` and its rows."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Curve(Node):
    """`curve X` and its points: rows whose head lists one value; comparison rows may come first."""

    subject: Expr
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tiers(Node):
    """`tiers X [from P]` and its rows."""

    subject: Expr
    start: Expr | None
    rows: tuple[Row, ...]


Rule = Formula | By | Choose | Curve | Tiers


# ---------------------------------------------------------------- items


@dataclass(frozen=True, slots=True)
class Rounding(Node):
    """One entry of `rounding`: what (as typed, in NFC) and to how many places."""

    what: Name
    places: int


@dataclass(frozen=True, slots=True)
class Scheme(Node):
    """The header. `period` is `month`, `quarter`, `half` or `year`; what was not written is None."""

    name: Name
    title: str | None
    version: Text | None = None
    period: Name | None = None
    effective: tuple[Date, Date | None] | None = None
    currency: Name | None = None
    rounding: tuple[Rounding, ...] | None = None
    half_even: bool = False


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use "grades.kpi"`: the items of another file."""

    path: Text


@dataclass(frozen=True, slots=True)
class Column(Node):
    """A column of a table's contract. `type` is the English word of its type (`text`, `money`, `quarter`, …).

    `matches` says that what it refers to was written after `matches`, not `references`.
    """

    name: Name
    type: str
    type_span: Span = field(compare=False, repr=False)
    places: int | None = None
    key: bool = False
    optional: bool = False
    period: bool = False
    references: Name | None = None
    matches: bool = False
    values: tuple[Expr, ...] | None = None
    between: tuple[Expr, Expr] | None = None
    percent_form: str | None = None


@dataclass(frozen=True, slots=True)
class ActiveClause(Node):
    """`active from A to B`; `ends` None is never written by the parser today."""

    begins: Name
    ends: Name | None


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A table's contract."""

    name: Name
    title: str | None
    columns: tuple[Column, ...]
    active: tuple[ActiveClause, ...] = ()
    via: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject(Node):
    """`subject T [where C]`."""

    table: Name
    where: Expr | None = None
    reports_to: Name | None = None


@dataclass(frozen=True, slots=True)
class Define(Node):
    """`define x = …`, or with rows: `define x by grade`."""

    name: Name
    title: str | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class DefineColumn(Node):
    """`define orders.margin = …`: a computed column, a value for each row of the table."""

    table: Name
    name: Name
    title: str | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class DefineTable(Node):
    """`define won = orders where …`. A define whose text could be either is a `DefineTable` only with `where`."""

    name: Name
    title: str | None
    table: Name
    where: Expr


@dataclass(frozen=True, slots=True)
class Missing(Node):
    """The clause `missing`: `policy` is `exclude`, `score` (with `points`) or `error`."""

    policy: str
    points: Expr | None = None


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """A clause that holds a rule: `name` is its English word (`actual`, `target`, `score`, `amount`, `total`, …).

    `word` is the keyword's own place; `limits` are limit clauses written under it.
    """

    name: str
    rule: Rule
    word: Span = field(compare=False, repr=False)
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice(Node):
    """`advice when score < 60 : "{actual} of {target}"`; the text is as written."""

    when: Expr
    message: Text


@dataclass(frozen=True, slots=True)
class Indicator(Node):
    """An indicator. Clauses stand in written order; one written twice stands twice, for the model to refuse."""

    name: Name
    title: str | None
    clauses: tuple[Clause, ...]
    missing: tuple[Missing, ...] = ()
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """An indicator's place in a scorecard: `attainment 50% [when C]`."""

    indicator: Name
    weight: Expr
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class Group(Node):
    """`group results "Results" 70%` and its entries."""

    name: Name
    title: str | None
    weight: Expr
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Adjust(Node):
    """`adjust late = -2 * late_days, at most 0`."""

    name: Name
    title: str | None
    formula: Formula


@dataclass(frozen=True, slots=True)
class Scorecard(Node):
    """A scorecard; `entries` are those outside any group."""

    name: Name
    title: str | None
    applies: Expr | None
    groups: tuple[Group, ...] = ()
    entries: tuple[Entry, ...] = ()
    adjusts: tuple[Adjust, ...] = ()
    totals: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Grade(Node):
    """`grade by total` and its rows, best first."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class GateEffect(Node):
    """`grade at most "C"`: `how` is `is`, `at most` or `at least`."""

    target: Path
    how: str
    bound: Expr


@dataclass(frozen=True, slots=True)
class Gate(Node):
    """A gate and what it does when it trips."""

    name: Name
    title: str | None
    when: Expr
    effects: tuple[GateEffect, ...]


@dataclass(frozen=True, slots=True)
class Pay(Node):
    """A pay item, or a component: `paid` is false. `applies` is its `for`, `when` its condition."""

    name: Name
    title: str | None
    applies: Expr | None
    when: Expr | None
    clauses: tuple[Clause, ...]
    paid: bool = True


@dataclass(frozen=True, slots=True)
class Outcome(Node):
    """`outcome promotion "Promotion" when grade = "S"`."""

    name: Name
    title: str | None
    when: Expr


@dataclass(frozen=True, slots=True)
class Ensure(Node):
    """`ensure bonus <= base_pay : "never above the base pay"`."""

    condition: Expr
    message: Text


@dataclass(frozen=True, slots=True)
class Require(Node):
    """`require base_pay > 0 : "…"`, or with a table, `require for each orders amount >= 0 : "…"`."""

    table: Name | None
    condition: Expr
    message: Text


Item = (
    Scheme
    | Use
    | Table
    | Subject
    | Define
    | DefineColumn
    | DefineTable
    | Indicator
    | Scorecard
    | Grade
    | Gate
    | Pay
    | Outcome
    | Ensure
    | Require
)


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """`# …`, its text without the sign; it says nothing to the engine, and is kept for whoever prints the file anew.

    It belongs to the logical line `line`: `above` it, `beside` it, or `below` it as the last of its block; in a file
    without lines it stands `alone`.
    """

    text: str
    place: str
    line: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class File(Node):
    """A rule file: its items in order, and the names of items that could not be read.

    `broken` holds the names declared by items with a syntax fault, so that their uses raise no second error; the empty
    name stands for a broken item that declares none (so `broken` is empty only where every item could be read).
    `fragments` are items of which some lines could not be read, without those; `items` has none of them.
    `partial`: a file that it uses could not be read, so there may be more items.
    """

    items: tuple[Item, ...]
    broken: frozenset[str] = frozenset()
    language: str = "en"
    comments: tuple[Comment, ...] = ()
    partial: bool = False
    fragments: tuple[Item, ...] = ()
