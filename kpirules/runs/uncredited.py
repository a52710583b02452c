"""The rows of data that count for nobody, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.arrow import flat, no_rows, plain_text
from kpirules.data.load import Loaded
from kpirules.engines.outcome import Outcome
from kpirules.model.contracts import Column
from kpirules.model.scheme import Subject
from kpirules.values.periods import period_of

NO_PERIOD = "no_period"
NOBODY_NAMED = "nobody_named"
NOT_A_SUBJECT = "not_a_subject"
BEFORE = "before_active"
AFTER = "after_active"
BETWEEN = "not_active_then"

_TEXT = pa.string()
SCHEMA = pa.schema(
    [
        ("table", _TEXT),
        ("source", _TEXT),
        ("row", pa.int64()),
        ("row_key", _TEXT),
        ("subject", _TEXT),
        ("day", pa.date32()),
        ("reason", _TEXT),
    ]
)
"""The columns of the rows that count for nobody: table, source, number of the row there and its key (parts with ` / `
between); the key of the subject that the row names; the day that places it in time, of a period its first; and one of
`no_period`: nothing places the row in time; `nobody_named`; `not_a_subject`: nobody in the subjects' table has that
key; `before_active`, `after_active`: the day is before the first day of that subject, after the last;
`not_active_then`: it is between two stays."""

_FOREVER = date.max


def uncredited(compiled: Compiled, loaded: Loaded, outcome: Outcome) -> pa.Table:
    """The rows of `SCHEMA`, by table in file order, each table's in its order, those of no period last."""
    parts = [no_rows(SCHEMA)]
    for rows in (outcome.uncredited, outcome.undated):
        parts += [_told(compiled, loaded, table, some) for table, some in rows.items() if some.num_rows]
    return pa.concat_tables(parts)


def _told(compiled: Compiled, loaded: Loaded, table: str, rows: pa.Table) -> pa.Table:
    contract = compiled.model.tables[table]
    place = flat(rows.column("row"))
    data = loaded.tables[table].select(list(contract.keys)).take(place)
    keys = [_key_text(data.column(column.name), column) for column in contract.columns if column.name in contract.keys]

    def same(text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, _TEXT), rows.num_rows)

    subject = compiled.model.subject
    named = rows.column("subject").cast(loaded.tables[subject.table.name].schema.field(subject.key).type)
    columns = {
        "table": same(table),
        "source": same(str(loaded.places[table].source)),
        "row": loaded.numbers[table].take(place),
        "row_key": pc.binary_join_element_wise(*keys, " / ") if keys else same(""),
        "subject": plain_text(named),
        "day": rows.column("day"),
        "reason": _reasons(subject, loaded.tables, named, rows.column("day")),
    }
    return pa.table(columns).cast(SCHEMA)


def _key_text(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """A part of a key as the data has it: a period in its short form, a number without zeros at its end."""
    if column.type.unit.periodic:
        days = flat(pc.unique(values))
        texts = pa.array([str(period_of(day, column.type.unit)) for day in days.to_pylist()], _TEXT)
        return texts.take(pc.index_in(values, value_set=days))
    text = plain_text(values)
    return pc.replace_substring_regex(text, r"\.?0+$", "") if _has_places(values.type) else text


def _has_places(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind) and kind.scale > 0)


def _reasons(
    subject: Subject, tables: Mapping[str, pa.Table], named: pa.ChunkedArray, day: pa.ChunkedArray
) -> pa.ChunkedArray:
    """Why each row counts for nobody, by the days on which the subject that it names came first and left last."""
    people, dates = tables[subject.table.name], subject.table.active
    known = people.column(subject.key)
    before = after = pa.repeat(pa.scalar(value=False), len(named))
    if dates is not None:
        ends = pc.fill_null(people.column(dates.ends), pa.scalar(_FOREVER))
        stays = pa.table({"key": known, "first": people.column(dates.begins), "last": ends})
        stays = stays.group_by("key", use_threads=False).aggregate([("first", "min"), ("last", "max")])
        at = pc.index_in(named, value_set=flat(stays.column("key")))
        before = pc.less(day, stays.column("first_min").take(at))
        after = pc.greater(day, stays.column("last_max").take(at))
    cases = {
        NO_PERIOD: pc.is_null(day),
        NOBODY_NAMED: pc.is_null(named),
        NOT_A_SUBJECT: pc.invert(pc.is_in(named, value_set=flat(pc.unique(known)))),
        BEFORE: before,
        AFTER: after,
    }
    holds = pc.make_struct(
        *(flat(pc.fill_null(case, fill_value=False)) for case in cases.values()), field_names=list(cases)
    )
    return pc.case_when(holds, *(pa.scalar(reason) for reason in cases), pa.scalar(BETWEEN))
