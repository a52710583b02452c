"""Whose the rows of a table are, and when they happened: the ways that references lead, and looking one row up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from kpirules.model import contracts
from kpirules.model.analysis.traversal import walk
from kpirules.model.expr import Agg, Col, Grain, Lookup, Own, Skip
from kpirules.model.operations import operators
from kpirules.model.rows import divisors, matching_periods, own
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values import groups
from kpirules.values.periods import months_of, periods_in
from kpirules.values.types import Type
from kpirules.values.units import Unit

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
    found = [table.name for table in ws.tables.values() if wanted(table)]
    seen = set(found)
    for name in found:
        more = [one for one in referring.get(name, ()) if one not in seen]
        seen.update(more)
        found += more
    return seen


_FEW_WAYS = 3
"""How many ways are looked for where one is wanted: enough to say that there are more."""


def few(ways: Iterator[Path]) -> list[Path]:
    """The first few ways: one is what is wanted, more are told as a fault."""
    return list(islice(ways, _FEW_WAYS))


def leads(ws: Workspace, start: str, target: str) -> bool:
    """Whether any way by references leads from `start` to `target`."""
    return any(True for _ in paths(ws, start, lambda table: table.name == target))


def reach(ws: Workspace, start: str, target: str, span: Span, column: str) -> Path:
    """The one way by references from `start` to `target`, of which a `column` is asked for.

    Of several it is the column that has the table's own name.

    Raises:
        Skip: there is none, or more than one.
    """
    owner = ws.subject is not None and target == ws.subject.table.name
    found = few(paths(ws, start, lambda table: table.name == target, via=owner))
    named = ws.tables[start].column(target)
    if not owner and named is not None and named.references == target:
        found = [(target,)]
    if len(found) == 1:
        undated(ws, start, found[0], span)
        return found[0]
    if not ws.torn.isdisjoint((start, target)):
        raise Skip
    if owner and len(_ways(ws, ws.tables[start], target)) != 1:
        raise _whose(ws, ws.tables[start], target, span)
    args = {"start": start, "target": target, "ways": tuple(".".join(way) for way in found), "column": column}
    if not found:
        raise ws.fail("KPI522", span, args, helps=[Note("none", args)])
    near = found[0]
    *_, (_, last) = hops(ws, start, near[:-1]) if len(near) > 1 else [(None, ws.tables[start])]
    helps = [Note("ways" if len(near) == 1 else "further", {**args, "last": last.name, "ref": near[-1]})]
    raise ws.fail("KPI522", span, args, helps=helps)


def of_one_day(ws: Workspace, col: Col) -> None:
    """Refuse a computed column that leads from the subject's own row to one of a dated table: on which day is not said.

    Raises:
        Skip: it is one.
    """
    todo, seen = [col], set()
    while todo:
        one = todo.pop()
        rule = ws.columns.get((one.table, one.column))
        if rule is None or (one.table, one.column) in seen:
            continue
        seen.add((one.table, one.column))
        for part in walk(rule.rule):
            refs = part.refs if isinstance(part, Col | Own) else ()
            for _, target in hops(ws, one.table, refs):
                if target.active is not None:
                    args = {"name": f"{one.table}.{one.column}", "table": target.name}
                    args["own"] = f"{col.table}.…"
                    labels, helps = [Label(part.span, "leads", args)], [Note("own", args)]
                    raise ws.fail("KPI557", col.span, args, labels=labels, helps=helps)
            if isinstance(part, Col):
                todo.append(part)


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
    time_refs, time = time_of(ws, table, span)
    matching_periods.check(ws, table, matching_periods.kind_of(ws, table, time_refs, time), owner, span)
    return Grain(table, owner, time_refs, time)


def _owner(ws: Workspace, contract: contracts.Table, subject: str, span: Span) -> Path:
    found = _ways(ws, contract, subject)
    if len(found) == 1:
        undated(ws, contract.name, found[0], span)
        return found[0]
    if contract.name in ws.torn:
        raise Skip
    raise _whose(ws, contract, subject, span)


def _whose(ws: Workspace, contract: contracts.Table, subject: str, span: Span) -> Skip:
    """Report a table of which nothing says whose its rows are, once for all that read them."""
    if contract.name in ws.ownerless:
        return Skip()
    ws.ownerless.add(contract.name)
    found = _ways(ws, contract, subject)
    args = {"table": contract.name, "subject": subject, "ways": tuple(".".join(way) for way in found)}
    labels = [Label(contract.span, "table", {"table": contract.name})]
    if not found:
        return ws.fail("KPI520", span, args, labels=labels, helps=[Note("none", args)])
    together = next(i for i, (one, other) in enumerate(zip(*found[:2], strict=False)) if one != other)
    parting = [contract, *(table for _, table in hops(ws, contract.name, found[0]))][together]
    args |= {"there": parting.name, "line": f"{words.spelling('via', ws.file.language)} {found[0][together]}"}
    return ws.fail("KPI520", span, args, labels=labels, helps=[Note("further" if together else "ways", args)])


def _ways(ws: Workspace, contract: contracts.Table, subject: str) -> list[Path]:
    """The ways from a table to the subject: that of its `via`, else its own references, else by way of other tables."""
    own = [column.name for column in contract.columns if column.references == subject]
    direct: list[Path] = [(name,) for name in own if contract.via in (None, name)]
    return direct or few(paths(ws, contract.name, lambda table: table.name == subject, via=True))


def undated(ws: Workspace, start: str, way: Path, span: Span) -> None:
    """Refuse a way through a dated table other than the subject's.

    Raises:
        Skip: there is such a table on it.
    """
    for _, target in hops(ws, start, way):
        _no_dates(ws, target, span)


def _no_dates(ws: Workspace, table: contracts.Table, span: Span) -> None:
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


def time_of(ws: Workspace, table: str, span: Span) -> tuple[Path, str]:
    """What places a table's rows in time: a way of references, and a column of the row it leads to.

    Raises:
        Skip: nothing does, or more than one thing.
    """
    contract = ws.tables[table]
    own = period_column(contract)
    if own:
        _no_coarser(ws, contract, own, span)
        return (), own.name
    found = _ways_to_time(ws, contract)
    if len(found) != 1 and contract.name in ws.torn | ws.timeless:
        raise Skip
    if len(found) != 1:
        ws.timeless.add(contract.name)
        dates = [column.name for column in contract.columns if column.type.unit in (Unit.DATE, *_PERIODS)]
        language = ws.file.language
        word = words.spelling("period (column)", language)
        args = {"table": contract.name, "column": dates[0] if dates else "…", "word": word}
        labels = [Label(contract.span, "table", {"table": contract.name})]
        raise ws.fail("KPI521", span, args, labels=labels, helps=[Note("period" if dates else "none", args)])
    *_, (_, last) = way = list(hops(ws, table, found[0]))
    for column, target in way:
        _no_dates(ws, target, span)
        if column.loose:
            args = {"name": column.name, "table": table, "time": last.name}
            raise ws.fail("KPI549", span, args, labels=[Label(column.span, "column", args)], helps=[Note("own")])
    time = period_column(last)
    assert time is not None
    _no_coarser(ws, last, time, span)
    return found[0], time.name


def _ways_to_time(ws: Workspace, contract: contracts.Table) -> list[Path]:
    """The ways from a table to one with a period column, other than the subject's; a few of them."""
    subject = ws.subject.table.name if ws.subject else ""
    ways = paths(ws, contract.name, lambda table: period_column(table) is not None)
    return few(way for way in ways if all(table.name != subject for _, table in hops(ws, contract.name, way)))


def times(ws: Workspace) -> dict[str, tuple[Path, str]]:
    """What places the rows of each table in time, as `time_of`; without tables that nothing, or no one thing, dates."""
    found = {name: _time(ws, contract) for name, contract in ws.tables.items()}
    return {name: (time[0], time[2].name) for name, time in found.items() if time is not None}


def _time(ws: Workspace, contract: contracts.Table) -> tuple[Path, contracts.Table, contracts.Column] | None:
    """What places a table's rows in time: a way of references, the table there, its period column."""
    ways: list[Path] = [()] if period_column(contract) else _ways_to_time(ws, contract)
    way = list(hops(ws, contract.name, ways[0])) if len(ways) == 1 else []
    if len(ways) != 1 or any(column.loose or target.active for column, target in way):
        return None
    last = way[-1][1] if way else contract
    time = period_column(last)
    assert time is not None
    return ways[0], last, time


def _no_coarser(ws: Workspace, table: contracts.Table, column: contracts.Column, span: Span) -> None:
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


_PERIODS = (Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR)


def period_column(contract: contracts.Table) -> contracts.Column | None:
    """The column that places a table's rows in time."""
    return next((column for column in contract.columns if column.period), None)


def is_keyed(ws: Workspace, table: contracts.Table) -> bool:
    """Whether a table has one row for a subject, or for a subject and a period."""
    assert ws.subject is not None
    keys = [column for column in table.columns if column.key]
    owners = [column for column in keys if column.references == ws.subject.table.name]
    return len(owners) == 1 and all(column in owners or column.period for column in keys)


def lookup(ws: Workspace, table: contracts.Table, column: str, kind: Type, span: Span) -> Lookup | Agg:
    """A column of another table outside an aggregate: the row of the subject and the period.

    Of a table with a finer period in its key it is the sum over all of these that make the period.

    Raises:
        Skip: the table's key is not the subject, with or without the period, or it has one row for several periods.
    """
    assert ws.subject is not None
    _no_dates(ws, table, span)
    subject = ws.subject.table.name
    owners = [c for c in table.columns if c.key and c.references == subject]
    if not is_keyed(ws, table):
        if table.name in ws.torn:
            raise Skip
        args = {"table": table.name, "column": column, "subject": subject}
        args |= {word: words.spelling(word, ws.file.language) for word in ("by", "choose")}
        helps = [Note("aggregate", args), Note("key", args)] if _ways(ws, table, subject) else [Note("rows", args)]
        labels = [Label(table.span, "table", {"table": table.name})]
        raise ws.fail("KPI524", span, args, labels=labels, helps=helps)
    col = Col((), table.name, column, own=False, type=kind, span=span)
    own.of_their_owner(ws, table.name, (owners[0].name,), span, col)
    way, last, time = _time_of_lookup(ws, table)
    matching_periods.of_one_period(ws, table.name, time.type.unit if time else ws.scheme.period, span, col)
    if time is not None and time.type.unit is not ws.scheme.period:
        if not ws.period_said:
            raise Skip
        _no_coarser(ws, last, time, span)
        if way or not time.key:
            raise _one_row(ws, col, way, time)
        return _added_up(ws, col, owners[0], time)
    found = (way, time.name) if time else None
    return Lookup(table.name, column, owners[0].name, found, type=kind.maybe(), span=span)


def _time_of_lookup(ws: Workspace, table: contracts.Table) -> tuple[Path, contracts.Table, contracts.Column | None]:
    """The period of a row that is looked up, as `_time`; the column is None where rows have no period.

    A row without a period column has the month, quarter, half or year of the row that it refers to, but not its day: a
    reference is followed whatever day the other row carries.
    """
    found = _time(ws, table)
    if found is None:
        return (), table, None
    way, _, time = found
    return found if not way or time.type.unit.periodic else ((), table, None)


def _one_row(ws: Workspace, col: Col, way: Path, time: contracts.Column) -> Skip:
    """Report a lookup in a table with one row of a person, where several are needed for the scheme's period."""
    args = {"table": col.table, "column": col.column, "time": ".".join((*way, time.name)), "kind": time.type.unit}
    args |= {"period": ws.scheme.period, "key": words.spelling("key", ws.file.language)}
    helps = [Note(_BECOME_ONE.get(col.type.unit, "sum"), args)]
    if not way and time.type.unit.periodic and col.type.unit in _ADD_UP:
        helps = [Note("key", args), *helps]
    return ws.fail("KPI570", col.span, args, labels=[Label(time.span, "column", args)], helps=helps)


def _added_up(ws: Workspace, col: Col, owner: contracts.Column, time: contracts.Column) -> Agg:
    """The sum of a column over the finer periods that make one of the scheme's, missing unless each has a value.

    Raises:
        Skip: values of the column do not add up, or nothing says how many there are, as of days.
    """
    kind, unit, span = time.type.unit, col.type.unit, col.span
    parts = periods_in(ws.scheme.period, kind) if kind.periodic else None
    if parts is None or unit not in _ADD_UP:
        args = {"table": col.table, "column": col.column, "unit": unit, "period": ws.scheme.period}
        help_ = _BECOME_ONE.get(unit, "sum")
        raise ws.fail("KPI556", span, args, labels=[Label(time.span, "column", args)], helps=[Note(help_, args)])

    rows = Grain(col.table, (owner.name,), (), time.name, by_key=True)
    arg = divisors.of_one_divisor(ws, rows.owner, col, span)
    found = operators.fit(ws, span, (col,), lambda: groups.added_up(arg.type, parts))
    return Agg("sum", arg, None, rows, parts, type=found, span=span)


_ADD_UP = (Unit.MONEY, Unit.NUMBER, Unit.COUNT)
"""Units of which the values of several periods make one of the whole."""

_BECOME_ONE = {Unit.RATIO: "average", Unit.TEXT: "count", Unit.BOOL: "test"} | dict.fromkeys(
    (Unit.DATE, *_PERIODS), "last"
)
"""The help that offers an aggregate of values by a finer period; figures can be added."""
