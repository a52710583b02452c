"""Weights: each group adds up to its own, all to 100%."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from kpirules.model.items import scorecards
from kpirules.model.reports import quietly
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast
from kpirules.values.rounding import numeral


def check(ws: Workspace) -> None:
    """Report groups and scorecards whose weights do not add up, whatever else is wrong with them."""
    for node in ws.file.items:
        if isinstance(node, ast.Scorecard):
            for group in node.groups:
                with quietly():
                    _group(ws, group)
            with quietly():
                _whole(ws, node)


def _weights(ws: Workspace, nodes: Iterable[ast.Group | ast.Entry]) -> tuple[list[Label], Fraction]:
    """A label for each weight, and their sum.

    Raises:
        Skip: one of them is no weight.
    """
    weights = [(node.span, scorecards.weight(ws, node.weight)) for node in nodes]
    labels = [Label(span, "weight", {"weight": _percent(weight)}) for span, weight in weights]
    return labels, sum((weight for _, weight in weights), Fraction(0))


def _group(ws: Workspace, node: ast.Group) -> None:
    labels, total = _weights(ws, node.entries)
    weight = scorecards.weight(ws, node.weight)
    if total != weight:
        args = {"group": node.name.text, "weight": _percent(weight), "total": _percent(total)}
        ws.report("KPI508", node.name.span, args, labels=labels, helps=[Note("group", args)])


def _whole(ws: Workspace, node: ast.Scorecard) -> None:
    labels, total = _weights(ws, [*node.groups, *node.entries])
    if total == 1:
        return
    gap = abs(1 - total)
    args = {"name": node.name.text, "total": _percent(total), "gap": _percent(gap)}
    ws.report("KPI507", node.name.span, args, labels=labels, helps=[Note("less" if total < 1 else "more", args)])


def _percent(value: Fraction) -> str:
    """A share as a percent, exact."""
    return f"{numeral(value * 100)}%"
