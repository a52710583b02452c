"""What the data must keep, row by row of a table or subject by subject."""

from __future__ import annotations

from collections.abc import Iterable

from kpirules.model import aggregates, grain, infer, names, naming, own, scheme
from kpirules.model.expr import Col, Expr, Own, Skip, Val
from kpirules.model.walking import owns, walk
from kpirules.model.workspace import Scope, Workspace
from kpirules.source import Note
from kpirules.syntax import ast

_OF_DATA = frozenset({"actual", "target", "value", "column"})
"""Parts that are worked out of data alone, but where a define reads a result."""


def require(ws: Workspace, node: ast.Require) -> None:
    """What the data must keep.

    Raises:
        Skip: it has a fault.
    """
    found = _of_subject(ws, node) if node.table is None else _of_rows(ws, node, node.table)
    ws.demands.append(found)


def _of_subject(ws: Workspace, node: ast.Require) -> scheme.Demand:
    if ws.subject is None:
        raise Skip
    holds = infer.condition(ws, Scope(), node.condition)
    for val in _read(ws, holds):
        if val.part not in _OF_DATA or not _data(ws, val.item):
            args = {"name": val.span.text}
            raise ws.fail("KPI551", val.span, args, helps=[Note("ensure", args)])
    return scheme.Demand(node.message.value, None, None, holds, None, node.span)


def _of_rows(ws: Workspace, node: ast.Require, name: ast.Name) -> scheme.Demand:
    if name.text in ws.broken:
        raise Skip
    declared = ws.declared.get(name.text)
    if declared is None or declared.kind not in ("table", "filter"):
        raise names.unknown_table(ws, name)
    table = names.base_table(ws, name.text)
    if table is None:
        raise Skip
    where, scope = aggregates.rows_where(ws, name.text, table)
    holds = infer.condition(ws, scope, node.condition)
    own.before_figures(ws, table, where, holds)
    dated = any(_follows_dates(ws, part) for part in naming.parts(ws, where, holds))
    time = grain.time_of(ws, table, node.condition.span) if dated else None
    return scheme.Demand(node.message.value, table, where, holds, time, node.span)


def _follows_dates(ws: Workspace, node: Expr) -> bool:
    """Whether an expression reads a row of the subject's table, of which one is in force on a day."""
    if ws.subject is None or ws.subject.table.active is None:
        return False
    if isinstance(node, Own):
        return bool(node.refs)
    people = ws.subject.table.name
    return isinstance(node, Col) and any(people in _met(ws, start, node.refs) for start in ws.tables)


def _met(ws: Workspace, start: str, refs: tuple[str, ...]) -> list[str]:
    """The tables that references lead to, one after the other, as far as they go from a table."""
    found: list[str] = []
    for ref in refs:
        column = ws.tables[found[-1] if found else start].column(ref)
        if column is None or column.references not in ws.tables:
            break
        found.append(column.references)
    return found


def _read(ws: Workspace, node: Expr) -> Iterable[Val]:
    """The values that an expression reads, itself or by way of defines; each with the place in the expression."""
    for part in _values(ws, node):
        yield part
        seen = {part.item}
        rest = [part.item]
        for item in rest:
            define = ws.defines.get(item)
            for inner in _values(ws, define.rule) if define else ():
                if inner.item not in seen:
                    seen.add(inner.item)
                    rest.append(inner.item)
                    yield Val(inner.item, inner.part, inner.known, type=inner.type, span=part.span)


def _values(ws: Workspace, node: Expr) -> Iterable[Val]:
    """The values that an expression names, itself or in the rows it counts."""
    read = [*walk(node), *(own.value for _, own in owns(ws.columns, node))]
    return [part for part in read if isinstance(part, Val)]


def _data(ws: Workspace, item: str) -> bool:
    declared = ws.declared.get(item)
    return declared is not None and declared.kind in ("define", "indicator")
