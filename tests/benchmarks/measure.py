"""Times and memory of ways that take turns, each in a process of its own.

The process that measures imports nothing heavy: on Linux a child's peak memory is never below that of the process that
started it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from tests.benchmarks.once import Part, Spent

OURS = "kpirules"
EXACT = "DuckDB by hand"
PEERS = (EXACT, "Polars by hand", "pandas vectorised")
"""What kpirules is held against; all but the first work on floats."""


class OtherFiguresError(Exception):
    """Two ways come to different results."""


class Ratio(NamedTuple):
    """How many times as much one way takes as another."""

    clock: float
    processor: float
    memory: float


class Times(NamedTuple):
    """What each way took, turn by turn."""

    turns: tuple[Mapping[str, Spent], ...]

    def median(self, way: str) -> Spent:
        """What a way takes: the median of each measure."""
        clock, processor, memory = zip(*(turn[way] for turn in self.turns), strict=True)
        return Spent(median(clock), median(processor), int(median(memory)))

    def ratio(self, way: str, other: str) -> Ratio:
        """How many times as much a way takes as another in the same turn: the median over the turns."""
        pairs = [zip(turn[way], turn[other], strict=True) for turn in self.turns]
        return Ratio(*map(median, zip(*([a / b for a, b in measures] for measures in pairs), strict=True)))


def take_turns(
    ways: Sequence[str], turns: int, once: Callable[[str], Spent], done: Callable[[], None] = lambda: None
) -> Times:
    """Measure each way once a turn, and call `done` after each turn; every turn begins with another way."""
    times = []
    for turn in range(turns):
        first = turn % len(ways)
        times.append({way: once(way) for way in (*ways[first:], *ways[:first])})
        done()
    return Times(tuple(times))


def runs(project: Path, small: Path, turns: int, ways: Sequence[str] = (OURS, *PEERS)) -> Times:
    """The times of whole runs over a project, whose results are the same in every turn.

    Raises:
        OtherFiguresError: they are not.
    """
    with TemporaryDirectory() as folder:
        outs = {way: Path(folder) / way for way in ways}

        def once(way: str) -> Spent:
            _emptied(outs[way])
            return _spent(way, "run", small, project, outs[way])

        return take_turns(ways, turns, once, lambda: compare(outs))


def scorings(project: Path, small: Path, turns: int, ways: Sequence[str] = (OURS, *PEERS)) -> Times:
    """The times of the scoring alone, over tables in memory."""
    with TemporaryDirectory() as folder:
        return take_turns(ways, turns, lambda way: _spent(way, "score", small, project, Path(folder)))


def sheets(project: Path, small: Path, turns: int, ways: Sequence[str]) -> Times:
    """The times of reading the workbook of a project."""
    return take_turns(ways, turns, lambda way: _spent(way, "run", small, project, project))


def compare(outs: Mapping[str, Path]) -> None:
    """Hold the results in the folder of each way against ours.

    Raises:
        OtherFiguresError: they differ.
    """
    for way in outs.keys() - {OURS}:
        how = "exact" if way == EXACT else "close"
        command = [sys.executable, "-m", "tests.benchmarks.figures", how, str(outs[OURS]), str(outs[way])]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise OtherFiguresError(f"{way} comes to other figures: {done.stderr.strip()}")


def starts(commands: Mapping[str, Sequence[str]], turns: int, folder: Path) -> Times:
    """The times of whole Python processes, started as installed programs are, with their modules compiled before."""
    with TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def once(name: str) -> Spent:
            with TemporaryDirectory() as scratch:
                command = [sys.executable, *(word.format(out=Path(scratch) / "out") for word in commands[name])]
                begin = perf_counter()
                process = subprocess.Popen(
                    command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                clock = perf_counter() - begin
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, command)
            return Spent(clock, used.ru_utime + used.ru_stime, used.ru_maxrss)

        for name in commands:
            once(name)
        return take_turns(list(commands), turns, once)


def _spent(way: str, part: Part, small: Path, project: Path, out: Path) -> Spent:
    command = [sys.executable, "-m", "tests.benchmarks.once", way, part, str(small), str(project), str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Spent(**json.loads(done.stdout))


def _emptied(folder: Path) -> None:
    """Have an empty folder there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
