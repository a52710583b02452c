"""Run a plan in exact Python, and trace one subject of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kpirules.engines.exact import arrow_type, decimal, sides
from kpirules.engines.outcome import Outcome, RunFault, failed, given, subject_order
from kpirules.engines.reference.own import own_rows, steps_of
from kpirules.engines.reference.steps import Record, Run, work_out
from kpirules.engines.schema import schemas
from kpirules.plan.ir import OVER, Filter, Output, Plan, Scan, Step, Value
from kpirules.records import dataclass
from kpirules.source.recursion import room

if TYPE_CHECKING:
    from kpirules.values.types import Type


NAME = "reference"


@dataclass(frozen=True, slots=True)
class ReferenceTrace:
    """What made one subject's figures: every binding's value, and for each measure the rows that were counted."""

    values: Mapping[str, Value]
    contributions: Mapping[str, Sequence[Mapping[str, Value]]]


class Absent(Exception):  # noqa: N818  # no error: whoever asks why is told
    """A subject is not scored: the step that left it out, and the last row it had before."""

    def __init__(self, step: Filter, row: Mapping[str, Value]) -> None:
        super().__init__(step.leaves_out)
        self.step = step
        self.row = row


def run(plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], columns: Sequence[str]) -> Outcome:
    """Work out `columns` for every subject; see `Engine.run`.

    Raises:
        RunStopped: a value is past its bounds.
    """
    scans = {step.name: tables[step.table] for step in plan.steps if isinstance(step, Scan)}
    done = _worked_out(plan, plan.steps, scans, params)
    records = sorted(done.records[plan.result], key=lambda record: subject_order(record.row[plan.key]))
    return Outcome(
        subjects=_table(plan, done, records, columns),
        others={(output.purpose, output.table): _rows(done, output) for output in plan.outputs[1:]},
        faults=_failed(plan, records),
        engine=NAME,
    )


def run_some(
    plan: Plan,
    tables: Mapping[str, pa.Table],
    params: Mapping[str, Value],
    columns: Sequence[str],
    keys: Sequence[Value],
) -> Outcome:
    """Work out `columns` for the subjects of some keys alone, in one pass over the rows that are theirs.

    Of rows that count for nobody it says nothing.

    Raises:
        RunStopped: a value of theirs is past its bounds.
    """
    done = _worked_out(plan, steps_of(plan), own_rows(plan, tables, params, keys), params)
    wanted = frozenset(keys)
    records = [record for record in done.records[plan.result] if record.row[plan.key] in wanted]
    records.sort(key=lambda record: subject_order(record.row[plan.key]))
    return Outcome(_table(plan, done, records, columns), {}, _failed(plan, records), NAME)


def trace(plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], key: Value) -> ReferenceTrace:
    """Work out one subject from its own rows, keeping what made each figure.

    Raises:
        Absent: a step leaves the subject out.
        KeyError: nobody has that key.
        RunStopped: one of the subject's values is past its bounds.
    """
    done = _worked_out(plan, steps_of(plan), own_rows(plan, tables, params, [key]), params)
    for record in done.records[plan.result]:
        if record.row[plan.key] == key:
            return ReferenceTrace(record.row, record.fed)
    for step in steps_of(plan):
        if isinstance(step, Filter) and step.leaves_out and not done.records[step.name] and done.records[step.input]:
            raise Absent(step, done.records[step.input][-1].row)
    raise KeyError(key)


def _worked_out(plan: Plan, steps: Sequence[Step], rows: Mapping[str, pa.Table], params: Mapping[str, Value]) -> Run:
    """The records of each step, from the rows of each scan."""
    with room():
        done = Run(plan.key, rows, params, schemas(plan))
        for step in steps:
            done.records[step.name] = work_out(done, step)
    return done


def _table(plan: Plan, done: Run, records: Sequence[Record], columns: Sequence[str]) -> pa.Table:
    types = done.schemas[plan.result]
    arrays: dict[str, pa.Array] = {}
    for name in (plan.key, *columns):
        arrays |= _arrays(name, [record.row[name] for record in records], types[name])
    return pa.table(arrays)


def _arrays(name: str, column: list[Any], kind: Type) -> dict[str, pa.Array]:
    if kind.digits is None:
        return {name: pa.array(column, arrow_type(kind))}
    digits, over = kind.sides
    pairs = [None if value is None else sides(value, kind) for value in column]
    nums = [None if pair is None else decimal(pair[0], digits) for pair in pairs]
    arrays = {name: pa.array(nums, arrow_type(digits))}
    if kind.over:
        dens = [None if pair is None else decimal(pair[1], over) for pair in pairs]
        arrays[name + OVER] = pa.array(dens, arrow_type(over))
    return arrays


def _rows(done: Run, output: Output) -> pa.Table:
    """The rows of an output; a relation of rows is in the order of their table."""
    arrays: dict[str, pa.Array] = {}
    for _, name in output.columns:
        column = [record.row[name] for record in done.records[output.step]]
        arrays |= _arrays(name, column, done.schemas[output.step][name])
    return given(output, pa.table(arrays))


def _failed(plan: Plan, records: Sequence[Record]) -> tuple[RunFault, ...]:
    failures = []
    for check in plan.checks:
        subjects = tuple(record.row[plan.key] for record in records if record.row[check.when] is True)
        if subjects:
            failures.append(failed(check, subjects))
    return tuple(failures)
