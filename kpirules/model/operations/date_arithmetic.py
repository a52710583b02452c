"""Arithmetic of dates: days and months added to one, and what functions tell of it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from kpirules.model.expr import Expr, Fn, Lit, Neg
from kpirules.model.operations import fitting
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Note, Span
from kpirules.syntax import ast
from kpirules.values import dates, types
from kpirules.values.units import Unit

_BOUNDS = {
    "days": (-4_000_000, 4_000_000),
    "months": (-120_000, 120_000),
    "year": (1, 9999),
    "half": (1, 2),
    "quarter": (1, 4),
    "month": (1, 12),
    "day": (1, 31),
    "weekday": (1, 7),
}
"""The least and the greatest of what a function of dates counts."""
_LATER = {"add_days": dates.add_days, "add_months": dates.add_months}


def counted(ws: Workspace, node: ast.Call, name: str, args: tuple[Expr, ...]) -> Expr:
    """A function of dates that gives a whole number, such as `months(a, b)`.

    Raises:
        Skip: an argument is not a date.
    """
    return count(ws, name, tuple(fitting.fitted(ws, arg, Unit.DATE) for arg in args), node.span)


def count(ws: Workspace, name: str, args: tuple[Expr, ...], span: Span) -> Expr:
    """The same of dates."""
    low, high = _BOUNDS[name]
    found = types.decimal(Unit.NUMBER, 0, Fraction(low), Fraction(high), missing=any(arg.type.missing for arg in args))
    return Fn(name, args, type=fitting.fit(ws, span, args, lambda: found), span=span)


def ends(ws: Workspace, node: ast.Call, name: str, args: tuple[Expr, ...]) -> Expr:
    """`month_start(d)` and `month_end(d)`.

    Raises:
        Skip: the argument is not a date.
    """
    day = fitting.fitted(ws, args[0], Unit.DATE)
    value = known(day)
    if isinstance(value, date):
        first = dates.first_day(value, 1)
        return Lit(first if name == "month_start" else dates.last_day(first, 1), type=types.DATE, span=node.span)
    found = fitting.fit(ws, node.span, (day,), lambda: types.DATE.maybe(when=day.type.missing))
    return Fn(name, (day,), type=found, span=node.span)


def months_added(ws: Workspace, node: ast.Call, _name: str, args: tuple[Expr, ...]) -> Expr:
    """`add_months(d, n)`.

    Raises:
        Skip: the arguments are not a date and a whole number, or the result is no date.
    """
    day, number = fitting.fitted(ws, args[0], Unit.DATE), fitting.fitted(ws, args[1], Unit.NUMBER)
    return _later(ws, "add_months", day, number, node.span)


def moved(ws: Workspace, op: str, left: Expr, right: Expr, span: Span) -> Expr | None:
    """`left op right` for `+ -` with a date: a date plus or minus days, or the days between two; None for all else.

    Raises:
        Skip: the days are not whole, a possibly missing value would get lost, or the result is no date.
    """
    if op == "-" and left.type.unit is right.type.unit is Unit.DATE:
        return count(ws, "days", (right, left), span)
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
        found = _LATER[name](value, by.numerator)
        if found is None:
            raise ws.fail("KPI571", span, {"text": span.text}, helps=[Note("nearer")])
        return Lit(found, type=types.DATE, span=span)
    missing = day.type.missing or number.type.missing
    return Fn(
        name,
        (day, number),
        type=fitting.fit(ws, span, (day, number), lambda: types.DATE.maybe(when=missing)),
        span=span,
    )


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
