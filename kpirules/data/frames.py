"""Frames from Python: pandas, Arrow, or columns by name, each column as Arrow holds it or as Python's own values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kpirules.data.faults import Finding, Place
from kpirules.data.objects import from_objects
from kpirules.model.contracts import Column

if TYPE_CHECKING:
    import pandas as pd

_CANNOT = (pa.ArrowException, TypeError, ValueError, OverflowError)

Cells = tuple[pa.ChunkedArray, tuple[Finding, ...]]


class NoFrame(Enum):
    """Why something cannot be read as a table."""

    UNKNOWN = "no_frame"
    UNEVEN = "uneven_columns"


@dataclass(frozen=True, slots=True)
class Frame:
    """The columns of a frame: their names, and what gives the cells of each as a contract would have them."""

    names: tuple[str, ...]
    rows: int
    cells: Callable[[int, Column], Cells]


def read_frame(frame: object, place: Place) -> Frame:
    """A pandas frame, a mapping of columns by name, or anything that gives an Arrow table of itself.

    Named levels of a pandas index are columns too.

    Raises:
        Fault: it is nothing of these, or its columns are not of one length.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return _from_pandas(frame)
    if isinstance(frame, Mapping):
        return _from_mapping(frame, place)
    try:
        table = pa.table(frame)
    except _CANNOT:
        raise place.fault("KPI614", reason=NoFrame.UNKNOWN) from None
    return Frame(tuple(table.column_names), table.num_rows, lambda index, _: (table.column(index), ()))


def _from_pandas(frame: pd.DataFrame) -> Frame:
    import pandas as pd

    levels = [level for level, name in enumerate(frame.index.names) if name is not None]
    columns = [pd.Series(frame.index.get_level_values(level)) for level in levels]
    names = [str(frame.index.names[level]) for level in levels]
    names += map(str, frame.columns)

    def cells(index: int, column: Column) -> Cells:
        series = columns[index] if index < len(columns) else frame.iloc[:, index - len(columns)]
        if isinstance(series.dtype, pd.PeriodDtype):
            series = series.astype("string")
        if series.dtype != object:
            try:
                return pa.chunked_array(pa.array(series, from_pandas=True)), ()
            except _CANNOT:
                pass
        plain = series.astype(object)
        return from_objects(_native(plain.where(plain.notna(), None).tolist()), column)

    return Frame(tuple(names), len(frame), cells)


def _from_mapping(frame: Mapping[Any, Any], place: Place) -> Frame:
    columns = list(frame.values())
    if len({_length(values) for values in columns}) > 1:
        raise place.fault("KPI614", reason=NoFrame.UNEVEN)
    if any(_length(values) is None for values in columns):
        raise place.fault("KPI614", reason=NoFrame.UNKNOWN)

    def cells(index: int, column: Column) -> Cells:
        values = columns[index]
        if isinstance(values, pa.ChunkedArray):
            return values, ()
        try:
            return pa.chunked_array([pa.array(values, from_pandas=True)]), ()
        except _CANNOT:
            return from_objects(_native(list(values)), column)

    return Frame(tuple(map(str, frame)), len(columns[0]) if columns else 0, cells)


def _native(values: list[Any]) -> list[Any]:
    """Values with numpy's numbers as Python's own."""
    import numpy as np

    own = np.number, np.bool
    if not any(issubclass(kind, own) for kind in set(map(type, values))):
        return values
    return [value.item() if isinstance(value, own) else value for value in values]


def _length(values: object) -> int | None:
    return len(values) if isinstance(values, Sized) and not isinstance(values, str) else None
