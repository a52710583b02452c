"""What the data must keep, row by row of a table or subject by subject."""

from __future__ import annotations

from collections.abc import Iterable

from kpirules.model import scheme
from kpirules.model.analysis import unfolding
from kpirules.model.expr import Col, Expr, Own, Skip, Val
from kpirules.model.expressions import aggregates, expectations
from kpirules.model.names import resolution, unknown
from kpirules.model.rows import matching_periods, own, references, row_times
from kpirules.model.scope import Scope
from kpirules.model.traversal import counted_for_rows, of_one_row, owns, walk, ways
from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.syntax import ast
from kpirules.values.units import Unit

_OF_DATA = frozenset({"actual", "target", "value", "column"})
"""Parts that are worked out of data alone, but where a define reads a result."""


def require(ws: Workspace, node: ast.Require) -> None:
    """What the data must keep.

    Raises:
        Skip: it has a fault.
    """
    demand = _of_subject(ws, node) if node.table is None else _of_rows(ws, node, node.table)
    ws.demands.append(demand)


def _of_subject(ws: Workspace, node: ast.Require) -> scheme.Demand:
    if ws.subject is None:
        raise Skip
    holds = expectations.condition(ws, Scope(), node.condition)
    for val in _read(ws, holds):
        if val.part not in _OF_DATA or not _data(ws, val.item):
            args = {"name": val.span.text}
            raise ws.fail("KPI551", val.span, args, helps=[Note("ensure", args)])
    return scheme.Demand(node.message.value, None, None, holds, None, (), node.span)


def _of_rows(ws: Workspace, node: ast.Require, name: ast.Name) -> scheme.Demand:
    if name.text in ws.broken:
        raise Skip
    declared = ws.declared.get(name.text)
    if declared is None or declared.kind not in ("table", "filter"):
        raise unknown.unknown_table(ws, name)
    table = resolution.base_table(ws, name.text)
    if table is None:
        raise Skip
    where, scope = aggregates.rows_where(ws, name.text, table)
    holds = expectations.condition(ws, scope, node.condition)
    own.before_figures(ws, table, where, holds)
    dated = any(_follows_dates(ws, part) for part in unfolding.parts(ws, where, holds, within=of_one_row))
    dated = dated or _follows_periods(ws, table, holds, where)
    time = row_times.time_of(ws, table, node.condition.span) if dated else None
    if time is not None:
        kind = matching_periods.kind_of(ws, table, *time)
        matching_periods.of_one_period(ws, table, kind, node.condition.span, holds, where)
    return scheme.Demand(node.message.value, table, where, holds, time, _periods(ws, holds, where), node.span)


def _periods(ws: Workspace, *nodes: Expr | None) -> tuple[tuple[references.Path, str], ...]:
    """The times of a row, and of those it refers to, that rows counted for them go by.

    They are of the row's own period, and only those of the period of the run are counted.
    """
    times: dict[tuple[references.Path, str], None] = {}
    for refs, agg in counted_for_rows(ws.columns, *nodes):
        rows, depth = agg.grain, len(agg.grain.owner)
        if rows.time_refs[:depth] == rows.owner:
            times[(*refs, *rows.time_refs[depth:]), rows.time] = None
    return tuple(times)


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
    conditions: list[str] = []
    for ref in refs:
        column = ws.tables[conditions[-1] if conditions else start].column(ref)
        if column is None or column.references not in ws.tables:
            break
        conditions.append(column.references)
    return conditions


def _follows_periods(ws: Workspace, table: str, *nodes: Expr | None) -> bool:
    """Whether expressions read rows of a table by period, of which one must be of the period of the row that reads."""
    steps = (matching_periods.hops(ws, table, Unit.DATE, refs) for refs, _ in ways(ws.columns, *nodes))
    return any(True for hops in steps for _ in hops)


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
