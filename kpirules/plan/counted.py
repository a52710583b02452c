"""How many rows of each table count for a subject: an aggregate counts them, or a lookup finds them."""

from __future__ import annotations

from kpirules.plan import build, rows
from kpirules.plan.draft import Draft, Place
from kpirules.values.units import Unit


def attach(draft: Draft) -> None:
    """Have the rows of each table counted.

    The rows of a table that aggregates count and lookups find have two columns. Lookups find every row of the subject
    and the period, so the larger of the two is how many rows there are in all.
    """
    found: dict[str, list[str]] = {}
    for grain in dict.fromkeys(grain for grain, _ in draft.rows):
        last = max(stage for one, stage in draft.rows if one == grain)
        name = _found(grain.table) if grain.by_key else f"{grain.table}$counted"
        rows.count(draft.rows[grain, last], [agg for agg in draft.aggregates if agg.grain == grain], name)
        found.setdefault(grain.table, []).append(name)
    for table in dict.fromkeys(table for table, _ in draft.lookups):
        first = min(stage for one, stage in draft.lookups if one == table)
        _, reading = draft.lookups[table, first]
        reading.draft.bind(_found(table), build.number(1), Place(table, "row", _found(table)), "value", None)
        found.setdefault(table, []).append(_found(table))
    draft.counted |= {table: tuple(names) for table, names in found.items()}


def _found(table: str) -> str:
    """The column of a table's rows that lookups find."""
    return f"{table}$found"


def amounts(draft: Draft) -> dict[str, tuple[str, ...]]:
    """By table whose rows aggregates count, its own columns of money that they read."""
    read: dict[str, set[str]] = {}
    for (grain, _), one in draft.rows.items():
        read.setdefault(grain.table, set()).update(one.reading.columns)
    return {
        name: tuple(
            column.name
            for column in draft.model.tables[name].columns
            if column.type.unit is Unit.MONEY and f"{name}.{column.name}" in columns
        )
        for name, columns in read.items()
    }
