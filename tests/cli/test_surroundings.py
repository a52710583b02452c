"""The command line where the locale, the file names or the streams are not what one hopes for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import click
import pytest

from kpirules.cli import console
from kpirules.cli.main import cli
from tests.runs import project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="streams and locales of another kind")

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
FULL = Path("/dev/full")
WRONG = project.SCHEME.replace("sum(orders.amount)\n    target", "sum(orders.amont)\n    target")


def kpirules(*arguments: str, cwd: Path, head: str = "", tail: str = "", **environment: str) -> tuple[int, str, str]:
    """Exit code and both streams; `head` and `tail` stand round the command in the shell."""
    command = f'{head} "$@" {tail}'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command, "bash", sys.executable, "-m", "kpirules", *arguments],
        cwd=cwd,
        env={
            **{name: value for name, value in os.environ.items() if name != "KPIRULES_DEBUG"},
            "KPIRULES_LANG": "en",
            **environment,
        },
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return project.write(tmp_path / "店")


def test_a_file_whose_name_the_locale_cannot_write(shop: Path) -> None:
    (shop / "坏.kpi").write_text(WRONG, encoding="utf-8")
    code, _, said = kpirules("check", "坏.kpi", cwd=shop, **ASCII)
    assert (code, said.split(":")[0]) == (1, "\\u574f.kpi")
    code, put, _ = kpirules("check", "坏.kpi", "--format", "json", cwd=shop, **ASCII)
    assert (code, json.loads(put)["faults"][0]["place"]["file"]) == (1, "坏.kpi")
    code, put, _ = kpirules("check", "坏.kpi", "--format", "sarif", cwd=shop, **ASCII)
    (run,) = json.loads(put)["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (code, place["artifactLocation"]["uri"]) == (1, "%E5%9D%8F.kpi")
    assert kpirules("check", "没有.kpi", cwd=shop, **ASCII)[0] == 2


def test_data_whose_name_the_locale_cannot_write(shop: Path) -> None:
    shutil.copy(shop / "orders.csv", shop / "订单.csv")
    bindings = (shop / "kpirules.yaml").read_text(encoding="utf-8")
    (shop / "kpirules.yaml").write_text(bindings.replace("orders.csv", "订单.csv"), encoding="utf-8")
    code, _, said = kpirules("run", "--period", "2025Q1", cwd=shop, **ASCII)
    assert code == 2
    assert said.startswith("the locale, ascii, cannot name `")
    assert "LC_ALL=C.UTF-8" in said
    assert kpirules("run", "--period", "2025Q1", cwd=shop, LC_ALL="C.UTF-8")[0] == 0


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [("check", "--format", "json"), ("plan",), ("rule",), ("rule", "KPI201")])
def test_a_full_disk_is_told(shop: Path, arguments: tuple[str, ...]) -> None:
    said = "the output cannot be written: No space left on device\n"
    assert kpirules(*arguments, cwd=shop, tail="> /dev/full") == (2, "", said)


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device")
def test_help_to_a_full_disk(shop: Path) -> None:
    assert kpirules("--help", cwd=shop, tail="> /dev/full") == (2, "", "")


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device")
def test_findings_that_nobody_can_be_told_of_still_give_their_exit_code(shop: Path) -> None:
    (shop / "shop.kpi").write_text(WRONG, encoding="utf-8")
    assert kpirules("check", cwd=shop, tail="2> /dev/full") == (1, "", "")


@pytest.mark.parametrize("arguments", [("plan", "--format", "json"), ("rule", "--lang", "zh")])
def test_a_reader_who_goes_away_is_no_fault(shop: Path, arguments: tuple[str, ...]) -> None:
    code, _, said = kpirules(*arguments, cwd=shop, tail="| true")
    assert code in {0, 2}  # it may have been quicker than `true`
    assert said == ""


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_streams_that_are_closed(shop: Path, closed: str) -> None:
    assert kpirules("plan", cwd=shop, tail=closed) == (2, "", "")
    assert kpirules("check", cwd=shop, tail=closed)[0] == 0


def test_a_subject_whose_key_looks_like_an_option(shop: Path) -> None:
    code, _, said = kpirules("explain", "-5", cwd=shop)
    assert code == 2
    assert "`kpirules explain -- -5`" in said
    staff = (shop / "staff.csv").read_text(encoding="utf-8")
    first = staff.splitlines()[1].split(",")[0]
    for table in shop.glob("*.csv"):
        table.write_text(table.read_text(encoding="utf-8").replace(first, "-5"), encoding="utf-8")
    assert kpirules("run", "--period", "2025Q1", cwd=shop)[0] == 0
    code, put, said = kpirules("explain", "--", "-5", cwd=shop)
    assert (code, put[:2]) == (0, "-5"), said


def test_a_working_folder_that_is_gone(shop: Path) -> None:
    gone = shop / "gone"
    gone.mkdir()
    said = "the working folder has been removed: change to a folder that is there, and try again\n"
    for arguments in (("check", "../shop.kpi"), ("run", "--period", "2025Q1"), ("-C", str(shop), "check")):
        gone.mkdir(exist_ok=True)
        assert kpirules(*arguments, cwd=gone, head='rmdir "$PWD";') == (2, "", said)


def test_pipes_and_devices_where_files_should_be(shop: Path) -> None:
    for name in ("staff.csv", "kpirules.yaml", "shop.kpi"):
        kept = (shop / name).read_bytes()
        (shop / name).unlink()
        os.mkfifo(shop / name)
        code, _, said = kpirules("run", "--period", "2025Q1", cwd=shop, head="timeout 20")
        assert (code, "it is a device or a pipe, not a file" in said) == (2, True), said
        (shop / name).unlink()
        (shop / name).symlink_to("/dev/zero")
        code, _, said = kpirules("run", "--period", "2025Q1", cwd=shop, head="timeout 20")
        assert (code, "it is a device or a pipe, not a file" in said) == (2, True), said
        (shop / name).unlink()
        (shop / name).write_bytes(kept)


def test_links_in_a_circle(shop: Path) -> None:
    (shop / "here.kpi").symlink_to("there.kpi")
    (shop / "there.kpi").symlink_to("here.kpi")
    (shop / "used.kpi").write_text(f'{project.SCHEME}\nuse "here.kpi"\n', encoding="utf-8")
    for name, expected in (("used.kpi", 1), ("here.kpi", 2)):
        code, _, said = kpirules("check", name, cwd=shop)
        assert (code, "its links lead in a circle" in said) == (expected, True), said
    assert kpirules("check", cwd=shop)[0] == 0


def test_a_folder_that_holds_itself(shop: Path) -> None:
    (shop / "folder").mkdir()
    (shop / "folder" / "itself").symlink_to("../folder")
    (shop / "folder" / "more.kpi").write_text('use "itself/more.kpi"\ndefine more = 1\n', encoding="utf-8")
    (shop / "used.kpi").write_text(f'{project.SCHEME}\nuse "folder/more.kpi"\n', encoding="utf-8")
    code, _, said = kpirules("check", "used.kpi", cwd=shop)
    assert (code, "KPI234" in said) == (1, True), said


class Screen(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "watched"), [("xterm", True), ("dumb", False)])
def test_the_step_at_work_is_shown_where_somebody_watches(
    terminal: str,
    watched: bool,  # noqa: FBT001  # one column of the table above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step takes the place of the one before, and the last is gone at the end, whatever happened."""
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setenv("KPIRULES_LANG", "en")

    def stopped() -> None:
        with click.Context(cli), console.progress() as watch:
            watch("read")
            watch("run")
            raise KeyError

    with pytest.raises(KeyError):
        stopped()
    empty = "\r\x1b[2K"
    shown = f"{empty}reading the data …{empty}working out the figures …{empty}"
    assert screen.getvalue() == (shown if watched else "")
