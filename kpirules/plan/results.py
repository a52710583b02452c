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
    rules_ = {pay.name: pay.amount for pay in model.pays} | {effect.gate: effect.when for effect in model.effects}
    rules_ |= {outcome.name: outcome.when for outcome in model.outcomes}
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


def _actual(relation: Relation, indicator: scheme.Indicator) -> Ref:
    place = Place(indicator.name, "actual", title=indicator.title)
    return lowering.emit(relation, place, indicator.actual)


def _target(relation: Relation, indicator: scheme.Indicator) -> Ref:
    assert indicator.target is not None
    place = Place(indicator.name, "target", title=indicator.title)
    return lowering.emit(relation, place, indicator.target)


def _achievement(relation: Relation, indicator: scheme.Indicator) -> Ref:
    assert indicator.achievement is not None
    rule = indicator.achievement
    place = Place(indicator.name, "achievement", title=indicator.title)
    rest = (
        [rounding(relation, place, "achievement", rule.span)] if "achievement" in relation.model.header.places else []
    )

    def first(step: int | None) -> Ref:
        if indicator.achievement_written:
            return lowering.emit(relation, place, rule, step)
        return relation.bind(place, lowering.lower(relation, place, rule), "quotient", indicator.span, step=step)

    return chain(first, rest, place, relation)


def _score(relation: Relation, indicator: scheme.Indicator) -> Ref:
    """The rule where what it reads is there, the missing policy elsewhere, rounding, gates."""
    place = Place(indicator.name, "score", title=indicator.title)
    inputs = [relation.value(indicator.name, part) for part in indicator.inputs]
    guarded = place
    if inputs:
        there = build.both([build.negated(build.is_missing(value)) for value in inputs])
        guarded = place.under(relation.bind(place, there, "guard", indicator.span, step="present").name)
    rest: list[Change] = []
    if inputs or indicator.score.type.missing:
        rest.append(lambda value, step: _policy(relation, place, indicator, value, step))
    rest.append(rounding(relation, place, "score", indicator.score.span))
    rest += gates(relation, place, indicator.name, "score")
    score = chain(
        lambda step: _under(guarded, lowering.emit(relation, guarded, indicator.score, step)), rest, place, relation
    )
    relation.types[score.name] = score.type.maybe(when=not indicator.always)
    return build.ref(score.name, relation.types[score.name])


def _under(place: Place, value: Ref) -> Ref:
    """A value as its readers see it: possibly missing where it stands under a condition."""
    return maybe(value) if place.guard is not None else value


def _policy(relation: Relation, place: Place, indicator: scheme.Indicator, value: Ref, step: int | None) -> Ref:
    assert indicator.missing is not None
    if indicator.missing.policy == "score":
        assert indicator.missing.points is not None
        handled: Scalar = build.coalesce(value, build.number(indicator.missing.points))
    elif indicator.missing.policy == "error":
        when = relation.bind(
            place, build.is_missing(value), "guard", indicator.missing.span, step=relation.fresh(place)
        )
        relation.need([Flag(when.name, "KPI704", indicator.name, origin_of(indicator.missing.span))])
        handled = Ref(value.name, value.type.there())
    else:
        handled = value
    return relation.bind(place, handled, "policy", indicator.missing.span, step=step, of=value.name)


def unplaced(relation: Relation) -> None:
    """The items of indicators that stand in no scorecard: they are worked out all the same, and have no weight."""
    placed = {entry.indicator for card in relation.model.scorecards for entry in card.everything}
    for indicator in relation.model.indicators.values():
        if indicator.name not in placed:
            score = relation.seen(indicator.name, "score")
            parts = (*indicator_parts(relation, indicator), Part("score", score.name))
            marks = of_indicator(relation, indicator.name)
            relation.items.append(
                Item(indicator.name, "indicator", indicator.title, parts, origin_of(indicator.span), tier1=marks)
            )


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
    graded = chain(lambda step: lowering.emit(relation, guarded, grade.rule, step), rest, place, relation)
    missing = guarded is not place or grade.rule.type.missing
    graded = Ref(graded.name, replace(graded.type, domain=grade.order).maybe(when=missing))
    relation.types[graded.name] = graded.type
    parts = (Part("value", graded.name),)
    marks = tier1(relation, place.figure)
    relation.items.append(Item("grade", "grade", None, parts, origin_of(grade.span), tier1=marks))
    return graded


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
    amount = chain(lambda step: lowering.emit(relation, inner, pay.amount, step), rest, place, relation)
    amount = Ref(amount.name, amount.type.maybe(when=gets is not None))
    relation.types[amount.name] = amount.type
    parts = (Part("value", amount.name),)
    out = [(build.negated(condition), written.span) for condition, written in conditions]
    marks = tier1(relation, place.figure) | left_out(relation, place, out)
    relation.items.append(Item(pay.name, pay.kind, pay.title, parts, origin_of(pay.span), tier1=marks))
    return amount


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
    paid = build.case([(when, Ref(value.name, value.type.there()))], zero, Unit.MONEY)
    return relation.bind(place, paid, "when", written.span if written is not None else None, step=step, of=value.name)


# ---------------------------------------------------------------- outcomes, what results must keep


def _outcome(relation: Relation, outcome: scheme.Outcome) -> Ref:
    place = Place(outcome.name, "value", title=outcome.title)
    judged = _judged(relation, place, outcome.when, outcome.needs)
    _conclude(relation, place, "outcome", judged, outcome.span)
    return judged


def ensured(relation: Relation, ensure: scheme.Ensure, number: int) -> None:
    """Bind whether what the results must keep holds, and make it an item.

    Raises:
        Fault: digits of a step on the way cannot be proved to fit (KPI305).
    """
    place = Place(f"ensure {number}", "value", title=ensure.message)
    with proved(ensure.holds.span, [ensure.holds]):
        judged = _judged(relation, place, ensure.holds, ensure.needs)
    _conclude(relation, place, "ensure", judged, ensure.span)


def _judged(relation: Relation, place: Place, condition: Expr, needs: tuple[Val, ...]) -> Ref:
    """Bind a condition, missing where a result that it needs is."""
    guarded = place
    lacking = [build.is_missing(relation.value(val.item, val.part)) for val in needs]
    if lacking:
        there = build.negated(build.any_of(lacking))
        guarded = place.under(relation.bind(place, there, "guard", None, step="judged").name)
    expr = lowering.lower(relation, guarded, condition)
    judged = relation.bind(guarded, expr, "condition", condition.span)
    if lacking:
        relation.types[judged.name] = judged.type.maybe()
        return maybe(judged)
    return judged


def _conclude(relation: Relation, place: Place, kind: str, judged: Ref, span: Span) -> None:
    item = Item(place.item, kind, place.title, (Part("value", judged.name),), origin_of(span))
    relation.items.append(item)


_PARTS = {"actual": _actual, "target": _target, "achievement": _achievement, "score": _score}
