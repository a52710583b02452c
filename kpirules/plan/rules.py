"""Lowering of rules: each becomes a `row` binding (which row is taken) and a value by that row; each limit a step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from kpirules.model.expr import (
    Band,
    By,
    Choose,
    Compares,
    Curve,
    Expr,
    Head,
    Holds,
    Limited,
    Lists,
    Otherwise,
    Row,
    Tiers,
)
from kpirules.model.rules.curves_and_tiers import within
from kpirules.model.traversal import head_parts
from kpirules.plan import build, faulting, lowering
from kpirules.plan.ir import Case, Const, Op, Ref, RowText, Scalar
from kpirules.plan.lowering import emits
from kpirules.plan.relation import Flag, Place, Relation, origin_of
from kpirules.source import Span
from kpirules.values.types import Type
from kpirules.values.units import Unit


def _head(relation: Relation, place: Place, node: Expr) -> Ref:
    """Bind what rows or limits stand over as a step, unless it is a value that has a name."""
    value = lowering.lower(relation, place, node)
    if isinstance(value, Ref):
        return value
    return relation.bind(place, value, "value", node.span, step=relation.fresh(place))


@emits(Limited)
def _limited(relation: Relation, place: Place, node: Limited, step: int | None) -> Ref:
    """Each limit a step, from left to right."""
    limits = [node]
    while isinstance(limits[-1].value, Limited):
        limits.append(limits[-1].value)
    steps = [step, *(relation.fresh(place) for _ in limits[1:])]
    value = _head(relation, place, limits[-1].value)
    for limit in reversed(limits):
        bound = lowering.bound(relation, place, lowering.lower(relation, place, limit.bound), limit.bound)
        limited = build.limit(value, bound, limit.type.unit, at_most=limit.at_most)
        kind = "at_most" if limit.at_most else "at_least"
        value = relation.bind(place, limited, kind, limit.bound.span, step=steps.pop(), of=value.name)
    return value


# ---------------------------------------------------------------- rows


@emits(By)
def _by(relation: Relation, place: Place, node: By, step: int | None) -> Ref:
    head = _head(relation, place, node.head)
    conditions = _conditions(relation, place, head, node.rows)
    return _by_rows(relation, place, node, step, head, node.rows, conditions)


@emits(Choose)
def _choose(relation: Relation, place: Place, node: Choose, step: int | None) -> Ref:
    conditions = _conditions(relation, place, None, node.rows)
    return _by_rows(relation, place, node, step, None, node.rows, conditions)


def _conditions(relation: Relation, place: Place, head: Ref | None, rows: Sequence[Row]) -> list[Scalar | None]:
    """The condition of each row; one that may end the run is worked out only where no row above holds."""
    conditions: list[Scalar | None] = []
    for row in rows:
        inner = place
        if conditions and any(faulting.faults(relation, part) for part in head_parts(row.head)):
            above = [condition for condition in conditions if condition is not None]
            inner = place.under(lowering.guard(relation, place, build.negated(build.any_of(above))))
        conditions.append(_condition(relation, inner, head, row.head))
    return conditions


def _condition(relation: Relation, place: Place, head: Scalar | None, written: Head) -> Scalar | None:
    match written:
        case Compares(op, bound):
            assert head is not None
            return build.compare(build.COMPARE[op], head, lowering.lower(relation, place, bound))
        case Lists(values):
            assert head is not None
            return build.any_of([build.compare("eq", head, lowering.lower(relation, place, value)) for value in values])
        case Holds(condition):
            return lowering.lower(relation, place, condition)
        case Otherwise():
            return None


def _by_rows(
    relation: Relation,
    place: Place,
    node: By | Choose,
    step: int | None,
    head: Ref | None,
    rows: Sequence[Row],
    conditions: Sequence[Scalar | None],
) -> Ref:
    row = _row(relation, place, node.span, conditions)
    values = [_row_value(relation, place, row, index, written) for index, written in enumerate(rows)]
    texts = _texts(rows, conditions, values)
    kind = "by" if isinstance(node, By) else "choose"
    of = head.name if head is not None else None
    expr = _switch(row, values, node.type)
    return relation.bind(place, expr, kind, node.span, step=step, of=of, row=row.name, rows=texts)


def _texts(rows: Sequence[Row], conditions: Sequence[Scalar | None], values: Sequence[Scalar]) -> tuple[RowText, ...]:
    return tuple(
        RowText(row.head_span.text, origin_of(row.span), condition, value)
        for row, condition, value in zip(rows, conditions, values, strict=True)
    )


def _row(relation: Relation, place: Place, span: Span, conditions: Sequence[Scalar | None]) -> Ref:
    """Bind which row is taken, counted from 0."""
    whens = [(condition, build.number(index)) for index, condition in enumerate(conditions) if condition is not None]
    otherwise = next((build.number(index) for index, condition in enumerate(conditions) if condition is None), None)
    if not whens:
        assert otherwise is not None
        return relation.bind(place, otherwise, "row", span, step=relation.fresh(place))
    taken = build.case(whens, otherwise, Unit.NUMBER)
    return relation.bind(place, taken, "row", span, step=relation.fresh(place))


def _row_value(relation: Relation, place: Place, row: Ref, index: int, written: Row) -> Scalar:
    """A row's value; one that has steps of its own, or may fault, stands under the condition that the row is taken."""
    nested = isinstance(written.value, Limited | By | Choose | Curve | Tiers)
    if not nested and not faulting.faults(relation, written.value):
        return lowering.lower(relation, place, written.value)
    taken = lowering.guard(relation, place, _taken(row, index))
    return lowering.lower(relation, place.under(taken), written.value)


def _taken(row: Ref, index: int) -> Op:
    return build.compare("eq", row, build.number(index))


def _switch(row: Ref, values: Sequence[Scalar], type_: Type) -> Scalar:
    whens = [(_taken(row, index), value) for index, value in enumerate(values)]
    if len(whens) == 1:
        return values[0]
    chosen = build.case(whens, None, type_.unit)
    assert isinstance(chosen, Case)
    return replace(chosen, type=chosen.type.maybe(when=any(value.type.missing for value in values)))


# ---------------------------------------------------------------- curve


@emits(Curve)
def _curve(relation: Relation, place: Place, node: Curve, step: int | None) -> Ref:
    """Comparison rows, then the lines: up to the first point, between each two, after the last."""
    head = _head(relation, place, node.head)
    unit = node.type.unit
    conditions = _conditions(relation, place, head, node.rows)
    points = node.points
    ends = [build.number(point.x, head.type.unit) for point in points]
    lines = [build.compare("le" if index == 0 else "lt", head, end) for index, end in enumerate(ends)]
    row = _row(relation, place, node.span, [*conditions, *lines, None])
    values = [_row_value(relation, place, row, index, written) for index, written in enumerate(node.rows)]
    drawn: list[Scalar] = [build.number(points[0].y, unit)]
    for before, after in pairwise(points):
        slope = build.number((after.y - before.y) / (after.x - before.x), unit)
        along = build.sub(head, build.number(before.x, head.type.unit), head.type.unit)
        drawn.append(build.add(build.number(before.y, unit), build.mul(along, slope, unit), unit))
    drawn.append(build.number(points[-1].y, unit))
    texts = _texts(node.rows, conditions, values)
    spans = [point.span for point in points]
    heads = [re.split("[:：]", span.text)[0].strip() for span in spans]
    parts: list[RowText] = []
    for index, value in enumerate(drawn):
        span = spans[0] if index == 0 else spans[-1] if index == len(points) else spans[index - 1].to(spans[index])
        condition = lines[index] if index < len(lines) else None
        parts.append(RowText(_between(heads, index), origin_of(span), condition, value))
    expr = _bounded(_switch(row, [*values, *drawn], node.type), node.type)
    return relation.bind(place, expr, "curve", node.span, step=step, of=head.name, row=row.name, rows=(*texts, *parts))


def _between(texts: Sequence[str], index: int) -> str:
    if index == 0:
        return f"≤ {texts[0]}"
    return f"≥ {texts[-1]}" if index == len(texts) else f"{texts[index - 1]} … {texts[index]}"


def _bounded(node: Scalar, type_: Type) -> Scalar:
    """The same value, with the tighter bounds that the model proved."""
    assert not isinstance(node, Ref | Const)
    low, high = max(node.type.bounds[0], type_.bounds[0]), min(node.type.bounds[1], type_.bounds[1])
    return replace(node, type=replace(node.type, low=low, high=high))


# ---------------------------------------------------------------- tiers


@emits(Tiers)
def _tiers(relation: Relation, place: Place, node: Tiers, step: int | None) -> Ref:
    """In each band, what the bands below pay in full and the slice in it at its rate."""
    head = _head(relation, place, node.head)
    unit, head_unit = node.type.unit, head.type.unit
    conditions: list[Scalar | None] = []
    values: list[Scalar] = []
    fulls: list[Scalar | None] = []
    paid: Scalar = build.number(0, unit)
    below: Scalar = build.number(0, head_unit)
    falling: list[Scalar] = []
    for index, band in enumerate(node.bands):
        inner = _reached(relation, place, band, head, below) if index else place
        rate = lowering.lower(relation, inner, band.rate)
        bound = lowering.lower(relation, inner, band.bound) if band.bound is not None else None
        ends = below.type if index else None, bound.type if bound is not None else None
        inside = Ref(head.name, within(head.type, *ends))
        values.append(build.add(paid, build.mul(build.sub(inside, below, head_unit), rate, unit), unit))
        conditions.append(build.compare("le", head, bound) if bound is not None else None)
        fulls.append(None)
        if bound is not None:
            if not (isinstance(bound, Const) and isinstance(below, Const)):
                falling.append(build.compare("lt", bound, below))
            full = _constant(build.mul(_constant(build.sub(bound, below, head_unit)), rate, unit))
            paid = _constant(build.add(paid, full, unit))
            below, fulls[-1] = bound, full
    if falling:
        when = relation.bind(place, build.any_of(falling), "guard", node.span, step=relation.fresh(place))
        relation.need([Flag(when.name, "KPI706", place.item, origin_of(node.span))])
    row = _row(relation, place, node.span, conditions)
    texts = tuple(
        RowText(band.head_span.text, origin_of(band.span), condition, value, full)
        for band, condition, value, full in zip(node.bands, conditions, values, fulls, strict=True)
    )
    expr = _switch(row, values, node.type)
    return relation.bind(place, expr, "tiers", node.span, step=step, of=head.name, row=row.name, rows=texts)


def _reached(relation: Relation, place: Place, band: Band, head: Ref, below: Scalar) -> Place:
    """Where a band is worked out: everywhere, or, where it may end the run, past the bands below it."""
    if not any(faulting.faults(relation, part) for part in (band.bound, band.rate) if part is not None):
        return place
    return place.under(lowering.guard(relation, place, build.compare("gt", head, below)))


def _constant(node: Scalar) -> Scalar:
    """Arithmetic on known numbers, done now."""
    if not isinstance(node, Op) or not all(isinstance(arg, Const) for arg in node.args):
        return node
    left, right = (arg.value for arg in node.args if isinstance(arg, Const))
    assert isinstance(left, Fraction)
    assert isinstance(right, Fraction)
    done = {"add": left + right, "sub": left - right, "mul": left * right}
    return build.number(done[node.op], node.type.unit) if node.op in done else node
