"""Columns that a define computes."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.expr import Skip
from kpirules.model.names import resolution, unknown
from kpirules.model.names.columns import PART
from kpirules.model.reports import quietly
from kpirules.model.rows import fan_out
from kpirules.model.rules import forms
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast
from kpirules.values.types import Type


def declare(ws: Workspace) -> None:
    """Collect the computed columns; a column that the table has already is a fault, told with both places."""
    for node in ws.file.items:
        if isinstance(node, ast.DefineColumn):
            _declare(ws, node)


def _declare(ws: Workspace, node: ast.DefineColumn) -> None:
    owner, name = node.table.text, node.name.text
    if owner in ws.broken:
        return
    declared = ws.declared.get(owner)
    if declared is None:
        unknown.unknown_table(ws, node.table, filtered=False)
        return
    if declared.kind != "table":
        labels = [Label(declared.name.span, "declared", {"name": owner})]
        base = resolution.base_table(ws, owner) if declared.kind == "filter" else None
        helps = [Note("table", {"table": base, "column": name})] if base else []
        ws.report("KPI218", node.table.span, {"name": owner}, labels=labels, helps=helps)
        return
    first = _place(ws, owner, name)
    if first is not None:
        labels = [Label(first, "first", {"name": f"{owner}.{name}"})]
        ws.report("KPI202", node.name.span, {"name": f"{owner}.{name}"}, labels=labels, helps=[Note("rename")])
        return
    ws.computed[owner, name] = node


def _place(ws: Workspace, table: str, name: str) -> Span | None:
    """Where a table's column is declared or defined."""
    if (table, name) in ws.computed:
        return ws.computed[table, name].name.span
    column = ws.tables[table].column(name) if table in ws.tables else None
    return column.span if column else None


def resolve(ws: Workspace, full: str) -> Type:
    """Elaborate the rule of a computed column, in the scope of a row of its table.

    Raises:
        Skip: it has a fault, which has been reported.
    """
    table, _, name = full.partition(".")
    node = ws.computed[table, name]
    if table not in ws.tables:
        raise Skip
    rule, read = forms.named(ws, Scope(grain=table), node.rule)
    ws.parts[full, PART] = read
    ws.readings[table, name] = fan_out.reading(ws, rule)
    ws.columns[table, name] = scheme.Computed(table, name, node.title, rule, node.span)
    return read.type


def elaborate(ws: Workspace) -> None:
    """Elaborate every computed column, used or not, so that each fault is told."""
    for (table, name), node in ws.computed.items():
        with quietly():
            full = f"{table}.{name}"
            ws.settled(lambda: (full, PART) in ws.unsound or ws.value(full, PART, node.name.span))  # noqa: B023  # called at once
