"""The trace as text, on one screen: what an auditor would want to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC

from kpirules.plan.ir import BY_ROWS, NOT_ASKED, Origin
from kpirules.source.render import painted
from kpirules.source.templates import printable
from kpirules.trace import figure_format
from kpirules.trace.items import BuiltIn
from kpirules.trace.tree import ItemTrace, LeftOut, Node, Trace, Uncredited
from kpirules.trace.wording import LIMITS, Wording, one_line
from kpirules.values.units import Unit

_BUILT_IN = frozenset(builtin.value for builtin in BuiltIn)
"""Names that no item of a scheme can have."""
_CALLED = ("adjust", "pay", "component", "outcome", "ensure", "gate")
"""Kinds that are told before the name."""
_GROUPED = ("indicator", "group", "adjust")


def render(trace: Trace, lang: str, *, colour: bool = False, rows: bool = False) -> str:
    """The trace as lines, each with the rule's place at its end; `rows` lists every data row that was counted."""
    page = _Page(trace, Wording(lang, trace.currency, trace.money_places), rows)
    page.heading()
    for item in trace.items:
        page.item(item)
    page.line(0, "")
    if trace.left_out is not None:
        page.absence(trace.left_out)
    else:
        page.line(0, page.words.say("checked", count=trace.checked))
    page.set_aside()
    page.uncredited()
    return page.text(colour=colour)


@dataclass(slots=True)
class _Page:
    """Lines in the making: (depth, text, place)."""

    trace: Trace
    words: Wording
    rows: bool
    lines: list[tuple[int, str, str]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def line(self, depth: int, text: str, origin: Origin | None = None) -> None:
        self.lines.append((depth, text, f"{origin.file}:{origin.line}" if origin is not None else ""))

    def text(self, *, colour: bool) -> str:
        def at(place: str) -> str:
            return f"  {painted(f'[{place}]', 'dim') if colour else f'[{place}]'}" if place else ""

        lines = ((depth, printable(text), printable(place)) for depth, text, place in self.lines)
        return "\n".join(f"{'  ' * depth}{text}{at(place)}".rstrip() for depth, text, place in lines)

    # ------------------------------------------------------------ heading and items

    def heading(self) -> None:
        trace = self.trace
        names = " ".join(str(value.value) for value in trace.named[:2])
        title = f" “{trace.title}”" if trace.title else ""
        self.line(0, f"{trace.subject} {names}".rstrip() + f" · {trace.period} · {trace.scheme}{title} {trace.version}")
        if trace.run is not None:
            created = trace.run.created.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            args = {"folder": trace.run.folder, "created": created, "digest": trace.run.scheme_digest}
            self.line(0, self.words.say("run_named", **args))
        if trace.scorecard is not None:
            self.line(0, f"{self.words.word('scorecard')} {trace.scorecard}")

    def absence(self, left_out: LeftOut) -> None:
        self.line(0, self.words.say(left_out.reason, period=self.trace.period), left_out.origin)
        if left_out.origin is not None and left_out.reason == NOT_ASKED:
            self.line(1, one_line(left_out.origin.text))
        for name, cell in left_out.read.items():
            self.line(1, f"{name} {self.words.show(cell)}")

    def set_aside(self) -> None:
        """The rows that enter no figure."""
        if self.trace.set_aside:
            self.line(0, self.words.say("rows_set_aside", count=len(self.trace.set_aside)))
        for row in self.trace.set_aside:
            self.line(1, row.message)

    def uncredited(self) -> None:
        """The rows that name the subject and count for nobody, by table and reason."""
        groups: dict[tuple[str, str], list[Uncredited]] = {}
        for row in self.trace.uncredited:
            groups.setdefault((row.table, row.reason), []).append(row)
        if groups:
            self.line(0, self.words.say("rows_uncredited", count=len(self.trace.uncredited)))
        for rows in groups.values():
            self.line(1, self.words.uncredited(rows, whole=self.rows))

    def item(self, item: ItemTrace) -> None:
        depth = self._depth(item)
        main = item.parts.get("score") or item.parts["value"]
        if depth == 0:
            self.line(0, "")
        self.line(depth, self._head(item, main), item.origin)
        if self.trace.asked is None:
            self._brief(item, main, depth + 1)
        else:
            self._whole(item, depth + 1)
        for said in item.advice:
            self.line(depth + 1, self.words.say("advice", text=said.text), said.origin)

    def _depth(self, item: ItemTrace) -> int:
        if self.trace.asked is not None or item.kind not in _GROUPED:
            return 0
        groups = {item.name for item in self.trace.items if item.kind == "group"}
        return 2 if item.parent in groups else 1

    def _head(self, item: ItemTrace, main: Node) -> str:
        kind = self.words.word(item.kind) if item.kind in _CALLED else ""
        if item.kind == "ensure":
            return f"{kind} “{item.title}”{self.words.word('colon')}{self._kept(main)}"
        name = self.words.word(item.name) if item.name in _BUILT_IN else item.name
        title = f" “{item.title}”" if item.title else ""
        weight = f" {figure_format.number(item.weight * 100)}%" if item.weight is not None else ""
        effective = item.parts.get("effective_weight")
        if effective is not None and effective.figure.value not in (None, 0, item.weight):
            weight += self.words.say("counts", weight=self.words.show(replace(effective.figure, unit=Unit.RATIO)))
        value = self.words.show(main.figure)
        if main.withheld:
            value = self.words.word("not_for")
        elif main.figure.value is None and item.kind == "indicator":
            value = self.words.word("left_out")
        return f"{f'{kind} ' if kind else ''}{name}{title}{weight}{self.words.word('colon')}{value}"

    def _kept(self, main: Node) -> str:
        """Whether what results must keep is kept."""
        if main.withheld:
            return self.words.word("not_for")
        return self.words.word("kept" if main.figure.value is True else "broken")

    def _brief(self, item: ItemTrace, main: Node, depth: int) -> None:
        """An item in a few lines: its figures, the row taken, what cut, the rows that fed it."""
        shown = [part for part in ("actual", "target", "achievement") if part in item.parts]
        if shown:
            figures_ = [f"{self.words.word(part)} {self.words.show(item.parts[part].figure)}" for part in shown]
            self.line(depth, " · ".join(figures_))
        for made in (_chain(item.parts[part])[0] for part in ("actual", "target") if part in item.parts):
            if [read.figure for read in made.inputs] != [made.figure]:
                self._reads(made, depth)
        for node in (node for part in shown for node in _chain(item.parts[part]) if node.kind in LIMITS):
            self._step(node, depth, brief=True)
        if main.withheld and main.test is not None:
            self.line(depth, self.words.say("not_for_why", test=self.words.test(main.test)))
            return
        if item.kind == "total":
            self._sums(_chain(main)[0], depth)
        for node in _chain(main):
            self._step(node, depth, brief=True)
        if item.kind in ("group", "total"):
            return
        if item.kind in ("pay", "component", "adjust"):
            self._reads(_chain(main)[0], depth)
        for part in (*(item.parts[name] for name in shown), main):
            for fed in _fed(part):
                if fed.name not in self.told:
                    self.told.add(fed.name)
                    self._rows_fed(fed, depth, brief=True)

    def _reads(self, node: Node, depth: int) -> None:
        """What a formula read, each with its value; aggregates are told with their rows."""
        told = [
            f"{self.words.label(read)} {self.words.show(read.figure)}"
            for read in node.inputs
            if read.kind != "aggregate"
        ]
        if told:
            self.line(depth, " · ".join(told))

    def _sums(self, node: Node, depth: int) -> None:
        """What the total was added up from, or what its own rule made of that."""
        for read in node.inputs:
            if read.part == "total":
                self._own_total(read, depth)
                continue
            text = self.words.mean(read) if read.kind == "weighted" else self.words.label(read)
            if read.figure.value is not None and text != self.words.show(read.figure):
                self.line(depth, self.words.say("is_value", text=text, value=self.words.show(read.figure)))

    def _own_total(self, node: Node, depth: int) -> None:
        """The weighted score, the adjustments and whatever else a scorecard's rule read, then its steps."""
        if node.withheld:
            return
        steps = _chain(node)
        reads = {read.name: read for step in steps for read in step.inputs if read.called.is_named}
        for read in reads.values():
            if read.kind == "weighted":
                self.line(depth, self._weighted(read))
            elif read.kind != "aggregate":
                self.line(
                    depth, self.words.say("is_value", text=self.words.label(read), value=self.words.show(read.figure))
                )
        for step in steps:
            self._step(step, depth, brief=True)

    def _weighted(self, node: Node) -> str:
        name, mean, value = self.words.word("weighted"), self.words.mean(node), self.words.show(node.figure)
        text = f"{name} = {mean}"
        return text if mean == value else self.words.say("is_value", text=text, value=value)

    def _whole(self, item: ItemTrace, depth: int) -> None:
        """An item step by step, each figure with what it was made of."""
        for part, node in item.parts.items():
            if part in ("points", "effective_weight"):
                continue
            if node.withheld and node.test is not None:
                self.line(depth, self.words.say("not_for_why", test=self.words.test(node.test)))
                continue
            self.told.add(node.name)
            if len(item.parts) > 1:
                self.line(depth, f"{self.words.word(part)}{self.words.word('colon')}{self.words.show(node.figure)}")
                self._story(node, depth + 1)
            else:
                self._story(node, depth)

    # ------------------------------------------------------------ steps

    def _story(self, node: Node, depth: int) -> None:
        """The steps to a value, first to last, each with the values it read below it."""
        for link in _chain(node):
            before = len(self.lines)
            self._step(link, depth, brief=False)
            below = depth + 1 if len(self.lines) > before else depth
            for read in link.inputs:
                self._input(read, below)

    def _input(self, node: Node, depth: int) -> None:
        if node.kind == "aggregate":
            if node.name in self.told:
                return
            self.told.add(node.name)
            self._rows_fed(node, depth, brief=False)
            return
        told = node.name in self.told
        self.told.add(node.name)
        label = self.words.label(node)
        note = f"  {self.words.word('above_said')}" if told and (node.inputs or node.before or node.rows) else ""
        self.line(depth, f"{label} = {self.words.show(node.figure)}{note}", None if told else node.origin)
        if not told and not _of_results(node):
            self._story_of_input(node, depth + 1)

    def _story_of_input(self, node: Node, depth: int) -> None:
        """What made a value that another one read; a plain formula was told in its own line."""
        for link in _chain(node):
            if link.kind not in ("value", "column"):
                self._step(link, depth, brief=False)
            for read in link.inputs:
                self._input(read, depth)

    def _step(self, node: Node, depth: int, *, brief: bool) -> None:
        told = list(self.words.told(node, brief=brief))
        if brief and node.kind in BY_ROWS and len(told) > 1:
            told = [(self.words.word("semicolon").join(text for text, _ in told), told[-1][1])]
        for text, origin in told:
            self.line(depth, text, origin)

    # ------------------------------------------------------------ data rows

    def _rows_fed(self, node: Node, depth: int, *, brief: bool) -> None:
        assert node.fed is not None
        text = one_line(node.origin.text) if node.origin is not None else node.name
        value = self.words.show(node.figure)
        self.line(
            depth, f"{self.words.say('is_value', text=text, value=value)} ← {self.words.fed(node.fed)}", node.origin
        )
        for column, kind, origin in node.fed.computed:
            text = one_line(origin.text)
            text = self.words.say(kind, bound=text) if kind in LIMITS else text
            self.line(depth + 1, f"{column}{self.words.word('colon')}{text}", origin)
        for read in node.inputs:
            if not brief:
                self._input(read, depth + 1)
            elif read.kind != "aggregate":
                text = self.words.label(read)
                self.line(depth + 1, self.words.say("is_value", text=text, value=self.words.show(read.figure)))
        if self.rows:
            for row in node.fed.rows:
                cells = self.words.word("comma").join(f"{name} {self.words.show(cell)}" for name, cell in row.items())
                self.line(depth + 1, cells)


def _chain(node: Node) -> list[Node]:
    """The node and what it was put over, first step first."""
    chain = [node]
    while chain[0].before is not None:
        chain.insert(0, chain[0].before)
    return chain


def _of_results(node: Node) -> bool:
    """Whether a value is a result of its own (a score, the total, the grade), which has its own page."""
    return node.part == "score" or node.name in ("total", "grade")


def _fed(node: Node) -> Iterator[Node]:
    """Every aggregate behind a value, but not those behind another result."""
    if node.kind == "aggregate":
        yield node
    for link in _chain(node):
        for read in link.inputs:
            if not _of_results(read):
                yield from _fed(read)
