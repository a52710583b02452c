"""Repositories are read without running anything that they name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kpirules.versions import git
from kpirules.versions.git import checkout

RULES = b"scheme small\n"


def run_git(folder: Path, *command: str) -> str:
    line = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *command]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with a rule file in a folder, committed."""
    top = tmp_path / "repository"
    (top / "sales").mkdir(parents=True)
    (top / "sales" / "a b.kpi").write_bytes(RULES)
    run_git(top, "init", "-q", "-b", "main")
    run_git(top, "add", ".")
    run_git(top, "commit", "-q", "-m", "first")
    return top


def test_a_file_is_read_as_committed(top: Path) -> None:
    rules, other = top / "sales" / "a b.kpi", top / "sales" / "new.kpi"
    rules.write_bytes(b"changed")
    other.write_bytes(b"new")
    run_git(top, "add", "sales/new.kpi")
    here = checkout(top / "sales")
    assert here is not None
    assert here.commit == run_git(top, "rev-parse", "HEAD")
    outside = top.parent / "outside.kpi"
    assert here.committed([other, outside, rules, top / "sales", top / "sales" / "line\nend.kpi"]) == {rules: RULES}


def test_a_work_tree_of_its_own_is_read(top: Path, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    run_git(top, "worktree", "add", "-q", str(beside))
    here = checkout(beside / "sales")
    assert here is not None
    assert here.top == beside
    assert here.committed([beside / "sales" / "a b.kpi"]) == {beside / "sales" / "a b.kpi": RULES}


def test_no_repository_and_no_commit(tmp_path: Path) -> None:
    assert checkout(tmp_path) is None
    assert checkout(tmp_path / "gone") is None
    run_git(tmp_path, "init", "-q")
    assert checkout(tmp_path) is None


def test_the_repository_of_a_hook_is_not_taken_for_this_one(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    here = checkout(top)
    assert here is not None
    assert here.top == top


# ---------------------------------------------------------------- a stranger's repository


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A program, and the file that it leaves when it is run."""
    ran, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n", encoding="utf-8")
    program.chmod(0o755)
    return program, ran


def set_traps(top: Path, program: Path) -> None:
    """Name the program everywhere that a repository can name one."""
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.alternateRefsCommand",
        "credential.helper",
        "diff.external",
        "gpg.program",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.x.textconv",
        "uploadpack.packObjectsHook",
    ):
        run_git(top, "config", setting, str(program))
    for command in ("rev-parse", "cat-file", "status"):
        run_git(top, "config", f"alias.{command}", f"!{program}")
    (top / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n", encoding="utf-8")
    hooks = top / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"):
        (hooks / name).unlink(missing_ok=True)
        (hooks / name).symlink_to(program)
    run_git(top, "config", "core.hooksPath", str(hooks))


def read(top: Path) -> dict[Path, bytes]:
    here = checkout(top)
    assert here is not None
    return here.committed([top / "sales" / "a b.kpi"])


def test_no_program_of_the_repository_runs(top: Path, trap: tuple[Path, Path]) -> None:
    program, ran = trap
    set_traps(top, program)
    os.utime(top / "sales" / "a b.kpi", (0, 0))  # a file whose index entry is stale is read again through its filter
    ran.unlink(missing_ok=True)
    assert read(top) == {top / "sales" / "a b.kpi": RULES}
    assert not ran.exists()
    subprocess.run(["git", "-C", str(top), "diff", "--no-ext-diff", "--quiet"], check=False)
    assert ran.exists(), "the traps catch nothing"


@pytest.mark.parametrize("address", ["ext::{program}", "{top}", "file://{top}", "ssh://somewhere/else"])
def test_a_partial_clone_fetches_nothing(
    top: Path, trap: tuple[Path, Path], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, ran = trap
    blob = run_git(top, "rev-parse", "HEAD:sales/a b.kpi")
    for name, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "far"),
        ("remote.far.promisor", "true"),
        ("remote.far.url", address.format(program=program, top=top)),
        ("remote.far.uploadpack", str(program)),
        ("core.sshCommand", str(program)),
        ("protocol.allow", "always"),
    ):
        run_git(top, "config", name, value)
    (top / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert read(top) == {}
    assert not ran.exists()
    monkeypatch.setattr(git, "_SETTINGS", {})
    assert read(top) == {}
    assert ran.exists(), "the trap catches nothing"


def test_a_repository_that_does_not_answer_is_left_alone(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "_SECONDS", 0.5)
    (top / ".git" / "HEAD").unlink()
    os.mkfifo(top / ".git" / "HEAD")
    assert checkout(top) is None
