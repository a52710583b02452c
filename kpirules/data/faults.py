"""What is wrong in the data, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kpirules.source import Diagnostic, Fault, Note, Span

SHOWN = 20
"""How many faults of data are drawn; the exception carries them all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table's rows come from, as faults name it: the file as written, or the kind of source; and its span."""

    table: str
    source: object
    span: Span | None

    def fault(self, code: str, *helps: Note, **args: object) -> Fault:
        """A fault of the source as a whole."""
        return Fault([Diagnostic(code, self.span, {"table": self.table, "source": self.source, **args}, helps=helps)])


@dataclass(frozen=True, slots=True)
class DataFault:
    """One place where data breaks its contract.

    `source` is the file as the bindings name it (or the kind of source, for a query or a frame). `row` is counted as
    a person counts it: a file with a header begins at 2, everything else at 1; None where a whole column is meant.
    `value` is what is there, None where nothing is; `expected` fills the rest of the message.
    """

    code: str
    table: str
    source: object
    row: int | None
    column: str | None
    value: str | None
    expected: Mapping[str, Any] = field(default_factory=dict)

    def diagnostic(self) -> Diagnostic:
        """The fault in words."""
        place = {"table": self.table, "source": self.source, "row": self.row, "column": self.column}
        return Diagnostic(self.code, None, {**place, "value": self.value, **self.expected})


class DataFaults(Fault):
    """Data that breaks its contract: `faults` has every fault of every table, in order of table, row and column.

    `diagnostics` draws the first `SHOWN` and says how many there are.
    """

    def __init__(self, faults: Iterable[DataFault]) -> None:
        self.faults = tuple(faults)
        drawn = [fault.diagnostic() for fault in self.faults[:SHOWN]]
        total = len(self.faults)
        if total > SHOWN:
            drawn.append(Diagnostic("KPI629", None, {"shown": SHOWN, "total": total}))
        super().__init__(drawn)
        self.diagnostics = tuple(drawn)
