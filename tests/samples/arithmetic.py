"""Exact arithmetic as the oracles of the samples do it: fractions, and one rounding where a policy names one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def rounded(value: Fraction, places: int = 2) -> Fraction:
    """Half away from zero."""
    unit = 10**places
    whole = int(abs(value) * unit + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, unit)


def decimal(value: Fraction, places: int = 2) -> Decimal:
    """Rounded half away from zero, as results hold it."""
    return Decimal(int(rounded(value, places) * 10**places)).scaleb(-places)
