"""Scorecards: their entries and weights, and the total that they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from kpirules.model import scheme
from kpirules.model.checks import scorecard_overlap
from kpirules.model.expr import Expr, Skip, Unknown
from kpirules.model.expressions import expectations
from kpirules.model.items import clauses, totals
from kpirules.model.operations import fitting
from kpirules.model.reports import both, every
from kpirules.model.rules import forms
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.source.similar import did_you_mean
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def total(ws: Workspace) -> Type:
    """The total's type; elaborates every scorecard.

    Where the scorecards are not as they were meant to be, nothing is said of who has none.

    Raises:
        Skip: a scorecard has a fault.
    """
    nodes = [node for node in ws.file.items if isinstance(node, ast.Scorecard)]
    read = [
        fragment.item for fragment in ws.file.fragments if isinstance(fragment.item, ast.Scorecard) and fragment.headed
    ]
    conditions = [
        expectations.condition(ws, Scope(), card.applies) if card.applies else None for card in (*nodes, *read)
    ]
    scorecard_overlap.check(
        ws, [(node.name, applies) for node, applies in zip((*nodes, *read), conditions, strict=True)]
    )
    made = [_attempt(ws, *pair) for pair in zip(nodes, conditions, strict=False)]
    ws.scorecards = tuple(card for card in made if card is not None)
    ws.reach = _reach(ws, nodes)
    if ws.unread or None in made:
        raise Skip
    places = ws.places("total", nodes[0].name.span)
    bounds = [_total_bounds(ws, card) for card in ws.scorecards]
    low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
    ws.contested |= scorecard_overlap.strange(ws)
    missing = not ws.contested and not (scorecard_overlap.covers(ws) and all(card.always for card in ws.scorecards))
    parts = [adjust.rule for card in ws.scorecards for adjust in card.adjusts]
    parts += [card.total for card in ws.scorecards if card.total is not None]
    parts += [ws.indicators[entry.indicator].score for card in ws.scorecards for entry in card.everything]

    def merge() -> Type:
        return types.decimal(Unit.NUMBER, places, Fraction(low.__floor__()), Fraction(high.__ceil__()))

    return fitting.fit(ws, nodes[0].name.span, tuple(parts), merge).maybe(when=missing)


def _attempt(ws: Workspace, node: ast.Scorecard, applies: Expr | None) -> scheme.Scorecard | None:
    try:
        return _scorecard(ws, node, applies)
    except Skip:
        return None


def _reach(ws: Workspace, nodes: list[ast.Scorecard]) -> tuple[Fraction, Fraction] | None:
    """Bounds that the total comes to in any case: those of the scorecards and the scores that have no fault."""
    made = {card.name: card for card in ws.scorecards}
    bounds = [_surely(ws, node, made.get(node.name.text)) for node in nodes]
    known = [bound for bound in bounds if bound is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _surely(ws: Workspace, node: ast.Scorecard, card: scheme.Scorecard | None) -> tuple[Fraction, Fraction] | None:
    if card is not None and card.total is not None:
        return None if card.total.type.presumed else card.total.type.bounds
    if card is None and (node.adjusts or node.totals):
        return None
    entries = (*node.entries, *(entry for group in node.groups for entry in group.entries))
    scores = [ws.memo.get((entry.indicator.text, "score")) for entry in entries]
    known = [score for score in scores if score is not None and not score.presumed]
    added = [adjust.rule.type for adjust in card.adjusts] if card is not None else []
    if not known or any(type_.presumed for type_ in added):
        return None
    return _bounds(known, added)


def _total_bounds(ws: Workspace, card: scheme.Scorecard) -> tuple[Fraction, Fraction]:
    if card.total is not None:
        return card.total.type.bounds
    scores = [type_ for entry in card.everything if (type_ := ws.memo.get((entry.indicator, "score"))) is not None]
    return _bounds(scores or [types.constant(Unit.NUMBER, Fraction(0))], [adjust.rule.type for adjust in card.adjusts])


def _bounds(scores: Sequence[Type], added: Sequence[Type]) -> tuple[Fraction, Fraction]:
    """Bounds of a mean of scores and what is added to it."""
    low, high = (sum((type_.bounds[end] for type_ in added), Fraction(0)) for end in (0, 1))
    return min(type_.bounds[0] for type_ in scores) + low, max(type_.bounds[1] for type_ in scores) + high


def _scorecard(ws: Workspace, node: ast.Scorecard, applies: Expr | None) -> scheme.Scorecard:
    _names_once(ws, node)
    (groups, entries), adjusts = both(
        lambda: both(
            lambda: every(lambda group: _group(ws, group), node.groups),
            lambda: every(lambda written: entry(ws, written), node.entries),
        ),
        lambda: every(lambda adjust: _adjust(ws, adjust), node.adjusts),
    )
    everything = [*entries, *(entry for group in groups if group.weight for entry in group.entries)]
    always = any(
        weighted.weight and weighted.when is None and ws.indicators[weighted.indicator].always
        for weighted in everything
    )
    if isinstance(applies, Unknown):
        raise Skip
    card = scheme.Scorecard(node.name.text, node.title, applies, groups, entries, adjusts, always, None, node.span)
    written = clauses.clause(ws, node.totals, "total")
    return replace(card, total=_own_total(ws, node, card, written)) if written is not None else card


def _own_total(ws: Workspace, node: ast.Scorecard, card: scheme.Scorecard, written: ast.Clause) -> Expr:
    own_total = totals.rule(ws, node, card, written)
    if own_total.type.missing:
        raise fitting.unsure(ws, own_total, "total")
    return own_total


def _group(ws: Workspace, node: ast.Group) -> scheme.Group:
    share, entries = both(
        lambda: weight(ws, node.weight), lambda: every(lambda written: entry(ws, written), node.entries)
    )
    return scheme.Group(node.name.text, node.title, share, entries, node.span)


def weight(ws: Workspace, node: ast.Expr) -> Fraction:
    """A weight: a constant share from 0% to 100%.

    Raises:
        Skip: it is none.
    """
    value = expectations.number(ws, expectations.want(ws, Scope(), node, Unit.RATIO))
    if not 0 <= value <= 1:
        raise ws.fail("KPI532", node.span, {"text": node.span.text}, helps=[Note("share")])
    return value


def entry(ws: Workspace, node: ast.Entry) -> scheme.Entry:
    """An indicator's place in a scorecard.

    Raises:
        Skip: it has a fault.
    """
    name = node.indicator.text
    when = expectations.condition(ws, Scope(), node.when) if node.when is not None else None
    declared = ws.declared.get(name)
    if name in ws.broken:
        raise Skip
    if declared is None or declared.kind != "indicator":
        among = [text for text, known_ in ws.declared.items() if known_.kind == "indicator"]
        helps = did_you_mean(name, among, Note("declare", {"name": name}))
        parts = [fragment.item for fragment in ws.file.fragments]
        among += [part.name.text for part in parts if isinstance(part, ast.Indicator)]
        if name in ("weight", "权重") and among:
            helps = (Note("weight", {"write": among[0], "weight": node.weight.span.text}),)
        raise ws.fail("KPI215", node.indicator.span, {"name": name}, helps=helps)
    ws.value(name, "score", node.indicator.span)
    return scheme.Entry(name, weight(ws, node.weight), when, node.span)


def _adjust(ws: Workspace, node: ast.Adjust) -> scheme.Adjust:
    rule = forms.wanted(ws, Scope(), node.formula, Unit.NUMBER)
    if rule.type.missing:
        raise fitting.unsure(ws, rule, "adjust")
    return scheme.Adjust(node.name.text, node.title, rule, node.span)


def _names_once(ws: Workspace, node: ast.Scorecard) -> None:
    """Groups and adjusts are named within their scorecard; an indicator stands in it once."""
    seen: dict[str, ast.Name] = {}
    for name in [*(group.name for group in node.groups), *(adjust.name for adjust in node.adjusts)]:
        if name.text in seen:
            labels = [Label(seen[name.text].span, "first", {"name": name.text})]
            ws.report("KPI202", name.span, {"name": name.text}, labels=labels, helps=[Note("rename")])
        seen.setdefault(name.text, name)
    placed: dict[str, ast.Name] = {}
    for entry in [*node.entries, *(entry for group in node.groups for entry in group.entries)]:
        name = entry.indicator
        if name.text in placed:
            labels = [Label(placed[name.text].span, "first")]
            ws.report("KPI515", name.span, {"name": name.text}, labels=labels, helps=[Note("once")])
        placed.setdefault(name.text, name)
