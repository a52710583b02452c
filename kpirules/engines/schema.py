"""The columns of every relation of a plan."""

from __future__ import annotations

from collections.abc import Mapping

from kpirules.plan.ir import Aggregate, Compute, Filter, Join, Plan, Scan, Step
from kpirules.values.types import Type

Schema = dict[str, Type]


def schemas(plan: Plan) -> dict[str, Schema]:
    """Column names and types of each step's relation, by the step's name."""
    found: dict[str, Schema] = {}
    for step in plan.steps:
        found[step.name] = _columns(step, found)
    return found


def inputs(step: Step) -> tuple[str, ...]:
    """The names of the relations a step reads."""
    match step:
        case Scan():
            return ()
        case Join():
            return step.left, step.right
        case _:
            return (step.input,)


def _columns(step: Step, known: Mapping[str, Schema]) -> Schema:
    match step:
        case Scan():
            return {name: kind for name, (_, kind) in step.columns.items()}
        case Filter():
            return dict(known[step.input])
        case Join():
            taken = {name: known[step.right][column].maybe() for name, column in step.take.items()}
            return {**known[step.left], **taken}
        case Compute():
            return {**known[step.input], **{binding.name: binding.type for binding in step.bindings}}
        case Aggregate():
            keys = {key: known[step.input][key] for key in step.keys}
            return {**keys, **{measure.name: measure.type for measure in step.measures}}
