"""Arithmetic of dates: days and months added to one, and what functions tell of it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from kpirules.model.expr import Expr, Fn, Lit, Neg
from kpirules.model.operations import fitting
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Note, Span
from kpirules.values import types
from kpirules.values.operation_table import function
from kpirules.values.units import Unit


def of_dates(ws: Workspace, name: str, args: tuple[Expr, ...], span: Span) -> Expr:
    """A function of dates, such as `months(a, b)`; a constant where it gives a date and they are known.

    Raises:
        Skip: an argument is not a date.
    """
    days = tuple(fitting.fitted(ws, arg, Unit.DATE) for arg in args)
    work, values = function(name).known, [known(day) for day in days]
    if work is not None and all(isinstance(value, date) for value in values):
        end = work(*values)
        assert end is not None, "the first and the last day of a month are in the calendar"
        return Lit(end, type=types.DATE, span=span)
    return _made(ws, name, days, span)


def moved_by(ws: Workspace, name: str, args: tuple[Expr, ...], span: Span) -> Expr:
    """`add_months(d, n)`.

    Raises:
        Skip: the arguments are not a date and a whole number, or the result is no date.
    """
    day, number = fitting.fitted(ws, args[0], Unit.DATE), fitting.fitted(ws, args[1], Unit.NUMBER)
    return _later(ws, name, day, number, span)


def _made(ws: Workspace, name: str, args: tuple[Expr, ...], span: Span) -> Expr:
    kind = fitting.fit(ws, span, args, lambda: function(name).type(*(arg.type for arg in args)))
    return Fn(name, args, type=kind, span=span)


def moved(ws: Workspace, op: str, left: Expr, right: Expr, span: Span) -> Expr | None:
    """`left op right` for `+ -` with a date: a date plus or minus days, or the days between two; None for all else.

    Raises:
        Skip: the days are not whole, a possibly missing value would get lost, or the result is no date.
    """
    if op == "-" and left.type.unit is right.type.unit is Unit.DATE:
        return _made(ws, "days", (right, left), span)
    day, number = (right, left) if op == "+" and right.type.unit is Unit.DATE else (left, right)
    if day.type.unit is not Unit.DATE or number.type.unit not in (Unit.NUMBER, Unit.COUNT, Unit.BARE):
        return None
    for node, other in ((day, number), (number, day)):
        if node.type.missing and known(other) is None:
            raise fitting.lost(ws, node, span, "sum")
    return _later(ws, "add_days", day, number, span, back=op == "-")


def _later(ws: Workspace, name: str, day: Expr, number: Expr, span: Span, *, back: bool = False) -> Expr:
    """A date so many days or months later, or earlier with `back`; a constant where both are."""
    number = _whole(ws, fitting.plain(ws, number))
    if back:
        number = Neg(number, type=types.negate(number.type), span=number.span)
    value, by = known(day), known(number)
    if isinstance(value, date) and isinstance(by, Fraction):
        work = function(name).known
        later = work(value, by.numerator) if work is not None else None
        if later is None:
            raise ws.fail("KPI571", span, {"text": span.text}, helps=[Note("nearer")])
        return Lit(later, type=types.DATE, span=span)
    return _made(ws, name, (day, number), span)


def _whole(ws: Workspace, number: Expr) -> Expr:
    """A number that is provably whole.

    Raises:
        Skip: it may have a fraction.
    """
    value = known(number)
    if isinstance(value, Fraction) and value.denominator == 1:
        return Lit(value, type=types.constant(Unit.NUMBER, value), span=number.span)
    if number.type.scale == 0 or number.type.presumed:
        return number
    args = {"text": number.span.text}
    raise ws.fail("KPI322", number.span, args, helps=[Note("shorter" if value is not None else "round", args)])
