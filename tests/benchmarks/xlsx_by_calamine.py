"""A worksheet read by python-calamine alone, into lists of Python's values."""

from __future__ import annotations

from pathlib import Path

from python_calamine import CalamineWorkbook

from tests.benchmarks.data import WORKBOOK


def run(project: Path, _: Path) -> None:
    """Read the workbook of a project."""
    CalamineWorkbook.from_path(project / WORKBOOK).get_sheet_by_index(0).to_python()
