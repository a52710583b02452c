"""Frames from Python: pandas, Arrow, or columns by name, each column as Arrow holds it or as Python's own values."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sized
from contextlib import suppress
from datetime import time
from enum import Enum
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kpirules.data.faults import Finding, Place
from kpirules.data.objects import Days, from_objects
from kpirules.data.pandas_import import imported_pandas
from kpirules.data.sound import sound
from kpirules.model.contracts import Column
from kpirules.records import dataclass

if TYPE_CHECKING:
    import pandas as pd

_PERIOD = b"pandas.period"
"""What Arrow calls the type of columns that hold periods of pandas."""
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
        names = tuple(table.column_names)
    except Exception as error:  # the frame's own code may raise anything
        raise place.fault("KPI614", reason=NoFrame.UNKNOWN) from error
    return Frame(names, table.num_rows, lambda index, column: arrow_cells(table.column(index), column))


def arrow_cells(values: pa.ChunkedArray, column: Column, metadata: Mapping[bytes, bytes] | None = None) -> Cells:
    """The cells of an Arrow column, periods of pandas by their days.

    If Arrow does not know the type of pandas, the periods are plain numbers and the field's `metadata` has their type.

    Raises:
        pa.ArrowException: the column is damaged (`sound`).
    """
    of, said = values.type, metadata or {}
    if isinstance(of, pa.ExtensionType) and of.extension_name == _PERIOD.decode():
        return from_objects(_periods(values.cast(pa.int64()), of.__arrow_ext_serialize__()), column)
    if said.get(b"ARROW:extension:name") == _PERIOD and pa.types.is_integer(of):
        return from_objects(_periods(values, said.get(b"ARROW:extension:metadata", b"")), column)
    return sound(values, column)


def _periods(ordinals: pa.ChunkedArray, metadata: bytes) -> list[Days | None]:
    """The days of periods by their ordinal numbers; `metadata` is JSON with their `freq`."""
    pandas = imported_pandas()
    try:
        freq = str(json.loads(metadata)["freq"])
    except (ValueError, KeyError, TypeError):
        freq = "?"
    encoded = ordinals.dictionary_encode().combine_chunks()
    distinct = []
    for number in encoded.dictionary.to_pylist():
        try:
            period = pandas.Period(ordinal=number, freq=freq)
        except (ValueError, OverflowError):
            distinct.append(Days(f"{number} ({freq})", None, None))
        else:
            distinct.append(_days(period))
    return [None if at is None else distinct[at] for at in encoded.indices.to_pylist()]


def _days(period: pd.Period) -> Days:
    """A period by its first and last day; one that begins or ends within a day has none."""
    try:
        first, last = period.start_time, period.end_time
        if (first.time(), last.time()) == (time.min, time.max):
            return Days(str(period), first.date(), last.date())
    except (ValueError, OverflowError, NotImplementedError):  # the calendar ends before it
        return Days(f"{period.ordinal} ({period.freqstr})", None, None)
    return Days(f"{period} ({period.freqstr})", None, None)


def _from_pandas(frame: pd.DataFrame) -> Frame:
    import pandas as pd

    levels = [level for level, name in enumerate(frame.index.names) if name is not None]
    columns = [pd.Series(frame.index.get_level_values(level)) for level in levels]
    names = [str(frame.index.names[level]) for level in levels]
    names += map(str, frame.columns)

    def cells(index: int, column: Column) -> Cells:
        series = columns[index] if index < len(columns) else frame.iloc[:, index - len(columns)]
        if series.dtype != object:
            try:
                return arrow_cells(_chunked(series), column)
            except _CANNOT:
                pass
        plain = series.astype(object)
        with suppress(ArithmeticError):  # a decimal that may not even be compared
            plain = plain.where(plain.notna(), None)
        return from_objects(_native(plain.tolist()), column)

    return Frame(tuple(names), len(frame), cells)


def _from_mapping(frame: Mapping[Any, Any], place: Place) -> Frame:
    columns = list(frame.values())
    if len({_length(values) for values in columns}) > 1:
        raise place.fault("KPI614", reason=NoFrame.UNEVEN)
    if any(_length(values) is None for values in columns):
        raise place.fault("KPI614", reason=NoFrame.UNKNOWN)

    def cells(index: int, column: Column) -> Cells:
        values = columns[index]
        if isinstance(values, pa.Array | pa.ChunkedArray):
            return arrow_cells(_in_chunks(values), column)
        try:
            return arrow_cells(_chunked(values), column)
        except Exception:  # noqa: BLE001  # a frame of another library may raise anything
            return from_objects(_native(_listed(values, place)), column)

    return Frame(tuple(map(str, frame)), len(columns[0]) if columns else 0, cells)


def _listed(values: Any, place: Place) -> list[Any]:  # noqa: ANN401  # whatever can be gone through
    try:
        return list(values)
    except Exception as error:  # its own code may raise anything
        raise place.fault("KPI614", reason=NoFrame.UNKNOWN) from error


def _chunked(values: Any) -> pa.ChunkedArray:  # noqa: ANN401  # whatever Arrow makes an array of
    return _in_chunks(pa.array(values, from_pandas=True))


def _in_chunks(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def _native(values: list[Any]) -> list[Any]:
    """Values with numpy's numbers as Python's own, and periods of pandas by their days."""
    import numpy as np

    own, kinds = (np.number, np.bool), set(map(type, values))
    pandas = sys.modules.get("pandas")
    if pandas is not None and pandas.Period in kinds:
        values = [_days(value) if isinstance(value, pandas.Period) else value for value in values]
    if not any(issubclass(kind, own) for kind in kinds):
        return values
    return [value.item() if isinstance(value, own) else value for value in values]


def _length(values: object) -> int | None:
    if not isinstance(values, Sized) or isinstance(values, str):
        return None
    try:
        return len(values)
    except TypeError:  # an array of numpy's without a dimension
        return None
