"""How many rows of each table count for a subject: an aggregate counts them, or a lookup finds them."""

from __future__ import annotations

from kpirules.model.expr import Grain
from kpirules.plan import aggregates, build
from kpirules.plan.relation import Place, Relation
from kpirules.values.units import Unit


def attach(subjects: Relation) -> None:
    """Have the rows of each table counted.

    The rows of a table that aggregates count and lookups find have two columns. Lookups find every row of the subject
    and the period, so the larger of the two is how many rows there are in all.
    """
    names: dict[str, list[str]] = {}
    for of, source in subjects.sources.items():
        table = source.relation.table
        if isinstance(of, Grain):
            name = _looked_up(table) if of.by_key else f"{table}$counted"
            aggregates.count(source, [agg for _, agg in subjects.aggregates if agg.grain == of], name)
        else:
            name = _looked_up(table)
            source.relation.bind(name, build.number(1), Place(table, "row", name), "value", None)
            source.taken[name] = source.depths[0]
        names.setdefault(table, []).append(name)
    subjects.counted |= {table: tuple(columns) for table, columns in names.items()}


def _looked_up(table: str) -> str:
    """The column of a table's rows that lookups find."""
    return f"{table}$found"


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
