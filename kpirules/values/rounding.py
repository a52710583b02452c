"""Rounding of exact fractions to decimal places."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction


class Mode(StrEnum):
    """How a tie is rounded. `AWAY` is the language's default, half away from zero."""

    AWAY = "away"
    EVEN = "even"


def rounded(value: Fraction, places: int, mode: Mode = Mode.AWAY) -> Fraction:
    """`value` to `places` decimal places (negative places round to tens, hundreds, …)."""
    unit = Fraction(10) ** places
    scaled = value * unit
    return Fraction(nearest(scaled.numerator, scaled.denominator, mode)) / unit


def nearest(numerator: int, denominator: int, mode: Mode) -> int:
    """The whole number nearest to a fraction; the denominator is above 0."""
    whole, rest = divmod(abs(numerator), denominator)
    tie = 2 * rest == denominator and (mode is Mode.AWAY or whole % 2 == 1)
    whole += tie or 2 * rest > denominator
    return -whole if numerator < 0 else whole


def floored(value: Fraction, places: int = 0) -> Fraction:
    """The greatest multiple of 10^-places that is not above `value`."""
    unit = Fraction(10) ** places
    return Fraction((value * unit).__floor__()) / unit


def ceiled(value: Fraction, places: int = 0) -> Fraction:
    """The least multiple of 10^-places that is not below `value`."""
    unit = Fraction(10) ** places
    return Fraction((value * unit).__ceil__()) / unit


def truncated(value: Fraction, places: int = 0) -> Fraction:
    """The nearest multiple of 10^-places toward zero."""
    return floored(value, places) if value > 0 else ceiled(value, places)


def extended(value: Fraction, places: int = 0) -> Fraction:
    """The nearest multiple of 10^-places away from zero."""
    return ceiled(value, places) if value > 0 else floored(value, places)


def decimal_text(value: Fraction, places: int | None = None) -> str:
    """A fraction as a plain decimal numeral without an exponent.

    With `places`, exactly that many (the value must be a multiple of 10^-places); without, as many as it needs.

    Raises:
        ValueError: the value is not a decimal of that many places, or not a decimal at all.
    """
    if places is None:
        places = decimal_places(value)
        if places is None:
            raise ValueError(f"{value} is not a decimal")
    scaled = value * Fraction(10) ** places
    if scaled.denominator != 1:
        raise ValueError(f"{value} has more than {places} decimal places")
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def numeral(value: Fraction) -> str:
    """A fraction as a plain decimal numeral where it is a decimal, else as a quotient, `10/3`."""
    return str(value) if decimal_places(value) is None else decimal_text(value)


def decimal_places(value: Fraction) -> int | None:
    """How many decimal places `value` needs; None where no number of them is enough."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest //= 2
        twos += 1
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None
