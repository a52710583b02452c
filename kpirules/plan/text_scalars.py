"""The words of a plan, and scalars written with them as expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from kpirules.plan.ir import Case, Const, Op, Param, Ref, Scalar, Value
from kpirules.records import dataclass
from kpirules.source import catalogue
from kpirules.values.rounding import Mode, numeral
from kpirules.values.units import Unit

_SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "×",
    "div": "÷",
    "eq": "=",
    "ne": "≠",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
}
_WORDS = ("and", "or", "coalesce", "at_most", "at_least", "over")
"""Operators that are words between their arguments."""

_AFTER = ("is_missing",)
_ROUNDING = ("round", "floor", "ceil")
_PARTS = frozenset(
    {"actual", "target", "achievement", "score", "value", "weight", "effective_weight", "points"}
    | {"weighted", "adjustments", "applies", "present", "there"}
)
"""Parts of items that lowering names, and the catalogue."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words that a plan is told with, in a language; their keys in the catalogue begin with `plan_`."""

    lang: str

    def say(self, key: str, /, **args: object) -> str:
        """A word, or a text filled in."""
        return catalogue.word(f"plan_{key}", self.lang).format(**args)

    def unit(self, unit: Unit) -> str:
        """What a figure is."""
        return self.say(unit.value)

    def part(self, name: str) -> str:
        """A part of an item; one that is not known is its own word."""
        return self.say(f"part_{name}") if name in _PARTS else name

    def list(self, texts: Iterable[str]) -> str:
        """Several, with commas between."""
        return catalogue.word("comma", self.lang).join(texts)

    def scalar(self, node: Scalar, shown: Callable[[str], str]) -> str:
        """A scalar as an expression; whatever has parts stands in brackets inside another. `shown` gives names."""
        match node:
            case Ref(name):
                return shown(name)
            case Param(name):
                return self.say(name)
            case Const(value):
                return self._constant(value)
            case Case(whens, otherwise):
                rows = [
                    self.say("case_when", when=self.scalar(when, shown), then=self.scalar(then, shown))
                    for when, then in whens
                ]
                last = self.say("missing") if otherwise is None else self.scalar(otherwise, shown)
                return self.say("case_apart").join([*rows, self.say("case_else", otherwise=last)])
            case Op():
                return self._op(node, shown)

    def _op(self, node: Op, shown: Callable[[str], str]) -> str:
        if node.op in _SIGNS or node.op in _WORDS:
            sign = _SIGNS[node.op] if node.op in _SIGNS else self.say(node.op)
            return f" {sign} ".join(self._inner(arg, shown) for arg in node.args)
        if node.op in _AFTER:
            return f"{self._inner(node.args[0], shown)} {self.say(node.op)}"
        args = [self.scalar(arg, shown) for arg in node.args]
        if node.op == "in":
            return f"{self._inner(node.args[0], shown)} {self.say('in')} {self.list(args[1:])}"
        if node.op in _ROUNDING:
            args.append(str(node.places))
            if node.op == "round" and node.mode is Mode.EVEN:
                args.append(self.say("half_even"))
        return f"{self.say(node.op)}({', '.join(args)})"

    def _inner(self, node: Scalar, shown: Callable[[str], str]) -> str:
        text = self.scalar(node, shown)
        apart = isinstance(node, Op) and (node.op in _SIGNS or node.op in (*_WORDS, *_AFTER, "in"))
        return f"({text})" if apart or isinstance(node, Case) else text

    def _constant(self, value: Value) -> str:
        match value:
            case None:
                return self.say("missing")
            case bool():
                return self.say("true" if value else "false")
            case str():
                return f'"{value}"'
            case date():
                return value.isoformat()
            case _:
                return numeral(value)
