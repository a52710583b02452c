"""What the project's tree may hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.packaging.tree import ROOT, files

FOLDERS = {".ci", "docs", "grammar", "kpirules", "schemes", "tests"}
LOCKS = {"Pipfile.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"}


def machine_paths() -> re.Pattern[str]:
    """What begins a path of one machine: a home, or the folder where this checkout lies."""
    homes = r"/(?:home|Users)/\w+|[A-Z]:\\Users\\|/root"
    here = [re.escape(str(folder)) for folder in (ROOT, ROOT.parent, Path.home()) if folder != Path(ROOT.anchor)]
    return re.compile(rf"(?<![\w.)\]}}/])(?:{'|'.join([homes, *here])})(?:/|\\)")


def test_the_top_level_holds_only_the_given_folders() -> None:
    assert {path.parts[0] for path in files() if len(path.parts) > 1} <= FOLDERS


def test_no_file_names_a_place_on_a_machine() -> None:
    pattern = machine_paths()
    texts = {path: (ROOT / path).read_text(encoding="utf-8", errors="replace") for path in files()}
    assert {str(path): match[0] for path, text in texts.items() if (match := pattern.search(text))} == {}


def test_no_lock_file_is_kept() -> None:
    """A lock file names the registry it was made from."""
    assert [str(path) for path in files() if path.name in LOCKS] == []


def test_the_ci_scripts_name_no_shell_but_sh() -> None:
    scripts = [path for path in files() if path.parts[0] == ".ci"]
    assert {path.name for path in scripts} == {"long", "random", "run", "sample", "setup", "test"}
    assert {(ROOT / path).read_text(encoding="utf-8").partition("\n")[0] for path in scripts} == {"#!/bin/sh"}


def test_pip_and_uv_install_the_same_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["dependency-groups"]["dev"] == project["project"]["optional-dependencies"]["dev"]
