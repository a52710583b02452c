"""The type of a value: unit, whether it may be missing, bounds, and the digits that hold it.

A number is exact. It is one decimal column, or, once it has met a division, two: numerator and denominator (`over`),
until a rounding point. Each side must fit 38 digits; the algebra below proves it from bounds, or raises `TooWide`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.values.divisor import ONE, Divisor
from kpirules.values.rounding import decimal_places, extended, truncated
from kpirules.values.units import Unit

WIDTH = 38
"""The most digits one decimal column can hold, on every engine."""

_TOO_WIDE = 10**WIDTH
"""The least whole number that needs more digits."""

SUM_BOUND = Fraction(10) ** 14
"""A column without `between`, any sum and any count stay below this; a run-time value past it is a fault."""

ESTIMATE_ROOM = 1 + Fraction(1, 2**40)
"""How far, as a factor, an engine may miss a quotient at first before it corrects itself by the exact remainder."""

RECORDED_PLACES = 12
"""The places that results keep of a figure that no one rounded; one that needs more is marked as rounded there."""


class TooWide(Exception):  # noqa: N818  # names the finding; the caller turns it into a diagnostic
    """A side of a fraction cannot be proved to fit `WIDTH` digits; `digits` says how many it might need."""

    def __init__(self, digits: int) -> None:
        super().__init__(digits)
        self.digits = digits


@dataclass(frozen=True, slots=True)
class Digits:
    """One decimal column: multiples of 10^-scale whose size is at most `bound`."""

    scale: int
    bound: Fraction

    @property
    def width(self) -> int:
        """Decimal digits it needs in all, at least 1 and at least its scale."""
        whole = self.bound.numerator * 10**self.scale // self.bound.denominator
        return max(1, self.scale, len(str(whole)))

    def checked(self) -> Digits:
        """Itself.

        Raises:
            TooWide: it may need more than `WIDTH` digits.
        """
        fits = self.scale <= WIDTH and self.bound.numerator * 10**self.scale < _TOO_WIDE * self.bound.denominator
        if not fits:
            raise TooWide(self.width)
        return self


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value before any data is read.

    `low` and `high` bound a numeric value, both included (None: it is not numeric). `digits` holds the value, or its
    numerator where `over` holds a denominator, which is always above zero. `by` says which denominator that is, where
    it may meet the same again. `domain` lists the texts an enumerated text may be, in declared order. Bounds and digits
    take no part in its hash, which many have to find.
    """

    unit: Unit
    missing: bool = False
    low: Fraction | None = field(default=None, hash=False)
    high: Fraction | None = field(default=None, hash=False)
    digits: Digits | None = field(default=None, hash=False)
    over: Digits | None = field(default=None, hash=False)
    domain: tuple[str, ...] | None = None
    by: Divisor | None = None

    @property
    def presumed(self) -> bool:
        """Whether it is the type of a value that has a fault: see `Presumed`."""
        return False

    @property
    def scale(self) -> int | None:
        """Decimal places of the value, None where it is a quotient or not numeric."""
        return self.digits.scale if self.digits and not self.over else None

    @property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """Bounds of a numeric type."""
        assert self.low is not None, self
        assert self.high is not None, self
        return self.low, self.high

    @property
    def sides(self) -> tuple[Digits, Digits]:
        """Numerator and denominator digits of a numeric type; the denominator of a plain decimal is 1."""
        assert self.digits is not None, self
        return self.digits, self.over or _ONE

    def of(self, unit: Unit) -> Type:
        """The same digits in another unit."""
        return self if self.unit is unit else replace(self, unit=unit)

    def maybe(self, *, when: bool = True) -> Type:
        """The same type, possibly missing (or not, where `when` is false)."""
        if self.missing == when:
            return self
        by = replace(self.by, sure=False) if self.by is not None and when else self.by
        return replace(self, missing=when, by=by)

    def there(self) -> Type:
        """The same type, never missing."""
        return self.maybe(when=False)

    def divided(self, name: str) -> Type:
        """The same type of a quotient, whose denominator has a name: of equal names it is the same."""
        return replace(self, by=Divisor(1, (name,), sure=not self.missing))

    @property
    def divisor(self) -> Divisor | None:
        """What a number is divided by, 1 for a plain decimal; None where nothing is known of it."""
        return self.by if self.over else _PERHAPS_ONE if self.missing else ONE


@dataclass(frozen=True, slots=True)
class Presumed(Type):
    """What is known of the type of a value that has a fault: its unit.

    Whatever else stands here only fills its place, but that the value may be missing where that is said, and the texts
    that a domain has at the least. No plan holds one.
    """

    @property
    def presumed(self) -> bool:
        """It is."""
        return True


_ONE = Digits(0, Fraction(1))
_PERHAPS_ONE = replace(ONE, sure=False)

BOOL = Type(Unit.BOOL)
DATE = Type(Unit.DATE)


def decimal(unit: Unit, scale: int, low: Fraction, high: Fraction, *, missing: bool = False) -> Type:
    """A plain decimal of `scale` places between `low` and `high`."""
    return Type(unit, missing, low, high, Digits(scale, size(low, high)).checked())


def size(low: Fraction, high: Fraction) -> Fraction:
    """The greatest size of what lies between two bounds."""
    if low.numerator >= 0:
        return high
    return max(-low, high)


def presumed(unit: Unit, scale: int | None = None) -> Type:
    """The type of a value that has a fault, and of which the unit is known (and, of a number, perhaps its places)."""
    if not unit.numeric:
        return doubted(Type(unit))
    type_ = decimal(unit, scale or 0, Fraction(1), Fraction(1))
    return doubted(type_ if scale is not None else replace(type_, over=_ONE))


def doubted(a: Type) -> Presumed:
    """`a` as far as it is known of a value that was worked out of one with a fault."""
    return Presumed(a.unit, a.missing, a.low, a.high, a.digits, a.over, a.domain)


def most(scale: int) -> Fraction:
    """The greatest value of `scale` places below `SUM_BOUND`: its decimal column can hold nothing past the bound."""
    return SUM_BOUND - Fraction(1, 10**scale)


def constant(unit: Unit, value: Fraction) -> Type:
    """The type of one known number; a number that is no decimal is a quotient of two whole ones."""
    places = decimal_places(value)
    if places is None:
        digits, over = (Digits(0, Fraction(abs(side))).checked() for side in (value.numerator, value.denominator))
        return Type(unit, low=value, high=value, digits=digits, over=over, by=Divisor(value.denominator))
    return decimal(unit, places, value, value)


def product(a: Digits, b: Digits) -> Digits:
    """The digits of a product of two columns."""
    if a is _ONE:
        return b
    return a if b is _ONE else Digits(a.scale + b.scale, a.bound * b.bound)


def _over(digits: Digits, *, was_quotient: bool) -> Digits | None:
    return digits.checked() if was_quotient else None


def _common(a: Type, b: Type) -> tuple[int, int] | None:
    """By how much the sides of two quotients are to be multiplied to have one divisor; None where they have none."""
    if a.by is None or b.by is None or not a.over or not b.over:
        return None
    return a.by.common(b.by)


def _more(a: Digits, times: int) -> Digits:
    return a if times == 1 else Digits(a.scale, a.bound * times)


def _widest(a: Digits, b: Digits) -> Digits:
    return Digits(max(a.scale, b.scale), max(a.bound, b.bound))


def _product_divisor(a: Type, b: Type) -> Divisor | None:
    """The divisor of a product."""
    return a.divisor.times(b.divisor) if (a.over or b.over) and a.divisor and b.divisor else None


def add(a: Type, b: Type, unit: Unit, *, minus: bool = False) -> Type:
    """The type of `a + b`, or `a - b` with `minus`; quotients of two divisors are cross-multiplied."""
    low, high = (
        (a.bounds[0] - b.bounds[1], a.bounds[1] - b.bounds[0])
        if minus
        else (
            a.bounds[0] + b.bounds[0],
            a.bounds[1] + b.bounds[1],
        )
    )
    (an, ad), (bn, bd) = a.sides, b.sides
    missing = a.missing or b.missing
    common = _common(a, b)
    if common is not None:
        # INVARIANT: a divisor is one unit of its last place or more, so this is no wider than a crossed sum.
        left, right = _more(an, common[0]), _more(bn, common[1])
        over = _widest(_more(ad, common[0]), _more(bd, common[1]))
    else:
        left, right, over = product(an, bd), product(bn, ad), product(ad, bd)
    by = _product_divisor(a, b) if common is None else _shared(a, b, common)
    scale = max(left.scale, right.scale)
    if a.over or b.over:
        num = Digits(scale, left.bound + right.bound).checked()
        return Type(unit, missing, low, high, num, over.checked(), by=by)
    return decimal(unit, scale, low, high, missing=missing)


def _shared(a: Type, b: Type, common: tuple[int, int]) -> Divisor:
    """The divisor that two quotients come to together."""
    assert a.divisor is not None
    assert b.divisor is not None
    return Divisor(a.divisor.constant * common[0], a.divisor.factors, a.divisor.sure and b.divisor.sure)


def multiply(a: Type, b: Type, unit: Unit) -> Type:
    """The type of `a * b`."""
    low, high = _corners(a.bounds, b.bounds)
    (an, ad), (bn, bd) = a.sides, b.sides
    num, den = product(an, bn).checked(), product(ad, bd)
    missing = a.missing or b.missing
    over = _over(den, was_quotient=bool(a.over or b.over))
    return Type(unit, missing, low, high, num, over, by=_product_divisor(a, b))


def _corners(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """The least and the greatest product of two values between their bounds."""
    if a[0].numerator >= 0 and b[0].numerator >= 0:
        return a[0] * b[0], a[1] * b[1]
    products = [x * y for x in a for y in b]
    return min(products), max(products)


def divide(a: Type, b: Type, unit: Unit, name: str | None = None) -> Type:
    """The type of `a / b`: a quotient, possibly missing where the bounds of `b` include 0.

    `name` stands for the size of `b`, or of its numerator; a known number needs none.

    A divisor other than 0 is at least one unit of its last place, over its largest denominator; that bounds the
    quotient. The sign of the divisor moves to the numerator, so the denominator is above zero.
    """
    (an, ad), (bn, bd) = a.sides, b.sides
    num, den = product(an, bd).checked(), product(ad, bn)
    den = Digits(den.scale, max(den.bound, Fraction(1, 10**den.scale))).checked()
    low, high = b.bounds
    zero = low <= 0 <= high
    least = Fraction(1, 10**bn.scale) / bd.bound if zero else min(abs(low), abs(high))
    if zero or low < 0:
        corners = [x / least * s for x in a.bounds for s in ((1,) if low >= 0 else (-1,) if high <= 0 else (1, -1))]
        corners.append(Fraction(0))
    else:
        corners = [x / y for x in a.bounds for y in (low, high)]
    return Type(unit, a.missing or b.missing or zero, min(corners), max(corners), num, den, by=_divided(a, b, name))


def _divided(a: Type, b: Type, name: str | None) -> Divisor | None:
    """The divisor of `a / b`: that of `a`, times the numerator of `b`."""
    low, high = b.bounds
    if a.divisor is None:
        return None
    if low == high and low != 0 and b.divisor is not None and not b.divisor.factors:
        return a.divisor.by_constant(low * b.divisor.constant)
    return a.divisor.by(name) if name is not None else None


def negate(a: Type) -> Type:
    """The type of `-a`."""
    low, high = a.bounds
    return replace(a, low=-high, high=-low)


def absolute(a: Type) -> Type:
    """The type of `abs(a)`."""
    low, high = a.bounds
    least = Fraction(0) if low <= 0 <= high else min(abs(low), abs(high))
    return replace(a, low=least, high=max(abs(low), abs(high)))


def choose(a: Type, b: Type, unit: Unit) -> Type:
    """The type of a value that is either `a` or `b` (rows, `if`, `or else`); texts join their domains."""
    missing = a.missing or b.missing
    if a.digits is None or b.digits is None:
        domain = None
        if a.domain is not None and b.domain is not None:
            domain = a.domain + tuple(text for text in b.domain if text not in a.domain)
        return Type(unit, missing, domain=domain)
    low, high = min(a.bounds[0], b.bounds[0]), max(a.bounds[1], b.bounds[1])
    (an, ad), (bn, bd) = a.sides, b.sides
    if not (a.over or b.over):
        return decimal(unit, max(an.scale, bn.scale), low, high, missing=missing)
    num, den = _widest(an, bn).checked(), _widest(ad, bd).checked()
    by = _of_either(a, b)
    return Type(
        unit, missing, low, high, num, den if by is None else _widest(den, Digits(0, Fraction(by.constant))), by=by
    )


def _of_either(a: Type, b: Type) -> Divisor | None:
    """The divisor of one of two values, where both have it; 0 has any that is known before any data is read."""
    divisor, other = a.divisor, b.divisor
    if divisor is None or other is None:
        return None
    if divisor.common(other) == (1, 1):
        return replace(divisor, sure=divisor.sure and other.sure)
    for zero, rest in ((a, other), (b, divisor)):
        if _is_zero(zero) and not rest.factors:
            return rest
    return None


def or_else(a: Type, b: Type, unit: Unit) -> Type:
    """The type of `a`, or of `b` where it is missing; 0 stands over any divisor, so it changes none."""
    type_ = choose(a.there(), b, unit)
    if type_.over is None or type_.by is not None or a.by is None or not a.by.sure or not _is_zero(b):
        return type_
    by = a.by.replaced()
    return replace(type_, over=_widest(type_.over, Digits(0, Fraction(by.constant))), by=by)


def _is_zero(a: Type) -> bool:
    return a.over is None and a.low == a.high == 0


def either(kinds: Sequence[Type], unit: Unit) -> Type:
    """The type of a value that is one of several, as `choose` says of two."""
    if all(kind.domain is not None for kind in kinds):
        domain = tuple(dict.fromkeys(text for kind in kinds for text in kind.domain or ()))
        return Type(unit, any(kind.missing for kind in kinds), domain=domain)
    type_ = kinds[0]
    for kind in kinds[1:]:
        type_ = choose(type_, kind, unit)
    return replace(type_, unit=unit)


def limit(a: Type, bound: Type, unit: Unit, *, at_most: bool) -> Type:
    """The type of `a, at most bound` or `a, at least bound`."""
    compare(a, bound)
    either = choose(a, bound, unit)
    pick = min if at_most else max
    low, high = pick(a.bounds[0], bound.bounds[0]), pick(a.bounds[1], bound.bounds[1])
    if either.over:
        by = either.by or (a.by if _is_zero(bound) else bound.by if _is_zero(a) else None)
        return replace(either, low=low, high=high, by=by)
    return decimal(unit, either.sides[0].scale, low, high, missing=either.missing)


def compare(a: Type, b: Type) -> None:
    """Prove that `a` and `b` can be compared exactly.

    Raises:
        TooWide: a cross product may need more than `WIDTH` digits.
    """
    if a.digits is None or b.digits is None:
        return
    (an, ad), (bn, bd) = a.sides, b.sides
    if not (a.over or b.over) and an.scale == bn.scale:
        return
    common = _common(a, b)
    left, right = (product(an, bd), product(bn, ad)) if common is None else (_more(an, common[0]), _more(bn, common[1]))
    scale = max(left.scale, right.scale)
    Digits(scale, left.bound).checked()
    Digits(scale, right.bound).checked()


def rounding(a: Type, places: int) -> Type:
    """The type of `a` rounded to `places` (up, down or to the nearest).

    Proves that the one division fits: with q the quotient to `places`, the remainder `numerator - q * denominator` is
    taken at the scale it needs, of a q that may be off by an estimate's error.
    """
    step = Fraction(10) ** -places
    low, high = a.bounds
    bound = size(low, high)
    if a.over:
        num, den = a.sides
        unit = Digits(max(den.scale + places, den.scale), den.bound * step)
        # INVARIANT: a denominator is one unit of its last place or more, so what holds the remainder holds q as well.
        Digits(max(num.scale, unit.scale), num.bound * ESTIMATE_ROOM + unit.bound).checked()
    elif a.sides[0].scale > places:
        Digits(a.sides[0].scale, bound + step).checked()
    if a.scale is None or a.scale > places:
        low, high = _outward(low, step, down=True), _outward(high, step, down=False)
    return decimal(a.unit, max(places, 0), low, high, missing=a.missing)


def steps(a: Type, way: str) -> Type:
    """The type of the whole steps in a quotient: those that are complete (`truncate`), or that are begun (`extend`)."""
    to = truncated if way == "truncate" else extended
    return replace(rounding(a, 0), low=to(a.bounds[0]), high=to(a.bounds[1]))


def _outward(value: Fraction, step: Fraction, *, down: bool) -> Fraction:
    units = value / step
    return Fraction(units.__floor__() if down else units.__ceil__()) * step
