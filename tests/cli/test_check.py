from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from kpirules.source.catalogue import FOLDER
from tests.cli.conftest import Call
from tests.runs import project

WRONG = project.SCHEME.replace("sum(orders.amount)\n    target", "sum(orders.amont)\n    target").replace(
    "count(orders)\n    score", "count(order)\n    score"
)

FAULTS = json.loads((FOLDER.parent / "faults.schema.json").read_text(encoding="utf-8"))
SARIF = json.loads((Path(__file__).parents[1] / "source" / "sarif.schema.json").read_text(encoding="utf-8"))


def places(output: str) -> list[tuple[str, str]]:
    """Where the faults of a text are, and their codes."""
    heads = [line.split(" error[") for line in output.splitlines() if " error[" in line]
    return [(place, rest.partition("]")[0]) for place, rest in heads]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("paths", [(), (".",), ("shop.kpi",), ("shop.kpi", ".")])
def test_no_faults_is_exit_0_and_said_on_the_error_stream(call: Call, paths: tuple[str, ...]) -> None:
    result = call("check", *paths)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no faults found\n")


def test_every_fault_of_every_file_is_told(shop: Path, call: Call) -> None:
    project.write(shop / "other")
    for name in ("shop.kpi", "other/shop.kpi"):
        (shop / name).write_text(WRONG, encoding="utf-8")
    result = call("check", "shop.kpi", "other")
    line = WRONG.splitlines().index("    actual  sum(orders.amont)") + 1
    assert result.exit_code == 1
    assert result.stdout == ""
    told = places(result.stderr)
    assert {place.split(":")[0] for place, _ in told} == {"shop.kpi", "other/shop.kpi"}
    assert [place for place, _ in told if f":{line}:" in place] == [
        f"shop.kpi:{line}:24:",
        f"other/shop.kpi:{line}:24:",
    ]
    assert len(told) >= 4


def test_findings_as_data(shop: Path, call: Call) -> None:
    (shop / "shop.kpi").write_text(WRONG, encoding="utf-8")
    result = call("check", "--format", "json", "--lang", "zh")
    assert result.exit_code == 1
    jsonschema.validate(json.loads(result.stdout), FAULTS)
    faults = json.loads(result.stdout)["faults"]
    text = call("check").stderr
    assert [
        (f"{fault['place']['file']}:{fault['place']['line']}:{fault['place']['column']}:", fault["code"])
        for fault in faults
    ] == places(text)


def test_no_findings_as_data(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    result = call("check", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"faults": []})


@pytest.mark.parametrize(
    ("path", "code"), [("nowhere.kpi", "KPI601"), ("latin.kpi", "KPI602"), ("bare", "KPI726"), ("torn", "KPI606")]
)
def test_what_cannot_be_read_is_exit_2_and_the_rest_is_still_checked(
    shop: Path, call: Call, path: str, code: str
) -> None:
    (shop / "latin.kpi").write_bytes(b"# \xe9\n")
    (shop / "bare").mkdir()
    (shop / "torn").mkdir()
    (shop / "torn" / "kpirules.yaml").write_text("data: {}\n", encoding="utf-8")
    (shop / "shop.kpi").write_text(WRONG, encoding="utf-8")
    result = call("check", path, "shop.kpi")
    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert any(place.startswith("shop.kpi:") for place, _ in places(result.stderr))


def test_only_the_scheme_of_the_bindings_is_asked_for(shop: Path, call: Call) -> None:
    """Where the data is takes no part: a rule file can be checked before there is any."""
    (shop / "kpirules.yaml").write_text("scheme: shop.kpi\ndata: later\n", encoding="utf-8")
    assert call("check").exit_code == 0


def test_findings_as_sarif(shop: Path, call: Call) -> None:
    (shop / "shop.kpi").write_text(WRONG, encoding="utf-8")
    result = call("check", "nowhere.kpi", "shop.kpi", "--format", "sarif")
    log = json.loads(result.stdout)
    jsonschema.validate(log, SARIF)
    assert result.exit_code == 2
    (run,) = log["runs"]
    assert run["invocations"] == [{"executionSuccessful": False}]
    told = [
        (
            f"{place['artifactLocation']['uri']}:{place['region']['startLine']}:{place['region']['startColumn']}:",
            result_["ruleId"],
        )
        for result_ in run["results"]
        for place in [location["physicalLocation"] for location in result_.get("locations", ())]
    ]
    assert told == places(call("check", "shop.kpi").stderr)
    assert run["results"][0]["ruleId"] == "KPI601"


def test_no_findings_as_sarif(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    result = call("check", "--format", "sarif")
    (run,) = json.loads(result.stdout)["runs"]
    assert (result.exit_code, run["results"], run["invocations"]) == (0, [], [{"executionSuccessful": True}])


def test_two_paths_that_are_not_there_are_both_told(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    result = call("check", "one.kpi", "shop.kpi", "two.kpi")
    assert result.exit_code == 2
    assert [line.split("`")[1] for line in result.stderr.splitlines()] == ["one.kpi", "two.kpi"]


def test_a_folder_of_projects_and_rule_files(shop: Path, call: Call) -> None:
    """Every scheme that a kpirules.yaml names, then the rule files of other folders that no scheme uses."""
    everything = shop / "all"
    project.write(everything / "a")
    (everything / "a" / "kpirules.yaml").write_text("data: {}\n", encoding="utf-8")
    project.write(everything / "b")
    (everything / "b" / "shop.kpi").write_text(WRONG, encoding="utf-8")
    (everything / "b" / "left_out.kpi").write_text("nothing", encoding="utf-8")
    (everything / "plain" / "parts").mkdir(parents=True)
    (everything / "plain" / "parts" / "extra.kpi").write_text("define extra = 2 * nobody\n", encoding="utf-8")
    (everything / "plain" / "whole.kpi").write_text('use "parts/extra.kpi"\n' + project.SCHEME, encoding="utf-8")
    (everything / "plain" / "lone.kpi").write_text("define lone = 1\n", encoding="utf-8")
    (everything / ".hidden").mkdir()
    shutil.copy(everything / "b" / "shop.kpi", everything / ".hidden")
    (everything / "runs" / "2025Q1").mkdir(parents=True)
    (everything / "runs" / "2025Q1" / "manifest.json").touch()
    shutil.copy(everything / "b" / "shop.kpi", everything / "runs" / "2025Q1")
    result = call("check", "all")
    told = places(result.stderr)
    assert result.exit_code == 2
    assert list(dict.fromkeys(place.split(":")[0] for place, _ in told)) == [
        "all/a/kpirules.yaml",
        "all/b/shop.kpi",
        "all/plain/parts/extra.kpi",
        "all/plain/lone.kpi",
    ]
    assert {code for place, code in told if "plain" in place} >= {"KPI201", "KPI504"}
    assert len(told) > 4


def test_what_two_schemes_use_is_told_once(shop: Path, call: Call) -> None:
    (shop / "extra.kpi").write_text("define extra = 2 * nobody\n", encoding="utf-8")
    for name in ("a.kpi", "b.kpi"):
        (shop / name).write_text('use "extra.kpi"\n' + project.SCHEME, encoding="utf-8")
    assert places(call("check", "a.kpi", "b.kpi", "a.kpi").stderr) == [("extra.kpi:1:20:", "KPI201")]


def test_a_rule_file_that_is_not_there_is_told_where_it_is_named(shop: Path, call: Call) -> None:
    (shop / "kpirules.yaml").write_text("scheme: shopp.kpi\ndata: {}\n", encoding="utf-8")
    for command in (("check",), ("plan",), ("run", "--period", "2025Q1")):
        assert call(*command).stderr == (
            "kpirules.yaml:1:9: error[KPI601]: cannot read `shopp.kpi`: there is no such file\n"
            "  1 | scheme: shopp.kpi\n"
            "    |         ^^^^^^^^^\n"
            "  help: did you mean `shop.kpi`?\n"
        ), command
