"""The results of a run as CSV, held against those that were recomputed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pyarrow as pa

from kpirules.runs.differences import Finding, differences, not_as_written, shape
from kpirules.runs.evidence import Evidence
from kpirules.runs.folder import RESULTS

_LONGEST_CELL = 1 << 27


def csv_names(evidence: Evidence) -> list[str]:
    """The results that a folder has as CSV."""
    return [name for name in RESULTS if f"{name}.csv" in evidence.manifest["files"]]


def csv_differences(evidence: Evidence, name: str, place: Path) -> Iterator[Finding]:
    """Where the values in the CSV of a result differ from those in the one that was written into the folder `place`."""
    file = f"{name}.csv"
    recorded, now = evidence.path(file).read_bytes(), (place / file).read_bytes()
    if recorded == now:
        return
    mine, theirs = _table(recorded), _table(now)
    if mine is None or theirs is None or mine.column_names != theirs.column_names:
        yield not_as_written(file)
    else:
        yield from differences(file, mine, theirs, shape(name, mine.column_names))


def _table(data: bytes) -> pa.Table | None:
    """A CSV file as a table of texts; None where it is none."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        header, *rows = csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        columns = zip(*rows, strict=True) if rows else ((),) * len(header)
        return pa.table([pa.array(column, pa.string()) for column in columns], header)
    except (ValueError, csv.Error):
        return None
