"""Rules: an expression with limits, `by`, `choose`, `curve`, `tiers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from kpirules.model import infer, operators
from kpirules.model.expr import (
    Band,
    Bin,
    By,
    Choose,
    Compares,
    Curve,
    Expr,
    Head,
    Holds,
    Limited,
    Lists,
    Neg,
    Otherwise,
    Point,
    Row,
    Tiers,
    known,
)
from kpirules.model.workspace import Scope, Workspace, both, every
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast
from kpirules.values import types, units
from kpirules.values.types import Type
from kpirules.values.units import Unit


def rule(ws: Workspace, scope: Scope, node: ast.Rule) -> Expr:
    """The typed form of a rule. Bare literals keep the unit `BARE` until the rule's place gives it one.

    Raises:
        Skip: it has a fault, which has been reported.
    """
    with ws.deeper():
        return _rule(ws, scope, node)


def _rule(ws: Workspace, scope: Scope, node: ast.Rule) -> Expr:
    match node:
        case ast.Formula():
            return limited(ws, scope, infer.infer(ws, scope, node.expr), node.limits)
        case ast.By():
            return _by(ws, scope, node)
        case ast.Choose():
            return _choose(ws, scope, node)
        case ast.Curve():
            return _curve(ws, scope, node)
        case ast.Tiers():
            return _tiers(ws, scope, node)


def wanted(ws: Workspace, scope: Scope, node: ast.Rule, unit: Unit, limits: tuple[ast.Limit, ...] = ()) -> Expr:
    """A rule with its limit clauses, at a place that asks for a unit.

    Raises:
        Skip: it has a fault or another unit.
    """
    found = infer.fitted(ws, rule(ws, scope, node), unit)
    return infer.fitted(ws, limited(ws, scope, found, limits), unit)


def limited(ws: Workspace, scope: Scope, value: Expr, limits: tuple[ast.Limit, ...]) -> Expr:
    """A value with its limits, applied left to right.

    Raises:
        Skip: a limit has a fault or another unit, or the value may be missing.
    """
    for limit in limits:
        value, bound, unit = operators.align(ws, value, infer.infer(ws, scope, limit.bound))
        if unit is None or not unit.numeric:
            args = {"op": "at most" if limit.at_most else "at least", "left": value.type.unit, "right": bound.type.unit}
            raise ws.fail("KPI302", limit.span, args, labels=operators.unit_labels(value, bound))
        for side in (value, bound):
            if side.type.missing:
                raise operators.lost(ws, side, limit.span, "limit")
        found = _limit_type(ws, limit, value, bound, unit)
        value = Limited(value, bound, limit.at_most, type=found, span=value.span.to(limit.span))
    return value


def _limit_type(ws: Workspace, limit: ast.Limit, value: Expr, bound: Expr, unit: Unit) -> Type:
    return operators.fit(
        ws, limit.span, (value, bound), lambda: types.limit(value.type, bound.type, unit, at_most=limit.at_most)
    )


def _head(ws: Workspace, scope: Scope, node: ast.Expr) -> Expr:
    found = operators.plain(ws, infer.infer(ws, scope, node))
    if found.type.missing:
        raise operators.lost(ws, found, found.span, "head")
    return found


# ---------------------------------------------------------------- by, choose


def _by(ws: Workspace, scope: Scope, node: ast.By) -> Expr:
    head = _head(ws, scope, node.subject)
    heads, values = _heads_and_values(ws, scope, head, node.rows)
    return _rows_of(ws, node, heads, values, lambda found, kind: By(head, found, type=kind, span=node.span))


def _heads_and_values(
    ws: Workspace, scope: Scope, head: Expr, rows: tuple[ast.Row, ...]
) -> tuple[tuple[Head, ...], tuple[Expr, ...]]:
    return both(
        lambda: every(lambda row: _row_head(ws, scope, head, row), rows),
        lambda: every(lambda row: rule(ws, scope, row.value), rows),
    )


def _rows_of(
    ws: Workspace,
    node: ast.By | ast.Choose,
    heads: tuple[Head, ...],
    values: tuple[Expr, ...],
    make: Callable[[tuple[Row, ...], Type], Expr],
) -> Expr:
    joined = infer.join(ws, list(values))
    found = infer.either(ws, joined, node)
    rows = tuple(
        Row(head, value, row.span, row.head.span) for head, value, row in zip(heads, joined, node.rows, strict=True)
    )
    return make(rows, found)


def _row_head(ws: Workspace, scope: Scope, head: Expr, row: ast.Row) -> Head:
    match row.head:
        case ast.Comparison(op, bound):
            return Compares(op, _against(ws, scope, head, op, bound))
        case ast.Listed(values):
            return Lists(every(lambda value: _listed(ws, scope, head, value), values))
        case ast.When(written):
            return Holds(infer.condition(ws, scope, written))
        case ast.Else() | ast.UpTo():
            return Otherwise()


def _listed(ws: Workspace, scope: Scope, head: Expr, node: ast.Expr) -> Expr:
    if isinstance(node, ast.Binary) and node.op == "-" and not isinstance(node.left, ast.Path):
        args = {"text": node.span.text, "low": node.left.span.text}
        raise ws.fail("KPI550", node.span, args, helps=[Note("from", args)])
    return _against(ws, scope, head, "=", node)


def _against(ws: Workspace, scope: Scope, head: Expr, op: str, node: ast.Expr) -> Expr:
    """A bound of a row, in the head's unit and comparable with it."""
    return operators.comparison(ws, op, head, infer.infer(ws, scope, node), node.span).right


def _choose(ws: Workspace, scope: Scope, node: ast.Choose) -> Expr:
    if not isinstance(node.rows[-1].head, ast.Else):
        ws.report("KPI512", node.span, helps=[Note("else")])
    above = scope

    def taken(row: ast.Row) -> tuple[Head, Expr]:
        nonlocal above
        if not isinstance(row.head, ast.When):
            return Otherwise(), rule(ws, above, row.value)
        test = infer.condition(ws, above, row.head.condition)
        here, above = above.knowing(infer.shown(test, holds=True)), above.knowing(infer.shown(test, holds=False))
        return Holds(test), rule(ws, here, row.value)

    pairs = every(taken, node.rows)
    heads, values = tuple(head for head, _ in pairs), tuple(value for _, value in pairs)
    return _rows_of(ws, node, heads, values, lambda found, kind: Choose(found, type=kind, span=node.span))


# ---------------------------------------------------------------- curve


def _curve(ws: Workspace, scope: Scope, node: ast.Curve) -> Expr:
    head = _numeric_head(ws, scope, node.subject, "curve")
    opening = next((i for i, row in enumerate(node.rows) if not isinstance(row.head, ast.Comparison)), len(node.rows))
    first, rest = node.rows[:opening], node.rows[opening:]
    for row in rest:
        if not isinstance(row.head, ast.Listed):
            ws.report("KPI528", row.head.span)
    pairs = every(lambda row: _point(ws, scope, head, row), (row for row in rest if isinstance(row.head, ast.Listed)))
    if len(pairs) < 2:  # noqa: PLR2004  # a line needs two points
        raise ws.fail("KPI529", node.span)
    heads, values = _heads_and_values(ws, scope, head, first)
    joined = infer.join(ws, [*(y for _, y, _ in pairs), *values])
    ys = joined[: len(pairs)]
    points = tuple(Point(x, _known_number(ws, y), row.span) for (x, _, row), y in zip(pairs, ys, strict=True))
    for before, after in pairwise(points):
        if after.x <= before.x:
            labels = [Label(before.span, "before")]
            raise ws.fail("KPI511", after.span, {"x": after.span.text.split(":")[0].strip()}, labels=labels)
    unit = infer.either(ws, joined, node).unit
    found = operators.fit(ws, node.span, (head,), lambda: curve_type(head.type, points, unit))
    rows = tuple(Row(h, v, r.span, r.head.span) for h, v, r in zip(heads, joined[len(pairs) :], first, strict=True))
    for typed in rows:
        line, value = found, typed.value
        found = operators.fit(ws, typed.span, (value,), lambda: types.choose(line, value.type, unit))  # noqa: B023  # called at once
    return Curve(head, rows, points, type=found, span=node.span)


def _numeric_head(ws: Workspace, scope: Scope, node: ast.Expr, form: str) -> Expr:
    head = _head(ws, scope, node)
    if not head.type.unit.numeric:
        raise ws.fail("KPI307", head.span, {"op": form, "unit": head.type.unit, "text": head.span.text})
    return head


def _point(ws: Workspace, scope: Scope, head: Expr, row: ast.Row) -> tuple[Fraction, Expr, ast.Row]:
    assert isinstance(row.head, ast.Listed)
    assert len(row.head.values) == 1, "a point has one value before its colon: the grammar sees to it"
    x = _listed(ws, scope, head, row.head.values[0])
    y = rule(ws, scope, row.value)
    _known_number(ws, y)
    return _known_number(ws, x), y, row


def _known_number(ws: Workspace, node: Expr) -> Fraction:
    value = known(node)
    if not isinstance(value, Fraction):
        raise ws.fail("KPI311", node.span, {"text": node.span.text})
    return value


def curve_type(head: Type, points: tuple[Point, ...], unit: Unit) -> Type:
    """The type of a curve: each line y0 + (x - x0) * slope, between the least and the largest y.

    Raises:
        TooWide: a line cannot be proved to fit.
    """
    found = types.constant(unit, points[0].y)
    for before, after in pairwise(points):
        slope = types.constant(unit, (after.y - before.y) / (after.x - before.x))
        step = types.add(head.there(), types.constant(head.unit, before.x), head.unit, minus=True)
        rise = types.multiply(step, slope, unit)
        line = types.add(types.constant(unit, before.y), rise, unit)
        found = types.choose(found, line, unit)
    ys = [point.y for point in points]
    return replace(found, low=min(ys), high=max(ys))


# ---------------------------------------------------------------- tiers


def _tiers(ws: Workspace, scope: Scope, node: ast.Tiers) -> Expr:
    """`tiers X`, or `tiers X from P`: what P and X earn together from zero, less what P earns."""
    head = _numeric_head(ws, scope, node.subject, "tiers")
    if node.start is None:
        return _from_zero(ws, node, head, _bands(ws, scope, node, head))
    start = infer.infer(ws, scope, node.start)
    if start.type.missing:
        raise operators.lost(ws, start, start.span, "head")
    whole = operators.arithmetic(ws, "+", start, head, node.subject.span.to(node.start.span))
    assert isinstance(whole, Bin)
    bands = _bands(ws, scope, node, whole)
    before = replace(_from_zero(ws, node, whole.left, bands), span=_after(node.subject.span, node.start.span))
    # The whole stands last, so that the row it ends in is the one that results show.
    less = Neg(before, type=types.negate(before.type), span=before.span)
    return operators.arithmetic(ws, "+", less, _from_zero(ws, node, whole, bands), node.span)


def _after(first: Span, last: Span) -> Span:
    """What follows a place, up to the end of another: `from P`."""
    rest = replace(first, start=first.end, end=last.end)
    return replace(rest, start=rest.end - len(rest.text.lstrip()))


def _from_zero(ws: Workspace, node: ast.Tiers, head: Expr, bands: tuple[Band, ...]) -> Tiers:
    unit = units.times(head.type.unit, bands[0].rate.type.unit)
    if unit is None:
        args = {"op": "*", "left": head.type.unit, "right": bands[0].rate.type.unit}
        labels = operators.unit_labels(head, bands[0].rate)
        raise ws.fail("KPI303", node.span, args, labels=labels, helps=[Note("none")])
    found = operators.fit(ws, node.span, (head,), lambda: tiers_type(head.type, bands, unit))
    return Tiers(head, bands, type=found, span=node.span)


def _bands(ws: Workspace, scope: Scope, node: ast.Tiers, head: Expr) -> tuple[Band, ...]:
    bands = every(lambda row: _band(ws, scope, head, row), node.rows)
    _in_order(ws, bands)
    if bands[-1].bound is not None:
        ws.report("KPI513", bands[-1].head_span, {"text": bands[-1].head_span.text}, helps=[Note("above")])
    rates = infer.join(ws, [band.rate for band in bands])
    return tuple(replace(band, rate=rate) for band, rate in zip(bands, rates, strict=True))


def _band(ws: Workspace, scope: Scope, head: Expr, row: ast.Row) -> Band:
    assert isinstance(row.head, ast.UpTo)
    rate_unit = Unit.RATIO if head.type.unit is Unit.MONEY else Unit.NUMBER
    rate = operators.settle(ws, rule(ws, scope, row.value), rate_unit)
    if rate.type.missing:
        raise operators.lost(ws, rate, row.span, "head")
    bound = row.head.bound
    return Band(_listed(ws, scope, head, bound) if bound is not None else None, rate, row.span, row.head.span)


def _in_order(ws: Workspace, bands: tuple[Band, ...]) -> None:
    last: Band | None = None
    for band in bands:
        bound = known(band.bound) if band.bound is not None else None
        below = known(last.bound) if last is not None and last.bound is not None else Fraction(0)
        if last is not None and last.bound is None:
            ws.report("KPI509", band.head_span, {"text": band.head_span.text}, labels=[Label(last.head_span, "takes")])
        elif isinstance(bound, Fraction) and isinstance(below, Fraction) and bound <= below:
            labels = [Label(last.head_span, "before")] if last is not None else []
            ws.report("KPI531", band.head_span, {"text": band.head_span.text}, labels=labels)
        last = band


def tiers_type(head: Type, bands: tuple[Band, ...], unit: Unit) -> Type:
    """The type of `tiers`: in each band, what the bands below pay in full and the slice in it at its rate.

    Raises:
        TooWide: a band cannot be proved to fit.
    """
    zero = types.constant(head.unit, Fraction(0))
    paid, below = types.constant(unit, Fraction(0)), zero
    found: Type | None = None
    for index, band in enumerate(bands):
        within = _within(head, below if index else None, band.bound.type if band.bound else None)
        slice_ = types.add(within, below, head.unit, minus=True)
        here = types.add(paid, types.multiply(slice_, band.rate.type, unit), unit)
        found = here if found is None else types.choose(found, here, unit)
        if band.bound is not None:
            size = types.add(band.bound.type, below, head.unit, minus=True)
            paid = types.add(paid, types.multiply(size, band.rate.type, unit), unit)
            below = band.bound.type
    assert found is not None
    return found


def _within(head: Type, below: Type | None, above: Type | None) -> Type:
    low, high = head.bounds
    if below is not None:
        low = max(low, below.bounds[0])
    if above is not None:
        high = min(high, above.bounds[1])
    return replace(head, low=min(low, high), high=max(low, high), missing=False)
