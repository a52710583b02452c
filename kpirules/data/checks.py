"""What a contract says of whole rows and of tables together: keys, the days a row is in force, references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import counting, flat, is_among
from kpirules.data.faults import Finding
from kpirules.data.spelling import near_keys
from kpirules.model.contracts import Active, Table
from kpirules.values.types import WIDTH

_SPAN = 1 << 23
_BEFORE_ALL = 1 << 20
"""Days are shifted by this before they are put beside a group's number: no day is below 0 then, or `_SPAN` above."""


def row_findings(contract: Table, table: pa.Table, unsure: Sequence[pa.Array] = ()) -> list[Finding]:
    """Keys that stand twice, and, in a dated table, rows that end before they begin or overlap.

    A row without a whole key is passed over, that is a fault of its cell; so are the rows of `unsure`, whose last day
    in force cannot be read.
    """
    findings = list(_backwards(contract.active, table)) if contract.active else []
    if contract.keys:
        findings += _clashes(contract, table, unsure)
    return findings


def reference_findings(
    contract: Table, tables: Mapping[str, pa.Table], contracts: Mapping[str, Table]
) -> Iterator[Finding]:
    """Values that no row of the table they refer to has as its key. A reference needs a table with one key column."""
    for column in contract.columns:
        target = contracts.get(column.references or "")
        if column.matches or target is None or target.name not in tables or len(target.keys) != 1:
            continue
        values = tables[contract.name].column(column.name)
        known = comparable(tables[target.name].column(target.keys[0]))
        lost = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(comparable(values), value_set=known, skip_nulls=True)))
        if pc.any(lost).as_py():
            yield from _no_such_row(column.name, values, pc.indices_nonzero(lost), target.name, known)


def _no_such_row(
    column: str, values: pa.ChunkedArray, rows: pa.Array, target: str, known: pa.ChunkedArray
) -> Iterator[Finding]:
    """References to no row, those apart that a key of the target is near."""
    args = {"target": target}
    if not (pa.types.is_string(values.type) and pa.types.is_string(known.type)):
        yield Finding("KPI648", (column,), rows, args)
        return
    lost = flat(values.take(rows))
    distinct = pc.unique(lost)
    near = near_keys(distinct, known).take(pc.index_in(lost, value_set=distinct))
    offered = pc.is_valid(near)
    for part, each in ((offered, {"near": near.filter(offered)}), (pc.invert(offered), {})):
        if pc.any(part).as_py():
            yield Finding("KPI648", (column,), rows.filter(part), args, each)


def comparable(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals of one scale in one type, whatever their width."""
    if not pa.types.is_decimal(values.type):
        return values
    return pc.cast(values, pa.decimal128(WIDTH, values.type.scale))


def _backwards(active: Active, table: pa.Table) -> Iterator[Finding]:
    ends = table.column(active.ends)
    mask = pc.fill_null(pc.greater(table.column(active.begins), ends), fill_value=False)
    if pc.any(mask).as_py():
        rows = pc.indices_nonzero(mask)
        begins = pc.cast(table.column(active.begins).take(rows), pa.string()).combine_chunks()
        yield Finding("KPI647", (active.ends,), rows, {"begins_column": active.begins}, {"begins": begins})


def _clashes(contract: Table, table: pa.Table, unsure: Sequence[pa.Array]) -> list[Finding]:
    """Rows whose key an earlier row has; in a dated table, only where both are in force on some day."""
    keys = list(contract.keys)
    if _all_differ([table.column(name) for name in keys]):
        return []
    dated = contract.active
    columns = [*keys, *([dated.begins] if dated else [])]
    # a column of the contract may have any name, so these go by number
    names = [str(index) for index in range(len(columns))]
    sorting = pa.table([table.column(name) for name in columns], names)
    whole = _all(pc.is_valid(column) for column in sorting.columns)
    if dated:
        backwards = pc.less(table.column(dated.ends), table.column(dated.begins))
        whole = pc.and_not(whole, pc.fill_null(backwards, fill_value=False))
    if unsure:
        whole = pc.and_not(whole, is_among(len(whole), pa.concat_arrays(unsure)))
    order = pc.sort_indices(sorting, sort_keys=[(name, "ascending") for name in names])
    order = order.filter(pc.take(flat(whole), order))
    if not len(order):
        return []
    sorted_keys = [table.column(name).take(order) for name in keys]
    same = _all(pc.equal(column[1:], column[:-1]) for column in sorted_keys).combine_chunks()
    if not pc.any(same).as_py():
        return []
    same = pa.concat_arrays([pa.array([False]), same])
    earlier = _in_force_before(table, order, same, dated) if dated else _first_of_group(same)
    clash = pc.is_valid(earlier)
    if not pc.any(clash).as_py():
        return []
    code = "KPI646" if dated else "KPI645"
    return [Finding(code, tuple(keys), order.filter(clash), others=order.take(earlier.filter(clash)))]


def _all_differ(columns: Sequence[pa.ChunkedArray]) -> bool:
    """Whether no two rows have the same whole key, found out without sorting them."""
    if len(columns) == 1:
        there = columns[0].drop_null()
        return len(pc.unique(there)) == len(there)
    names = [str(index) for index in range(len(columns))]
    whole = pa.table(list(columns), names).drop_null()
    return bool(whole.group_by(names).aggregate([]).num_rows == whole.num_rows)


def _first_of_group(same: pa.Array) -> pa.Array:
    """For each sorted row that has the key of the one before it, the place of the first row with that key."""
    places = counting(0, len(same))
    first = pc.fill_null_forward(pc.if_else(same, pa.scalar(None, pa.int64()), places))
    return pc.if_else(same, first, pa.scalar(None, pa.int64()))


def _in_force_before(table: pa.Table, order: pa.Array, same: pa.Array, dated: Active) -> pa.Array:
    """For each sorted row that begins while an earlier row of its key is in force, the place of that row.

    The last day of every row is put behind the number of its key's group; the running maximum of these is the
    longest row so far, and never one of an earlier group where the group has a row already.
    """
    group = pc.multiply(pc.cumulative_sum(pc.cast(pc.invert(same), pa.int64())), _SPAN)
    begins = _days(table.column(dated.begins).take(order))
    ends = pc.fill_null(_days(table.column(dated.ends).take(order)), _SPAN - 1)
    last = pc.add(group, ends)
    longest = pc.cumulative_max(last)
    places = counting(0, len(order))
    none = pa.scalar(None, pa.int64())
    holder = pc.fill_null_forward(pc.if_else(pc.equal(last, longest), places, none))
    before = pa.concat_arrays([pa.array([None], pa.int64()), longest[:-1]])
    holder_before = pa.concat_arrays([pa.array([None], pa.int64()), holder[:-1]])
    overlaps = pc.and_(same, pc.fill_null(pc.greater_equal(before, pc.add(group, begins)), fill_value=False))
    return pc.if_else(overlaps, holder_before, none)


def _days(values: pa.ChunkedArray) -> pa.Array:
    days = pc.cast(pc.cast(values.combine_chunks(), pa.int32()), pa.int64())
    return pc.add(days, _BEFORE_ALL)


def _all(masks: Iterator[pa.ChunkedArray]) -> pa.ChunkedArray:
    result = next(masks)
    for mask in masks:
        result = pc.and_(result, mask)
    return result
