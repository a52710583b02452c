"""Lowering of aggregates and lookups: scans, joins and groupings that bring columns to the subject's relation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from fractions import Fraction

from kpirules.model.contracts import Table
from kpirules.model.expr import Agg, Col, Cond, Expr, Fallback, Grain, Lookup, Val
from kpirules.model.scheme import Model
from kpirules.plan import build
from kpirules.plan.draft import Draft, origin_of
from kpirules.plan.ir import (
    Aggregate,
    Binding,
    Compute,
    Filter,
    InForce,
    Join,
    Measure,
    Op,
    Owner,
    Param,
    Ref,
    Scalar,
    Scan,
    Step,
    Uncredited,
)
from kpirules.plan.scalars import scalar
from kpirules.records import dataclass
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

COUNT = types.decimal(Unit.COUNT, 0, Fraction(0), types.SUM_BOUND)
"""The type of a count of rows."""


@dataclass(slots=True)
class Rows:
    """The relation of one grain in the making: its columns, row bindings and measures.

    `under` are the conditions of the branch being lowered, `faults` where `or else error` is met.
    """

    model: Model
    grain: Grain
    columns: dict[str, Type] = field(default_factory=dict)
    refs: list[tuple[str, ...]] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    under: list[Scalar] = field(default_factory=list)
    faults: list[Scalar] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """The contract of the grain's table."""
        return self.model.tables[self.grain.table]

    def column(self, refs: tuple[str, ...], name: str) -> Ref:
        """A column of the row, or of a row it refers to, under its name in the relation."""
        for depth in range(1, len(refs) + 1):
            if refs[:depth] not in self.refs:
                self.refs.append(refs[:depth])
        column = self.target(refs).column(name)
        assert column is not None
        full = ".".join((self.grain.table, *refs, name))
        self.columns.setdefault(full, column.type.maybe(when=column.type.missing or bool(refs)))
        return build.ref(full, column.type)

    def target(self, refs: tuple[str, ...]) -> Table:
        """The table that references lead to."""
        table = self.table
        for ref in refs:
            column = table.column(ref)
            assert column is not None
            assert column.references is not None
            table = self.model.tables[column.references]
        return table

    def lower(self, node: Expr) -> Scalar:
        """The scalar of an expression in the row's scope."""
        match node:
            case Col():
                found = self.column(node.refs, node.column)
                return build.ref(found.name, node.type)
            case Val():
                assert node.known is not None
                return build.const(node.known, node.type)
            case Cond():
                test = self.lower(node.condition)
                then = self._branch(test, node.then)
                return build.case([(test, then)], self._branch(build.negated(test), node.otherwise), node.type.unit)
            case Fallback():
                value = self.lower(node.operand)
                gone = build.is_missing(value)
                if node.fallback is not None:
                    return build.coalesce(value, self._branch(gone, node.fallback))
                self.faults.append(build.both([*self.under, gone]))
                return value
            case _:
                return scalar(node, self.lower)

    def _branch(self, condition: Scalar, node: Expr) -> Scalar:
        self.under.append(condition)
        found = self.lower(node)
        self.under.pop()
        return found

    def bind(self, node: Expr, value: Scalar) -> Ref:
        """A row's value under a name of its own; the same value once."""
        if isinstance(value, Ref):
            return value
        for known in self.bindings:
            if known.expr == value:
                return build.ref(known.name, known.type)
        name = f"{self.grain.table}${len(self.bindings) + 1}"
        origin = origin_of(node.span)
        self.bindings.append(Binding(name, value, value.type, self.grain.table, "row", "value", origin))
        return build.ref(name, value.type)


# ---------------------------------------------------------------- aggregates


def steps(draft: Draft) -> tuple[list[Step], list[tuple[str, str, dict[str, str]]], list[Uncredited]]:
    """The steps that make every aggregate.

    Returns:
        the steps; the joins they ask for, as (relation, its key column, {column in the subject's relation: measure});
        the counts of rows that nobody owns.
    """
    made: list[Step] = []
    joins: list[tuple[str, str, dict[str, str]]] = []
    nobody: list[Uncredited] = []
    grains = list(dict.fromkeys(agg.grain for agg, _ in draft.aggregates))
    for index, grain in enumerate(grains):
        rows = Rows(draft.model, grain)
        take: dict[str, str] = {}
        for agg, name in draft.aggregates:
            if agg.grain == grain:
                _measures(rows, agg, name, take, draft)
        name = grain.table if _once(grains, grain) else f"{grain.table}#{index + 1}"
        found, key = _relation(rows, name)
        made += found
        joins.append((f"{name} by subject", key, take))
        nobody.append(Uncredited(grain.table, f"{name} by subject", f"{name} rows"))
    return made, joins, nobody


def _once(grains: list[Grain], grain: Grain) -> bool:
    return sum(one.table == grain.table for one in grains) == 1


def _measures(rows: Rows, agg: Agg, name: str, take: dict[str, str], draft: Draft) -> None:
    """Add the measures of an aggregate, and what of them the subject's relation takes."""
    rows.faults = []
    where = rows.bind(agg.where, rows.lower(agg.where)) if agg.where is not None else None
    failing, rows.faults = rows.faults, []
    value = rows.lower(agg.arg) if agg.arg is not None else None
    if rows.faults:
        counted = [where] if where is not None else []
        failing.append(build.both([*counted, build.any_of(rows.faults)]))
    if failing:
        _measure(rows, agg, f"{name}$faults", ("count", None, rows.bind(agg, build.any_of(failing)).name), COUNT, take)
    condition = where.name if where is not None else None
    if agg.arg is None or value is None:
        _measure(rows, agg, f"{name}$", ("count", None, condition), COUNT, take)
        return
    if value.type.over:
        value = build.rounded(value, types.QUOTIENT_PLACES, draft.model.header.mode)
    arg = rows.bind(agg.arg, value)
    summed = types.total(arg.type, agg.type.unit) if agg.func in ("sum", "avg") else agg.type
    if agg.func == "avg":
        _measure(rows, agg, f"{name}$sum", ("sum", arg.name, condition), summed, take)
        _measure(rows, agg, f"{name}$count", ("count", None, condition), COUNT, take)
    else:
        _measure(rows, agg, f"{name}$", (agg.func, arg.name, condition), summed, take)


def _measure(
    rows: Rows, agg: Agg, name: str, made_of: tuple[str, str | None, str | None], type_: Type, take: dict[str, str]
) -> None:
    func, arg, where = made_of
    rows.measures.append(Measure(name, func, arg, where, type_, name.partition("$")[0], origin_of(agg.span)))
    take[name] = name


def _relation(rows: Rows, name: str) -> tuple[list[Step], str]:
    """Scan, follow the references to the time, keep the period, follow the others, compute, group by the owner."""
    grain, model = rows.grain, rows.model
    dated = model.subject.table.active is not None
    owner = rows.column(grain.owner, model.subject.key) if dated else rows.column(grain.owner[:-1], grain.owner[-1])
    time = rows.column(grain.time_refs, grain.time)
    for key in rows.table.keys:
        rows.column((), key)
    made: list[Step] = [_scan(rows, name)]
    way = [grain.time_refs[:depth] for depth in range(1, len(grain.time_refs) + 1)]
    for refs in way:
        made.append(_follow(rows, name, refs, made))
    made.append(Filter(f"{name} in period", made[-1].name, in_period(time)))
    days = (time.name, time.name)
    if dated and time.type.unit.periodic:
        days = (time.name, f"{name}$last day")
        last_day = Op("last_day", (time,), types.DATE)
        day = Binding(days[1], last_day, types.DATE, grain.table, "row", "value")
        made.append(Compute(f"{name} last days", made[-1].name, (day,)))
    for refs in sorted((refs for refs in rows.refs if refs not in way), key=len):
        made.append(_follow(rows, name, refs, made, days))
    if rows.bindings:
        made.append(Compute(f"{name} worked out", made[-1].name, tuple(rows.bindings)))
    count = Measure(f"{name} rows", "count", None, None, COUNT, grain.table)
    made.append(Aggregate(f"{name} by subject", made[-1].name, (owner.name,), (*rows.measures, count)))
    return made, owner.name


def _scan(rows: Rows, name: str) -> Scan:
    """The grain's own columns: those asked for, and the references to follow."""
    table = rows.table
    for refs in rows.refs:
        rows.column(refs[:-1], refs[-1])
    wanted = {full: column.name for column in table.columns if (full := f"{table.name}.{column.name}") in rows.columns}
    columns = {full: (column, _type_of(table, column)) for full, column in wanted.items()}
    return Scan(name, table.name, columns)


def _type_of(table: Table, column: str) -> Type:
    found = table.column(column)
    assert found is not None
    return found.type


def _follow(
    rows: Rows, name: str, refs: tuple[str, ...], made: list[Step], days: tuple[str, str] | None = None
) -> Join:
    """Bring the columns of the row that references lead to.

    Of a dated table it is the row in force on one of the days, from the first to the last: nobody else's, so a sale
    after someone left is nobody's.
    """
    target = rows.target(refs)
    full = ".".join((rows.grain.table, *refs))
    prefix = f"{full}."
    taken = {
        column: column.removeprefix(prefix)
        for column in rows.columns
        if column.startswith(prefix) and column.count(".") == prefix.count(".")
    }
    right = f"{full}*"
    dated = target.active
    dates = [one for one in (dated.begins, dated.ends) if one] if dated else []
    columns = {f"{right}{one}": (one, _type_of(target, one)) for one in {*taken.values(), *target.keys, *dates}}
    last = made[-1].name
    made.append(Scan(right, target.name, dict(sorted(columns.items()))))
    take = {column: f"{right}{one}" for column, one in taken.items()}
    force = None
    if dated is not None:
        assert days is not None, full
        force = InForce(*days, f"{right}{dated.begins}", f"{right}{dated.ends}" if dated.ends else None)
    return Join(f"{name} with {'.'.join(refs)}", last, right, ((full, f"{right}{target.keys[0]}"),), take, force)


def in_period(time: Ref) -> Scalar:
    """Whether a day, or the first day of a period, lies in the period of the run."""
    start, end = Param("period_start", types.DATE), Param("period_end", types.DATE)
    day = Ref(time.name, types.DATE)
    return build.both([build.compare("ge", day, start), build.compare("le", day, end)])


# ---------------------------------------------------------------- lookups


def lookups(draft: Draft) -> tuple[list[Step], list[tuple[str, str, dict[str, str]]]]:
    """The steps that bring looked-up rows, and the joins they ask for, as `steps` gives them."""
    made: list[Step] = []
    joins: list[tuple[str, str, dict[str, str]]] = []
    for table in dict.fromkeys(one.table for one in draft.lookups):
        asked = [one for one in draft.lookups if one.table == table]
        found, last = _lookup(draft.model, asked)
        made += found
        joins.append((last, f"{table}*{asked[0].owner}", {f"{table}.{c}": f"{table}*{c}" for c in _columns(asked)}))
    return made, joins


def _columns(asked: Iterable[Lookup]) -> list[str]:
    return list(dict.fromkeys(one.column for one in asked))


def _lookup(model: Model, asked: list[Lookup]) -> tuple[list[Step], str]:
    first = asked[0]
    table = model.tables[first.table]
    wanted = [*_columns(asked), first.owner, *([first.period] if first.period else [])]
    name = f"{table.name} looked up"
    columns = {f"{table.name}*{one}": (one, _type_of(table, one)) for one in dict.fromkeys(wanted)}
    made: list[Step] = [Scan(name, table.name, columns)]
    if first.period is None:
        return made, name
    day = Ref(f"{table.name}*{first.period}", types.DATE)
    made.append(Filter(f"{name} in period", name, build.compare("eq", day, Param("period_start", types.DATE))))
    return made, f"{name} in period"


# ---------------------------------------------------------------- whose rows


def owners(draft: Draft) -> tuple[Owner, ...]:
    """How the rows of each table that is read lead to the subject."""
    model = draft.model
    found = {model.subject.table.name: Owner(model.subject.table.name, (model.subject.key,), ())}
    for agg, _ in draft.aggregates:
        found.setdefault(
            agg.grain.table, Owner(agg.grain.table, model.tables[agg.grain.table].keys, _hops(Rows(model, agg.grain)))
        )
    for one in draft.lookups:
        hop = (one.owner, model.subject.table.name, model.subject.key)
        found.setdefault(one.table, Owner(one.table, model.tables[one.table].keys, (hop,)))
    return tuple(found.values())


def _hops(rows: Rows) -> tuple[tuple[str, str, str], ...]:
    """(reference column, table it refers to, that table's key) for each step on the way to the subject."""
    way = rows.grain.owner
    targets = [rows.target(way[: index + 1]) for index in range(len(way))]
    return tuple((ref, target.name, target.keys[0]) for ref, target in zip(way, targets, strict=True))
