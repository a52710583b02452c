"""What to write where the digits of a value cannot be proved to fit."""

from __future__ import annotations

from collections.abc import Iterator

from kpirules.model.expr import Agg, Expr, Unknown
from kpirules.model.walking import children
from kpirules.source import Diagnostic, Label, Note, Span
from kpirules.values import types
from kpirules.values.types import TooWide

_PLACES = 6
"""The places that a help keeps of a quotient: the fourth of a percent."""


def too_wide(wide: TooWide, span: Span, parts: tuple[Expr, ...]) -> Diagnostic:
    """A value at `span`, made of `parts`, whose digits cannot be proved to fit (KPI305).

    The help names the quotient in it that is narrower by most for being rounded, else the widest part.
    """
    worst = max(parts, key=_width).span if parts else span
    args = {"digits": wide.digits, "value": worst.text}
    labels = (Label(worst, "wide", args),) if worst != span else ()
    quotients = [node for part in parts for node in _quotients(part)]
    best = max(quotients, key=_saved, default=None)
    if best is None or _saved(best) <= 0:
        return Diagnostic("KPI305", span, args, labels, (Note("narrow", args),))
    return Diagnostic("KPI305", span, args, labels, (Note("round", {"value": best.span.text}),))


def _quotients(node: Expr) -> Iterator[Expr]:
    """The quotients and means in a value, not those of the rows that it adds up: these are rounded already."""
    if isinstance(node, Unknown):
        return
    if node.type.over is not None:
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
