"""The pay that subjects without an assessment were not considered for."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import plain_text
from kpirules.model.scheme import Model, Pay


def not_considered(model: Model, not_assessed: pa.Table, quarantined: str) -> pa.Table:
    """A row for each pay item and subject that was not considered for it: `item`, `key`, `reason`; items in file order.

    `not_assessed` has the subjects without an assessment. A pay item with `for` goes to whom it names, assessed or not;
    but whether it names a subject whose own row was set aside (the reason `quarantined`) is not known, so it is listed.
    """
    aside = not_assessed.filter(pc.equal(not_assessed.column("reason"), quarantined))
    parts = [_of("", not_assessed.slice(0, 0))]
    parts += [_of(pay.name, not_assessed if pay.applies is None else aside) for pay in model.pays if pay.paid]
    return pa.concat_tables(parts)


def by_item(model: Model, table: pa.Table) -> Iterator[tuple[Pay, pa.Array]]:
    """Each pay item that somebody was not considered for, and the keys of these subjects as texts."""
    for pay in model.pays:
        mine = table.filter(pc.equal(table.column("item"), pay.name))
        if mine.num_rows:
            yield pay, plain_text(mine.column("key"))


def counts(table: pa.Table) -> dict[str, int]:
    """How many subjects were not considered for each pay item; items of which there are none are left out."""
    return {counted["values"]: counted["counts"] for counted in table.column("item").value_counts().to_pylist()}


def _of(item: str, subjects: pa.Table) -> pa.Table:
    return subjects.add_column(0, "item", pa.repeat(pa.scalar(item), subjects.num_rows))
