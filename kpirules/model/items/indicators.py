"""Indicators: actual, target, achievement, score, and what a missing value does."""

from __future__ import annotations

from fractions import Fraction

from kpirules.model import scheme
from kpirules.model.analysis import presence, unfolding
from kpirules.model.analysis.uses import handled, rule_nodes, rule_paths
from kpirules.model.expr import Expr, Skip, Unknown, Val
from kpirules.model.expressions import expectations, recovered_types
from kpirules.model.items import clauses
from kpirules.model.operations import fitting, operators
from kpirules.model.reports import quietly
from kpirules.model.rules import forms
from kpirules.model.scope import PARTS, Scope
from kpirules.model.traversal import walk
from kpirules.model.workspace import Workspace
from kpirules.source import Note, Span
from kpirules.syntax import ast, words
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def _actual(ws: Workspace, node: ast.Indicator) -> Type:
    written = clauses.needed(ws, node, "actual")
    scope = Scope(indicator=node.name.text)
    actual = expectations.settle_free(ws, forms.rule(ws, scope, written.rule))
    return _figure(ws, node, "actual", forms.limited(ws, scope, actual, written.limits))


def _target(ws: Workspace, node: ast.Indicator) -> Type:
    written = clauses.needed(ws, node, "target")
    scope = Scope(indicator=node.name.text)
    target = forms.rule(ws, scope, written.rule)
    unit = Unit.BARE
    with quietly():
        unit = ws.value(node.name.text, "actual", written.word).type.unit
    target = expectations.settle_free(ws, fitting.settle(ws, target, unit))
    return _figure(ws, node, "target", forms.limited(ws, scope, target, written.limits))


def _figure(ws: Workspace, node: ast.Indicator, part: str, figure: Expr) -> Type:
    if not figure.type.unit.numeric:
        raise fitting.unfit(ws, figure, words.spelling(part, ws.file.language), "count")
    ws.parts[node.name.text, part] = figure
    return figure.type


def _achievement(ws: Workspace, node: ast.Indicator) -> Type:
    name = node.name.text
    written = clauses.clause(ws, node.clauses, "achievement")
    if written is not None:
        scope = Scope(indicator=name, parts=("actual", "target"), achieving=True)
        achievement = forms.wanted(ws, scope, written.rule, Unit.RATIO, written.limits)
    else:
        achievement = _quotient(ws, node)
    ws.parts[name, "achievement"] = achievement
    places = ws.scheme.places.get("achievement")
    if places is None:
        return achievement.type
    return fitting.fit(ws, achievement.span, (achievement,), lambda: types.rounding(achievement.type, places))


def _quotient(ws: Workspace, node: ast.Indicator) -> Expr:
    """`actual / target`, a ratio whatever their unit."""
    name = node.name.text
    target_clause, actual_clause = (clauses.needed(ws, node, part) for part in ("target", "actual"))
    actual = ws.value(name, "actual", actual_clause.rule.span)
    target = ws.value(name, "target", target_clause.rule.span)
    left, right, unit = fitting.align(ws, actual, target)
    if unit is None:
        args = {"op": "/", "left": left.type.unit, "right": right.type.unit}
        labels, helps = fitting.unit_labels(left, right), fitting.clash_help(left, right)
        raise ws.fail("KPI302", target_clause.rule.span, args, labels=labels, helps=helps)
    return operators.quotient(ws, left, right, Unit.RATIO, target_clause.rule.span)


def _score(ws: Workspace, node: ast.Indicator) -> Type:
    name = node.name.text
    written = clauses.needed(ws, node, "score")
    has_target = any(clause.name == "target" for clause in node.clauses)
    has_achievement = has_target or any(clause.name == "achievement" for clause in node.clauses)
    parts = ("actual", *(("target",) if has_target else ()), *(("achievement",) if has_achievement else ()))
    tested = handled(ws, rule_nodes(written.rule))
    present = frozenset(presence.value(name, part) for part in parts if part not in tested)
    scope = Scope(indicator=name, parts=parts, present=present)
    rule = forms.wanted(ws, scope, written.rule, Unit.NUMBER, written.limits)
    policy = _policy(ws, node)
    with quietly():  # without it the score is what its rule makes of any
        ws.value(name, "actual", written.word)
    used = {part.part for part in unfolding.parts(ws, rule) if isinstance(part, Val) and part.item == name}
    if any(isinstance(part, Unknown) for part in walk(rule)):
        used |= {word for path in rule_paths(written.rule) if (word := words.builtin(path.text)) in PARTS}
    inputs = tuple(part for part in parts if part in used - tested and _missing(ws, node, part, written.word))
    if policy is None and (inputs or rule.type.missing):
        raise _unhandled(ws, node, inputs, rule)
    return _scored(ws, node, rule, inputs, policy)


def _missing(ws: Workspace, node: ast.Indicator, part: str, span: Span) -> bool:
    """Whether a part of an indicator may be missing; of one with a fault, whether it may be so whatever the fault."""
    try:
        return ws.value(node.name.text, part, span).type.missing
    except Skip:
        pass
    rules_ = {clause.name: clause.rule for clause in node.clauses}
    if part == "achievement" and part not in rules_:
        return any(_missing(ws, node, source, span) for source in ("actual", "target"))
    return part in rules_ and recovered_types.lacking(ws, rules_[part])


def _scored(
    ws: Workspace, node: ast.Indicator, rule: Expr, inputs: tuple[str, ...], policy: scheme.MissingPolicy | None
) -> Type:
    name = node.name.text
    places = ws.places("score", node.name.span)
    excluded = policy is not None and policy.policy == "exclude" and bool(inputs or rule.type.missing)
    ws.indicators[name] = scheme.Indicator(
        name,
        node.title,
        ws.parts.get((name, "actual"), Unknown(node.span)),
        ws.parts.get((name, "target")),
        ws.parts.get((name, "achievement")),
        any(clause.name == "achievement" for clause in node.clauses),
        rule,
        inputs,
        policy,
        always=not excluded,
        span=node.span,
    )

    def merge() -> Type:
        type_ = rule.type.there().of(Unit.NUMBER)
        if policy is not None and policy.points is not None:
            type_ = types.choose(type_, types.constant(Unit.NUMBER, policy.points), Unit.NUMBER)
        return types.rounding(type_, places).maybe(when=excluded)

    return fitting.fit(ws, rule.span, (rule,), merge)


def _policy(ws: Workspace, node: ast.Indicator) -> scheme.MissingPolicy | None:
    for extra in node.missing[1:]:
        ws.twice(extra.span, extra.span.text, node.missing[0].span)
    if not node.missing:
        return None
    written = node.missing[0]
    points: Fraction | None = None
    if written.points is not None:
        points = expectations.number(ws, expectations.want(ws, Scope(), written.points, Unit.NUMBER))
    return scheme.MissingPolicy(written.policy, points, written.span)


def _unhandled(ws: Workspace, node: ast.Indicator, inputs: tuple[str, ...], rule: Expr) -> Skip:
    name = node.name.text
    reasons = [ws.parts[name, part] for part in inputs if (name, part) in ws.parts] or [rule]
    labels = {label.span: label for label in (fitting.why_missing(reason, ws) for reason in reasons)}
    language = ws.file.language
    help_ = {key: words.spelling(key, language) for key in ("missing", "exclude", "score")}
    return ws.fail("KPI401", node.name.span, {"name": name}, labels=labels.values(), helps=[Note("policy", help_)])


PART = {"actual": _actual, "target": _target, "achievement": _achievement, "score": _score}
"""By the English word of a part, what elaborates it and gives its type."""
