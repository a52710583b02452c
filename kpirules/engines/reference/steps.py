"""What each step means: rows in, rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from kpirules.engines.outcome import PAST_BOUND, RunFault, RunStopped, subject_order, values
from kpirules.engines.reference.measures import worked_out
from kpirules.engines.reference.scalars import Row, reader
from kpirules.engines.schema import Schema
from kpirules.plan.ir import ROW, Binding, Compute, Filter, Gather, InForce, Measure, Scan, Step, Value
from kpirules.records import dataclass
from kpirules.values.types import Type

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a relation; `fed` keeps, for each of its columns that is a measure, the rows that made it."""

    row: Row
    fed: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """What a step may read: the rows of each scan, the parameters, columns and records of the relations made so far."""

    key: str
    rows: Mapping[str, pa.Table]
    params: Mapping[str, Value]
    schemas: Mapping[str, Schema]
    records: dict[str, list[Record]] = field(default_factory=dict)


def work_out(run: Run, step: Step) -> list[Record]:
    """The records of one step.

    Raises:
        RunStopped: values are past the bounds of their types.
    """
    match step:
        case Scan():
            return _scan(run, step)
        case Filter():
            holds = reader(step.predicate, run.params)
            return [record for record in run.records[step.input] if holds(record.row) is True]
        case Compute():
            return _compute(run, step)
        case Gather():
            return _gather(run, step)


def _scan(run: Run, step: Scan) -> list[Record]:
    table = run.rows[step.name]
    if not step.columns:
        return [Record({}) for _ in range(table.num_rows)]
    columns = [_cells(table, column) for column, _ in step.columns.values()]
    return [Record(dict(zip(step.columns, row, strict=True))) for row in zip(*columns, strict=True)]


def _cells(table: pa.Table, column: str) -> Sequence[Value]:
    return [Fraction(place) for place in range(table.num_rows)] if column == ROW else values(table, column)


def _gather(run: Run, step: Gather) -> list[Record]:
    groups: dict[tuple[Value, ...], list[Record]] = {}
    for record in run.records[step.source]:
        groups.setdefault(tuple(record.row[theirs] for _, theirs in step.on), []).append(record)
    summed = _summed_up(step, groups) if step.measures else {}
    gathered = []
    for record in run.records[step.input]:
        key = tuple(record.row[ours] for ours, _ in step.on)
        rows = [] if None in key else groups.get(key, [])
        if step.in_force:
            rows = [row for row in rows if _in_force(step.in_force, record.row, row.row)]
        figures = summed.get(key) if rows else None
        made = figures or Record(dict.fromkeys(measure.name for measure in step.measures))
        taken: Sequence[Record | None] = rows if step.take and rows else (None,)
        gathered += [_with(record, step.take, row, made) for row in taken]
    return gathered


def _with(record: Record, take: Mapping[str, str], source: Record | None, figures: Record) -> Record:
    """A record with what is taken of a row, and what rows come to."""
    if source is None:
        return Record({**record.row, **dict.fromkeys(take), **figures.row}, {**record.fed, **figures.fed})
    row = {name: source.row[column] for name, column in take.items()}
    fed = {name: source.fed[column] for name, column in take.items() if column in source.fed}
    return Record({**record.row, **row, **figures.row}, {**record.fed, **fed, **figures.fed})


def _in_force(asked: InForce, left: Row, right: Row) -> bool:
    first, last, begins, ends = left[asked.first], left[asked.last], right[asked.begins], right[asked.ends]
    if not isinstance(first, date) or not isinstance(last, date) or not isinstance(begins, date):
        return False
    return begins <= last and (ends is None or (isinstance(ends, date) and first <= ends))


def _compute(run: Run, step: Compute) -> list[Record]:
    work = [(binding, reader(binding.expr, run.params)) for binding in step.bindings]
    faults: dict[str, list[tuple[Value, Fraction]]] = {}
    computed = []
    for record in run.records[step.input]:
        row = dict(record.row)
        for binding, read in work:
            held = binding.guard is None or row[binding.guard] is True
            value = read(row) if held else None
            row[binding.name] = value
            if isinstance(value, Fraction) and _past(value, binding.type):
                faults.setdefault(binding.name, []).append((row.get(run.key), value))
        computed.append(Record(row, record.fed))
    _stop_on(step.bindings, faults)
    return computed


def _summed_up(step: Gather, groups: Mapping[tuple[Value, ...], Sequence[Record]]) -> dict[tuple[Value, ...], Record]:
    """For each key the measures of its rows, and the rows that each counted."""
    faults: dict[str, list[tuple[Value, Fraction]]] = {}
    made = {}
    for key, records in groups.items():
        rows = [record.row for record in records]
        fed = {measure.name: _counted(measure, rows) for measure in step.measures}
        figures: Row = {}
        for measure in step.measures:
            value = worked_out(measure, fed[measure.name])
            figures[measure.name] = value
            if isinstance(value, Fraction) and _past(value, measure.type):
                faults.setdefault(measure.name, []).append((key[0], value))
        made[key] = Record(figures, fed)
    _stop_on(step.measures, faults)
    return made


def _counted(measure: Measure, rows: list[Row]) -> list[Row]:
    where, arg = measure.where, measure.arg
    if where is not None:
        rows = [row for row in rows if row[where] is True]
    return rows if arg is None else [row for row in rows if row[arg] is not None]


def _past(value: Fraction, kind: Type) -> bool:
    low, high = kind.bounds
    return not low <= value <= high


def _stop_on(named: Sequence[Binding | Measure], faults: Mapping[str, list[tuple[Value, Fraction]]]) -> None:
    stopped = []
    for figure in named:
        if figure.name in faults:
            cases = sorted(faults[figure.name], key=lambda case: subject_order(case[0]))
            low, high = figure.type.bounds
            subjects = tuple(subject for subject, _ in cases)
            stopped.append(
                RunFault(PAST_BOUND, figure.item, figure.name, subjects, figure.origin, cases[0][1], low, high)
            )
    if stopped:
        raise RunStopped(stopped)
