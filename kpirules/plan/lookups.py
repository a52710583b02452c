"""Lowering of lookups: a column of the row that a table has for the subject and the period."""

from __future__ import annotations

from kpirules.model.expr import Lookup
from kpirules.plan import build, columns
from kpirules.plan.ir import Ref
from kpirules.plan.lowering import lowers
from kpirules.plan.reading import Reading
from kpirules.plan.relation import Place, Relation, Source


@lowers(Lookup)
def looked_up(subjects: Relation, place: Place, node: Lookup) -> Ref:
    """A column of the row for the subject and the period; faults of a computed one are taken over."""
    source = subjects.sources.get(node.table)
    if source is None:
        reading = Reading(subjects.model, node.table, node.time)
        rows = Relation(reading, f"{node.table}$row", per_row=True, owner=subjects)
        source = Source(rows, node, Place(node.table, "row"))
        subjects.sources[node.table] = source
    relation = source.relation
    column, flags = relation.collected(lambda: columns.column(relation, source.place, (), node.table, node.column))
    names = [column.name, *(flag.when for flag in flags)]
    depth = max(relation.depth(name) for name in names)
    for name in names:
        source.taken.setdefault(name, depth)
        subjects.depths[name] = source.taken[name]
    subjects.need(flags, place.guard)
    return build.ref(column.name, node.type)
