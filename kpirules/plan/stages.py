"""The subjects' relation in its stages: what rows read of a subject is worked out before the rows are."""

from __future__ import annotations

from dataclasses import replace

from kpirules.plan import build, rows
from kpirules.plan.draft import Draft
from kpirules.plan.ir import NOT_ASKED, Binding, Compute, Filter, Origin, Scalar, Step, names_in, reads
from kpirules.plan.rows import Nobodys
from kpirules.records import dataclass

RESULT = "all results"
"""The last relation. Like all that are not a table, it has a name that no table can have."""

Waiting = dict[str, Binding]
"""Bindings by name, in the order in which they can be worked out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for: those for whom one of some conditions holds, which stand on the first `before` bindings."""

    conditions: tuple[Scalar, ...]
    before: int
    origin: Origin


def work_out(draft: Draft, steps: list[Step], key: str, asked: Asked | None) -> Nobodys:
    """Add the steps from the subjects' rows to all that the draft has bound.

    Stage by stage the rows that need no more than what is there are worked out and joined, and then what the rows of
    later stages read of the subject. All else comes last, for those only who are asked for.
    """
    nobodys = Nobodys()
    brought: set[str] = set()
    waiting = {one.name: one for one in _in_order(draft.bindings)}
    early = _read_by_rows(draft)
    people = steps[-1].name
    for stage in range(1 + max((stage for _, stage in (*draft.rows, *draft.lookups)), default=0)):
        looked_up, lookups = rows.lookups(draft, stage, (people, key), brought)
        aggregated, aggregates = rows.steps(draft, stage, (people, key), nobodys)
        steps += [*looked_up, *aggregated]
        for gather in [*lookups, *aggregates]:
            steps.append(replace(gather, name=f"{draft.table} with {gather.name}", input=people))
            people = steps[-1].name
        if asked is not None and stage == _stage_of(draft, asked):
            people = _filtered(draft, steps, people, asked, waiting)
        now = [name for name in waiting if name in early and draft.stages[name] == stage]
        people = _computed(f"what rows read {stage + 1}", steps, people, [waiting.pop(name) for name in now])
    steps.append(Compute(RESULT, people, tuple(waiting.values())))
    return nobodys


def _in_order(bindings: list[Binding]) -> list[Binding]:
    """Aggregates' figures first: they read columns only, and whatever was bound before them may read them."""
    return sorted(bindings, key=lambda binding: binding.kind != "aggregate")


def _read_by_rows(draft: Draft) -> set[str]:
    """What rows read of the subject, and what that stands on."""
    bindings = {one.name: one for one in draft.bindings}
    readings = [*(one.reading for one in draft.rows.values()), *(reading for _, reading in draft.lookups.values())]
    pending = [name for reading in readings for name in reading.draft.owned.values()]
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found and name in bindings:
            found.add(name)
            pending += reads(bindings[name])
    return found


def _stage_of(draft: Draft, asked: Asked) -> int:
    return max((draft.stages.get(name, 0) for one in asked.conditions for name in names_in(one)), default=0)


def _filtered(draft: Draft, steps: list[Step], people: str, asked: Asked, waiting: Waiting) -> str:
    """Add what says who is asked for, and keep those; the name of the relation."""
    before = [waiting.pop(one.name) for one in draft.bindings[: asked.before] if one.name in waiting]
    people = _computed("who is asked for", steps, people, before)
    steps.append(Filter("asked for", people, build.any_of(asked.conditions), NOT_ASKED, asked.origin))
    return steps[-1].name


def _computed(name: str, steps: list[Step], people: str, bindings: list[Binding]) -> str:
    """Add a step for bindings, where there are any; the name of the relation."""
    if not bindings:
        return people
    steps.append(Compute(name, people, tuple(bindings)))
    return name
