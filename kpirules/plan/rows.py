"""Lowering of aggregates and lookups: scans, joins and groupings that bring columns to the subject's relation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from fractions import Fraction

from kpirules.model.expr import Agg, Bin, Expr, Grain, Lookup
from kpirules.model.traversal import owns
from kpirules.plan import build, scalars, uncounted
from kpirules.plan.draft import Draft, Flag, Place, Refs, origin_of
from kpirules.plan.ir import (
    Binding,
    Compute,
    Filter,
    Gather,
    Measure,
    Op,
    Param,
    Ref,
    Scalar,
    Step,
    Uncounted,
)
from kpirules.plan.reading import COUNT, Reading, placed
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note, Span, catalogue
from kpirules.values import groups, types
from kpirules.values.types import Type

LAST_STAGE = 30
"""How often rows may read what other rows have made of their subject: every engine nests so many queries."""


@dataclass(slots=True)
class Rows:
    """The relation of one grain in the making: what is read of its rows, the measures, and what of them is taken.

    `stage` is that of the subjects' relation in which its figures are there; its rows read values of those before.
    """

    grain: Grain
    reading: Reading
    nth: int
    stage: int
    measures: list[Measure] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """Where what is worked out of a row stands; its name is no other relation's."""
        return Place(self.grain.table, "row", f"{self.grain.table}$row{self.nth}")


def rows_of(draft: Draft, grain: Grain, stage: int) -> Rows:
    """The rows of a grain that read the subject's values of the stages before one, in one relation."""
    key = grain, stage
    if key not in draft.rows:
        reading = Reading(draft.model, grain.table, draft, (grain.time_refs, grain.time))
        draft.rows[key] = Rows(grain, reading, len(draft.rows), stage)
    return draft.rows[key]


def stage_of(draft: Draft, *nodes: Expr | None) -> int:
    """The stage in which rows that read these can be worked out: the one after what they read of the subject.

    Raises:
        Fault: it is later than `LAST_STAGE` (KPI219).
    """
    stage = 0
    for _, own in owns(draft.model.columns, *nodes):
        found, flags = scalars.owned(draft, own)
        stage = max(stage, *(draft.stages.get(name, 0) + 1 for name in (found.name, *(flag.when for flag in flags))))
        if stage > LAST_STAGE:
            args = {"name": own.span.text, "limit": LAST_STAGE, "own": own.span.text.partition(".")[0]}
            raise Fault([Diagnostic("KPI219", own.span, args, helps=(Note("rows", args),))])
    return stage


# ---------------------------------------------------------------- measures


def measured(draft: Draft, agg: Agg, name: str, item: str) -> tuple[Flag, ...]:
    """Add the measures of an aggregate, under names that begin with `name`, to the relation of its rows.

    `item` is whose figure it is made for, the first of those that read it.

    Returns:
        the faults that its rows may meet, each told by a measure that counts the rows which do.
    """
    rows = rows_of(draft, agg.grain, stage_of(draft, agg.arg, agg.where))
    where, failing = _lowered(rows, agg.where)
    if where is not None and agg.where is not None:
        _say_all(rows.reading.draft, where, agg.where)
    found, faults = _lowered(rows, agg.arg)
    failing += [(build.both([where, when]) if where is not None else when, flag) for when, flag in faults]
    flags = []
    for nth, (when, flag) in enumerate(failing, 1):
        counted = f"{name}$faults{nth}"
        _measure(rows, agg, counted, item, ("count", None, _bound(rows, agg, when).name), COUNT)
        flags.append(replace(flag, when=counted))
    condition = where.name if where is not None else None
    if agg.arg is None or found is None:
        _measure(rows, agg, f"{name}$", item, ("count", None, condition), COUNT)
        return tuple(flags)
    if agg.parts is not None:
        low, high = agg.type.bounds
        some = replace(agg.type.there(), low=min(low, Fraction(0)), high=max(high, Fraction(0)))
        _measure(rows, agg, f"{name}$sum", item, ("sum", found.name, None), some)
        _measure(rows, agg, f"{name}$count", item, ("count", found.name, None), COUNT)
        return tuple(flags)
    summed = groups.total(found.type, agg.type.unit) if agg.func in ("sum", "avg") else agg.type
    if agg.func == "avg":
        _measure(rows, agg, f"{name}$sum", item, ("sum", found.name, condition), summed)
        _measure(rows, agg, f"{name}$count", item, ("count", None, condition), COUNT)
    else:
        func = "distinct" if agg.func == "count distinct" else agg.func
        _measure(rows, agg, f"{name}$", item, (func, found.name, condition), summed)
    return tuple(flags)


def _say_all(draft: Draft, where: Ref, node: Expr) -> None:
    """Let a condition that was put together of several, a filtered table's and those after it, be told with all."""
    texts = [span.text for span in _conditions(node)]
    apart = catalogue.word("semicolon", draft.model.language)
    nth = draft.places.get(where.name)
    origin = draft.bindings[nth].origin if nth is not None else None
    if len(texts) > 1 and nth is not None and origin is not None:
        draft.bindings[nth] = replace(draft.bindings[nth], origin=replace(origin, text=apart.join(texts)))


def _conditions(node: Expr) -> list[Span]:
    """The places of the conditions that one was put together of; what is put together has the place of its last."""
    if isinstance(node, Bin) and node.op == "and" and node.span == node.right.span:
        return [*_conditions(node.left), *_conditions(node.right)]
    return [node.span]


def _lowered(rows: Rows, node: Expr | None) -> tuple[Ref | None, list[tuple[Scalar, Flag]]]:
    """A row's value under a name of its own, and the faults that working it out may meet."""
    if node is None:
        return None, []
    draft = rows.reading.draft
    found, flags = draft.collected(lambda: _bound(rows, node, scalars.lower(draft, rows.place, node)))
    return found, [(Ref(flag.when, types.BOOL), flag) for flag in flags]


def _bound(rows: Rows, node: Expr, value: Scalar) -> Ref:
    """A row's value under a name of its own; the same value once."""
    if isinstance(value, Ref):
        return value
    draft = rows.reading.draft
    known = draft.known.get(value)
    if known is not None:
        return build.ref(known, draft.types[known])
    return draft.bind(draft.fresh(rows.place.base), value, rows.place, "value", node.span)


def _measure(
    rows: Rows, agg: Agg, name: str, item: str, made_of: tuple[str, str | None, str | None], type_: Type
) -> None:
    func, arg, where = made_of
    each = f"{rows.grain.table}.{rows.grain.time}" if agg.parts is not None and func == "sum" else None
    rows.measures.append(Measure(name, func, arg, where, type_, item, origin_of(agg.span), each))
    assert rows.reading.subject is not None, "aggregates are a subject's"
    rows.reading.subject.stages[name] = rows.stage


def count(rows: Rows, aggs: Iterable[Agg], name: str) -> None:
    """Add the measure `name`: how many rows at least one of some aggregates of these rows counts."""
    conditions = {None if agg.where is None else _lowered(rows, agg.where)[0]: None for agg in aggs}
    where: str | None = None
    if None not in conditions:
        holds, draft = build.any_of([one for one in conditions if one is not None]), rows.reading.draft
        bound = holds if isinstance(holds, Ref) else draft.bind(name, holds, rows.place, "guard", None)
        where = bound.name
    rows.measures.append(Measure(name, "count", None, where, COUNT, rows.grain.table))


# ---------------------------------------------------------------- aggregates


@dataclass(slots=True)
class Nobodys:
    """The rows that count for nobody."""

    uncredited: list[Uncounted] = field(default_factory=list)
    undated: list[Uncounted] = field(default_factory=list)


def steps(draft: Draft, stage: int, people: tuple[str, str], nobodys: Nobodys) -> tuple[list[Step], list[Gather]]:
    """The steps that make the rows of a stage, and what is gathered of them.

    `people` is the subjects' relation as it is before, and its key. Rows that count for nobody are added to `nobodys`,
    those of no period once for each table.
    """
    made: list[Step] = []
    gathers: list[Gather] = []
    for rows in (one for one in draft.rows.values() if one.stage == stage):
        grain, reading, name = rows.grain, rows.reading, _name(draft, rows)
        owner, time = _owner(rows), reading.column(grain.time_refs, grain.time)
        first = rows is next(one for one in draft.rows.values() if one.grain == grain)
        found = _of_period(rows, name, time, counted=first)
        made += found
        reading.owned(name, made, owner.name, people)
        reading.worked_out(name, made)
        gathers.append(Gather(name, "", made[-1].name, ((people[1], owner.name),), measures=tuple(rows.measures)))
        if first and not grain.by_key:
            step, uncredited = uncounted.of_nobody(grain, name, found, owner, time)
            made.append(step)
            nobodys.uncredited.append(uncredited)
        if first and time.type.missing:
            more, undated = uncounted.of_no_period(grain, name, found, time)
            made += more
            nobodys.undated.append(undated)
    return made, gathers


def _name(draft: Draft, rows: Rows) -> str:
    """What the relation of some rows is called: as their table, with a number where there are others of it."""
    table = rows.grain.table
    return table if sum(grain.table == table for grain, _ in draft.rows) == 1 else f"{table}#{rows.nth + 1}"


def _owner(rows: Rows) -> Ref:
    """The column that says whose a row is; the one that names a subject is read in any case."""
    grain, reading = rows.grain, rows.reading
    subject = reading.model.subject
    named = reading.column(grain.owner[:-1], grain.owner[-1])
    *_, (last, _) = reading.hops(grain.owner)
    known = grain.by_key or not (subject.table.active or last.matches)  # then whoever is named is somebody
    return named if known else reading.column(grain.owner, subject.key)


def _of_period(rows: Rows, name: str, time: Ref, *, counted: bool) -> list[Step]:
    """Scan, follow the references to the time, keep the period, follow the others.

    Each row has its place in the table, where those that count for nobody are `counted`.
    """
    grain, reading = rows.grain, rows.reading
    scan = reading.scan(name, reading.model.tables[grain.table].keys)
    made: list[Step] = [placed(scan) if counted else scan]
    joined(reading, name, made, grain.time_refs, time, Filter(f"{name} in period", "", in_period(time)))
    return made


def joined(
    reading: Reading, name: str, made: list[Step], time_refs: Refs, time: Ref | None, kept: Filter | None = None
) -> None:
    """Add the joins that bring what is read by references: those to the time first, then of the rows `kept` the others.

    `time` places a row in time; None where no reference leads to a row in force on a day.
    """
    way = [time_refs[:depth] for depth in range(1, len(time_refs) + 1)]
    reading.followed(name, made, way)
    if kept is not None:
        made.append(replace(kept, input=made[-1].name))
    days = (time.name, time.name) if time is not None else None
    if time is not None and reading.model.subject.table.active is not None and time.type.unit.periodic:
        days = (time.name, f"{name}$last day")
        last_day = Op("last_day", (time,), types.DATE)
        day = Binding(days[1], last_day, types.DATE, reading.table, "row", "value")
        made.append(Compute(f"{name} last days", made[-1].name, (day,)))
    reading.followed(name, made, sorted((refs for refs in reading.refs if refs not in way), key=len), days)


def in_period(time: Ref) -> Scalar:
    """Whether a day, or the first day of a period, lies in the period of the run."""
    start, end = Param("period_start", types.DATE), Param("period_end", types.DATE)
    day = Ref(time.name, types.DATE)
    return build.both([build.compare("ge", day, start), build.compare("le", day, end)])


# ---------------------------------------------------------------- lookups


def looked_up(draft: Draft, place: Place, node: Lookup) -> Ref:
    """A column of the row for the subject and the period; faults of a computed one are taken over."""
    stage = stage_of(draft, node)
    key = node.table, stage
    if key not in draft.lookups:
        draft.lookups[key] = (node, Reading(draft.model, node.table, draft, node.time))
    _, reading = draft.lookups[key]
    place_of_row = Place(node.table, "row", f"{node.table}$row")
    found, flags = reading.draft.collected(
        lambda: scalars.column(reading.draft, place_of_row, (), node.table, node.column)
    )
    for name in (found.name, *(flag.when for flag in flags)):
        draft.stages[name] = min(stage, draft.stages.get(name, stage))
    draft.need(flags, place.guard)
    return build.ref(found.name, node.type)


def lookups(draft: Draft, stage: int, people: tuple[str, str], brought: set[str]) -> tuple[list[Step], list[Gather]]:
    """The steps that make the looked-up rows of a stage, and what is gathered of them.

    `people` is the subjects' relation as it is before, and its key. A column that is `brought` is not brought again.
    """
    made: list[Step] = []
    gathers: list[Gather] = []
    for (table, nth), (node, reading) in draft.lookups.items():
        if nth != stage:
            continue
        name = f"{table} looked up{f' {stage + 1}' if stage else ''}"
        steps, take = _lookup(node, reading, name, people)
        made += steps
        new = {column: column for column in take if column not in brought}
        gathers.append(Gather(name, "", made[-1].name, ((people[1], f"{table}.{node.owner}"),), new))
        brought.update(take)
    return made, gathers


def _lookup(node: Lookup, reading: Reading, name: str, people: tuple[str, str]) -> tuple[list[Step], list[str]]:
    """The rows of the period, and their columns: those asked for and what these are made of, for traces."""
    asked = list(reading.columns)
    way: list[Refs] = []
    kept = None
    if node.time is not None:
        refs, column = node.time
        way = [refs[:depth] for depth in range(1, len(refs) + 1)]
        day = Ref(reading.column(refs, column).name, types.DATE)
        kept = build.compare("eq", day, Param("period_start", types.DATE))
    made: list[Step] = [reading.scan(name, [node.owner])]
    reading.followed(name, made, way)
    if kept is not None:
        made.append(Filter(f"{name} in period", made[-1].name, kept))
    others = sorted((refs for refs in reading.refs if refs not in way), key=len)
    days = _days_of_the_period(reading, name, made) if others else None
    reading.followed(name, made, others, days)
    reading.owned(name, made, f"{node.table}.{node.owner}", people)
    reading.worked_out(name, made)
    return made, [*asked, *reading.draft.owned, *(one.name for one in reading.draft.bindings)]


def _days_of_the_period(reading: Reading, name: str, made: list[Step]) -> tuple[str, str]:
    """Add the first and the last day of the period, by which a person's row in force is found, as columns."""
    days = (f"{name}$first day", f"{name}$last day")
    bounds = zip(days, ("period_start", "period_end"), strict=True)
    bindings = [Binding(day, Param(end, types.DATE), types.DATE, reading.table, "row", "value") for day, end in bounds]
    made.append(Compute(f"{name} days", made[-1].name, tuple(bindings)))
    return days


# ---------------------------------------------------------------- rows told apart


def keys(draft: Draft) -> dict[str, tuple[str, ...]]:
    """The columns that tell the rows of each table apart whose rows make figures."""
    model = draft.model
    names = [model.subject.table.name, *(grain.table for grain, _ in draft.rows), *(name for name, _ in draft.lookups)]
    return {name: model.tables[name].keys for name in names}
