"""The ways that references lead, from the rows of a table to those of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from kpirules.model import contracts
from kpirules.model.expr import Col, Own
from kpirules.model.traversal import of_one_row
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words

Path = tuple[str, ...]


def paths(ws: Workspace, start: str, wanted: Callable[[contracts.Table], bool], *, via: bool = False) -> Iterator[Path]:
    """Every way by references from a table to a wanted one, shortest first; a way never meets a table twice.

    With `via`, a table that says by which column its rows lead to the subject is left by that column alone.
    """
    leading = _leading(ws, wanted)
    queue: list[tuple[str, Path, frozenset[str]]] = [(start, (), frozenset({start}))]
    for table, way, seen in queue:
        if way and wanted(ws.tables[table]):
            yield way
            continue
        only = ws.tables[table].via if via else None
        for column in ws.tables[table].columns:
            target = column.references
            if target in leading and target not in seen and only in (None, column.name):
                queue.append((target, (*way, column.name), seen | {target}))


def _leading(ws: Workspace, wanted: Callable[[contracts.Table], bool]) -> set[str]:
    """The tables that are wanted, or from which references lead to one that is."""
    referring: dict[str, list[str]] = {}
    for table in ws.tables.values():
        for column in table.columns:
            if column.references is not None:
                referring.setdefault(column.references, []).append(table.name)
    names = [table.name for table in ws.tables.values() if wanted(table)]
    seen = set(names)
    for name in names:
        more = [referrer for referrer in referring.get(name, ()) if referrer not in seen]
        seen.update(more)
        names += more
    return seen


_FEW_WAYS = 3
"""How many ways are looked for where one is wanted: enough to say that there are more."""


def few(ways: Iterator[Path]) -> list[Path]:
    """The first few ways: one is what is wanted, more are told as a fault."""
    return list(islice(ways, _FEW_WAYS))


def leads(ws: Workspace, start: str, target: str) -> bool:
    """Whether any way by references leads from `start` to `target`."""
    return any(True for _ in paths(ws, start, lambda table: table.name == target))


def of_one_day(ws: Workspace, col: Col) -> None:
    """Refuse a computed column that leads from the subject's own row to one of a dated table: on which day is not said.

    Raises:
        Skip: it is one.
    """
    todo, seen = [col], set()
    while todo:
        here = todo.pop()
        rule = ws.columns.get((here.table, here.column))
        if rule is None or (here.table, here.column) in seen:
            continue
        seen.add((here.table, here.column))
        for part in of_one_row(rule.rule):
            refs = part.refs if isinstance(part, Col | Own) else ()
            for _, target in hops(ws, here.table, refs):
                if target.active is not None:
                    args = {"name": f"{here.table}.{here.column}", "table": target.name}
                    args["own"] = f"{col.table}.…"
                    labels, helps = [Label(part.span, "leads", args)], [Note("own", args)]
                    raise ws.fail("KPI557", col.span, args, labels=labels, helps=helps)
            if isinstance(part, Col):
                todo.append(part)


def undated(ws: Workspace, start: str, way: Path, span: Span) -> None:
    """Refuse a way through a dated table other than the subject's.

    Raises:
        Skip: there is such a table on it.
    """
    for _, target in hops(ws, start, way):
        refuse_dated(ws, target, span)


def refuse_dated(ws: Workspace, table: contracts.Table, span: Span) -> None:
    """Refuse a dated table other than the subject's.

    Raises:
        Skip: it is one.
    """
    if table.active is not None and (ws.subject is None or table.name != ws.subject.table.name):
        labels = [Label(table.span, "table", {"table": table.name})]
        args = {"table": table.name, "key": words.spelling("key", ws.file.language)}
        raise ws.fail("KPI805", span, args, labels=labels, helps=[Note("plain", args)])


def hops(ws: Workspace, start: str, way: Path) -> Iterator[tuple[contracts.Column, contracts.Table]]:
    """Each reference column on a way, and the table it leads to."""
    table = ws.tables[start]
    for ref in way:
        column = table.column(ref)
        assert column is not None
        assert column.references is not None
        table = ws.tables[column.references]
        yield column, table
