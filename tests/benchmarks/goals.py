"""What the project wants to reach, beside what it reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.benchmarks.measure import OURS, PEERS, Ratio, Times


class Goal(NamedTuple):
    """At most how many times as much time and memory; None where nothing is asked."""

    time: float
    memory: float | None = None

    def reached(self, ratio: Ratio) -> bool:
        """Whether all that is asked is: of the time, by the clock and by the processors."""
        return max(ratio.clock, ratio.processor) <= self.time and (self.memory is None or ratio.memory <= self.memory)

    def __str__(self) -> str:
        memory = "" if self.memory is None else f", memory ≤ {self.memory:g}"
        return f"time ≤ {self.time:g}{memory}"


GOALS: Mapping[str, Goal] = {
    "DuckDB by hand": Goal(1.1, 1.2),
    "Polars by hand": Goal(1.3),
    "pandas vectorised": Goal(0.5),
}
"""By peer, for whole runs of `GOAL_LINES` lines."""
GOAL_LINES = 10_000_000


class Row(NamedTuple):
    """How many times as much something of ours takes as something else, and what is wanted."""

    case: str
    other: str
    ratio: Ratio
    goal: Goal | None = None


def rows(case: str, times: Times, *, goals: bool = False) -> list[Row]:
    """The rows of a case, one for each peer."""
    return [Row(case, peer, times.ratio(OURS, peer), GOALS[peer] if goals else None) for peer in PEERS]


def table(rows: list[Row]) -> Iterator[str]:
    """The lines of the table of ratios."""
    wide, other = max(len(row.case) for row in rows), max(len(row.other) for row in rows)
    yield f"{'kpirules':{wide}}  {'beside':{other}}  {'clock':>6}  {'processor':>9}  {'memory':>6}  goal"
    for row in rows:
        said = "" if row.goal is None else f"{row.goal}: {'reached' if row.goal.reached(row.ratio) else 'NOT REACHED'}"
        clock, processor, memory = row.ratio
        yield f"{row.case:{wide}}  {row.other:{other}}  {clock:6.2f}  {processor:9.2f}  {memory:6.2f}  {said}".rstrip()


def seconds(case: str, times: Times) -> Iterator[str]:
    """The lines that say what each way took: the medians themselves, which are those of one machine."""
    yield f"{case}: clock s, processor s, peak MB"
    for way in times.turns[0]:
        clock, processor, memory = times.median(way)
        yield f"  {way:24} {clock:8.2f} {processor:8.2f} {memory // 1024:8}"
