"""The ratios as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from tests.benchmarks.goals import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEASURES = {"clock": "#0072b2", "processor": "#56b4e9", "memory": "#e69f00"}
_BAR = 0.26
_TICKS = (0.2, 0.5, 1, 2, 5, 10, 20, 50)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write an SVG with three bars for each row, and a mark for each goal."""
    with mpl.rc_context({"svg.hashsalt": "kpirules", "svg.fonttype": "none"}):  # the same ratios are the same file
        _figure(rows).savefig(path, format="svg", metadata={"Date": None})


def _figure(rows: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(9, 1.2 + 0.62 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for place, (measure, colour) in enumerate(_MEASURES.items()):
        heights = [nth + (place - 1) * _BAR for nth in range(len(rows))]
        lengths = [getattr(row.ratio, measure) for row in rows]
        bars = axes.barh(heights, [length - 1 for length in lengths], _BAR, left=1, color=colour, label=measure)
        for bar, length in zip(bars, lengths, strict=True):
            at = (max(length, 1), bar.get_y() + _BAR / 2)
            axes.annotate(f"{length:.2f}", at, (3, 0), textcoords="offset points", va="center", fontsize=7)
    _mark_goals(axes, rows)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [f"{row.case}\n/ {row.other}" for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ratios = [ratio for row in rows for ratio in row.ratio]
    axes.set_xlim(min(0.4, *(ratio * 0.8 for ratio in ratios)), max(2, *ratios) * 1.4)
    axes.set_xlabel("times as much as the other (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper right", ncols=4, fontsize=8, frameon=False)
    return figure


def _mark_goals(axes: Axes, rows: Sequence[Row]) -> None:
    """A line across the bars that have a goal, at the most that they should reach."""
    times = [(nth, row.goal.time) for nth, row in enumerate(rows) if row.goal]
    memories = [(nth, row.goal.memory) for nth, row in enumerate(rows) if row.goal and row.goal.memory]
    lines = [(goal, nth - 1.5 * _BAR, nth + 0.5 * _BAR) for nth, goal in times]
    lines += [(goal, nth + 0.5 * _BAR, nth + 1.5 * _BAR) for nth, goal in memories]
    for label, (goal, top, bottom) in zip(["goal", *[None] * len(lines)], lines, strict=False):
        axes.plot([goal, goal], [top, bottom], color="#d00000", linewidth=2, label=label)
