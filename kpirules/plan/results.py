"""Lowering of items: indicators, the grade, pay; scorecards and gates have rooms of their own."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model import scheme
from kpirules.model.expr import Expr, Val
from kpirules.plan import build, lowering
from kpirules.plan.ir import Item, Part, Ref, Scalar
from kpirules.plan.marks import left_out, of_indicator, tier1
from kpirules.plan.proof import proved
from kpirules.plan.relation import Flag, Place, Relation, origin_of
from kpirules.plan.scorecards import applying, indicator_parts, total
from kpirules.plan.steps import Change, chain, gates, maybe, rounding, trips
from kpirules.source import Span
from kpirules.values import types
from kpirules.values.types import TooWide
from kpirules.values.units import Unit


def lower_value(relation: Relation, item: str, part: str) -> Ref:
    """Bind the value of an item, after its gates; the part `gate` of a gate, `applies` of a scorecard.

    Raises:
        Fault: digits of a step on the way cannot be proved to fit (KPI305).
    """
    try:
        return _lowered(relation, item, part)
    except TooWide:
        span, written = _written(relation.model, item, part)
        with proved(span, written):
            raise


def _written(model: scheme.Model, item: str, part: str) -> tuple[Span, tuple[Expr, ...]]:
    """Where the value of an item is written, and what is written there."""
    if item in model.indicators:
        rule: Expr | None = getattr(model.indicators[item], part)
        return (rule.span, (rule,)) if rule is not None else (model.indicators[item].span, ())
    rules_ = {pay.name: pay.amount for pay in model.pays} | {one.gate: one.when for one in model.effects}
    rules_ |= {one.name: one.when for one in model.outcomes}
    rules_ |= {name: define.rule for name, define in model.defines.items()}
    if model.grade is not None:
        rules_["grade"] = model.grade.rule
    if item in rules_:
        return rules_[item].span, (rules_[item],)
    cards = {card.name: card for card in model.scorecards}
    return (cards[item] if item in cards else model.scorecards[0]).span, ()


def _lowered(relation: Relation, item: str, part: str) -> Ref:
    model = relation.model
    if part in ("gate", "applies"):
        return trips(relation, item) if part == "gate" else applying(relation, item)
    if item == "total":
        return total(relation)
    if item == "grade":
        return _grade(relation)
    if item in model.defines:
        define = model.defines[item]
        return lowering.emit(relation, Place(item, "value", title=define.title), define.rule)
    if item in model.indicators:
        return _PARTS[part](relation, model.indicators[item])
    outcome = model.outcome_of.get(item)
    if outcome is not None:
        return _outcome(relation, outcome)
    return _pay(relation, model.pay_of[item])


# ---------------------------------------------------------------- indicators


def _actual(relation: Relation, one: scheme.Indicator) -> Ref:
    place = Place(one.name, "actual", title=one.title)
    return lowering.emit(relation, place, one.actual)


def _target(relation: Relation, one: scheme.Indicator) -> Ref:
    assert one.target is not None
    place = Place(one.name, "target", title=one.title)
    return lowering.emit(relation, place, one.target)


def _achievement(relation: Relation, one: scheme.Indicator) -> Ref:
    assert one.achievement is not None
    rule = one.achievement
    place = Place(one.name, "achievement", title=one.title)
    rest = (
        [rounding(relation, place, "achievement", rule.span)] if "achievement" in relation.model.header.places else []
    )

    def first(step: int | None) -> Ref:
        if one.achievement_written:
            return lowering.emit(relation, place, rule, step)
        return relation.bind(place, lowering.lower(relation, place, rule), "quotient", one.span, step=step)

    return chain(first, rest, place, relation)


def _score(relation: Relation, one: scheme.Indicator) -> Ref:
    """The rule where what it reads is there, the missing policy elsewhere, rounding, gates."""
    place = Place(one.name, "score", title=one.title)
    inputs = [relation.value(one.name, part) for part in one.inputs]
    guarded = place
    if inputs:
        there = build.both([build.negated(build.is_missing(value)) for value in inputs])
        guarded = place.under(relation.bind(place, there, "guard", one.span, step="present").name)
    rest: list[Change] = []
    if inputs or one.score.type.missing:
        rest.append(lambda value, step: _policy(relation, place, one, value, step))
    rest.append(rounding(relation, place, "score", one.score.span))
    rest += gates(relation, place, one.name, "score")
    found = chain(
        lambda step: _under(guarded, lowering.emit(relation, guarded, one.score, step)), rest, place, relation
    )
    relation.types[found.name] = found.type.maybe(when=not one.always)
    return build.ref(found.name, relation.types[found.name])


def _under(place: Place, value: Ref) -> Ref:
    """A value as its readers see it: possibly missing where it stands under a condition."""
    return maybe(value) if place.guard is not None else value


def _policy(relation: Relation, place: Place, one: scheme.Indicator, value: Ref, step: int | None) -> Ref:
    assert one.missing is not None
    if one.missing.policy == "score":
        assert one.missing.points is not None
        found: Scalar = build.coalesce(value, build.number(one.missing.points))
    elif one.missing.policy == "error":
        when = relation.bind(place, build.is_missing(value), "guard", one.missing.span, step=relation.fresh(place))
        relation.need([Flag(when.name, "KPI704", one.name, origin_of(one.missing.span))])
        found = Ref(value.name, value.type.there())
    else:
        found = value
    return relation.bind(place, found, "policy", one.missing.span, step=step, of=value.name)


def unplaced(relation: Relation) -> None:
    """The items of indicators that stand in no scorecard: they are worked out all the same, and have no weight."""
    placed = {entry.indicator for card in relation.model.scorecards for entry in card.everything}
    for one in relation.model.indicators.values():
        if one.name not in placed:
            score = relation.seen(one.name, "score")
            parts = (*indicator_parts(relation, one), Part("score", score.name))
            marks = of_indicator(relation, one.name)
            relation.items.append(Item(one.name, "indicator", one.title, parts, origin_of(one.span), tier1=marks))


# ---------------------------------------------------------------- grade, pay


def _grade(relation: Relation) -> Ref:
    grade = relation.model.grade
    assert grade is not None
    place = Place("grade", "value")
    guarded = place
    if relation.model.scorecards and relation.model.total_missing:
        there = build.negated(build.is_missing(relation.value("total", "value")))
        guarded = place.under(relation.bind(place, there, "guard", grade.span, step="present").name)
    rest = gates(relation, place, "grade", "value")
    found = chain(lambda step: lowering.emit(relation, guarded, grade.rule, step), rest, place, relation)
    missing = guarded is not place or grade.rule.type.missing
    found = Ref(found.name, replace(found.type, domain=grade.order).maybe(when=missing))
    relation.types[found.name] = found.type
    parts = (Part("value", found.name),)
    marks = tier1(relation, place.figure)
    relation.items.append(Item("grade", "grade", None, parts, origin_of(grade.span), tier1=marks))
    return found


def _pay(relation: Relation, pay: scheme.Pay) -> Ref:
    """The amount for whom it is, 0 where `when` does not hold, rounding, gates."""
    place = Place(pay.name, "value", title=pay.title)
    gets = _gets(relation, pay, place)
    whole = place.under(gets)
    rest: list[Change] = []
    inner = whole
    conditions: list[tuple[Scalar, Expr]] = []
    if pay.applies is not None and gets is not None:
        conditions.append((Ref(gets, types.BOOL), pay.applies))
    if pay.when is not None:
        when = lowering.bound(relation, whole, lowering.lower(relation, whole, pay.when), pay.when)
        inner = whole.under(lowering.guard(relation, whole, when, pay.when))
        conditions.append((when, pay.when))
        rest.append(lambda value, step: _else_nothing(relation, whole, when, value, step, pay.when))
    rest.append(rounding(relation, whole, "money", pay.amount.span))
    rest += gates(relation, whole, pay.name, "value")
    found = chain(lambda step: lowering.emit(relation, inner, pay.amount, step), rest, place, relation)
    found = Ref(found.name, found.type.maybe(when=gets is not None))
    relation.types[found.name] = found.type
    parts = (Part("value", found.name),)
    out = [(build.negated(condition), written.span) for condition, written in conditions]
    marks = tier1(relation, place.figure) | left_out(relation, place, out)
    relation.items.append(Item(pay.name, pay.kind, pay.title, parts, origin_of(pay.span), tier1=marks))
    return found


def _gets(relation: Relation, pay: scheme.Pay, place: Place) -> str | None:
    if pay.applies is not None:
        condition = lowering.lower(relation, place, pay.applies)
        return relation.bind(place, condition, "guard", pay.applies.span, step="applies").name
    if relation.model.scorecards and relation.model.total_missing:
        assessed = build.negated(build.is_missing(relation.value("total", "value")))
        return relation.bind(place, assessed, "guard", pay.span, step="applies").name
    return None


def _else_nothing(
    relation: Relation, place: Place, when: Scalar, value: Ref, step: int | None, written: Expr | None
) -> Ref:
    zero = build.number(0, Unit.MONEY)
    found = build.case([(when, Ref(value.name, value.type.there()))], zero, Unit.MONEY)
    return relation.bind(place, found, "when", written.span if written is not None else None, step=step, of=value.name)


# ---------------------------------------------------------------- outcomes, what results must keep


def _outcome(relation: Relation, one: scheme.Outcome) -> Ref:
    place = Place(one.name, "value", title=one.title)
    found = _judged(relation, place, one.when, one.needs)
    _conclude(relation, place, "outcome", found, one.span)
    return found


def ensured(relation: Relation, one: scheme.Ensure, number: int) -> None:
    """Bind whether what the results must keep holds, and make it an item.

    Raises:
        Fault: digits of a step on the way cannot be proved to fit (KPI305).
    """
    place = Place(f"ensure {number}", "value", title=one.message)
    with proved(one.holds.span, [one.holds]):
        found = _judged(relation, place, one.holds, one.needs)
    _conclude(relation, place, "ensure", found, one.span)


def _judged(relation: Relation, place: Place, condition: Expr, needs: tuple[Val, ...]) -> Ref:
    """Bind a condition, missing where a result that it needs is."""
    guarded = place
    lacking = [build.is_missing(relation.value(val.item, val.part)) for val in needs]
    if lacking:
        there = build.negated(build.any_of(lacking))
        guarded = place.under(relation.bind(place, there, "guard", None, step="judged").name)
    expr = lowering.lower(relation, guarded, condition)
    found = relation.bind(guarded, expr, "condition", condition.span)
    if lacking:
        relation.types[found.name] = found.type.maybe()
        return maybe(found)
    return found


def _conclude(relation: Relation, place: Place, kind: str, found: Ref, span: Span) -> None:
    item = Item(place.item, kind, place.title, (Part("value", found.name),), origin_of(span))
    relation.items.append(item)


_PARTS = {"actual": _actual, "target": _target, "achievement": _achievement, "score": _score}
