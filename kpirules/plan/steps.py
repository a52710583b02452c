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

Change = Callable[[Ref, str], Ref]
"""Binds, under a name, what a value becomes."""


def chain(first: Callable[[str], Ref], rest: Sequence[Change], name: str, relation: Relation) -> Ref:
    """A value and its changes, which end in a binding called `name`; the ones before it get fresh names."""
    names = [relation.fresh(name) for _ in rest]
    value = first(names[0] if names else name)
    for index, one in enumerate(rest):
        value = one(value, names[index + 1] if index + 1 < len(names) else name)
    return value


def rounding(relation: Relation, place: Place, what: str, span: Span) -> Change:
    """The rounding of `achievement`, `score`, `total` or `money`, as the header declares it."""
    header = relation.model.header

    def step(value: Ref, name: str) -> Ref:
        found = build.rounded(value, header.places[what], header.mode)
        return relation.bind(name, found, place, "round", span, of=value.name)

    return step


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
    place = Place(gate, "gate", gate, title=effect.title)
    return relation.bind(gate, lowering.lower(relation, place, effect.when), place, "guard", effect.when.span)


def _gate(relation: Relation, place: Place, effect: scheme.Effect) -> Change:
    def step(value: Ref, name: str) -> Ref:
        trips = relation.value(effect.gate, "gate", place.guard)
        change = _on_grade if value.type.unit is Unit.TEXT else _on_number
        found = change(relation, place, effect, value, trips)
        return relation.bind(name, found, place, "gate", effect.span, of=value.name, row=trips.name)

    return step


def _on_grade(relation: Relation, place: Place, effect: scheme.Effect, value: Ref, trips: Ref) -> Scalar:
    """A grade capped (or lifted) to the bound where it is better (or worse), by the order of the grade's rows."""
    assert relation.model.grade is not None
    order = relation.model.grade.order
    bound = lowering.lower(relation, place, effect.bound)
    at = order.index(str(getattr(bound, "value", "")))
    moved = {"at most": order[:at], "at least": order[at + 1 :], "is": order}[effect.how]
    if not moved:
        return value
    among = build.any_of([build.compare("eq", value, build.text(one)) for one in moved])
    found = build.case([(build.both([trips, among]), bound)], value, Unit.TEXT)
    return replace(found, type=replace(value.type, domain=order)) if not isinstance(found, Ref) else found


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
    found = build.case([(condition, build.rounded(capped, header.places[effect.rounded_as], header.mode))], value, unit)
    return replace(found, type=found.type.maybe(when=value.type.missing)) if not isinstance(found, Ref) else found
