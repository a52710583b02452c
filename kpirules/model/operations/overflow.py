"""What to write where the digits of a value cannot be proved to fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from kpirules.model.analysis import unfolding
from kpirules.model.expr import Agg, By, Choose, Col, Curve, Expr, Limited, Lookup, Tiers, Unknown
from kpirules.model.traversal import children, values_in
from kpirules.model.workspace import Workspace
from kpirules.source import Diagnostic, Label, Note, Span
from kpirules.source.spans import one_line
from kpirules.values import types
from kpirules.values.operation_table import AGGREGATES
from kpirules.values.types import TooWide

LARGE = Fraction(10) ** 9
"""What a column is offered to stay within."""

_PLACES = 6
"""The places that a help keeps of a quotient: the fourth of a percent."""


def too_wide(wide: TooWide, span: Span, parts: tuple[Expr, ...]) -> Diagnostic:
    """A value at `span`, made of `parts`, whose digits cannot be proved to fit (KPI305).

    The help names the quotient in it that is narrower by most for being rounded, else the widest part.
    """
    worst = max(parts, key=_width).span if parts else span
    args = {"digits": wide.digits, "value": one_line(worst.text)}
    labels = (Label(worst, "wide", args),) if worst != span else ()
    quotients = [node for part in parts for node in _quotients(part)]
    best = max(quotients, key=_saved, default=None)
    if best is None or _saved(best) <= 0:
        return Diagnostic("KPI305", span, args, labels, (Note("narrow", args),))
    return Diagnostic("KPI305", span, args, labels, (Note("round", {"value": one_line(best.span.text)}),))


def unbounded(ws: Workspace, nodes: Iterable[Expr]) -> tuple[str, ...]:
    """The columns without `between` that bound some values, as `table.column`; what a sum comes to they do not."""
    names: dict[str, None] = {}
    pending, seen = [*nodes], set[int]()
    for node in pending:
        if id(node) in seen or (isinstance(node, Agg) and not AGGREGATES[node.func].picks):
            continue
        seen.add(id(node))
        behind = unfolding.written(ws, node)
        pending += values_in(node) if behind is None else (behind,)
        table = ws.tables.get(node.table) if isinstance(node, Col | Lookup) else None
        column = table.column(node.column) if table is not None and isinstance(node, Col | Lookup) else None
        if table is not None and column is not None and column.type.digits is not None and column.low is None:
            names[f"{table.name}.{column.name}"] = None
    return tuple(names)


def bounded_first(faults: Iterable[Diagnostic], left: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Faults of which those that are not `left` where columns are narrower are first to be met by `between`."""
    still = [fault.span for fault in left if fault.code == "KPI305" and fault.span is not None]
    return tuple(
        replace(fault, helps=(Note("bounds", {"columns": fault.args["columns"]}), *fault.helps))
        if fault.code == "KPI305"
        and fault.args.get("columns")
        and not any(fault.span is not None and fault.span.within(span) for span in still)
        else fault
        for fault in faults
    )


def _quotients(node: Expr) -> Iterator[Expr]:
    """The quotients and means in a value that can be written in a call.

    A rule cannot. Those in what has no denominator, or in the rows that a mean adds up, are rounded already.
    """
    if isinstance(node, Unknown) or node.type.over is None:
        return
    if not isinstance(node, Limited | By | Choose | Curve | Tiers):
        yield node
    if not isinstance(node, Agg):
        for child in children(node):
            yield from _quotients(child)


def _saved(node: Expr) -> int:
    """How many digits a quotient needs less for being rounded; below 0 where it cannot be."""
    try:
        rounded = types.rounding(node.type, _PLACES)
    except TooWide:
        return -1
    return _width(node) - sum(side.width for side in rounded.sides)


def _width(node: Expr) -> int:
    """The digits of both sides of a value, 0 where it has none."""
    return sum(side.width for side in node.type.sides) if node.type.digits is not None else 0
