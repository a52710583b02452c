"""The types of days counted within a period, as model and plan must both take them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

_LONGEST = {Unit.MONTH: 31, Unit.QUARTER: 92, Unit.HALF: 184, Unit.YEAR: 366}
_VARY = 3
"""At the most so many days lie between two periods of one kind (28 and 31, 181 and 184)."""


def in_period(period: Unit) -> Type:
    """The days of a month, quarter, half or year."""
    return _count(_LONGEST[period] - _VARY, _LONGEST[period])


def apart(period: Unit) -> Type:
    """The days from one day of a period to another of it, itself or later."""
    return _count(0, _LONGEST[period] - 1)


def active(period: Unit) -> Type:
    """`active_days`: of one who is scored, at least one."""
    return _count(1, _LONGEST[period])


def active_share(period: Unit) -> Type:
    """`active_share`: active days by the days of the period, a quotient of at most 1."""
    return replace(types.divide(active(period), in_period(period), Unit.RATIO), high=Fraction(1))


def _count(low: int, high: int) -> Type:
    return types.decimal(Unit.NUMBER, 0, Fraction(low), Fraction(high))
