"""Every command and snippet of README.md and docs/ is run, page by page; one that nothing runs is a failure.

A page is read from top to bottom in a copy of the folder that bears its name (`docs/tutorial.en` for
`docs/tutorial.en.md`), of the shipped sample where there is none. Its blocks, by their mark:

- `sh`: commands, each run; `# exit 1` after one says which code it ends with.
- `text`, right after what printed it: that output, to the letter.
- `kpi`: rules that must compile. A block with a scheme's header begins a rule file (`rules.en.kpi`, `rules.zh.kpi`
  unless it is named), one without is put at the end of the file begun last in the same language: a page may build one
  policy, piece by piece. `kpi wrong` must be refused together with what stands before it, is no part of what follows,
  and the `text` after it is what is said.
- `python`: run.
- `yaml`: a `kpirules.yaml`, held to its schema. `toml`: must parse.
- `source PATH`: lines that stand so in that file of the project.
- Without a mark: a drawing.

A mark may be followed by a file name: the block is saved under it, as a reader would, for `use` and for commands.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from kpirules.cli.main import cli
from kpirules.compiling import compile_scheme
from kpirules.data.bindings import load_bindings
from kpirules.source import Fault, SourceText
from kpirules.source.files import Folder
from kpirules.source.render import render_text

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ENVIRONMENT = {"KPIRULES_LANG": "", "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
SAMPLE = ROOT / "schemes" / "east_sales"
_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCRIPT = re.compile(r"sh (\.ci/\w+)")
_HEADER = re.compile(r"^(scheme|方案) ", re.MULTILINE)
_SHELL = {"|", ">", ">>", "<", "&&", "||", ";"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
"""When a run was made; pages show the same moment each time."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DRAWN = re.compile(r"[─-╿▲►▼◄]")


@dataclass(frozen=True, slots=True)
class Block:
    mark: str
    words: tuple[str, ...]
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        mark, *words = match[1].split() or [""]
        yield Block(mark, tuple(words), match[2], text.count("\n", 0, match.start()) + 1)


def commands(block: Block) -> Iterator[tuple[str, int]]:
    for line in block.text.splitlines():
        command, _, comment = line.partition("#")
        code = re.search(r"exit (\d)", comment)
        if command.strip():
            yield command.strip(), int(code[1]) if code else 0


def told(page: Path, folder: Path) -> Iterator[tuple[Block, str]]:
    """Every output that a page shows, and what was printed in its place, once all before it was read and run."""
    own = page.with_suffix("")
    shutil.copytree(own if own.is_dir() else SAMPLE, folder, ignore=shutil.ignore_patterns("runs"))
    reader = Reader(page.name, folder)
    for block in blocks(page):
        if block.mark == "text":
            assert reader.printed is not None, f"{page.name}:{block.line}: nothing printed this"
            yield block, _MOMENT.sub("2025-04-02 09:30:00 UTC", reader.printed)
        else:
            reader.read(block)


@dataclass(slots=True)
class Reader:
    """Somebody who types what a page says; `printed` is what came last, `begun` the rule file, by Chinese or not."""

    page: str
    folder: Path
    printed: str | None = None
    begun: dict[bool, Path] = field(default_factory=dict)

    def read(self, block: Block) -> None:
        where = f"{self.page}:{block.line}"
        names = [word for word in block.words if word != "wrong"]
        match block.mark:
            case "sh":
                self.printed = self.type(block, where)
            case "kpi":
                self.printed = self.check(block, names, where)
            case "python":
                self.printed = self.run(f"{sys.executable} {self.save(block, names, 'snippet.py')}", 0, where)
            case "yaml":
                load_bindings(self.folder / self.save(block, names, "snippet.yaml"))
            case "toml":
                tomllib.loads(block.text)
            case "source":
                text = (ROOT / block.words[0]).read_text(encoding="utf-8")
                assert block.text in text, f"{where}: {block.words[0]} reads differently now"
            case "":
                assert _DRAWN.search(block.text), f"{where}: a block without a mark is a drawing; nothing runs this one"
            case _:
                pytest.fail(f"{where}: a block marked `{block.mark}` is not run by anything")

    def save(self, block: Block, names: list[str], name: str) -> str:
        name = names[0] if names else name
        (self.folder / name).write_text(block.text, encoding="utf-8")
        return name

    def check(self, block: Block, names: list[str], where: str) -> str:
        """The file they stand in must compile with them, or be refused."""
        chinese, refused = _HAN.search(block.text) is not None, "wrong" in block.words
        name = names[0] if names else f"rules.{'zh' if chinese else 'en'}.kpi"
        if _HEADER.search(block.text):
            file, text = self.folder / name, block.text
        else:
            assert chinese in self.begun, f"{where}: no rule file is begun in this language"
            file, before = self.begun[chinese], self.begun[chinese].read_text(encoding="utf-8")
            text = f"{before}\n{block.text}"
        told = _faults(SourceText(file.name, text), self.folder, "zh" if chinese else "en")
        assert refused is bool(told), f"{where}: {told or 'nothing is wrong with it'}"
        if names:
            self.save(block, names, name)
        if not refused and (file.name == name or not names):
            file.write_text(text, encoding="utf-8")
            self.begun[chinese] = file
        return told

    def type(self, block: Block, where: str) -> str:
        printed = ""
        for command, code in commands(block):
            script = _SCRIPT.fullmatch(command)
            if script:
                # The set-up commands run this test, so they are held to be there and well formed.
                assert subprocess.run(["sh", "-n", ROOT / script[1]], check=False).returncode == 0, where
            else:
                printed = self.run(command, code, where)
        return printed

    def run(self, command: str, code: int, where: str) -> str:
        words = shlex.split(command)
        plain = words[0] == "kpirules" and not _SHELL.intersection(words)
        ended, printed, told = _here(words[1:], self.folder) if plain else _shell(command, self.folder)
        assert ended == code, f"{where}: {command}\n{printed}{told}"
        return printed or told


def _here(words: list[str], folder: Path) -> tuple[int, str, str]:
    """A command of ours, in this process: to start one for each takes most of the time."""
    with chdir(folder):
        done = CliRunner(env=ENVIRONMENT).invoke(cli, words)
    return done.exit_code, done.stdout, done.stderr


def _shell(command: str, folder: Path) -> tuple[int, str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **ENVIRONMENT, "PATH": path}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def _faults(source: SourceText, folder: Path, lang: str) -> str:
    try:
        compile_scheme(source, Folder(folder))
    except Fault as fault:
        return render_text(fault.diagnostics, lang)
    return ""
