"""Expressions: names by dots, operators, calls."""

from __future__ import annotations

from kpirules.records import dataclass
from kpirules.syntax.ast.literals import Bool, Date, Money, Name, Node, Number, Percent, Text

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
LOGIC = ("and", "or")
"""The operators of `Binary` that give yes or no."""


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
