"""The typed scheme: what the plan is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from fractions import Fraction
from math import gcd, lcm

from kpirules.model.contracts import Table
from kpirules.model.expr import Col, Expr, Own, Val
from kpirules.records import dataclass
from kpirules.source.spans import Span
from kpirules.values.rounding import Mode
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Header:
    """What holds for the whole scheme. `places` has the declared rounding: achievement, score, total, money."""

    name: str
    title: str | None
    version: str
    period: Unit
    effective: tuple[date, date | None] | None
    currency: str
    places: Mapping[str, int]
    mode: Mode
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is scored: the rows of `table` with `where`, told apart by the column `key`."""

    table: Table
    key: str
    where: Expr | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Define:
    """A value for each subject."""

    name: str
    title: str | None
    rule: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Computed:
    """A computed column: a value for each row of a table, `rule` in that row's scope."""

    table: str
    name: str
    title: str | None
    rule: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ColumnReads:
    """What a computed column reads, also by way of other computed columns of its table.

    `grain` says that a declared column of its own table is read, `other` is the first reading of anything else, `term`
    the first term that reads something else alone.
    """

    grain: bool
    other: Col | Own | None
    term: Expr | None


@dataclass(frozen=True, slots=True)
class MissingPolicy:
    """`exclude`, `score` (with points) or `error`."""

    policy: str
    points: Fraction | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator.

    `inputs` are the parts its score reads that may be missing. `achievement` may be unused; where it is not written it
    is actual by target.
    """

    name: str
    title: str | None
    actual: Expr
    target: Expr | None
    achievement: Expr | None
    achievement_written: bool
    score: Expr
    inputs: tuple[str, ...]
    missing: MissingPolicy | None
    always: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """An indicator in a scorecard, with its absolute weight."""

    indicator: str
    weight: Fraction
    when: Expr | None
    span: Span = field(compare=False, repr=False)


def whole(weights: Sequence[Fraction]) -> list[int]:
    """The smallest whole numbers in the same proportions as some weights: they need the fewest digits."""
    denominator = lcm(*(weight.denominator for weight in weights))
    numerators = [int(weight * denominator) for weight in weights]
    divisor = gcd(*numerators) or 1
    return [numerator // divisor for numerator in numerators]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that add up to the group's weight."""

    name: str
    title: str | None
    weight: Fraction
    entries: tuple[Entry, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Adjust:
    """Points added to the weighted sum."""

    name: str
    title: str | None
    rule: Expr
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A scorecard; entries outside any group stand beside the groups. `always`: it never leaves a total missing.

    `total` is its own rule for the total; without one it is the weighted score and the adjustments.
    """

    name: str
    title: str | None
    applies: Expr | None
    groups: tuple[Group, ...]
    entries: tuple[Entry, ...]
    adjusts: tuple[Adjust, ...]
    always: bool
    total: Expr | None
    span: Span = field(compare=False, repr=False)

    @property
    def everything(self) -> tuple[Entry, ...]:
        """Its entries, those of groups first."""
        return (*(entry for group in self.groups for entry in group.entries), *self.entries)


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade's rule; `order` has its values, best first."""

    rule: Expr
    order: tuple[str, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a gate does when it trips: `how` is `is`, `at most` or `at least`, on `part` of `item`."""

    gate: str
    title: str | None
    item: str
    part: str
    how: str
    when: Expr
    bound: Expr
    span: Span = field(compare=False, repr=False)

    @property
    def rounded_as(self) -> str:
        """Which of the header's roundings its figure has: `total`, `score` or `money`."""
        return "total" if self.item == "total" else "score" if self.part == "score" else "money"


@dataclass(frozen=True, slots=True)
class Pay:
    """Money, for those for whom `applies` holds; 0 where `when` does not. A component is not `paid`, only shown."""

    name: str
    title: str | None
    applies: Expr | None
    when: Expr | None
    amount: Expr
    paid: bool
    span: Span = field(compare=False, repr=False)

    @property
    def kind(self) -> str:
        """What it is called in results: `pay` or `component`."""
        return "pay" if self.paid else "component"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A named result that is no money: whether `when` holds, for those who have the results `needs`."""

    name: str
    title: str | None
    when: Expr
    needs: tuple[Val, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ensure:
    """What results must keep, with what to say where `holds` does not; of those who have the results `needs`."""

    message: str
    holds: Expr
    needs: tuple[Val, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Advice:
    """A text for those for whom `when` holds of an indicator: `pieces` are its words and the figures between them."""

    indicator: str
    when: Expr
    pieces: tuple[str | Expr, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Demand:
    """What the data must keep, with what to say where it does not.

    `table` is the one whose rows are asked, those for which `where` holds; None where every subject is asked. `time` is
    what places a row in time (references, then a column), where that decides which row a reference leads to. `periods`
    are the times, written alike, that must lie in the period of the run for a row to be asked.
    """

    message: str
    table: str | None
    where: Expr | None
    holds: Expr
    time: tuple[tuple[str, ...], str] | None
    periods: tuple[tuple[tuple[str, ...], str], ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Model:
    """A scheme that has passed every check. `effects` are the gates, `pays` pay items and components, in file order.

    `order` has every value, item and part, each after all that it reads, and `reads` what that is. `columns` are the
    computed columns, by table and name. `times` says what places the rows of a table in time: references, one after
    the other, then a column of the row that they lead to; a table without a date of any kind is not in it. The rest
    finds items by their names: `advice_of` by indicator, `effects_on` by the value that a gate acts on, `effect_of`
    the first of each gate.
    """

    header: Header
    language: str
    tables: Mapping[str, Table]
    columns: Mapping[tuple[str, str], Computed]
    subject: Subject
    defines: Mapping[str, Define]
    indicators: Mapping[str, Indicator]
    scorecards: tuple[Scorecard, ...]
    exclusive: bool
    total_missing: bool
    grade: Grade | None
    effects: tuple[Effect, ...]
    pays: tuple[Pay, ...]
    outcomes: tuple[Outcome, ...]
    ensures: tuple[Ensure, ...]
    demands: tuple[Demand, ...]
    advice: tuple[Advice, ...]
    order: tuple[tuple[str, str], ...]
    reads: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
    times: Mapping[str, tuple[tuple[str, ...], str]]
    pay_of: Mapping[str, Pay] = field(init=False, compare=False, repr=False)
    outcome_of: Mapping[str, Outcome] = field(init=False, compare=False, repr=False)
    card_of: Mapping[str, Scorecard] = field(init=False, compare=False, repr=False)
    advice_of: Mapping[str, Sequence[Advice]] = field(init=False, compare=False, repr=False)
    effects_on: Mapping[tuple[str, str], Sequence[Effect]] = field(init=False, compare=False, repr=False)
    effect_of: Mapping[str, Effect] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        advice: dict[str, list[Advice]] = {}
        for text in self.advice:
            advice.setdefault(text.indicator, []).append(text)
        effects: dict[tuple[str, str], list[Effect]] = {}
        for effect in self.effects:
            effects.setdefault((effect.item, effect.part), []).append(effect)
        indexes = {
            "pay_of": {pay.name: pay for pay in self.pays},
            "outcome_of": {outcome.name: outcome for outcome in self.outcomes},
            "card_of": {card.name: card for card in self.scorecards},
            "advice_of": advice,
            "effects_on": effects,
            "effect_of": {effect.gate: effect for effect in reversed(self.effects)},
        }
        for name, value in indexes.items():
            object.__setattr__(self, name, value)
