"""The functions that build literals and expressions, by the grammar's rule."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token

from kpirules.source import Note, Span
from kpirules.syntax import ast, words
from kpirules.syntax.building.builder import Builder, Kids, Rule

MOST_DIGITS = 38
"""Digits that a number may be written with."""

_MONTHS = 12
_SCALES = {"万": 10**4, "亿": 10**8}
SYMBOLS = {"≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/"}
"""Operators as they may be typed, and as the tree has them."""


# ---------------------------------------------------------------- literals


def number_value(b: Builder, token: Token) -> Fraction:
    """The value of a number; one with more digits than can be held is a fault."""
    typed = b.prepared(token).replace("_", "")
    scale = _SCALES.get(typed[-1], 1)
    digits = typed.rstrip("万亿")
    if len(digits.replace(".", "")) > MOST_DIGITS:
        b.fault("KPI113", b.place(token), {"most": MOST_DIGITS}, Note("shorter"))
        return Fraction(0)
    return Fraction(digits) * scale


def _number(b: Builder, span: Span, kids: Kids) -> ast.Number:
    return ast.Number(number_value(b, kids[0]), span=span)


def _percent(b: Builder, span: Span, kids: Kids) -> ast.Percent:
    return ast.Percent(number_value(b, kids[0]) / 100, span=span)


def _money(b: Builder, span: Span, kids: Kids) -> ast.Money:
    currency = "CNY" if kids[1].type == "YUAN" else str(kids[1])
    return ast.Money(number_value(b, kids[0]), currency, span=span)


def _text(_: Builder, span: Span, __: Kids) -> ast.Text:
    return ast.Text(span.text[1:-1], span=span)


def date_value(b: Builder, token: Token) -> ast.Date:
    """A date; one that the calendar does not have is a fault."""
    span = b.place(token)
    try:
        day = date.fromisoformat(b.prepared(token))
    except ValueError:
        year, month, _ = map(int, span.text.split("-"))
        real = date.min.year <= year and 1 <= month <= _MONTHS
        last = f"{year:04}-{month:02}-{monthrange(year, month)[1]:02}" if real else None
        b.fault("KPI112", span, {"date": span.text}, Note("last", {"write": last}) if last else Note("form"))
        day = date.min
    return ast.Date(day, span=span)


def _date(b: Builder, _: Span, kids: Kids) -> ast.Date:
    return date_value(b, kids[0])


# ---------------------------------------------------------------- expressions


def _path(b: Builder, span: Span, kids: Kids) -> ast.Path:
    return ast.Path(tuple(map(b.name, kids)), span=span)


def _call(b: Builder, span: Span, kids: Kids) -> ast.Call:
    name, *rest = kids
    where = None
    if any(isinstance(kid, Token) for kid in rest):
        *rest, _, where = rest
    function = ast.Name("count distinct", span=b.place(name)) if name.type == "COUNT_DISTINCT" else b.name(name)
    return ast.Call(function, tuple(kid for kid in rest if kid is not None), where, span=span)


def _binary(b: Builder, span: Span, kids: Kids) -> ast.Binary:
    left, op, right = kids
    typed = b.prepared(op)
    symbol = op.type.lower() if op.type in ("AND", "OR") else SYMBOLS.get(typed, typed)
    return ast.Binary(symbol, left, right, span=span)


def _minus(_: Builder, span: Span, kids: Kids) -> ast.Unary:
    return ast.Unary("-", kids[1], span=span)


def _not(_: Builder, span: Span, kids: Kids) -> ast.Unary:
    return ast.Unary("not", kids[1], span=span)


def _in(_: Builder, span: Span, kids: Kids) -> ast.In:
    operand, word, *values = kids
    return ast.In(operand, tuple(values), word.type == "NOT_IN", span=span)


def _presence(_: Builder, span: Span, kids: Kids) -> ast.IsMissing:
    return ast.IsMissing(kids[0], kids[1].type == "IS_PRESENT", span=span)


def _or_else(_: Builder, span: Span, kids: Kids) -> ast.OrElse:
    fallback = None if isinstance(kids[2], Token) else kids[2]
    return ast.OrElse(kids[0], fallback, span=span)


def _per(_: Builder, span: Span, kids: Kids) -> ast.Per:
    operand, _word, step, how = kids
    return ast.Per(operand, step, words.keywords()[how.type].english, span=span)


def _as_unit(_: Builder, span: Span, kids: Kids) -> ast.As:
    operand, word = kids
    return ast.As(operand, words.keywords()[word.type].english.removeprefix("as "), span=span)


def _if(_: Builder, span: Span, kids: Kids) -> ast.If:
    return ast.If(kids[1], kids[3], kids[5], span=span)


def _inner(_: Builder, __: Span, kids: Kids) -> Any:  # noqa: ANN401  # whatever stands in the brackets
    return kids[0]


RULES: dict[str, Rule] = {
    "number": _number,
    "percent": _percent,
    "money": _money,
    "text": _text,
    "date": _date,
    "true": lambda _, span, __: ast.Bool(True, span=span),  # noqa: FBT003  # the literal itself
    "false": lambda _, span, __: ast.Bool(False, span=span),  # noqa: FBT003  # the literal itself
    "path": _path,
    "call": _call,
    "bracket": _inner,
    "minus": _minus,
    "binary": _binary,
    "or_else": _or_else,
    "compare": _binary,
    "in": _in,
    "not_in": _in,
    "is_missing": _presence,
    "is_present": _presence,
    "not": _not,
    "and": _binary,
    "or": _binary,
    "per": _per,
    "as_unit": _as_unit,
    "if": _if,
}
