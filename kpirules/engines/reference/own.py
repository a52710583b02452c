"""The rows that one subject's figures are made of, found in bulk before any of them is worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.engines.schema import inputs
from kpirules.plan.ir import ROW, Compute, Const, Filter, Gather, Op, Param, Plan, Ref, Scalar, Scan, Step, Value
from kpirules.records import dataclass
from kpirules.values.types import WIDTH

_FEW = 1_000
"""Up to so many values are looked for while a file is read."""
_COMPARED = {"ge": pc.greater_equal, "gt": pc.greater, "le": pc.less_equal, "lt": pc.less, "eq": pc.equal}


@runtime_checkable
class Readable(Protocol):
    """A table that is read where it lies.

    A condition is a column, how it is compared (`among`, `ge`, `gt`, `le`, `lt`, `eq`), and with what.
    """

    def column(self, name: str) -> pa.ChunkedArray:
        """All values of a column."""
        ...

    def select(self, names: Sequence[str]) -> Readable:
        """Some columns."""
        ...

    def where(self, conditions: Sequence[tuple[str, str, Any]]) -> pa.Table:
        """The rows that keep all conditions, in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Among:
    """Whether a value is one of some."""

    values: pa.Array

    def __call__(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        if not pa.types.is_decimal(column.type):
            return pc.is_in(column, value_set=self.values.cast(column.type))
        # digits differ from table to table, and no more than these are ever needed
        kind = pa.decimal256(2 * WIDTH, max(column.type.scale, self.values.type.scale))
        return pc.is_in(column.cast(kind), value_set=self.values.cast(kind))

    def condition(self, column: str) -> tuple[str, str, Any] | None:
        """It as a condition on a column that is not yet read; None where that has to be read first."""
        return (column, "among", self.values.to_pylist()) if len(self.values) <= _FEW else None


@dataclass(frozen=True, slots=True)
class _Compared:
    """Whether a day is before or after another."""

    op: str
    value: date

    def __call__(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        return _COMPARED[self.op](column, pa.scalar(self.value, pa.date32()))

    def condition(self, column: str) -> tuple[str, str, Any] | None:
        """It as a condition on a column that is not yet read."""
        return column, self.op, self.value


_Test = _Among | _Compared


@dataclass(frozen=True, slots=True)
class _Needed:
    """Of a relation, only the rows matter whose `column` passes a test; those that have none there never do."""

    column: str
    test: _Test


def steps_of(plan: Plan) -> list[Step]:
    """The steps that the result is made of, in order."""
    wanted = {plan.result}
    for step in reversed(plan.steps):
        if step.name in wanted:
            wanted.update(inputs(step))
    return [step for step in plan.steps if step.name in wanted]


def own_rows(
    plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], keys: Sequence[Value]
) -> dict[str, pa.Table]:
    """By the name of each scan that the result is made of, the rows of its table that may enter the subjects' figures.

    They may be more than do enter, never fewer, and keep their order.
    """
    own = _Rows(plan, tables, params)
    own.ask(keys)
    own.follow()
    return {name: rows.where(()) if isinstance(rows, Readable) else rows for name, rows in own.rows.items()}


def _scanned(step: Scan, table: pa.Table | Readable) -> pa.Table | Readable:
    """The table of a scan; of one that is not yet read, the columns that it has."""
    names = dict.fromkeys(column for column, _ in step.columns.values() if column != ROW)
    return table.select(list(names)) if names and isinstance(table, Readable) else table


class _Rows:
    """The rows of each scan, cut down step by step."""

    def __init__(self, plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value]) -> None:
        self.plan = plan
        self.params = params
        self.steps = {step.name: step for step in steps_of(plan)}
        scans = [step for step in self.steps.values() if isinstance(step, Scan)]
        self.rows = {step.name: _scanned(step, tables[step.table]) for step in scans}
        self.readers: dict[str, int] = {}
        for step in self.steps.values():
            for name in inputs(step):
                self.readers[name] = self.readers.get(name, 0) + 1

    # ------------------------------------------------------------ from the subject to the rows

    def ask(self, keys: Sequence[Value]) -> None:
        """Cut the rows to those that are the subjects' by the columns that name them, the last step first."""
        wanted = pa.array([_arrow_value(key) for key in keys])
        asked = {name: list[tuple[_Needed, ...]]() for name in self.steps}
        asked[self.plan.result].append((_Needed(self.plan.key, _among(wanted)),))
        for step in reversed(self.steps.values()):
            first, *others = asked[step.name]
            needed = tuple(need for need in first if all(need in other for other in others))
            if isinstance(step, Scan):
                self._cut(step.name, needed)
            elif isinstance(step, Gather):
                asked[step.input].append(tuple(self._of_gathering(step, needed)))
                asked[step.source].append(tuple(_of_source(step, needed)))
            else:
                asked[step.input].append(self._of_input(step, needed))

    def _of_input(self, step: Filter | Compute, needed: tuple[_Needed, ...]) -> tuple[_Needed, ...]:
        if isinstance(step, Compute):
            made = {binding.name for binding in step.bindings}
            return tuple(need for need in needed if need.column not in made)
        # whom a step leaves out is told by the row that it was asked of
        return needed if step.leaves_out else (*needed, *self._compared(step.predicate))

    def _compared(self, predicate: Scalar) -> Iterator[_Needed]:
        """What a condition asks of single columns: comparisons with known days, all of which must hold."""
        match predicate:
            case Op("and", args):
                for arg in args:
                    yield from self._compared(arg)
            case Op(op, (Ref(column), Param() | Const() as bound)) if op in _COMPARED:
                value = self.params[bound.name] if isinstance(bound, Param) else bound.value
                if isinstance(value, date):
                    yield _Needed(column, _Compared(op, value))

    def _of_gathering(self, step: Gather, needed: tuple[_Needed, ...]) -> Iterator[_Needed]:
        measures = {measure.name for measure in step.measures}
        for need in needed:
            if need.column in measures:
                continue
            if need.column not in step.take:
                yield need
            elif isinstance(self.steps[step.source], Scan):
                yield from self._joined(step, step.take[need.column], need.test)

    def _joined(self, step: Gather, column: str, test: _Test) -> Iterator[_Needed]:
        """What must hold of a row that is joined to one whose `column` passes a test, the one in force where asked."""
        holds = test(self._column(step.source, column))
        for left, right in step.on:
            yield _Needed(left, _among(self._column(step.source, right).filter(holds)))
        if step.in_force is not None:
            begins, ends = (
                self._column(step.source, bound).filter(holds) for bound in (step.in_force.begins, step.in_force.ends)
            )
            if len(begins) > begins.null_count:
                yield _Needed(step.in_force.last, _Compared("ge", pc.min(begins).as_py()))
            if not ends.null_count and len(ends):
                yield _Needed(step.in_force.first, _Compared("le", pc.max(ends).as_py()))

    # ------------------------------------------------------------ from rows to what they refer to

    def follow(self) -> None:
        """Cut the rows that others are joined to, to those that one of these names, the first step first."""
        for step in self.steps.values():
            if not isinstance(step, Gather):
                continue
            for ours, theirs in step.on:
                here, there = self._origin(step.input, ours), self._origin(step.source, theirs, alone=True)
                if here is not None and there is not None:
                    scan, column = there
                    self._cut(scan, [_Needed(column, _among(self._column(*here)))])

    def _origin(self, relation: str, column: str, *, alone: bool = False) -> tuple[str, str] | None:
        """The scan that a column of a relation comes from, and its name there; `alone` where nothing else reads it."""
        if alone and self.readers[relation] > 1:
            return None
        match self.steps[relation]:
            case Scan():
                return relation, column
            case Compute(bindings=bindings) if any(figure.name == column for figure in bindings):
                return None
            case Compute(input=source):
                return self._origin(source, column, alone=alone)
            case Filter(input=source):
                return self._origin(source, column, alone=alone)
            case Gather(measures=measures) if any(figure.name == column for figure in measures):
                return None
            case Gather(input=own, source=other, take=take):
                source, name = (other, take[column]) if column in take else (own, column)
                return self._origin(source, name, alone=alone)

    # ------------------------------------------------------------ the rows of a scan

    def _column(self, scan: str, column: str) -> pa.ChunkedArray:
        """A column of a scan's rows, by the name that it has in the relation."""
        return self.rows[scan].column(self._name(scan, column))

    def _cut(self, scan: str, needed: Sequence[_Needed]) -> None:
        """Leave the rows that are needed; of a table that is not yet read, no other is."""
        rows, tests = self.rows[scan], [(self._name(scan, need.column), need.test) for need in needed]
        if isinstance(rows, Readable):
            known = [held for held in (test.condition(name) for name, test in tests) if held is not None]
            if not known:
                return
            rows = rows.where(known)
        for name, test in tests:
            rows = rows.filter(test(rows.column(name)))
        self.rows[scan] = rows

    def _name(self, scan: str, column: str) -> str:
        """What a column of a relation is called in the table that it scans."""
        step = self.steps[scan]
        assert isinstance(step, Scan)
        return step.columns[column][0]


def _arrow_value(key: Value) -> object:
    """A key as Arrow takes it."""
    return Decimal(key.numerator) / Decimal(key.denominator) if isinstance(key, Fraction) else key


def _of_source(step: Gather, needed: tuple[_Needed, ...]) -> Iterator[_Needed]:
    for need in needed:
        if need.column in step.take:
            yield _Needed(step.take[need.column], need.test)
        yield from (_Needed(right, need.test) for left, right in step.on if left == need.column)


def _among(values: pa.Array | pa.ChunkedArray) -> _Among:
    return _Among(pc.unique(values).drop_null())
