"""Advice: texts of an indicator with figures in them, for those for whom a condition holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from kpirules.model import scheme
from kpirules.model.analysis import presence
from kpirules.model.analysis.uses import handled, nodes_in
from kpirules.model.expr import Expr
from kpirules.model.expressions import expectations
from kpirules.model.operations import fitting
from kpirules.model.reports import both, every
from kpirules.model.scope import PARTS, Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Note, Span
from kpirules.syntax import ast

_BRACED = r"\{([^{}]*)\}|[{}]"
_NAME = r"\s*([^\W\d]\w*)\s*"


def advise(ws: Workspace, node: ast.Indicator, written: ast.Advice) -> None:
    """One piece of advice. Its condition holds for nobody who lacks a part of the indicator that it reads.

    Raises:
        Skip: it has a fault.
    """
    name = node.name.text
    named = {clause.name for clause in node.clauses}
    parts = tuple(part for part in PARTS if part in named or (part == "achievement" and "target" in named))
    asked = handled(ws, nodes_in(written.when))
    known = frozenset(presence.value(name, part) for part in parts if part not in asked)
    scope = Scope(indicator=name, parts=parts)
    when, pieces = both(
        lambda: expectations.condition(ws, scope.knowing(known), written.when),
        lambda: every(lambda piece: _piece(ws, scope, written.message, piece), _cut(written.message.value)),
    )
    ws.advice[written.span] = scheme.Advice(name, when, pieces, written.span)


def _cut(text: str) -> Iterator[str | re.Match[str]]:
    """A text cut at its braces: what stands in them, or one that stands alone, is a match."""
    done = 0
    for brace in re.finditer(_BRACED, text):
        if brace.start() > done:
            yield text[done : brace.start()]
        yield brace
        done = brace.end()
    if done < len(text):
        yield text[done:]


def _piece(ws: Workspace, scope: Scope, message: ast.Text, piece: str | re.Match[str]) -> str | Expr:
    """Words as they are; of what stands in braces, the figure of that name.

    Raises:
        Skip: what stands in braces is no name, or nothing has that name.
    """
    if isinstance(piece, str):
        return piece
    return fitting.plain(ws, ws.infer(scope, _path(ws, message, piece)))


def _path(ws: Workspace, message: ast.Text, brace: re.Match[str]) -> ast.Path:
    """The name between braces, at its place in the text.

    Raises:
        Skip: it is none.
    """
    source, start = message.span.source, message.span.start + 1

    def place(first: int, last: int) -> Span:
        return Span(source, start + first, start + last)

    names: list[ast.Name] = []
    at = brace.start(1)
    for part in (brace[1] or "").split("."):
        named = re.fullmatch(_NAME, part)
        if named is None:
            raise ws.fail("KPI560", place(*brace.span()), helps=[Note("name")])
        text = unicodedata.normalize("NFC", named[1])
        names.append(ast.Name(text, span=place(at + named.start(1), at + named.end(1))))
        at += len(part) + 1
    return ast.Path(tuple(names), span=names[0].span.to(names[-1].span))
