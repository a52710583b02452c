"""Calls: of aggregates, of scalar functions, and of what is neither."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from kpirules.model.expr import Expr, Fn, Skip, Unknown
from kpirules.model.expressions import aggregates
from kpirules.model.operations import branches, date_arithmetic, fitting
from kpirules.model.scope import Scope
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.source.similar import similar
from kpirules.syntax import ast, words
from kpirules.values.operation_table import AGGREGATES, FUNCTIONS, Takes
from kpirules.values.types import Type
from kpirules.values.units import Unit

_LARGEST_PLACES = 12


def call(ws: Workspace, scope: Scope, node: ast.Call) -> Expr:
    """A call, under whichever spelling of its function.

    Raises:
        Skip: nothing has that name, it is not over what it should be, or its value has a fault.
    """
    name = words.function(node.function.text)
    if name is not None and aggregates.is_aggregate(ws, node):
        return aggregates.aggregate(ws, scope, node, name)
    if name is not None and name not in FUNCTIONS:
        raise ws.later(node.function.span)
    if node.where is not None:
        for arg in node.args:
            ws.infer(scope, arg)
        raise ws.fail("KPI312", node.where.span, {"name": node.function.text}, helps=[_as_if(ws, node)])
    if name is not None:
        return _scalar(ws, scope, node, name)
    form = _form(ws, node)
    if form:
        raise ws.fail("KPI213", node.span, {"name": node.function.text}, helps=[Note("write", {"write": form})])
    close = _meant(node.function.text, len(node.args), ws.file.language)
    helps = [Note("similar", {"similar": close}) if close else Note("some", {"some": words.listed(ws.file.language)})]
    raise ws.fail("KPI213", node.function.span, {"name": node.function.text}, helps=helps)


def _as_if(ws: Workspace, node: ast.Call) -> Note:
    """What to write for a condition in a call that is over no rows."""
    assert node.where is not None
    language = ws.file.language
    args = {"where": node.where.span.text, "args": ", ".join(arg.span.text for arg in node.args)}
    args |= {word: words.spelling(word, language) for word in ("if", "then", "else")}
    return Note("if", {**args, "function": node.function.text})


def _meant(written: str, count: int, language: str) -> str | None:
    """The function that somebody perhaps meant who wrote another name and `count` arguments, the likeliest first.

    What it is called elsewhere tells most; of names that are close, those that take as many arguments come first.
    """
    habit = words.function_meant(written)
    if habit is not None:
        return words.spelling(habit, language)
    known = {spelling: words.function(spelling) for spelling in words.functions()}
    fit = [spelling for spelling, name in known.items() if name is not None and _takes(name, count)]
    return similar(written, fit) or similar(written, known)


def _form(ws: Workspace, node: ast.Call) -> str | None:
    """What is written with keywords here and is a function of spreadsheets and databases: `IF(a, b, c)`."""
    written, parts = node.function.text.casefold(), [arg.span.text for arg in node.args]
    keywords = _FORMS.get((written, len(parts)))
    if keywords is None:
        return None
    phrase = [
        words.spelling(word, ws.file.language) if word.isascii() else parts["①②③".index(word)] for word in keywords
    ]
    return " ".join(phrase)


_FORMS = {(name, 3): ("if", "①", "then", "②", "else", "③") for name in ("if", "如果")} | {
    (name, 2): ("①", "or else", "②") for name in ("iferror", "ifnull", "isnull", "coalesce", "nvl", "ifna")
}
"""By name and number of arguments, the keywords, and between them the arguments."""


def _takes(name: str, count: int) -> bool:
    function = FUNCTIONS.get(name)
    return (function is not None and function.least <= count <= function.most) or (count == 1 and name in AGGREGATES)


def _scalar(ws: Workspace, scope: Scope, node: ast.Call, name: str) -> Expr:
    """A call of a scalar function, under its English name.

    Raises:
        Skip: wrong number of arguments, wrong units, or digits that cannot be proved.
    """
    function = FUNCTIONS[name]
    least, most = function.least, function.most
    values = tuple(ws.infer(scope, arg) for arg in node.args)
    if not least <= len(node.args) <= most:
        args = {"name": node.function.text, "least": least, "most": most, "found": len(node.args)}
        raise ws.fail("KPI313", node.span, args, helps=[Note("one" if least == most else "range", args)])
    return _MAKERS[function.takes](ws, node, name, values)


def _rounded(ws: Workspace, node: ast.Call, name: str, args: tuple[Expr, ...]) -> Expr:
    value = args[0]
    places = known(args[1]) if len(args) > 1 else Fraction(0)
    if not isinstance(places, Fraction) or places.denominator != 1 or abs(places) > _LARGEST_PLACES:
        if isinstance(args[1], Unknown):
            raise Skip
        raise ws.fail("KPI314", args[1].span, {"text": args[1].span.text}, helps=[Note("places", {"write": "2"})])
    if not value.type.unit.numeric:
        raise fitting.unfit(ws, value, node.function.text)
    digits = int(places)
    rounded = fitting.fit(ws, node.span, (value,), lambda: FUNCTIONS[name].type(value.type, digits))
    return Fn(name, (value,), digits, ws.scheme.mode, type=rounded, span=node.span)


def _of_figure(ws: Workspace, node: ast.Call, name: str, args: tuple[Expr, ...]) -> Expr:
    value = args[0]
    if not value.type.unit.numeric:
        raise fitting.unfit(ws, value, node.function.text)
    return Fn(name, (value,), type=FUNCTIONS[name].type(value.type), span=node.span)


def _of_alike(ws: Workspace, node: ast.Call, name: str, args: tuple[Expr, ...]) -> Expr:
    joined = branches.join(ws, list(args))
    for branch in joined:
        if not branch.type.unit.numeric and branch.type.unit is not Unit.DATE:
            raise fitting.unfit(ws, branch, node.function.text)
        if branch.type.missing:
            raise fitting.lost(ws, branch, node.span, "comparison")
    unit = branches.either(ws, joined, node).unit

    def extreme() -> Type:
        return FUNCTIONS[name].type(*(branch.type for branch in joined)).of(unit)

    return Fn(name, tuple(joined), type=fitting.fit(ws, node.span, tuple(joined), extreme), span=node.span)


_Maker = Callable[[Workspace, ast.Call, str, tuple[Expr, ...]], Expr]

_MAKERS: dict[Takes, _Maker] = {
    Takes.FIGURE: _of_figure,
    Takes.ROUNDED: _rounded,
    Takes.ALIKE: _of_alike,
    Takes.DATES: lambda ws, node, name, args: date_arithmetic.of_dates(ws, name, args, node.span),
    Takes.MOVED: lambda ws, node, name, args: date_arithmetic.moved_by(ws, name, args, node.span),
}
