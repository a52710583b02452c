"""The grade: a text for each total."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model import scheme
from kpirules.model.expr import Skip
from kpirules.model.expressions import recovered_types
from kpirules.model.items import assessed
from kpirules.model.reports import quietly
from kpirules.model.rules import forms
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast
from kpirules.values.types import Type
from kpirules.values.units import Unit


def grade(ws: Workspace) -> Type:
    """The grade's type: a text of its rows, missing where the total is.

    Raises:
        Skip: its rule has a fault.
    """
    node = next(node for node in ws.file.items if isinstance(node, ast.Grade))
    scope = Scope().knowing(assessed.ASSESSED)
    order: dict[str, Span] = {}
    written, texts = in_texts(ws, node.rule)
    for part in recovered_types.row_values(written):
        if not isinstance(part, ast.Formula) or not isinstance(part.expr, ast.Text):
            continue
        value = part.expr.value
        if value in order:
            labels = [Label(order[value], "first")]
            ws.report("KPI534", part.span, {"grade": value}, labels=labels, helps=[Note("one")])
        order.setdefault(value, part.span)
    if not texts:
        forms.rule(ws, scope, written)
        raise Skip
    rule = forms.wanted(ws, scope, written, Unit.TEXT)
    ws.grade = scheme.Grade(rule, tuple(order), node.span)
    missing = False
    if ws.has(ast.Scorecard) and not ws.unread:
        with quietly():  # who has no total is not known
            missing = ws.value("total", "value", node.span).type.missing
    return replace(rule.type, domain=tuple(order)).maybe(when=missing or rule.type.missing)


def in_texts(ws: Workspace, rule: ast.Rule) -> tuple[ast.Rule, bool]:
    """A rule for a grade with texts for all its values, and whether it is written so; what is none is reported."""
    if not isinstance(rule, ast.Formula):
        made = [(row, *in_texts(ws, row.value)) for row in rule.rows]
        rows = tuple(replace(row, value=value) for row, value, _ in made)
        return replace(rule, rows=rows), all(sound for _, _, sound in made)
    written = _text(ws, rule.expr)
    if written is not None:
        return (rule if written is rule.expr else replace(rule, expr=written)), True
    text = rule.expr.span.text
    word = isinstance(rule.expr, ast.Path | ast.Number) and len(rule.expr.span.text.split(".")) == 1
    helps = [Note("quote", {"write": f'"{text}"'}) if word else Note("rows")]
    ws.report("KPI533", rule.expr.span, {"text": text}, helps=helps)
    return ast.Formula(ast.Text(text, span=rule.expr.span), span=rule.span), False


def _text(ws: Workspace, node: ast.Expr) -> ast.Text | None:
    """A text, or the one that the name of a define stands for, at the place of the name."""
    place, seen = node.span, set[str]()
    while isinstance(node, ast.Path) and len(node.names) == 1 and node.text not in seen:
        seen.add(node.text)
        named = ws.declared[node.text].node if node.text in ws.declared else None
        if not isinstance(named, ast.Define) or not isinstance(named.rule, ast.Formula) or named.rule.limits:
            return None
        node = named.rule.expr
    return replace(node, span=place) if isinstance(node, ast.Text) else None
