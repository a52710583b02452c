"""The rows that a relation gathers, step by step: scanned, cut to the period, joined to what they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kpirules.model.expr import Grain, Lookup
from kpirules.plan import build, uncounted
from kpirules.plan.ir import (
    Binding,
    Compute,
    Filter,
    Gather,
    Ident,
    Measure,
    Op,
    Output,
    Param,
    Ref,
    Scalar,
    Step,
    reads,
)
from kpirules.plan.reading import Reading, Refs, placed, row_key
from kpirules.plan.relation import Relation, Source
from kpirules.records import dataclass
from kpirules.values import types

Referring = Mapping[tuple[Refs, Grain], Source]
"""The rows that are counted for a row, by the references that lead to that row, and how they lead to it."""


@dataclass(frozen=True, slots=True)
class People:
    """The subjects' relation as far as it is worked out, and its key."""

    step: str
    key: str


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a source is gathered at one depth: the columns read, what is worked out of them, the measures."""

    name: str
    reading: Reading
    bindings: tuple[Binding, ...]
    owned: dict[str, str]
    measures: tuple[Measure, ...]
    referring: Referring

    @property
    def gathered(self) -> list[str]:
        """The figures of the rows that refer to a row."""
        return [name for source in self.referring.values() for name in source.measures]

    def owned_by(self, made: list[Step], owner: str, people: People) -> None:
        """Add what the rows read of their owner, and then what is worked out of each."""
        if self.owned:
            on = ((owner, people.key),)
            made.append(Gather(f"{self.name} with their own", made[-1].name, people.step, on, self.owned))
        referring(self.reading, self.referring, self.name, made)
        worked_out(self.bindings, self.name, made)


def referring(reading: Reading, sources: Referring, name: str, made: list[Step]) -> None:
    """Add what the rows come to that refer to a row, or to one that its references lead to."""
    for nth, ((refs, grain), source) in enumerate(sources.items(), 1):
        here, theirs = made[-1].name, f"{name} from {'.'.join((*refs, grain.table))}#{nth}"
        rows = source.relation
        owner = rows.reading.column(grain.owner[:-1], grain.owner[-1])
        time = rows.reading.column(grain.time_refs, grain.time)
        made += _of_period(rows.reading, grain, theirs, time, counted=False)
        referring(rows.reading, rows.referring, theirs, made)
        worked_out(rows.bindings, theirs, made)
        on = ((row_key(reading, refs).name, owner.name),)
        measures = tuple(measure for measure, _ in source.measures.values())
        made.append(Gather(f"{theirs} gathered", here, made[-1].name, on, measures=measures))


def worked_out(bindings: Iterable[Binding], name: str, made: list[Step]) -> None:
    """Add what is worked out of each row."""
    if bindings:
        made.append(Compute(f"{name} worked out", made[-1].name, tuple(bindings)))


def _part(source: Source, name: str, depth: int) -> _Part:
    """What is gathered at a depth, with all that it stands on."""
    relation, measures = source.relation, tuple(measure for measure, at in source.measures.values() if at == depth)
    asked = [name for name, at in source.taken.items() if at == depth]
    asked += [name for measure in measures for name in (measure.arg, measure.where) if name is not None]
    if source.depths == [depth]:
        return _Part(name, relation.reading, tuple(relation.bindings), relation.owned, measures, relation.referring)
    needed = _behind(relation, asked)
    counted = {of: rows for of, rows in relation.referring.items() if not needed.isdisjoint(rows.measures)}
    needed.update(row_key(relation.reading, refs).name for refs, _ in counted)
    reading = relation.reading.of(name for name in relation.reading.columns if name in needed)
    bindings = tuple(binding for binding in relation.bindings if binding.name in needed)
    owned = {column: name for column, name in relation.owned.items() if column in needed}
    return _Part(name, reading, bindings, owned, measures, counted)


def _behind(relation: Relation, names: Iterable[str]) -> set[str]:
    """Some columns and bindings, and all that they stand on."""
    needed, pending = set[str](), list(names)
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            nth = relation.places.get(name)
            pending += reads(relation.bindings[nth]) if nth is not None else ()
    return needed


# ---------------------------------------------------------------- rows that aggregates count


def counted(source: Source, name: str, depth: int, people: People) -> tuple[list[Step], Gather, list[Output]]:
    """The steps that make the rows which aggregates count at a depth, and the gathering of their measures.

    With the first depth come those that count for nobody: of the period and of no subject, then of no period.
    """
    grain = source.of
    assert isinstance(grain, Grain)
    first = depth == source.depths[0]
    part = _part(source, name, depth)
    owner, time = _owner(part.reading, grain), part.reading.column(grain.time_refs, grain.time)
    rows = _of_period(part.reading, grain, name, time, counted=first)
    made = [*rows]
    part.owned_by(made, owner.name, people)
    gather = Gather(name, "", made[-1].name, ((people.key, owner.name),), measures=part.measures)
    outputs: list[Output] = []
    if first and not grain.by_key:
        step, uncredited = uncounted.of_nobody(grain, name, rows, owner, time)
        made.append(step)
        outputs.append(uncredited)
    if first and time.type.missing:
        more, undated = uncounted.of_no_period(grain, name, rows, time)
        made += more
        outputs.append(undated)
    return made, gather, outputs


def _owner(reading: Reading, grain: Grain) -> Ref:
    """The column that says whose a row is; the one that names a subject is read in any case."""
    subject = reading.model.subject
    named = reading.column(grain.owner[:-1], grain.owner[-1])
    *_, (last, _) = reading.hops(grain.owner)
    known = grain.by_key or not (subject.table.active or last.matches)  # then whoever is named is somebody
    return named if known else reading.column(grain.owner, subject.key)


def _of_period(reading: Reading, grain: Grain, name: str, time: Ref, *, counted: bool) -> list[Step]:
    """Scan, follow the references to the time, keep the period, follow the others.

    Each row has its place in the table, where those that count for nobody are `counted`.
    """
    scan = reading.scan(name, reading.model.tables[grain.table].keys)
    made: list[Step] = [placed(scan) if counted else scan]
    joined(reading, name, made, grain.time_refs, time, Filter(f"{name} in period", "", in_period(time)))
    return made


def joined(
    reading: Reading, name: str, made: list[Step], time_refs: Refs, time: Ref | None, kept: Filter | None = None
) -> None:
    """Add what is read by references: on the way to the time first, then of the rows `kept` the others.

    `time` places a row in time; None where no reference leads to a row in force on a day.
    """
    way = [time_refs[:depth] for depth in range(1, len(time_refs) + 1)]
    reading.followed(name, made, way)
    if kept is not None:
        made.append(replace(kept, input=made[-1].name))
    days = (time.name, time.name) if time is not None else None
    if time is not None and reading.model.subject.table.active is not None and time.type.unit.periodic:
        last = Ident(name, "row", step="$last day")
        days = (time.name, last.name)
        last_day = Op("last_day", (time,), types.DATE)
        day = Binding(last, last_day, types.DATE, "value")
        made.append(Compute(f"{name} last days", made[-1].name, (day,)))
    reading.followed(name, made, sorted((refs for refs in reading.refs if refs not in way), key=len), days)


def in_period(time: Ref) -> Scalar:
    """Whether a day, or the first day of a period, lies in the period of the run."""
    start, end = Param("period_start", types.DATE), Param("period_end", types.DATE)
    day = Ref(time.name, types.DATE)
    return build.both([build.compare("ge", day, start), build.compare("le", day, end)])


# ---------------------------------------------------------------- the row that a lookup finds


def looked_up(source: Source, name: str, depth: int, people: People, brought: set[str]) -> tuple[list[Step], Gather]:
    """The steps that make the rows which a lookup may find, and the gathering of what is taken of the one it does.

    With what is asked for comes what that is made of, for traces; a column that is `brought` is not brought again.
    """
    node = source.of
    assert isinstance(node, Lookup)
    part = _part(source, name, depth)
    reading = part.reading
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
    days = _days_of_the_period(name, made) if others else None
    reading.followed(name, made, others, days)
    owner = f"{node.table}.{node.owner}"
    part.owned_by(made, owner, people)
    made_of = (*asked, *part.owned, *part.gathered, *(binding.name for binding in part.bindings))
    take = [name for name in made_of if name not in brought]
    brought.update(take)
    return made, Gather(name, "", made[-1].name, ((people.key, owner),), {column: column for column in take})


def _days_of_the_period(name: str, made: list[Step]) -> tuple[str, str]:
    """Add the first and the last day of the period, by which a person's row in force is found, as columns."""
    first, last = (Ident(name, "row", step=step) for step in ("$first day", "$last day"))
    bounds = ((first, "period_start"), (last, "period_end"))
    bindings = tuple(Binding(day, Param(end, types.DATE), types.DATE, "value") for day, end in bounds)
    made.append(Compute(f"{name} days", made[-1].name, bindings))
    return first.name, last.name
