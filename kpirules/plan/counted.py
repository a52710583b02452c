"""How many rows of each table count for a subject: an aggregate counts them, or a lookup finds them."""

from __future__ import annotations

from kpirules.model.expr import Grain
from kpirules.plan import aggregates, build
from kpirules.plan.ir import Ident
from kpirules.plan.relation import Place, Relation
from kpirules.values.units import Unit

_COUNTED, _FOUND = "$counted", "$found"
"""What says that an aggregate counts a row, and that a lookup finds it."""


def attach(subjects: Relation) -> None:
    """Have the rows of each table counted.

    The rows of a table that aggregates count and lookups find have two columns. Lookups find every row of the subject
    and the period, so the larger of the two is how many rows there are in all.
    """
    names: dict[str, list[str]] = {}
    for of, source in subjects.sources.items():
        table = source.relation.table
        if isinstance(of, Grain):
            counts = Ident(table, "row", step=_FOUND if of.by_key else _COUNTED)
            aggregates.count(source, [agg for _, agg in subjects.aggregates if agg.grain == of], counts)
        else:
            counts = Ident(table, "row", step=_FOUND)
            source.relation.bind(Place(table, "row"), build.number(1), "value", None, step=counts.step)
            source.taken[counts.name] = source.depths[0]
        names.setdefault(table, []).append(counts.name)
    subjects.counted |= {table: tuple(columns) for table, columns in names.items()}


def amounts(subjects: Relation) -> dict[str, tuple[str, ...]]:
    """By table whose rows aggregates count, its own columns of money that they read."""
    read: dict[str, set[str]] = {}
    for of, source in subjects.sources.items():
        if isinstance(of, Grain):
            read.setdefault(of.table, set()).update(source.relation.reading.columns)
    return {
        name: tuple(
            column.name
            for column in subjects.model.tables[name].columns
            if column.type.unit is Unit.MONEY and f"{name}.{column.name}" in columns
        )
        for name, columns in read.items()
    }


def keys(subjects: Relation) -> dict[str, tuple[str, ...]]:
    """The columns that tell the rows of each table apart whose rows make figures."""
    model = subjects.model
    counted = [of.table for of in subjects.sources if isinstance(of, Grain)]
    looked_up = [of for of in subjects.sources if isinstance(of, str)]
    return {name: model.tables[name].keys for name in (model.subject.table.name, *counted, *looked_up)}
