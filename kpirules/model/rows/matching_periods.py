"""References to tables by period: the row that is read must be of the period of the row that reads it."""

from __future__ import annotations

from collections.abc import Iterator

from kpirules.model import contracts
from kpirules.model.expr import Expr, Skip
from kpirules.model.rows import references, row_times
from kpirules.model.traversal import ways
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values.periods import months_of
from kpirules.values.units import Unit


def of_one_period(ws: Workspace, start: str, kind: Unit, span: Span, *nodes: Expr | None) -> None:
    """Refuse what rows of a table, each of a day or a period of `kind`, read by references if periods differ in length.

    Raises:
        Skip: they read such a row.
    """
    for refs, place in ways(ws.columns, *nodes):
        check(ws, start, kind, refs, place if place.within(span) else span)


def check(ws: Workspace, start: str, kind: Unit, refs: tuple[str, ...], span: Span) -> None:
    """The same of one way by references.

    Raises:
        Skip: it leads to a row of a period of another length.
    """
    for reader, target, column in hops(ws, start, kind, refs):
        asked = column.type.unit
        if reader in (Unit.DATE, asked):
            continue
        if not ws.period_said:
            raise Skip
        word = words.spelling("period (column)", ws.file.language)
        args = {"table": target.name, "kind": asked, "period": reader}
        line = f"{column.name} {words.spelling(reader.value, ws.file.language)} {word}"
        code = "KPI572" if months_of(asked) < months_of(reader) else "KPI573"
        labels = [Label(column.span, "column", args)]
        raise ws.fail(code, span, args, labels=labels, helps=[Note("same", {**args, "line": line})])


def hops(
    ws: Workspace, start: str, kind: Unit, refs: tuple[str, ...]
) -> Iterator[tuple[Unit, contracts.Table, contracts.Column]]:
    """Each step of a way to a table by period: the kind of time of the row that reads, the table, its period column.

    A row without a period column is of the time of the row that refers to it. The people are of every period.
    """
    for _, target in references.hops(ws, start, refs):
        column = row_times.period_column(target)
        if column is None or (ws.subject is not None and target.name == ws.subject.table.name):
            continue
        if column.type.unit.periodic:
            yield kind, target, column
        kind = column.type.unit


def kind_of(ws: Workspace, table: str, time_refs: tuple[str, ...], time: str) -> Unit:
    """The kind of what places the rows of a table in time: a day or a period."""
    *_, last = [ws.tables[table], *(target for _, target in references.hops(ws, table, time_refs))]
    column = last.column(time)
    assert column is not None
    return column.type.unit
