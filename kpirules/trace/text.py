"""The trace as text, on one screen: what an auditor would want to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kpirules.plan.ir import NOT_ASKED, Origin
from kpirules.source.catalogue import word
from kpirules.trace import figures
from kpirules.trace.conditions import CONVERSE
from kpirules.trace.tree import Fed, Figure, ItemTrace, LeftOut, Node, Test, Trace
from kpirules.values.units import Unit

_KEYS = 5
_TABLES = ("by", "choose", "curve", "tiers")
_LIMITS = ("at_most", "at_least")
_WORDS = ("total", "grade", "active_days", "active_share")
_OPS = ("in", "not_in", "is_missing", "is_present")
_CALLED = ("adjust", "pay", "component", "outcome", "ensure", "gate")
"""Kinds that are told before the name."""
_GROUPED = ("indicator", "group", "adjust")


def render(trace: Trace, lang: str, *, colour: bool = False, rows: bool = False) -> str:
    """The trace as lines, each with the rule's place at its end; `rows` lists every data row that was counted."""
    page = _Page(trace, lang, rows)
    page.heading()
    for item in trace.items:
        page.item(item)
    page.line(0, "")
    if trace.left_out is not None:
        page.absence(trace.left_out)
    else:
        page.line(0, page.say("checked", count=trace.checked))
    return page.text(colour=colour)


@dataclass(slots=True)
class _Page:
    """Lines in the making: (depth, text, place)."""

    trace: Trace
    lang: str
    rows: bool
    lines: list[tuple[int, str, str]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def say(self, key: str, **args: object) -> str:
        return word(key, self.lang).format(**args)

    def show(self, one: Figure) -> str:
        return figures.shown(one, self.trace.currency, self.trace.money_places, self.lang)

    def line(self, depth: int, text: str, origin: Origin | None = None) -> None:
        self.lines.append((depth, text, f"{origin.file}:{origin.line}" if origin is not None else ""))

    def text(self, *, colour: bool) -> str:
        dim, plain = ("\x1b[2m", "\x1b[0m") if colour else ("", "")
        return "\n".join(
            f"{'  ' * depth}{text}{f'  {dim}[{place}]{plain}' if place else ''}".rstrip()
            for depth, text, place in self.lines
        )

    # ------------------------------------------------------------ heading and items

    def heading(self) -> None:
        trace = self.trace
        names = " ".join(str(one.value) for one in trace.named[:2])
        title = f" “{trace.title}”" if trace.title else ""
        self.line(0, f"{trace.subject} {names}".rstrip() + f" · {trace.period} · {trace.scheme}{title} {trace.version}")
        if trace.scorecard is not None:
            self.line(0, f"{word('scorecard', self.lang)} {trace.scorecard}")

    def absence(self, one: LeftOut) -> None:
        self.line(0, self.say(one.reason, period=self.trace.period), one.origin)
        if one.origin is not None and one.reason == NOT_ASKED:
            self.line(1, _one_line(one.origin.text))
        for name, cell in one.read.items():
            self.line(1, f"{name} {self.show(cell)}")

    def item(self, item: ItemTrace) -> None:
        depth = self._depth(item)
        main = item.parts.get("score") or item.parts["value"]
        self.line(0, "") if depth == 0 else None
        self.line(depth, self._head(item, main), item.origin)
        if self.trace.asked is None:
            self._brief(item, main, depth + 1)
        else:
            self._whole(item, depth + 1)
        for said in item.advice:
            self.line(depth + 1, self.say("advice", text=said.text), said.origin)

    def _depth(self, item: ItemTrace) -> int:
        if self.trace.asked is not None or item.kind not in _GROUPED:
            return 0
        groups = {one.name for one in self.trace.items if one.kind == "group"}
        return 2 if item.parent in groups else 1

    def _head(self, item: ItemTrace, main: Node) -> str:
        kind = word(item.kind, self.lang) if item.kind in _CALLED else ""
        if item.kind == "ensure":
            return f"{kind} “{item.title}”: {self._kept(main)}"
        name = word(item.name, self.lang) if item.kind in ("total", "grade", "scorecard") else item.name
        title = f" “{item.title}”" if item.title else ""
        weight = f" {figures.number(item.weight * 100)}%" if item.weight is not None else ""
        effective = item.parts.get("effective_weight")
        if effective is not None and effective.figure.value not in (None, 0, item.weight):
            weight += self.say("counts", weight=self.show(replace(effective.figure, unit=Unit.RATIO)))
        value = self.show(main.figure)
        if main.withheld:
            value = word("not_for", self.lang)
        elif main.figure.value is None and item.kind == "indicator":
            value = word("left_out", self.lang)
        return f"{f'{kind} ' if kind else ''}{name}{title}{weight}: {value}"

    def _kept(self, main: Node) -> str:
        """Whether what results must keep is kept."""
        if main.withheld:
            return word("not_for", self.lang)
        return word("kept" if main.figure.value is True else "broken", self.lang)

    def _brief(self, item: ItemTrace, main: Node, depth: int) -> None:
        """An item in a few lines: its figures, the row taken, what cut, the rows that fed it."""
        shown = [part for part in ("actual", "target", "achievement") if part in item.parts]
        if shown:
            figures_ = [f"{word(part, self.lang)} {self.show(item.parts[part].figure)}" for part in shown]
            self.line(depth, " · ".join(figures_))
        if main.withheld and main.test is not None:
            self.line(depth, self.say("not_for_why", test=self._test(main.test)))
            return
        if item.kind == "total":
            self._sums(_chain(main)[0], depth)
        for node in _chain(main):
            self._step(node, depth, brief=True)
        if item.kind in ("group", "total"):
            return
        if item.kind in ("pay", "component"):
            self._reads(_chain(main)[0], depth)
        for part in (*(item.parts[one] for one in shown), main):
            for one in _fed(part):
                if one.name not in self.told:
                    self.told.add(one.name)
                    self._rows_fed(one, depth)

    def _reads(self, node: Node, depth: int) -> None:
        """What a formula read, each with its value; aggregates are told with their rows."""
        told = [f"{_label(one, self.lang)} {self.show(one.figure)}" for one in node.inputs if one.kind != "aggregate"]
        if told:
            self.line(depth, " · ".join(told))

    def _sums(self, node: Node, depth: int) -> None:
        """What the total was added up from, or what its own rule made of that."""
        for read in node.inputs:
            if read.part == "total":
                self._own_total(read, depth)
                continue
            text = self._mean(read) if read.kind == "weighted" else _label(read, self.lang)
            if read.figure.value is not None and text != self.show(read.figure):
                self.line(depth, self.say("is_value", text=text, value=self.show(read.figure)))

    def _own_total(self, node: Node, depth: int) -> None:
        """The weighted score, the adjustments and whatever else a scorecard's rule read, then its steps."""
        if node.withheld:
            return
        steps = _chain(node)
        reads = {read.name: read for step in steps for read in step.inputs if "~" not in read.name}
        for read in reads.values():
            if read.kind == "weighted":
                self.line(depth, self._weighted(read))
            elif read.kind != "aggregate":
                self.line(depth, self.say("is_value", text=_label(read, self.lang), value=self.show(read.figure)))
        for step in steps:
            self._step(step, depth, brief=True)

    def _weighted(self, node: Node) -> str:
        name, mean, value = word("weighted", self.lang), self._mean(node), self.show(node.figure)
        text = f"{name} = {mean}"
        return text if mean == value else self.say("is_value", text=text, value=value)

    def _whole(self, item: ItemTrace, depth: int) -> None:
        """An item step by step, each figure with what it was made of."""
        for part, node in item.parts.items():
            if part in ("points", "effective_weight"):
                continue
            if node.withheld and node.test is not None:
                self.line(depth, self.say("not_for_why", test=self._test(node.test)))
                continue
            self.told.add(node.name)
            if len(item.parts) > 1:
                self.line(depth, f"{word(part, self.lang)}: {self.show(node.figure)}")
                self._story(node, depth + 1)
            else:
                self._story(node, depth)

    # ------------------------------------------------------------ steps

    def _story(self, node: Node, depth: int) -> None:
        """The steps to a value, first to last, each with the values it read below it."""
        for one in _chain(node):
            self._step(one, depth, brief=False)
            for read in one.inputs:
                self._input(read, depth + 1)

    def _input(self, node: Node, depth: int) -> None:
        if node.kind == "aggregate":
            if node.name in self.told:
                return
            self.told.add(node.name)
            self._rows_fed(node, depth)
            return
        told = node.name in self.told
        self.told.add(node.name)
        label = _label(node, self.lang)
        note = f"  {word('above_said', self.lang)}" if told and (node.inputs or node.before or node.rows) else ""
        self.line(depth, f"{label} = {self.show(node.figure)}{note}", None if told else node.origin)
        if not told and not _of_results(node):
            self._story_of_input(node, depth + 1)

    def _story_of_input(self, node: Node, depth: int) -> None:
        """What made a value that another one read; a plain formula was told in its own line."""
        for one in _chain(node):
            if one.kind not in ("value", "column"):
                self._step(one, depth, brief=False)
            for read in one.inputs:
                self._input(read, depth)

    def _step(self, node: Node, depth: int, *, brief: bool) -> None:
        told = list(self._told(node, brief=brief))
        if brief and node.kind in _TABLES and len(told) > 1:
            told = [("; ".join(text for text, _ in told), told[-1][1])]
        for text, origin in told:
            self.line(depth, text, origin)

    def _told(self, node: Node, *, brief: bool) -> Iterator[tuple[str, Origin | None]]:
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
                if (text := self._mean(node)) != (value := self.show(node.figure)):
                    yield self.say("is_value", text=text, value=value), node.origin
            case kind if kind in _TABLES:
                yield from self._table(node)
            case "quotient":
                parts = {side: word(side, self.lang) for side in ("actual", "target")}
                value = self.show(node.figure)
                yield self.say("quotient", left=parts["actual"], right=parts["target"], value=value), node.origin
            case "value" if node.origin is not None and not _just_reads(node):
                text = _one_line(node.origin.text)
                yield self.say("is_value", text=text, value=self.show(node.figure)), node.origin
            case _:
                return

    def _mean(self, node: Node) -> str:
        """A mean by weight, as it is worked out: what is there by its weight, over the weights of what is there."""
        there = [one for one in node.inputs if one.name in node.weights and one.figure.value is not None]
        if not there:
            return word("missing", self.lang)
        percents = {one.name: f"{figures.number(node.weights[one.name] * 100)}%" for one in there}
        whole = sum((node.weights[one.name] for one in there), Fraction(0))
        if len(there) == 1:
            return self.show(there[0].figure)
        points = " + ".join(f"{self.show(one.figure)} × {percents[one.name]}" for one in there)
        return points if whole == 1 else f"({points}) / {figures.number(whole * 100)}%"

    def _limit(self, node: Node, *, brief: bool) -> Iterator[tuple[str, Origin | None]]:
        if node.before is None or node.before.figure.value is None or node.origin is None:
            return
        limit = self.say(node.kind, bound=_one_line(node.origin.text))
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
        yield self.say("policy_used", policy=_one_line(node.origin.text)), node.origin

    def _when(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.test is None or node.origin is None:
            return
        text = _one_line(node.origin.text)
        if node.test.holds:
            yield self.say("when_holds", condition=text), node.origin
        else:
            test = self._test(node.test)
            yield self.say("when_fails", condition=text, test=test, value=self.show(node.figure)), node.origin

    def _condition(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.test is None or node.origin is None:
            return
        key = "holds_for" if node.test.holds else "fails_for"
        yield self.say(key, condition=_one_line(node.origin.text), test=self._test(node.test)), node.origin

    def _gate(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        if node.before is None:
            return
        before, after = self.show(node.before.figure), self.show(node.figure)
        key = "gate_quiet" if not node.tripped else "gate_same" if before == after else "gate_trips"
        why = f" ({self._test(node.test)})" if node.test is not None else ""
        yield self.say(key, gate=node.gate, before=before, after=after) + why, node.origin

    # ------------------------------------------------------------ rules

    def _table(self, node: Node) -> Iterator[tuple[str, Origin | None]]:
        for row in node.rows:
            text = row.head if node.kind == "curve" else f"`{_one_line(row.text)}`"
            if node.kind == "tiers" and row.earns is not None and not (row.taken and row is node.rows[0]):
                key = "band_rest" if row.taken else "band_full"
                yield self.say(key, row=text, value=self.show(row.earns)), row.origin
            elif row.taken:
                value = self.show(node.figure)
                yield self.say("row_gives", row=text, value=value), row.origin
            elif row.test is not None:
                yield self.say("row_passed", row=text, test=self._test(row.test)), row.origin
            if row.taken:
                return

    def _test(self, one: Test) -> str:
        """A condition as it came out, with what it read; of an `and` or an `or`, the parts that decided it."""
        if one.parts and one.op != "in":
            told = [part for part in one.parts if part.holds is one.holds] if one.op != "not" else one.parts
            return f" {word('and', self.lang)} ".join(map(self._test, told or one.parts))
        if one.left is None:
            return word("false", self.lang)
        left, op, right = self.show(one.left), one.op if one.holds else CONVERSE.get(one.op, one.op), ""
        if one.right is not None:
            right = self.show(one.right)
        elif one.op == "in":
            right = ", ".join(self.show(part.right) for part in one.parts if part.right is not None)
        if one.named is not None:
            left = word(one.named, self.lang) if one.named in _WORDS else one.named
        return self.say("holds_not", left=left, op=word(op, self.lang) if op in _OPS else op, right=right).rstrip()

    # ------------------------------------------------------------ data rows

    def _rows_fed(self, node: Node, depth: int) -> None:
        assert node.fed is not None
        text = _one_line(node.origin.text) if node.origin is not None else node.name
        value = self.show(node.figure)
        self.line(depth, f"{self.say('is_value', text=text, value=value)} ← {self._fed_text(node.fed)}", node.origin)
        for column, kind, origin in node.fed.computed:
            text = _one_line(origin.text)
            self.line(depth + 1, f"{column}: {self.say(kind, bound=text) if kind in _LIMITS else text}", origin)
        if node.fed.places is not None:
            self.line(depth + 1, self.say("each_rounded", places=node.fed.places))
        if self.rows:
            for row in node.fed.rows:
                cells = word("comma", self.lang).join(f"{name} {self.show(cell)}" for name, cell in row.items())
                self.line(depth + 1, cells)

    def _fed_text(self, fed: Fed) -> str:
        key = {0: "no_row_of", 1: "one_row_of"}.get(fed.count, "rows_of")
        text = self.say(key, count=fed.count, table=fed.table)
        if fed.where:
            text += self.say("where", where=_one_line(fed.where))
        named = [one for one in fed.keys if one]
        if named:
            text += f": {', '.join(named[:_KEYS])}"
        if len(named) > _KEYS:
            text += self.say("more", count=len(named) - _KEYS)
        return text


def _chain(node: Node) -> list[Node]:
    """The node and what it was put over, first step first."""
    chain = [node]
    while chain[0].before is not None:
        chain.insert(0, chain[0].before)
    return chain


def _label(node: Node, lang: str) -> str:
    """What an input is called: its name, its text where it has none, the word of what every scheme has."""
    if "~" in node.name and node.origin is not None:
        return _one_line(node.origin.text)
    owner, _, part = node.name.partition(".")
    if part in ("weighted", "adjustments"):
        return word(part, lang)
    if part == "total":
        return f"{owner} {word(part, lang)}"
    if owner == node.item and part in ("actual", "target", "achievement", "score"):
        return f"{owner} {word(part, lang)}"
    return word(node.name, lang) if node.name in _WORDS else node.name.rpartition("/")[2]


def _just_reads(node: Node) -> bool:
    """Whether a value is no more than another one under its name: that one is told below it."""
    if len(node.inputs) != 1 or node.origin is None:
        return False
    read = node.inputs[0]
    return node.origin.text == read.name or (read.origin is not None and node.origin.text == read.origin.text)


def _of_results(node: Node) -> bool:
    """Whether a value is a result of its own (a score, the total, the grade), which has its own page."""
    return node.part == "score" or node.name in ("total", "grade")


def _one_line(text: str) -> str:
    first, _, rest = text.strip().partition("\n")
    line = re.sub(r"[ \t\u3000]+", " ", first.rstrip())
    return f"{line} …" if rest else line


def _fed(node: Node) -> Iterator[Node]:
    """Every aggregate behind a value, but not those behind another result."""
    if node.kind == "aggregate":
        yield node
    for one in _chain(node):
        for read in one.inputs:
            if not _of_results(read):
                yield from _fed(read)
