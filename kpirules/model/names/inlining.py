"""Names read in place: what a define or a computed column stands for, worked out where its name is read."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.analysis.uses import is_contextual
from kpirules.model.expr import Expr, Unknown
from kpirules.model.scope import Key, Scope
from kpirules.model.traversal import children
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast, words
from kpirules.values.units import Unit

_LARGEST = 1000
"""How many expressions, one within the other or side by side, may stand in place of one name."""


def read(ws: Workspace, scope: Scope, key: Key, rule: ast.Rule) -> Expr | None:
    """The rule of a name as it reads in a scope, `Unknown` where it has a fault there; None where it is too large."""
    at = key, replace(scope, asked=None)
    if at not in ws.in_place:
        made, faults = ws.apart(lambda: ws.rule(at[1], rule))
        ws.in_place[at] = (None, []) if _too_large(made) else (made, faults)
    inlined, faults = ws.in_place[at]
    ws.repeat(faults)
    return inlined


def unsound(ws: Workspace, scope: Scope, key: Key, rule: ast.Rule) -> Expr:
    """The rule of a name that has faults by itself: `Unknown` where it has them in this scope too."""
    ws.inlined.add(key)
    inlined = read(ws, scope, key, rule)
    if inlined is not None:
        return inlined
    ws.repeat(ws.unsound[key])
    return Unknown(rule.span)


def _too_large(node: Expr) -> bool:
    pending, count = [node], 0
    while pending and count <= _LARGEST:
        count += 1
        pending += children(pending.pop())
    return count > _LARGEST


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
    key, rule = (name, "value"), declared.node.rule
    if not is_contextual(ws, name):
        if key in ws.unsound:
            return ws.open(path, lambda: unsound(ws, scope, key, rule))
        alone = ws.memo.get(key)
        achieved = scope.achieving and alone is not None and alone.unit is Unit.NUMBER
        return ws.open(path, lambda: read(ws, scope, key, rule)) if achieved else None
    if scope.indicator is None:
        labels = [Label(declared.name.span, "define", {"name": name})]
        of = next((item.name.text for item in ws.file.items if isinstance(item, ast.Indicator)), "…")
        helps = [Note("part", {"part": f"{of}.{words.spelling('achievement', ws.file.language)}"})]
        raise ws.fail("KPI214", path.span, {"name": name}, labels=labels, helps=helps)
    return ws.open(path, lambda: ws.rule(scope, rule))
