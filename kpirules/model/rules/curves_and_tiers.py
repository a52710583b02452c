"""The types of curves and tiers: what their lines and bands can come to, and the digits that hold it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from kpirules.model.expr import Band, Point
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def curve(head: Type, points: tuple[Point, ...], unit: Unit) -> Type:
    """The type of a curve: each line y0 + (x - x0) * slope, between the least and the largest y.

    Raises:
        TooWide: a line cannot be proved to fit.
    """
    type_ = types.constant(unit, points[0].y)
    for before, after in pairwise(points):
        slope = types.constant(unit, (after.y - before.y) / (after.x - before.x))
        step = types.add(head.there(), types.constant(head.unit, before.x), head.unit, minus=True)
        rise = types.multiply(step, slope, unit)
        line = types.add(types.constant(unit, before.y), rise, unit)
        type_ = types.choose(type_, line, unit)
    type_ = types.choose(type_, types.constant(unit, points[-1].y), unit)
    ys = [point.y for point in points]
    return replace(type_, low=min(ys), high=max(ys))


def tiers(head: Type, bands: tuple[Band, ...], unit: Unit) -> Type:
    """The type of `tiers`: in each band, what the bands below pay in full and the slice in it at its rate.

    Raises:
        TooWide: a band cannot be proved to fit.
    """
    zero = types.constant(head.unit, Fraction(0))
    paid, below = types.constant(unit, Fraction(0)), zero
    type_: Type | None = None
    for index, band in enumerate(bands):
        within_ = within(head, below if index else None, band.bound.type if band.bound else None)
        slice_ = types.add(within_, below, head.unit, minus=True)
        here = types.add(paid, types.multiply(slice_, band.rate.type, unit), unit)
        type_ = here if type_ is None else types.choose(type_, here, unit)
        if band.bound is not None:
            size = types.add(band.bound.type, below, head.unit, minus=True)
            paid = types.add(paid, types.multiply(size, band.rate.type, unit), unit)
            below = band.bound.type
    assert type_ is not None
    return type_


def within(head: Type, below: Type | None, above: Type | None) -> Type:
    """The head of `tiers` with the bounds that it has where a band between two ends is taken; its digits stay."""
    low, high = head.bounds
    if below is not None:
        low = max(low, below.bounds[0])
    if above is not None:
        high = min(high, above.bounds[1])
    return replace(head, low=min(low, high), high=max(low, high))
