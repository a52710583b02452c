"""An engine that did not finish: why, and what it was working out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from kpirules.engines.outcome import NO_TEXTS, span_of
from kpirules.plan.ir import Origin
from kpirules.source import Diagnostic, Note, SourceText


class Reason(StrEnum):
    """Why an engine did not finish."""

    ERROR = "error"
    TIME = "time"
    MEMORY = "memory"
    DISK = "disk"


_CODES = {Reason.ERROR: "KPI758", Reason.TIME: "KPI759", Reason.MEMORY: "KPI747", Reason.DISK: "KPI748"}
_LISTED = 5


class EngineError(Exception):
    """A bulk engine did not finish.

    `step` is the plan's step that it was working out, `items` those whose figures are made in it, and `origin` the
    place of the first of them in the rules; `said` are the engine's own words.
    """

    def __init__(
        self, reason: Reason, step: str, said: str, items: tuple[str, ...] = (), origin: Origin | None = None
    ) -> None:
        super().__init__(f"{reason} in {step}: {said}")
        self.reason = reason
        self.step = step
        self.said = said
        self.items = items
        self.origin = origin

    @property
    def starved(self) -> bool:
        """Whether memory or disk ran out, so that no other engine may try."""
        return self.reason in (Reason.MEMORY, Reason.DISK)

    @property
    def words(self) -> dict[str, Any]:
        """What the words for it are made of."""
        items = [*self.items[:_LISTED], *(["…"] if len(self.items) > _LISTED else [])]
        return {"step": self.step, "said": self.said, "items": items or [self.step]}

    def to_json(self) -> dict[str, Any]:
        """It as data, as a manifest has it."""
        return {"reason": self.reason.value, "step": self.step, "said": self.said, "items": list(self.items)}

    def diagnostic(self, texts: Mapping[str, SourceText] = NO_TEXTS, **more: object) -> Diagnostic:
        """The failure as a message; with the rule's `texts`, by name, it has its place in them."""
        args = {**self.words, **more}
        return Diagnostic(_CODES[self.reason], span_of(self.origin, texts), args, helps=(Note("do", args),))
