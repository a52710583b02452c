"""The package works wherever it is installed from: a wheel, an editable install, a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from kpirules.syntax.parser import item_parser, parse_tables
from tests.packaging.tree import ROOT, files

PROBE = """
import sys, site
for folder in sys.argv[1:]:
    site.addsitedir(folder)  # as an installer's folder: its .pth files count
sys.path.append({libraries!r})  # what the package needs; whatever is installed there of the package itself comes last
import kpirules
from kpirules.source import SourceText
from kpirules.syntax.parse import parse
file, faults = parse(SourceText("probe.kpi", 'scheme probe\\n    version "1"\\n'))
assert not faults, faults
print(kpirules.__file__)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's files, in a place of its own."""
    copy = tmp_path_factory.mktemp("project")
    for path in files():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    return copy


def build(project: Path, kind: str, into: Path) -> zipfile.ZipFile:
    """Build a wheel of that kind, `wheel` or `editable`, as an installer does."""
    code = f"from hatchling.build import build_{kind}; print(build_{kind}({str(into)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    return zipfile.ZipFile(into / done.stdout.split()[-1])


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return build(project, "wheel", tmp_path_factory.mktemp("wheel"))


def loaded_from(folder: Path, elsewhere: Path) -> Path:
    """The `__init__.py` that a Python without other site folders loads, once a small scheme was read with it."""
    code = PROBE.format(libraries=sysconfig.get_paths()["purelib"])
    command = [sys.executable, "-S", "-c", code, str(folder)]
    cache = {"XDG_CACHE_HOME": str(elsewhere / "cache"), "HOME": str(elsewhere)}
    done = subprocess.run(command, cwd=elsewhere, env=cache, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_a_wheel_brings_its_grammar(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    assert loaded_from(tmp_path / "site", tmp_path) == tmp_path / "site" / "kpirules" / "__init__.py"


def test_an_editable_install_finds_the_grammar_of_its_checkout(project: Path, tmp_path: Path) -> None:
    build(project, "editable", tmp_path).extractall(tmp_path / "site")
    assert loaded_from(tmp_path / "site", tmp_path) == project / "kpirules" / "__init__.py"
    assert not (tmp_path / "site" / "kpirules").exists()


def test_a_checkout_finds_its_grammar(tmp_path: Path) -> None:
    assert loaded_from(ROOT, tmp_path) == ROOT / "kpirules" / "__init__.py"


def test_a_wheel_holds_the_package_the_grammar_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    grammar = {path for path in files() if path.parts[0] == "grammar" and path.suffix != ".py"}
    moved = {path.as_posix().replace("grammar/", "kpirules/_grammar/", 1) for path in grammar}
    package = {path.as_posix() for path in files() if path.parts[0] == "kpirules"}
    assert held == package | moved | {f"kpirules/_grammar/{parse_tables.name(item_parser.key())}"}


def test_the_first_check_of_a_wheel_builds_no_tables(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    loaded_from(tmp_path / "site", tmp_path)
    assert not (tmp_path / "cache").exists()
    for shipped in (tmp_path / "site" / "kpirules" / "_grammar").glob("tables-*"):
        shipped.unlink()
    loaded_from(tmp_path / "site", tmp_path)
    assert (tmp_path / "cache").exists()


def test_a_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    (entry,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    assert "kpirules = kpirules.cli.main:main" in wheel.read(entry).decode().splitlines()
