"""SQL nodes. The one place that makes operators: every operand that is not closed in itself gets its parentheses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from sqlglot import exp

from kpirules.values.rounding import decimal_text
from kpirules.values.types import Digits

Node = exp.Expr

_CLOSED = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Cast, exp.Case, exp.Func, exp.Star)
_OPEN = (exp.And, exp.Or)  # functions to sqlglot, operators on paper
_SUMS = (exp.Add, exp.Sub)
_IN_A_ROW = 32


def operand(node: Node) -> Node:
    """The node in parentheses, unless it cannot be torn apart; a copy where it already stands in a tree."""
    node = node.copy() if node.parent else node
    return node if isinstance(node, _CLOSED) and not isinstance(node, _OPEN) else exp.Paren(this=node)


def binary(kind: type[exp.Binary], a: Node, b: Node) -> Node:
    """`a <operator> b`."""
    in_a_row = kind in _SUMS and type(a) in _SUMS and not a.parent
    return kind(this=a if in_a_row else operand(a), expression=operand(b))


def add(a: Node, b: Node) -> Node:
    """`a + b`."""
    return binary(exp.Add, a, b)


def sub(a: Node, b: Node) -> Node:
    """`a - b`."""
    return binary(exp.Sub, a, b)


def mul(a: Node, b: Node) -> Node:
    """`a * b`."""
    return binary(exp.Mul, a, b)


def neg(a: Node) -> Node:
    """`-a`."""
    return exp.Neg(this=operand(a))


def eq(a: Node, b: Node) -> Node:
    """`a = b`."""
    return binary(exp.EQ, a, b)


def less(a: Node, b: Node) -> Node:
    """`a < b`."""
    return binary(exp.LT, a, b)


def more(a: Node, b: Node) -> Node:
    """`a > b`."""
    return binary(exp.GT, a, b)


def at_most(a: Node, b: Node) -> Node:
    """`a <= b`."""
    return binary(exp.LTE, a, b)


def negated(a: Node) -> Node:
    """`NOT a`."""
    return exp.Not(this=operand(a))


def is_null(a: Node) -> Node:
    """`a IS NULL`."""
    return exp.Is(this=operand(a), expression=exp.Null())


def every(parts: Iterable[Node]) -> Node:
    """`a AND b AND …`."""
    return _chain(exp.And, parts)


def some(parts: Iterable[Node]) -> Node:
    """`a OR b OR …`."""
    return _chain(exp.Or, parts)


def _chain(kind: type[exp.Binary], parts: Iterable[Node]) -> Node:
    """The parts in a row; many of them in groups of groups, so that none is nested deep."""
    nodes = [operand(part) for part in parts]
    while len(nodes) > _IN_A_ROW:
        rows = [nodes[nth : nth + _IN_A_ROW] for nth in range(0, len(nodes), _IN_A_ROW)]
        nodes = [operand(_row(kind, row)) for row in rows]
    return _row(kind, nodes)


def _row(kind: type[exp.Binary], nodes: Sequence[Node]) -> Node:
    first, *rest = nodes
    for node in rest:
        first = kind(this=first, expression=node)
    return first


def listed(a: Node, values: Sequence[Node]) -> Node:
    """`a IN (…)`."""
    return exp.In(this=operand(a), expressions=[operand(value) for value in values])


def case(whens: Iterable[tuple[Node, Node]], otherwise: Node | None = None) -> Node:
    """`CASE WHEN … THEN … ELSE … END`."""
    ifs = [exp.If(this=_free(condition), true=_free(value)) for condition, value in whens]
    return exp.Case(ifs=ifs, default=None if otherwise is None else _free(otherwise))


def call(kind: type[exp.Func], first: Node, *rest: Node) -> Node:
    """A function of one or more arguments."""
    args = [_free(node) for node in rest]
    return kind(this=_free(first), expressions=args) if args else kind(this=_free(first))


def least(a: Node, b: Node) -> Node:
    """`LEAST(a, b)`, of values that are there."""
    return exp.Least(this=_free(a), expressions=[_free(b)], ignore_nulls=True)


def greatest(a: Node, b: Node) -> Node:
    """`GREATEST(a, b)`, of values that are there."""
    return exp.Greatest(this=_free(a), expressions=[_free(b)], ignore_nulls=True)


def column(name: str, table: str | None = None) -> exp.Column:
    """A column by its identifier."""
    # made at once: `exp.column` is also for names of many parts, and takes three times as long
    of_table = None if table is None else exp.Identifier(this=table, quoted=True)
    return exp.Column(this=exp.Identifier(this=name, quoted=True), table=of_table)


def alias(node: Node, name: str) -> Node:
    """`node AS name`."""
    if isinstance(node, exp.Column) and node.name == name and not node.table:
        return _free(node)
    return exp.Alias(this=_free(node), alias=exp.to_identifier(name, quoted=True))


def cast(node: Node, digits: Digits) -> Node:
    """The node as a decimal of those digits."""
    return decimal(node, digits.width, digits.scale)


def decimal(node: Node, width: int, scale: int) -> Node:
    """The node as a decimal of that many digits, `scale` of them after the point."""
    kind = exp.DataType(this=exp.DType.DECIMAL, expressions=[exp.DataTypeParam(this=whole(n)) for n in (width, scale)])
    node = _free(node)
    return node if isinstance(node, exp.Cast) and node.to == kind else exp.Cast(this=node, to=kind)


def as_type(node: Node, kind: exp.DType) -> Node:
    """The node as another type of the engine."""
    return exp.Cast(this=_free(node), to=exp.DataType(this=kind))


def number(value: Fraction, digits: Digits) -> Node:
    """A known decimal; written as a text, since a long numeral is a binary float to some engines."""
    return cast(exp.Literal.string(decimal_text(value, digits.scale)), digits)


def step(places: int) -> Node:
    """10^-places, in as few digits as hold it."""
    value = Fraction(10) ** -places
    return number(value, Digits(max(places, 0), value))


def whole(value: int) -> Node:
    """A small whole number, 0 or more."""
    # made at once: `Literal.number` is also for what is no number, and tries that thousands of times
    return exp.Literal(this=str(value), is_string=False)


def joined(texts: Sequence[Node], between: str) -> Node:
    """The texts that are there, with one between; NULL where none is, or all are empty."""
    joined_up = exp.ConcatWs(expressions=[text(between), *map(_free, texts)], coalesce=True)  # NULLs are passed over
    return exp.Nullif(this=joined_up, expression=text(""))


def text(value: str) -> Node:
    """A known text."""
    return exp.Literal.string(value)


def day(value: date) -> Node:
    """A known date."""
    return as_type(exp.Literal.string(value.isoformat()), exp.DType.DATE)


def _free(node: Node) -> Node:
    return node.copy() if node.parent else node
