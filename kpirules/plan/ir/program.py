"""The plan as a whole: the steps, the results made of them, what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from fractions import Fraction

from kpirules.plan.ir.scalars import Origin
from kpirules.plan.ir.steps import Step
from kpirules.records import dataclass
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


SUBJECTS = "subjects"
UNCREDITED = "uncredited"
UNDATED = "undated"
BROKEN = "broken"
"""Purposes of outputs: a row for each subject scored; rows of the period that no subject owns; rows that are of no
period; rows that break what is required of them."""


@dataclass(frozen=True, slots=True)
class Output:
    """Rows that a run gives, for a purpose: those of `step`, in the order of its column `key`, which tells them apart.

    `table` is whose rows they are. `columns` has what each column is called in what is given, and in the step.
    """

    purpose: str
    table: str
    step: str
    key: str
    columns: tuple[tuple[str, str], ...]


ROW = "$row"
"""What a scan may read beside a table's own columns: the place of each row in it, from 0. Engines add it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the data must keep, worked out before the results.

    `steps` make the `output`: the rows of `table` that break it. `message` is what the rules say of them, `columns` are
    those of the table that the demand reads.
    """

    message: str
    table: str
    columns: tuple[str, ...]
    origin: Origin
    steps: tuple[Step, ...]
    output: Output


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled scheme.

    `outputs` are what a run of it gives. The first is the result: of a scheme, the subjects scored, of whose relation a
    run may ask for any binding. `subject` is the table of the subjects. `keys` has, by
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
    outputs: tuple[Output, ...]
    subject: str
    items: tuple[Item, ...]
    checks: tuple[Check, ...]
    keys: Mapping[str, tuple[str, ...]]
    effective: tuple[date, date | None] | None = None
    demands: tuple[Demand, ...] = ()
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def result(self) -> str:
        """The step of the result."""
        return self.outputs[0].step

    @property
    def key(self) -> str:
        """The column of the result that tells its rows apart."""
        return self.outputs[0].key

    def of_demand(self, demand: Demand) -> Plan:
        """The plan that gives the rows which break a demand, and nothing else."""
        return replace(
            self,
            steps=demand.steps,
            outputs=(demand.output,),
            items=(),
            checks=(),
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
