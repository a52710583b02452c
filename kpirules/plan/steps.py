"""What a figure goes through after its rule: rounding, then the gates on it, each a step with a binding of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kpirules.model import scheme
from kpirules.plan import build, faulting, lowering
from kpirules.plan.ir import Ref, Scalar
from kpirules.plan.relation import Place, Relation
from kpirules.source import Span
from kpirules.values.units import Unit

Change = Callable[[Ref, int | None], Ref]
"""Binds what a value becomes, as a step on the way or as the value itself."""


def chain(first: Callable[[int | None], Ref], rest: Sequence[Change], place: Place, relation: Relation) -> Ref:
    """A value and its changes, of which the last is the value itself, and those before it are steps."""
    start, *ends = [*(relation.fresh(place) for _ in rest), None]
    value = first(start)
    for change, end in zip(rest, ends, strict=True):
        value = change(value, end)
    return value


def rounding(relation: Relation, place: Place, what: str, span: Span) -> Change:
    """The rounding of `achievement`, `score`, `total` or `money`, as the header declares it."""
    header = relation.model.header

    def change(value: Ref, step: int | None) -> Ref:
        rounded = build.rounded(value, header.places[what], header.mode)
        return relation.bind(place, rounded, "round", span, step=step, of=value.name)

    return change


def maybe(value: Ref) -> Ref:
    """The same value, possibly missing."""
    return Ref(value.name, value.type.maybe())


# ---------------------------------------------------------------- gates


def gates(relation: Relation, place: Place, item: str, part: str) -> list[Change]:
    """A step for each gate on a value, in file order."""
    return [_gate(relation, place, effect) for effect in relation.model.effects_on.get((item, part), ())]


def trips(relation: Relation, gate: str) -> Ref:
    """Bind whether a gate trips."""
    effect = relation.model.effect_of[gate]
    place = Place(gate, "gate", title=effect.title)
    return relation.bind(place, lowering.lower(relation, place, effect.when), "guard", effect.when.span)


def _gate(relation: Relation, place: Place, effect: scheme.Effect) -> Change:
    def change(value: Ref, step: int | None) -> Ref:
        trips = relation.value(effect.gate, "gate", place.guard)
        moved = _on_grade if value.type.unit is Unit.TEXT else _on_number
        gated = moved(relation, place, effect, value, trips)
        return relation.bind(place, gated, "gate", effect.span, step=step, of=value.name, row=trips.name)

    return change


def _on_grade(relation: Relation, place: Place, effect: scheme.Effect, value: Ref, trips: Ref) -> Scalar:
    """A grade capped (or lifted) to the bound where it is better (or worse), by the order of the grade's rows."""
    assert relation.model.grade is not None
    order = relation.model.grade.order
    bound = lowering.lower(relation, place, effect.bound)
    at = order.index(str(getattr(bound, "value", "")))
    moved = {"at most": order[:at], "at least": order[at + 1 :], "is": order}[effect.how]
    if not moved:
        return value
    among = build.any_of([build.compare("eq", value, build.text(grade)) for grade in moved])
    capped = build.case([(build.both([trips, among]), bound)], value, Unit.TEXT)
    return replace(capped, type=replace(value.type, domain=order)) if not isinstance(capped, Ref) else capped


def _on_number(relation: Relation, place: Place, effect: scheme.Effect, value: Ref, trips: Ref) -> Scalar:
    """A number limited or replaced where the gate trips; the result is rounded like its target."""
    header = relation.model.header
    unit = value.type.unit
    inner = place.under(lowering.guard(relation, place, trips)) if faulting.faults(relation, effect.bound) else place
    bound = lowering.lower(relation, inner, effect.bound)
    if effect.how == "is":
        there = build.both([trips, build.negated(build.is_missing(value))])
        capped, condition = bound, there
    else:
        capped, condition = build.limit(value, bound, unit, at_most=effect.how == "at most"), trips
    gated = build.case([(condition, build.rounded(capped, header.places[effect.rounded_as], header.mode))], value, unit)
    return replace(gated, type=gated.type.maybe(when=value.type.missing)) if not isinstance(gated, Ref) else gated
