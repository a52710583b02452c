"""What is said of one step, one condition, one table of a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from kpirules.plan.ir import BY_ROWS, Origin
from kpirules.records import dataclass
from kpirules.source import catalogue
from kpirules.trace import figure_format
from kpirules.trace.conditions import CONVERSE
from kpirules.trace.tree import Called, Fed, Figure, Node, Test, Uncredited

LIMITS = ("at_most", "at_least")
"""The kinds of steps that are limits."""

_KEYS = 5
_WORDS = ("total", "grade", "active_days", "active_share")
_OPS = ("in", "not_in", "is_missing", "is_present")


@dataclass(frozen=True, slots=True)
class Wording:
    """Words in a language, figures in a currency of so many places."""

    lang: str
    currency: str
    places: int

    def word(self, key: str) -> str:
        """A single word of the catalogue."""
        return catalogue.word(key, self.lang)

    def say(self, key: str, **args: object) -> str:
        """A text of the catalogue, filled in."""
        return self.word(key).format(**args)

    def show(self, figure: Figure) -> str:
        """A figure as people read it."""
        return figure_format.shown(figure, self.currency, self.places, self.lang)

    def label(self, node: Node) -> str:
        """What an input is called."""
        return self.called(node.called)

    def called(self, called: Called) -> str:
        """What a value is called: its name, its text where it has none, the word of what every scheme has."""
        ident = called.ident
        if not called.is_named and called.origin is not None:
            return one_line(called.origin.text)
        if ident is None or ident.part == "column":
            return called.name
        said = ident.step or ident.part
        if said in ("weighted", "adjustments"):
            return self.word(said)
        if said in ("actual", "target", "achievement", "score", "total"):
            return f"{ident.item} {self.word(said)}"
        if said in ("value", "gate"):
            return self.word(ident.item) if ident.item in _WORDS else ident.item
        return f"{ident.item}.{said}"

    def told(self, node: Node, *, brief: bool) -> Iterator[tuple[str, Origin | None]]:
        """What a step did to its value, each line with its place; `brief` leaves out what changed nothing."""
        if node.withheld:
            return
        match node.kind:
            case "at_most" | "at_least":
                yield from self._limit(node, brief=brief)
            case "round":
                if node.before is not None and node.before.figure.value != node.figure.value:
                    before, after = self.show(node.before.figure), self.show(node.figure)
                    yield self.say("rounded", before=before, after=after), None
            case "policy":
                yield from self._policy(node)
            case "when":
                yield from self._when(node)
            case "condition" | "guard":
                yield from self._condition(node)
            case "gate":
                yield from self._gate(node)
            case "weighted":
                if (text := self.mean(node)) != (value := self.show(node.figure)):
                    yield self.say("is_value", text=text, value=value), node.origin
            case kind if kind in BY_ROWS:
                yield from self._table(node)
            case "quotient":
                parts = {side: self.word(side) for side in ("actual", "target")}
                value = self.show(node.figure)
                yield self.say("quotient", left=parts["actual"], right=parts["target"], value=value), node.origin
            case "value" if node.origin is not None and not _just_reads(node):
                text = one_line(node.origin.text)
                yield self.say("is_value", text=text, value=self.show(node.figure)), node.origin
            case _:
                return

    def mean(self, node: Node) -> str:
        """A mean by weight, as it is worked out: what is there by its weight, over the weights of what is there."""
        there = [part for part in node.inputs if part.name in node.weights and part.figure.value is not None]
        if not there:
            return self.word("missing")
        percents = {part.name: f"{figure_format.number(node.weights[part.name] * 100)}%" for part in there}
        whole = sum((node.weights[part.name] for part in there), Fraction(0))
        if len(node.weights) == 1:
            return self.show(node.figure)
        if len(there) == 1:
            return self.show(there[0].figure)
        points = " + ".join(f"{self.show(part.figure)} × {percents[part.name]}" for part in there)
        return points if whole == 1 else f"({points}) / {figure_format.number(whole * 100)}%"

    def _limit(self, node: Node, *, brief: bool) -> Iterator[tuple[str, Origin | None]]:
        if node.before is None or node.before.figure.value is None or node.origin is None:
            return
        limit = self.say(node.kind, bound=one_line(node.origin.text))
        if len(node.inputs) == 1:
            limit = self.say("limit_is", limit=limit, bound=self.show(node.inputs[0].figure))
        before, after = self.show(node.before.figure), self.show(node.figure)
        if before != after:
            yield self.say("cut", limit=limit, before=before, after=after), node.origin
        elif not brief:
            yield self.say("no_cut", limit=limit), node.origin

    def _policy(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.before is None or node.before.figure.value is not None or node.origin is None:
            return
        yield self.say("policy_used", policy=one_line(node.origin.text)), node.origin

    def _when(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.test is None or node.origin is None:
            return
        text = one_line(node.origin.text)
        if node.test.holds:
            yield self.say("when_holds", condition=text), node.origin
        else:
            test = self._beside(node.test)
            yield self.say("when_fails", condition=text, test=test, value=self.show(node.figure)), node.origin

    def _condition(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.test is None or node.origin is None:
            return
        key = "holds_for" if node.test.holds else "fails_for"
        yield self.say(key, condition=one_line(node.origin.text), test=self._beside(node.test)), node.origin

    def _gate(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.before is None:
            return
        before, after = self.show(node.before.figure), self.show(node.figure)
        key = "gate_quiet" if not node.tripped else "gate_same" if before == after else "gate_trips"
        why = self.say("because", reason=self.test(node.test)) if node.test is not None else ""
        yield self.say(key, gate=node.gate, before=before, after=after) + why, node.origin

    def _table(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        for row in node.rows:
            text = row.head if node.kind == "curve" else f"`{one_line(row.text)}`"
            if node.kind == "tiers" and row.earns is not None and not (row.taken and row is node.rows[0]):
                key = "band_rest" if row.taken else "band_full"
                yield self.say(key, row=text, value=self.show(row.earns)), row.origin
            elif row.taken:
                value = self.show(node.figure)
                yield self.say("row_gives", row=text, value=value), row.origin
            elif row.test is not None:
                test = self.test(row.test, named=node.kind == "choose")  # the rows of others are all about one value
                yield self.say("row_passed", row=text, test=test), row.origin
            if row.taken:
                return

    def _beside(self, test: Test) -> str:
        """A condition as it came out, beside its text: of one comparison, what has no name is not written again."""
        sides = (test.left_called, test.right_called)
        left, right = (side if side is not None and side.is_named else None for side in sides)
        return self.test(
            test if test.parts and test.op != "in" else replace(test, left_called=left, right_called=right)
        )

    def test(self, test: Test, *, named: bool = True) -> str:
        """A condition as it came out, with what it read; of an `and` or an `or`, the parts that decided it."""
        if test.parts and test.op != "in":
            told = [part for part in test.parts if part.holds is test.holds] if test.op != "not" else test.parts
            return f" {self.word('and')} ".join(self.test(part, named=named) for part in told or test.parts)
        if test.left is None:
            return self.word("false")
        left, right = self._side(test.left, test.left_called if named else None), ""
        if test.op == "value":
            return left
        op = test.op if test.holds else CONVERSE.get(test.op, test.op)
        if test.op == "is_missing" and test.left_called is not None:
            left = self.called(test.left_called)
        if test.right is not None:
            right = self._side(test.right, test.right_called if named else None)
        elif test.op == "in":
            right = self.word("comma").join(self.show(part.right) for part in test.parts if part.right is not None)
        return self.say("holds_not", left=left, op=self.word(op) if op in _OPS else op, right=right).rstrip()

    def _side(self, figure: Figure, called: Called | None) -> str:
        """One side of a comparison: the value, after its name."""
        return f"{self.called(called)} {self.show(figure)}" if called is not None else self.show(figure)

    def fed(self, fed: Fed) -> str:
        """The rows that an aggregate counted: how many, of which table, under which condition, the first keys."""
        key = {0: "no_row_of", 1: "one_row_of"}.get(fed.count, "rows_of")
        text = self.say(key, count=fed.count, table=fed.table)
        if fed.where:
            text += self.say("where", where=one_line(fed.where))
        keys = [key for key in fed.keys if key]
        text += self._keys(keys[:_KEYS], len(keys))
        if fed.absent:
            text += self.say("none_for", periods=self.word("comma").join(fed.absent))
        return text

    def uncredited(self, rows: Sequence[Uncredited], *, whole: bool) -> str:
        """Rows of a table that count for nobody, for one reason: how many, and the first of them, or all."""
        text = self.say("one_row_of" if len(rows) == 1 else "rows_of", count=len(rows), table=rows[0].table)
        text += self.say("because", reason=self.word(f"why_{rows[0].reason}"))
        shown = rows if whole else rows[:_KEYS]
        return text + self._keys([self._row(row) for row in shown], len(rows))

    def _row(self, row: Uncredited) -> str:
        name = row.key or self.say("row_number", row=row.row)
        return name if row.day is None else f"{name} {row.day.isoformat()}"

    def _keys(self, keys: Sequence[str], count: int) -> str:
        """The first keys of so many rows, and how many more there are."""
        text = f"{self.word('colon')}{self.word('comma').join(keys)}" if keys else ""
        return text + (self.say("more", count=count - len(keys)) if count > len(keys) else "")


def one_line(text: str) -> str:
    """The first line of a text of the rules; an ellipsis says that there is more."""
    first, _, rest = text.strip().partition("\n")
    line = re.sub(r"[ \t\u3000]+", " ", first.rstrip())
    return f"{line} …" if rest else line


def _just_reads(node: Node) -> bool:
    """Whether a value is no more than another one under its name: that one is told below it."""
    if len(node.inputs) != 1 or node.origin is None:
        return False
    read = node.inputs[0]
    return node.origin.text == read.name or (read.origin is not None and node.origin.text == read.origin.text)
