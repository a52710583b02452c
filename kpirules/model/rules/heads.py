"""What a rule chooses by, and the values that its rows hold against that."""

from __future__ import annotations

from collections import Counter

from kpirules.model.analysis.uses import head_parts
from kpirules.model.expr import Compares, Expr, Head, Holds, Lists, Otherwise, Skip, Unknown
from kpirules.model.expressions import expectations
from kpirules.model.operations import fitting, operators
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.syntax import ast, words
from kpirules.values import types
from kpirules.values.units import Unit

_WRITTEN = {ast.Percent: Unit.RATIO, ast.Money: Unit.MONEY, ast.Text: Unit.TEXT, ast.Date: Unit.DATE}


def chosen_by(ws: Workspace, scope: Scope, node: ast.Expr, form: str | None = None) -> Expr:
    """What a rule chooses by; a number where `form` says which rule asks for one; `Unknown` where it has a fault."""
    try:
        head = expectations.settle_free(ws, ws.infer(scope, node))
        if head.type.missing:
            fitting.lost(ws, head, head.span, "head")
            return Unknown(node.span, head.type.there())
        if form is not None and not head.type.unit.numeric:
            raise fitting.unfit(ws, head, words.spelling(form, ws.file.language), "by")
    except Skip:
        return Unknown(node.span)
    return head


def guessed(head: Expr, rows: tuple[ast.Row, ...]) -> Expr:
    """The head, or where nothing is known of it, one of the unit in which most of its rows are written."""
    if not isinstance(head, Unknown) or head.presumed is not None:
        return head
    written = [node for row in rows for node in head_parts(row) if not _naught(node)]
    kinds = [unit for node in written if (unit := _WRITTEN.get(type(node))) is not None]
    for unit, most in Counter(kinds).most_common(1):
        if most * 2 > len(written):
            return Unknown(head.span, types.presumed(unit))
    return head


def _naught(node: ast.Expr) -> bool:
    """Whether it is a bare 0, which may be of any unit."""
    return isinstance(node, ast.Number) and node.value == 0


def row_head(ws: Workspace, scope: Scope, head: Expr, row: ast.Row) -> Head:
    """What stands before a row's colon, typed."""
    match row.head:
        case ast.Comparison(op, bound):
            return Compares(op, _against(ws, scope, head, op, bound))
        case ast.Listed(values):
            typed = tuple(listed(ws, scope, head, value) for value in values)
            expectations.once(ws, typed)
            return Lists(typed)
        case ast.When(written):
            return Holds(expectations.condition(ws, scope, written))
        case ast.Else() | ast.UpTo():
            return Otherwise()


def listed(ws: Workspace, scope: Scope, head: Expr, node: ast.Expr) -> Expr:
    """A value that a row names, in the head's unit; `Unknown` where it has a fault."""
    if isinstance(node, ast.Binary) and node.op == "-" and not isinstance(node.left, ast.Path):
        args = {"text": node.span.text, "low": node.left.span.text}
        ws.report("KPI550", node.span, args, helps=[Note("from", args)])
        return Unknown(node.span)
    return _against(ws, scope, head, "=", node)


def _against(ws: Workspace, scope: Scope, head: Expr, op: str, node: ast.Expr) -> Expr:
    """A bound of a row, in the head's unit and comparable with it; `Unknown` where it is not."""
    bound = ws.infer(expectations.asking(scope, head, node), node)
    if isinstance(head, Unknown) and head.presumed is None:
        return bound
    try:
        return operators.comparison(ws, op, head, bound, node.span).right
    except Skip:
        return Unknown(node.span)
