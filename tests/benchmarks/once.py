"""One way at work in a process of its own: `python -m tests.benchmarks.once WAY PART SMALL PROJECT OUT`.

It works through a small project first, so that everything is imported, and then through the project itself. What the
second took is printed as JSON: seconds of the clock, seconds of all processors together, peak memory of the process.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Literal, NamedTuple

WAYS: Mapping[str, str] = {
    "kpirules": "by_kpirules",
    "DuckDB by hand": "by_duckdb",
    "Polars by hand": "by_polars",
    "pandas vectorised": "by_pandas",
    "xlsx by kpirules": "xlsx_by_kpirules",
    "xlsx by calamine": "xlsx_by_calamine",
}
"""The module of each way. It has `run(project, out)`, and may have `read(project)` and `score(tables)`."""

Part = Literal["run", "score"]


class Spent(NamedTuple):
    """Seconds of the clock, seconds of all processors together, and peak memory as the system counts it."""

    clock: float
    processor: float
    memory: int


def worked(way: str, part: Part, project: Path, out: Path) -> Spent:
    """What one way takes for a project: from its files to written results, or for the scoring of tables in memory."""
    module: Any = import_module(f"tests.benchmarks.{WAYS[way]}")
    tables = module.read(project) if part == "score" else None
    clock, processor = perf_counter(), process_time()
    if part == "score":
        module.score(tables)
    else:
        module.run(project, out)
    return Spent(perf_counter() - clock, process_time() - processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main(way: str, part: Part, small: str, project: str, out: str) -> None:
    """Print what the way takes."""
    with TemporaryDirectory() as folder:
        worked(way, part, Path(small), Path(folder))
    sys.stdout.write(json.dumps(worked(way, part, Path(project), Path(out))._asdict()))


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]  # as the module's docstring says
