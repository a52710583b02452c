"""Figures of a run, read from its outcome."""

from __future__ import annotations

from kpirules.engines.outcome import Outcome, values
from kpirules.plan.ir import Value


def exact(outcome: Outcome, name: str) -> list[Value]:
    """One figure of every subject as an exact value, in the order of `outcome.subjects`."""
    return values(outcome.subjects, name)
