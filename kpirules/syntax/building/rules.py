"""The functions that build rules, by the grammar's rule."""

from __future__ import annotations

from kpirules.source import Span
from kpirules.syntax import ast
from kpirules.syntax.building.builder import Builder, Kids, Rule
from kpirules.syntax.building.expressions import SYMBOLS


def _limit(_: Builder, span: Span, kids: Kids) -> ast.Limit:
    token, bound = kids
    comma = len(token) - len(token.lstrip(", "))
    return ast.Limit(token.type == "NEXT_AT_MOST", bound, span=Span(span.source, span.start + comma, span.end))


def _formula(_: Builder, span: Span, kids: Kids) -> ast.Formula:
    expr, *limits = kids
    return ast.Formula(expr, tuple(limits), span=span)


def _by(b: Builder, _: Span, kids: Kids) -> ast.By:
    word, subject, *rows = kids
    return ast.By(subject, tuple(rows), span=b.place(word).to(subject.span))


def _choose(b: Builder, _: Span, kids: Kids) -> ast.Choose:
    word, *rows = kids
    return ast.Choose(tuple(rows), span=b.place(word))


def _curve(b: Builder, _: Span, kids: Kids) -> ast.Curve:
    word, subject, *rows = kids
    return ast.Curve(subject, tuple(rows), span=b.place(word).to(subject.span))


def _tiers(b: Builder, _: Span, kids: Kids) -> ast.Tiers:
    word, subject, _from, *rows = kids
    start = rows.pop(0)
    return ast.Tiers(subject, start, tuple(rows), span=b.place(word).to((start or subject).span))


def _row(_: Builder, span: Span, kids: Kids) -> ast.Row:
    head, value = kids
    return ast.Row(head, value, span=span)


def _comparison(b: Builder, span: Span, kids: Kids) -> ast.Comparison:
    typed = b.prepared(kids[0])
    return ast.Comparison(SYMBOLS.get(typed, typed), kids[1], span=span)


def _listed(_: Builder, span: Span, kids: Kids) -> ast.Listed:
    return ast.Listed(tuple(kids), span=span)


def _when(_: Builder, span: Span, kids: Kids) -> ast.When:
    return ast.When(kids[1], span=span)


RULES: dict[str, Rule] = {
    "formula": _formula,
    "at_most": _limit,
    "at_least": _limit,
    "by": _by,
    "choose": _choose,
    "curve": _curve,
    "tiers": _tiers,
    "by_row": _row,
    "choose_row": _row,
    "curve_row": _row,
    "tiers_row": _row,
    "comparison": _comparison,
    "listed": _listed,
    "point": _listed,
    "else": lambda _, span, __: ast.Else(span=span),
    "when": _when,
    "up_to": lambda _, span, kids: ast.UpTo(kids[1], span=span),
    "above": lambda _, span, __: ast.UpTo(None, span=span),
}
