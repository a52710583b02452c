"""Names read in place: what a define or a computed column stands for, worked out where its name is read."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.analysis.traversal import children
from kpirules.model.expr import Expr, Unknown
from kpirules.model.rules import forms
from kpirules.model.workspace import Key, Scope, Workspace
from kpirules.syntax import ast

_LARGEST = 1000
"""How many expressions, one within the other or side by side, may stand in place of one name."""


def read(ws: Workspace, scope: Scope, key: Key, rule: ast.Rule) -> Expr | None:
    """The rule of a name as it reads in a scope, `Unknown` where it has a fault there; None where it is too large."""
    at = key, replace(scope, asked=None)
    if at not in ws.in_place:
        found, faults = ws.apart(lambda: forms.rule(ws, at[1], rule))
        ws.in_place[at] = (None, []) if _too_large(found) else (found, faults)
    found_, faults = ws.in_place[at]
    ws.repeat(faults)
    return found_


def unsound(ws: Workspace, scope: Scope, key: Key, rule: ast.Rule) -> Expr:
    """The rule of a name that has faults by itself: `Unknown` where it has them in this scope too."""
    ws.inlined.add(key)
    found = read(ws, scope, key, rule)
    if found is not None:
        return found
    ws.repeat(ws.unsound[key])
    return Unknown(rule.span)


def _too_large(node: Expr) -> bool:
    pending, count = [node], 0
    while pending and count <= _LARGEST:
        count += 1
        pending += children(pending.pop())
    return count > _LARGEST
