"""The columns of every relation of a plan."""

from __future__ import annotations

from collections.abc import Mapping

from kpirules.plan.ir import (
    Case,
    Compute,
    Const,
    Filter,
    Gather,
    Op,
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
    by_step: dict[str, Schema] = {}
    for step in plan.steps:
        by_step[step.name] = _columns(step, by_step)
    return by_step


def inputs(step: Step) -> tuple[str, ...]:
    """The names of the relations a step reads."""
    match step:
        case Scan():
            return ()
        case Gather():
            return step.input, step.source
        case _:
            return (step.input,)


def may_miss(scalar: Scalar, schema: Schema) -> bool:
    """Whether a scalar over columns of a relation may be missing there.

    Its own type does not say so: it holds where every row has what it refers to, and a join leaves some rows without.
    """
    pending = [scalar]
    while pending:
        part = pending.pop()
        match part:
            case Ref(name) if schema[name].missing:
                return True
            case Const(None) | Case(otherwise=None):
                return True
            case Op("coalesce", (_, otherwise)):
                pending.append(otherwise)
            case Op("is_missing"):
                continue
            case Op(_, args):
                if part.type.missing:
                    return True
                pending += args
            case Case(whens, last) if last is not None:
                pending += [last, *(value for _, value in whens)]
            case _:
                continue
    return False


def _columns(step: Step, known: Mapping[str, Schema]) -> Schema:
    match step:
        case Scan():
            return {name: kind for name, (_, kind) in step.columns.items()}
        case Filter():
            return dict(known[step.input])
        case Gather():
            taken = {name: known[step.source][column].maybe() for name, column in step.take.items()}
            return {**known[step.input], **taken, **{figure.name: figure.type.maybe() for figure in step.measures}}
        case Compute():
            columns = dict(known[step.input])
            for figure in step.bindings:
                missing = figure.guard is not None or may_miss(figure.expr, columns)
                columns[figure.name] = figure.type.maybe(when=missing)
            return columns
