"""Which rows of a table are of the period of a run."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import flat
from kpirules.data.checks import comparable
from kpirules.model.scheme import Model
from kpirules.records import dataclass
from kpirules.values.periods import Period, period_of
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Dated:
    """The rows of one table in time.

    `here` says of each row whether it is of the period of the run, `undated` whether it has no date. `days` are the
    first and the last day, or period, that the rows have, as texts; None where no row has one.
    """

    here: pa.Array
    undated: pa.Array
    days: tuple[str, str] | None

    @property
    def count(self) -> int:
        """How many rows are of the period."""
        return int(pc.sum(self.here).as_py() or 0)


def dated(model: Model, tables: Mapping[str, pa.Table], name: str, period: Period) -> Dated | None:
    """The rows of a table in time; None where nothing dates them.

    A row is dated by its `period` column, by that of the row that its references lead to, or by `active from`. It is of
    the period where its day, or a day of its own month, quarter, half or year, lies in the period; with `active from`,
    where it is in force on a day of it.
    """
    active, start, end = model.tables[name].active, pa.scalar(period.start), pa.scalar(period.end)
    if name in model.times:
        begins, kind = _times(model, tables, name)
        ends = begins
        since = period_of(period.start, kind).start if kind.periodic else period.start
        inside = pc.greater_equal(begins, pa.scalar(min(since, period.start)))
    elif active is not None:
        kind = Unit.DATE
        begins, ends = tables[name].column(active.begins), tables[name].column(active.ends)
        inside = pc.fill_null(pc.greater_equal(ends, start), fill_value=True)
    else:
        return None
    here = pc.fill_null(pc.and_(inside, pc.less_equal(begins, end)), fill_value=False)
    return Dated(flat(here), flat(pc.is_null(begins)), _days(begins, ends, kind))


def _times(model: Model, tables: Mapping[str, pa.Table], name: str) -> tuple[pa.ChunkedArray, Unit]:
    """What places each row of a table in time, and its unit; null where a row has no date."""
    way, time = model.times[name]
    contract = model.tables[name]
    rows = None
    for ref in way:
        column = contract.column(ref)
        assert column is not None
        assert column.references is not None
        target = model.tables[column.references]
        values = comparable(_taken(tables[contract.name].column(ref), rows))
        keys = comparable(tables[target.name].column(target.keys[0]))
        rows, contract = pc.index_in(values, value_set=flat(keys)), target
    column = contract.column(time)
    assert column is not None
    return _taken(tables[contract.name].column(time), rows), column.type.unit


def _taken(values: pa.ChunkedArray, rows: pa.ChunkedArray | None) -> pa.ChunkedArray:
    return values if rows is None else values.take(rows)


def _days(begins: pa.ChunkedArray, ends: pa.ChunkedArray, kind: Unit) -> tuple[str, str] | None:
    """The first and the last day, or period, of some rows."""
    first = pc.min(begins).as_py()
    if first is None:
        return None
    last = max(day for day in (pc.max(begins).as_py(), pc.max(ends).as_py()) if day is not None)
    shown = [str(period_of(day, kind)) if kind.periodic else day.isoformat() for day in (first, last)]
    return shown[0], shown[1]
