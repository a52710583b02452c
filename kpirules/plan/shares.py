"""What each entry of a scorecard counts for a subject: its weight, after the weights of what is left out are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from kpirules.model import scheme
from kpirules.plan import build
from kpirules.plan.ir import Const, Op, Part, Ref, Scalar
from kpirules.plan.relation import Place, Relation
from kpirules.records import dataclass
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Share:
    """A value with its weight beside others: `part` of `whole`, as the smallest whole numbers in proportion.

    `whole` is a binding that adds up those that are there, or their known sum where they always are.
    """

    value: Ref
    weight: Fraction
    part: int
    whole: Ref | Const


OF_ENTRY = ("weight", "points")
OF_GROUP = ("group.weight", "group.points")
"""The steps that say what an entry or a group counts; an indicator in a group may have the group's name."""


def shares(relation: Relation, place: Place, parts: Sequence[tuple[Ref, Fraction]]) -> list[Share]:
    """What each of some values counts beside the others, by what is `there` of them."""
    wholes = scheme.whole([weight for _, weight in parts])
    sum_: Ref | Const = build.number(sum(wholes))
    if any(value.type.missing for value, _ in parts):
        there = build.Sum(Unit.NUMBER)
        for (value, _), part in zip(parts, wholes, strict=True):
            there.plus(_if_there(value, build.number(part)))
        sum_ = relation.bind(place, there.total(), "mark", None, step="there")
    return [Share(value, weight, part, sum_) for (value, weight), part in zip(parts, wholes, strict=True)]


def effective(
    relation: Relation, place: Place, share: Share, group: Share | None = None, steps: tuple[str, str] = OF_ENTRY
) -> tuple[Part, ...]:
    """The parts `points` and, where it is not always the declared one, `effective_weight` of an entry or a group.

    `group` is the share of the group that an entry stands in. A weight that something left out has no part of is
    spread over what is there; points are the value by that weight, so that they add up to the weighted score.
    """
    ways = [share] if group is None else [share, group]
    value, (weight_, points_) = share.value, steps
    if all(isinstance(way.whole, Const) for way in ways):
        points = build.mul(value, build.number(share.weight), Unit.NUMBER)
        return (Part("points", relation.bind(place, points, "value", None, step=points_).name),)
    weight = relation.bind(place, _if_there(value, _part(ways)), "mark", None, step=weight_)
    there = build.coalesce(value, build.number(0)) if value.type.missing else value
    points = relation.bind(place, build.mul(there, weight, Unit.NUMBER), "value", None, step=points_)
    return Part("effective_weight", weight.name), Part("points", points.name)


def _part(ways: Sequence[Share]) -> Scalar:
    """Part of whole, of part of whole: between 0 and 1 wherever something is there."""
    num = ways[0].part
    den: Scalar = ways[0].whole
    for way in ways[1:]:
        num, den = num * way.part, build.mul(den, way.whole, Unit.NUMBER)
    if num == 0:
        return build.number(0)
    quotient = build.div(build.number(num), den, Unit.NUMBER)
    assert isinstance(quotient, Op)
    return replace(quotient, type=replace(quotient.type, low=Fraction(0), high=Fraction(1), missing=False))


def _if_there(value: Ref, part: Scalar) -> Scalar:
    """A weight, or 0 where the value is missing."""
    if not value.type.missing:
        return part
    return build.case([(build.is_missing(value), build.number(0))], part, Unit.NUMBER)
