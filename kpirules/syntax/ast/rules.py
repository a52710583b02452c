"""Rules: formulas with limits, and rows with their heads."""

from __future__ import annotations

from kpirules.records import dataclass
from kpirules.syntax.ast.expressions import Expr
from kpirules.syntax.ast.literals import Node


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
