"""A run needs rows of its period: without any, its figures would be those of a period that has not been reported."""

from __future__ import annotations

from collections.abc import Iterator

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.runs.dated import Dated, dated
from kpirules.source import Diagnostic, Fault, Note, Span
from kpirules.values.periods import Period


def check_rows(compiled: Compiled, loaded: Loaded, period: Period, *, allow_empty: bool = False) -> None:
    """See to it that there are rows of the period.

    Raises:
        Fault: a table that `expects rows` has none of the period (KPI671), or no row at all where nothing dates it
            (KPI672). Or no table with a `period` column has a row of the period (KPI746), unless `allow_empty`.
    """
    model = compiled.model
    times = {name: dated(model, loaded.tables, name, period) for name in model.tables}
    missing = [
        _expected(loaded, name, table.expects_rows, times[name], period)
        for name, table in model.tables.items()
        if table.expects_rows is not None and not _has_rows(loaded, name, times[name])
    ]
    if missing:
        raise Fault(missing)
    by_period = {
        table.name: times[table.name] for table in model.tables.values() if any(c.period for c in table.columns)
    }
    if allow_empty or not by_period or any(_has_rows(loaded, name, time) for name, time in by_period.items()):
        return
    helps = [note for name, time in by_period.items() for note in _days(loaded, name, time)]
    raise Fault([Diagnostic("KPI746", None, {"period": period}, helps=(*helps, Note("period"), Note("allow")))])


def _has_rows(loaded: Loaded, name: str, time: Dated | None) -> bool:
    return loaded.tables[name].num_rows > 0 if time is None else bool(time.count)


def _expected(loaded: Loaded, name: str, written: Span, time: Dated | None, period: Period) -> Diagnostic:
    """The fault of a table that has no row where the rules expect some."""
    args = {"table": name, "source": loaded.places[name].source, "period": period}
    if time is None:
        return Diagnostic("KPI672", written, args, helps=(Note("data"),))
    return Diagnostic("KPI671", written, args, helps=(*_days(loaded, name, time), Note("data", args)))


def _days(loaded: Loaded, name: str, time: Dated | None) -> Iterator[Note]:
    """What days the rows of a table have."""
    count = loaded.tables[name].num_rows
    args = {"table": name, "source": loaded.places[name].source, "count": count}
    if time is None or time.days is None:
        yield Note("undated" if count else "none", args)
    else:
        first, last = time.days
        yield Note("days" if first != last else "day", {**args, "first": first, "last": last})
