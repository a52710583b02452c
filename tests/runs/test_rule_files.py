"""A scheme of several rule files, run: each is kept, told of, and found again from the run folder alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from kpirules.cli.main import cli
from kpirules.runs.evidence import read_evidence
from kpirules.runs.folder import save
from kpirules.runs.open import open_run
from kpirules.runs.replay import replay
from kpirules.runs.verify import verify
from kpirules.source import Fault
from tests.runs import project


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """The small project with its pay in a file beside its folder, and its gates in one that this uses."""
    shop = project.write(tmp_path / "shop")
    head, pay = project.SCHEME.split("pay bonus")
    head, gates = head.split("gate idle")
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "pay.kpi").write_text(f'use "rules/gates.kpi"\n\npay bonus{pay}', encoding="utf-8")
    (tmp_path / "common" / "rules").mkdir()
    (tmp_path / "common" / "rules" / "gates.kpi").write_text(f"gate idle{gates}", encoding="utf-8")
    (shop / "shop.kpi").write_text(f'{head}use "../common/pay.kpi"\n', encoding="utf-8")
    return shop


def test_every_rule_file_is_kept_as_it_lay_and_told_of(split: Path) -> None:
    folder = save(project.done(split), split / "runs" / "2025Q1", numbered=True)
    files = read_evidence(folder).manifest["scheme"]["files"]
    assert [(file["path"], file["kept"]) for file in files] == [
        ("shop.kpi", "rules/shop/shop.kpi"),
        ("../common/pay.kpi", "rules/common/pay.kpi"),
        ("../common/rules/gates.kpi", "rules/common/rules/gates.kpi"),
    ]
    for file in files:
        original = split / file["path"]
        assert (folder / file["kept"]).read_bytes() == original.read_bytes()
        assert file["sha256"] == hashlib.sha256(original.read_bytes()).hexdigest()


def test_a_split_scheme_gives_the_same_results(split: Path, tmp_path: Path) -> None:
    whole, parted = project.done(project.write(tmp_path / "whole")), project.done(split)
    assert parted.result.scores.equals(whole.result.scores)
    assert parted.result.items.equals(whole.result.items)


def test_a_run_is_read_and_explained_by_its_folder_alone(split: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = project.done(split)
    folder = save(done, split / "runs" / "2025Q1", numbered=True)
    alone = folder.rename(split.parent / "alone")
    shutil.rmtree(split)
    shutil.rmtree(split.parent / "common")
    assert open_run(alone).compiled.plan == done.compiled.plan
    monkeypatch.chdir(split.parent)
    result = CliRunner().invoke(cli, ["explain", "K2", "--run", "alone"])
    assert result.exit_code == 0, result.stderr
    assert "[../common/pay.kpi:4]" in result.stdout
    assert "[../common/rules/gates.kpi:5]" in result.stdout
    text = json.loads(CliRunner().invoke(cli, ["explain", "K2", "bonus", "--run", "alone", "--format", "json"]).stdout)
    assert text["items"][0]["place"]["file"] == "../common/pay.kpi"


def test_any_kept_rule_file_that_has_changed_is_told(split: Path) -> None:
    folder = save(project.done(split), split / "runs" / "2025Q1", numbered=True)
    (folder / "rules" / "common" / "pay.kpi").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert [(fault.code, fault.args) for fault in caught.value.diagnostics] == [
        ("KPI732", {"path": folder / "rules" / "common" / "pay.kpi"})
    ]


def test_unchanged_speaks_of_every_rule_file(split: Path) -> None:
    root = split.parent

    def git(*command: str) -> None:
        line = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org", *command]
        subprocess.run(line, capture_output=True, check=True)

    def unchanged(name: str) -> object:
        return read_evidence(save(project.done(split), root / name, numbered=True)).manifest["scheme"]["commit"][
            "unchanged"
        ]

    git("init", "-q")
    git("add", "shop", "common/pay.kpi")
    git("commit", "-q", "-m", "first")
    assert unchanged("new") is False
    (root / ".gitignore").write_text("gates.kpi\n", encoding="utf-8")
    assert unchanged("ignored") is False
    git("add", "-f", "common")
    git("commit", "-q", "-m", "second")
    assert unchanged("same") is True
    (root / "common" / "pay.kpi").write_text(
        (root / "common" / "pay.kpi").read_text(encoding="utf-8") + "# changed\n", encoding="utf-8"
    )
    assert unchanged("changed") is False


def test_faults_of_several_files_in_one_go(split: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(split)
    pay, gates = split.parent / "common" / "pay.kpi", split.parent / "common" / "rules" / "gates.kpi"
    pay.write_text(pay.read_text(encoding="utf-8").replace("base_pay", "base_pey"), encoding="utf-8")
    gates.write_text('define odd = base_pay + "much"\n' + gates.read_text(encoding="utf-8"), encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "--format", "json", "--lang", "en"])
    assert result.exit_code == 1
    assert [
        (fault["code"], fault["place"]["file"], fault["place"]["line"]) for fault in json.loads(result.stdout)["faults"]
    ] == [
        ("KPI201", "../common/pay.kpi", 4),
        ("KPI302", "../common/rules/gates.kpi", 1),
    ]


def test_a_run_of_several_rule_files_is_made_again_by_its_folder_alone(split: Path) -> None:
    folder = save(project.done(split), split / "runs" / "2025Q1", numbered=True)
    alone = folder.rename(split.parent / "alone")
    shutil.rmtree(split)
    shutil.rmtree(split.parent / "common")
    assert replay(alone).equal
    assert verify(alone).equal
    files = read_evidence(alone).manifest["scheme"]["files"]
    lines = "".join(
        f"{hashlib.sha256((alone / file['kept']).read_bytes()).hexdigest()}  {file['kept']}\n" for file in files
    )
    assert read_evidence(alone).scheme_digest == hashlib.sha256(lines.encode()).hexdigest()
