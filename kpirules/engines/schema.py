"""The columns of every relation of a plan."""

from __future__ import annotations

from collections.abc import Mapping

from kpirules.plan.ir import (
    Aggregate,
    Case,
    Compute,
    Const,
    Filter,
    Join,
    Op,
    Param,
    Plan,
    Ref,
    Scalar,
    Scan,
    Step,
)
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


def may_miss(scalar: Scalar, schema: Schema) -> bool:
    """Whether a scalar over columns of a relation may be missing there.

    Its own type does not say so: it holds where every row has what it refers to, and a join leaves some rows without.
    """
    match scalar:
        case Ref(name):
            return schema[name].missing
        case Const(value):
            return value is None
        case Param():
            return False
        case Op("is_missing"):
            return False
        case Op("coalesce", (_, otherwise)):
            return may_miss(otherwise, schema)
        case Op(_, args):
            return scalar.type.missing or any(may_miss(arg, schema) for arg in args)
        case Case(whens, otherwise):
            return otherwise is None or any(
                may_miss(one, schema) for one in (otherwise, *(value for _, value in whens))
            )


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
            found = dict(known[step.input])
            for one in step.bindings:
                missing = one.guard is not None or may_miss(one.expr, found)
                found[one.name] = one.type.maybe(when=missing)
            return found
        case Aggregate():
            keys = {key: known[step.input][key] for key in step.keys}
            return {**keys, **{measure.name: measure.type for measure in step.measures}}
