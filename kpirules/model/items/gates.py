"""Gates: what each does to a value, and what it may act on."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.expr import Expr, Lit, Skip
from kpirules.model.expressions import expectations, recovered_types
from kpirules.model.operations import fitting
from kpirules.model.reports import quietly
from kpirules.model.rules import forms
from kpirules.model.scope import Key, Scope
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.syntax import ast, words
from kpirules.syntax.bounds import DEEPEST
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

_GRADE = Type(Unit.TEXT)


def gated(ws: Workspace, item: str, part: str, type_: Type) -> Type:
    """The type of a value after the gates on it, in file order; what one with a fault makes of it is not known."""
    for nth, (gate, effect) in enumerate(_acting(ws).get((item, part), ())[: DEEPEST + 1]):
        try:
            if nth == DEEPEST:
                raise ws.fail("KPI119", effect.span, {"limit": DEEPEST}, helps=[Note("gates", {"limit": DEEPEST})])
            type_ = _effect(ws, gate, effect, (item, part), type_)
        except Skip:
            type_ = types.doubted(type_) if type_.unit.numeric else type_
    return type_


def _acting(ws: Workspace) -> dict[Key, list[tuple[ast.Gate, ast.GateEffect]]]:
    """What gates do, by the value that it is done to, in file order."""
    if ws.acting is None:
        ws.acting = {}
        for gate in (node for node in ws.file.items if isinstance(node, ast.Gate)):
            for effect in gate.effects:
                target = target_of(ws, effect.target)
                if target is not None:
                    ws.acting.setdefault(target, []).append((gate, effect))
    return ws.acting


def target_of(ws: Workspace, path: ast.Path) -> Key | None:
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


def _effect(ws: Workspace, gate: ast.Gate, effect: ast.GateEffect, target: Key, type_: Type) -> Type:
    item, part = target
    when = expectations.condition(ws, Scope(), gate.when)
    bound = _bound(ws, effect, type_)
    made = scheme.Effect(gate.name.text, gate.title, item, part, effect.how, when, bound, effect.span)
    ws.effects[effect.span] = made
    if type_.unit is Unit.TEXT:
        return type_
    digits = ws.places(made.rounded_as, effect.span)

    def capped() -> Type:
        return types.rounding(types.choose(type_, bound.type, type_.unit), digits)

    return fitting.fit(ws, effect.span, (bound,), capped, beside=(type_,))


def _bound(ws: Workspace, effect: ast.GateEffect, target: Type) -> Expr:
    """What a gate sets, or limits its target to: of the target's unit, and one of the grades.

    Raises:
        Skip: it has a fault.
    """
    grade = target_of(ws, effect.target) == ("grade", "value")
    bound = expectations.want(ws, Scope(asked=_GRADE if grade else None), effect.bound, target.unit)
    if bound.type.missing:
        raise fitting.lost(ws, bound, effect.span, "limit")
    domain = None if target.presumed else target.domain
    value = known(bound)
    if domain is not None and value not in domain:
        grades = ", ".join(f'"{grade}"' for grade in domain)
        raise ws.fail("KPI535", bound.span, {"text": bound.span.text}, helps=[Note("grades", {"grades": grades})])
    return Lit(value, type=bound.type, span=bound.span) if isinstance(value, str) else bound


def check(ws: Workspace) -> None:
    """Refuse gates on what cannot be gated; one on something with a fault of its own is checked all the same."""
    for node in ws.file.items:
        if isinstance(node, ast.Gate):
            with quietly():
                ws.settled(lambda: gate(ws, node))  # noqa: B023  # called at once


def gate(ws: Workspace, node: ast.Gate) -> None:
    """Check a gate, apart from what it acts on."""
    expectations.condition(ws, Scope(), node.when)
    _effects_apart(ws, node)
    for effect in node.effects:
        known = recovered_types.type_of(ws, Scope(), effect.target)
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
    values = [words.spelling("total", language)] if ws.has(ast.Scorecard) else []
    values += [words.spelling("grade", language)] if ws.has(ast.Grade) else []
    values += [f"{name}.{score}" if kind == "indicator" else name for name, kind in kinds.items() if kind in _GATED]
    ungraded = path.text in words.spellings("grade") and not ws.has(ast.Grade)
    among = Note("among", {"names": ", ".join(values) or "…"})
    return [Note("grade"), among] if ungraded else [among]


_GATED = ("indicator", "pay", "component")


def _effects_apart(ws: Workspace, gate: ast.Gate) -> None:
    """What one gate does to one value: each thing once, and nothing that another undoes."""
    before: list[tuple[ast.GateEffect, Expr]] = []
    for effect in gate.effects:
        target = target_of(ws, effect.target)
        scope = Scope(asked=_GRADE if target == ("grade", "value") else None)
        bound = ws.infer(scope, effect.bound)
        for other, first in before:
            if target is None or target != target_of(ws, other.target):
                continue
            if effect.how == other.how:
                clause = effect.span.text[: effect.bound.span.start - effect.span.start].strip()
                ws.twice(effect.span, clause, other.span)
            elif "is" not in (effect.how, other.how):
                low, high = (first, bound) if effect.how == "at most" else (bound, first)
                forms.clash(ws, effect.span, other.span, low, high)
        before.append((effect, bound))
