"""What the steps and figures of a plan are called in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from kpirules.plan.ir import BY_ROWS, ROW, Binding, Compute, Filter, Gather, Plan, Scan, Step, names_in
from kpirules.plan.text_scalars import Wording
from kpirules.records import dataclass
from kpirules.values.units import Unit

_NAMED = re.compile(r"[^\s~$*]+")
"""What the rules, or the language, have a name for; whatever lowering adds has another sign in its name."""

_OF_GROUP = re.compile(r"(\S+) group\.(\w+)")
"""A figure of a group, which may be called as an indicator is."""

_OWN = ("active_days", "active_share", "total_pay", "scorecard")
"""Figures of the language that have a name in any scheme; no rule can take it."""

_RESULTS = ("total", "grade")


@dataclass(slots=True)
class Names:
    """Names for one run of steps, which are numbered from `first`.

    `unsaid` are the bindings that only traces read, `by_rows` those that are told by the rows of their rule.
    """

    plan: Plan
    steps: Sequence[Step]
    first: int
    words: Wording
    unsaid: frozenset[str] = field(init=False)
    by_rows: frozenset[str] = field(init=False)
    _steps: dict[str, str] = field(init=False, default_factory=dict)
    _names: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        bindings = [one for step in self.steps if isinstance(step, Compute) for one in step.bindings]
        self.by_rows = frozenset(one.name for one in bindings if one.kind in BY_ROWS and one.rows)
        self.unsaid = self._unsaid(bindings)
        for nth, step in enumerate(self.steps, self.first):
            self._steps[step.name] = f"#{nth}"

    def step(self, name: str) -> str:
        """The number of the step of that name."""
        return self._steps[name]

    def shown(self, name: str) -> str:
        """What a figure is called: by its name, or by the step that makes it and its number there."""
        return self._names[name]

    def begin(self, step: Step) -> None:
        """Name what a step makes; from here on a name that an earlier one has made too means this step's."""
        number = self.step(step.name)
        match step:
            case Scan(_, table, columns):
                for name, (column, _) in columns.items():
                    own = name == f"{table}.{column}" and column != ROW
                    self._names[name] = name if own else f"{number}.{self._column(column)}"
            case Gather():
                for name, column in step.take.items():
                    if name != column:
                        self._names[name] = name if _NAMED.fullmatch(name) else self._names[column]
                for nth, measure in enumerate(step.measures, 1):
                    self._names[measure.name] = f"{number}.{nth}"
            case Compute():
                self._bindings(step, number)
            case Filter():
                pass

    def _column(self, column: str) -> str:
        return self.words.say("row") if column == ROW else column

    def _bindings(self, step: Compute, number: str) -> None:
        nth = 0
        for one in step.bindings:
            if _NAMED.fullmatch(one.name) and one.name not in self.unsaid:
                self._names[one.name] = self._named(one)
            elif (group := _OF_GROUP.fullmatch(one.name)) is not None:
                self._names[one.name] = f"{self.words.say('group')} {group[1]}.{self.words.part(group[2])}"
            elif one.name not in self.unsaid:
                nth += 1
                self._names[one.name] = f"{number}.{nth}"

    def _named(self, one: Binding) -> str:
        kinds = {item.kind for item in self.plan.items}
        if one.name in _OWN or (one.name in _RESULTS and one.name in kinds):
            return self.words.say(one.name)
        owner, dot, part = one.name.rpartition(".")
        return f"{owner}.{self.words.part(part)}" if dot else one.name

    def _unsaid(self, bindings: Sequence[Binding]) -> frozenset[str]:
        """Marks, and which row is taken where the rows are told: but for what others read."""
        rows = {one.row for one in bindings if one.name in self.by_rows}
        found = {
            one.name for one in bindings if (one.kind == "mark" and one.type.unit is Unit.TEXT) or one.name in rows
        }
        while True:
            read = {name for one in bindings if one.name not in found for name in self._read(one)}
            if not read & found:
                return frozenset(found)
            found -= read

    def _read(self, one: Binding) -> Iterator[str]:
        if one.guard is not None:
            yield one.guard
        for scalar in [row.value for row in one.rows] if one.name in self.by_rows else [one.expr]:
            yield from names_in(scalar)
