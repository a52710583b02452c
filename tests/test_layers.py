"""Imports go down the arrow only, and the contracts that say so would see one that does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kpirules"
LINT = Path(sys.executable).with_name("lint-imports")
HEAVY = {"duckdb", "jsonschema", "numpy", "pandas", "pyarrow", "sqlglot"}


def lint(project: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [f"--contract={contract}" for contract in contracts]
    command = [str(LINT), "--no-cache", *chosen]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, encoding="utf-8")


def test_imports_keep_the_layers() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_no_module_escapes_the_contracts() -> None:
    """A folder without `__init__.py` is not part of the graph that is checked."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


PLANTS = [
    ("arrow", "source", "import kpirules.values.units"),
    ("arrow", "values", "import kpirules.source.spans"),
    ("arrow", "syntax", "import kpirules.model.contracts"),
    ("arrow", "model", "import kpirules.plan.ir"),
    ("arrow", "plan", "import kpirules.engines"),
    ("arrow", "engines", "import kpirules.data"),
    ("arrow", "trace", "import kpirules.cli"),
    ("syntax-inside", "syntax/parser", "import kpirules.syntax.building"),
    ("syntax-inside", "syntax/building", "def f(): import kpirules.syntax.suggestions.slips"),
    ("model-inside", "model/rows", "import kpirules.model.names.columns"),
    ("model-inside", "model/expressions", "def f(): import kpirules.model.items.gates"),
    ("plan", "plan", "import kpirules.syntax.ast"),
    ("engines", "engines", "import kpirules.model.contracts"),
    ("engines", "engines", "def f(): import kpirules.syntax.ast"),
    ("data", "data", "import kpirules.model"),
    ("data", "data", "import kpirules.plan.ir"),
    ("trace", "trace", "import kpirules.syntax.ast"),
    ("light", "model", "import pandas"),
    ("light", "source", "def f(): from duckdb import connect"),
]


@pytest.mark.parametrize(("contract", "room", "line"), PLANTS, ids=[f"{room}: {line}" for _, room, line in PLANTS])
def test_a_planted_violation_is_seen(tmp_path: Path, contract: str, room: str, line: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "kpirules", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "kpirules" / room / "planted.py").write_text(line + "\n", encoding="utf-8")
    linted = lint(tmp_path, contract)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert f"kpirules.{room.replace('/', '.')}.planted" in linted.stdout


CIRCLES = [
    ("values", "units", "types"),
    ("source", "diagnostics", "render"),
    ("syntax", "words", "layout"),
    ("syntax.suggestions", "comparisons", "slips"),
    ("model", "workspace", "names.resolution"),
    ("model", "rules.forms", "items.gates"),
    ("model.rows", "references", "grain"),
    ("data", "numbers", "cells"),
    ("cli", "console", "run"),
]
"""A folder, a file of it or in it, and one that imports it, straight or not."""


@pytest.mark.parametrize(("folder", "low", "high"), CIRCLES, ids=[f"{low} in {folder}" for folder, low, _ in CIRCLES])
def test_a_planted_circle_is_seen(tmp_path: Path, folder: str, low: str, high: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "kpirules", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = (tmp_path / "kpirules").joinpath(*folder.split("."), *low.split(".")).with_suffix(".py")
    with file.open("a", encoding="utf-8") as text:
        text.write(f"\n\ndef planted():\n    import kpirules.{folder}.{high}\n")
    linted = lint(tmp_path, "circles")
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert f"kpirules.{folder}" in linted.stdout


def test_a_room_without_a_place_is_seen(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "kpirules", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "kpirules" / "attic.py").touch()
    linted = lint(tmp_path, "arrow")
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "attic" in linted.stdout


def test_the_command_starts_without_heavy_libraries() -> None:
    code = "import kpirules.cli.main, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in loaded.stdout.split()}
