"""Columns of tables as expressions see them: those a table declares, and those that a define computes."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model import scheme
from kpirules.model.expr import Expr, Known, Skip
from kpirules.model.names import inlining, resolution
from kpirules.model.rows import fan_out
from kpirules.model.rules import forms
from kpirules.model.workspace import Scope, Workspace, quietly
from kpirules.records import dataclass
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast
from kpirules.values.types import Type

PART = "column"
"""The part under which a computed column `orders.margin` is a value of the workspace."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A column where it is used: its type, the place that declares it, and its value where that is a constant."""

    type: Type
    span: Span
    known: Known | None = None


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
        resolution.unknown_table(ws, node.table, filtered=False)
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


def find(ws: Workspace, table: str, name: str, span: Span) -> Seen | None:
    """A table's column, declared or computed, used at `span`; None where the table has none of that name.

    Raises:
        Skip: it is computed, and its rule has a fault or closes a circle.
    """
    if f"{table}.{name}" in ws.broken or (table in ws.torn and name in ws.broken):
        raise Skip
    column = ws.tables[table].column(name)
    if column is not None:
        return Seen(column.type, column.span)
    node = ws.computed.get((table, name))
    if node is None:
        return None
    found = ws.value(f"{table}.{name}", PART, span)
    return Seen(found.type, node.name.span, found.known)


def inlined(ws: Workspace, scope: Scope, name: str) -> Expr | None:
    """The rule of a computed column of the row that reads what may be there in this scope only; None for any other."""
    key = (f"{scope.grain}.{name}", PART)
    if key not in ws.unsound or scope.grain is None:
        return None
    return inlining.unsound(ws, replace(scope, aliases=frozenset()), key, ws.computed[scope.grain, name].rule)


def has(ws: Workspace, table: str, name: str) -> bool:
    """Whether a table has a column of that name, declared or computed."""
    return ws.tables[table].column(name) is not None or (table, name) in ws.computed


def names_of(ws: Workspace, table: str) -> list[str]:
    """The names of a table's columns, the declared ones first."""
    computed = [name for owner, name in ws.computed if owner == table]
    return [*(column.name for column in ws.tables[table].columns), *computed]


def resolve(ws: Workspace, full: str) -> Type:
    """Elaborate the rule of a computed column, in the scope of a row of its table.

    Raises:
        Skip: it has a fault, which has been reported.
    """
    table, _, name = full.partition(".")
    node = ws.computed[table, name]
    if table not in ws.tables:
        raise Skip
    found, read = forms.named(ws, Scope(grain=table), node.rule)
    ws.parts[full, PART] = read
    ws.readings[table, name] = fan_out.reading(ws, found)
    ws.columns[table, name] = scheme.Computed(table, name, node.title, found, node.span)
    return read.type


def elaborate(ws: Workspace) -> None:
    """Elaborate every computed column, used or not, so that each fault is told."""
    for (table, name), node in ws.computed.items():
        with quietly():
            full = f"{table}.{name}"
            ws.settled(lambda: (full, PART) in ws.unsound or ws.value(full, PART, node.name.span))  # noqa: B023  # called at once
