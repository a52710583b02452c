"""Values as people read them: grouped, exact, or openly cut."""

from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.plan.ir import Value
from kpirules.trace.figure_format import shown
from kpirules.trace.tree import Figure
from kpirules.values.units import Unit


@pytest.mark.parametrize(
    ("value", "unit", "places", "text"),
    [
        (Fraction(2, 3), Unit.NUMBER, None, "0.666666…"),
        (Fraction(-2, 3), Unit.NUMBER, None, "-0.666666…"),
        (Fraction(-1234567, 3), Unit.NUMBER, None, "-411,522.333333…"),
        (Fraction("1234567.5"), Unit.NUMBER, None, "1,234,567.5"),
        (Fraction("0.1234567"), Unit.NUMBER, None, "0.123456…"),
        (Fraction("0.1234567"), Unit.NUMBER, 8, "0.12345670"),
        (Fraction(2), Unit.NUMBER, 2, "2.00"),
        (Fraction(1, 3), Unit.RATIO, None, "33.333333…%"),
        (Fraction("0.85"), Unit.RATIO, 4, "85.00%"),
        (Fraction("0.855"), Unit.RATIO, 1, "85.5%"),
        (Fraction(-5), Unit.MONEY, None, "-5.00 CNY"),
        (Fraction("5.125"), Unit.MONEY, None, "5.125 CNY"),
        (None, Unit.MONEY, 2, "missing"),
        (True, Unit.BOOL, None, "true"),
    ],
)
def test_figures(value: Value, unit: Unit, places: int | None, text: str) -> None:
    assert shown(Figure(value, unit, places), "CNY", 2, "en") == text
