"""Whether two ways come to the same results: `python -m tests.benchmarks.figures exact|close OURS THEIRS`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

KEYS = {"scores": ("staff_id",), "items": ("kind", "item", "key")}
"""The files of results, and the columns that tell their rows apart."""
_CLOSE = 1e-6
"""How far a float may lie from the exact figure, or of figures above 1 so much of them."""


def results(folder: Path) -> dict[str, pa.Table]:
    """The results in a folder."""
    return {name: pq.read_table(folder / f"{name}.parquet") for name in KEYS}


def differences(ours: Mapping[str, pa.Table], theirs: Mapping[str, pa.Table], *, exact: bool) -> list[str]:
    """The columns of other results that are not ours, and how many cells of each; floats as close as `_CLOSE` says."""
    return [
        f"{name}.{difference}"
        for name, keys in KEYS.items()
        for difference in _differences(ours[name], theirs[name], keys, exact=exact)
    ]


def _differences(ours: pa.Table, theirs: pa.Table, keys: tuple[str, ...], *, exact: bool) -> list[str]:
    if ours.num_rows != theirs.num_rows:
        return [f"{keys[-1]}: {ours.num_rows} rows and {theirs.num_rows}"]
    ours, theirs = (_plain(table).sort_by([(key, "ascending") for key in keys]) for table in (ours, theirs))
    asked = [name for name in ours.column_names if name not in {"rounded", "advice"}]
    if lacking := [name for name in asked if name not in theirs.column_names]:
        return [f"{name}: not there" for name in lacking]
    counts = {name: _unequal(ours.column(name), theirs.column(name), exact=exact) for name in asked}
    return [f"{name}: {count}" for name, count in counts.items() if count]


def _plain(table: pa.Table) -> pa.Table:
    """A table whose texts are of one type, whichever library made it."""
    kinds = (pa.string_view(), pa.large_string())
    fields = [field.with_type(pa.string()) if field.type in kinds else field for field in table.schema]
    return table.cast(pa.schema(fields))


def _unequal(ours: pa.ChunkedArray, theirs: pa.ChunkedArray, *, exact: bool) -> int:
    """How many cells of two columns differ."""
    apart = pc.not_equal(pc.is_null(ours), pc.is_null(theirs, nan_is_null=True))
    if exact or not pa.types.is_decimal(ours.type):
        other = pc.not_equal(ours, theirs.cast(ours.type))
    else:
        exactly, about = ours.cast(pa.float64()), theirs.cast(pa.float64())
        room = pc.multiply(pc.max_element_wise(pc.abs(exactly), 1.0), _CLOSE)
        other = pc.greater(pc.abs(pc.subtract(exactly, about)), room)
    return int(pc.sum(pc.or_(apart, pc.fill_null(other, fill_value=False))).as_py() or 0)


if __name__ == "__main__":
    different = differences(*(results(Path(folder)) for folder in sys.argv[2:]), exact=sys.argv[1] == "exact")
    sys.exit("; ".join(different) or 0)
