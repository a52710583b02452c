"""What the steps and figures of a plan are called in its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace

from kpirules.plan.ir import BY_ROWS, ROW, Binding, Compute, Filter, Gather, Plan, Scan, Step, names_in
from kpirules.plan.shares import OF_ENTRY, OF_GROUP
from kpirules.plan.text_scalars import Wording
from kpirules.records import dataclass
from kpirules.values.units import Unit

_OWN = ("active_days", "active_share", "total_pay", "scorecard")
"""Figures of the language that have a name in any scheme; no rule can take it."""

_RESULTS = ("total", "grade")

_OF_GROUP = dict(zip(OF_GROUP, OF_ENTRY, strict=True))
"""The steps of a group, which may be called as an indicator is."""


@dataclass(slots=True)
class Names:
    """Names for one run of steps, which are numbered from `first`.

    `unsaid` are the bindings that only traces read, `by_rows` those that are told by the rows of their rule. `untold`
    are items that are called by their text, `results` those that every scheme calls alike.
    """

    plan: Plan
    steps: Sequence[Step]
    first: int
    words: Wording
    unsaid: frozenset[str] = field(init=False)
    by_rows: frozenset[str] = field(init=False)
    results: frozenset[str] = field(init=False)
    untold: frozenset[str] = field(init=False)
    scans: frozenset[str] = field(init=False)
    _steps: dict[str, str] = field(init=False, default_factory=dict)
    _names: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        bindings = [binding for step in self.steps if isinstance(step, Compute) for binding in step.bindings]
        self.by_rows = frozenset(binding.name for binding in bindings if binding.kind in BY_ROWS and binding.rows)
        self.unsaid = self._unsaid(bindings)
        self.results = frozenset(item.kind for item in self.plan.items if item.kind in _RESULTS)
        self.untold = frozenset(item.name for item in self.plan.items if item.kind == "ensure")
        self.scans = frozenset(step.name for step in self.steps if isinstance(step, Scan))
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
                        self._names[name] = name if step.source in self.scans else self._names[column]
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
        for binding in step.bindings:
            if self._is_named(binding) and binding.name not in self.unsaid:
                self._names[binding.name] = self._named(binding)
            elif binding.name not in self.unsaid:
                nth += 1
                self._names[binding.name] = f"{number}.{nth}"

    def _is_named(self, binding: Binding) -> bool:
        return binding.ident.has_name and binding.item not in self.untold

    def _named(self, binding: Binding) -> str:
        ident = binding.ident
        if ident.step in _OF_GROUP:
            return f"{self.words.say('group')} {ident.item}.{self.words.part(_OF_GROUP[ident.step])}"
        whole = replace(ident, part="value", step=None)
        if ident == whole and (ident.item in _OWN or ident.item in self.results):
            return self.words.say(ident.item)
        if ident.step is None and ident.part in ("value", "gate", "column"):
            return whole.name
        return f"{whole.name}.{self.words.part(ident.step if isinstance(ident.step, str) else ident.part)}"

    def _unsaid(self, bindings: Sequence[Binding]) -> frozenset[str]:
        """Marks, and which row is taken where the rows are told: but for what others read."""
        rows = {binding.row for binding in bindings if binding.name in self.by_rows}
        unsaid = {
            binding.name
            for binding in bindings
            if (binding.kind == "mark" and binding.type.unit is Unit.TEXT) or binding.name in rows
        }
        while True:
            read = {name for binding in bindings if binding.name not in unsaid for name in self._read(binding)}
            if not read & unsaid:
                return frozenset(unsaid)
            unsaid -= read

    def _read(self, binding: Binding) -> Iterator[str]:
        if binding.guard is not None:
            yield binding.guard
        for scalar in [row.value for row in binding.rows] if binding.name in self.by_rows else [binding.expr]:
            yield from names_in(scalar)
