"""Lowering of scorecards: whose each is, the means by weight, adjustments, the total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from fractions import Fraction

from kpirules.model import scheme
from kpirules.plan import build, rules, scalars
from kpirules.plan.draft import Draft, Place, origin_of
from kpirules.plan.ir import Check, Item, Part, Ref, Scalar
from kpirules.plan.marks import tier1
from kpirules.plan.steps import chain, gates, maybe, part_of, rounding
from kpirules.records import dataclass
from kpirules.values.units import Unit


def _applies(draft: Draft, card: scheme.Scorecard) -> Ref | None:
    """Whether a scorecard is the subject's; None where it is everybody's."""
    return draft.value(card.name, "applies") if card.applies is not None else None


def applying(draft: Draft, name: str) -> Ref:
    """Bind whether a scorecard that has a `for` is the subject's."""
    card = next(one for one in draft.model.scorecards if one.name == name)
    assert card.applies is not None
    place = Place(name, "applies", name, title=card.title)
    condition = scalars.lower(draft, place, card.applies)
    return draft.bind(f"{name}.applies", condition, place, "guard", card.applies.span)


def _entry_condition(draft: Draft, card: scheme.Scorecard, entry: scheme.Entry) -> Ref | None:
    """Whether an entry counts for the subject; None where it does for everybody."""
    applies = _applies(draft, card)
    if entry.when is None:
        return applies
    place = Place(entry.indicator, "when", f"{card.name}/{entry.indicator}", applies.name if applies else None)
    when = scalars.lower(draft, place, entry.when)
    return draft.bind(f"{place.base}.when", when, place, "guard", entry.when.span)


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
        points = [_weighted(value, w) for value, w in parts]
        num = points[0]
        for one in points[1:]:
            num = build.add(num, one, number)
        if not any(value.type.missing for value, _ in self.parts):
            found = build.div(num, build.number(weight), number)
        else:
            den: Scalar = build.number(0)
            for value, w in parts:
                here = build.case([(build.is_missing(value), build.number(0))], build.number(w), number)
                den = build.add(den, here if value.type.missing else build.number(w), number)
            found = build.div(num, den, number)
        always = any(not value.type.missing and w for value, w in self.parts)
        bounded = replace(found.type, low=low, high=high, missing=not always)
        return replace(found, type=bounded) if not isinstance(found, Ref) else Ref(found.name, bounded)

    def weights(self) -> dict[str, Fraction]:
        """The weight of each part, by its binding."""
        return {value.name: weight for value, weight in self.parts}


def _weighted(value: Ref, weight: int) -> Scalar:
    there: Scalar = build.coalesce(value, build.number(0)) if value.type.missing else value
    return build.mul(there, build.number(weight), Unit.NUMBER)


def _card(draft: Draft, card: scheme.Scorecard) -> tuple[Ref, Ref]:
    """The weighted sum and the sum of adjustments of one scorecard."""
    applies = _applies(draft, card)
    guard = applies.name if applies is not None else None
    everything = _Mean()
    for group in card.groups:
        first = len(draft.items)
        mean = _Mean([_entry(draft, card, entry, group.name) for entry in group.entries])
        place = Place(group.name, "value", f"{card.name}/{group.name}", guard, group.title)
        found = draft.bind(place.base, mean.scalar(), place, "weighted", group.span, weights=mean.weights())
        everything.parts.append((found, group.weight))
        parts = (part_of(draft, "score", found),)
        origin = origin_of(group.span)
        item = Item(group.name, "group", group.title, parts, origin, card.name, group.weight, scorecard=card.name)
        draft.items.insert(first, item)
    everything.parts += [_entry(draft, card, entry, card.name) for entry in card.entries]
    place = Place(card.name, "weighted", card.name, guard, card.title)
    name = f"{card.name}.weighted"
    weighted = draft.bind(name, everything.scalar(), place, "weighted", card.span, weights=everything.weights())
    return weighted, _adjustments(draft, card, place)


def _entry(draft: Draft, card: scheme.Scorecard, entry: scheme.Entry, parent: str) -> tuple[Ref, Fraction]:
    """The score that counts for an entry, missing where it is left out, and its weight."""
    counts = _entry_condition(draft, card, entry)
    score = draft.value(entry.indicator, "score", counts.name if counts is not None else None)
    indicator = draft.model.indicators[entry.indicator]
    place = Place(entry.indicator, "counted", f"{card.name}/{entry.indicator}", None, indicator.title)
    if entry.when is not None and counts is not None:
        score = draft.bind(
            f"{place.base}.counted", score, place.under(counts.name), "when", entry.when.span, of=score.name
        )
        score = maybe(score)
    written = {"actual": indicator.actual, "target": indicator.target, "achievement": indicator.achievement}
    names = [part for part, rule in written.items() if rule is not None]
    parts = [part_of(draft, part, draft.seen(entry.indicator, part)) for part in names]
    points = build.mul(score, build.number(entry.weight), Unit.NUMBER)
    earned = draft.bind(f"{place.base}.points", points, place, "value", entry.span)
    parts += [Part("score", score.name), Part("points", earned.name)]
    origin = origin_of(indicator.span)
    marks = tier1(draft, entry.indicator, f"{entry.indicator}.score")
    draft.items.append(
        Item(
            entry.indicator,
            "indicator",
            indicator.title,
            tuple(parts),
            origin,
            parent,
            entry.weight,
            marks,
            card.name,
        )
    )
    return score, entry.weight


def _adjustments(draft: Draft, card: scheme.Scorecard, place: Place) -> Ref:
    found: Scalar = build.number(0)
    for adjust in card.adjusts:
        inner = Place(adjust.name, "value", f"{card.name}/{adjust.name}", place.guard, adjust.title)
        one = rules.emit(draft, inner, adjust.rule, inner.base)
        found = build.add(found, one, Unit.NUMBER)
        parts = (part_of(draft, "value", one),)
        origin = origin_of(adjust.span)
        draft.items.append(Item(adjust.name, "adjust", adjust.title, parts, origin, card.name, scorecard=card.name))
    return draft.bind(f"{card.name}.adjustments", found, place, "value", None)


def _sum(draft: Draft, card: scheme.Scorecard) -> Scalar:
    """What a scorecard comes to: by its own rule, worked out where something is scored, or weighted + adjustments."""
    weighted, adjustments = _card(draft, card)
    if card.total is None:
        return build.add(weighted, adjustments, Unit.NUMBER)
    for part, found in (("weighted", weighted), ("adjustments", adjustments)):
        draft.values[card.name, part], draft.flags[card.name, part] = found.name, ()
    applies = _applies(draft, card)
    place = Place(card.name, "total", f"{card.name}.total", applies.name if applies is not None else None, card.title)
    if not weighted.type.missing:
        return rules.emit(draft, place, card.total, place.base)
    scored = build.negated(build.is_missing(weighted))
    there = draft.bind(f"{card.name}.scored", scored, place, "guard", card.span)
    return maybe(rules.emit(draft, place.under(there.name), card.total, place.base))


def total(draft: Draft) -> Ref:
    """The subject's scorecard, its weighted sum and adjustments, rounding, gates."""
    cards = draft.model.scorecards
    place = Place("total", "value", "total")
    _which(draft, cards)
    sums: list[tuple[Ref | None, Scalar]] = [(_applies(draft, card), _sum(draft, card)) for card in cards]
    first_span = cards[0].span

    def raw(name: str) -> Ref:
        if sums[0][0] is None:
            found = sums[0][1]
        else:
            found = build.case([(applies, one) for applies, one in sums if applies is not None], None, Unit.NUMBER)
        return draft.bind(name, found, place, "value", None)

    rest = [rounding(draft, place, "total", first_span), *gates(draft, place, "total", "value")]
    found = chain(raw, rest, "total", draft)
    found = Ref(found.name, found.type.maybe(when=draft.model.total_missing))
    draft.types[found.name] = found.type
    parts = (Part("value", found.name),)
    marks = tier1(draft, "total", *(f"{card.name}.total" for card in cards), "total")
    draft.items.append(Item("total", "total", None, parts, origin_of(first_span), tier1=marks))
    return found


def _which(draft: Draft, cards: Sequence[scheme.Scorecard]) -> None:
    """Bind `scorecard`, the name of the subject's scorecard; two for one subject are a fault."""
    place = Place("scorecard", "value", "scorecard")
    whens = [(applies, build.text(card.name)) for card in cards if (applies := _applies(draft, card)) is not None]
    otherwise = next((build.text(card.name) for card in cards if card.applies is None), None)
    draft.bind("scorecard", build.case(whens, otherwise, Unit.TEXT), place, "value", cards[0].span)
    if draft.model.exclusive:
        return
    conditions = [applies for applies, _ in whens]
    pairs = [build.both([a, b]) for index, a in enumerate(conditions) for b in conditions[index + 1 :]]
    two = draft.bind("scorecard~two", build.any_of(pairs), place, "guard", cards[1].span)
    draft.checks.append(Check(two.name, "KPI703", "scorecard", origin_of(cards[1].span)))
