"""The plan as a whole: the steps, the results made of them, what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from fractions import Fraction

from kpirules.plan.ir.scalars import Origin
from kpirules.plan.ir.steps import Scan, Step
from kpirules.records import dataclass
from kpirules.values.types import Type
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Check:
    """A fault at run time: the bool binding `when` of the final relation must not be true for any row.

    Where two items are in conflict, `other` is the one beside `item`, and `other_origin` its place.
    """

    when: str
    code: str
    item: str
    origin: Origin | None
    other: str | None = None
    other_origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One figure of an item: which binding holds it (`actual`, `target`, `achievement`, `score`, `value`, …)."""

    name: str
    binding: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: words, or the figure of a binding, rounded for display; a ratio is held by the hundred."""

    text: str = ""
    binding: str | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """A text for those for whom the binding `when` holds."""

    when: str
    pieces: tuple[Piece, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the results: kind (`indicator`, `group`, `adjust`, `total`, `grade`, `pay`, …), its parts, its place.

    `parent` is the group or scorecard it stands in; `scorecard` is that scorecard, as groups of two may share a name.
    `tier1` names the bindings of tier 1 of the trace: `row`, the row taken; `limit`, the limits that cut any of its
    figures; `policy`, the missing policy used; `gate`, the gates that changed it; `left_out`, what left it out.
    """

    name: str
    kind: str
    title: str | None
    parts: tuple[Part, ...]
    origin: Origin | None
    parent: str | None = None
    weight: Fraction | None = None
    tier1: Mapping[str, str] = field(default_factory=dict)
    scorecard: str | None = None
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Rows of `table` that count for nobody: those of `step`.

    `row`, `subject` and `day` are columns of its relation: the place of the row in its table (`ROW`), the key of the
    subject that it names, and what places it in time.
    """

    table: str
    step: str
    row: str
    subject: str
    day: str


ROW = "$row"
"""What a scan may read beside a table's own columns: the place of each row in it, from 0. Engines add it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the data must keep, worked out before the results.

    `steps` make the relation `result`: the rows of `table` that break it, by the column `table.$row`. `message` is what
    the rules say of them, `columns` are those of the table that the demand reads.
    """

    message: str
    table: str
    columns: tuple[str, ...]
    origin: Origin
    steps: tuple[Step, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled scheme.

    `result` names the final relation: one row for each subject scored, with its `key` and every binding.
    `uncredited` are the rows of the period that no subject owns, `undated` those that are of no period. `keys` has, by
    table whose rows make figures, the columns that tell them apart. `counted` has, by table whose rows are counted or
    looked up, the columns of the result that say how many of them count for the subject: of several, the largest says
    it. `amounts` has, by table whose rows aggregates count, the columns of money that they read.
    """

    scheme: str
    title: str | None
    version: str
    period: Unit
    currency: str
    money_places: int
    language: str
    steps: tuple[Step, ...]
    result: str
    subject: str
    key: str
    key_type: Type
    items: tuple[Item, ...]
    checks: tuple[Check, ...]
    uncredited: tuple[Uncounted, ...]
    undated: tuple[Uncounted, ...]
    keys: Mapping[str, tuple[str, ...]]
    effective: tuple[date, date | None] | None = None
    demands: tuple[Demand, ...] = ()
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of_demand(self, demand: Demand) -> Plan:
        """A plan of its own for a demand, to which every row is a subject: it has no other results."""
        key, first = f"{demand.table}.{ROW}", demand.steps[0]
        assert isinstance(first, Scan)
        return replace(
            self,
            steps=demand.steps,
            result=demand.result,
            subject=demand.table,
            key=key,
            key_type=first.columns[key][1],
            items=(),
            checks=(),
            uncredited=(),
            undated=(),
            keys={},
            demands=(),
            counted={},
            amounts={},
        )

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)
