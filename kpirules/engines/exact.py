"""Exact numbers and the decimal columns that hold them."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

import pyarrow as pa

from kpirules.values.types import WIDTH, Digits, Type
from kpirules.values.units import Unit

_EXACT = Context(prec=2 * WIDTH)
_ARROW: dict[Unit, pa.DataType] = {Unit.TEXT: pa.string(), Unit.BOOL: pa.bool_()}


def arrow_type(kind: Type | Digits) -> pa.DataType:
    """The Arrow type of a value, or of one side of a number: decimal128, string, bool or date32."""
    if isinstance(kind, Type):
        return arrow_type(kind.digits) if kind.digits else _ARROW.get(kind.unit, pa.date32())
    return pa.decimal128(kind.width, kind.scale)


def sides(value: Fraction, kind: Type) -> tuple[Fraction, Fraction]:
    """Numerator and denominator of a number in the digits of its type; the denominator of a plain decimal is 1.

    Raises:
        ValueError: a plain decimal with more places than its type has.
    """
    num, over = kind.sides
    if not kind.over:
        if (value * 10**num.scale).denominator != 1:
            raise ValueError(f"{value} has more than {num.scale} decimal places")
        return value, Fraction(1)
    # INVARIANT: in lowest terms without their points the sides divide every pair that stands for the value,
    # so they fit wherever the pair that the type was proved for does.
    whole = value * Fraction(10) ** (num.scale - over.scale)
    return Fraction(whole.numerator, 10**num.scale), Fraction(whole.denominator, 10**over.scale)


def decimal(value: Fraction, digits: Digits) -> Decimal:
    """A multiple of 10^-scale as a decimal of that scale."""
    return Decimal(int(value * 10**digits.scale)).scaleb(-digits.scale, _EXACT)
