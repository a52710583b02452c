"""Rounding points: the only places where a number is divided out.

The one division. Let x = n / d with d > 0, u the step (10^-places), and q a multiple of u near x. The remainder
r = n - q·d is exact, so x = q + r / d and the same can be done again to r. An engine's estimate of a quotient y is off
by |y|·2^-47 at most, and by u / 2 for being a multiple of u. With |x| <= X·u, k estimates leave
|x - q| <= (X·2^(-47k) + 1/2 + 2^-46)·u; k is the least that makes the first term at most 1/4, so |r| < d·u. Then the
nearest, the next lower and the next higher multiple of u are among q - u, q, q + u, and r and d·u say which. A half
is tested as r >= d·u - r, never by doubling r.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.numbers import Num
from kpirules.engines.sql.scope import Scope
from kpirules.plan.ir import Op
from kpirules.records import dataclass
from kpirules.values.rounding import Mode
from kpirules.values.types import WIDTH, Digits, Type

_GAIN = 47
"""Bits that one estimate adds."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """A value as `quotient` + `rest` / `size` steps: |rest| < size; `value` has the value's sign."""

    quotient: Node
    rest: Node
    size: Node
    value: Node
    step: Node
    places: int


def rounded(scope: Scope, value: Num, kind: Type, op: Op) -> Num:
    """`value`, whose type is `kind`, rounded as `op` says."""
    if value.over is None and value.digits.scale <= op.places:
        return value
    digits = op.type.sides[0]
    return Num(build.cast(_rounded(scope, value, kind, op), digits), digits)


def _rounded(scope: Scope, value: Num, kind: Type, op: Op) -> Node:
    if value.over is None:
        if op.op == "round" and op.mode is Mode.AWAY and op.places >= 0:
            node = scope.dialect.round_away(value.node, value.digits, op.places)
            if node is not None:
                return node
        return _settled(scope, _decimal_parts(scope, value, op.places), kind, op)
    if op.places >= 0:
        near = _nearest(scope, value, value.over, kind, op) if op.op == "round" and op.mode is Mode.AWAY else None
        return near or _settled(scope, _quotient_parts(scope, value, value.over, kind, op.places), kind, op)
    # Tens, hundreds, …: the denominator takes the step, and what comes out counts steps.
    size = Fraction(10) ** -op.places
    over = scope.dialect.multiply(value.over, value.over_digits, build.step(op.places), _digits_of_step(op.places))
    tens = replace(value, over_digits=Digits(value.over_digits.scale, value.over_digits.bound * size))
    low, high = kind.bounds
    kind = replace(kind, low=low / size, high=high / size)
    return build.mul(_settled(scope, _quotient_parts(scope, tens, over, kind, 0), kind, op), build.step(op.places))


def _nearest(scope: Scope, value: Num, over: Node, kind: Type, op: Op) -> Node | None:
    """The quotient to the nearest step, half away from zero, where the engine has a short way to it."""
    num, den = scope.keep(value.node, value.digits), scope.keep(over, value.over_digits)
    signed = kind.bounds[0] < 0
    steps = scope.dialect.nearest(num, value.digits, den, value.over_digits, op.places, signed=signed)
    if steps is None:
        return None
    low, high = kind.bounds
    whole = Digits(0, max(abs(low), abs(high)) * 10**op.places + 1)
    return scope.dialect.multiply(build.cast(steps, whole), whole, build.step(op.places), _digits_of_step(op.places))


def _decimal_parts(scope: Scope, value: Num, places: int) -> _Parts:
    node = scope.keep(value.node, value.digits)
    step = build.step(places)
    rest = scope.keep(scope.dialect.remainder(node, value.digits, _digits_of_step(places), step), value.digits)
    quotient = scope.keep(build.sub(node, rest), value.digits)
    return _Parts(quotient, rest, step, node, step, places)


def _quotient_parts(scope: Scope, value: Num, over: Node, kind: Type, places: int) -> _Parts:
    num, den = scope.keep(value.node, value.digits), scope.keep(over, value.over_digits)
    step = build.step(places)
    size_digits = Digits(value.over_digits.scale + places, value.over_digits.bound / 10**places)
    size = scope.dialect.multiply(den, value.over_digits, step, _digits_of_step(places))
    size = scope.keep(size, size_digits)
    wide = _widest(max(value.digits.scale, size_digits.scale))
    more = quotient = scope.keep(scope.dialect.estimate(num, den, places))
    rest = scope.keep(build.sub(num, build.mul(more, den)), wide)
    for _ in range(1, _estimates(kind, places)):
        more = scope.keep(scope.dialect.estimate(rest, den, places))
        rest = scope.keep(build.sub(rest, build.mul(more, den)), wide)
        quotient = scope.keep(build.add(quotient, more), _widest(places))
    return _Parts(quotient, rest, size, num, step, places)


def _digits_of_step(places: int) -> Digits:
    return Digits(max(places, 0), Fraction(10) ** -places)


def _widest(scale: int) -> Digits:
    return Digits(scale, Fraction(10**WIDTH - 1, 10**scale))


def _estimates(kind: Type, places: int) -> int:
    low, high = kind.bounds
    steps = max(abs(low), abs(high)) * 10**places
    count = 1
    while 4 * steps > 2 ** (_GAIN * count):
        count += 1
    return count


def _settled(scope: Scope, parts: _Parts, kind: Type, op: Op) -> Node:
    """The quotient, moved by a step where the rest asks for it."""
    quotient, rest, size = parts.quotient, parts.rest, parts.size
    zero = build.number(Fraction(0), Digits(0, Fraction(0)))
    up, down = build.add(quotient, parts.step), build.sub(quotient, parts.step)
    if op.op != "round":
        floor = build.case([(build.less(rest, zero), down)], quotient)
        ceil = build.case([(build.more(rest, zero), up)], quotient)
        ways = {"floor": (floor, floor), "ceil": (ceil, ceil), "truncate": (ceil, floor), "extend": (floor, ceil)}
        below, above = ways[op.op]
        if below is above or kind.bounds[0] >= 0:
            return above
        return build.case([(build.less(parts.value, zero), below)], above)
    ties_up: Node | bool = kind.bounds[0] >= 0
    ties_down: Node | bool = kind.bounds[1] <= 0
    if op.mode is Mode.EVEN:
        ties_up = ties_down = _odd(scope, parts)
    elif ties_up is ties_down:
        ties_up, ties_down = build.at_most(zero, parts.value), build.less(parts.value, zero)
    above = _half(rest, build.sub(size, rest), ties_up)
    below = _half(build.neg(rest), build.add(size, rest), ties_down)
    return build.case([(above, up), (below, down)], quotient)


def _half(part: Node, other: Node, tie: Node | bool) -> Node:  # noqa: FBT001  # a condition, known or not
    """`part` is more than the `other` part of a step, or just as much where `tie` holds."""
    if isinstance(tie, bool):
        return build.at_most(other, part) if tie else build.more(part, other)
    return build.some([build.more(part, other), build.every([build.eq(other, part), tie])])


def _odd(scope: Scope, parts: _Parts) -> Node:
    two = Fraction(2) / Fraction(10) ** parts.places
    digits = Digits(max(parts.places, 0), two)
    wide = Digits(digits.scale, _widest(digits.scale).bound - two)
    left = scope.dialect.remainder(parts.quotient, wide, digits, build.number(two, digits))
    return scope.keep(build.binary(exp.NEQ, left, build.number(Fraction(0), digits)))
