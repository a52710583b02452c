"""Lowering of what the data must keep: each demand has steps of its own, which leave the rows that break it."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.model import scheme
from kpirules.model.contracts import Table
from kpirules.model.expr import Col, Expr
from kpirules.model.scheme import Model
from kpirules.model.traversal import of_one_row
from kpirules.plan import build, lowering, sources
from kpirules.plan.ir import BROKEN, ROW, Demand, Filter, Output, Scalar, Step
from kpirules.plan.proof import proved
from kpirules.plan.reading import Reading, placed
from kpirules.plan.relation import Place, Relation, origin_of

Subjects = Callable[[Callable[[Relation], None]], tuple[Relation, list[Step]]]
"""Gives the subjects' relation, in which a function has bound what is asked for, and its steps."""

_RESULT = "rows that break it"


def demands(model: Model, subjects: Subjects) -> tuple[Demand, ...]:
    """What the data must keep, in file order.

    Raises:
        Fault: digits of a value cannot be proved to fit (KPI305).
    """
    return tuple(_demand(model, demand, subjects) for demand in model.demands)


def _demand(model: Model, demand: scheme.Demand, subjects: Subjects) -> Demand:
    with proved(demand.holds.span, [demand.holds]):
        steps = _of_subjects(demand, subjects) if demand.table is None else _of_rows(model, demand, demand.table)
    table = model.tables[demand.table or model.subject.table.name]
    read = dict.fromkeys(column for part in of_one_row(demand.holds) if (column := _own(part, table)) is not None)
    steps[0] = placed(steps[0])
    columns = tuple(read) or table.keys
    place = f"{table.name}.{ROW}"
    output = Output(BROKEN, table.name, steps[-1].name, place, (("row", place),))
    return Demand(demand.message, table.name, columns, origin_of(demand.span), tuple(steps), output)


def _own(node: Expr, table: Table) -> str | None:
    """The column that the table itself declares which an expression reads, or goes by to what it reads elsewhere."""
    if not isinstance(node, Col) or (not node.refs and node.table != table.name):
        return None
    name = node.refs[0] if node.refs else node.column
    return name if table.column(name) is not None else None


def _of_subjects(demand: scheme.Demand, subjects: Subjects) -> list[Step]:
    broken: list[Scalar] = []

    def bind(relation: Relation) -> None:
        place = Place("require", "value")
        broken.append(build.negated(lowering.lower(relation, place, demand.holds)))
        broken.extend(relation.faulty)

    _, steps = subjects(bind)
    return [*steps, Filter(_RESULT, steps[-1].name, build.any_of(broken))]


def _of_rows(model: Model, demand: scheme.Demand, table: str) -> list[Step]:
    reading = Reading(model, table, demand.time)
    relation = Relation(reading, f"{table}$row", per_row=True)
    place = Place(table, "row")
    holds = lowering.lower(relation, place, demand.holds)
    broken = build.any_of([build.negated(holds), *relation.faulty])
    if demand.where is not None:
        broken = build.both([lowering.lower(relation, place, demand.where), broken])
    time = reading.column(*demand.time) if demand.time is not None else None
    periods = [sources.in_period(reading.column(*period)) for period in demand.periods]
    made: list[Step] = [reading.scan(table, model.tables[table].keys)]
    sources.joined(reading, table, made, demand.time[0] if demand.time else (), time)
    if periods:
        made.append(Filter(f"{table} in period", made[-1].name, build.both(periods)))
    sources.referring(reading, relation.referring, table, made)
    sources.worked_out(relation.bindings, table, made)
    made.append(Filter(_RESULT, made[-1].name, broken))
    return made
