"""When the rows of a table happened: the period column of the row, or of the one row that references lead to."""

from __future__ import annotations

from kpirules.model import contracts
from kpirules.model.expr import Skip
from kpirules.model.rows import references
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values.periods import months_of
from kpirules.values.units import Unit


def time_of(ws: Workspace, table: str, span: Span) -> tuple[references.Path, str]:
    """What places a table's rows in time: a way of references, and a column of the row it leads to.

    Raises:
        Skip: nothing does, or more than one thing.
    """
    contract = ws.tables[table]
    own = period_column(contract)
    if own:
        refuse_coarser(ws, contract, own, span)
        return (), own.name
    ways = _ways_to_time(ws, contract)
    if len(ways) != 1 and contract.name in ws.torn | ws.timeless:
        raise Skip
    if len(ways) != 1:
        ws.timeless.add(contract.name)
        dates = [column.name for column in contract.columns if column.type.unit in (Unit.DATE, *PERIODS)]
        language = ws.file.language
        word = words.spelling("period (column)", language)
        args = {"table": contract.name, "column": dates[0] if dates else "…", "word": word}
        labels = [Label(contract.span, "table", {"table": contract.name})]
        raise ws.fail("KPI521", span, args, labels=labels, helps=[Note("period" if dates else "none", args)])
    *_, (_, last) = way = list(references.hops(ws, table, ways[0]))
    for column, target in way:
        references.refuse_dated(ws, target, span)
        if column.loose:
            args = {"name": column.name, "table": table, "time": last.name}
            raise ws.fail("KPI549", span, args, labels=[Label(column.span, "column", args)], helps=[Note("own")])
    time = period_column(last)
    assert time is not None
    refuse_coarser(ws, last, time, span)
    return ways[0], time.name


def _ways_to_time(ws: Workspace, contract: contracts.Table) -> list[references.Path]:
    """The ways from a table to one with a period column, other than the subject's; a few of them."""
    subject = ws.subject.table.name if ws.subject else ""
    ways = references.paths(ws, contract.name, lambda table: period_column(table) is not None)
    return references.few(
        way for way in ways if all(table.name != subject for _, table in references.hops(ws, contract.name, way))
    )


def times(ws: Workspace) -> dict[str, tuple[references.Path, str]]:
    """What places the rows of each table in time, as `time_of`; without tables that nothing, or no one thing, dates."""
    placed = {name: place_in_time(ws, contract) for name, contract in ws.tables.items()}
    return {name: (time[0], time[2].name) for name, time in placed.items() if time is not None}


def place_in_time(
    ws: Workspace, contract: contracts.Table
) -> tuple[references.Path, contracts.Table, contracts.Column] | None:
    """What places a table's rows in time: a way of references, the table there, its period column."""
    ways: list[references.Path] = [()] if period_column(contract) else _ways_to_time(ws, contract)
    way = list(references.hops(ws, contract.name, ways[0])) if len(ways) == 1 else []
    if len(ways) != 1 or any(column.loose or target.active for column, target in way):
        return None
    last = way[-1][1] if way else contract
    time = period_column(last)
    assert time is not None
    return ways[0], last, time


def refuse_coarser(ws: Workspace, table: contracts.Table, column: contracts.Column, span: Span) -> None:
    """Refuse rows, read at `span`, of a period longer than the scheme's.

    Raises:
        Skip: they are.
    """
    kind = column.type.unit
    if kind.periodic and months_of(kind) > months_of(ws.scheme.period):
        if not ws.period_said:
            raise Skip
        args = {"table": table.name, "kind": kind, "period": ws.scheme.period}
        period = words.spelling(ws.scheme.period.value, ws.file.language)
        line = f"{column.name} {period} {words.spelling('period (column)', ws.file.language)}"
        raise ws.fail(
            "KPI804", span, args, labels=[Label(column.span, "column")], helps=[Note("finer", {"line": line})]
        )


def is_by_period(ws: Workspace, table: contracts.Table) -> bool:
    """Whether the rows of a table are of months, quarters, halves or years; the people are of every period."""
    time = period_column(table)
    people = ws.subject is not None and table.name == ws.subject.table.name
    return time is not None and time.type.unit.periodic and not people


PERIODS = (Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR)


def period_column(contract: contracts.Table) -> contracts.Column | None:
    """The column that places a table's rows in time."""
    return next((column for column in contract.columns if column.period), None)
