"""What is wrong in the data. Faults are kept in columns, so a million of them cost little more than a million cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import counting, flat, no_rows
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Label, Note, Span
from kpirules.source.catalogue import entry
from kpirules.source.templates import LONGEST_ARG, pieces

SHOWN = 20
"""How many faults of data are drawn; the exception carries them all."""

_WRITE = "write"
_NEAR = "near"
_TEXT = pa.string()
_NUMBER = pa.int64()
_PLACED = pa.schema([(name, _NUMBER) for name in ("table", "column", "group", "row", "index")])
LISTED = pa.schema(
    [
        ("code", _TEXT),
        ("table", _TEXT),
        ("source", _TEXT),
        ("row", _NUMBER),
        ("column", _TEXT),
        ("value", _TEXT),
        ("message", _TEXT),
        ("help", _TEXT),
    ]
)
"""The columns of a list of faults; `help` says what to write instead, where there is one way to say it."""


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
class Finding:
    """Faults of one kind in the rows of one table.

    `columns` are the columns that are at fault together, none where the row as a whole is. `rows` are the places of
    the rows in the table as it was read, from 0; `whole` says that no row is meant, but all that the columns hold.
    `args` fill the message, the same for each row; `each` fills it row by row, aligned with `rows`. `others` is the
    place of the row that each clashes with. What is shown as the value is what the cells hold, but for `value` among
    `args` or `each`. `rule` is the place in the rules that asks for what the rows do not keep.
    """

    code: str
    columns: tuple[str, ...]
    rows: pa.Array
    args: Mapping[str, Any] = field(default_factory=dict)
    each: Mapping[str, pa.Array] = field(default_factory=dict)
    others: pa.Array | None = None
    whole: bool = False
    rule: Span | None = None


@dataclass(frozen=True, slots=True)
class DataFault:
    """One place where data breaks its contract.

    `source` is the file as the bindings name it (or the kind of source, for a query or a frame). `row` is counted as
    a person counts it: the row of a sheet or of a CSV file, whose header is row 1, and from 1 in everything else; None
    where a whole column is meant. `value` is what is there, None where nothing is; `expected` fills the rest of the
    message. `rule` is the place in the rules that asks for it, where they do so by a rule of their own.
    """

    code: str
    table: str
    source: object
    row: int | None
    column: str | None
    value: str | None
    expected: Mapping[str, Any] = field(default_factory=dict)
    rule: Span | None = None

    def diagnostic(self, *, with_rule: bool = False, with_help: bool = False) -> Diagnostic:
        """The fault in words; `with_rule` adds the place of its rule, `with_help` what to write instead."""
        place = {"table": self.table, "source": self.source, "row": self.row, "column": self.column}
        labels = (Label(self.rule, "rule"),) if with_rule and self.rule is not None else ()
        known = _help_key(self.code, self.expected)
        helps = (Note(known),) if known is not None and (with_help or known == _NEAR) else ()
        return Diagnostic(self.code, None, {**place, "value": self.value, **self.expected}, labels, helps)


@dataclass(frozen=True, slots=True)
class Group:
    """Faults that one message tells, all of one table and column: each array has an entry for each of them.

    `order` is the place of the column in its contract, -1 for the row as a whole. `rows` are row numbers, null for a
    fault of a whole column.
    """

    code: str
    place: Place
    column: str | None
    order: int
    rows: pa.Array
    values: pa.Array
    args: Mapping[str, Any] = field(default_factory=dict)
    each: Mapping[str, pa.Array] = field(default_factory=dict)
    rule: Span | None = None

    def one(self, index: int) -> DataFault:
        """The fault at that place."""
        each = {name: values[index].as_py() for name, values in self.each.items()}
        row, value = self.rows[index].as_py(), self.values[index].as_py()
        expected = {**self.args, **each}
        return DataFault(self.code, self.place.table, self.place.source, row, self.column, value, expected, self.rule)

    def listed(self, lang: str) -> pa.Table:
        """All of them as rows of `LISTED`, their messages put together in bulk."""
        count = len(self.rows)
        varying = {"row": self.rows, "value": self.values, **self.each}
        fixed = {"table": self.place.table, "source": self.place.source, "column": self.column, **self.args}
        given = {key: fixed[key] for key in fixed.keys() - varying.keys()}
        known = _help_key(self.code, {**self.args, **self.each})
        helps = None if known is None else entry(self.code, lang).helps[known]

        def same(text: str | None) -> pa.Array:
            return pa.repeat(pa.scalar(text, _TEXT), count)

        def filled(template: str) -> pa.Array:
            parts: list[Any] = []
            for text, name in pieces(template, given, lang):
                parts += [pa.scalar(text), *([] if name is None else [_shown(varying[name])])]
            said = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
            return said if isinstance(said, pa.Array) else same(said.as_py())

        columns = [
            same(self.code),
            same(self.place.table),
            same(str(self.place.source)),
            pc.cast(self.rows, _NUMBER),
            same(self.column),
            pc.cast(self.values, _TEXT),
            filled(entry(self.code, lang).message),
            same(None) if helps is None else filled(helps),
        ]
        return pa.table(columns, LISTED)


class DataFaults(Fault):
    """Data that breaks its contract: every fault of every table, in order of table, row and column.

    `diagnostics` draws the first `SHOWN` and says how many there are; the first of each kind says what to write, the
    first that breaks a rule where the rule is. `waiting` are the messages of the rules (`require`) that could not be
    asked of every row, because of what is wrong in the rows.
    """

    def __init__(self, groups: Sequence[Group], waiting: Sequence[str] = ()) -> None:
        self.groups = tuple(groups)
        self.waiting = tuple(waiting)
        self._order = _in_order(self.groups)
        drawn, told = [], set[object]()
        for fault in self.first(SHOWN):
            drawn.append(fault.diagnostic(with_rule=fault.rule not in told, with_help=fault.code not in told))
            told |= {fault.rule} if _NEAR in fault.expected else {fault.code, fault.rule}
        if self.count > SHOWN:
            drawn.append(Diagnostic("KPI629", None, {"shown": SHOWN, "total": self.count}))
        super().__init__(drawn)
        self.diagnostics = tuple(drawn)

    @property
    def count(self) -> int:
        """How many faults there are."""
        return int(self._order.num_rows)

    @property
    def faults(self) -> tuple[DataFault, ...]:
        """Every fault, one by one."""
        return tuple(self.first(self.count))

    def first(self, count: int) -> Iterator[DataFault]:
        """The first faults, in order."""
        for fault in self._order.slice(0, count).to_pylist():
            yield self.groups[fault["group"]].one(fault["index"])

    def listed(self, lang: str) -> pa.Table:
        """Every fault as a row of `LISTED`, in order, its message in that language."""
        return listed(self.groups, lang)


def listed(groups: Sequence[Group], lang: str) -> pa.Table:
    """Faults as rows of `LISTED`, in order of table, row and column; the groups of a table lie together."""
    tables = [no_rows(LISTED), *(group.listed(lang) for group in groups)]
    return pa.concat_tables(tables).take(_in_order(groups).column("at"))


def groups_of(
    place: Place, order: Mapping[str, int], numbers: pa.Array, shown: Mapping[str, Any], findings: Sequence[Finding]
) -> Iterator[Group]:
    """What was found in one table's rows, told by row number and by what the cells show.

    `order` has the place of each column in the contract; `numbers` and the columns of `shown` are aligned with the
    rows that the findings name.
    """
    for finding in findings:
        column = ", ".join(finding.columns) or None
        first = min((order[name] for name in finding.columns), default=-1)
        args = dict(finding.args)
        if finding.whole:
            value = pa.array([args.pop("value", None)], _TEXT)
            nowhere = pa.nulls(1, _NUMBER)
            yield Group(finding.code, place, column, first, nowhere, value, args, finding.each, finding.rule)
            continue
        each = dict(finding.each)
        if finding.others is not None:
            each["other"] = numbers.take(finding.others)
        if "value" in each:
            values = each.pop("value")
        elif "value" in args:
            values = pa.repeat(pa.scalar(args.pop("value"), _TEXT), len(finding.rows))
        else:
            cells = [flat(pc.cast(shown[name].take(finding.rows), _TEXT)) for name in finding.columns]
            none = pa.nulls(len(finding.rows), _TEXT)
            values = pc.binary_join_element_wise(*cells, ", ") if cells else none
        rows = numbers.take(finding.rows)
        yield Group(finding.code, place, column, first, rows, values, args, each, finding.rule)


def _in_order(groups: Sequence[Group]) -> pa.Table:
    """Where each fault is, in order: its `group`, its `index` in it, and `at`, its place in all groups laid end to end.

    The groups of a table lie together, the tables in their order.
    """
    tables: dict[str, int] = {}
    parts = []
    for number, group in enumerate(groups):
        count = len(group.rows)
        table = tables.setdefault(group.place.table, len(tables))
        fixed = {"table": table, "column": group.order, "group": number}
        columns = {name: pa.repeat(pa.scalar(value, _NUMBER), count) for name, value in fixed.items()}
        row = pc.fill_null(pc.cast(group.rows, _NUMBER), 0)
        parts.append(pa.table({**columns, "row": row, "index": counting(0, count)}))
    placed = pa.concat_tables([no_rows(_PLACED), *parts])
    at = pc.sort_indices(placed, [(name, "ascending") for name in ("table", "row", "column", "group", "index")])
    return placed.take(at).append_column("at", at)


def _help_key(code: str, args: Mapping[str, Any]) -> str | None:
    """The help of a fault of data: what is near, where something is, else what to write, where one thing is to be."""
    helps = entry(code, "en").helps
    return _NEAR if _NEAR in helps and _NEAR in args else _WRITE if _WRITE in helps else None


def _shown(values: pa.Array) -> pa.Array:
    """Values as messages show them: on one line, and not longer than a message can bear."""
    text = pc.replace_substring_regex(pc.cast(values, _TEXT), r"[\x00-\x1f\x7f]", " ")
    long = pc.greater(pc.utf8_length(text), LONGEST_ARG)
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, LONGEST_ARG), "…", "")
    return pc.if_else(long, cut, text)
