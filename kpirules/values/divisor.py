"""What a quotient is divided by, so that quotients of one divisor need no other when they meet."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from kpirules.records import dataclass


@dataclass(frozen=True, slots=True)
class Divisor:
    """A whole number times factors, each under a name that stands for one value in each row of a relation.

    A value with this divisor has exactly it as its denominator, wherever the value is there. `sure` says that the value
    is missing nowhere but where one of the factors is.
    """

    constant: int = 1
    factors: tuple[str, ...] = ()
    sure: bool = True

    def times(self, other: Divisor) -> Divisor:
        """The divisor of a product, or of a sum of which neither divisor is a part of the other."""
        factors = tuple(sorted((*self.factors, *other.factors)))
        return Divisor(self.constant * other.constant, factors, self.sure and other.sure)

    def by(self, name: str) -> Divisor:
        """The divisor with one more factor."""
        return self.times(Divisor(1, (name,)))

    def by_constant(self, value: Fraction) -> Divisor:
        """The divisor times the size of a known number other than 0."""
        size = abs(value)
        return self.times(Divisor(int(size)) if size.denominator == 1 else Divisor(1, (str(size),)))

    def replaced(self) -> Divisor:
        """The divisor of a value in place of which 0 stands where it is missing: its factors are 1 there."""
        factors = (f"({' '.join(self.factors)} or 1)",) if self.factors else ()
        return Divisor(self.constant, factors)

    def common(self, other: Divisor) -> tuple[int, int] | None:
        """By how much each of two divisors is to be multiplied to be the same, None where they differ in a factor."""
        if self.factors != other.factors:
            return None
        both = lcm(self.constant, other.constant)
        return both // self.constant, both // other.constant


ONE = Divisor()
"""The divisor of a plain decimal."""
