"""Items: what stands at the left edge of a rule file, the clauses within, and the file."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from kpirules.records import dataclass
from kpirules.syntax.ast.expressions import Expr, Path
from kpirules.syntax.ast.literals import Date, Name, Node, Number, Text
from kpirules.syntax.ast.rules import Formula, Limit, Rule

if TYPE_CHECKING:
    from kpirules.source.spans import Span


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

    `matches` says that what it refers to was written after `matches`, not `references`. `unit` is what a figure of
    the data is multiplied by, None where none is written.
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
    unit: Number | None = None


@dataclass(frozen=True, slots=True)
class ActiveClause(Node):
    """`active from A to B`, two columns of the table."""

    begins: Name
    ends: Name


@dataclass(frozen=True, slots=True)
class TableMark(Node):
    """A word after a table's name, in English: `expects rows`."""

    word: str


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A table's contract."""

    name: Name
    title: str | None
    columns: tuple[Column, ...]
    active: tuple[ActiveClause, ...] = ()
    via: tuple[Name, ...] = ()
    marks: tuple[TableMark, ...] = ()


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
class Fragment:
    """What could be read of an item.

    `headed` says that its first line could be read, `lost` has the first words of its clauses that could not be.
    `cuts` are the places, of no length, behind which the rest of a line could not be.
    """

    item: Item
    headed: bool
    lost: frozenset[str]
    cuts: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class File(Node):
    """A rule file: its items in order, and the names of items that could not be read.

    `broken` holds the names declared by items with a syntax fault, so that their uses raise no second error; the empty
    name stands for a broken item that declares none (so `broken` is empty only where every item could be read).
    `fragments` are what is left of items of which some lines could not be read; `items` has none of them.
    `partial`: a `use`, or a file that it names, could not be read, so there may be more items.
    """

    items: tuple[Item, ...]
    broken: frozenset[str] = frozenset()
    language: str = "en"
    comments: tuple[Comment, ...] = ()
    partial: bool = False
    fragments: tuple[Fragment, ...] = ()
