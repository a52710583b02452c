"""Results: scorecards and their total, the grade, gates, pay."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kpirules.model import infer, items, operators, presumed, rules, scheme, totals
from kpirules.model.checks import overlap
from kpirules.model.expr import Expr, Lit, Skip, Unknown
from kpirules.model.workspace import Scope, Workspace, both, every, quietly
from kpirules.source import Label, Note, Span
from kpirules.source.similar import did_you_mean
from kpirules.syntax import ast, words
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

ASSESSED = frozenset({("val", "total", "value"), ("val", "grade", "value")})
"""What is there for a subject that has been assessed, by `presence` key."""


_GRADE = Type(Unit.TEXT)


def assessed(ws: Workspace) -> frozenset[tuple[object, ...]]:
    """What is there for a subject that has been assessed, the pay items and components that go to all such among it."""
    pays = (node for node in ws.file.items if isinstance(node, ast.Pay) and node.applies is None)
    return ASSESSED | {("val", pay.name.text, "value") for pay in pays}


# ---------------------------------------------------------------- scorecards and the total


def total(ws: Workspace) -> Type:
    """The total's type; elaborates every scorecard.

    Where the scorecards are not as they were meant to be, nothing is said of who has none.

    Raises:
        Skip: a scorecard has a fault.
    """
    nodes = [node for node in ws.file.items if isinstance(node, ast.Scorecard)]
    read = [one.item for one in ws.file.fragments if isinstance(one.item, ast.Scorecard) and one.headed]
    conditions = [infer.condition(ws, Scope(), one.applies) if one.applies else None for one in (*nodes, *read)]
    overlap.check(ws, [(node.name, applies) for node, applies in zip((*nodes, *read), conditions, strict=True)])
    made = [_attempt(ws, *one) for one in zip(nodes, conditions, strict=False)]
    ws.scorecards = tuple(card for card in made if card is not None)
    ws.reach = _reach(ws, nodes)
    if ws.unread or None in made:
        raise Skip
    places = ws.places("total", nodes[0].name.span)
    bounds = [_total_bounds(ws, card) for card in ws.scorecards]
    low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
    ws.contested |= overlap.strange(ws)
    missing = not ws.contested and not (overlap.covers(ws) and all(card.always for card in ws.scorecards))
    parts = [adjust.rule for card in ws.scorecards for adjust in card.adjusts]
    parts += [card.total for card in ws.scorecards if card.total is not None]
    parts += [ws.indicators[entry.indicator].score for card in ws.scorecards for entry in card.everything]

    def merge() -> Type:
        return types.decimal(Unit.NUMBER, places, Fraction(low.__floor__()), Fraction(high.__ceil__()))

    return operators.fit(ws, nodes[0].name.span, tuple(parts), merge).maybe(when=missing)


def _attempt(ws: Workspace, node: ast.Scorecard, applies: Expr | None) -> scheme.Scorecard | None:
    try:
        return _scorecard(ws, node, applies)
    except Skip:
        return None


def _reach(ws: Workspace, nodes: list[ast.Scorecard]) -> tuple[Fraction, Fraction] | None:
    """Bounds that the total comes to in any case: those of the scorecards and the scores that have no fault."""
    made = {card.name: card for card in ws.scorecards}
    bounds = [_surely(ws, node, made.get(node.name.text)) for node in nodes]
    known = [one for one in bounds if one is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _surely(ws: Workspace, node: ast.Scorecard, card: scheme.Scorecard | None) -> tuple[Fraction, Fraction] | None:
    if card is not None and card.total is not None:
        return None if card.total.type.presumed else card.total.type.bounds
    if card is None and (node.adjusts or node.totals):
        return None
    entries = (*node.entries, *(entry for group in node.groups for entry in group.entries))
    scores = [ws.memo.get((entry.indicator.text, "score")) for entry in entries]
    known = [score.bounds for score in scores if score is not None and not score.presumed]
    added = [adjust.rule.type for adjust in card.adjusts] if card is not None else []
    if not known or any(one.presumed for one in added):
        return None
    low, high = (sum(one.bounds[end] for one in added) for end in (0, 1))
    return min(low for low, _ in known) + low, max(high for _, high in known) + high


def _total_bounds(ws: Workspace, card: scheme.Scorecard) -> tuple[Fraction, Fraction]:
    scores = [found for entry in card.everything if (found := ws.memo.get((entry.indicator, "score"))) is not None]
    low = min((score.bounds[0] for score in scores), default=Fraction(0))
    high = max((score.bounds[1] for score in scores), default=Fraction(0))
    if card.total is not None:
        return card.total.type.bounds
    for adjust in card.adjusts:
        low, high = low + adjust.rule.type.bounds[0], high + adjust.rule.type.bounds[1]
    return low, high


def _scorecard(ws: Workspace, node: ast.Scorecard, applies: Expr | None) -> scheme.Scorecard:
    _names_once(ws, node)
    (groups, entries), adjusts = both(
        lambda: both(
            lambda: every(lambda group: _group(ws, group), node.groups),
            lambda: every(lambda one: entry(ws, one), node.entries),
        ),
        lambda: every(lambda adjust: _adjust(ws, adjust), node.adjusts),
    )
    everything = [*entries, *(entry for group in groups if group.weight for entry in group.entries)]
    always = any(one.weight and one.when is None and ws.indicators[one.indicator].always for one in everything)
    if isinstance(applies, Unknown):
        raise Skip
    card = scheme.Scorecard(node.name.text, node.title, applies, groups, entries, adjusts, always, None, node.span)
    written = items.clause(ws, node.totals, "total")
    return replace(card, total=_own_total(ws, node, card, written)) if written is not None else card


def _own_total(ws: Workspace, node: ast.Scorecard, card: scheme.Scorecard, written: ast.Clause) -> Expr:
    found = totals.rule(ws, node, card, written)
    if found.type.missing:
        raise _not_payable(ws, found, "total")
    return found


def _group(ws: Workspace, node: ast.Group) -> scheme.Group:
    share, entries = both(lambda: weight(ws, node.weight), lambda: every(lambda one: entry(ws, one), node.entries))
    return scheme.Group(node.name.text, node.title, share, entries, node.span)


def weight(ws: Workspace, node: ast.Expr) -> Fraction:
    """A weight: a constant share from 0% to 100%.

    Raises:
        Skip: it is none.
    """
    value = infer.number(ws, infer.want(ws, Scope(), node, Unit.RATIO))
    if not 0 <= value <= 1:
        raise ws.fail("KPI532", node.span, {"text": node.span.text}, helps=[Note("share")])
    return value


def entry(ws: Workspace, node: ast.Entry) -> scheme.Entry:
    """An indicator's place in a scorecard.

    Raises:
        Skip: it has a fault.
    """
    name = node.indicator.text
    when = infer.condition(ws, Scope(), node.when) if node.when is not None else None
    declared = ws.declared.get(name)
    if name in ws.broken:
        raise Skip
    if declared is None or declared.kind != "indicator":
        among = [text for text, known_ in ws.declared.items() if known_.kind == "indicator"]
        helps = did_you_mean(name, among, Note("declare", {"name": name}))
        parts = [one.item for one in ws.file.fragments]
        among += [part.name.text for part in parts if isinstance(part, ast.Indicator)]
        if name in ("weight", "权重") and among:
            helps = (Note("weight", {"write": among[0], "weight": node.weight.span.text}),)
        raise ws.fail("KPI215", node.indicator.span, {"name": name}, helps=helps)
    ws.value(name, "score", node.indicator.span)
    return scheme.Entry(name, weight(ws, node.weight), when, node.span)


def _adjust(ws: Workspace, node: ast.Adjust) -> scheme.Adjust:
    found = rules.wanted(ws, Scope(), node.formula, Unit.NUMBER)
    if found.type.missing:
        raise _not_payable(ws, found, "adjust")
    return scheme.Adjust(node.name.text, node.title, found, node.span)


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


# ---------------------------------------------------------------- grade


def grade(ws: Workspace) -> Type:
    """The grade's type: a text of its rows, missing where the total is.

    Raises:
        Skip: its rule has a fault.
    """
    node = next(node for node in ws.file.items if isinstance(node, ast.Grade))
    scope = Scope().knowing(ASSESSED)
    order: dict[str, Span] = {}
    written, texts = in_texts(ws, node.rule)
    for part in presumed.row_values(node.rule):
        if not isinstance(part, ast.Formula) or not isinstance(part.expr, ast.Text):
            continue
        value = part.expr.value
        if value in order:
            labels = [Label(order[value], "first")]
            ws.report("KPI534", part.span, {"grade": value}, labels=labels, helps=[Note("one")])
        order.setdefault(value, part.span)
    if not texts:
        rules.rule(ws, scope, written)
        raise Skip
    found = rules.wanted(ws, scope, node.rule, Unit.TEXT)
    ws.grade = scheme.Grade(found, tuple(order), node.span)
    missing = False
    if ws.has(ast.Scorecard) and not ws.unread:
        with quietly():  # who has no total is not known
            missing = ws.value("total", "value", node.span).type.missing
    return replace(found.type, domain=tuple(order)).maybe(when=missing or found.type.missing)


def in_texts(ws: Workspace, rule: ast.Rule) -> tuple[ast.Rule, bool]:
    """A rule for a grade with texts for all its values, and whether it is written so; what is none is reported."""
    if not isinstance(rule, ast.Formula):
        made = [(row, *in_texts(ws, row.value)) for row in rule.rows]
        rows = tuple(replace(row, value=value) for row, value, _ in made)
        return replace(rule, rows=rows), all(sound for _, _, sound in made)
    if isinstance(rule.expr, ast.Text):
        return rule, True
    text = rule.expr.span.text
    word = isinstance(rule.expr, ast.Path | ast.Number) and len(rule.expr.span.text.split(".")) == 1
    helps = [Note("quote", {"write": f'"{text}"'}) if word else Note("rows")]
    ws.report("KPI533", rule.expr.span, {"text": text}, helps=helps)
    return ast.Formula(ast.Text(text, span=rule.expr.span), span=rule.span), False


# ---------------------------------------------------------------- gates


def gated(ws: Workspace, item: str, part: str, found: Type) -> Type:
    """The type of a value after the gates on it, in file order; what one with a fault makes of it is not known."""
    for gate in ws.file.items:
        if not isinstance(gate, ast.Gate):
            continue
        for effect in gate.effects:
            if target_of(ws, effect.target) != (item, part):
                continue
            try:
                found = _effect(ws, gate, effect, (item, part), found)
            except Skip:
                found = types.doubted(found) if found.unit.numeric else found
    return found


def target_of(ws: Workspace, path: ast.Path) -> tuple[str, str] | None:
    """The value a gate acts on: `total`, `grade`, a score, a pay item or a component; None where it is none of them."""
    first = path.names[0].text
    declared = ws.declared.get(first)
    if len(path.names) == 2 and declared and declared.kind == "indicator":  # noqa: PLR2004  # an item and its part
        return (first, "score") if words.builtin(path.names[1].text) == "score" else None
    if len(path.names) != 1:
        return None
    if declared:
        return (first, "value") if declared.kind in ("pay", "component") else None
    word = words.builtin(first)
    return (word, "value") if word in ("total", "grade") else None


def _effect(ws: Workspace, gate: ast.Gate, effect: ast.GateEffect, target: tuple[str, str], found: Type) -> Type:
    item, part = target
    when = infer.condition(ws, Scope(), gate.when)
    bound = _bound(ws, effect, found)
    made = scheme.Effect(gate.name.text, gate.title, item, part, effect.how, when, bound, effect.span)
    ws.effects[effect.span] = made
    if found.unit is Unit.TEXT:
        return found
    digits = ws.places(made.rounded_as, effect.span)

    def capped() -> Type:
        return types.rounding(types.choose(found, bound.type, found.unit), digits)

    return operators.fit(ws, effect.span, (bound,), capped)


def _bound(ws: Workspace, effect: ast.GateEffect, target: Type) -> Expr:
    """What a gate sets, or limits its target to: of the target's unit, and one of the grades.

    Raises:
        Skip: it has a fault.
    """
    grade = target_of(ws, effect.target) == ("grade", "value")
    bound = infer.want(ws, Scope(asked=_GRADE if grade else None), effect.bound, target.unit)
    if bound.type.missing:
        raise operators.lost(ws, bound, effect.span, "limit")
    domain = None if target.presumed else target.domain
    if domain is not None and (not isinstance(bound, Lit) or bound.value not in domain):
        grades = ", ".join(f'"{one}"' for one in domain)
        raise ws.fail("KPI535", bound.span, {"text": bound.span.text}, helps=[Note("grades", {"grades": grades})])
    return bound


def gates(ws: Workspace) -> None:
    """Refuse gates on what cannot be gated; one on something with a fault of its own is checked all the same."""
    for node in ws.file.items:
        if isinstance(node, ast.Gate):
            with quietly():
                ws.settled(lambda: gate(ws, node))  # noqa: B023  # called at once


def gate(ws: Workspace, node: ast.Gate) -> None:
    """Check a gate, apart from what it acts on."""
    infer.condition(ws, Scope(), node.when)
    _effects_apart(ws, node)
    for effect in node.effects:
        known = presumed.type_of(ws, Scope(), effect.target)
        if known is None and effect.target.names[0].text in ws.broken:
            continue
        if known is None or (len(effect.target.names) > 1 and known.unit is not Unit.NUMBER) or known.unit is Unit.BOOL:
            ws.report("KPI536", effect.target.span, {"name": effect.target.text}, helps=_gateable(ws, effect.target))
            continue
        with quietly():
            _bound(ws, effect, ws.memo.get(target_of(ws, effect.target) or ("", "")) or known)


def _gateable(ws: Workspace, path: ast.Path) -> list[Note]:
    """What a gate can act on in this scheme; of an indicator, its score; of a grade, that no item gives one."""
    language = ws.file.language
    score = words.spelling("score", language)
    kinds = {name: declared.kind for name, declared in ws.declared.items()}
    if kinds.get(path.names[0].text) == "indicator":
        return [Note("score", {"write": f"{path.names[0].text}.{score}"})]
    found = [words.spelling("total", language)] if ws.has(ast.Scorecard) else []
    found += [words.spelling("grade", language)] if ws.has(ast.Grade) else []
    found += [f"{name}.{score}" if kind == "indicator" else name for name, kind in kinds.items() if kind in _GATED]
    ungraded = path.text in words.spellings("grade") and not ws.has(ast.Grade)
    among = Note("among", {"names": ", ".join(found) or "…"})
    return [Note("grade"), among] if ungraded else [among]


_GATED = ("indicator", "pay", "component")


def _effects_apart(ws: Workspace, gate: ast.Gate) -> None:
    """What one gate does to one value: each thing once, and nothing that another undoes."""
    before: list[tuple[ast.GateEffect, Expr]] = []
    for effect in gate.effects:
        target = target_of(ws, effect.target)
        scope = Scope(asked=_GRADE if target == ("grade", "value") else None)
        bound = infer.infer(ws, scope, effect.bound)
        for other, first in before:
            if target is None or target != target_of(ws, other.target):
                continue
            if effect.how == other.how:
                clause = effect.span.text[: effect.bound.span.start - effect.span.start].strip()
                ws.twice(effect.span, clause, other.span)
            elif "is" not in (effect.how, other.how):
                low, high = (first, bound) if effect.how == "at most" else (bound, first)
                rules.clash(ws, effect.span, other.span, low, high)
        before.append((effect, bound))


# ---------------------------------------------------------------- pay


def pay(ws: Workspace, node: ast.Pay) -> Type:
    """A pay item's type: money to the declared places, missing for those who do not get the item.

    Raises:
        Skip: it has a fault.
    """
    applies = infer.condition(ws, Scope(), node.applies) if node.applies is not None else None
    unnamed = applies is None and ws.has(ast.Scorecard)
    scope = Scope().knowing(assessed(ws)) if unnamed else Scope()
    if applies is not None:
        scope = scope.knowing(infer.shown(applies, holds=True))
    when = infer.condition(ws, scope, node.when) if node.when is not None else None
    if when is not None:
        scope = scope.knowing(infer.shown(when, holds=True))
    written = items.needed(ws, node, "amount")
    amount = rules.wanted(ws, scope, written.rule, Unit.MONEY, written.limits)
    if amount.type.missing:
        raise _not_payable(ws, amount, "pay")
    places = ws.places("money", node.name.span)
    ws.pays[node.name.text] = scheme.Pay(node.name.text, node.title, applies, when, amount, node.paid, node.span)
    missing = applies is not None or (unnamed and ws.value("total", "value", node.name.span).type.missing)

    def merge() -> Type:
        zero = types.constant(Unit.MONEY, Fraction(0))
        found = types.choose(amount.type, zero, Unit.MONEY) if when is not None else amount.type
        return types.rounding(found, places).maybe(when=missing)

    return operators.fit(ws, amount.span, (amount,), merge)


def _not_payable(ws: Workspace, node: Expr, kind: str) -> Skip:
    text = node.span.text
    labels = [operators.why_missing(node, ws)]
    return ws.fail("KPI405", node.span, {"text": text}, labels=labels, helps=[Note(kind), Note("or_else")])
