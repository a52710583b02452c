"""What a name may mean at one place, and what names are declared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kpirules.records import dataclass
from kpirules.syntax import ast
from kpirules.values.types import Type

PARTS = ("actual", "target", "achievement", "score")
"""The parts of an indicator, under their English words."""

SUMS = ("weighted", "adjustments")
"""The parts of a scorecard that its own `total` may read, under their English words."""

Key = tuple[str, str]
"""A value of the scheme: its item, and the part of it (`value` for an item with one)."""

Presence = tuple[object, ...]
"""What stands for an expression where it is remembered that its value is there (`presence.key_of`)."""

Filtered = tuple[str, frozenset[Presence]]
"""A filtered table, and what is known of its rows."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A name of the scheme: what kind of item it is, and its node."""

    kind: str
    node: ast.Item
    name: ast.Name


@dataclass(frozen=True, slots=True)
class Scope:
    """What a name may mean at one place.

    `grain` is the table whose row is in scope (None: the subject), `aliases` the filtered tables that stand for it;
    `indicator` the indicator whose parts `parts` may be read by their bare words; `present` what has been shown to be
    there (`is present`), by `presence` key; `achieving` where an achievement is written, a ratio whatever its units:
    there a number by a number is one, and a limit leaves a missing value to the `missing` clause; `card` the scorecard
    whose `total` is written; `asked` the type of text that the place asks for, so that an unknown name may be one
    without its quotes.
    """

    grain: str | None = None
    aliases: frozenset[str] = frozenset()
    indicator: str | None = None
    parts: tuple[str, ...] = ()
    present: frozenset[Presence] = frozenset()
    achieving: bool = False
    card: str | None = None
    asked: Type | None = None

    def knowing(self, keys: Iterable[Presence]) -> Scope:
        """The same scope where these are known to be there."""
        known = frozenset(keys)
        return self if known <= self.present else replace(self, present=self.present | known)
