"""`kpirules verify` and `kpirules replay`, and what `run` and `explain` say of the run folders they see."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from kpirules.cli import audit
from kpirules.runs import verify as room
from kpirules.source.catalogue import LANGUAGES
from tests.cli.conftest import Call
from tests.cli.test_main import process
from tests.runs import project
from tests.runs.test_audit import HOSTILE, cell, edit, forge

SCHEMA = json.loads(Path(room.__file__).with_name("audit.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def kept(shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run, moved away from its project, which is gone; the working folder is beside it."""
    assert call("run", "--period", "2025Q1", "--csv").exit_code == 0
    folder = (shop / "runs" / "2025Q1").rename(shop.parent / "kept")
    monkeypatch.chdir(folder.parent)
    shutil.rmtree(shop)
    return folder


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", ["verify", "replay"])
def test_what_was_not_changed_is_exit_0(kept: Path, call: Call, command: str, lang: str) -> None:
    result = call(command, kept.name, "--lang", lang)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("kept · ")
    expected = {
        ("verify", "en"): "verified: ",
        ("verify", "zh"): "核查通过：",
        ("replay", "en"): "result files equal byte for byte: 14",
        ("replay", "zh"): "逐字节一致的结果文件：14",
    }
    assert expected[command, lang] in result.stdout


@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_changed_figure_is_exit_1_and_named(kept: Path, call: Call, command: str) -> None:
    forge(kept, "scores.parquet", cell("bonus", Decimal("900.01"), staff_id="S1"))
    result = call(command, kept.name)
    assert result.exit_code == 1
    line = "error[KPI751]: `scores.parquet`: `bonus` of `S1` is `900.01`, but comes to `100.01` when recomputed"
    assert result.stdout.splitlines()[-1] == line
    chinese = call(command, kept.name, "--lang", "zh").stdout.splitlines()[-1]
    assert chinese == "错误[KPI751]: `scores.parquet`：`S1` 的 `bonus` 是 `900.01`，重算得 `100.01`"
    data = json.loads(call(command, kept.name, "--format", "json").stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert data["equal"] is False
    (finding,) = data["findings"]
    expected = {"file": "scores.parquet", "subject": "S1", "item": None, "column": "bonus"}
    assert {name: finding[name] for name in expected} == expected
    assert (finding["recorded"], finding["recomputed"]) == ("900.01", "100.01")


@pytest.mark.parametrize("command", ["verify", "replay"])
@pytest.mark.parametrize("folder", [".", "nowhere", "kept/scores.csv", "kept/rules"])
def test_what_is_no_run_folder_is_exit_2(kept: Path, call: Call, command: str, folder: str) -> None:
    assert kept.is_dir()
    for extra in ((), ("--format", "json"), ("--lang", "zh")):
        result = call(command, folder, *extra)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "[KPI730]" in result.stderr


@pytest.mark.parametrize("how", ["a name outside", "a pipe", "deep JSON", "other types"])
@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_hostile_folder_is_exit_2_without_a_traceback(kept: Path, call: Call, how: str, command: str) -> None:
    HOSTILE[how](kept)
    result = call(command, kept.name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    assert "[KPI730]" in result.stderr


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "٣", "9" * 5000])
def test_a_sample_is_a_whole_number(kept: Path, call: Call, value: str) -> None:
    result = call("verify", kept.name, f"--sample={value}")
    assert result.exit_code == 2
    assert "is not a whole number of 1 or more" in result.stderr


def test_a_sample_is_stated_with_its_seed(kept: Path, call: Call) -> None:
    result = call("verify", kept.name, "--sample", "2", "--seed", "7")
    assert result.exit_code == 0, result.output
    assert "recomputed 2 of 5 subjects on the reference engine (--seed 7)" in result.stdout
    data = json.loads(call("verify", kept.name, "--sample", "2", "--seed", "7", "--format", "json").stdout)
    assert (data["recomputed_subjects"], data["subjects"], data["sample_seed"]) == (2, 5, 7)
    assert "recomputed 5 subjects" in call("verify", kept.name, "--sample", "9" * 50).stdout


def test_a_run_without_its_data_is_never_silently_verified(shop: Path, call: Call) -> None:
    assert call("run", "--period", "2025Q1", "--no-keep-inputs").exit_code == 0
    result = call("verify", str(shop / "runs" / "2025Q1"))
    assert result.exit_code == 1
    assert "no figure was recomputed" in result.stdout
    assert "[KPI755]" in result.stdout
    assert call("replay", str(shop / "runs" / "2025Q1")).exit_code == 2


def test_very_many_findings_are_counted(kept: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SHOWN", 1)
    forge(kept, "scores.parquet", cell("flags", "x"))
    result = call("verify", kept.name)
    assert "findings: 5" in result.stdout
    assert result.stdout.splitlines()[-1] == "… 4 more; `--format json` has all"


def test_what_has_changed_since_the_run_is_told(kept: Path, call: Call) -> None:
    edit(kept, lambda manifest: manifest["engine"]["versions"].update(duckdb="0.1"))
    for command in ("verify", "replay"):
        assert "changed since the run: duckdb 0.1 → " in call(command, kept.name).stdout


def test_the_command_line_is_kept_as_it_was_typed(shop: Path) -> None:
    done = process("--lang", "zh", "run", "--period", "2025Q1", "--csv", folder=shop)
    assert done.returncode == 0
    manifest = json.loads((shop / "runs" / "2025Q1" / "manifest.json").read_text(encoding="utf-8"))
    maker = manifest["provenance"]
    assert maker["command"] == ["kpirules", "--lang", "zh", "run", "--period", "2025Q1", "--csv"]
    assert maker["folder"] == str(shop)
    assert maker["options"] == {"allow_empty": False, "quarantine": False}


# ---------------------------------------------------------------- run and explain


def test_an_explanation_names_its_run(shop: Path, call: Call) -> None:
    assert call("run", "--period", "2025Q1").exit_code == 0
    manifest = json.loads((shop / "runs" / "2025Q1" / "manifest.json").read_text(encoding="utf-8"))
    digest = manifest["scheme"]["files"][0]["sha256"]
    moment = manifest["created"][:19].replace("T", " ")
    expected = {"en": "run runs/2025Q1 · {} UTC · scheme sha256 {}", "zh": "运行 runs/2025Q1 · {} UTC · 方案 sha256 {}"}
    for lang, text in expected.items():
        for asked in (("S1",), ("S1", "bonus"), ("L1",)):
            assert call("explain", *asked, "--lang", lang).stdout.splitlines()[1] == text.format(moment, digest)
    data = json.loads(call("explain", "S1", "--format", "json").stdout)
    assert data["run"] == {"folder": "runs/2025Q1", "created": manifest["created"], "scheme_sha256": digest}


@pytest.mark.parametrize("period", ["2025Q2", "2025-01", "nonsense"])
def test_a_run_of_another_period_than_asked_for_is_exit_2(shop: Path, call: Call, period: str) -> None:
    assert shop.is_dir()
    assert call("run", "--period", "2025Q1").exit_code == 0
    result = call("explain", "S1", "--run", "runs/2025Q1", "--period", period)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error[KPI750]: `runs/2025Q1` is a run of 2025Q1, not of `{period}`" in result.stderr
    assert call("explain", "S1", "--run", "runs/2025Q1", "--period", "2025年第1季度").exit_code == 0


def test_a_broken_folder_is_told_and_hurts_nobody_else(shop: Path, call: Call) -> None:
    assert call("run", "--period", "2025Q1").exit_code == 0
    (shop / "runs" / "torn").mkdir()
    (shop / "runs" / "torn" / "manifest.json").write_text("{", encoding="utf-8")
    for asked in (("--period", "2025Q1"), ()):
        result = call("explain", "S1", *asked)
        assert result.exit_code == 0
        assert result.stderr.startswith("passed over: `runs/torn` cannot be read as the folder of a run")
    assert call("explain", "S1", "--run", "runs/2025Q1").stderr == ""
    assert call("run", "--period", "2025Q1").exit_code == 0


def test_different_rules_of_one_version_are_told(shop: Path, call: Call) -> None:
    assert call("run", "--period", "2025Q1").exit_code == 0
    assert "version" not in call("run", "--period", "2025Q2").stderr
    rules = (shop / "shop.kpi").read_text(encoding="utf-8")
    (shop / "shop.kpi").write_text(rules.replace("base_pay * 10%", "base_pay * 11%"), encoding="utf-8")
    told = "these rules have version 1.0, and so have other rules in runs/2025Q1, runs/2025Q2: give changed rules"
    assert told in call("run", "--period", "2025Q1").stderr
    assert told in call("explain", "S1").stderr
    assert (
        "have version 1.0, and so have other rules in runs/2025Q1-2"
        in call("explain", "S1", "--run", "runs/2025Q1").stderr
    )
    assert (shop / "shop.kpi").read_text(encoding="utf-8") != project.SCHEME
