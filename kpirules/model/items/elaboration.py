"""Items, each elaborated on demand, whatever its kind.

An item is elaborated when it is first needed, so the order of work is by need (`Workspace.settled`). A gate belongs to
the item it acts on, so that every reader sees the value after it.
"""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.analysis.uses import is_contextual, named_elsewhere
from kpirules.model.expr import Skip
from kpirules.model.expressions import aggregates
from kpirules.model.items import (
    advice,
    computed_columns,
    ensures,
    gates,
    grades,
    indicators,
    outcomes,
    pay,
    requirements,
    scorecards,
)
from kpirules.model.names import columns
from kpirules.model.reports import quietly
from kpirules.model.rules import forms
from kpirules.model.scope import PARTS, Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Span
from kpirules.syntax import ast
from kpirules.values.types import Type


def resolve(ws: Workspace, key: tuple[str, str]) -> Type:
    """Elaborate the value `(item, part)` and give its type, after its gates.

    Raises:
        Skip: it has a fault, which has been reported.
    """
    item, part = key
    if part == columns.PART:
        return computed_columns.resolve(ws, item)
    if item in ("total", "grade"):
        type_ = scorecards.total(ws) if item == "total" else grades.grade(ws)
    else:
        node = ws.declared[item].node
        match node:
            case ast.Define():
                type_ = _define(ws, node)
            case ast.Indicator():
                type_ = indicators.PART[part](ws, node)
            case ast.Pay():
                type_ = pay.pay(ws, node)
            case ast.Outcome():
                type_ = outcomes.outcome(ws, node)
            case _:
                raise Skip
    return gates.gated(ws, item, part, type_)


def _define(ws: Workspace, node: ast.Define) -> Type:
    rule, read = forms.named(ws, Scope(), node.rule)
    ws.defines[node.name.text] = scheme.Define(node.name.text, node.title, rule, node.span)
    ws.parts[node.name.text, "value"] = read
    return read.type


def elaborate(ws: Workspace) -> None:
    """Elaborate every item, used or not, so that each fault is told."""
    wanted: list[tuple[str, str, Span]] = []
    for name, declared in ws.declared.items():
        match declared.node:
            case ast.Indicator():
                named = {clause.name for clause in declared.node.clauses}
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
    computed_columns.elaborate(ws)
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
                ws.settled(lambda: ensures.ensures(ws, node))  # noqa: B023  # called at once
        if isinstance(node, ast.Require):
            with quietly():
                ws.settled(lambda: requirements.require(ws, node))  # noqa: B023  # called at once
    gates.check(ws)


def _advice(ws: Workspace) -> None:
    given = [(node, text) for node in ws.file.items if isinstance(node, ast.Indicator) for text in node.advice]
    for node, text in given:
        with quietly():
            ws.settled(lambda: advice.advise(ws, node, text))  # noqa: B023  # called at once


def _filters(ws: Workspace) -> None:
    """Filtered tables that nothing uses are checked all the same."""
    for name, declared in ws.declared.items():
        node = declared.node
        if isinstance(node, ast.DefineTable):
            with quietly():
                ws.settled(lambda: aggregates.check_filter(ws, name, node))  # noqa: B023  # called at once
