"""Large tables that a run reads where they lie: held to their contracts by the engine, and unchanged to its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from kpirules.data.in_place import InPlace
from kpirules.data.load import Loaded
from kpirules.data.parquet_table import ParquetTable
from kpirules.engines.bulk import REFERENCE_ROWS
from kpirules.engines.contracts import doubtful
from kpirules.engines.duckdb import UNLIMITED, Limits
from kpirules.model.contracts import Table
from kpirules.plan.contracts import table_contracts
from kpirules.source import Fault, Note

if TYPE_CHECKING:
    import pyarrow as pa


def in_place(contracts: Sequence[Table], limits: Limits) -> InPlace:
    """How a run reads tables where they lie; those that the reference engine may have to work out are read whole."""
    asked = table_contracts(contracts)

    def checked(in_files: Mapping[str, ParquetTable], others: Mapping[str, pa.Table]) -> Collection[str] | None:
        return doubtful(asked, in_files, others, limits)

    return InPlace(REFERENCE_ROWS + 1, checked)


def in_place_again(recorded: Mapping[str, str], contracts: Sequence[Table], limits: Limits = UNLIMITED) -> InPlace:
    """How tables are read once more that a run has read.

    `recorded` has the digests of those that it read where they lie; a file that still has its digest needs no checks.
    """
    asked = in_place(contracts, limits)

    def checked(in_files: Mapping[str, ParquetTable], others: Mapping[str, pa.Table]) -> Collection[str] | None:
        if all(table.state.sha256 == recorded.get(name) for name, table in in_files.items()):
            return frozenset()
        return asked.checked(in_files, others)

    return replace(asked, checked=checked)


@contextmanager
def unchanged(loaded: Loaded) -> Iterator[None]:
    """Within, the files that are read where they lie stay what they were.

    Raises:
        Fault: one does not, or is gone (KPI765), whatever else went wrong.
    """
    try:
        yield
    except Exception:
        _check(loaded)
        raise
    _check(loaded)


def _check(loaded: Loaded) -> None:
    changed = [
        loaded.places[name].fault("KPI765", Note("again"))
        for name, table in loaded.tables.items()
        if isinstance(table, ParquetTable) and table.changed()
    ]
    if changed:
        raise Fault(diagnostic for fault in changed for diagnostic in fault.diagnostics)
