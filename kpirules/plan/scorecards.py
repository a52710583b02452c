"""Lowering of scorecards: whose each is, the means by weight, adjustments, the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from fractions import Fraction
from itertools import combinations

from kpirules.model import scheme
from kpirules.model.expr import Expr
from kpirules.plan import build, lowering
from kpirules.plan.ir import Check, Ident, Item, Part, Ref, RowText, Scalar
from kpirules.plan.marks import left_out, of_indicator, tier1
from kpirules.plan.proof import proved
from kpirules.plan.relation import Place, Relation, origin_of
from kpirules.plan.shares import OF_GROUP, effective, shares
from kpirules.plan.steps import chain, gates, maybe, rounding
from kpirules.records import dataclass
from kpirules.source import Span
from kpirules.values.units import Unit


def _applies(relation: Relation, card: scheme.Scorecard) -> Ref | None:
    """Whether a scorecard is the subject's; None where it is everybody's."""
    return relation.value(card.name, "applies") if card.applies is not None else None


def applying(relation: Relation, name: str) -> Ref:
    """Bind whether a scorecard that has a `for` is the subject's."""
    card = relation.model.card_of[name]
    assert card.applies is not None
    place = Place(name, "applies", title=card.title)
    condition = lowering.lower(relation, place, card.applies)
    return relation.bind(place, condition, "guard", card.applies.span)


def _entry_condition(relation: Relation, card: scheme.Scorecard, entry: scheme.Entry) -> Ref | None:
    """Whether an entry counts for the subject; None where it does for everybody."""
    applies = _applies(relation, card)
    if entry.when is None:
        return applies
    place = Place(entry.indicator, "when", card.name, applies.name if applies else None)
    when = lowering.lower(relation, place, entry.when)
    return relation.bind(place, when, "guard", entry.when.span)


_PAIRED = 20
"""How many scorecards are held against each other two by two; of more each is held against all before it."""


@dataclass(slots=True)
class _Mean:
    """A mean by weight of what is there: pairs of a value, possibly missing, and its weight."""

    parts: list[tuple[Ref, Fraction]] = field(default_factory=list)

    def scalar(self) -> Scalar:
        """Σ weight × value / Σ weight over what is there; missing where nothing is.

        Weights count as the smallest whole numbers of the same proportions, which need the fewest digits.
        """
        number = Unit.NUMBER
        shares = scheme.whole([weight for _, weight in self.parts])
        weight = sum(shares)
        low = min(value.type.bounds[0] for value, _ in self.parts)
        high = max(value.type.bounds[1] for value, _ in self.parts)
        parts = [(value, share) for (value, _), share in zip(self.parts, shares, strict=True)]
        points = build.Sum(number)
        for value, w in parts:
            points.plus(_weighted(value, w))
        num = points.total()
        if not any(value.type.missing for value, _ in self.parts):
            mean = build.div(num, build.number(weight), number)
        else:
            den = build.Sum(number)
            for value, w in parts:
                here = build.case([(build.is_missing(value), build.number(0))], build.number(w), number)
                den.plus(here if value.type.missing else build.number(w))
            mean = build.div(num, den.total(), number)
        always = any(not value.type.missing and w for value, w in self.parts)
        bounded = replace(mean.type, low=low, high=high, missing=not always)
        return replace(mean, type=bounded) if not isinstance(mean, Ref) else Ref(mean.name, bounded)

    def weights(self) -> dict[str, Fraction]:
        """The weight of each part, by its binding."""
        return {value.name: weight for value, weight in self.parts}


def _weighted(value: Ref, weight: int) -> Scalar:
    there: Scalar = build.coalesce(value, build.number(0)) if value.type.missing else value
    return build.mul(there, build.number(weight), Unit.NUMBER)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry as it stands in the plan: the score that counts, missing where it is left out, and what is shown."""

    entry: scheme.Entry
    place: Place
    score: Ref
    parts: tuple[Part, ...]
    marks: Mapping[str, str]


def _card(relation: Relation, card: scheme.Scorecard) -> tuple[Ref, Ref]:
    """The weighted sum and the sum of adjustments of one scorecard."""
    applies = _applies(relation, card)
    guard = applies.name if applies is not None else None
    place = Place(card.name, "weighted", None, guard, card.title)
    groups: list[tuple[scheme.Group, Place, Ref, list[_Entry]]] = []
    for group in card.groups:
        entries = [_entry(relation, card, entry) for entry in group.entries]
        mean = _Mean([(weighed.score, weighed.entry.weight) for weighed in entries])
        inner = Place(group.name, "value", card.name, guard, group.title)
        score = relation.bind(inner, mean.scalar(), "weighted", group.span, weights=mean.weights())
        groups.append((group, inner, score, entries))
    beside = [_entry(relation, card, entry) for entry in card.entries]
    everything = _Mean([(score, group.weight) for group, _, score, _ in groups])
    everything.parts += [(weighed.score, weighed.entry.weight) for weighed in beside]
    weighted = relation.bind(place, everything.scalar(), "weighted", card.span, weights=everything.weights())
    counted = shares(relation, place, everything.parts)
    for (group, inner, score, entries), share in zip(groups, counted[: len(groups)], strict=True):
        parts = (Part("score", score.name), *effective(relation, inner, share, steps=OF_GROUP))
        relation.items.append(_item(card, group, "group", parts, card.name))
        inside = shares(relation, inner, [(weighed.score, weighed.entry.weight) for weighed in entries])
        for weighed, own in zip(entries, inside, strict=True):
            _indicator_item(relation, card, weighed, effective(relation, weighed.place, own, share), group.name)
    for weighed, own in zip(beside, counted[len(groups) :], strict=True):
        _indicator_item(relation, card, weighed, effective(relation, weighed.place, own), card.name)
    return weighted, _adjustments(relation, card, place)


def _indicator_item(
    relation: Relation, card: scheme.Scorecard, weighed: _Entry, counts: tuple[Part, ...], parent: str
) -> None:
    indicator = relation.model.indicators[weighed.entry.indicator]
    item = _item(card, indicator, "indicator", (*weighed.parts, *counts), parent)
    relation.items.append(replace(item, weight=weighed.entry.weight, tier1=weighed.marks))


def _item(
    card: scheme.Scorecard,
    made_of: scheme.Group | scheme.Indicator | scheme.Adjust,
    kind: str,
    parts: tuple[Part, ...],
    parent: str,
) -> Item:
    weight = made_of.weight if isinstance(made_of, scheme.Group) else None
    origin = origin_of(made_of.span)
    return Item(made_of.name, kind, made_of.title, parts, origin, parent, weight, scorecard=card.name)


def _entry(relation: Relation, card: scheme.Scorecard, entry: scheme.Entry) -> _Entry:
    counts = _entry_condition(relation, card, entry)
    score = relation.value(entry.indicator, "score", counts.name if counts is not None else None)
    indicator = relation.model.indicators[entry.indicator]
    place = Place(entry.indicator, "counted", card.name, None, indicator.title)
    out: list[tuple[Scalar, Span]] = []
    if entry.when is not None and counts is not None:
        out.append((build.negated(counts), entry.when.span))
        score = maybe(relation.bind(place.under(counts.name), score, "when", entry.when.span, of=score.name))
    if score.type.missing and indicator.missing is not None:
        out.append((build.is_missing(score), indicator.missing.span))
    parts = (*indicator_parts(relation, indicator), Part("score", score.name))
    marks = of_indicator(relation, entry.indicator)
    return _Entry(entry, place, score, parts, marks | left_out(relation, place, out))


def indicator_parts(relation: Relation, indicator: scheme.Indicator) -> tuple[Part, ...]:
    """The figures behind an indicator's score."""
    written = {"actual": indicator.actual, "target": indicator.target, "achievement": indicator.achievement}
    names = [part for part, rule in written.items() if rule is not None]
    return tuple(Part(part, relation.seen(indicator.name, part).name) for part in names)


def _adjustments(relation: Relation, card: scheme.Scorecard, place: Place) -> Ref:
    sum_ = build.Sum(Unit.NUMBER)
    added: list[Expr] = []
    for adjust in card.adjusts:
        inner = Place(adjust.name, "value", card.name, place.guard, adjust.title)
        added.append(adjust.rule)
        with proved(adjust.rule.span, added):
            added_up = lowering.emit(relation, inner, adjust.rule)
            sum_.plus(added_up)
        item = _item(card, adjust, "adjust", (Part("value", added_up.name),), card.name)
        relation.items.append(replace(item, tier1=tier1(relation, inner.figure)))
    with proved(card.span):
        adjusted = sum_.total()
    return relation.bind(place, adjusted, "value", None, step="adjustments")


def _sum(relation: Relation, card: scheme.Scorecard) -> Scalar:
    """What a scorecard comes to: by its own rule, worked out where something is scored, or weighted + adjustments."""
    weighted, adjustments = _card(relation, card)
    if card.total is None:
        return build.add(weighted, adjustments, Unit.NUMBER) if card.adjusts else weighted
    for part, figure in (("weighted", weighted), ("adjustments", adjustments)):
        relation.values[card.name, part], relation.flags[card.name, part] = figure.name, ()
    applies = _applies(relation, card)
    place = Place(card.name, "total", None, applies.name if applies is not None else None, card.title)
    if not weighted.type.missing:
        return lowering.emit(relation, place, card.total)
    scored = build.negated(build.is_missing(weighted))
    there = relation.bind(place, scored, "guard", card.span, step="scored")
    return maybe(lowering.emit(relation, place.under(there.name), card.total))


def total(relation: Relation) -> Ref:
    """The subject's scorecard, its weighted sum and adjustments, rounding, gates."""
    cards = relation.model.scorecards
    place = Place("total", "value")
    _which(relation, cards)
    sums: list[tuple[Ref | None, Scalar]] = [(_applies(relation, card), _sum(relation, card)) for card in cards]
    first_span = cards[0].span

    def raw(step: int | None) -> Ref:
        if sums[0][0] is None:
            whole = sums[0][1]
        else:
            whole = build.case(
                [(applies, summed) for applies, summed in sums if applies is not None], None, Unit.NUMBER
            )
        return relation.bind(place, whole, "value", None, step=step)

    rest = [rounding(relation, place, "total", first_span), *gates(relation, place, "total", "value")]
    result = chain(raw, rest, place, relation)
    result = Ref(result.name, result.type.maybe(when=relation.model.total_missing))
    relation.types[result.name] = result.type
    parts = (Part("value", result.name),)
    marks = tier1(relation, *(Ident(card.name, "total") for card in cards), place.figure)
    relation.items.append(Item("total", "total", None, parts, origin_of(first_span), tier1=marks))
    return result


def _applying_row(relation: Relation, card: scheme.Scorecard) -> RowText:
    """A scorecard as a row of the choice between them."""
    origin = origin_of((card.applies or card).span)
    head = origin.text.partition("\n")[0].strip()
    return RowText(head, replace(origin, text=head), _applies(relation, card), build.text(card.name))


def _which(relation: Relation, cards: Sequence[scheme.Scorecard]) -> None:
    """Bind `scorecard`, the name of the subject's scorecard; two for one subject are a fault."""
    place = Place("scorecard", "value")
    whens = [(applies, build.text(card.name)) for card in cards if (applies := _applies(relation, card)) is not None]
    otherwise = next((build.text(card.name) for card in cards if card.applies is None), None)
    taken = [(applies, build.number(nth)) for nth, (applies, _) in enumerate(whens)]
    last = build.number(len(whens)) if otherwise is not None else None
    which = build.case(taken, last, Unit.NUMBER)
    row = relation.bind(place, which, "row", cards[0].span, step=relation.fresh(place))
    rows = [
        _applying_row(relation, card)
        for card in (*(c for c in cards if c.applies), *(c for c in cards if not c.applies))
    ]
    chosen = build.case(whens, otherwise, Unit.TEXT)
    relation.bind(place, chosen, "choose", cards[0].span, row=row.name, rows=tuple(rows))
    if relation.model.exclusive:
        return
    held = [card for card in cards if card.applies is not None]
    if len(held) <= _PAIRED:
        for first, second in combinations(held, 2):
            _two(relation, place, second, [_applies(relation, first)], first)
        return
    for nth, card in enumerate(held):
        before = build.compare("lt", row, build.number(nth))
        _two(relation, place, card, [before])


def _two(
    relation: Relation,
    place: Place,
    card: scheme.Scorecard,
    others: Sequence[Scalar | None],
    other: scheme.Scorecard | None = None,
) -> None:
    """Bind whether somebody has a scorecard and another one; that is a fault, told with the other where it is one."""
    applying = [condition for condition in (*others, _applies(relation, card)) if condition is not None]
    two = relation.bind(place, build.both(applying), "guard", card.span, step=relation.fresh(place))
    check = Check(two.name, "KPI703", card.name, origin_of((card.applies or card).span))
    if other is not None:
        check = replace(check, other=other.name, other_origin=origin_of((other.applies or other).span))
    relation.checks.append(check)
