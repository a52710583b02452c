"""The assessment by kpirules: what `kpirules run` does but print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kpirules.compiling import Compiled, compile_scheme, read_source
from kpirules.data.bindings import load_bindings
from kpirules.data.load import Loaded, read_tables
from kpirules.runs.evaluate import evaluate
from kpirules.runs.folder import save
from kpirules.runs.run import read_period, run_scheme
from tests.benchmarks.data import PERIOD

if TYPE_CHECKING:
    import pyarrow as pa


class Held(NamedTuple):
    """A scheme, and its tables, checked and held in memory."""

    compiled: Compiled
    loaded: Loaded


def run(project: Path, out: Path) -> None:
    """Evaluate the scheme of a project, and write the run folder without its inputs."""
    bindings = load_bindings(project / "kpirules.yaml")
    compiled = compile_scheme(read_source(bindings.scheme))
    save(evaluate(compiled, bindings.scheme, bindings, PERIOD), out, numbered=False)


def read(project: Path) -> Held:
    """The scheme and the tables of a project."""
    bindings = load_bindings(project / "kpirules.yaml")
    compiled = compile_scheme(read_source(bindings.scheme))
    return Held(compiled, read_tables(tuple(compiled.model.tables.values()), bindings))


def score(held: Held) -> dict[str, pa.Table]:
    """The results from such tables."""
    result = run_scheme(held.compiled, held.loaded, read_period(PERIOD, held.compiled.plan.period))
    return {"scores": result.scores, "items": result.items}
