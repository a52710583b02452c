"""Rows that count for nobody: of no period, or of the period and of no subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kpirules.model.expr import Grain
from kpirules.plan import build
from kpirules.plan.ir import ROW, UNCREDITED, UNDATED, Filter, Gather, Output, Ref, Step
from kpirules.plan.reading import join_name


def of_nobody(grain: Grain, name: str, made: Sequence[Step], owner: Ref, time: Ref) -> tuple[Filter, Output]:
    """The rows of the period for which no subject is found; `made` are the steps that look for it."""
    rows = Filter(f"{name} of nobody", made[-1].name, build.is_missing(owner))
    return rows, _output(UNCREDITED, grain, rows, time)


def of_no_period(grain: Grain, name: str, made: Sequence[Step], time: Ref) -> tuple[list[Step], Output]:
    """The rows that the filter of the period, in `made`, passes over because nothing places them in time.

    The joins that say whom such a row names come after that filter; they are made again.
    """
    at, kept = next((nth, step) for nth, step in enumerate(made) if isinstance(step, Filter))
    steps: list[Step] = [Filter(f"{name} of no period", kept.input, build.is_missing(time))]
    named = set(_joins(grain, name))
    for step in made[at:]:
        if isinstance(step, Gather) and step.name in named:
            steps.append(replace(step, name=f"{step.name} of no period", input=steps[-1].name))
    return steps, _output(UNDATED, grain, steps[-1], time)


def _joins(grain: Grain, name: str) -> Iterator[str]:
    """The joins that bring the rows on the way to the one that names the subject."""
    for depth in range(1, len(grain.owner)):
        yield join_name(name, grain.owner[:depth])


def _output(purpose: str, grain: Grain, step: Step, time: Ref) -> Output:
    """Of each row its place in the table, the key of the subject that it names, and what places it in time."""
    place, subject = f"{grain.table}.{ROW}", ".".join((grain.table, *grain.owner))
    return Output(purpose, grain.table, step.name, place, (("row", place), ("subject", subject), ("day", time.name)))
