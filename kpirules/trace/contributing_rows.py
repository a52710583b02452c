"""The data rows behind an aggregate's figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from kpirules.engines.schema import inputs, schemas
from kpirules.plan.ir import ROW, Binding, Gather, Origin, Plan, Scan, Step, Value, names_in, reads
from kpirules.trace.conditions import figure
from kpirules.trace.figure_format import key_text
from kpirules.trace.tree import Fed
from kpirules.values.periods import within
from kpirules.values.units import Unit

HIDDEN = ("row", "guard", "mark", "shown")
"""Kinds of bindings that are not told as steps of their own."""


class ContributingRows:
    """Tells of each aggregate which rows it counted, by the rows that `contributions` has for each measure."""

    def __init__(
        self,
        plan: Plan,
        bindings: Mapping[str, Binding],
        contributions: Mapping[str, Sequence[Mapping[str, Value]]],
        params: Mapping[str, Value],
    ) -> None:
        self.bindings = bindings
        self.contributions = contributions
        self.keys = plan.keys
        self.params = params
        gathers = [step for step in plan.steps if isinstance(step, Gather)]
        self.tables = {step.name: _table(plan, plan.step(step.source)) for step in gathers}
        self.measures = {measure.name: (measure, step) for step in gathers for measure in step.measures}
        self.schemas = schemas(plan)
        self.owned = {
            name: column
            for step in gathers
            if plan.key in self.schemas[step.source] and plan.key not in self.schemas[step.input]
            for name, column in step.take.items()
        }
        """Columns of rows that hold what their subject has, and what that is called there."""
        scans = [step for step in plan.steps if isinstance(step, Scan)]
        places = [name for step in scans for name, (column, _) in step.columns.items() if column == ROW]
        made = [binding.name for binding in bindings.values() if not binding.ident.has_name]
        self.unnamed = {*places, *made}
        """Columns of rows that no rule has a name for."""

    def of(self, binding: Binding) -> Fed | None:
        """The rows that fed a binding; None where it is no aggregate."""
        if binding.kind != "aggregate" or binding.of is None:
            return None
        measure, step = self.measures[binding.of]
        table = self.tables[step.name]
        keys = [f"{table}.{key}" for key in self.keys.get(table, ())]
        rows = self.contributions.get(measure.name, ())
        kinds, theirs = self.schemas[step.source], [theirs for _, theirs in step.on]
        texts = tuple(" / ".join(key_text(row[key], kinds[key]) for key in keys) for row in rows)
        cells = {
            name: f"own.{self.owned[name]}" if name in self.owned else name.removeprefix(f"{table}.")
            for name in kinds
            if not (name in self.unnamed or (name in theirs and name not in keys))
        }
        listed = tuple(
            {label: figure(row[name], kinds[name]) for name, label in cells.items() if name in row} for row in rows
        )
        where = self.bindings.get(measure.where) if measure.where else None
        text = where.origin.text if where is not None and where.origin is not None else None
        made = dict.fromkeys(column for name in (measure.where, measure.arg) for column in self._computed(name))
        absent = self._absent(rows, measure.each, kinds[measure.each].unit) if measure.each is not None else ()
        return Fed(table, text, len(rows), texts, listed, tuple(made), absent)

    def read(self, binding: Binding) -> list[str]:
        """What the rows that fed an aggregate read of the subject, by name."""
        measure, _ = self.measures[binding.of or ""]
        read = [column for name in (measure.where, measure.arg) if name is not None for column in self._columns(name)]
        return list(dict.fromkeys(self.owned[column] for column in read if column in self.owned))

    def _columns(self, name: str) -> Iterator[str]:
        """The columns that a value of a row is made of."""
        binding = self.bindings.get(name)
        if binding is None:
            yield name
            return
        for read in dict.fromkeys(reads(binding)):
            yield from self._columns(read)

    def _absent(self, rows: Sequence[Mapping[str, Value]], column: str, kind: Unit) -> tuple[str, ...]:
        """The periods of a kind, within that of the run, that no row is of."""
        there = {row[column] for row in rows}
        start, end = self.params["period_start"], self.params["period_end"]
        assert isinstance(start, date)
        assert isinstance(end, date)
        return tuple(str(period) for period in within(start, end, kind) if period.start not in there)

    def _computed(self, name: str | None) -> Iterator[tuple[str, str, Origin]]:
        """The steps of the computed columns that a value of a row is made of, last step first."""
        binding = self.bindings.get(name) if name is not None else None
        if binding is None:
            return
        if binding.part == "column" and binding.kind not in HIDDEN and binding.origin is not None:
            yield binding.item, binding.kind, binding.origin
        parts = [binding.expr, *(row.condition for row in binding.rows if row.condition is not None)]
        for read in dict.fromkeys([binding.of, binding.row, *(name for part in parts for name in names_in(part))]):
            yield from self._computed(read)


def _table(plan: Plan, step: Step) -> str:
    """The table whose rows a step counts: what it reads leads to their scan, by way of joins on their left."""
    while not isinstance(step, Scan):
        step = plan.step(inputs(step)[0])
    return step.table
