"""Items, each elaborated on demand; what defines and indicators are made of.

An item is elaborated when it is first needed, so the order of work is by need (`Workspace.settled`). A gate belongs to
the item it acts on, so that every reader sees the value after it.
"""

from __future__ import annotations

from fractions import Fraction

from kpirules.model import scheme
from kpirules.model.analysis import presence, unfolding
from kpirules.model.analysis.traversal import walk
from kpirules.model.analysis.uses import handled, is_contextual, named_elsewhere, rule_nodes, rule_paths
from kpirules.model.expr import Expr, Skip, Unknown, Val
from kpirules.model.expressions import aggregates, inference, recovered_types
from kpirules.model.items import advice, gates, grade_and_pay, outcomes, requirements, scorecards
from kpirules.model.names import columns, inlining
from kpirules.model.operations import operators
from kpirules.model.rules import forms
from kpirules.model.workspace import PARTS, Scope, Workspace, quietly
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast, words
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def resolve(ws: Workspace, key: tuple[str, str]) -> Type:
    """Elaborate the value `(item, part)` and give its type, after its gates.

    Raises:
        Skip: it has a fault, which has been reported.
    """
    item, part = key
    if part == columns.PART:
        return columns.resolve(ws, item)
    if item in ("total", "grade"):
        found = scorecards.total(ws) if item == "total" else grade_and_pay.grade(ws)
    else:
        node = ws.declared[item].node
        match node:
            case ast.Define():
                found = _define(ws, node)
            case ast.Indicator():
                found = _PART[part](ws, node)
            case ast.Pay():
                found = grade_and_pay.pay(ws, node)
            case ast.Outcome():
                found = outcomes.outcome(ws, node)
            case _:
                raise Skip
    return gates.gated(ws, item, part, found)


# ---------------------------------------------------------------- defines


def _define(ws: Workspace, node: ast.Define) -> Type:
    found, read = forms.named(ws, Scope(), node.rule)
    ws.defines[node.name.text] = scheme.Define(node.name.text, node.title, found, node.span)
    ws.parts[node.name.text, "value"] = read
    return read.type


def contextual(ws: Workspace, scope: Scope, path: ast.Path) -> Expr | None:
    """The rule of a define that means something else, or nothing, by itself than where it is read, as it is read there.

    It names `actual`, `target` or `achievement`, so that it belongs to the indicator in scope; or it reads what may be
    missing, which is known to be there in scope; or it is a ratio of numbers in an achievement. None where the path
    names something else.

    Raises:
        Skip: it is used outside an indicator, or has a fault there.
    """
    name = path.names[0].text
    declared = ws.declared.get(name)
    if declared is None or not isinstance(declared.node, ast.Define):
        return None
    node = declared.node
    unsound = (name, "value") in ws.unsound
    achieved = scope.achieving and (found := ws.memo.get((name, "value"))) is not None and found.unit is Unit.NUMBER
    if not (unsound or achieved or is_contextual(ws, name)):
        return None
    if not is_contextual(ws, name):
        return ws.open(
            path, lambda: (inlining.unsound if unsound else inlining.read)(ws, scope, (name, "value"), node.rule)
        )
    if scope.indicator is None:
        labels = [Label(declared.name.span, "define", {"name": name})]
        of = next((one.name.text for one in ws.file.items if isinstance(one, ast.Indicator)), "…")
        helps = [Note("part", {"part": f"{of}.{words.spelling('achievement', ws.file.language)}"})]
        raise ws.fail("KPI214", path.span, {"name": name}, labels=labels, helps=helps)
    return ws.open(path, lambda: forms.rule(ws, scope, node.rule))


# ---------------------------------------------------------------- indicators


def clause(ws: Workspace, clauses: tuple[ast.Clause, ...], name: str) -> ast.Clause | None:
    """The clause of that name; a second one is a fault."""
    found = [one for one in clauses if one.name == name]
    for extra in found[1:]:
        ws.twice(extra.word, extra.word.text, found[0].word)
    return found[0] if found else None


def needed(ws: Workspace, node: ast.Indicator | ast.Pay, name: str) -> ast.Clause:
    """The clause of that name.

    Raises:
        Skip: there is none.
    """
    found = clause(ws, node.clauses, name)
    if found is None:
        word = words.spelling(name, ws.file.language)
        raise ws.fail("KPI516", node.name.span, {"name": node.name.text, "clause": word}, helps=[Note(name)])
    return found


def _actual(ws: Workspace, node: ast.Indicator) -> Type:
    written = needed(ws, node, "actual")
    scope = Scope(indicator=node.name.text)
    found = inference.settle_free(ws, forms.rule(ws, scope, written.rule))
    return _figure(ws, node, "actual", forms.limited(ws, scope, found, written.limits))


def _target(ws: Workspace, node: ast.Indicator) -> Type:
    written = needed(ws, node, "target")
    scope = Scope(indicator=node.name.text)
    found = forms.rule(ws, scope, written.rule)
    unit = Unit.BARE
    with quietly():
        unit = ws.value(node.name.text, "actual", written.word).type.unit
    found = inference.settle_free(ws, operators.settle(ws, found, unit))
    return _figure(ws, node, "target", forms.limited(ws, scope, found, written.limits))


def _figure(ws: Workspace, node: ast.Indicator, part: str, found: Expr) -> Type:
    if not found.type.unit.numeric:
        raise operators.unfit(ws, found, words.spelling(part, ws.file.language), "count")
    ws.parts[node.name.text, part] = found
    return found.type


def _achievement(ws: Workspace, node: ast.Indicator) -> Type:
    name = node.name.text
    written = clause(ws, node.clauses, "achievement")
    if written is not None:
        scope = Scope(indicator=name, parts=("actual", "target"), achieving=True)
        found = forms.wanted(ws, scope, written.rule, Unit.RATIO, written.limits)
    else:
        found = _quotient(ws, node)
    ws.parts[name, "achievement"] = found
    places = ws.scheme.places.get("achievement")
    if places is None:
        return found.type
    return operators.fit(ws, found.span, (found,), lambda: types.rounding(found.type, places))


def _quotient(ws: Workspace, node: ast.Indicator) -> Expr:
    """`actual / target`, a ratio whatever their unit."""
    name = node.name.text
    target_clause, actual_clause = (needed(ws, node, part) for part in ("target", "actual"))
    actual = ws.value(name, "actual", actual_clause.rule.span)
    target = ws.value(name, "target", target_clause.rule.span)
    left, right, unit = operators.align(ws, actual, target)
    if unit is None:
        args = {"op": "/", "left": left.type.unit, "right": right.type.unit}
        labels, helps = operators.unit_labels(left, right), operators.clash_help(left, right)
        raise ws.fail("KPI302", target_clause.rule.span, args, labels=labels, helps=helps)
    return operators.quotient(ws, left, right, Unit.RATIO, target_clause.rule.span)


def _score(ws: Workspace, node: ast.Indicator) -> Type:
    name = node.name.text
    written = needed(ws, node, "score")
    has_target = any(one.name == "target" for one in node.clauses)
    has_achievement = has_target or any(one.name == "achievement" for one in node.clauses)
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
    rules_ = {one.name: one.rule for one in node.clauses}
    if part == "achievement" and part not in rules_:
        return any(_missing(ws, node, one, span) for one in ("actual", "target"))
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
        any(one.name == "achievement" for one in node.clauses),
        rule,
        inputs,
        policy,
        always=not excluded,
        span=node.span,
    )

    def merge() -> Type:
        found = rule.type.there().of(Unit.NUMBER)
        if policy is not None and policy.points is not None:
            found = types.choose(found, types.constant(Unit.NUMBER, policy.points), Unit.NUMBER)
        return types.rounding(found, places).maybe(when=excluded)

    return operators.fit(ws, rule.span, (rule,), merge)


def _policy(ws: Workspace, node: ast.Indicator) -> scheme.MissingPolicy | None:
    for extra in node.missing[1:]:
        ws.twice(extra.span, extra.span.text, node.missing[0].span)
    if not node.missing:
        return None
    written = node.missing[0]
    points: Fraction | None = None
    if written.points is not None:
        points = inference.number(ws, inference.want(ws, Scope(), written.points, Unit.NUMBER))
    return scheme.MissingPolicy(written.policy, points, written.span)


def _unhandled(ws: Workspace, node: ast.Indicator, inputs: tuple[str, ...], rule: Expr) -> Skip:
    name = node.name.text
    reasons = [ws.parts[name, part] for part in inputs if (name, part) in ws.parts] or [rule]
    labels = {label.span: label for label in (operators.why_missing(reason, ws) for reason in reasons)}
    language = ws.file.language
    help_ = {key: words.spelling(key, language) for key in ("missing", "exclude", "score")}
    return ws.fail("KPI401", node.name.span, {"name": name}, labels=labels.values(), helps=[Note("policy", help_)])


_PART = {"actual": _actual, "target": _target, "achievement": _achievement, "score": _score}


def elaborate(ws: Workspace) -> None:
    """Elaborate every item, used or not, so that each fault is told."""
    wanted: list[tuple[str, str, Span]] = []
    for name, declared in ws.declared.items():
        match declared.node:
            case ast.Indicator():
                named = {one.name for one in declared.node.clauses}
                wanted += [(name, part, declared.name.span) for part in PARTS if part in named or part == "score"]
            case ast.Define() if not is_contextual(ws, name):
                wanted.append((name, "value", declared.name.span))
            case ast.Pay() | ast.Outcome():
                wanted.append((name, "value", declared.name.span))
            case _:
                continue
    for item, part, span in wanted:
        with quietly():
            ws.settled(lambda: (item, part) in ws.unsound or ws.value(item, part, span))  # noqa: B023  # called at once
    _results(ws)
    _advice(ws)
    columns.elaborate(ws)
    _filters(ws)
    _unread(ws)


def _unread(ws: Workspace) -> None:
    """Report the faults of defines and computed columns that no place reads, and so none takes away."""
    for item, part in [*ws.unsound]:
        if (item, part) not in ws.inlined and not named_elsewhere(ws, item):
            with quietly():
                ws.value(item, part, ws.source_span)


def _results(ws: Workspace) -> None:
    for node in ws.file.items:
        if isinstance(node, ast.Scorecard | ast.Grade):
            item = "total" if isinstance(node, ast.Scorecard) else "grade"
            with quietly():
                ws.settled(lambda: ws.value(item, "value", node.span))  # noqa: B023  # called at once
        if isinstance(node, ast.Ensure):
            with quietly():
                ws.settled(lambda: outcomes.ensures(ws, node))  # noqa: B023  # called at once
        if isinstance(node, ast.Require):
            with quietly():
                ws.settled(lambda: requirements.require(ws, node))  # noqa: B023  # called at once
    gates.check(ws)


def _advice(ws: Workspace) -> None:
    given = [(node, one) for node in ws.file.items if isinstance(node, ast.Indicator) for one in node.advice]
    for node, one in given:
        with quietly():
            ws.settled(lambda: advice.advise(ws, node, one))  # noqa: B023  # called at once


def _filters(ws: Workspace) -> None:
    """Filtered tables that nothing uses are checked all the same."""
    for name, declared in ws.declared.items():
        node = declared.node
        if isinstance(node, ast.DefineTable):
            with quietly():
                ws.settled(lambda: aggregates.check_filter(ws, name, node))  # noqa: B023  # called at once
