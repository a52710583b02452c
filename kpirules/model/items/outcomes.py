"""Outcomes, which are results that are no money, and what the results must keep."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.analysis import presence, unfolding
from kpirules.model.analysis.uses import handled, nodes_in
from kpirules.model.expr import Expr, Val
from kpirules.model.expressions import inference
from kpirules.model.items import grade_and_pay
from kpirules.model.workspace import Scope, Workspace
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import Type


def outcome(ws: Workspace, node: ast.Outcome) -> Type:
    """An outcome's type: yes or no, missing for those who lack a result that it reads.

    Raises:
        Skip: it has a fault.
    """
    when, needs = judged(ws, node.when)
    ws.outcomes[node.name.text] = scheme.Outcome(node.name.text, node.title, when, needs, node.span)
    return types.BOOL.maybe(when=bool(needs))


def ensures(ws: Workspace, node: ast.Ensure) -> None:
    """What the results must keep.

    Raises:
        Skip: it has a fault.
    """
    holds, needs = judged(ws, node.condition)
    ws.ensures.append(scheme.Ensure(node.message.value, holds, needs, node.span))


def judged(ws: Workspace, node: ast.Expr) -> tuple[Expr, tuple[Val, ...]]:
    """A condition over results, and the results that it reads and some lack: it is for those who have them.

    Results are the total, the grade and what is paid to the assessed. What the condition itself asks for by
    `is missing` or `or else` is for all.

    Raises:
        Skip: it has a fault.
    """
    asked = handled(ws, nodes_in(node))
    known = grade_and_pay.assessed(ws)
    known -= {presence.value(item, "value") for item in asked}
    found = inference.condition(ws, Scope(present=known), node)
    read = {(part.item, part.part): part for part in unfolding.parts(ws, found) if isinstance(part, Val)}
    lacking = (val for (item, part), val in read.items() if presence.value(item, part) in known)
    return found, tuple(val for val in lacking if ws.value(val.item, val.part, val.span).type.missing)
