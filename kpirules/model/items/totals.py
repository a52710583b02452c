"""What a scorecard's own `total` is made of: the weighted score, the adjustments, the rule over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from kpirules.model import scheme
from kpirules.model.expr import Expr, Skip
from kpirules.model.operations import fitting
from kpirules.model.rules import forms
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import TooWide, Type
from kpirules.values.units import Unit


def rule(ws: Workspace, node: ast.Scorecard, card: scheme.Scorecard, written: ast.Clause) -> Expr:
    """The rule of a scorecard's `total` clause, whose other parts are made already.

    It is worked out for those of whom something is scored, so it reads the weighted score as there.

    Raises:
        Skip: it has a fault.
    """
    name = node.name.text
    if not card.everything:  # its weights are refused
        raise Skip
    scored = _scores(ws, card.entries)

    def weighted() -> Type:
        groups = [(_mean(_scores(ws, group.entries)), group.weight) for group in card.groups]
        return _mean([*groups, *scored])

    of = [type_ for type_, _ in _scores(ws, card.everything)]
    ws.memo[name, "weighted"] = fitting.fit(ws, node.name.span, (), weighted, beside=of).there()
    adjusted = types.constant(Unit.NUMBER, Fraction(0))
    for nth, adjust in enumerate(card.adjusts):
        adjusted = _plus(ws, adjusted, adjust.rule, card.adjusts[:nth])
    ws.memo[name, "adjustments"] = adjusted
    return forms.wanted(ws, Scope(card=name), written.rule, Unit.NUMBER, written.limits)


def _plus(ws: Workspace, sum_: Type, rule: Expr, before: Sequence[scheme.Adjust]) -> Type:
    """One more in a sum; where it does not fit, those before it may be what is to be rounded."""

    def added() -> Type:
        return types.add(sum_, rule.type, Unit.NUMBER)

    try:
        added()
    except TooWide:
        return fitting.fit(ws, rule.span, (*(adjust.rule for adjust in before), rule), added, beside=(sum_,))
    return fitting.fit(ws, rule.span, (rule,), added, beside=(sum_,))


def _scores(ws: Workspace, entries: Iterable[scheme.Entry]) -> list[tuple[Type, Fraction]]:
    return [(ws.value(entry.indicator, "score", entry.span).type, entry.weight) for entry in entries]


def _mean(held: Sequence[tuple[Type, Fraction]]) -> Type:
    """The type of Σ weight × value / Σ weight over what is there.

    Raises:
        TooWide: it cannot be proved to fit.
    """
    shares = scheme.whole([weight for _, weight in held])
    points = [
        types.multiply(value, types.constant(Unit.NUMBER, Fraction(share)), Unit.NUMBER)
        for (value, _), share in zip(held, shares, strict=True)
    ]
    summed = points[0]
    for point in points[1:]:
        summed = types.add(summed, point, Unit.NUMBER)
    over = types.decimal(Unit.NUMBER, 0, Fraction(1), Fraction(max(sum(shares), 1)))
    mean = types.divide(summed, over, Unit.NUMBER)
    low = min(value.bounds[0] for value, _ in held)
    high = max(value.bounds[1] for value, _ in held)
    return replace(mean, low=low, high=high)
