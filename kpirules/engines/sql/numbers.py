"""Exact numbers in SQL: a decimal, or a numerator over a denominator until a rounding point.

A number is missing where its numerator is null. A denominator is above zero wherever the numerator is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from kpirules.engines.exact import sides
from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.scope import Scope
from kpirules.plan.ir import OVER
from kpirules.records import dataclass
from kpirules.values.divisor import ONE, Divisor
from kpirules.values.types import Digits, Type

_ONE = Digits(0, Fraction(1))


@dataclass(frozen=True, slots=True)
class Num:
    """A number as nodes, with the digits that hold each side; `by` says what the denominator is, where it is known."""

    node: Node
    digits: Digits
    over: Node | None = None
    over_digits: Digits = _ONE
    by: Divisor | None = None

    @property
    def divisor(self) -> Divisor | None:
        """What the number is divided by, 1 for a plain decimal."""
        return ONE if self.over is None else self.by


def column(scope: Scope, name: str) -> Num:
    """A numeric column."""
    kind = scope.schema[name]
    digits, over = kind.sides
    return Num(scope.column(name), digits, scope.column(name + OVER) if kind.over else None, over)


def known(value: Fraction, kind: Type) -> Num:
    """A known number."""
    num, over = sides(value, kind)
    digits, over_digits = kind.sides
    node = build.number(num, digits)
    return Num(node, digits, build.number(over, over_digits) if kind.over else None, over_digits)


def kept(scope: Scope, a: Num, *, apart: bool = False) -> Num:
    """The number as columns, so that it can be said more than once; `apart` as in `Scope.keep`."""
    over = None if a.over is None else scope.keep(a.over, a.over_digits, apart=apart)
    return replace(a, node=scope.keep(a.node, a.digits, apart=apart), over=over)


def fitted(a: Num, kind: Type) -> Num:
    """The number in the digits of a type that holds it.

    Raises:
        ValueError: the type has fewer places, or no denominator where the number has one.
    """
    digits, over_digits = kind.sides
    if a.digits.scale > digits.scale or (a.over is not None and kind.over is None):
        raise ValueError(f"a number of {a.digits} over {a.over_digits} does not fit {kind}")
    node = _cast(a.node, a.digits, digits)
    if kind.over is None:
        return Num(node, digits)
    over = build.number(Fraction(1), over_digits) if a.over is None else _cast(a.over, a.over_digits, over_digits)
    return Num(node, digits, over, over_digits)


def _cast(node: Node, have: Digits, want: Digits) -> Node:
    same = isinstance(node, exp.Column) and (have.width, have.scale) == (want.width, want.scale)
    return node if same else build.cast(node, want)


def _times(a: Digits, b: Digits) -> Digits:
    return Digits(a.scale + b.scale, a.bound * b.bound)


def _plus(a: Digits, b: Digits) -> Digits:
    return Digits(max(a.scale, b.scale), a.bound + b.bound)


def _scaled(scope: Scope, a: Num, b: Num) -> tuple[Node, Digits]:
    """The numerator of `a` times the denominator of `b`."""
    if b.over is None:
        return a.node, a.digits
    return scope.dialect.multiply(a.node, a.digits, b.over, b.over_digits), _times(a.digits, b.over_digits)


def add(scope: Scope, a: Num, b: Num, *, minus: bool = False) -> Num:
    """`a + b`, or `a - b`: over the denominator they share, else cross-multiplied."""
    op = build.sub if minus else build.add
    a, b = _over_one(scope, a, b)
    if a.over == b.over:
        # INVARIANT: without their points denominators are 1 or more, so this sum is no wider than a crossed one.
        return Num(op(a.node, b.node), _plus(a.digits, b.digits), a.over, a.over_digits)
    if a.over is not None:
        a = replace(a, over=scope.keep(a.over, a.over_digits))
    if b.over is not None:
        b = replace(b, over=scope.keep(b.over, b.over_digits))
    left, left_digits = _scaled(scope, a, b)
    right, right_digits = _scaled(scope, b, a)
    over, over_digits = _product(scope, a.over, a.over_digits, b.over, b.over_digits)
    return Num(op(left, right), _plus(left_digits, right_digits), over, over_digits)


def _over_one(scope: Scope, a: Num, b: Num) -> tuple[Num, Num]:
    """Two numbers over the very same denominator, where it is known to be one; else as they are."""
    common = a.by.common(b.by) if a.by is not None and b.by is not None and a.over and b.over else None
    if common is None:
        return a, b
    a, b = times(scope, a, common[0]), times(scope, b, common[1])
    return a, replace(b, over=a.over, over_digits=a.over_digits)


def times(scope: Scope, a: Num, whole: int) -> Num:
    """The same number, each side so many times larger; a plain decimal is over 1."""
    if whole == 1:
        return a
    by, digits = build.number(Fraction(whole), of := Digits(0, Fraction(whole))), _times(a.digits, of)
    node = scope.dialect.multiply(a.node, a.digits, by, of)
    over, over_digits = _product(scope, a.over, a.over_digits, by.copy(), of)
    divisor = None if a.divisor is None else a.divisor.by_constant(Fraction(whole))
    return Num(node, digits, over, over_digits, divisor)


def _product(
    scope: Scope, a: Node | None, a_digits: Digits, b: Node | None, b_digits: Digits
) -> tuple[Node | None, Digits]:
    if a is None or b is None:
        return (b, b_digits) if a is None else (a, a_digits)
    return scope.dialect.multiply(a, a_digits, b, b_digits), _times(a_digits, b_digits)


def multiply(scope: Scope, a: Num, b: Num) -> Num:
    """`a * b`."""
    over, over_digits = _product(scope, a.over, a.over_digits, b.over, b.over_digits)
    node = scope.dialect.multiply(a.node, a.digits, b.node, b.digits)
    return Num(node, _times(a.digits, b.digits), over, over_digits)


def divide(scope: Scope, a: Num, b: Num, divisor: Type) -> Num:
    """`a / b`, missing where `b` is 0 or missing. The sign of the divisor moves to the numerator."""
    low, high = divisor.bounds
    if low > 0 and not divisor.missing and b.node.find(exp.Column) is None:
        return Num(*_scaled(scope, a, b), *_product(scope, a.over, a.over_digits, b.node, b.digits))
    zero = build.number(Fraction(0), _ONE)
    b = replace(b, node=scope.keep(b.node, b.digits))
    node, digits = _scaled(scope, a, b)
    size = b.node
    whens = [(build.more(b.node, zero), node)]
    if low < 0:
        node = scope.keep(node, digits)
        size = build.call(exp.Abs, b.node)
        whens = [(build.more(b.node, zero), node), (build.less(b.node, zero), build.neg(node))]
    if low <= 0 <= high:
        size = exp.Nullif(this=size.copy(), expression=zero.copy())
    return Num(build.case(whens), digits, *_product(scope, a.over, a.over_digits, size, b.digits))


def compared(scope: Scope, kind: type[exp.Binary], a: Num, b: Num) -> Node:
    """A comparison, exact: denominators are above zero, so they cross over."""
    a, b = _over_one(scope, a, b)
    if a.over == b.over:
        return build.binary(kind, a.node, b.node)
    return build.binary(kind, _scaled(scope, a, b)[0], _scaled(scope, b, a)[0])


def chosen(scope: Scope, branches: Sequence[tuple[Node, Num]], otherwise: Num | None, kind: Type) -> Num:
    """The number of the first branch whose condition holds; each side is chosen for itself."""
    fits = [(condition, fitted(_brought(scope, value, kind), kind)) for condition, value in branches]
    last = None if otherwise is None else fitted(_brought(scope, otherwise, kind), kind)
    digits, over_digits = kind.sides
    node = build.case([(condition, value.node) for condition, value in fits], last.node if last else None)
    if kind.over is None:
        return Num(node, digits)
    overs = [(condition, value.over) for condition, value in fits if value.over is not None]
    return Num(node, digits, build.case(overs, last.over if last else None), over_digits)


def _brought(scope: Scope, a: Num, kind: Type) -> Num:
    """A plain number, over the constant that its type has: it is 0 there, where that is not 1."""
    return a if a.over is not None or kind.by is None else times(scope, a, kind.by.constant)
