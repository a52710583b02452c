"""Contracts written by hand, and faults as short tuples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TypedDict, Unpack

import pyarrow as pa
import pytest

from kpirules.data.bindings import load_bindings
from kpirules.data.faults import DataFaults
from kpirules.data.load import Loaded, read_tables
from kpirules.model.contracts import Active, Column, PercentForm, Table
from kpirules.source import SourceText, Span
from kpirules.values.types import SUM_BOUND, Type, decimal
from kpirules.values.units import Unit

SPAN = Span(SourceText("test.kpi", ""), 0, 0)


class More(TypedDict, total=False):
    """What else a column may say."""

    key: bool
    period: bool
    references: str
    matches: bool
    low: Fraction | date
    high: Fraction | date
    percent: PercentForm
    currency: str


def text(name: str, *, optional: bool = False, domain: tuple[str, ...] | None = None, **rest: Unpack[More]) -> Column:
    return Column(name, Type(Unit.TEXT, optional, domain=domain), SPAN, **rest)


def number(
    name: str,
    places: int = 2,
    *,
    unit: Unit = Unit.NUMBER,
    between: tuple[int | Fraction, int | Fraction] | None = None,
    optional: bool = False,
    times: int | None = None,
    **rest: Unpack[More],
) -> Column:
    """`times` is the column's `unit`, what its figures are multiplied by."""
    low, high = (Fraction(bound) for bound in between) if between else (-SUM_BOUND, SUM_BOUND)
    if between:
        rest["low"], rest["high"] = low, high
    return Column(name, decimal(unit, places, low, high, missing=optional), SPAN, unit=times, **rest)


def percent(name: str, form: PercentForm, *, optional: bool = False) -> Column:
    return number(name, 4, unit=Unit.RATIO, optional=optional, percent=form)


def other(name: str, unit: Unit, *, optional: bool = False, **rest: Unpack[More]) -> Column:
    return Column(name, Type(unit, optional), SPAN, **rest)


def day(name: str, *, optional: bool = False, **rest: Unpack[More]) -> Column:
    return other(name, Unit.DATE, optional=optional, **rest)


def table(name: str, *columns: Column, active: Active | None = None) -> Table:
    return Table(name, None, columns, SPAN, active)


def column(*cells: str | None) -> pa.ChunkedArray:
    """Text cells in two chunks, so that nothing rests on there being one."""
    half = len(cells) // 2
    return pa.chunked_array([pa.array(cells[:half], pa.string()), pa.array(cells[half:], pa.string())])


def read(
    folder: Path,
    contracts: Iterable[Table],
    *,
    quarantine: bool = False,
    subject: str | None = None,
    **files: str | bytes,
) -> Loaded:
    """Write `name.csv` for each keyword, bind it to the table of that name, read."""
    lines = ["scheme: test.kpi", "data:"]
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(data)
        lines.append(f"  {name}: {{file: {name}.csv}}")
    (folder / "kpirules.yaml").write_text("\n".join(lines), encoding="utf-8")
    bindings = load_bindings(folder / "kpirules.yaml")
    return read_tables(list(contracts), bindings, quarantine=quarantine, subject=subject)


def faults(work: Callable[[], object]) -> list[tuple[str, str, int | None, str | None, str | None]]:
    """What the work finds wrong in the data: code, table, row, column, value; the list of all of them says the same."""
    with pytest.raises(DataFaults) as caught:
        work()
    for lang in ("en", "zh"):
        listed = caught.value.listed(lang)
        assert listed.column("code").to_pylist() == [fault.code for fault in caught.value.faults]
        assert listed.column("message").null_count == 0
    return [(fault.code, fault.table, fault.row, fault.column, fault.value) for fault in caught.value.faults]


def days(*values: date | None) -> pa.Array:
    return pa.array(values, pa.date32())
