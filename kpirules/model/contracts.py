"""What a scheme says of its tables: the contract that data must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.source.spans import Span
from kpirules.values.types import Type


class PercentForm(StrEnum):
    """How a percent is written in a cell: `85%`, `0.85` (`as fraction`) or `85` (`as points`)."""

    SIGN = "sign"
    FRACTION = "fraction"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract. `type.missing` says it is optional; `type.domain` lists what a text may be.

    `low` and `high` are what `between` says, both included, None where it says nothing (a number then still stays
    within `type.bounds`). `percent` is set where the unit is a ratio read from percent cells. `references` names a
    table that must hold the value as its key; with `matches`, it need not. `currency` is that of money. `unit`
    is what a figure of the source is multiplied by, None where the scheme does not say; the bounds are of the product.
    """

    name: str
    type: Type
    span: Span
    key: bool = False
    period: bool = False
    references: str | None = None
    low: Fraction | date | None = None
    high: Fraction | date | None = None
    percent: PercentForm | None = None
    matches: bool = False
    currency: str | None = None
    unit: int | None = None

    @property
    def loose(self) -> bool:
        """Whether a reference may lead to no row."""
        return self.type.missing or self.matches


@dataclass(frozen=True, slots=True)
class Active:
    """`active from A to B`: the columns that date a row, both days in; `ends` missing is open."""

    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Table:
    """The contract of one table. Without a key column, rows are told apart by their number only.

    `via` names the reference that leads to the subject, where there is more than one. `expects_rows` is where the
    scheme says that a run needs rows of its period, None where it does not.
    """

    name: str
    title: str | None
    columns: tuple[Column, ...]
    span: Span
    active: Active | None = None
    via: str | None = None
    expects_rows: Span | None = field(default=None, compare=False, repr=False)

    _by_name: Mapping[str, Column] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name: column for column in reversed(self.columns)})

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of its key columns, in order."""
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is one."""
        return self._by_name.get(name)
