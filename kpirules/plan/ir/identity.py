"""What a figure is, and the name that it has where queries are written."""

from __future__ import annotations

from dataclasses import replace

from kpirules.records import dataclass

SUBJECT_ROWS = ""
"""The relation of the subjects, of which there is one."""

RUN = "period"
"""The interval of a figure that is of the run's own period."""

_WHOLE = ("value", "gate", "column")
"""Parts that are all of their item: they are called as it is."""

_UNNAMED = ("mark", "row")
"""Parts that no rule has a word for: what traces tell of a figure, and what makes a row the one to read."""


@dataclass(frozen=True, slots=True)
class Ident:
    """What a figure is: a `part` of an `item`, of each row of a `relation`, over an `interval`.

    `within` is the scorecard that the item stands in. `step` says what the figure is on the way there: a number where
    the rules have no word for it (a part of an expression), a word where they do (`present`, `points`); None is the
    part itself.

    INVARIANT: figures of one relation that differ have different idents; `name` differs where idents do.
    """

    item: str
    part: str
    relation: str = SUBJECT_ROWS
    interval: str = RUN
    step: int | str | None = None
    within: str | None = None

    @property
    def name(self) -> str:
        """What it is called in queries; nothing is to be read from it."""
        whole = self.item if self.within is None else f"{self.within}/{self.item}"
        if self.interval != RUN:
            whole = f"{whole} over {self.interval}"
        if isinstance(self.step, str):
            return f"{whole}${self.step}" if self.part == "mark" else f"{whole}.{self.step}"
        if self.part == "row":
            whole = self.relation
        elif self.part not in _WHOLE:
            whole = f"{whole}.{self.part}"
        return whole if self.step is None else f"{whole}~{self.step}"

    @property
    def has_name(self) -> bool:
        """Whether the rules, or the language, have a word for it."""
        return self.part not in _UNNAMED and not isinstance(self.step, int)

    def at(self, step: int | str | None) -> Ident:
        """A step on the way to the same figure."""
        return replace(self, step=step)
