"""Lowering of advice: whether a text is for a subject, and the figures in it, rounded for display."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model import scheme
from kpirules.model.expr import Expr
from kpirules.plan import build, lowering
from kpirules.plan.ir import Advice, Ident, Item, Piece, Scalar
from kpirules.plan.proof import proved
from kpirules.plan.relation import Place, Relation, origin_of
from kpirules.values.units import Unit

PLACES = 2
"""Decimal places, at most, of a figure in a text; money has those of its currency."""


def attach(relation: Relation) -> None:
    """Give the indicators among the items their advice; what advice reads is bound by now.

    Raises:
        Fault: digits of a figure in a text cannot be proved to fit (KPI305).
    """
    for index, item in enumerate(relation.items):
        if item.kind == "indicator":
            said = [_advice(relation, item, advice) for advice in relation.model.advice_of.get(item.name, ())]
            relation.items[index] = replace(item, advice=tuple(said))


def _advice(relation: Relation, item: Item, advice: scheme.Advice) -> Advice:
    place = Place(item.name, "advice", item.scorecard, _counts(relation, item))
    with proved(advice.span, [advice.when, *(piece for piece in advice.pieces if not isinstance(piece, str))]):
        condition = lowering.lower(relation, place, advice.when)
        when = relation.bind(place, condition, "guard", advice.when.span, step=relation.fresh(place))
        pieces = tuple(_piece(relation, place, piece) for piece in advice.pieces)
    return Advice(when.name, pieces, origin_of(advice.span))


def _counts(relation: Relation, item: Item) -> str | None:
    """The condition under which an entry counts, where it has one."""
    if item.scorecard is None:
        return None
    conditions = (Ident(item.name, "when", within=item.scorecard), Ident(item.scorecard, "applies"))
    return next((condition.name for condition in conditions if condition.name in relation.types), None)


def _piece(relation: Relation, place: Place, piece: str | Expr) -> Piece:
    if isinstance(piece, str):
        return Piece(piece)
    value = lowering.lower(relation, place, piece)
    unit = value.type.unit
    if unit.numeric:
        value = _displayed(relation, value)
    shown = relation.bind(place, value, "shown", piece.span, step=relation.fresh(place))
    return Piece(binding=shown.name, unit=unit)


def _displayed(relation: Relation, value: Scalar) -> Scalar:
    header = relation.model.header
    unit = value.type.unit
    if unit is Unit.RATIO:
        value = build.mul(value, build.number(100), Unit.NUMBER)
    places = header.places.get("money", PLACES) if unit is Unit.MONEY else PLACES
    return build.rounded(value, places, header.mode)
