"""What a run gives, whichever engine ran it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from kpirules.plan.ir import OVER, UNCREDITED, UNDATED, Check, Origin, Output, Plan, Value
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Label, Note, SourceText, Span

if TYPE_CHECKING:
    import pyarrow as pa

PAST_BOUND = "KPI701"
NO_TEXTS: Mapping[str, SourceText] = {}
_HELPS = {PAST_BOUND: ("data",), "KPI703": ("narrow",), "KPI744": ("data",)}
"""The help lines of a code that always stand under it."""
_LISTED = 20


@dataclass(frozen=True, slots=True)
class RunFault:
    """What a run found wrong at one binding: its code, its item, and the subjects it was found for, in order.

    `origin` is the place in the rules. `value`, `low` and `high` are set where a value is past its bounds, for the
    first subject; `other` and its place where two items are in conflict.
    """

    code: str
    item: str
    binding: str
    subjects: tuple[Value, ...]
    origin: Origin | None = None
    value: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    other: str | None = None
    other_origin: Origin | None = None

    def diagnostic(self, texts: Mapping[str, SourceText] = NO_TEXTS) -> Diagnostic:
        """The fault as a message; with the rule's `texts`, by name, it has its place in them."""
        subjects = [*dict.fromkeys(self.subjects)]  # one may be found more than once: with each of its rows
        first = next((str(subject) for subject in subjects if subject is not None), "…")
        args = {
            "item": self.item,
            "other": self.other or "…",
            "subject": first,
            "count": len(subjects),
            "value": shown(self.value),
            "low": shown(self.low),
            "high": shown(self.high),
        }
        other = span_of(self.other_origin, texts)
        labels = () if other is None else (Label(other, "other", args),)
        helps = [Note(key, args) for key in _HELPS.get(self.code, ())]
        if len(subjects) > 1:
            listed = [*map(str, subjects[:_LISTED]), *(["…"] if len(subjects) > _LISTED else [])]
            helps.append(Note("subjects", {**args, "subjects": listed}))
        return Diagnostic(self.code, span_of(self.origin, texts), args, labels, tuple(helps))


def span_of(origin: Origin | None, texts: Mapping[str, SourceText]) -> Span | None:
    """A place in the rules' texts, by name; None where it is in none of them."""
    if origin is None or origin.file not in texts:
        return None
    text = texts[origin.file]
    return Span(text, text.offset(origin.line, origin.column), text.offset(origin.end_line, origin.end_column))


def failed(check: Check, subjects: tuple[Value, ...]) -> RunFault:
    """What a check that does not hold for some subjects is told as."""
    return RunFault(
        check.code,
        check.item,
        check.when,
        subjects,
        check.origin,
        other=check.other,
        other_origin=check.other_origin,
    )


class RunStopped(Fault):
    """A run that cannot go on: a value past its bounds. Carries every such fault of the step that found them."""

    def __init__(self, faults: Sequence[RunFault], texts: Mapping[str, SourceText] = NO_TEXTS) -> None:
        self.faults = tuple(faults)
        super().__init__(fault.diagnostic(texts) for fault in faults)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a run.

    `subjects` has the plan's key and the bindings asked for, in that order, one row a subject, in order of the key:
    numbers as decimal128 of their type's digits (a quotient as two columns, `x` and `x$over`), texts, bools, dates.
    `others` are the rows of the plan's further outputs, by purpose and table, each in order of its key and with the
    columns of its output; the place of a row in its table, from 0, is int64.
    `faults` are the plan's checks that did not hold, `engine` the name of the engine that worked it all out.
    """

    subjects: pa.Table
    others: Mapping[tuple[str, str], pa.Table]
    faults: tuple[RunFault, ...]
    engine: str

    def of(self, purpose: str) -> dict[str, pa.Table]:
        """By table, the rows that are given for a purpose."""
        return {table: rows for (given_for, table), rows in self.others.items() if given_for == purpose}

    @property
    def uncredited(self) -> dict[str, pa.Table]:
        """By table, the rows of the period that no subject owns."""
        return self.of(UNCREDITED)

    @property
    def undated(self) -> dict[str, pa.Table]:
        """By table, the rows that are of no period."""
        return self.of(UNDATED)


def given(output: Output, rows: pa.Table) -> pa.Table:
    """The rows of an output as an outcome has them; `rows` has its columns, in order, under the plan's names."""
    named = rows.rename_columns([called for called, _ in output.columns])
    for nth, (called, column) in enumerate(output.columns):
        if column == output.key:
            named = named.set_column(nth, called, named.column(nth).cast("int64"))
    return named


class Engine(Protocol):
    """Anything that runs a plan."""

    def run(
        self, plan: Plan, tables: Mapping[str, pa.Table], params: Mapping[str, Value], columns: Sequence[str]
    ) -> Outcome:
        """Work out `columns` (bindings of the final relation) for every subject.

        `tables` keep the contract that the plan was made for: decimal128, string, bool and date32 columns, within
        their bounds, of unique keys.

        Raises:
            RunStopped: a value that the columns, or a check, are made of is past its bounds.
        """
        ...


def values(table: pa.Table, name: str) -> list[Value]:
    """A column, with its denominators where it has them, as exact values."""
    column = table.column(name).to_pylist()
    over = name + OVER
    if table.schema.get_field_index(over) < 0:  # a list of all names would be made for each of them
        return [Fraction(value) if isinstance(value, Decimal) else value for value in column]
    pairs = zip(column, table.column(over).to_pylist(), strict=True)
    return [None if num is None else Fraction(num) / Fraction(den) for num, den in pairs]


def shown(value: Value) -> str:
    """A value for a message: a number as a decimal of a few places, or of all it has."""
    if not isinstance(value, Fraction):
        return "" if value is None else str(value)
    text = f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def subject_order(subject: Value) -> tuple[bool, str | Fraction | bool | date]:
    """Sort key of a subject: by its key, missing last."""
    return subject is None, "" if subject is None else subject
