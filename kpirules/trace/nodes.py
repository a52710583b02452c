"""Each figure as a node: the step that made it, what it read and the rows of its rule."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from kpirules.engines import reference
from kpirules.engines.reference.scalars import reader
from kpirules.plan.ir import BY_ROWS, Binding, Case, Compute, Op, Origin, Plan, Ref, Scalar, Value
from kpirules.trace.conditions import figure, test
from kpirules.trace.contributing_rows import HIDDEN, ContributingRows
from kpirules.trace.tree import Called, Figure, Node, RowSeen, Test

_OVER_ANOTHER = ("at_most", "at_least", "round", "policy", "when", "gate")


class Nodes:
    """Makes nodes out of bindings and the values of one subject, each once."""

    def __init__(self, plan: Plan, params: Mapping[str, Value], traced: reference.ReferenceTrace) -> None:
        self.plan = plan
        self.params = params
        self.values = traced.values
        computes = [step for step in plan.steps if isinstance(step, Compute)]
        self.bindings = {binding.name: binding for step in computes for binding in step.bindings}
        self.contributing = ContributingRows(plan, self.bindings, traced.contributions, params)
        self.nodes: dict[str, Node] = {}

    def read(self, scalar: Scalar) -> Value:
        """The value of a scalar for the subject."""
        return reader(scalar, self.params)(dict(self.values))

    def node(self, name: str) -> Node:
        """The node of a binding, or of a column of the subject's row."""
        name = self.contributing.owned.get(name, name)
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
            binding.ident,
            binding.kind,
            figure(self.values[name], binding.type, self._places(binding)),
            binding.title,
            self._origin(binding),
            before,
            self._inputs(binding),
            self._rows(binding),
            self.contributing.of(binding),
            binding.weights,
            self.bindings[binding.row].item if binding.kind == "gate" and binding.row else None,
            self.values.get(binding.row) is True if binding.kind == "gate" and binding.row else None,
            self._condition(binding),
            self._withheld(binding),
        )

    def scorecard(self) -> Origin | None:
        """Where the subject's scorecard stands, where there are several."""
        rows = self.node("scorecard").rows if "scorecard" in self.bindings else ()
        return next((row.origin for row in rows if row.taken), None)

    def _origin(self, binding: Binding) -> Origin | None:
        """Where the rules say a binding; the plan has but one place for the totals of all scorecards."""
        if binding.item == "total" and binding.kind != "gate" and binding.origin is not None:
            return self.scorecard() or binding.origin
        return binding.origin

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
        """A condition with what it read, however many names it and its parts go by."""
        return test(condition, self.read, self._written, self._called)

    def _written(self, scalar: Scalar) -> Scalar:
        while isinstance(scalar, Ref) and scalar.name in self.bindings:
            scalar = self.bindings[scalar.name].expr
        return scalar

    def _called(self, scalar: Scalar) -> Called | None:
        """What a value is called that a condition reads; a known value, or one worked out in it, has no name."""
        if not isinstance(scalar, Ref):
            return None
        binding = self.bindings.get(scalar.name)
        if binding is None:  # a column: of the subject's own it is the bare name that rules write
            name = scalar.name.removeprefix(f"{self.plan.subject}.")
            return Called(name, None)
        return Called(scalar.name, binding.ident, binding.origin)

    def _places(self, binding: Binding) -> int | None:
        """The places a value was rounded to: by its own step, or by the one that a gate was put over."""
        while binding.kind == "gate" and binding.of is not None:
            binding = self.bindings[binding.of]
        return binding.type.scale if binding.kind == "round" else None

    def _column(self, name: str) -> Node:
        kind = next(columns[name] for columns in self.contributing.schemas.values() if name in columns)
        return Node(name, None, "column", figure(self.values[name], kind))

    def _inputs(self, binding: Binding) -> tuple[Node, ...]:
        if self._withheld(binding):
            return ()
        if binding.kind == "aggregate":
            names = self.contributing.read(binding)
        elif binding.kind in BY_ROWS:
            head = [binding.of] if binding.of else []
            taken = self._taken(binding)
            inner = self._reads(binding.rows[taken].value) if taken is not None else []
            names = [*head, *(self._tests(binding)), *inner]
        elif binding.kind == "gate" and binding.row is not None:
            names = self._reads(self.bindings[binding.row].expr)
        else:
            names = self._reads(binding.expr)
        skip = {binding.of} if binding.kind in _OVER_ANOTHER else set()
        return tuple(self.node(name) for name in dict.fromkeys(names) if name not in skip and self._shown(name))

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
                names: list[str] = []
                for condition, value in whens:
                    names += self._reads(condition)
                    if self.read(condition) is True:
                        return names + self._reads(value)
                return names + (self._reads(otherwise) if otherwise is not None else [])
            case _:
                return []

    def _shown(self, name: str) -> bool:
        binding = self.bindings.get(name)
        return binding is None or binding.kind not in HIDDEN

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
        below = [self.read(row.full) for row in binding.rows[:taken] if row.full is not None]
        whole = self.read(row.value)
        assert isinstance(whole, Fraction)
        return figure(
            whole - sum((amount for amount in below if isinstance(amount, Fraction)), Fraction(0)), row.value.type
        )
