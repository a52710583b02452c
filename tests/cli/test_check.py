from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.runs import project

WRONG = project.SCHEME.replace("sum(orders.amount)\n    target", "sum(orders.amont)\n    target").replace(
    "count(orders)\n    score", "count(order)\n    score"
)


def places(output: str) -> list[tuple[str, str]]:
    """Where the faults of a text are, and their codes."""
    heads = [line.split(" error[") for line in output.splitlines() if " error[" in line]
    return [(place, rest.partition("]")[0]) for place, rest in heads]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("paths", [(), (".",), ("shop.kpi",), ("shop.kpi", ".")])
def test_no_faults_is_exit_0_and_said_on_the_error_stream(call: Call, paths: tuple[str, ...]) -> None:
    found = call("check", *paths)
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "no faults found\n")


def test_every_fault_of_every_file_is_told(shop: Path, call: Call) -> None:
    project.write(shop / "other")
    for name in ("shop.kpi", "other/shop.kpi"):
        (shop / name).write_text(WRONG, encoding="utf-8")
    found = call("check", "shop.kpi", "other")
    line = WRONG.splitlines().index("    actual  sum(orders.amont)") + 1
    assert found.exit_code == 1
    assert found.stdout == ""
    told = places(found.stderr)
    assert {place.split(":")[0] for place, _ in told} == {"shop.kpi", "other/shop.kpi"}
    assert [place for place, _ in told if f":{line}:" in place] == [
        f"shop.kpi:{line}:24:",
        f"other/shop.kpi:{line}:24:",
    ]
    assert len(told) >= 4


def test_findings_as_data(shop: Path, call: Call) -> None:
    (shop / "shop.kpi").write_text(WRONG, encoding="utf-8")
    found = call("check", "--format", "json", "--lang", "zh")
    assert found.exit_code == 1
    faults = json.loads(found.stdout)["faults"]
    text = call("check").stderr
    assert [
        (f"{one['place']['file']}:{one['place']['line']}:{one['place']['column']}:", one["code"]) for one in faults
    ] == places(text)


def test_no_findings_as_data(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    found = call("check", "--format", "json")
    assert (found.exit_code, json.loads(found.stdout)) == (0, {"faults": []})


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
    found = call("check", path, "shop.kpi")
    assert found.exit_code == 2
    assert f"error[{code}]" in found.stderr
    assert any(place.startswith("shop.kpi:") for place, _ in places(found.stderr))


def test_only_the_scheme_of_the_bindings_is_asked_for(shop: Path, call: Call) -> None:
    """Where the data is takes no part: a rule file can be checked before there is any."""
    (shop / "kpirules.yaml").write_text("scheme: shop.kpi\ndata: later\n", encoding="utf-8")
    assert call("check").exit_code == 0
