"""Who made a run, how, and with which program."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import socket
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kpirules import __version__
from kpirules.runs import provenance as room
from kpirules.runs.evidence import read_evidence, scheme_digest
from kpirules.runs.folder import save
from kpirules.runs.manifest import Done
from kpirules.runs.provenance import Request, program_changes, program_digest, provenance, versions
from tests.packaging.tree import ROOT, files

if TYPE_CHECKING:
    import pytest


def test_a_manifest_says_who_made_the_run_and_how(done: Done, tmp_path: Path) -> None:
    asked = Request(("kpirules", "run", "--period", "2025Q1"), {"quarantine": True}, "scheme: shop.kpi # as it was\n")
    folder = save(replace(done, request=asked), tmp_path / "kept", numbered=False)
    manifest = read_evidence(folder).manifest
    maker = manifest["provenance"]
    assert maker["command"] == ["kpirules", "run", "--period", "2025Q1"]
    assert maker["options"] == {"quarantine": True}
    assert (maker["user"], maker["host"]) == (getpass.getuser(), socket.gethostname())
    assert (maker["folder"], maker["platform"]) == (str(Path.cwd()), platform.platform())
    assert (folder / maker["bindings"]).read_text(encoding="utf-8") == "scheme: shop.kpi # as it was\n"
    assert manifest["files"][maker["bindings"]] == hashlib.sha256((folder / maker["bindings"]).read_bytes()).hexdigest()
    assert manifest["engine"]["versions"] == versions()
    assert program_changes(manifest) == {}


def test_the_bindings_are_kept_as_they_were_when_they_were_read(once: Done) -> None:
    assert once.bindings is not None
    assert once.request.bindings == once.bindings.read_text(encoding="utf-8")


def test_what_the_system_does_not_know_is_null(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(*_: object) -> NoReturn:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr(socket, "gethostname", unknown)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    maker = provenance(Request())
    assert (maker["user"], maker["host"], maker["folder"]) == (str(os.getuid()), None, None)
    assert (maker["command"], maker["bindings"]) == (None, None)


def test_bytes_of_no_encoding_can_be_written() -> None:
    (word,) = provenance(Request(command=("caf\udce9",)))["command"]
    assert word.encode() == b"caf\\udce9"


def test_every_library_that_is_used_has_its_version() -> None:
    versions_ = versions()
    assert (versions_["kpirules"], versions_["python"]) == (__version__, platform.python_version())
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {requirement.split(">")[0] for requirement in pyproject["project"]["dependencies"]}
    assert {name: metadata.version(name) for name in {*needed, "numpy"}}.items() <= versions_.items()
    assert "pytest" not in versions_


def test_without_an_installation_every_library_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, _: object) -> NoReturn:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(room, "_add_needed", missing)
    versions_ = versions()
    assert (versions_["kpirules"], versions_["duckdb"]) == (__version__, metadata.version("duckdb"))


def test_the_digest_of_the_program_is_that_of_its_files() -> None:
    """As `sha256sum` would print it, of the files that git knows."""
    named = {}
    for path in files():
        if path.parts[0] == "kpirules":
            named["/".join(path.parts[1:])] = str(path)
        elif path.parts[0] == "grammar" and path.suffix != ".py":
            named[f"_grammar/{path.name}"] = str(path)
    command = ["sha256sum", *(named[name] for name in sorted(named))]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    lines = [f"{line[:64]}  {name}\n" for line, name in zip(said, sorted(named), strict=True)]
    assert program_digest() == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_digest_is_the_same_in_every_process() -> None:
    code = "from kpirules.runs.provenance import program_digest; print(program_digest())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == program_digest()


def test_the_digest_of_a_scheme_is_that_of_its_text() -> None:
    file, other = ({"kept": f"rules/{name}", "sha256": name * 64} for name in "ab")
    assert scheme_digest([file]) == "a" * 64
    lines = f"{'a' * 64}  rules/a\n{'b' * 64}  rules/b\n"
    assert scheme_digest([file, other]) == hashlib.sha256(lines.encode()).hexdigest()
