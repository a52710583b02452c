"""The same worksheet read by kpirules: its values, and what it says of its cells beside them, into Arrow columns."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from kpirules.compiling import compile_scheme, read_source
from kpirules.data import sources
from kpirules.data.bindings import load_bindings
from kpirules.model.contracts import Table
from tests.benchmarks.data import WORKBOOK_BINDINGS


@cache
def _contract() -> Table:
    return compile_scheme(read_source(Path(__file__).with_name("scheme.kpi"))).model.tables["orders"]


def run(project: Path, _: Path) -> None:
    """Read the workbook of a project."""
    bindings = load_bindings(project / WORKBOOK_BINDINGS)
    sources.read_source(_contract(), bindings.sources["orders"], bindings)
