"""Items of which some lines could not be read: what is left of them is checked all the same.

Nothing else sees them, so nothing that follows from a lost line is told; here each part that was read is elaborated by
itself, for its faults.
"""

from __future__ import annotations

from kpirules.model.analysis import presence
from kpirules.model.expressions import aggregates, expectations
from kpirules.model.items import clauses, gates, grades, scorecards
from kpirules.model.names import resolution
from kpirules.model.reports import quietly
from kpirules.model.rules import forms
from kpirules.model.scope import PARTS, SUMS, Scope
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast, words
from kpirules.values.units import Unit

_LOST = "\0"
"""The name of an item that is not there: no name of a scheme has this sign."""


def check(ws: Workspace) -> None:
    """Elaborate what was read of each broken item."""
    if not ws.file.fragments:
        return
    ws.fragment = True
    ws.memo |= {(_LOST, part): None for part in (*PARTS, *SUMS)}
    for fragment in ws.file.fragments:
        with quietly():
            ws.settled(lambda: _check(ws, fragment.item))  # noqa: B023  # called at once
        with quietly():
            _needed(ws, fragment)


def _check(ws: Workspace, node: ast.Item) -> None:
    subject = Scope(present=frozenset({presence.EVERYTHING}))
    match node:
        case ast.Define():
            forms.rule(ws, Scope(indicator=_LOST, parts=PARTS), node.rule)
        case ast.Indicator():
            _indicator(ws, node)
        case ast.Scorecard():
            _scorecard(ws, node)
        case ast.Grade():
            forms.wanted(ws, subject, grades.in_texts(ws, node.rule)[0], Unit.TEXT)
        case ast.Gate():
            gates.gate(ws, node)
        case ast.Pay():
            _pay(ws, node, subject)
        case ast.DefineTable():
            table = resolution.base_table(ws, node.table.text)
            if table is not None:
                expectations.condition(ws, aggregates.rows_where(ws, node.table.text, table)[1], node.where)
        case _:
            return


_CLAUSES = {ast.Indicator: ("actual", "score"), ast.Pay: ("amount",)}


def _needed(ws: Workspace, fragment: ast.Fragment) -> None:
    """Report a clause that is not there, where the lines that were lost are plainly others."""
    item = fragment.item
    if isinstance(item, ast.Indicator | ast.Pay):
        for name in _CLAUSES[type(item)]:
            if all(words.is_clause(word) and word not in words.spellings(name) for word in fragment.lost):
                with quietly():
                    clauses.needed(ws, item, name)


def _indicator(ws: Workspace, node: ast.Indicator) -> None:
    there = frozenset(presence.value(_LOST, part) for part in PARTS)
    for clause in node.clauses:
        if clause.name == "score":
            forms.wanted(
                ws, Scope(indicator=_LOST, parts=PARTS, present=there), clause.rule, Unit.NUMBER, clause.limits
            )
        elif clause.name == "achievement":
            scope = Scope(indicator=_LOST, parts=PARTS, present=there, achieving=True)
            forms.wanted(ws, scope, clause.rule, Unit.RATIO, clause.limits)
        else:
            scope = Scope(indicator=_LOST)
            forms.limited(ws, scope, expectations.settle_free(ws, forms.rule(ws, scope, clause.rule)), clause.limits)
    for missing in node.missing:
        if missing.points is not None:
            expectations.number(ws, expectations.want(ws, Scope(), missing.points, Unit.NUMBER))


def _scorecard(ws: Workspace, node: ast.Scorecard) -> None:
    if node.applies is not None:
        expectations.condition(ws, Scope(), node.applies)
    for entry in (*(entry for group in node.groups for entry in group.entries), *node.entries):
        with quietly():
            scorecards.entry(ws, entry)
    for group in node.groups:
        with quietly():
            scorecards.weight(ws, group.weight)
    for adjust in node.adjusts:
        forms.wanted(ws, Scope(), adjust.formula, Unit.NUMBER)
    for clause in node.totals:
        forms.wanted(ws, Scope(card=_LOST), clause.rule, Unit.NUMBER, clause.limits)


def _pay(ws: Workspace, node: ast.Pay, scope: Scope) -> None:
    if node.applies is not None:
        expectations.condition(ws, Scope(), node.applies)
    if node.when is not None:
        expectations.condition(ws, scope, node.when)
    for clause in node.clauses:
        forms.wanted(ws, scope, clause.rule, Unit.MONEY, clause.limits)
