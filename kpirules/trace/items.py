"""The items of one subject's results, each with the nodes of its figures."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from enum import Enum

from kpirules.plan.ir import Advice, Ident, Item, Plan
from kpirules.source import Diagnostic, Fault, Note
from kpirules.trace.contributing_rows import HIDDEN
from kpirules.trace.figure_format import shown
from kpirules.trace.nodes import Nodes
from kpirules.trace.tree import Figure, ItemTrace, Said
from kpirules.values.units import Unit


class BuiltIn(Enum):
    """What every scheme has, under its word in the catalogue."""

    TOTAL = "total"
    GRADE = "grade"
    SCORECARD = "scorecard"
    ACTIVE_DAYS = "active_days"
    ACTIVE_SHARE = "active_share"
    TOTAL_PAY = "total_pay"


_WORDS = {builtin.value: builtin for builtin in BuiltIn}


def _called(item: Item) -> str:
    """What an item is asked for by."""
    return item.title or item.name if item.kind == "ensure" else item.name


class Items:
    """Makes the traces of items out of the nodes of one subject."""

    def __init__(self, plan: Plan, nodes: Nodes) -> None:
        self.plan = plan
        self.nodes = nodes

    def traces(self, asked: str | None) -> Iterator[ItemTrace]:
        """Those of the subject's results, or the one that was asked for by its name or title.

        Raises:
            Fault: there is no such item (KPI741).
        """
        mine = [item for item in self.plan.items if self._mine(item)]
        if asked is None:
            paid = [item for item in mine if item.kind == "pay"]
            for item in mine:
                yield self._item(item)
                if len(paid) > 1 and item is paid[-1]:
                    yield self._other(BuiltIn.TOTAL_PAY.value)
            return
        named = [item for item in mine if asked in (item.name, item.title)]
        if named:
            yield from (self._item(item) for item in named)
            return
        if asked in self.nodes.bindings:
            yield self._other(asked)
            return
        own = {item.name for item in mine}
        names = [*(_called(item) for item in mine), *(name for name in self._others() if name not in own)]
        close = get_close_matches(asked, names, 1)
        some = [_WORDS.get(name, name) for name in dict.fromkeys(names)]
        note = Note("similar", {"similar": close[0]}) if close else Note("some", {"some": some})
        raise Fault([Diagnostic("KPI741", None, {"item": asked}, helps=(note,))])

    def _other(self, name: str) -> ItemTrace:
        """What is no item of its own in the results: the scorecard, a gate, a definition, the total pay."""
        node = self.nodes.node(name)
        kind = "scorecard" if name == "scorecard" else "gate" if node.part == "gate" else "define"
        return ItemTrace(name, kind, node.title, None, None, node.origin, {"value": node})

    def _others(self) -> Iterator[str]:
        """What else can be explained: the scorecard, gates and definitions."""
        for name, binding in self.nodes.bindings.items():
            ident, kind = binding.ident, binding.kind
            value = ident == Ident(ident.item, "value") and kind not in HIDDEN
            if value or (ident == Ident(ident.item, "gate") and kind == "guard"):
                yield name

    def _mine(self, item: Item) -> bool:
        """Whether an item is the subject's: of its scorecard, or outside any."""
        return item.scorecard is None or item.scorecard == self.nodes.values.get("scorecard")

    def _item(self, item: Item) -> ItemTrace:
        parts = {part.name: self.nodes.node(part.binding) for part in item.parts}
        advice = tuple(self._said(advice) for advice in item.advice if self.nodes.values[advice.when] is True)
        origin = self.nodes.scorecard() or item.origin if item.kind == "total" else item.origin
        return ItemTrace(item.name, item.kind, item.title, item.parent, item.weight, origin, parts, advice)

    def _said(self, advice: Advice) -> Said:
        """A text of the rules in their language, its figures as results show them."""
        plan = self.plan
        texts = [piece.text for piece in advice.pieces]
        for index, piece in enumerate(advice.pieces):
            if piece.binding is not None and piece.unit is not None:
                unit = Unit.NUMBER if piece.unit is Unit.RATIO else piece.unit
                value = self.nodes.values[piece.binding]
                texts[index] = shown(Figure(value, unit), plan.currency, plan.money_places, plan.language)
                texts[index] += "%" if piece.unit is Unit.RATIO and value is not None else ""
        return Said("".join(texts), advice.origin)
