"""The types of sums over rows, and of quotients: their rows have one divisor, which leaves the sum."""

from __future__ import annotations

from fractions import Fraction

from kpirules.values.types import SUM_BOUND, Digits, Type, decimal, most, product, rounding
from kpirules.values.units import Unit


def brought_to(a: Type, num: Digits, over: Digits) -> Type:
    """The type of `a` over a divisor of the digits `over`, of which it is a multiple that fits `num`.

    Proves that the one exact division fits by which the numerator is found: `a` times the divisor.
    """
    low, high = a.bounds
    an, ad = a.sides
    whole = product(an, over).checked()
    if a.over:
        rounding(Type(a.unit, a.missing, -num.bound, num.bound, whole, ad), num.scale)
    return Type(a.unit, a.missing, low, high, num.checked(), over.checked())


def side(a: Digits) -> Type:
    """The type of one side of a quotient by itself, in size; 1 where it is 0 or missing."""
    return decimal(Unit.NUMBER, a.scale, min(Fraction(1), Fraction(1, 10**a.scale)), max(Fraction(1), a.bound))


def total(a: Type) -> Type:
    """The type of a sum over rows: within `SUM_BOUND`, checked at run time, in the scale of one row.

    The rows of a quotient have one divisor, which leaves the sum: the numerators add up to so many times more.
    """
    bound = SUM_BOUND if a.over else most(a.sides[0].scale)
    low = Fraction(0) if a.bounds[0] >= 0 else -bound
    high = Fraction(0) if a.bounds[1] <= 0 else bound
    return _summed(a, low, high)


def added_up(a: Type, count: int) -> Type:
    """The type of a sum of exactly so many values, missing unless all are there."""
    low, high = (count * bound for bound in a.bounds)
    if a.over:
        low, high = max(low, -SUM_BOUND), min(high, SUM_BOUND)
    return _summed(a, low, high).maybe()


def _summed(a: Type, low: Fraction, high: Fraction) -> Type:
    over = of_group(a)
    if over is None:
        return decimal(a.unit, a.sides[0].scale, low, high)
    scale, bound = a.sides[0].scale, SUM_BOUND * over.bound
    Digits(max(scale, over.scale), bound).checked()  # the numerators are compared with what the bound comes to
    return Type(a.unit, low=low, high=high, digits=Digits(scale, bound), over=over)


def of_group(a: Type) -> Digits | None:
    """The divisor that the rows of a group have; 1 where there are none, or all are 0."""
    return Digits(a.over.scale, max(a.over.bound, Fraction(1))).checked() if a.over else None
