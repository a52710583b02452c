"""Rules: an expression with limits, `by`, `choose`, `curve`, `tiers`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from kpirules.model.analysis import denominators, presence, unfolding, uses
from kpirules.model.checks import exhaustiveness as check
from kpirules.model.expr import (
    Band,
    Bin,
    By,
    Choose,
    Curve,
    Expr,
    Holds,
    Limited,
    Neg,
    Otherwise,
    Point,
    Row,
    Skip,
    Tiers,
    Unknown,
)
from kpirules.model.expressions import expectations
from kpirules.model.operations import branches, fitting, operators
from kpirules.model.reports import every, quietly
from kpirules.model.rules import curves_and_tiers, heads
from kpirules.model.scope import Scope
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast, words
from kpirules.values import types, units
from kpirules.values.units import Unit


def rule(ws: Workspace, scope: Scope, node: ast.Rule, unit: Unit | None = None) -> Expr:
    """The typed form of a rule, `Unknown` where it has a fault.

    `unit` is what its place asks for, and so each row; without one, bare literals keep the unit `BARE` until the
    rule's place gives it one.
    """
    try:
        with ws.deeper():
            return denominators.named(ws, _rule(ws, scope, node, unit))
    except Skip:
        return Unknown(node.span)


def _rule(ws: Workspace, scope: Scope, node: ast.Rule, unit: Unit | None) -> Expr:
    match node:
        case ast.Formula():
            return limited(ws, scope, ws.infer(scope, node.expr), node.limits)
        case ast.By():
            return _by(ws, scope, node, unit)
        case ast.Choose():
            return _choose(ws, scope, node, unit)
        case ast.Curve():
            return _curve(ws, scope, node, unit)
        case ast.Tiers():
            return _tiers(ws, scope, node)


def wanted(ws: Workspace, scope: Scope, node: ast.Rule, unit: Unit, limits: tuple[ast.Limit, ...] = ()) -> Expr:
    """A rule with its limit clauses, at a place that asks for a unit; `Unknown` where it has a fault."""
    if isinstance(node, ast.Formula):  # the value comes first: its limits follow its unit
        value, limits = ws.infer(scope, node.expr), (*node.limits, *limits)
    else:
        value = rule(ws, scope, node, unit)
    try:
        value = fitting.fitted(ws, value, unit)
    except Skip:
        value = Unknown(value.span)
    if isinstance(value, Unknown):
        value = Unknown(value.span, types.presumed(unit))
    return limited(ws, scope, value, limits)


def named(ws: Workspace, scope: Scope, node: ast.Rule) -> tuple[Expr, Expr]:
    """The rule of a define: as it is worked out, and as whoever reads its name finds it.

    A bare expression takes the unit of each place that reads it, as it would without a name; rows of bare numbers are
    numbers.

    Raises:
        Skip: its unit is not known.
    """
    written = rule(ws, scope, node)
    value = expectations.settle_free(ws, written)
    return value, written if isinstance(node, ast.Formula) and not node.limits else value


def limited(ws: Workspace, scope: Scope, value: Expr, limits: tuple[ast.Limit, ...]) -> Expr:
    """A value with its limits, applied left to right; `Unknown` where one of them has a fault."""
    sound = True
    for limit in limits:
        bound = ws.infer(scope, limit.bound)
        try:
            value = _limited(ws, scope, limit, value, bound)
        except Skip:
            sound = False
    return value if sound else doubted(value)


def doubted(value: Expr) -> Unknown:
    """What is left of a value that something about it is wrong with: its unit, where that is known."""
    if isinstance(value, Unknown) or value.type.unit is Unit.BARE:
        return Unknown(value.span, value.presumed if isinstance(value, Unknown) else None)
    return Unknown(value.span, types.presumed(value.type.unit).maybe(when=value.type.missing))


def _limit_word(ws: Workspace, limit: ast.Limit) -> str:
    return words.spelling("at most" if limit.at_most else "at least", ws.file.language)


def _limited(ws: Workspace, scope: Scope, limit: ast.Limit, value: Expr, bound: Expr) -> Expr:
    value, bound, unit = fitting.align(ws, value, bound)
    if unit is None or not unit.numeric:
        args = {"op": _limit_word(ws, limit), "left": value.type.unit, "right": bound.type.unit}
        labels, helps = fitting.unit_labels(value, bound), fitting.clash_help(value, bound)
        raise ws.fail("KPI302", limit.span, args, labels=labels, helps=helps)
    for side in (bound,) if scope.achieving else (value, bound):
        if side.type.missing:
            raise fitting.lost(ws, side, limit.span, "limit")
    _no_clash(ws, limit, value, bound)
    type_ = fitting.fit(
        ws, limit.span, (value, bound), lambda: types.limit(value.type, bound.type, unit, at_most=limit.at_most)
    )
    made = Limited(value, bound, limit.at_most, type=type_, span=value.span.to(limit.span))
    return denominators.named(ws, made)


def _no_clash(ws: Workspace, limit: ast.Limit, value: Expr, bound: Expr) -> None:
    """Report a limit that no value keeps to together with one before it."""
    while isinstance(value := unfolding.unnamed(ws, value), Limited):
        if value.at_most is not limit.at_most:
            low, high = (value.bound, bound) if limit.at_most else (bound, value.bound)
            clash(ws, limit.span, value.bound.span, low, high)
        value = value.value


def clash(ws: Workspace, span: Span, other: Span, low: Expr, high: Expr) -> None:
    """Report a limit at `span` where the known bound `low` of one lies above the known bound `high` of the other."""
    least, most = known(low), known(high)
    if isinstance(least, Fraction) and isinstance(most, Fraction) and least > most:
        language = ws.file.language
        words_ = {"at_least": words.spelling("at least", language), "at_most": words.spelling("at most", language)}
        args = {"text": span.text, "low": high.span.text, "high": low.span.text, **words_}
        ws.report("KPI554", span, args, labels=[Label(other, "other")], helps=[Note("swap", args)])


# ---------------------------------------------------------------- by, choose


def _by(ws: Workspace, scope: Scope, node: ast.By, unit: Unit | None) -> Expr:
    head = heads.chosen_by(ws, scope, node.subject)
    judged = heads.guessed(head, node.rows)
    rows = _rows(ws, scope, judged, node.rows, unit)
    whole = check.by(ws, judged, rows, node.span, _reach(ws, node.subject))
    rows = _joined(ws, rows, unit)
    type_ = branches.either(ws, [row.value for row in rows], node)
    return By(head, rows, type=type_ if whole else types.doubted(type_), span=node.span)


def _reach(ws: Workspace, node: ast.Expr) -> check.Reach | None:
    """Bounds that what a rule chooses by comes to in any case; of nothing but the total is that known."""
    node = uses.unnamed(ws, node)
    total = isinstance(node, ast.Path) and words.builtin(node.text) == "total" and ws.has(ast.Scorecard)
    if total:
        with quietly():
            ws.value("total", "value", node.span)
    return ws.reach if total else None


def _rows(ws: Workspace, scope: Scope, head: Expr, rows: tuple[ast.Row, ...], unit: Unit | None) -> tuple[Row, ...]:
    return tuple(
        Row(heads.row_head(ws, scope, head, row), rule(ws, scope, row.value, unit), row.span, row.head.span)
        for row in rows
    )


def _joined(ws: Workspace, rows: tuple[Row, ...], unit: Unit | None) -> tuple[Row, ...]:
    """Rows whose values have one unit."""
    values = branches.join(ws, [row.value for row in rows], unit)
    return tuple(replace(row, value=value) for row, value in zip(rows, values, strict=True))


def _choose(ws: Workspace, scope: Scope, node: ast.Choose, unit: Unit | None) -> Expr:
    if not isinstance(node.rows[-1].head, ast.Else) and not ws.fragment:
        ws.report("KPI512", node.span, helps=[Note("else")])
    above = scope

    def taken(row: ast.Row) -> Row:
        nonlocal above
        if not isinstance(row.head, ast.When):
            return Row(Otherwise(), rule(ws, above, row.value, unit), row.span, row.head.span)
        test = expectations.condition(ws, above, row.head.condition)
        here = above.knowing(presence.shown(ws, test, holds=True))
        above = above.knowing(presence.shown(ws, test, holds=False))
        return Row(Holds(test), rule(ws, here, row.value, unit), row.span, row.head.span)

    rows = tuple(map(taken, node.rows))
    check.choose(ws, rows)
    rows = _joined(ws, rows, unit)
    return Choose(rows, type=branches.either(ws, [row.value for row in rows], node), span=node.span)


# ---------------------------------------------------------------- curve


def _curve(ws: Workspace, scope: Scope, node: ast.Curve, asked: Unit | None) -> Expr:
    head = heads.guessed(heads.chosen_by(ws, scope, node.subject, "curve"), node.rows)
    opening = next((i for i, row in enumerate(node.rows) if not isinstance(row.head, ast.Comparison)), len(node.rows))
    first, rest = node.rows[:opening], node.rows[opening:]
    for row in rest:
        if not isinstance(row.head, ast.Listed):
            ws.report("KPI528", row.head.span, helps=[Note("above", {"point": rest[0].head.span.text})])
    pairs = [_point(ws, scope, head, row, asked) for row in rest if isinstance(row.head, ast.Listed)]
    rows = _rows(ws, scope, head, first, asked)
    if rows:
        check.opening(ws, head, rows)
    if len(pairs) < 2:  # noqa: PLR2004  # a line needs two points
        raise Skip if ws.fragment else ws.fail("KPI529", node.span, helps=[Note("points")])
    joined = branches.join(ws, [*(y for _, y, _ in pairs), *(row.value for row in rows)], asked)
    ys = joined[: len(pairs)]
    sound = _rising(ws, pairs)
    points = every(
        lambda pair: Point(expectations.number(ws, pair[0]), expectations.number(ws, pair[1]), pair[2].span),
        [(x, y, row) for (x, _, row), y in zip(pairs, ys, strict=True)],
    )
    unit = branches.either(ws, joined, node).unit
    if not sound:
        return Unknown(node.span, types.presumed(unit)) if unit is not Unit.BARE else Unknown(node.span)
    type_ = fitting.fit(ws, node.span, (head,), lambda: curves_and_tiers.curve(head.type, points, unit))
    rows = tuple(replace(row, value=value) for row, value in zip(rows, joined[len(pairs) :], strict=True))
    for typed in rows:
        line, value = type_, typed.value
        type_ = fitting.fit(ws, typed.span, (value,), lambda: types.choose(line, value.type, unit))  # noqa: B023  # called at once
    return Curve(head, rows, points, type=type_, span=node.span)


def _rising(ws: Workspace, pairs: list[tuple[Expr, Expr, ast.Row]]) -> bool:
    """Whether the points rise, as far as they are known; nothing is said of two that have not the same unit."""
    points = [(bound.type.unit, x, row) for bound, _, row in pairs if isinstance(x := known(bound), Fraction)]
    sound = True
    for (unit, low, before), (other, high, after) in pairwise(points):
        if high <= low and unit is other:
            args = {"x": after.span.text.split(":")[0].strip()}
            ws.report("KPI511", after.span, args, labels=[Label(before.span, "before")], helps=[Note("order")])
            sound = False
    return sound


def _point(ws: Workspace, scope: Scope, head: Expr, row: ast.Row, unit: Unit | None) -> tuple[Expr, Expr, ast.Row]:
    assert isinstance(row.head, ast.Listed)
    assert len(row.head.values) == 1, "a point has one value before its colon: the grammar sees to it"
    return heads.listed(ws, scope, head, row.head.values[0]), rule(ws, scope, row.value, unit), row


# ---------------------------------------------------------------- tiers


def _tiers(ws: Workspace, scope: Scope, node: ast.Tiers) -> Expr:
    """`tiers X`, or `tiers X from P`: what P and X earn together from zero, less what P earns."""
    head = heads.chosen_by(ws, scope, node.subject, "tiers")
    if node.start is None:
        return _from_zero(ws, node, head, _bands(ws, scope, node, head))
    whole = _whole(ws, scope, node, node.start, head)
    bands = _bands(ws, scope, node, whole)
    if not isinstance(whole, Bin):
        return whole
    before = replace(_from_zero(ws, node, whole.left, bands), span=_after(node.subject.span, node.start.span))
    # The whole stands last, so that the row it ends in is the one that results show.
    less = Neg(before, type=types.negate(before.type), span=before.span)
    return operators.arithmetic(ws, "+", less, _from_zero(ws, node, whole, bands), node.span)


def _whole(ws: Workspace, scope: Scope, node: ast.Tiers, from_: ast.Expr, head: Expr) -> Expr:
    """What was counted before and what is counted now, together."""
    start = ws.infer(scope, from_)
    try:
        if start.type.missing:
            raise fitting.lost(ws, start, start.span, "head")
        return operators.arithmetic(ws, "+", start, head, node.subject.span.to(from_.span))
    except Skip:
        return Unknown(node.span)


def _after(first: Span, last: Span) -> Span:
    """What follows a place, up to the end of another: `from P`."""
    rest = replace(first, start=first.end, end=last.end)
    return replace(rest, start=rest.end - len(rest.text.lstrip()))


def _from_zero(ws: Workspace, node: ast.Tiers, head: Expr, bands: tuple[Band, ...]) -> Tiers:
    unit = units.times(head.type.unit, bands[0].rate.type.unit)
    if unit is None:
        args = {"op": "*", "left": head.type.unit, "right": bands[0].rate.type.unit}
        labels = fitting.unit_labels(head, bands[0].rate)
        raise ws.fail("KPI303", node.span, args, labels=labels, helps=[Note("none")])
    type_ = fitting.fit(ws, node.span, (head,), lambda: curves_and_tiers.tiers(head.type, bands, unit))
    return Tiers(head, bands, type=type_, span=node.span)


def _bands(ws: Workspace, scope: Scope, node: ast.Tiers, head: Expr) -> tuple[Band, ...]:
    bands = tuple(_band(ws, scope, head, row) for row in node.rows)
    _in_order(ws, bands)
    if all(band.bound is not None for band in bands) and not ws.fragment:
        ws.report("KPI513", bands[-1].head_span, {"text": bands[-1].head_span.text}, helps=[Note("above")])
    rates = branches.join(ws, [band.rate for band in bands])
    return tuple(replace(band, rate=rate) for band, rate in zip(bands, rates, strict=True))


def _band(ws: Workspace, scope: Scope, head: Expr, row: ast.Row) -> Band:
    assert isinstance(row.head, ast.UpTo)
    bound = heads.listed(ws, scope, head, row.head.bound) if row.head.bound is not None else None
    rate = rule(ws, scope, row.value)
    try:
        if not isinstance(head, Unknown) or head.presumed is not None:
            rate = fitting.settle(ws, rate, Unit.RATIO if head.type.unit is Unit.MONEY else Unit.NUMBER)
        if rate.type.missing:
            raise fitting.lost(ws, rate, row.span, "head")
    except Skip:
        rate = Unknown(rate.span)
    return Band(bound, rate, row.span, row.head.span)


def _in_order(ws: Workspace, bands: tuple[Band, ...]) -> None:
    last: Band | None = None
    for band in bands:
        bound = known(band.bound) if band.bound is not None else None
        below = known(last.bound) if last is not None and last.bound is not None else Fraction(0)
        if last is not None and last.bound is None:
            helps = [Note("last", {"last": last.head_span.text})]
            args, labels = {"text": band.head_span.text}, [Label(last.head_span, "takes")]
            ws.report("KPI509", band.head_span, args, labels=labels, helps=helps)
        elif isinstance(bound, Fraction) and isinstance(below, Fraction) and bound <= below:
            labels = [Label(last.head_span, "before")] if last is not None else []
            helps = [Note("order" if last is not None else "above")]
            ws.report("KPI531", band.head_span, {"text": band.head_span.text}, labels=labels, helps=helps)
        last = band
