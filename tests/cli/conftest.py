from __future__ import annotations

import re
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


def cells(text: str, table: str) -> dict[str, str]:
    """What is printed of the rows of a table, by column."""
    lines = [re.split(r"  +", line) for line in text.splitlines()]
    names = next(line for line in lines if line[0] in {"table", "数据表"})
    return dict(zip(names, next(line for line in lines[lines.index(names) :] if line[0] == table), strict=True))
