"""Builds a trace: the reference engine works one subject out again, and each figure is held against the run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from kpirules.engines import reference
from kpirules.engines.reference.scalars import reader
from kpirules.engines.schema import schemas
from kpirules.plan.ir import (
    Advice,
    Aggregate,
    Binding,
    Case,
    Compute,
    Item,
    Measure,
    Op,
    Origin,
    Plan,
    Ref,
    Scalar,
    Scan,
    Value,
)
from kpirules.source import Diagnostic, Fault, Note
from kpirules.trace.conditions import figure, test
from kpirules.trace.figures import key_text, shown
from kpirules.trace.tree import Fed, Figure, ItemTrace, LeftOut, Node, RowSeen, Said, Test, Trace
from kpirules.values.types import Type
from kpirules.values.units import Unit

if TYPE_CHECKING:
    import pyarrow as pa

SET_ASIDE = "set_aside"
"""Why somebody is left out: the row of the subject itself was put in quarantine."""

_OVER_ANOTHER = ("at_most", "at_least", "round", "policy", "when", "gate", "shown")
_HIDDEN = ("row", "guard", "mark", "shown")


class Result(Enum):
    """What every scheme has, under its word in the catalogue."""

    TOTAL = "total"
    GRADE = "grade"
    SCORECARD = "scorecard"
    ACTIVE_DAYS = "active_days"
    ACTIVE_SHARE = "active_share"
    TOTAL_PAY = "total_pay"


_WORDS = {one.value: one for one in Result}


class Differs(Exception):  # noqa: N818  # names the finding: the engines disagree, which is our fault
    """A figure of the run is not what the reference engine makes of the same rows; `figures` lists (name, run, now)."""

    def __init__(self, figures: tuple[tuple[str, Value, Value], ...]) -> None:
        super().__init__(", ".join(name for name, _, _ in figures))
        self.figures = figures


def explain(
    plan: Plan,
    tables: Mapping[str, pa.Table],
    params: Mapping[str, Value],
    key: str,
    item: str | None,
    batch: Mapping[str, Value],
    *,
    period: str,
) -> Trace:
    """The trace of the subject whose key reads `key`; `item` names one item, or None for all.

    `batch` has the run's figures of that subject by binding, exact; each is held against the one worked out here.

    Raises:
        Fault: there is no such subject (KPI740), no such item (KPI741).
        Differs: a figure differs from the run's.
    """
    known = _key(plan, tables, key)
    try:
        found = reference.trace(plan, tables, params, known)
    except reference.Absent as absent:
        return _absent(plan, period, key, item, absent)
    wrong = tuple((name, value, found.values[name]) for name, value in batch.items() if found.values[name] != value)
    if wrong:
        raise Differs(wrong)
    builder = _Builder(plan, params, found)
    return _about(plan, period, key, item, found.values, items=tuple(builder.items(item)), checked=len(batch))


def set_aside(plan: Plan, period: str, key: str, item: str | None) -> Trace:
    """The trace of one whose own row was set aside, so that nothing else is known."""
    return _about(plan, period, key, item, {}, left_out=LeftOut(SET_ASIDE, None, {}))


def _about(
    plan: Plan,
    period: str,
    key: str,
    item: str | None,
    values: Mapping[str, Value],
    *,
    items: tuple[ItemTrace, ...] = (),
    checked: int = 0,
    left_out: LeftOut | None = None,
) -> Trace:
    return Trace(
        plan.scheme,
        plan.title,
        plan.version,
        period,
        plan.currency,
        plan.money_places,
        key,
        _named(plan, values),
        _text(values.get("scorecard")),
        items,
        item,
        checked,
        left_out,
    )


def _absent(plan: Plan, period: str, key: str, item: str | None, absent: reference.Absent) -> Trace:
    """The trace of one who is not scored: what left the subject out, and the cells of its row that were read for it."""
    step = absent.step
    assert step.leaves_out is not None
    computed = {one.name: one.expr for made in plan.steps if isinstance(made, Compute) for one in made.bindings}
    columns = next(scan.columns for scan in plan.steps if isinstance(scan, Scan) and scan.table == plan.subject)
    names = [name for name in _all_reads(step.predicate, computed) if name in columns]
    read = {columns[name][0]: figure(absent.row[name], columns[name][1]) for name in dict.fromkeys(names)}
    left_out = LeftOut(step.leaves_out, step.origin, read)
    return _about(plan, period, key, item, absent.row, left_out=left_out)


def _all_reads(scalar: Scalar, computed: Mapping[str, Scalar]) -> Iterator[str]:
    """The names that a scalar may read, itself and by way of other bindings."""
    match scalar:
        case Ref(name) if name in computed:
            yield from _all_reads(computed[name], computed)
        case Ref(name):
            yield name
        case Op(_, args):
            for arg in args:
                yield from _all_reads(arg, computed)
        case Case(whens, otherwise):
            parts = [*(part for when in whens for part in when), *([otherwise] if otherwise is not None else [])]
            for part in parts:
                yield from _all_reads(part, computed)
        case _:
            return


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _key(plan: Plan, tables: Mapping[str, pa.Table], key: str) -> Value:
    """A key as a value, however results print it."""
    column = tables[plan.subject].column(plan.key.split(".", 1)[1]).unique()
    texts = [str(text) for text in column.cast("string").to_pylist()]
    if key not in texts:
        close = get_close_matches(key, texts, 1)
        helps = [Note("similar", {"similar": close[0]})] if close else [Note("some", {"some": ", ".join(texts[:5])})]
        raise Fault([Diagnostic("KPI740", None, {"subject": key}, helps=tuple(helps))])
    value = column[texts.index(key)].as_py()
    return Fraction(value) if isinstance(value, Decimal) else value


def _named(plan: Plan, values: Mapping[str, Value]) -> tuple[Figure, ...]:
    """The texts of the subject's own row, its name among them, for the heading."""
    scan = next(step for step in plan.steps if isinstance(step, Scan) and step.table == plan.subject)
    return tuple(
        figure(values[name], kind)
        for name, (_, kind) in scan.columns.items()
        if kind.unit.value == "text" and name != plan.key and values.get(name) is not None
    )


class _Builder:
    """Makes nodes out of bindings and the values of one subject."""

    def __init__(self, plan: Plan, params: Mapping[str, Value], found: reference.ReferenceTrace) -> None:
        self.plan = plan
        self.params = params
        self.values = found.values
        self.fed = found.contributions
        computes = [step for step in plan.steps if isinstance(step, Compute)]
        self.bindings = {one.name: one for step in computes for one in step.bindings}
        self.measures = {one.name: one for step in plan.steps if isinstance(step, Aggregate) for one in step.measures}
        self.schemas = schemas(plan)
        self.nodes: dict[str, Node] = {}

    def read(self, scalar: Scalar) -> Value:
        return reader(scalar, self.params)(dict(self.values))

    # ------------------------------------------------------------ items

    def items(self, asked: str | None) -> Iterator[ItemTrace]:
        mine = [item for item in self.plan.items if self._mine(item)]
        if asked is None:
            yield from (self._item(item) for item in mine)
            return
        named = [item for item in mine if asked in (item.name, item.title)]
        if named:
            yield from (self._item(item) for item in named)
            return
        if asked in self.bindings:
            node = self.node(asked)
            kind = "scorecard" if asked == "scorecard" else "gate" if node.part == "gate" else "define"
            yield ItemTrace(asked, kind, node.title, None, None, node.origin, {"value": node})
            return
        names = [*(item.name for item in mine), *self._others()]
        close = get_close_matches(asked, names, 1)
        some = [_WORDS.get(name, name) for name in dict.fromkeys(names)]
        note = Note("similar", {"similar": close[0]}) if close else Note("some", {"some": some})
        raise Fault([Diagnostic("KPI741", None, {"item": asked}, helps=(note,))])

    def _others(self) -> Iterator[str]:
        """What else can be explained: the scorecard, gates and definitions."""
        for name, one in self.bindings.items():
            value = name == one.item and one.part == "value" and one.kind not in _HIDDEN
            if "~" not in name and (value or (one.part == "gate" and one.kind == "guard")):
                yield name

    def _mine(self, item: Item) -> bool:
        """Whether an item is the subject's: of its scorecard, or outside any."""
        return item.scorecard is None or item.scorecard == self.values.get("scorecard")

    def _item(self, item: Item) -> ItemTrace:
        parts = {part.name: self.node(self._exact(part.binding)) for part in item.parts}
        advice = tuple(self._said(one) for one in item.advice if self.values[one.when] is True)
        return ItemTrace(item.name, item.kind, item.title, item.parent, item.weight, item.origin, parts, advice)

    def _said(self, one: Advice) -> Said:
        """A text of the rules in their language, its figures as results show them."""
        plan = self.plan
        texts = [piece.text for piece in one.pieces]
        for index, piece in enumerate(one.pieces):
            if piece.binding is not None and piece.unit is not None:
                unit = Unit.NUMBER if piece.unit is Unit.RATIO else piece.unit
                value = self.values[piece.binding]
                texts[index] = shown(Figure(value, unit), plan.currency, plan.money_places, plan.language)
                texts[index] += "%" if piece.unit is Unit.RATIO and value is not None else ""
        return Said("".join(texts), one.origin)

    def _exact(self, name: str) -> str:
        """The binding behind one that is for display only."""
        binding = self.bindings[name]
        return binding.of if binding.kind == "shown" and binding.of else name

    # ------------------------------------------------------------ nodes

    def node(self, name: str) -> Node:
        if name not in self.nodes:
            self.nodes[name] = self._make(name)
        return self.nodes[name]

    def _make(self, name: str) -> Node:
        binding = self.bindings.get(name)
        if binding is None:
            return self._column(name)
        before = self.node(binding.of) if binding.of and binding.kind in _OVER_ANOTHER else None
        return Node(
            name,
            binding.item,
            binding.part,
            binding.kind,
            figure(self.values[name], binding.type, self._places(binding)),
            binding.title,
            binding.origin,
            before,
            self._inputs(binding),
            self._rows(binding),
            self._fed(binding),
            binding.weights,
            binding.row if binding.kind == "gate" else None,
            self.values.get(binding.row) is True if binding.kind == "gate" and binding.row else None,
            self._condition(binding),
            self._withheld(binding),
        )

    def _withheld(self, binding: Binding) -> bool:
        """Whether a value was not worked out, for the condition it stands under does not hold."""
        return binding.guard is not None and self.values.get(binding.guard) is not True

    def _condition(self, binding: Binding) -> Test | None:
        """The condition that decided over a value: its own, its gate's, or the one it stands under."""
        if binding.guard is not None and self._withheld(binding):
            condition: Scalar = Ref(binding.guard, self.bindings[binding.guard].type)
        elif binding.kind == "when" and isinstance(binding.expr, Case):
            condition = binding.expr.whens[0][0]
        elif binding.kind == "guard" or (binding.kind == "condition" and not self._withheld(binding)):
            condition = binding.expr
        elif binding.kind == "gate" and binding.row is not None:
            condition = self.bindings[binding.row].expr
        elif binding.kind == "when" and binding.guard is not None:
            condition = Ref(binding.guard, self.bindings[binding.guard].type)
        else:
            return None
        return self._tested(condition)

    def _tested(self, condition: Scalar) -> Test:
        """A condition with what it read, however many names it goes by."""
        while isinstance(condition, Ref) and condition.name in self.bindings:
            condition = self.bindings[condition.name].expr
        return test(condition, self.read)

    def _places(self, binding: Binding) -> int | None:
        """The places a value was rounded to: by its own step, or by the one that a gate was put over."""
        while binding.kind == "gate" and binding.of is not None:
            binding = self.bindings[binding.of]
        return binding.type.scale if binding.kind == "round" else None

    def _column(self, name: str) -> Node:
        kind = self._column_type(name)
        return Node(name, name, "value", "column", figure(self.values[name], kind))

    def _column_type(self, name: str) -> Type:
        for step in self.plan.steps:
            if isinstance(step, Scan):
                for full, (_, kind) in step.columns.items():
                    if full == name or full.replace("*", ".") == name:
                        return kind
        raise KeyError(name)

    def _inputs(self, binding: Binding) -> tuple[Node, ...]:
        if binding.kind == "aggregate" or self._withheld(binding):
            return ()
        if binding.kind in ("by", "choose", "curve", "tiers"):
            head = [binding.of] if binding.of else []
            taken = self._taken(binding)
            inner = self._reads(binding.rows[taken].value) if taken is not None else []
            names = [*head, *(self._tests(binding)), *inner]
        elif binding.kind == "gate" and binding.row is not None:
            names = self._reads(self.bindings[binding.row].expr)
        else:
            names = self._reads(binding.expr)
        skip = {binding.of} if binding.kind in _OVER_ANOTHER else set()
        return tuple(self.node(one) for one in dict.fromkeys(names) if one not in skip and self._shown(one))

    def _tests(self, binding: Binding) -> list[str]:
        """What the conditions of `choose` read, down to the row taken."""
        if binding.kind != "choose":
            return []
        taken = self._taken(binding)
        rows = binding.rows if taken is None else binding.rows[: taken + 1]
        return [name for row in rows if row.condition is not None for name in self._reads(row.condition)]

    def _reads(self, scalar: Scalar) -> list[str]:
        """The names that working out a scalar reads, in order: of branches, those down to the one taken."""
        match scalar:
            case Ref(name):
                return [name]
            case Op(_, args):
                return [name for arg in args for name in self._reads(arg)]
            case Case(whens, otherwise):
                found: list[str] = []
                for condition, value in whens:
                    found += self._reads(condition)
                    if self.read(condition) is True:
                        return found + self._reads(value)
                return found + (self._reads(otherwise) if otherwise is not None else [])
            case _:
                return []

    def _shown(self, name: str) -> bool:
        binding = self.bindings.get(name)
        return binding is None or binding.kind not in _HIDDEN

    def _taken(self, binding: Binding) -> int | None:
        row = self.values.get(binding.row) if binding.row else None
        return int(row) if isinstance(row, Fraction) else None

    def _rows(self, binding: Binding) -> tuple[RowSeen, ...]:
        taken = self._taken(binding)
        if taken is None and (binding.kind != "choose" or self._withheld(binding)):
            return ()
        seen: list[RowSeen] = []
        for index, row in enumerate(binding.rows):
            reached = taken is None or index <= taken
            checked = self._tested(row.condition) if reached and row.condition is not None else None
            earns = self._earns(binding, index, taken) if taken is not None else None
            seen.append(RowSeen(row.origin.text, row.head, row.origin, index == taken, checked, earns))
        return tuple(seen)

    def _earns(self, binding: Binding, index: int, taken: int) -> Figure | None:
        row = binding.rows[index]
        if binding.kind != "tiers":
            return figure(self.read(row.value), row.value.type) if index == taken else None
        if index < taken and row.full is not None:
            return figure(self.read(row.full), row.value.type)
        if index != taken:
            return None
        below = [self.read(one.full) for one in binding.rows[:taken] if one.full is not None]
        whole = self.read(row.value)
        assert isinstance(whole, Fraction)
        return figure(whole - sum((one for one in below if isinstance(one, Fraction)), Fraction(0)), row.value.type)

    def _fed(self, binding: Binding) -> Fed | None:
        if binding.kind != "aggregate" or binding.of is None:
            return None
        measure = self.measures[binding.of]
        table = self._table(measure)
        rows = self.fed.get(measure.name, ())
        step = next(one for one in self.plan.steps if isinstance(one, Aggregate) and measure in one.measures)
        kinds = self.schemas[step.input]
        keys = next((owner.keys for owner in self.plan.owners if owner.table == table), ())
        texts = tuple(
            " / ".join(key_text(row[f"{table}.{key}"], kinds[f"{table}.{key}"]) for key in keys) for row in rows
        )
        own = {f"{table}.{key}" for key in keys}
        cells = {
            name: name.removeprefix(f"{table}.")
            for name in kinds
            if not ("$" in name or "~" in name or (name in step.keys and name not in own))
        }
        listed = tuple(
            {label: figure(row[name], kinds[name]) for name, label in cells.items() if name in row} for row in rows
        )
        where = self.bindings.get(measure.where) if measure.where else None
        text = where.origin.text if where is not None and where.origin is not None else None
        made = dict.fromkeys(one for name in (measure.where, measure.arg) for one in self._computed(name))
        arg = self.bindings.get(measure.arg) if measure.arg else None
        places = arg.type.scale if arg is not None and arg.kind == "round" else None
        return Fed(table, text, len(rows), texts, listed, tuple(made), places)

    def _computed(self, name: str | None) -> Iterator[tuple[str, str, Origin]]:
        """The steps of the computed columns that a value of a row is made of, last step first."""
        binding = self.bindings.get(name) if name is not None else None
        if binding is None:
            return
        if binding.part == "column" and binding.kind not in _HIDDEN and binding.origin is not None:
            yield binding.item, binding.kind, binding.origin
        parts = [binding.expr, *(row.condition for row in binding.rows if row.condition is not None)]
        for read in dict.fromkeys([binding.of, binding.row, *(one for part in parts for one in _names_in(part))]):
            yield from self._computed(read)

    def _table(self, measure: Measure) -> str:
        step = next(one for one in self.plan.steps if isinstance(one, Aggregate) and measure in one.measures)
        counted = {one.step: one.table for one in self.plan.uncredited}
        return counted[step.name]


def _names_in(scalar: Scalar) -> Iterator[str]:
    """The names in a scalar, in order."""
    match scalar:
        case Ref(name):
            yield name
        case Op(_, args):
            yield from (name for arg in args for name in _names_in(arg))
        case Case(whens, otherwise):
            parts = [*(part for when in whens for part in when), *([otherwise] if otherwise is not None else [])]
            yield from (name for part in parts for name in _names_in(part))
        case _:
            return
