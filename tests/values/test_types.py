"""The algebra of types is sound: what it proves of digits and bounds holds for every value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpirules.values import groups, types
from kpirules.values.operation_table import AGGREGATES
from kpirules.values.rounding import Mode, ceiled, floored, rounded
from kpirules.values.types import Digits, TooWide, Type
from kpirules.values.units import Unit

NUMBER = Unit.NUMBER


@dataclass(frozen=True, slots=True)
class Held:
    """A value as an engine holds it, with the type that the algebra gives it."""

    num: Fraction
    den: Fraction
    type: Type

    @property
    def value(self) -> Fraction:
        return self.num / self.den


def fits(side: Fraction, digits: Digits) -> bool:
    """Whether a decimal column of those digits holds it."""
    return (side * 10**digits.scale).denominator == 1 and abs(side) <= digits.bound < Fraction(
        10 ** (digits.width - digits.scale)
    )


def sound(held: Held) -> None:
    low, high = held.type.bounds
    assert low <= held.value <= high
    num, den = held.type.sides
    assert fits(held.num, num)
    assert held.den > 0
    assert fits(held.den, den)
    assert max(num.width, den.width) <= types.WIDTH


@st.composite
def leaves(draw: st.DrawFn) -> Held:
    """A column's value, often at its ends."""
    scale = draw(st.sampled_from([0, 2, 4]))
    ends = st.integers(-(10 ** draw(st.integers(0, 16))), 10 ** draw(st.integers(0, 16)))
    low, high = sorted((draw(ends), draw(ends)))
    units = draw(st.one_of(st.sampled_from([low, high, min(max(0, low), high)]), st.integers(low, high)))
    unit = Fraction(1, 10**scale)
    return Held(units * unit, Fraction(1), types.decimal(NUMBER, scale, low * unit, high * unit))


def _added(a: Held, b: Held, *, minus: bool) -> Held:
    sign = -1 if minus else 1
    kind = types.add(a.type, b.type, NUMBER, minus=minus)
    common = a.type.by.common(b.type.by) if a.type.by is not None and b.type.by is not None else None
    if common is None:
        return Held(a.num * b.den + sign * b.num * a.den, a.den * b.den, kind)
    assert a.den * common[0] == b.den * common[1], "a value with a divisor has it as its denominator"
    return Held(a.num * common[0] + sign * b.num * common[1], a.den * common[0], kind)


def _multiplied(a: Held, b: Held) -> Held:
    return Held(a.num * b.num, a.den * b.den, types.multiply(a.type, b.type, NUMBER))


def _divided(a: Held, b: Held) -> Held:
    kind = types.divide(a.type, b.type, NUMBER)
    if b.num == 0:
        assert kind.missing
        return a
    sign = -1 if b.num < 0 else 1
    return Held(sign * a.num * b.den, a.den * abs(b.num), kind)


def _limited(a: Held, b: Held, *, at_most: bool) -> Held:
    kind = types.limit(a.type, b.type, NUMBER, at_most=at_most)
    taken = min(a, b, key=lambda held: held.value) if at_most else max(a, b, key=lambda held: held.value)
    return Held(taken.num, taken.den, kind)


TWO: list[Callable[[Held, Held], Held]] = [
    lambda a, b: _added(a, b, minus=False),
    lambda a, b: _added(a, b, minus=True),
    _multiplied,
    _divided,
    lambda a, b: Held(b.num, b.den, types.choose(a.type, b.type, NUMBER)),
    lambda a, b: _limited(a, b, at_most=True),
    lambda a, b: _limited(a, b, at_most=False),
]
ONE: list[Callable[[Held], Held]] = [
    lambda a: Held(-a.num, a.den, types.negate(a.type)),
    lambda a: Held(abs(a.num), a.den, types.absolute(a.type)),
    *(
        lambda a, places=places, work=work: Held(work(a.value, places), Fraction(1), types.rounding(a.type, places))
        for places in (-3, -1, 0, 2, 6, 12)
        for work in (rounded, floored, ceiled, lambda value, places: rounded(value, places, Mode.EVEN))
    ),
]


@settings(max_examples=400)
@given(st.lists(leaves(), min_size=2, max_size=5), st.data())
def test_what_the_algebra_proves_holds(held: list[Held], data: st.DataObject) -> None:
    for _ in range(8):
        a, b = data.draw(st.sampled_from(held)), data.draw(st.sampled_from(held))
        try:
            if data.draw(st.booleans()):
                proved = data.draw(st.sampled_from(TWO))(a, b)
            else:
                proved = data.draw(st.sampled_from(ONE))(a)
        except TooWide:
            continue
        sound(proved)
        held.append(proved)


def between(low: str | int, high: str | int, scale: int = 0) -> Type:
    """All numbers of so many places between two."""
    return types.decimal(NUMBER, scale, Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    ("proved", "low", "high"),
    [
        (types.add(between(1, 2), between(3, 5), NUMBER), 4, 7),
        (types.add(between(1, 2), between(3, 5), NUMBER, minus=True), -4, -1),
        (types.multiply(between(1, 2), between(3, 5), NUMBER), 3, 10),
        (types.multiply(between(0, 2), between(0, 5), NUMBER), 0, 10),
        (types.multiply(between(-2, 3), between(-5, 7), NUMBER), -15, 21),
        (types.multiply(between(-3, -2), between(-5, -4), NUMBER), 8, 15),
        (types.divide(between(1, 6), between(2, 3), NUMBER), Fraction(1, 3), 3),
        (types.divide(between(-6, 6), between(2, 3), NUMBER), -3, 3),
        (types.divide(between(1, 6), between(0, 3), NUMBER), 0, 6),
        (types.negate(between(-2, 3)), -3, 2),
        (types.absolute(between(-3, 2)), 0, 3),
        (types.absolute(between(-3, -2)), 2, 3),
        (types.choose(between(1, 2), between(-3, 0), NUMBER), -3, 2),
        (types.limit(between(0, 10), between(2, 5), NUMBER, at_most=True), 0, 5),
        (types.limit(between(0, 10), between(2, 5), NUMBER, at_most=False), 2, 10),
        (types.rounding(between("-1.25", "1.25", 2), 1), Fraction("-1.3"), Fraction("1.3")),
        (types.rounding(between("-1.2", "1.2", 1), 2), Fraction("-1.2"), Fraction("1.2")),
        (types.rounding(types.divide(between(1, 2), between(3, 4), NUMBER), 1), Fraction("0.2"), Fraction("0.7")),
        (groups.total(between(-3, -1)), -types.most(0), 0),
        (AGGREGATES["median"].type(between(-3, 5)), -3, 5),
    ],
)
def test_bounds_are_no_wider_than_they_must_be(proved: Type, low: Fraction, high: Fraction) -> None:
    assert proved.bounds == (low, high)


@settings(max_examples=200)
@given(leaves(), leaves(), leaves())
def test_what_compares_fits_when_it_is_crossed(a: Held, b: Held, c: Held) -> None:
    try:
        quotient = _divided(a, b)
        types.compare(quotient.type, c.type)
    except TooWide:
        return
    for side in (quotient.num * c.den, c.num * quotient.den):
        assert abs(side) < 10**types.WIDTH
        assert (side * 10**types.WIDTH).denominator == 1


def test_what_cannot_be_crossed_is_not_compared() -> None:
    """Crossed, 20 digits beside a quotient of 20 are 40."""
    share, wide = types.divide(between(0, 1), between(1, 10**20), NUMBER), between(0, 10**20)
    for type_, other in ((share, wide), (wide, share)):
        with pytest.raises(TooWide):
            types.compare(type_, other)
        with pytest.raises(TooWide):
            types.limit(type_, other, NUMBER, at_most=True)
    types.compare(share, between(0, 10**16))


@given(st.fractions(max_denominator=10**6).filter(lambda value: abs(value) < 10**30))
def test_a_constant_fits_its_type(value: Fraction) -> None:
    kind = types.constant(NUMBER, value)
    assert kind.bounds == (value, value)
    num, den = kind.sides
    top = value if kind.over is None else Fraction(value.numerator)
    assert fits(top, num)
    assert fits(top / value if value and kind.over else Fraction(1), den)


@pytest.mark.parametrize("scale", [0, 2, 6])
def test_the_decimal_of_a_sum_holds_nothing_past_its_bound(scale: int) -> None:
    kind = groups.total(types.decimal(NUMBER, scale, Fraction(-1), Fraction(1)))
    digits = kind.sides[0]
    most = Fraction(10**digits.width - 1, 10**digits.scale)
    assert kind.bounds == (-most, most)
    assert most < types.SUM_BOUND <= most + Fraction(1, 10**scale)


def test_a_sum_of_rows_that_are_never_below_zero_is_not_either() -> None:
    kind = groups.total(types.decimal(NUMBER, 2, Fraction(0), Fraction(1)))
    assert kind.bounds == (Fraction(0), types.most(2))


def test_a_mean_lies_between_its_rows() -> None:
    row = types.decimal(NUMBER, 1, Fraction(1), Fraction(5))
    kind = AGGREGATES["avg"].type(row)
    assert kind.bounds == row.bounds
    assert kind.missing


def test_a_divisor_that_is_always_zero_leaves_nothing() -> None:
    zero = types.constant(NUMBER, Fraction(0))
    never = types.divide(types.constant(NUMBER, Fraction(1)), zero, NUMBER)
    assert never.missing
    assert types.divide(never, never, NUMBER).missing


def test_a_product_past_all_digits_is_refused() -> None:
    wide = types.decimal(NUMBER, 0, Fraction(0), Fraction(10) ** 20)
    with pytest.raises(TooWide) as refused:
        types.multiply(wide, replace(wide), NUMBER)
    assert refused.value.digits == 41
