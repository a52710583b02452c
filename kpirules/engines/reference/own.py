"""The rows that one subject's figures are made of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.engines.schema import inputs
from kpirules.plan.ir import Aggregate, Join, Owner, Plan, Scan, Value


def own_tables(plan: Plan, tables: Mapping[str, pa.Table], key: Value) -> dict[str, pa.Table]:
    """The tables, less rows that lead to other subjects.

    A table that rows of another refer to stays whole: they may refer to another subject's row.
    """
    whole = _referred_to(plan)
    found = dict(tables)
    for owner in plan.owners:
        if owner.path and owner.table not in whole:
            found[owner.table] = _own(owner, tables, key)
    return found


def _own(owner: Owner, tables: Mapping[str, pa.Table], key: Value) -> pa.Table:
    names = (owner.table, *(table for _, table, _ in owner.path[:-1]))
    wanted = pa.array([Decimal(key.numerator) / Decimal(key.denominator) if isinstance(key, Fraction) else key])
    for name, (column, _, _), lead in reversed(list(zip(names, owner.path, (None, *owner.path), strict=False))):
        table = tables[name]
        table = table.filter(pc.is_in(table.column(column), value_set=wanted.cast(table.schema.field(column).type)))
        if lead is None:
            return table
        wanted = pc.unique(table.column(lead[2]))
    raise AssertionError(owner)


def _referred_to(plan: Plan) -> set[str]:
    """Tables whose rows, not aggregates of them, stand on the right of a join."""
    found = set()
    for step in plan.steps:
        pending = [step.right] if isinstance(step, Join) else []
        while pending:
            source = plan.step(pending.pop())
            if isinstance(source, Scan):
                found.add(source.table)
            elif not isinstance(source, Aggregate):
                pending += inputs(source)
    return found
