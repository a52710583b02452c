"""What the contracts of tables ask of values, rows and tables, in the terms of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from math import ceil, floor

from kpirules.model.contracts import Column, Table
from kpirules.records import dataclass
from kpirules.values.types import Type
from kpirules.values.units import Unit

_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """What is asked of the values of a column.

    `low` and `high` are the least and the greatest that a number or a day may be; `target` is the table, and its key
    column, that a value refers to: one of its rows must have it as its key, unless it `may_miss` there.
    """

    name: str
    type: Type
    required: bool
    low: Fraction | date | None
    high: Fraction | date | None
    target: tuple[str, str] | None
    may_miss: bool
    key: bool


@dataclass(frozen=True, slots=True)
class TableContract:
    """What is asked of a table: of its columns, and that no two rows have the same `key`."""

    name: str
    columns: tuple[ColumnContract, ...]
    key: tuple[str, ...]


def table_contracts(tables: Iterable[Table]) -> tuple[TableContract, ...]:
    """The contracts of some tables, in order; a table with rows in force is told apart by more than its key."""
    by_name = {table.name: table for table in tables}
    return tuple(
        TableContract(table.name, tuple(_column(column, by_name) for column in table.columns), table.keys)
        for table in by_name.values()
        if table.active is None
    )


def _column(column: Column, tables: dict[str, Table]) -> ColumnContract:
    target = tables.get(column.references or "")
    low, high = _bounds(column)
    return ColumnContract(
        name=column.name,
        type=column.type,
        required=column.key or not column.type.missing,
        low=low,
        high=high,
        target=(target.name, target.keys[0]) if target is not None and len(target.keys) == 1 else None,
        may_miss=column.matches,
        key=column.key,
    )


def _bounds(column: Column) -> tuple[Fraction | date | None, Fraction | date | None]:
    """The tightest bounds of a column; those of a number are among the values that its type holds."""
    kind = column.type
    if kind.digits is not None:
        step = Fraction(1, 10**kind.digits.scale)
        low = max(bound for bound in (column.low, kind.bounds[0]) if isinstance(bound, Fraction))
        high = min(bound for bound in (column.high, kind.bounds[1]) if isinstance(bound, Fraction))
        return ceil(low / step) * step, floor(high / step) * step
    if kind.unit is Unit.DATE or kind.unit.periodic:
        low_day = column.low if isinstance(column.low, date) else _FIRST
        high_day = column.high if isinstance(column.high, date) else _LAST
        return low_day, high_day
    return None, None
