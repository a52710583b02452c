"""A column of another table outside an aggregate: the one row of the subject and the period."""

from __future__ import annotations

from kpirules.model import contracts
from kpirules.model.expr import Agg, Col, Grain, Lookup, Skip
from kpirules.model.operations import fitting
from kpirules.model.rows import divisors, grain, matching_periods, own, references, row_times
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values import groups
from kpirules.values.periods import periods_in
from kpirules.values.types import Type
from kpirules.values.units import Unit


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
    references.refuse_dated(ws, table, span)
    subject = ws.subject.table.name
    owners = [c for c in table.columns if c.key and c.references == subject]
    if not is_keyed(ws, table):
        if table.name in ws.torn:
            raise Skip
        args = {"table": table.name, "column": column, "subject": subject}
        args |= {word: words.spelling(word, ws.file.language) for word in ("by", "choose")}
        helps = (
            [Note("aggregate", args), Note("key", args)]
            if grain.ways_to_subject(ws, table, subject)
            else [Note("rows", args)]
        )
        labels = [Label(table.span, "table", {"table": table.name})]
        raise ws.fail("KPI524", span, args, labels=labels, helps=helps)
    col = Col((), table.name, column, own=False, type=kind, span=span)
    own.of_their_owner(ws, table.name, (owners[0].name,), span, col)
    way, last, time = _time_of_lookup(ws, table)
    matching_periods.of_one_period(ws, table.name, time.type.unit if time else ws.scheme.period, span, col)
    if time is not None and time.type.unit is not ws.scheme.period:
        if not ws.period_said:
            raise Skip
        row_times.refuse_coarser(ws, last, time, span)
        if way or not time.key:
            raise _one_row(ws, col, way, time)
        return _added_up(ws, col, owners[0], time)
    period = (way, time.name) if time else None
    return Lookup(table.name, column, owners[0].name, period, type=kind.maybe(), span=span)


def _time_of_lookup(
    ws: Workspace, table: contracts.Table
) -> tuple[references.Path, contracts.Table, contracts.Column | None]:
    """The period of a row that is looked up, as `place_in_time`; the column is None where rows have no period.

    A row without a period column has the month, quarter, half or year of the row that it refers to, but not its day: a
    reference is followed whatever day the other row carries.
    """
    placed = row_times.place_in_time(ws, table)
    if placed is None:
        return (), table, None
    way, _, time = placed
    return placed if not way or time.type.unit.periodic else ((), table, None)


def _one_row(ws: Workspace, col: Col, way: references.Path, time: contracts.Column) -> Skip:
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
    type_ = fitting.fit(ws, span, (col,), lambda: groups.added_up(arg.type, parts))
    return Agg("sum", arg, None, rows, parts, type=type_, span=span)


_ADD_UP = (Unit.MONEY, Unit.NUMBER, Unit.COUNT)
"""Units of which the values of several periods make one of the whole."""

_BECOME_ONE = {Unit.RATIO: "average", Unit.TEXT: "count", Unit.BOOL: "test"} | dict.fromkeys(
    (Unit.DATE, *row_times.PERIODS), "last"
)
"""The help that offers an aggregate of values by a finer period; figures can be added."""
