"""What a run says of its engines: for whom both agree, what DuckDB does not finish, within which limits it works."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from kpirules.engines import bulk, duckdb
from kpirules.engines.failure import EngineError, Reason
from tests.cli.conftest import Call
from tests.runs import project

if TYPE_CHECKING:
    from kpirules.engines.outcome import Outcome

RUN = ("run", "--period", "2025Q1")


@pytest.mark.usefixtures("shop")
def test_a_run_says_for_how_many_both_engines_agree(call: Call) -> None:
    assert re.search(
        r"5 of 5 subjects worked out on the reference engine too, with the same results", call(*RUN).stderr
    )
    assert "2 of 5 subjects" in call(*RUN, "--sample", "2").stderr
    assert "reference engine" not in call(*RUN, "--sample", "0").stderr
    times = json.loads(Path("runs/2025Q1/manifest.json").read_text(encoding="utf-8"))["times"]
    assert times.keys() == {"compile", "read", "run", "sample"}


def test_figures_that_two_engines_disagree_on_are_not_kept(
    shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*arguments: Any) -> Outcome:  # noqa: ANN401  # those of the engine
        outcome = right(*arguments)
        column = outcome.subjects.column("bonus")
        place = outcome.subjects.column_names.index("bonus")
        nothing = pa.nulls(len(column), column.type)
        return dataclasses.replace(outcome, subjects=outcome.subjects.set_column(place, "bonus", nothing))

    right = duckdb.run
    monkeypatch.setattr(duckdb, "run", wrong)
    result = call(*RUN)
    assert result.exit_code == 3
    assert "error[KPI749]: `bonus` of `" in result.stderr
    assert not (shop / "runs").exists()


def test_what_duckdb_does_not_finish_is_told_and_worked_out(
    shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> object:
        raise EngineError(Reason.ERROR, "orders by subject", "Binder Error: too deep", ("sales",))

    monkeypatch.setattr(duckdb, "run", failing)
    result = call(*RUN, "--format", "csv")
    assert result.exit_code == 0
    assert result.stdout_bytes.decode("utf-8") == project.CSV
    said = "the step `orders by subject` failed on DuckDB (Binder Error: too deep): the reference engine worked the"
    assert said in result.stderr
    engine = json.loads((shop / "runs/2025Q1/manifest.json").read_text(encoding="utf-8"))["engine"]
    assert (engine["name"], engine["sample"]) == ("reference", None)
    assert engine["failures"] == [
        {"reason": "error", "step": "orders by subject", "said": "Binder Error: too deep", "items": ["sales"]}
    ]


@pytest.mark.parametrize(
    ("reason", "code", "help_"),
    [
        (Reason.MEMORY, "KPI747", "--temp"),
        (Reason.DISK, "KPI748", "--temp"),
        (Reason.TIME, "KPI759", "--time-limit"),
        (Reason.ERROR, "KPI758", "200000"),
    ],
)
def test_what_no_engine_finishes(
    shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch, reason: Reason, code: str, help_: str
) -> None:
    def failing(*_: object) -> object:
        raise EngineError(reason, "orders by subject", "said by the engine", ("sales", "bonus"))

    monkeypatch.setattr(duckdb, "run", failing)
    monkeypatch.setattr(bulk, "REFERENCE_ROWS", 0)
    result = call(*RUN)
    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert "sales" in result.stderr
    assert help_ in result.stderr
    assert not (shop / "runs").exists()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--memory", "2", "`2` is not an amount of memory: write 500MB or 2GB"),
        ("--memory", "'; drop", "is not an amount of memory"),
        ("--temp", "nowhere", "there is no folder `nowhere`"),
        ("--temp", "/proc", "no file can be made in the folder `/proc`"),
        ("--sample", "-1", "`-1` is not a whole number of 0 or more"),
        ("--time-limit", "0", "`0` is not a whole number of 1 or more"),
    ],
)
def test_limits_that_are_none(call: Call, option: str, value: str, said: str) -> None:
    result = call(*RUN, option, value)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


@pytest.mark.usefixtures("shop")
def test_limits_that_are_kept(call: Call, tmp_path: Path) -> None:
    assert call(*RUN, "--memory", "1.5 gib", "--temp", str(tmp_path), "--time-limit", "60").exit_code == 0
    assert list(tmp_path.glob("tmp*")) == []
