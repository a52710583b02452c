"""Columns of tables as expressions see them: those a table declares, and those that a define computes."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.expr import Expr, Known, Skip
from kpirules.model.names import inlining
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.records import dataclass
from kpirules.source import Span
from kpirules.values.types import Type

PART = "column"
"""The part under which a computed column `orders.margin` is a value of the workspace."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A column where it is used: its type, the place that declares it, and its value where that is a constant."""

    type: Type
    span: Span
    known: Known | None = None


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
    value = ws.value(f"{table}.{name}", PART, span)
    return Seen(value.type, node.name.span, value.known)


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
