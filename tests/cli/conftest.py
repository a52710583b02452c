from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kpirules.cli.main import cli
from tests.runs import project

Call = Callable[..., Result]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the small project, and the working folder."""
    folder = project.write(tmp_path / "shop")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls the command line in this process, in English unless a test says otherwise."""
    for name in ("KPIRULES_DEBUG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KPIRULES_LANG", "en")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="kpirules")

    return invoke
