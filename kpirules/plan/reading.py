"""Rows of a table being read: which columns are asked for, which references are followed, what is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from fractions import Fraction

from kpirules.model.contracts import Column, Table
from kpirules.model.scheme import Model
from kpirules.plan import build
from kpirules.plan.ir import ROW, Binding, Compute, Gather, Ident, InForce, Param, Ref, Scalar, Scan, Step
from kpirules.records import dataclass
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

Refs = tuple[str, ...]
"""Reference columns, one after the other, that lead from a row to another."""

COUNT = types.decimal(Unit.COUNT, 0, Fraction(0), types.SUM_BOUND)
"""The type of a count of rows, and of the place of one."""


@dataclass(slots=True)
class Reading:
    """What is read of a table's rows. `columns` are named by table, references and column: `orders.customer.region`.

    `time` is what places the rows in time, references and then a column; None where they are of the period of the run.
    """

    model: Model
    table: str
    time: tuple[Refs, str] | None = None
    columns: dict[str, tuple[Refs, str, Type]] = field(default_factory=dict)
    refs: list[Refs] = field(default_factory=list)

    def column(self, refs: Refs, name: str) -> Ref:
        """A column of the row, or of a row it refers to, under its name in the relation."""
        for depth in range(1, len(refs) + 1):
            if refs[:depth] not in self.refs:
                self.refs.append(refs[:depth])
        column = self.target(refs).column(name)
        assert column is not None
        full = ".".join((self.table, *refs, name))
        self.columns.setdefault(full, (refs, name, column.type.maybe(when=column.type.missing or bool(refs))))
        return build.ref(full, column.type)

    def of(self, names: Iterable[str]) -> Reading:
        """A reading of some of the columns alone."""
        part = Reading(self.model, self.table, self.time)
        for name in names:
            refs, column, _ = self.columns[name]
            part.column(refs, column)
        return part

    def target(self, refs: Refs) -> Table:
        """The table that references lead to."""
        return targets(self.model, self.table, refs)[-1]

    def hops(self, refs: Refs) -> list[tuple[Column, Table]]:
        """Each reference column, and the table it leads to."""
        tables = targets(self.model, self.table, refs)
        columns = [table.column(ref) for table, ref in zip(tables, refs, strict=False)]
        return [(column, table) for column, table in zip(columns, tables[1:], strict=True) if column is not None]

    def scan(self, name: str, more: Iterable[str] = ()) -> Scan:
        """The table's own columns: those asked for, `more`, and the references to follow."""
        table = self.model.tables[self.table]
        for column in more:
            self.column((), column)
        self._ask_for_references()
        wanted = {
            full: column.name for column in table.columns if (full := f"{table.name}.{column.name}") in self.columns
        }
        return Scan(name, table.name, {full: (column, type_of(table, column)) for full, column in wanted.items()})

    def followed(self, name: str, made: list[Step], refs: Iterable[Refs], days: tuple[str, str] | None = None) -> None:
        """Add the joins that bring the columns of the rows that references lead to, near ones first."""
        self._ask_for_references()
        for way in refs:
            made.append(self._follow(name, way, made, days))

    def _ask_for_references(self) -> None:
        """Ask for the columns that hold the references to follow: a way of two needs the one it goes by.

        And for those that say of which period the row that they lead to must be.
        """
        for refs in self.refs:
            self.column(refs[:-1], refs[-1])
            self._period(refs)

    def strayed(self, refs: Refs) -> Scalar | None:
        """Whether the last of some references leads to a row of another period than that of the row that reads it.

        None where it cannot: one that `matches` leads to no row then.
        """
        time, (column, target) = self._period(refs), self.hops(refs)[-1]
        if time is None or column.matches:
            return None
        named = [self.column(refs[:-1], refs[-1]), *([time] if isinstance(time, Ref) else [])]
        gone = build.is_missing(self.column(refs, target.keys[0]))
        return build.both([*(build.negated(build.is_missing(names)) for names in named), gone])

    def _period(self, refs: Refs) -> Ref | Param | None:
        """The time of the row that the last of some references is in, where it leads to a row of a period.

        A row without a period column is of the time of the row that refers to it. None where any row is right: of a
        table that is not by period, of the subjects, or one that is itself what places the rows in time.
        """
        column = _periodic(self.model, self.target(refs))
        if column is None or (self.time is not None and refs == self.time[0]):
            return None
        for depth in range(len(refs) - 1, 0, -1):
            own = _own_period(self.model, self.target(refs[:depth]))
            if own is not None:
                return self.column(refs[:depth], own.name)
        return Param("period_start", types.DATE) if self.time is None else self.column(*self.time)

    def _follow(self, name: str, refs: Refs, made: list[Step], days: tuple[str, str] | None) -> Gather:
        """Bring the columns of the row that references lead to.

        Of a dated table it is the row in force on one of the days, from the first to the last: nobody else's, so a
        sale after someone left is nobody's.
        """
        target = self.target(refs)
        full = ".".join((self.table, *refs))
        taken = {name: column for name, (way, column, _) in self.columns.items() if way == refs}
        right = f"{full}*"
        dated = target.active
        dates = [dated.begins, dated.ends] if dated else []
        columns = {f"{right}{held}": (held, type_of(target, held)) for held in {*taken.values(), *target.keys, *dates}}
        on = [(full, f"{right}{target.keys[0]}")]
        time, period = self._period(refs), _periodic(self.model, target)
        if time is not None and period is not None:
            on.append((self._first_days(name, refs, made, time, period), f"{right}{period.name}"))
            columns[f"{right}{period.name}"] = (period.name, period.type)
        last = made[-1].name
        made.append(Scan(f"{name} to {'.'.join(refs)}", target.name, dict(sorted(columns.items()))))
        take = {column: f"{right}{held}" for column, held in taken.items()}
        force = None
        if dated is not None:
            assert days is not None, full
            force = InForce(*days, f"{right}{dated.begins}", f"{right}{dated.ends}")
        return Gather(join_name(name, refs), last, made[-1].name, tuple(on), take, in_force=force)

    def _first_days(self, name: str, refs: Refs, made: list[Step], time: Ref | Param, period: Column) -> str:
        """The column with the first day of the period that the row must be of, that of `time`; added if need be."""
        if isinstance(time, Ref) and time.type.unit is period.type.unit:
            return time.name
        column = Ident(join_name(name, refs), "row", step="$first day")
        kind = period.type.maybe(when=time.type.missing)
        first: Scalar = time if isinstance(time, Param) else build.first_day(time, kind)
        binding = Binding(column, first, first.type, "value")
        made.append(Compute(f"{column.name}s", made[-1].name, (binding,)))
        return column.name


def may_stray(model: Model, refs: Refs) -> bool:
    """Whether references may lead to a row of another period than that of the row that reads it, which is a fault."""
    columns = (column for table in model.tables.values() for column in table.columns if column.name in refs)
    targets_ = (
        model.tables[column.references] for column in columns if column.references is not None and not column.matches
    )
    return any(_periodic(model, target) is not None for target in targets_)


def _own_period(model: Model, table: Table) -> Column | None:
    """The period column of a table; None of the subjects, who are of every period."""
    if table.name == model.subject.table.name:
        return None
    return next((column for column in table.columns if column.period), None)


def _periodic(model: Model, table: Table) -> Column | None:
    """The column that says of which month, quarter, half or year a row is."""
    column = _own_period(model, table)
    return column if column is not None and column.type.unit.periodic else None


def row_key(reading: Reading, refs: Refs) -> Ref:
    """The column of a row that names the row which references lead to: its own key where there are none."""
    return reading.column(refs[:-1], refs[-1]) if refs else reading.column((), reading.target(()).keys[0])


def join_name(name: str, refs: Sequence[str]) -> str:
    """What the join is called that brings the row which references lead to."""
    return f"{name} with {'.'.join(refs)}"


def placed(step: Step) -> Scan:
    """A scan with the place of each row in the table."""
    assert isinstance(step, Scan)
    return replace(step, columns={**step.columns, f"{step.table}.{ROW}": (ROW, COUNT)})


def targets(model: Model, table: str, refs: Sequence[str]) -> list[Table]:
    """The table itself, and the table that each reference leads to, one after the other."""
    tables = [model.tables[table]]
    for ref in refs:
        column = tables[-1].column(ref)
        assert column is not None
        assert column.references is not None
        tables.append(model.tables[column.references])
    return tables


def type_of(table: Table, column: str) -> Type:
    """The type of a declared column."""
    declared = table.column(column)
    assert declared is not None
    return declared.type
