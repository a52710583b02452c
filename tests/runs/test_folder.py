"""A run folder is there whole or not at all, and nothing is ever overwritten."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest

from kpirules.runs import folder as room
from kpirules.runs import inputs
from kpirules.runs import manifest as manifests
from kpirules.runs.aside import aside, file_aside
from kpirules.runs.folder import check_free, save
from kpirules.runs.inputs import NUMBER
from kpirules.runs.manifest import Done
from kpirules.source import Fault
from kpirules.source.system import Reason
from tests.runs import project

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(Path(manifests.__file__).with_name("manifest.schema.json").read_text(encoding="utf-8"))


def manifest(folder: Path) -> dict[str, object]:
    data = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(data)
    assert isinstance(data, dict)
    return data


def held(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def code(caught: pytest.ExceptionInfo[Fault]) -> str:
    (fault,) = caught.value.diagnostics
    return fault.code


# ---------------------------------------------------------------- what it holds


def test_it_holds_the_text_the_results_and_the_inputs(shop: Path, done: Done) -> None:
    folder = save(done, shop / "runs" / "2025Q1", numbered=True)
    assert folder == shop / "runs" / "2025Q1"
    results = {
        f"{name}.parquet"
        for name in ("scores", "items", "not_assessed", "not_considered", "left_out", "uncredited", "quarantine")
    }
    inputs = {f"inputs/{name}.parquet" for name in ("staff", "orders", "targets")}
    assert held(folder) == {"manifest.json", "rules/shop.kpi", "bindings/kpirules.yaml", *results, *inputs}
    assert (folder / "rules" / "shop.kpi").read_bytes() == (shop / "shop.kpi").read_bytes()
    assert pq.read_table(folder / "scores.parquet").equals(done.result.scores)
    assert pq.read_table(folder / "items.parquet").equals(done.result.items)
    assert pq.read_table(folder / "not_assessed.parquet").equals(done.result.not_assessed)
    assert pq.read_table(folder / "uncredited.parquet").equals(done.result.uncredited)
    orders = pq.read_table(folder / "inputs" / "orders.parquet")
    assert orders.drop_columns(NUMBER).equals(done.loaded.tables["orders"])
    # a CSV file's first row of data is its second
    assert orders.column(NUMBER).to_pylist() == [2, 3, 4, 5, 6]


def test_the_manifest_says_what_was_run_on_what(shop: Path, done: Done) -> None:
    saved = manifest(save(done, shop / "runs" / "2025Q1", numbered=True))
    assert saved["period"] == {"name": "2025Q1", "kind": "quarter", "start": "2025-01-01", "end": "2025-03-31"}
    scheme = saved["scheme"]
    assert isinstance(scheme, dict)
    text = (shop / "shop.kpi").read_bytes()
    assert (scheme["name"], scheme["version"]) == ("shop", "1.0")
    digest = hashlib.sha256(text).hexdigest()
    assert scheme["files"] == [{"path": "shop.kpi", "kept": "rules/shop.kpi", "sha256": digest}]
    inputs = saved["inputs"]
    assert isinstance(inputs, list)
    orders = next(source for source in inputs if source["table"] == "orders")
    digest = hashlib.sha256((shop / "orders.csv").read_bytes()).hexdigest()
    assert (orders["source"], orders["rows"], orders["sha256"]) == ("orders.csv", 5, digest)
    assert saved["counts"] == {"subjects": 5, "not_assessed": 2, "left_out": 1, "items": done.result.items.num_rows}
    assert saved["period_columns"] == ["orders.day", "targets.quarter"]
    tables = saved["tables"]
    assert isinstance(tables, list)
    assert tables[1] == {
        "table": "orders",
        "read": 5,
        "dated_by": "day",
        "of_period": 4,
        "undated": {"rows": 0, "amounts": {"amount": "0.00"}},
        "counted": 3,
        "uncredited": {"rows": 1, "amounts": {"amount": "10.00"}},
        "set_aside": 0,
        "hidden": 0,
    }
    assert saved["not_considered"] == {"bonus": 2}
    assert saved["bindings"] == "../../kpirules.yaml"
    assert datetime.fromisoformat(str(saved["created"])).tzinfo is not None


def test_the_manifest_has_the_digest_of_every_other_file(shop: Path, done: Done) -> None:
    folder = save(done, shop / "runs" / "2025Q1", numbered=True)
    files = manifest(folder)["files"]
    assert files == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in held(folder) - {"manifest.json"}
    }


def test_bindings_elsewhere_are_named_from_the_root(shop: Path, done: Done, tmp_path: Path) -> None:
    saved = manifest(save(done, tmp_path / "elsewhere", numbered=False))
    assert saved["bindings"] == str(shop / "kpirules.yaml")


def test_inputs_are_left_out_where_they_are_not_wanted(shop: Path, done: Done) -> None:
    folder = save(replace(done, inputs=None), shop / "run", numbered=False)
    assert not (folder / "inputs").exists()
    assert manifest(folder)["inputs_kept"] is False


def test_inputs_are_left_out_where_they_are_too_large(shop: Path, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(table.nbytes for table in done.loaded.tables.values())
    monkeypatch.setattr(inputs, "KEPT_BYTES", size - 1)
    assert manifest(save(project.done(shop), shop / "one", numbered=False))["inputs_kept"] is False
    monkeypatch.setattr(inputs, "KEPT_BYTES", size)
    assert manifest(save(project.done(shop), shop / "two", numbered=False))["inputs_kept"] is True


# ---------------------------------------------------------------- git


def git(folder: Path, *command: str) -> str:
    line = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *command]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


def commit_of(folder: Path) -> object:
    scheme = manifest(folder)["scheme"]
    assert isinstance(scheme, dict)
    return scheme["commit"]


def test_the_commit_is_told_and_whether_the_file_is_as_committed(shop: Path, done: Done) -> None:
    git(shop, "init", "-q")
    assert commit_of(save(done, shop / "runs" / "a", numbered=True)) is None
    git(shop, "add", "shop.kpi")
    git(shop, "commit", "-q", "-m", "first")
    head = git(shop, "rev-parse", "HEAD")
    assert commit_of(save(done, shop / "runs" / "b", numbered=True)) == {"id": head, "unchanged": True}
    (shop / "shop.kpi").write_text("# changed\n" + project.SCHEME, encoding="utf-8")
    assert commit_of(save(done, shop / "runs" / "c", numbered=True)) == {"id": head, "unchanged": True}
    assert commit_of(save(project.done(shop), shop / "runs" / "d", numbered=True)) == {"id": head, "unchanged": False}


def test_line_ends_are_no_change(shop: Path, done: Done) -> None:
    (shop / "shop.kpi").write_bytes(project.SCHEME.encode().replace(b"\n", b"\r\n"))
    git(shop, "init", "-q")
    git(shop, "add", "shop.kpi")
    git(shop, "commit", "-q", "-m", "first")
    head = git(shop, "rev-parse", "HEAD")
    assert commit_of(save(done, shop / "runs" / "a", numbered=True)) == {"id": head, "unchanged": True}


def test_without_git_there_is_no_commit(shop: Path, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    git(shop, "init", "-q")
    monkeypatch.setenv("PATH", str(shop))
    assert commit_of(save(done, shop / "run", numbered=False)) is None


# ---------------------------------------------------------------- never overwritten


def test_the_next_run_of_a_period_gets_a_number(shop: Path, done: Done) -> None:
    names = [save(done, shop / "runs" / "2025Q1", numbered=True).name for _ in range(3)]
    assert names == ["2025Q1", "2025Q1-2", "2025Q1-3"]


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_is_never_overwritten(shop: Path, done: Done, there: str) -> None:
    target = shop / "runs" / "2025Q1"
    target.parent.mkdir()
    match there:
        case "file":
            target.write_text("mine", encoding="utf-8")
        case "folder":
            (target / "mine").mkdir(parents=True)
        case _:
            target.symlink_to(shop / "nowhere" / "yet")
    if there != "link":
        with pytest.raises(Fault) as caught:
            save(done, target, numbered=False)
        assert code(caught) == "KPI724"
        with pytest.raises(Fault) as caught:
            check_free(target)
        assert code(caught) == "KPI724"
        assert save(done, target, numbered=True).name == "2025Q1-2"
        assert there == "file" or [path.name for path in target.iterdir()] == ["mine"]
    assert not [path.name for path in target.parent.iterdir() if path.name.startswith(".")]


def test_an_empty_folder_may_be_the_target(shop: Path, done: Done) -> None:
    (shop / "empty").mkdir()
    assert held(save(done, shop / "empty", numbered=False)) >= {"manifest.json"}


def test_a_name_taken_in_the_meantime_is_passed_over(shop: Path, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run claims the same name between the look and the rename."""
    target = shop / "runs" / "2025Q1"
    rename = Path.rename

    def raced(self: Path, wanted: Path) -> Path:
        if wanted == target:
            (target / "theirs").mkdir(parents=True)
        return rename(self, wanted)

    monkeypatch.setattr(Path, "rename", raced)
    assert save(done, target, numbered=True).name == "2025Q1-2"
    assert [path.name for path in target.iterdir()] == ["theirs"]


# ---------------------------------------------------------------- whole or not at all


@pytest.mark.parametrize("failing", ["scores", "items", "inputs/orders", "inputs/targets"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_writer_that_fails_leaves_nothing(
    shop: Path, done: Done, failing: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table, write_bytes = pq.write_table, Path.write_bytes

    def written(where: Path, _: object) -> None:
        if where.as_posix().endswith(f"{failing}.parquet"):
            raise error

    monkeypatch.setattr(
        pq, "write_table", lambda table, where, **rest: written(where, write_table(table, where, **rest))
    )
    monkeypatch.setattr(Path, "write_bytes", lambda where, data: written(where, write_bytes(where, data)))
    before = held(shop)
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            save(done, shop / "deep" / "runs" / "2025Q1", numbered=True)
    else:
        with pytest.raises(Fault) as caught:
            save(done, shop / "deep" / "runs" / "2025Q1", numbered=True)
        assert code(caught) == "KPI725"
        assert caught.value.diagnostics[0].args["reason"] is Reason.FULL
    assert held(shop) == before
    assert not (shop / "deep").exists()


def test_a_manifest_that_fails_leaves_nothing(shop: Path, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(room, "manifest", broken)
    before = held(shop)
    with pytest.raises(RuntimeError):
        save(done, shop / "runs" / "2025Q1", numbered=True)
    assert held(shop) == before
    assert not (shop / "runs").exists()


def test_folders_that_were_there_stay(shop: Path, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    save(done, shop / "runs" / "2025Q1", numbered=True)
    before = held(shop)
    monkeypatch.setattr(room, "digest", shutil.rmtree)
    with pytest.raises(Fault):
        save(done, shop / "runs" / "2025Q1", numbered=True)
    assert held(shop) == before


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_only_abandoned_folders_are_removed(shop: Path, done: Done) -> None:
    runs, elsewhere = shop / "runs", shop / "elsewhere"
    elsewhere.mkdir()
    (runs / ".notes.partial").mkdir(parents=True)
    (runs / ".2025Q1.0123abcd.partial").symlink_to(elsewhere)
    (runs / ".2025Q1.abcdef01.partial").write_text("a file", encoding="utf-8")
    (runs / ".2025Q2.abcdef01.partial" / "inputs").mkdir(parents=True)
    with aside(runs / "2025Q1") as living:
        save(done, runs / "2025Q1", numbered=True)
        assert {path.name for path in runs.iterdir()} == {
            ".notes.partial",
            ".2025Q1.0123abcd.partial",
            ".2025Q1.abcdef01.partial",
            living.name,
            "2025Q1",
        }
    assert elsewhere.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_only_abandoned_files_are_removed(tmp_path: Path) -> None:
    """Those of the same target that no living process is writing."""
    left, other = tmp_path / ".list.csv.0123abcd.partial", tmp_path / ".mine.csv.0123abcd.partial"
    linked, pipe = tmp_path / ".list.csv.abcdef01.partial", tmp_path / ".list.csv.abcdef02.partial"
    for path in (left, other):
        path.write_text("cells", encoding="utf-8")
    linked.symlink_to(other)
    os.mkfifo(pipe)
    with file_aside(tmp_path / "list.csv") as living, file_aside(tmp_path / "list.csv") as second:
        assert {*tmp_path.iterdir()} == {living, second, other, linked, pipe}
        assert living.stat().st_mode & 0o777 == 0o600
        living.replace(tmp_path / "list.csv")
    assert {*tmp_path.iterdir()} == {tmp_path / "list.csv", other, linked, pipe}


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are of another kind there")
def test_only_the_owner_can_read_a_run(shop: Path, done: Done) -> None:
    before = os.umask(0)
    try:
        with aside(shop / "runs" / "2025Q1") as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
        saved = save(done, shop / "runs" / "2025Q1", numbered=True, csv=True)
    finally:
        os.umask(before)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in [saved, *saved.rglob("*")]}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_run_killed_midway_leaves_no_folder_of_its_name(shop: Path) -> None:
    """Killed without a chance to tidy up, at any of its steps, it leaves nothing that passes for a run."""
    code_ = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "import pyarrow.parquet as pq\n"
        "from kpirules.runs.folder import save\n"
        "from tests.runs import project\n"
        "done = project.done(Path(sys.argv[1]))\n"
        "write = pq.write_table\n"
        "def dying(table, where, **rest):\n"
        "    write(table, where, **rest)\n"
        "    if where.name == 'items.parquet':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "pq.write_table = dying\n"
        "save(done, Path(sys.argv[1]) / 'runs' / '2025Q1', numbered=True)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code_, str(shop)], cwd=ROOT, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in (shop / "runs").iterdir() if not path.name.startswith(".")] == []
    assert [path.suffix for path in (shop / "runs").iterdir()] == [".partial"]
    save(project.done(shop), shop / "runs" / "2025Q1", numbered=True)
    assert [path.name for path in (shop / "runs").iterdir()] == ["2025Q1"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is closed to the superuser")
def test_a_folder_that_may_not_be_written_is_told(shop: Path, done: Done) -> None:
    closed = shop / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(Fault) as caught:
        save(done, closed / "run", numbered=False)
    assert code(caught) == "KPI725"


def test_a_file_where_a_folder_should_be_is_told(shop: Path, done: Done) -> None:
    with pytest.raises(Fault) as caught:
        save(done, shop / "shop.kpi" / "run", numbered=False)
    assert code(caught) == "KPI725"
