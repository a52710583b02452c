"""A plan as text for people: its steps by number, and for each figure its type, how it is worked out, and its rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from kpirules.plan.ir import (
    Binding,
    Compute,
    Demand,
    Filter,
    Gather,
    Item,
    Measure,
    Origin,
    Plan,
    Scan,
    Step,
)
from kpirules.plan.text_names import Names
from kpirules.plan.text_scalars import Wording
from kpirules.source.catalogue import entry
from kpirules.source.recursion import room
from kpirules.values.rounding import numeral
from kpirules.values.types import Digits, Type

NO_PLACES: Mapping[str, Origin] = {}


def render(plan: Plan, lang: str, tables: Mapping[str, Origin] = NO_PLACES) -> str:
    """The plan as lines, in a language; `tables` has the places where tables are declared, by name.

    Steps have numbers, by which later ones speak of them: `#12` is the relation that step 12 makes, `#12.3` its figure
    3; what the rules have a name for has that name. Numbers of the demands' steps go on from those of the results.

    A type is its unit and the digits that hold it, `money(16,2)`; `number(12,4)/(6,0)` is a quotient of two decimals,
    and `?` marks what may be missing. What only traces read (which row was taken, which limit cut) is left out.
    """
    with room():
        return "\n".join(_lines(plan, Wording(lang), tables))


def _lines(plan: Plan, words: Wording, tables: Mapping[str, Origin]) -> Iterator[str]:
    yield from _heading(plan, words)
    text = _Steps(words, Names(plan, plan.steps, 1, words), tables)
    yield from text.lines(plan.steps)
    yield from _section(words, "results", [line for item in plan.items for line in text.item(item)])
    yield from _section(words, "nobody", [*text.nobody(plan)])
    first = len(plan.steps) + 1
    for demand in plan.demands:
        yield from ("", words.say("demand", said=demand.message, table=demand.table) + text.at(demand.origin))
        yield from _demand(plan, demand, first, words, tables)
        first += len(demand.steps)
    checks = [
        words.say(
            "check", code=demand.code, title=entry(demand.code, words.lang).title, when=text.names.shown(demand.when)
        )
        + text.at(demand.origin)
        for demand in plan.checks
    ]
    yield from _section(words, "checks", checks)


def _demand(plan: Plan, demand: Demand, first: int, words: Wording, tables: Mapping[str, Origin]) -> Iterator[str]:
    steps = _Steps(words, Names(plan, demand.steps, first, words), tables)
    yield from steps.lines(demand.steps)


def _section(words: Wording, title: str, lines: Iterable[str]) -> Iterator[str]:
    indented = [f"   {line}" for line in lines]
    if indented:
        yield from ("", words.say(title), *indented)


def _heading(plan: Plan, words: Wording) -> Iterator[str]:
    title = f" “{plan.title}”" if plan.title else ""
    kind = words.unit(plan.period)
    yield words.say(
        "heading", scheme=plan.scheme, title=title, version=plan.version, period=kind, currency=plan.currency
    )
    if plan.effective:
        begins, ends = plan.effective
        yield (
            words.say("in_force_from", begins=begins)
            if ends is None
            else words.say("in_force_between", begins=begins, ends=ends)
        )
    yield words.say("one_row", subject=plan.subject, key=plan.key)


class _Steps:
    """The words of steps that are told together."""

    def __init__(self, words: Wording, names: Names, tables: Mapping[str, Origin]) -> None:
        self.words = words
        self.names = names
        self.tables = tables

    def lines(self, steps: Iterable[Step]) -> Iterator[str]:
        """The steps, each after an empty line."""
        for step in steps:
            self.names.begin(step)
            number_ = self.names.step(step.name)
            yield from ("", f"{number_} {self._step(step)}", *(f"   {line}" for line in self._inside(step)))

    def at(self, origin: Origin | None) -> str:
        """The place in the rules, and the first line of what is written there."""
        if origin is None:
            return ""
        text = origin.text.splitlines()
        return f"  [{origin.file}:{origin.line}] {text[0].strip()}{' …' if len(text) > 1 else ''}" if text else ""

    # ------------------------------------------------------------ one step

    def _step(self, step: Step) -> str:
        names, say = self.names, self.words.say
        match step:
            case Scan():
                return say("scan", table=step.table) + self.at(self.tables.get(step.table))
            case Filter():
                key = f"filter_{step.leaves_out}" if step.leaves_out else "filter"
                kept = say(key, input=names.step(step.input), where=self._scalar(step.predicate))
                return kept + self.at(step.origin)
            case Compute():
                told = any(binding.name not in names.unsaid for binding in step.bindings)
                return say("compute" if told else "same", input=names.step(step.input))
            case Gather():
                on = f" {say('and')} ".join(f"{names.shown(ours)} = {names.shown(theirs)}" for ours, theirs in step.on)
                of = {"input": names.step(step.input), "source": names.step(step.source)}
                return say("gather" if step.measures else "take", on=on, **of) + self._force(step)

    def _force(self, step: Gather) -> str:
        span, names, say = step.in_force, self.names, self.words.say
        if span is None:
            return ""
        days = {"first": names.shown(span.first), "last": names.shown(span.last)}
        bounds = {"begins": names.shown(span.begins), "ends": names.shown(span.ends)}
        return say("in_force_on" if span.first == span.last else "in_force_within", **days, **bounds)

    def _inside(self, step: Step) -> Iterator[str]:
        names = self.names
        match step:
            case Scan():
                for name, (_, type_) in step.columns.items():
                    yield f"{names.shown(name)}: {self._type(type_)}"
            case Compute():
                for binding in step.bindings:
                    if binding.name not in names.unsaid:
                        yield from self._binding(binding)
            case Gather():
                if step.take:
                    yield self.words.say("takes", columns=self.words.list(map(self._taken, step.take.items())))
                for measure in step.measures:
                    yield f"{names.shown(measure.name)}: {self._measure(measure)}{self.at(measure.origin)}"
            case Filter():
                pass

    def _taken(self, pair: tuple[str, str]) -> str:
        name, column = map(self.names.shown, pair)
        return name if name == column else f"{name} = {column}"

    def _binding(self, binding: Binding) -> Iterator[str]:
        guard = self.words.say("under", guard=self.names.shown(binding.guard)) if binding.guard else ""
        head = f"{self.names.shown(binding.name)}: {self._type(binding.type)} = "
        if binding.name not in self.names.by_rows:
            yield f"{head}{self._scalar(binding.expr)}{guard}{self.at(binding.origin)}"
            return
        by = "" if binding.of is None else f" {self.names.shown(binding.of)}"
        yield f"{head}{self.words.say(binding.kind)}{by}{guard}{self.at(binding.origin)}"
        for row in binding.rows:
            yield f"   {' '.join(row.head.split())}: {self._scalar(row.value)}"

    def _measure(self, measure: Measure) -> str:
        of = f"({self.names.shown(measure.arg)})" if measure.arg else ""
        where = self.words.say("where", condition=self.names.shown(measure.where)) if measure.where else ""
        func = "rows" if measure.func == "count" and not measure.arg else measure.func
        return f"{self._type(measure.type)} = {self.words.say(func)}{of}{where}"

    def _scalar(self, node: object) -> str:
        return self.words.scalar(node, self.names.shown)  # type: ignore[arg-type]

    # ------------------------------------------------------------ results

    def item(self, item: Item) -> Iterator[str]:
        """An item of the results: what it is called, its parts, its advice."""
        words, shown = self.words, self.names.shown
        parts = words.list(f"{words.part(part.name)} = {shown(part.binding)}" for part in item.parts)
        called = f"“{item.title}”" if item.kind == "ensure" else item.name
        name = words.say(item.kind) if item.name == item.kind else f"{words.say(item.kind)} {called}"
        place = words.say("item_in", parent=item.parent) if item.parent else ""
        weight = words.say("item_weight", weight=_percent(item.weight)) if item.weight is not None else ""
        yield f"{name}{place}{weight}: {parts}{self.at(item.origin)}"
        for advice in item.advice:
            text = "".join(
                piece.text if piece.binding is None else f"{{{shown(piece.binding)}}}" for piece in advice.pieces
            )
            yield "   " + words.say("advice", when=shown(advice.when), text=text) + self.at(advice.origin)

    def nobody(self, plan: Plan) -> Iterator[str]:
        """Which rows count for nobody."""
        for output in plan.outputs[1:]:
            yield self.words.say(output.purpose, table=output.table, step=self.names.step(output.step))

    def _type(self, of: Type) -> str:
        return kind(of, self.words)


def _percent(weight: Fraction) -> str:
    return f"{numeral(weight * 100)}%"


def kind(of: Type, words: Wording) -> str:
    """A type: unit, digits, whether it may be missing."""
    digits = _digits(of.digits) if of.digits else ""
    over = f"/{_digits(of.over)}" if of.over else ""
    return f"{words.unit(of.unit)}{digits}{over}{'?' if of.missing else ''}"


def _digits(side: Digits) -> str:
    return f"({side.width},{side.scale})"
