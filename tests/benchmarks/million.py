"""How fast a run is, beside what people would write by hand: `python -m tests.benchmarks.million`.

A seeded project of order lines, sellers and targets in Parquet is assessed by kpirules, by a query written by hand for
DuckDB (`by_hand.py`) and in pandas on floats (`by_pandas.py`), from reading to written results, in one process with
all imports done. The ways take turns; each one's least time counts. Their figures must be the same: the query's to the
last digit, with every mark, pandas' figures to the cent.

The goals: at most 1.5 times what the query by hand takes, and at least 8 times faster than pandas in the style in which
an assessment is mostly written there, what a seller's orders come to being a function of the seller's rows. Whoever
writes all of it column by column gets within a few times of DuckDB; that way is shown beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kpirules.compiling import compile_scheme, read_source
from kpirules.data.bindings import load_bindings
from kpirules.runs.evaluate import evaluate
from kpirules.runs.folder import save
from tests.benchmarks import by_hand, by_pandas
from tests.benchmarks.data import PERIOD, write_project

KEYS = {"scores": ("staff_id",), "items": ("kind", "item", "key")}
"""The files of results, and the columns that tell their rows apart."""
_CENT = 0.0051
_SMALL = (100, 5)
_STATUS = Path("/proc/self/status")


def by_kpirules(project: Path, out: Path, *, keep_inputs: bool = True) -> None:
    """What `kpirules run` does but print."""
    bindings = load_bindings(project / "kpirules.yaml")
    compiled = compile_scheme(read_source(bindings.scheme))
    done = evaluate(compiled, bindings.scheme, bindings, PERIOD, keep_inputs=keep_inputs)
    save(done, out, numbered=False)


WAYS: Mapping[str, Callable[[Path, Path], None]] = {
    "kpirules": by_kpirules,
    "kpirules, inputs not kept": lambda project, out: by_kpirules(project, out, keep_inputs=False),
    "SQL by hand": by_hand.run,
    "pandas": by_pandas.run,
    "pandas, seller by seller": lambda project, out: by_pandas.run(project, out, by_seller=True),
}
SLOW = ("pandas, seller by seller",)
"""Ways that are timed once."""
BESIDE_THE_QUERY = ("kpirules", "kpirules, inputs not kept")
"""The ways that are held against the query by hand, which keeps no inputs: the second does what the query does."""


class Spent(NamedTuple):
    """Seconds of the clock, and of all processors together, which tell more where a machine is shared."""

    clock: float
    processor: float


def timed(way: str, project: Path) -> tuple[Spent, dict[str, pa.Table]]:
    """What one way takes, and its results."""
    with TemporaryDirectory() as folder:
        clock, processor = perf_counter(), process_time()
        WAYS[way](project, Path(folder))
        spent = Spent(perf_counter() - clock, process_time() - processor)
        return spent, {name: pq.read_table(Path(folder) / f"{name}.parquet") for name in KEYS}


def differences(ours: Mapping[str, pa.Table], theirs: Mapping[str, pa.Table], *, exact: bool) -> list[str]:
    """The columns of another way's results that are not ours; figures only, to the cent, where it is not `exact`."""
    found = []
    for name, keys in KEYS.items():
        order = [(key, "ascending") for key in keys]
        a, b = ours[name].sort_by(order), theirs[name].sort_by(order)
        if a.num_rows != b.num_rows:
            found.append(f"{name}: {a.num_rows} rows and {b.num_rows}")
            continue
        found += [
            f"{name}.{column}: {count}"
            for column in b.column_names
            if (count := _unequal(a.column(column), b.column(column), exact=exact))
        ]
    return found


def _unequal(a: pa.ChunkedArray, b: pa.ChunkedArray, *, exact: bool) -> int:
    """How many values of two columns differ; of columns of lists, whether they do."""
    if pa.types.is_nested(a.type):
        return int(not a.equals(b))
    if not exact and not pa.types.is_floating(b.type):
        return 0  # a float may be on the other side of a row's bound
    apart = pc.not_equal(pc.is_null(a), pc.is_null(b, nan_is_null=True))
    other = (
        pc.not_equal(a, b.cast(a.type)) if exact else pc.greater(pc.abs(pc.subtract(a.cast(pa.float64()), b)), _CENT)
    )
    return int(pc.sum(pc.or_(apart, pc.fill_null(other, fill_value=False))).as_py() or 0)


def memory(way: str, project: Path) -> int:
    """The most memory, in MB, that a process of its own takes for one way, imports and all."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--memory-of", way, str(project)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return int(done.stdout)


def peak() -> int:
    """The most memory, in MB, that this process has held so far; Linux only (`ru_maxrss` counts the parent's too)."""
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def measured(project: Path, repeat: int) -> dict[str, Spent]:
    """The least time of each way; every run's results are held against the first of kpirules.

    Raises:
        ValueError: figures differ.
    """
    with TemporaryDirectory() as folder:
        write_project(Path(folder), *_SMALL)
        for way in WAYS:
            timed(way, Path(folder))  # imports what the way imports
    least: dict[str, Spent] = {}
    first: Mapping[str, pa.Table] = {}
    for turn in range(repeat):
        for way in WAYS:
            if turn and way in SLOW:
                continue
            spent, results = timed(way, project)
            least[way] = Spent(*map(min, spent, least.get(way, spent)))
            first = first or results
            if found := differences(first, results, exact="pandas" not in way):
                raise ValueError(f"{way} comes to other figures: {found}")
    return least


def report(project: Path, repeat: int) -> list[str]:
    """The lines that are printed: seconds, how many times those of kpirules, peak memory."""
    least = measured(project, repeat)
    ours = least["kpirules"]
    lines = [f"{'':26}{'seconds':>9}{'times ours':>12}{'processor':>11}{'times ours':>12}{'peak MB':>9}"]
    for way, spent in least.items():
        clock, processor = spent.clock / ours.clock, spent.processor / ours.processor
        held = memory(way, project)
        lines.append(f"{way:26}{spent.clock:9.2f}{clock:12.2f}{spent.processor:11.2f}{processor:12.2f}{held:9}")
    query = least["SQL by hand"]
    for way in BESIDE_THE_QUERY:
        clock, processor = least[way].clock / query.clock, least[way].processor / query.processor
        lines.append(f"{way}: {clock:.2f} times the query by hand ({processor:.2f} times its processor seconds)")
    lines += [
        f"{way}: {spent.clock / ours.clock:.1f} times kpirules" for way, spent in least.items() if "pandas" in way
    ]
    return lines


def main() -> None:
    """Make a project, or take one, and print how the ways compare on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="order lines (default: %(default)s)")
    parser.add_argument("--sellers", type=int, default=20_000, help="sellers (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="turns of each way (default: %(default)s)")
    parser.add_argument("--memory-of", nargs=2, metavar=("WAY", "PROJECT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory_of:
        way, project = asked.memory_of
        timed(way, Path(project))
        sys.stdout.write(f"{peak()}\n")
        return
    with TemporaryDirectory() as folder:
        write_project(Path(folder), asked.lines, asked.sellers)
        sys.stdout.write("\n".join([*report(Path(folder), asked.repeat), ""]))


if __name__ == "__main__":
    main()
