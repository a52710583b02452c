"""Arithmetic and comparison, by the unit algebra of `values.units` and the digits of `values.types`."""

from __future__ import annotations

from kpirules.model.analysis import denominators, unfolding
from kpirules.model.expr import Bin, Expr
from kpirules.model.operations import date_arithmetic, fitting
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Note, Span
from kpirules.source.similar import did_you_mean
from kpirules.values import types, units
from kpirules.values.types import Type
from kpirules.values.units import Unit


def typed(op: str, left: Expr, right: Expr) -> str:
    """An operator as it was typed between two values (`×`), where that can be told."""
    here, there = left.span, right.span
    if here.source is not there.source or here.end > there.start:
        return op
    written = here.source.text[here.end : there.start].strip("()（）# \t\r\n\u3000")
    return written if 0 < len(written) <= len("!=") else op


def arithmetic(ws: Workspace, op: str, left: Expr, right: Expr, span: Span) -> Expr:
    """`left op right` for `+ - * /`.

    Raises:
        Skip: the units do not go together, a possibly missing value would get lost, or the digits cannot be proved.
    """
    if op in ("+", "-"):
        return _sum(ws, op, left, right, span)
    if op == "/" and known(right) == 0:
        raise ws.fail("KPI306", span, {"text": right.span.text}, helps=[Note("other")])
    left, right = fitting.plain(ws, left), fitting.plain(ws, right)
    unit = (units.times if op == "*" else units.over)(left.type.unit, right.type.unit)
    if unit is None:
        dated = next((node for node in (left, right) if node.type.unit is Unit.DATE), None)
        helps = [Note("money_by_money" if op == "*" and _both_money(left, right) else "none")]
        if dated is not None:
            helps = [Note("date", {"text": dated.span.text})]
        args = {"op": typed(op, left, right), "left": left.type.unit, "right": right.type.unit}
        raise ws.fail("KPI303", span, args, labels=fitting.unit_labels(left, right), helps=helps)
    if op == "/":
        return quotient(ws, left, right, unit, span)
    type_ = fitting.fit(ws, span, (left, right), lambda: types.multiply(left.type, right.type, unit))
    return Bin(op, left, right, type=type_, span=span)


def quotient(ws: Workspace, left: Expr, right: Expr, unit: Unit, span: Span) -> Bin:
    """`left / right`, of a unit; whether a presumed divisor may be 0 is not known.

    Raises:
        Skip: the digits cannot be proved.
    """
    name = denominators.size(ws, right)
    type_ = fitting.fit(ws, span, (left, right), lambda: types.divide(left.type, right.type, unit, name))
    if right.type.presumed:
        type_ = type_.maybe(when=left.type.missing or right.type.missing)
    return Bin("/", left, right, type=type_, span=span)


def _both_money(left: Expr, right: Expr) -> bool:
    return left.type.unit is right.type.unit is Unit.MONEY


def _sum(ws: Workspace, op: str, left: Expr, right: Expr, span: Span) -> Expr:
    if (
        Unit.DATE in (left.type.unit, right.type.unit)
        and (moved := date_arithmetic.moved(ws, op, left, right, span)) is not None
    ):
        return moved
    left, right, unit = fitting.align(ws, left, right)
    if unit is None or not unit.numeric:
        args = {"op": typed(op, left, right), "left": left.type.unit, "right": right.type.unit}
        raise ws.fail("KPI302", span, args, labels=fitting.unit_labels(left, right), helps=_sum_help(left, right))
    for node, other in ((left, right), (right, left)):
        if node.type.missing and known(other) is None:
            raise fitting.lost(ws, node, span, "sum")
    added = fitting.fit(ws, span, (left, right), lambda: types.add(left.type, right.type, unit, minus=op == "-"))
    return Bin(op, left, right, type=added, span=span)


def _sum_help(left: Expr, right: Expr) -> list[Note]:
    """What to write where a sum or a difference has no meaning; with a date, days are added and two days compared."""
    for day, other in ((left, right), (right, left)):
        if day.type.unit is Unit.DATE and fitting.day_meant(other.span.text) is None:
            return [Note("days" if other.type.unit is not Unit.DATE else "between", {"text": day.span.text})]
    return fitting.clash_help(left, right)


def comparison(ws: Workspace, op: str, left: Expr, right: Expr, span: Span) -> Bin:
    """`left op right` for `= != < <= > >=`.

    Raises:
        Skip: the units differ, a side may be missing, or the digits cannot be proved.
    """
    left, right, unit = fitting.align(ws, left, right)
    if unit is None or (unit in (Unit.TEXT, Unit.BOOL) and op not in ("=", "!=")):
        args = {"op": typed(op, left, right), "left": left.type.unit, "right": right.type.unit}
        raise ws.fail(
            "KPI302", span, args, labels=fitting.unit_labels(left, right), helps=fitting.clash_help(left, right)
        )
    for node in (left, right):
        if node.type.missing:
            raise fitting.lost(ws, node, span, "comparison")
    check_domain(ws, left, right)
    check_domain(ws, right, left)

    def prove() -> Type:
        types.compare(left.type, right.type)
        return types.BOOL

    return Bin(op, left, right, type=fitting.fit(ws, span, (left, right), prove), span=span)


def check_domain(ws: Workspace, value: Expr, other: Expr) -> None:
    """A text that the compared value can never be is a fault, at the text, whatever name it has."""
    text, domain = known(other), value.type.domain
    if domain is None or value.type.presumed or not isinstance(text, str) or text in domain:
        return
    literal = unfolding.literal(ws, other)
    args = {"text": text, "value": value.span.text, "name": other.span.text}
    among = ", ".join(f'"{option}"' for option in domain)
    helps = (*did_you_mean(text, domain), Note("domain", {**args, "domain": among}))
    ws.report("KPI308", literal.span, args, labels=fitting.read_as(other, literal, args), helps=helps)
