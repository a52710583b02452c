"""Pay items."""

from __future__ import annotations

from fractions import Fraction

from kpirules.model import scheme
from kpirules.model.analysis import presence
from kpirules.model.expressions import expectations
from kpirules.model.items import assessed, clauses
from kpirules.model.operations import fitting
from kpirules.model.rules import forms
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def pay(ws: Workspace, node: ast.Pay) -> Type:
    """A pay item's type: money to the declared places, missing for those who do not get the item.

    Raises:
        Skip: it has a fault.
    """
    applies = expectations.condition(ws, Scope(), node.applies) if node.applies is not None else None
    unnamed = applies is None and ws.has(ast.Scorecard)
    scope = Scope().knowing(assessed.assessed(ws)) if unnamed else Scope()
    if applies is not None:
        scope = scope.knowing(presence.shown(ws, applies, holds=True))
    when = expectations.condition(ws, scope, node.when) if node.when is not None else None
    if when is not None:
        scope = scope.knowing(presence.shown(ws, when, holds=True))
    written = clauses.needed(ws, node, "amount")
    amount = forms.wanted(ws, scope, written.rule, Unit.MONEY, written.limits)
    if amount.type.missing:
        raise fitting.unsure(ws, amount, "pay")
    places = ws.places("money", node.name.span)
    ws.pays[node.name.text] = scheme.Pay(node.name.text, node.title, applies, when, amount, node.paid, node.span)
    missing = applies is not None or (unnamed and ws.value("total", "value", node.name.span).type.missing)

    def merge() -> Type:
        zero = types.constant(Unit.MONEY, Fraction(0))
        type_ = types.choose(amount.type, zero, Unit.MONEY) if when is not None else amount.type
        return types.rounding(type_, places).maybe(when=missing)

    return fitting.fit(ws, amount.span, (amount,), merge)
