"""What each measure means: the figure of a group's rows."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from statistics import median
from typing import Any

from kpirules.engines.reference.scalars import Row
from kpirules.plan.ir import Measure, Value


def worked_out(measure: Measure, rows: list[Row]) -> Value:
    """The figure of rows that are counted: those for which its condition holds and that have its column."""
    return MEASURES[measure.func]([None if measure.arg is None else row[measure.arg] for row in rows])


MEASURES: dict[str, Callable[[list[Any]], Value]] = {
    "count": lambda values: Fraction(len(values)),
    "sum": lambda values: sum(values, Fraction(0)),
    "distinct": lambda values: Fraction(len(set(values))),
    "any": lambda values: any(values) if values else None,
    "all": lambda values: all(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "median": lambda values: median(values) if values else None,
}
"""By measure of the plan, its figure of the values that rows have."""
