"""How fast and how small a run is, beside what people would write by hand: `python -m tests.benchmarks`.

A seeded project of order lines, sellers and targets in Parquet is assessed by kpirules, by a query written by hand for
DuckDB, in Polars, and in vectorised pandas, the last two on floats. All check the same contracts and write the same
results, from reading to written files. Each works in a process of its own, imports done; they take turns; before any
time counts, their figures are compared: the query's to the last digit, those of floats to a millionth, marks and all.

What is printed are ratios: how many times as much kpirules takes as each of the others in the same turn, the median
over the turns, in time by the clock, time of all processors together, and peak memory. `--svg` draws them.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.goals import GOAL_LINES, Goal, Row, rows, seconds, table
from tests.benchmarks.measure import Times, runs, scorings, sheets, starts

SAMPLE = Path(__file__).resolve().parents[2] / "schemes" / "east_sales"
STARTS = {
    "run of the sample": ("-m", "kpirules", "run", "--period", "2025Q1", "--out", "{out}"),
    "import duckdb, pyarrow": ("-c", "import duckdb, pyarrow"),
    "check of the sample": ("-m", "kpirules", "check"),
    "import lark": ("-c", "import lark"),
}
"""Commands that are started as programs are; `{out}` is a folder that is not yet there."""
SMALL_LINES = 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the data, let the ways take turns, and print how they compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lines", type=int, nargs="*", default=[1_000_000, GOAL_LINES], help="order lines of each case"
    )
    parser.add_argument("--sellers", type=int, default=20_000, help="sellers (default: %(default)s)")
    parser.add_argument("--workbook", type=int, default=100_000, help="lines of the workbook (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="turns of each way (default: %(default)s)")
    parser.add_argument("--svg", type=Path, help="file for a picture of the ratios")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder / "small", SMALL_LINES)
        write_data(folder / "small", SMALL_LINES, SMALL_LINES // 10)
        compared = [
            *sizes(folder, asked.lines, asked.sellers, asked.turns),
            *beginnings(asked.turns),
            *workbook(folder, asked.workbook, asked.turns),
        ]
    _say("", *table(compared))
    if asked.svg:
        from tests.benchmarks.plot import draw  # heavy, so after all that is measured

        draw(compared, asked.svg)


def write_data(folder: Path, *counts: int) -> None:
    """Have a project, or a workbook, made by another process."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.data", str(folder), *map(str, counts)], check=True)


def sizes(folder: Path, lines: Sequence[int], sellers: int, turns: int) -> Iterator[Row]:
    """Whole runs of each size, and the scoring alone of the first."""
    for count in lines:
        project = folder / str(count)
        write_data(project, count, sellers)
        case = f"run, {count:,} lines"
        times = runs(project, folder / "small", turns)
        yield from _told(case, times, rows(case, times, goals=count >= GOAL_LINES))
        if count == lines[0]:
            case = f"scoring only, {count:,} lines"
            times = scorings(project, folder / "small", turns)
            yield from _told(case, times, rows(case, times))
        shutil.rmtree(project)


def beginnings(turns: int) -> Iterator[Row]:
    """How long commands take from a cold start, beside what they cannot do without."""
    times = starts(STARTS, turns, SAMPLE)
    pairs = {("run of the sample", "import duckdb, pyarrow"): 2.5, ("check of the sample", "import lark"): 3}
    goals = [Row(ours, other, times.ratio(ours, other), Goal(goal)) for (ours, other), goal in pairs.items()]
    yield from _told("start", times, goals)


def workbook(folder: Path, lines: int, turns: int) -> Iterator[Row]:
    """How long the reading of a sheet takes, beside that of its values alone."""
    write_data(folder / "workbook", lines)
    ways = ("xlsx by kpirules", "xlsx by calamine")
    times = sheets(folder / "workbook", folder / "small", turns, ways)
    row = Row(f"xlsx, {lines:,} rows", "calamine's own pass", times.ratio(*ways), Goal(1.5))
    yield from _told(row.case, times, [row])


def _told(case: str, times: Times, compared: Sequence[Row]) -> Sequence[Row]:
    _say(*seconds(case, times))
    return compared


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
