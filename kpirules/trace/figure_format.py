"""Values as people read them: grouped digits, percents, currencies, exact or openly cut."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from kpirules.plan.ir import Value
from kpirules.source.catalogue import word
from kpirules.trace.tree import Figure
from kpirules.values.periods import period_of
from kpirules.values.rounding import decimal_places, decimal_text
from kpirules.values.types import Type
from kpirules.values.units import Unit

CUT = 6
"""Decimal places shown of a quotient that has no end; an ellipsis says that it goes on."""


def shown(figure: Figure, currency: str, places: int, lang: str) -> str:
    """A figure as text; `places` are the currency's.

    A ratio is a percent. A number without an end is cut, never rounded, and says so with `…`.
    """
    value = figure.value
    if value is None:
        return word("missing", lang)
    if isinstance(value, bool):
        return word("true" if value else "false", lang)
    if isinstance(value, date):
        return str(period_of(value, figure.unit)) if figure.unit.periodic else value.isoformat()
    if isinstance(value, str):
        return value
    if figure.unit is Unit.RATIO:
        return f"{number(value * 100, max((figure.places or 0) - 2, 0))}%"
    if figure.unit is Unit.MONEY:
        return f"{number(value, max(figure.places or 0, places))} {currency}"
    return number(value, figure.places or 0)


def key_text(value: Value, kind: Type) -> str:
    """A part of a row's key as the data has it: a number without groups, a period in its short form."""
    if isinstance(value, date) and kind.unit.periodic:
        return str(period_of(value, kind.unit))
    return decimal_text(value) if isinstance(value, Fraction) else "" if value is None else str(value)


def number(value: Fraction, least: int = 0) -> str:
    """A number with grouped digits and as many places as it needs, at least so many; one without an end is cut."""
    needed = decimal_places(value)
    if needed is None or needed > max(CUT, least):
        return f"{_grouped(decimal_text(_toward_zero(value), CUT))}…"
    return _grouped(decimal_text(value, max(least, needed)))


def _toward_zero(value: Fraction) -> Fraction:
    scaled = abs(value) * 10**CUT
    whole = Fraction(scaled.numerator // scaled.denominator, 10**CUT)
    return -whole if value < 0 else whole


def _grouped(text: str) -> str:
    return f"{Decimal(text):,}"
