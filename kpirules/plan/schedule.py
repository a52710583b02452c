"""The order in which relations are worked out: what rows read of their owner is there before the rows are.

A figure's depth says how often it stands on what was gathered (`Relation.depths`): what is of depth 0 reads a subject's
own row alone, a sum of orders that read nothing of their owner is of depth 0 too, and a sum of orders that read it is
one deeper than what they read. So depth by depth the rows are worked out that need no more than what is there, and then
what the rows of the next depth read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpirules.model.expr import Grain
from kpirules.plan import build, sources
from kpirules.plan.ir import (
    NOT_ASKED,
    SUBJECTS,
    Binding,
    Compute,
    Filter,
    Gather,
    Origin,
    Output,
    Scalar,
    Step,
    names_in,
    reads,
)
from kpirules.plan.relation import Relation, Source
from kpirules.plan.sources import People
from kpirules.records import dataclass

RESULT = "all results"
"""The last relation. Like all that are not a table, it has a name that no table can have."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for: those for whom one of some conditions holds, which stand on the first `before` bindings."""

    conditions: tuple[Scalar, ...]
    before: int
    origin: Origin


def work_out(subjects: Relation, steps: list[Step], key: str, asked: Asked | None) -> tuple[Output, ...]:
    """Add the steps from the subjects' rows to all that is bound of them.

    What no row reads comes last, for those only who are asked for.

    Returns:
        the subjects, and then the rows that count for nobody.
    """
    schedule = _Schedule(subjects, steps, key)
    for depth in range(1 + schedule.deepest):
        schedule.gather(depth)
        if asked is not None and depth == max(_depths(subjects, asked), default=0):
            schedule.keep(asked)
        schedule.compute(f"what rows read {depth + 1}", schedule.read_by_rows(depth))
    steps.append(Compute(RESULT, schedule.people.step, tuple(schedule.waiting.values())))
    result = Output(SUBJECTS, subjects.table, RESULT, key, ((key, key),))
    return result, *sorted(schedule.nobodys, key=lambda output: output.purpose)


def _depths(subjects: Relation, asked: Asked) -> Iterator[int]:
    yield from (subjects.depth(name) for condition in asked.conditions for name in names_in(condition))


class _Schedule:
    """The steps so far, the subjects' relation as far as it is worked out, and the bindings that wait, in order."""

    def __init__(self, subjects: Relation, steps: list[Step], key: str) -> None:
        self.subjects = subjects
        self.steps = steps
        self.people = People(steps[-1].name, key)
        self.nobodys: list[Output] = []
        self.waiting = {binding.name: binding for binding in _in_order(subjects.bindings)}
        self.early = _read_by_rows(subjects)
        self.brought: set[str] = set()
        self.parts = {(source, depth): name for source, depth, name in _named(subjects)}
        self.deepest = max((depth for _, depth in self.parts), default=0)

    def gather(self, depth: int) -> None:
        """Add the rows that need no more than what is there, and gather them: those looked up first."""
        gathers: list[Gather] = []
        for kind in (str, Grain):
            for (of, at), name in self.parts.items():
                if at == depth and isinstance(of, kind):
                    made, gather = self._rows(self.subjects.sources[of], name, depth)
                    self.steps += made
                    gathers.append(gather)
        for gather in gathers:
            name = f"{self.subjects.table} with {gather.name}"
            self._add(replace(gather, name=name, input=self.people.step))

    def _rows(self, source: Source, name: str, depth: int) -> tuple[list[Step], Gather]:
        if isinstance(source.of, Grain):
            made, gather, outputs = sources.counted(source, name, depth, self.people)
            self.nobodys += outputs
            return made, gather
        return sources.looked_up(source, name, depth, self.people, self.brought)

    def keep(self, asked: Asked) -> None:
        """Add what says who is asked for, and keep those."""
        before = [binding.name for binding in self.subjects.bindings[: asked.before] if binding.name in self.waiting]
        self.compute("who is asked for", before)
        condition = build.any_of(asked.conditions)
        self._add(Filter("asked for", self.people.step, condition, NOT_ASKED, asked.origin))

    def read_by_rows(self, depth: int) -> list[str]:
        """What waits at a depth, and rows of a later one read it, or what they read stands on it."""
        return [name for name in self.waiting if name in self.early and self.subjects.depth(name) == depth]

    def compute(self, name: str, bindings: list[str]) -> None:
        """Add a step for bindings, where there are any."""
        if bindings:
            self._add(Compute(name, self.people.step, tuple(self.waiting.pop(binding) for binding in bindings)))

    def _add(self, step: Step) -> None:
        self.steps.append(step)
        self.people = replace(self.people, step=step.name)


def _in_order(bindings: list[Binding]) -> list[Binding]:
    """Aggregates' figures first: they read columns only, and whatever was bound before them may read them."""
    return sorted(bindings, key=lambda binding: binding.kind != "aggregate")


def _read_by_rows(subjects: Relation) -> set[str]:
    """What rows read of the subject, and what that stands on."""
    bindings = {binding.name: binding for binding in subjects.bindings}
    pending = [name for source in subjects.sources.values() for name in source.relation.owned.values()]
    needed: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in needed and name in bindings:
            needed.add(name)
            pending += reads(bindings[name])
    return needed


def _named(subjects: Relation) -> Iterator[tuple[Grain | str, int, str]]:
    """Each source at each depth at which something of it is gathered, and what its rows are called then.

    Rows that are counted are called as their table, with a number where there are others of it.
    """
    parts = [(of, depth) for of, source in subjects.sources.items() for depth in source.depths]
    for nth, (of, depth) in enumerate(parts, 1):
        if isinstance(of, Grain):
            alone = sum(isinstance(other, Grain) and other.table == of.table for other, _ in parts) == 1
            yield of, depth, of.table if alone else f"{of.table}#{nth}"
        else:
            yield of, depth, f"{of} looked up{f' {depth + 1}' if depth else ''}"
