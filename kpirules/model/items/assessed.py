"""What those have who are assessed, and conditions over it."""

from __future__ import annotations

from kpirules.model.analysis import presence, unfolding
from kpirules.model.analysis.uses import handled, nodes_in
from kpirules.model.expr import Expr, Val
from kpirules.model.expressions import expectations
from kpirules.model.scope import Presence, Scope
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast

ASSESSED = frozenset(presence.value(item, "value") for item in ("total", "grade"))
"""What is there for a subject that has been assessed, by `presence` key."""


def assessed(ws: Workspace) -> frozenset[Presence]:
    """What is there for a subject that has been assessed, the pay items and components that go to all such among it."""
    if ws.assessed is None:
        pays = (node for node in ws.file.items if isinstance(node, ast.Pay) and node.applies is None)
        ws.assessed = ASSESSED | {presence.value(pay.name.text, "value") for pay in pays}
    return ws.assessed


def judged(ws: Workspace, node: ast.Expr) -> tuple[Expr, tuple[Val, ...]]:
    """A condition over results, and the results that it reads and some lack: it is for those who have them.

    Results are the total, the grade and what is paid to the assessed. What the condition itself asks for by
    `is missing` or `or else` is for all.

    Raises:
        Skip: it has a fault.
    """
    asked = handled(ws, nodes_in(node))
    known = assessed(ws)
    known -= {presence.value(item, "value") for item in asked}
    holds = expectations.condition(ws, Scope(present=known), node)
    read = {(part.item, part.part): part for part in unfolding.parts(ws, holds) if isinstance(part, Val)}
    lacking = (val for (item, part), val in read.items() if presence.value(item, part) in known)
    return holds, tuple(val for val in lacking if ws.value(val.item, val.part, val.span).type.missing)
