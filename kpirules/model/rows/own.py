"""`own.x`: what the subject has, read from a row that belongs to the subject."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.analysis import unfolding
from kpirules.model.expr import Agg, Builtin, Col, Expr, Lookup, Own, Skip, Val
from kpirules.model.rows import grain
from kpirules.model.traversal import owns, walk
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast, words


def bare(path: ast.Path) -> ast.Path:
    """A path without the `own` that it begins with, whatever its spelling; itself where it does not."""
    begins = len(path.names) > 1 and words.builtin(path.names[0].text) == "own"
    return ast.Path(path.names[1:], span=path.names[1].span.to(path.names[-1].span)) if begins else path


def in_row(ws: Workspace, table: str, value: Expr, span: Span) -> Expr:
    """A value of the subject as a row of `table` reads it.

    A row that no subject owns is counted for nobody, so what is never missing for a subject is never missing here.

    Raises:
        Skip: nothing says whose the row is, or when.
    """
    if ws.subject is None:
        raise Skip
    refs = () if table == ws.subject.table.name else grain.grain_of(ws, table, span).owner
    match value:
        case Col():
            return replace(value, refs=(*refs, *value.refs), own=False, span=span)
        case Val() if value.known is not None:
            return replace(value, span=span)
        case Builtin() if value.name not in unfolding.DATED:
            return value
        case _:
            return Own(refs, value, isinstance(value, Val) and _alone(ws, value), type=value.type, span=span)


def _alone(ws: Workspace, val: Val) -> bool:
    """Whether a value of the subject is worked out of the subject's own row alone, so that a row can read it."""
    items, columns = [val], list[Col]()
    for item in items:
        define = ws.defines.get(item.item) if item.part == "value" else None
        if define is None or not _of_columns(define.rule, items, columns):
            return False
    for column in columns:
        computed = ws.columns.get((column.table, column.column))
        if computed is not None and not _of_columns(computed.rule, items, columns):
            return False
    return True


def _of_columns(node: Expr, items: list[Val], columns: list[Col]) -> bool:
    """Whether an expression reads columns and items alone, which are added to those found so far, each once."""
    for part in walk(node):
        match part:
            case Agg() | Lookup() | Builtin(name="active_days" | "active_share") | Own(alone=False):
                return False
            case Val(known=None) if part not in items:
                items.append(part)
            case Col() if part not in columns:
                columns.append(part)
            case _:
                continue
    return True


def of_their_owner(ws: Workspace, table: str, owner: tuple[str, ...], span: Span, *nodes: Expr | None) -> None:
    """Refuse rows, read at `span`, that need what another subject has than the one that `owner` leads to.

    Raises:
        Skip: they do.
    """
    for refs, own in owns(ws.columns, *nodes):
        if refs != owner:
            args = {"name": own.span.text, "table": table, "way": ".".join(refs)}
            labels = [Label(span, "read", args)] if not own.span.within(span) else []
            raise ws.fail("KPI802", own.span, args, labels=labels, helps=[Note("another", args)])


def not_counted_for_a_row(ws: Workspace, row: str, span: Span, *nodes: Expr | None) -> None:
    """Refuse rows, counted at `span` for a row of a table, that need more of a subject than the subject's own row.

    Raises:
        Skip: they do.
    """
    for _, own in owns(ws.columns, *nodes):
        args = {"name": own.span.text, "row": row}
        labels = [] if own.span.within(span) else [Label(span, "counted", args)]
        raise ws.fail("KPI323", own.span, args, labels=labels, helps=[Note("columns", args)])


def before_figures(ws: Workspace, table: str, *nodes: Expr | None) -> None:
    """Refuse what needs more than the subject's own row where no figure is worked out yet.

    Raises:
        Skip: there is such a value.
    """
    for _, own in owns(ws.columns, *nodes):
        args = {"name": own.span.text, "table": table, "ensure": words.spelling("ensure", ws.file.language)}
        raise ws.fail("KPI802", own.span, args, helps=[Note("before", args)])
