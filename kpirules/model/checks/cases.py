"""The cases that conditions speak of: which of them a row of `choose` takes, and what it leaves to the rows below.

A case is a box: for some values, each on its axis, the part of the axis where the value lies. Whatever cannot be placed
on an axis of its own is one by itself, true or false. Values are taken to be independent of each other, so a case may
stand for nobody; one that is not there is there for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from fractions import Fraction

from kpirules.model.analysis import presence, unfolding
from kpirules.model.checks.intervals import Interval, Line, line, number
from kpirules.model.expr import Absent, Among, Bin, Expr, Known, Not
from kpirules.model.traversal import known, walk
from kpirules.model.workspace import Workspace
from kpirules.records import dataclass
from kpirules.values.units import Unit

MOST = 128
"""How many cases are told apart at once; what takes more is not decided."""

Key = tuple[object, ...]
Part = Collection[object]
"""Intervals of a line, or values of a list: the keys of a dict, so that each is soon found."""

Case = Mapping[Key, Part]
"""What is not mentioned may be anything."""

OTHER = object()
"""Any text that no condition names."""

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_NOT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_ORDERS = {"<": "<", "<=": "<=", ">": ">", ">=": "=>", "=": "=", "!=": "<>"}
"""How two values that are not known may stand to each other, as one character each."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The values that one thing may have: on a `line`, or in a list. `shown` is what has them, as a person wrote it."""

    line: Line | None
    domain: tuple[object, ...]
    shown: Expr | None = None
    _places: Mapping[object, int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {value: nth for nth, value in enumerate(self.domain)})

    def common(self, first: Part, other: Part) -> Part:
        """What lies in both parts."""
        if self.line is not None:
            return self.line.common(intervals(first), intervals(other))
        few, many = (first, other) if len(first) < len(other) else (other, first)
        return dict.fromkeys(sorted((value for value in few if value in many), key=self._places.__getitem__))

    def without(self, whole: Part, other: Part) -> Part:
        """What lies in `one` and not in `other`."""
        if self.line is not None:
            return self.line.without(intervals(whole), intervals(other))
        left = dict.fromkeys(whole)
        for value in other:
            left.pop(value, None)
        return left

    def whole(self) -> Part:
        """All of it."""
        return self.line.whole() if self.line is not None else self._places


def intervals(part: Part) -> list[Interval]:
    """A part of a line."""
    return [interval for interval in part if isinstance(interval, Interval)]


@dataclass(slots=True)
class Space:
    """The axes that some conditions speak of; each is found when it is first met."""

    ws: Workspace
    named: dict[Key, dict[object, None]] = field(default_factory=dict)
    axes: dict[Key, Axis] = field(default_factory=dict)

    def key(self, node: Expr) -> Key:
        """What an axis goes by: the expression, whatever names it has."""
        return presence.key_of(self.ws, node)

    def meet(self, node: Expr, deep: int = unfolding.DEEPEST) -> None:
        """Take in the texts that a condition names."""
        for part in walk(node):
            behind = unfolding.behind(self.ws, part) if deep else None
            if behind is not None:
                self.meet(behind, deep - 1)
            match part:
                case Among():
                    values = self.named.setdefault(self.key(part.operand), {})
                    values |= dict.fromkeys(value.value for value in part.values)
                case Bin(op="=" | "!="):
                    for named, other in ((part.left, part.right), (part.right, part.left)):
                        if (value := known(other)) is not None:
                            self.named.setdefault(self.key(named), {})[value] = None
                case _:
                    pass

    def cases(self, node: Expr, *, holds: bool = True, deep: int = unfolding.DEEPEST) -> list[Case] | None:
        """The cases in which a condition holds (or, with `holds` false, does not); None where they are too many."""
        behind = unfolding.behind(self.ws, node) if deep else None
        if behind is not None:
            return self.cases(behind, holds=holds, deep=deep - 1)
        match node:
            case Not():
                return self.cases(node.operand, holds=not holds, deep=deep)
            case Bin(op="and" | "or"):
                left, other = (self.cases(part, holds=holds, deep=deep) for part in (node.left, node.right))
                if left is None or other is None:
                    return None
                combined = self.common(left, other) if (node.op == "and") is holds else [*left, *other]
                return combined if len(combined) <= MOST else None
            case _:
                value = known(node)
                if isinstance(value, bool):
                    return [{}] if value is holds else []
                key, part = self._atom(node, holds=holds)
                return [{key: part}] if part else []

    def common(self, cases: Iterable[Case], other: Iterable[Case]) -> list[Case]:
        """The cases that lie in both."""
        others = list(other)
        met = (self._meet(a, b) for a in cases for b in others)
        return [case for case in met if case is not None]

    def without(self, cases: list[Case], cuts: Iterable[Case]) -> list[Case]:
        """What is left of some cases, apart from each other, once the cuts are taken out."""
        for cut in cuts:
            cases = [left for case in cases for left in self._cut(case, cut)]
        return cases

    def _meet(self, case: Case, other: Case) -> Case | None:
        parts = dict(case)
        for key, part in other.items():
            parts[key] = self.axes[key].common(case[key], part) if key in case else part
            if not parts[key]:
                return None
        return parts

    def _cut(self, case: Case, cut: Case) -> list[Case]:
        if self._meet(case, cut) is None:
            return [case]
        left: list[Case] = []
        inside = dict(case)
        for key, part in cut.items():
            axis = self.axes[key]
            here = inside.get(key, axis.whole())
            outside = axis.without(here, part)
            if outside:
                left.append({**inside, key: outside})
            inside[key] = axis.common(here, part)
        return left

    def _atom(self, node: Expr, *, holds: bool) -> tuple[Key, Part]:
        match node:
            case Absent():
                key: Key = ("absent", self.key(node.operand))
                self.axes.setdefault(key, Axis(None, (True, False)))
                return key, {holds is not node.negated: None}
            case Among():
                values = [value for listed in node.values if (value := known(listed)) is not None]
                return self._placed(node.operand, values, negated=node.negated is holds)
            case Bin(op="=" | "!=" | "<" | "<=" | ">" | ">=", left=left, right=right):
                op = node.op if holds else _NOT[node.op]
                if (value := known(left)) is not None:
                    return self._compared(_FLIPPED[op], right, value)
                if (value := known(right)) is not None:
                    return self._compared(op, left, value)
                key = ("order", self.key(left), self.key(right))
                self.axes.setdefault(key, Axis(None, ("<", "=", ">")))
                return key, dict.fromkeys(_ORDERS[op])
            case _:
                return self._placed(node, [holds], negated=False)

    def _compared(self, op: str, node: Expr, value: Known) -> tuple[Key, Part]:
        axis = self._axis(node)
        if axis.line is None:
            return self._placed(node, [value], negated=op == "!=")
        assert isinstance(value, Fraction | date)
        return self.key(node), axis.line.where(op, number(value))

    def _placed(self, node: Expr, values: Sequence[Known], *, negated: bool) -> tuple[Key, Part]:
        axis = self._axis(node)
        part: Part = dict.fromkeys(values)
        if axis.line is not None:
            numbers = [number(value) for value in values if isinstance(value, Fraction | date)]
            part = [interval for value in numbers for interval in axis.line.where("=", value)]
        return self.key(node), axis.without(axis.whole(), part) if negated else axis.common(axis.whole(), part)

    def _axis(self, node: Expr) -> Axis:
        key, type_ = self.key(node), node.type
        if key not in self.axes:
            if type_.unit.numeric or type_.unit is Unit.DATE:
                self.axes[key] = Axis(line(type_), (), node)
            elif type_.unit is Unit.BOOL:
                self.axes[key] = Axis(None, (True, False), node)
            else:
                rest = () if type_.domain and not type_.presumed else (OTHER,)
                texts = dict.fromkeys((*(type_.domain or ()), *self.named.get(key, {}), *rest))
                self.axes[key] = Axis(None, tuple(texts), node)
        return self.axes[key]
