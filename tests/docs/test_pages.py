"""Every command and snippet of README.md and docs/ is run, page by page, in a copy of the shipped sample.

In a page, a block marked `sh` holds commands; `# exit 1` after one says which code it ends with. A block marked `text`
right after it is what the last command prints, to the letter. A block marked `kpi` is a rule file, or items of one,
free of syntax faults; `yaml`, `toml` and `python` blocks must parse; one without a mark is a drawing. Blocks of any
other mark are refused, so that none goes unread.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SAMPLE = ROOT / "schemes" / "east_sales"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCRIPT = re.compile(r"sh (\.ci/\w+)")


@dataclass(frozen=True, slots=True)
class Block:
    mark: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)


def commands(block: Block) -> Iterator[tuple[str, int]]:
    for line in block.text.splitlines():
        command, _, comment = line.partition("#")
        code = re.search(r"exit (\d)", comment)
        if command.strip():
            yield command.strip(), int(code[1]) if code else 0


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "KPIRULES_LANG": "", "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("runs"))
    printed = ""
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        match block.mark:
            case "sh":
                printed = _run_all(block, folder, where)
            case "text":
                assert block.text.rstrip() == printed.rstrip(), where
            case "kpi":
                (folder / "snippet.kpi").write_text(block.text, encoding="utf-8")
                checked = run("kpirules check snippet.kpi", folder)
                assert checked.returncode in (0, 1), f"{where}: {checked.stderr}"
                assert "KPI1" not in checked.stdout + checked.stderr, f"{where}: {checked.stdout}"
            case "yaml":
                yaml.safe_load(block.text)
            case "toml":
                tomllib.loads(block.text)
            case "python":
                ast.parse(block.text)
            case "":
                continue
            case _:
                pytest.fail(f"{where}: a block marked `{block.mark}` is not run by anything")


def _run_all(block: Block, folder: Path, where: str) -> str:
    printed = ""
    for command, code in commands(block):
        script = _SCRIPT.fullmatch(command)
        if script:
            # The set-up commands run this test, so they are held to be there and well formed.
            assert subprocess.run(["sh", "-n", ROOT / script[1]], check=False).returncode == 0, where
            continue
        done = run(command, folder)
        assert done.returncode == code, f"{where}: {command}\n{done.stdout}{done.stderr}"
        printed = done.stdout or done.stderr
    return printed
