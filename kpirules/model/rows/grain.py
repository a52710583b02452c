"""Whose the rows of a table are, and when they happened."""

from __future__ import annotations

from kpirules.model import contracts
from kpirules.model.expr import Grain, Skip
from kpirules.model.rows import matching_periods, references, row_times
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast, words


def reach(ws: Workspace, start: str, target: str, span: Span, column: str) -> references.Path:
    """The one way by references from `start` to `target`, of which a `column` is asked for.

    Of several it is the column that has the table's own name.

    Raises:
        Skip: there is none, or more than one.
    """
    owner = ws.subject is not None and target == ws.subject.table.name
    ways = references.few(references.paths(ws, start, lambda table: table.name == target, via=owner))
    named = ws.tables[start].column(target)
    if not owner and named is not None and named.references == target:
        ways = [(target,)]
    if len(ways) == 1:
        references.undated(ws, start, ways[0], span)
        return ways[0]
    if not ws.torn.isdisjoint((start, target)):
        raise Skip
    if owner and len(ways_to_subject(ws, ws.tables[start], target)) != 1:
        raise _whose(ws, ws.tables[start], target, span)
    args = {"start": start, "target": target, "ways": tuple(".".join(way) for way in ways), "column": column}
    if not ways:
        raise ws.fail("KPI522", span, args, helps=[Note("none", args)])
    near = ways[0]
    *_, (_, last) = references.hops(ws, start, near[:-1]) if len(near) > 1 else [(None, ws.tables[start])]
    helps = [Note("ways" if len(near) == 1 else "further", {**args, "last": last.name, "ref": near[-1]})]
    raise ws.fail("KPI522", span, args, helps=helps)


def grain_of(ws: Workspace, table: str, span: Span) -> Grain:
    """How the rows of a table lead to the subject and to a moment.

    Raises:
        Skip: the subject cannot be reached in one way, or nothing places the rows in time.
    """
    if ws.subject is None or table in ws.broken or table not in ws.tables:
        raise Skip
    subject = ws.subject.table.name
    contract = ws.tables[table]
    if table == subject:
        raise ws.fail("KPI803", span, {"table": table}, helps=[Note("given")])
    owner = _owner(ws, contract, subject, span)
    time_refs, time = row_times.time_of(ws, table, span)
    matching_periods.check(ws, table, matching_periods.kind_of(ws, table, time_refs, time), owner, span)
    return Grain(table, owner, time_refs, time)


def grain_in_row(ws: Workspace, table: str, row: str, node: ast.Call) -> Grain:
    """How the rows of `table`, counted by `node` in the scope of a row of another, lead to that row and to a moment.

    Raises:
        Skip: they do not lead to it in one way, or not to one row of it, or nothing places them in time.
    """
    if {table, row} & ws.broken or not {table, row} <= ws.tables.keys():
        raise Skip
    way = _to_row(ws, ws.tables[table], row, node)
    references.undated(ws, table, way, node.span)
    target = ws.tables[row]
    by_period = target.active is None and row_times.is_by_period(ws, target)
    if target.active is not None or by_period:
        args = {"table": table, "row": row, "text": node.span.text}
        labels = [Label(target.span, "table", args)]
        raise ws.fail("KPI321", node.span, args, labels=labels, helps=[Note("period" if by_period else "dated", args)])
    time_refs, time = row_times.time_of(ws, table, node.span)
    matching_periods.check(ws, table, matching_periods.kind_of(ws, table, time_refs, time), way, node.span)
    return Grain(table, way, time_refs, time, to=row)


def _to_row(ws: Workspace, contract: contracts.Table, row: str, node: ast.Call) -> references.Path:
    """The one reference of a table to another, of several the one that has its name, or the one way by other tables."""
    direct: list[references.Path] = [(column.name,) for column in contract.columns if column.references == row]
    if contract.name == row:
        direct = []
    elif (row,) in direct:
        direct = [(row,)]
    ways = direct or references.few(references.paths(ws, contract.name, lambda table: table.name == row))
    if len(ways) == 1:
        return ways[0]
    if not ws.torn.isdisjoint((contract.name, row)):
        raise Skip
    args = {"name": node.function.text, "text": node.span.text, "table": contract.name, "row": row}
    args["define"] = words.spelling("define", ws.file.language)
    if not ways:
        raise ws.fail("KPI526", node.span, args, helps=[Note("apart", args)])
    first, last = ws.tables[contract.name].column(ways[0][0]), ways[0][0]
    assert first is not None
    more = {**args, "ways": tuple(".".join(way) for way in ways), "first": last}
    more["references"] = words.spelling("references", ws.file.language)
    labels = [Label(column.span, "refers", more) for column in contract.columns if (column.name,) in ways]
    raise ws.fail("KPI320", node.span, more, labels=labels, helps=[Note("several" if direct else "further", more)])


def _owner(ws: Workspace, contract: contracts.Table, subject: str, span: Span) -> references.Path:
    ways = ways_to_subject(ws, contract, subject)
    if len(ways) == 1:
        references.undated(ws, contract.name, ways[0], span)
        return ways[0]
    if contract.name in ws.torn:
        raise Skip
    raise _whose(ws, contract, subject, span)


def _whose(ws: Workspace, contract: contracts.Table, subject: str, span: Span) -> Skip:
    """Report a table of which nothing says whose its rows are, once for all that read them."""
    if contract.name in ws.ownerless:
        return Skip()
    ws.ownerless.add(contract.name)
    ways = ways_to_subject(ws, contract, subject)
    args = {"table": contract.name, "subject": subject, "ways": tuple(".".join(way) for way in ways)}
    labels = [Label(contract.span, "table", {"table": contract.name})]
    if not ways:
        return ws.fail("KPI520", span, args, labels=labels, helps=[Note("none", args)])
    together = next(i for i, (ref, other) in enumerate(zip(*ways[:2], strict=False)) if ref != other)
    parting = [contract, *(table for _, table in references.hops(ws, contract.name, ways[0]))][together]
    args |= {"there": parting.name, "line": f"{words.spelling('via', ws.file.language)} {ways[0][together]}"}
    return ws.fail("KPI520", span, args, labels=labels, helps=[Note("further" if together else "ways", args)])


def ways_to_subject(ws: Workspace, contract: contracts.Table, subject: str) -> list[references.Path]:
    """The ways from a table to the subject: that of its `via`, else its own references, else by way of other tables."""
    own = [column.name for column in contract.columns if column.references == subject]
    direct: list[references.Path] = [(name,) for name in own if contract.via in (None, name)]
    return direct or references.few(references.paths(ws, contract.name, lambda table: table.name == subject, via=True))
