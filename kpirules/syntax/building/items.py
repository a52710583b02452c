"""The functions that build items and their clauses, by the grammar's rule."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

from kpirules.records import dataclass
from kpirules.source import Note, Span
from kpirules.syntax import ast, words
from kpirules.syntax.building.builder import Builder, Kids, Rule
from kpirules.syntax.building.expressions import date_value, number_value

if TYPE_CHECKING:
    from lark import Token

_N = TypeVar("_N", bound=ast.Node)


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of the node above: its name there, its value, the keyword that brought it."""

    name: str
    value: Any
    word: Span


def _english(token: Token) -> str:
    return words.keywords()[token.type].english


def _every(kind: type[_N], kids: Kids) -> tuple[_N, ...]:
    return tuple(kid for kid in kids if isinstance(kid, kind))


def _fields(b: Builder, kids: Kids) -> dict[str, Any]:
    """The parts among a node's kids, by name; one that is written twice is a fault."""
    parts: dict[str, _Part] = {}
    for kid in kids:
        if not isinstance(kid, _Part):
            continue
        if kid.name in parts:
            b.twice(kid.word, parts[kid.name].word)
        parts.setdefault(kid.name, kid)
    return {name: part.value for name, part in parts.items()}


def _places(b: Builder, token: Token) -> int:
    value = number_value(b, token)
    if value.denominator != 1:
        b.fault("KPI118", b.place(token), {"number": b.place(token).text}, Note("write", {"write": str(ceil(value))}))
    return int(value)


# ---------------------------------------------------------------- scheme


def _scheme(b: Builder, span: Span, kids: Kids) -> ast.Scheme:
    fields = _fields(b, kids)
    entries, even = fields.pop("rounding", (None, False))
    return ast.Scheme(b.name(kids[1]), b.title(kids[2]), **fields, rounding=entries, half_even=even, span=span)


def _version(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("version", b.quoted(kids[1]), b.place(kids[0]))


def _period(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("period", ast.Name(_english(kids[1]), span=b.place(kids[1])), b.place(kids[0]))


def _effective(b: Builder, _: Span, kids: Kids) -> _Part:
    word, first, to, last = kids
    return _Part("effective", (date_value(b, first), date_value(b, last) if to else None), b.place(word))


def _currency(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("currency", b.name(kids[1]), b.place(kids[0]))


def _rounding(b: Builder, _: Span, kids: Kids) -> _Part:
    word, even = kids[0], kids[-1]
    return _Part("rounding", (_every(ast.Rounding, kids), bool(even)), b.place(word))


def _rounded(b: Builder, span: Span, kids: Kids) -> ast.Rounding:
    return ast.Rounding(b.name(kids[0]), _places(b, kids[1]), span=span)


def _use(b: Builder, span: Span, kids: Kids) -> ast.Use:
    return ast.Use(b.quoted(kids[1]), span=span)


# ---------------------------------------------------------------- table and subject


def _table(b: Builder, span: Span, kids: Kids) -> ast.Table:
    columns, active = _every(ast.Column, kids), _every(ast.ActiveClause, kids)
    via = _every(ast.Name, kids)
    marks = _fields(b, kids)
    return ast.Table(b.name(kids[1]), b.title(kids[2]), columns, active, via, tuple(marks.values()), span=span)


def _mark(_: Builder, span: Span, kids: Kids) -> _Part:
    word = _english(kids[0])
    return _Part(word, ast.TableMark(word, span=span), span)


def _via(b: Builder, _: Span, kids: Kids) -> ast.Name:
    return b.name(kids[1])


def _active(b: Builder, span: Span, kids: Kids) -> ast.ActiveClause:
    return ast.ActiveClause(b.name(kids[1]), b.name(kids[3]), span=span)


def _column(b: Builder, span: Span, kids: Kids) -> ast.Column:
    name, (word, places, type_span), *modifiers = kids
    fields = _fields(b, modifiers)
    if "references" in fields:
        fields["references"], fields["matches"] = fields["references"]
    return ast.Column(b.name(name), word, places=places, type_span=type_span, **fields, span=span)


def _type(b: Builder, span: Span, kids: Kids) -> tuple[str, int | None, Span]:
    word, *places = kids
    return _english(word), _places(b, places[0]) if places and places[0] else None, span


_FLAGS: dict[str, tuple[str, object]] = {
    "KEY": ("key", True),
    "OPTIONAL": ("optional", True),
    "PERIOD_OF": ("period", True),
    "AS_FRACTION": ("percent_form", "fraction"),
    "AS_POINTS": ("percent_form", "points"),
}


def _flag(_: Builder, span: Span, kids: Kids) -> _Part:
    return _Part(*_FLAGS[kids[0].type], span)


def _references(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("references", (b.name(kids[1]), kids[0].type == "MATCHES"), b.place(kids[0]))


def _domain(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("values", tuple(kids[1:]), b.place(kids[0]))


def _between(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("between", (kids[1], kids[3]), b.place(kids[0]))


_UNITS = {"THOUSAND": 10**3, "TEN_THOUSAND": 10**4, "MILLION": 10**6, "HUNDRED_MILLION": 10**8, "YUAN": 1}


def _unit(b: Builder, span: Span, kids: Kids) -> _Part:
    word, size, *_ = kids
    value = number_value(b, size) if size.type == "NUMBER" else Fraction(_UNITS[size.type])
    return _Part("unit", ast.Number(value, span=Span(span.source, b.place(size).start, span.end)), b.place(word))


def _subject(b: Builder, span: Span, kids: Kids) -> ast.Subject:
    _, name, where, *rest = kids
    condition = rest.pop(0) if where else None
    return ast.Subject(b.name(name), condition, **_fields(b, rest), span=span)


def _reports_to(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("reports_to", b.name(kids[1]), b.place(kids[0]))


# ---------------------------------------------------------------- define and indicator


def _define(b: Builder, span: Span, kids: Kids) -> ast.Define:
    return ast.Define(b.name(kids[1]), b.title(kids[2]), kids[3], span=span)


def _computed(b: Builder, span: Span, kids: Kids) -> ast.DefineColumn:
    return ast.DefineColumn(b.name(kids[1]), b.name(kids[2]), b.title(kids[3]), kids[4], span=span)


def _filter(b: Builder, span: Span, kids: Kids) -> ast.DefineTable:
    return ast.DefineTable(b.name(kids[1]), b.title(kids[2]), b.name(kids[3]), kids[5], span=span)


def _indicator(b: Builder, span: Span, kids: Kids) -> ast.Indicator:
    clauses, missing, advice = _every(ast.Clause, kids), _every(ast.Missing, kids), _every(ast.Advice, kids)
    return ast.Indicator(b.name(kids[1]), b.title(kids[2]), clauses, missing, advice, span=span)


def _clause(b: Builder, span: Span, kids: Kids) -> ast.Clause:
    word, rule, *lines = kids
    limits = tuple(limit for line in lines for limit in line)
    return ast.Clause(_english(word), rule, b.place(word), limits, span=span)


def _limited(_: Builder, span: Span, kids: Kids) -> tuple[ast.Limit, ...]:
    word, bound, *more = kids
    return ast.Limit(word.type == "AT_MOST", bound, span=Span(span.source, span.start, bound.span.end)), *more


def _advice(b: Builder, span: Span, kids: Kids) -> ast.Advice:
    return ast.Advice(kids[1], b.quoted(kids[2]), span=span)


def _missing(_: Builder, span: Span, kids: Kids) -> ast.Missing:
    _word, policy, *points = kids
    return ast.Missing(_english(policy), points[0] if points else None, span=span)


# ---------------------------------------------------------------- scorecard, grade, gate, pay


def _scorecard(b: Builder, span: Span, kids: Kids) -> ast.Scorecard:
    _, name, title, word, *rest = kids
    applies = rest.pop(0) if word else None
    groups, entries, adjusts = _every(ast.Group, rest), _every(ast.Entry, rest), _every(ast.Adjust, rest)
    totals = _every(ast.Clause, rest)
    return ast.Scorecard(b.name(name), b.title(title), applies, groups, entries, adjusts, totals, span=span)


def _group(b: Builder, span: Span, kids: Kids) -> ast.Group:
    _, name, title, weight, *entries = kids
    return ast.Group(b.name(name), b.title(title), weight, tuple(entries), span=span)


def _entry(b: Builder, span: Span, kids: Kids) -> ast.Entry:
    token, weight, *when = kids
    return ast.Entry(b.name(token), weight, when[1] if when[0] else None, span=span)


def _adjust(b: Builder, span: Span, kids: Kids) -> ast.Adjust:
    return ast.Adjust(b.name(kids[1]), b.title(kids[2]), kids[3], span=span)


def _grade(_: Builder, span: Span, kids: Kids) -> ast.Grade:
    return ast.Grade(kids[1], span=span)


def _gate(b: Builder, span: Span, kids: Kids) -> ast.Gate:
    return ast.Gate(b.name(kids[1]), b.title(kids[2]), kids[4], tuple(kids[5:]), span=span)


def _effect(_: Builder, span: Span, kids: Kids) -> ast.GateEffect:
    target, how, bound = kids
    return ast.GateEffect(target, _english(how), bound, span=span)


def _pay(b: Builder, span: Span, kids: Kids) -> ast.Pay:
    fields = _fields(b, kids)
    clauses = _every(ast.Clause, kids)
    name, title = b.name(kids[1]), b.title(kids[2])
    paid = kids[0].type == "PAY"
    return ast.Pay(name, title, fields.get("applies"), fields.get("when"), clauses, paid, span=span)


def _for(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("applies", kids[1], b.place(kids[0]))


def _on(b: Builder, _: Span, kids: Kids) -> _Part:
    return _Part("when", kids[1], b.place(kids[0]))


def _outcome(b: Builder, span: Span, kids: Kids) -> ast.Outcome:
    return ast.Outcome(b.name(kids[1]), b.title(kids[2]), kids[4], span=span)


def _ensure(b: Builder, span: Span, kids: Kids) -> ast.Ensure:
    return ast.Ensure(kids[1], b.quoted(kids[2]), span=span)


def _require(b: Builder, span: Span, kids: Kids) -> ast.Require:
    _, *table, condition, message = kids
    return ast.Require(b.name(table[0]) if table else None, condition, b.quoted(message), span=span)


RULES: dict[str, Rule] = {
    "start": lambda _, __, kids: kids[0],
    "scheme": _scheme,
    "use": _use,
    "version": _version,
    "period": _period,
    "effective": _effective,
    "currency": _currency,
    "rounding": _rounding,
    "rounded": _rounded,
    "table": _table,
    "active": _active,
    "via": _via,
    "mark": _mark,
    "column": _column,
    "type": _type,
    "flag": _flag,
    "references": _references,
    "domain": _domain,
    "between": _between,
    "unit": _unit,
    "subject": _subject,
    "reports_to": _reports_to,
    "define": _define,
    "computed": _computed,
    "filter": _filter,
    "indicator": _indicator,
    "clause": _clause,
    "amount": _clause,
    "limited": _limited,
    "missing": _missing,
    "advice": _advice,
    "scorecard": _scorecard,
    "group": _group,
    "entry": _entry,
    "adjust": _adjust,
    "total": _clause,
    "grade": _grade,
    "gate": _gate,
    "effect": _effect,
    "pay": _pay,
    "for": _for,
    "on": _on,
    "outcome": _outcome,
    "ensure": _ensure,
    "require": _require,
}
