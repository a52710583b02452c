"""What a run did with the rows of each table: how many it read, counted, credited to nobody, set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.arrow import flat
from kpirules.data.load import Loaded
from kpirules.data.parquet_table import ParquetTable
from kpirules.engines.outcome import Outcome
from kpirules.model.scheme import Model
from kpirules.records import dataclass
from kpirules.runs.dated import Dated, dated
from kpirules.values.periods import Period

_WIDE = 76
"""Digits that hold the sum of any column."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Rows that no figure counts, and what they add up to: the sum of each column of money that aggregates read."""

    rows: int
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table in a run.

    `read` counts all rows of the source, those `set_aside` by `--quarantine` too, `hidden` those of them that are
    hidden in their sheet. All other numbers are of rows that were not set aside:

    `of_period` are those of the period of the run (see `dated`), None where nothing dates the table; `dated_by` is the
    column that does, after the references that lead to it. `counted` are those that at least one aggregate or lookup
    counts for a subject, of the subjects' own table those of the subjects in the results; None for a table that is only
    referred to. `uncredited` are those of the period that belong to nobody, None for a table that no aggregate reads;
    `undated` those whose date is missing, None where nothing dates the table.
    """

    table: str
    read: int
    dated_by: str | None
    of_period: int | None
    undated: Uncounted | None
    counted: int | None
    uncredited: Uncounted | None
    set_aside: int
    hidden: int


def table_rows(
    compiled: Compiled, loaded: Loaded, period: Period, outcome: Outcome, scores: pa.Table
) -> tuple[TableRows, ...]:
    """The rows of every table, in file order; `scores` are the results."""
    return tuple(_rows(compiled, loaded, name, period, outcome, scores) for name in compiled.model.tables)


def period_columns(model: Model) -> list[str]:
    """The `period` columns of a scheme, each after its table's name; empty where no rows are chosen by the period."""
    return [
        f"{table.name}.{column.name}" for table in model.tables.values() for column in table.columns if column.period
    ]


def _rows(
    compiled: Compiled, loaded: Loaded, name: str, period: Period, outcome: Outcome, scores: pa.Table
) -> TableRows:
    model, plan = compiled.model, compiled.plan
    time, facts = (
        dated(model, loaded.tables, name, period),
        next(fact for fact in loaded.facts if fact.table == name),
    )

    def uncounted(places: pa.Array) -> Uncounted:
        return Uncounted(len(places), dict(_amounts(loaded.tables[name], plan.amounts.get(name, ()), places)))

    lost = outcome.uncredited.get(name)
    return TableRows(
        table=name,
        read=facts.rows,
        dated_by=_dated_by(model, name),
        of_period=None if time is None else time.count,
        undated=None if time is None else uncounted(pc.indices_nonzero(time.undated)),
        counted=_counted(compiled, loaded, name, time, outcome, scores),
        uncredited=None if lost is None else uncounted(flat(lost.column("row"))),
        set_aside=loaded.quarantine.counts.get(name, 0),
        hidden=facts.hidden,
    )


def _dated_by(model: Model, name: str) -> str | None:
    if name in model.times:
        way, column = model.times[name]
        return ".".join((*way, column))
    active = model.tables[name].active
    return None if active is None else active.begins


def _true(holds: pa.Array) -> int:
    return int(pc.sum(holds).as_py() or 0)


def _counted(
    compiled: Compiled, loaded: Loaded, name: str, time: Dated | None, outcome: Outcome, scores: pa.Table
) -> int | None:
    subject, columns = compiled.model.subject, compiled.plan.counted.get(name)
    if name == subject.table.name:
        keys = loaded.tables[name].column(subject.key)
        mine = pc.is_in(keys.cast(scores.schema.field(0).type), value_set=flat(scores.column(0)))
        return _true(flat(mine) if time is None else pc.and_(flat(mine), time.here))
    if columns is None:
        return None
    numbers = [pc.fill_null(outcome.subjects.column(column).cast(pa.int64()), 0) for column in columns]
    return int(pc.sum(reduce(pc.max_element_wise, numbers)).as_py() or 0)


def _amounts(table: pa.Table | ParquetTable, columns: Sequence[str], places: pa.Array) -> Iterator[tuple[str, Decimal]]:
    rows = table.select(list(columns)).take(places) if columns else table
    for name in columns:
        values = rows.column(name)
        wide = values.cast(pa.decimal256(_WIDE, values.type.scale))
        yield name, pc.sum(wide, min_count=0).as_py() if len(wide) else Decimal(0).scaleb(-values.type.scale)


# ---------------------------------------------------------------- as JSON


def to_json(rows: Sequence[TableRows]) -> list[dict[str, Any]]:
    """The rows of each table as data that `json.dumps` takes; amounts are texts."""
    return [
        {
            "table": table.table,
            "read": table.read,
            "dated_by": table.dated_by,
            "of_period": table.of_period,
            "undated": _uncounted_json(table.undated),
            "counted": table.counted,
            "uncredited": _uncounted_json(table.uncredited),
            "set_aside": table.set_aside,
            "hidden": table.hidden,
        }
        for table in rows
    ]


def _uncounted_json(uncounted: Uncounted | None) -> dict[str, Any] | None:
    if uncounted is None:
        return None
    return {"rows": uncounted.rows, "amounts": {name: f"{amount:f}" for name, amount in uncounted.amounts.items()}}


def from_json(data: Sequence[Mapping[str, Any]]) -> tuple[TableRows, ...]:
    """What `to_json` made the data of."""
    return tuple(
        TableRows(**{**entry, "undated": _uncounted(entry["undated"]), "uncredited": _uncounted(entry["uncredited"])})
        for entry in data
    )


def _uncounted(data: Mapping[str, Any] | None) -> Uncounted | None:
    if data is None:
        return None
    return Uncounted(data["rows"], {name: Decimal(amount) for name, amount in data["amounts"].items()})
