"""A public pipeline of 14,277 deals, to figures worked out outside the project."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from kpirules.cli.main import cli
from tests.real.projects import Ran, bound, number, run_all

QUARTERS = ("2017Q1", "2017Q2", "2017Q3", "2017Q4")
SET = "crm_opportunities"


@pytest.fixture(scope="module")
def project(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bound(real_data, tmp_path_factory.mktemp("agents"), "crm/agents", SET)


@pytest.fixture(scope="module")
def agents(project: Path) -> Ran:
    return run_all(project, QUARTERS)


@pytest.fixture(scope="module")
def offices(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_all(bound(real_data, tmp_path_factory.mktemp("offices"), "crm/offices", SET), ("2017",))


def test_all_deals_are_read(agents: Ran, real_data: Path) -> None:
    rows = _pipeline(real_data)
    assert len(rows) == 14_277
    closed = [row for row in rows if row["close_date"]]
    assert agents.projects["2017Q1"].loaded.tables["deals"].num_rows == len(closed)
    assert agents.sum("decided") == len(closed)


def test_whole_year(agents: Ran, offices: Ran) -> None:
    for ran in (agents, offices):
        assert ran.sum("won_value") == 17_936_928
        assert ran.sum("wins") == 6_438
        assert ran.sum("decided") == 9_931


def test_regions(offices: Ran) -> None:
    won = {office: row["won_value"] for office, row in offices.figures["2017"].items()}
    assert won == {"East": 7_294_536, "West": 5_433_828, "Central": 5_208_564}


@pytest.mark.parametrize(
    ("quarter", "paid"), [("2017Q2", "235600.50"), ("2017Q3", "639070.56"), ("2017Q4", "499555.56")]
)
def test_commission_of_all(agents: Ran, quarter: str, paid: str) -> None:
    assert agents.sum("commission", period=quarter) == Fraction(paid)


def test_commission_of_one(agents: Ran) -> None:
    assert agents.figures["2017Q3"]["Darcel Schlecht"]["commission"] == Fraction("106514.40")
    assert agents.figures["2017Q3"]["Hayden Neloms"]["commission"] == Fraction("7513.52")


@pytest.mark.parametrize("quarter", QUARTERS)
def test_commission_of_each(agents: Ran, quarter: str) -> None:
    for agent, figure in agents.figures[quarter].items():
        won = number(figure["won_value"])
        low, high = min(won, Fraction(60_000)), min(won, Fraction(120_000))
        assert figure["commission"] == (5 * low + 8 * (high - low) + 10 * (won - high)) / 100, agent


def test_every_row_is_somebodys(agents: Ran) -> None:
    assert all(project.result().uncredited.num_rows == 0 for project in agents.projects.values())


# ---------------------------------------------------------------- the wins without a value


def test_wins_without_a_value_count_as_won_not_as_money(agents: Ran) -> None:
    assert agents.sum("unvalued_wins") == 19


def test_the_explanation_shows_each_win_without_a_value(project: Path, agents: Ran, real_data: Path) -> None:
    """Whoever has one is asked for it, as audit would: the explanations name the 19 deals, and no others."""
    unvalued = [row for row in _pipeline(real_data) if row["deal_stage"] == "Won" and not row["close_value"]]
    assert len(unvalued) == 19
    shown = []
    for quarter in QUARTERS:
        _run(project, "run", "--period", quarter)
        for agent, row in agents.figures[quarter].items():
            if row["unvalued_wins"]:
                ask = ("explain", agent, "recording", "--period", quarter)
                keys = _keys(json.loads(_run(project, *ask, "--format", "json")))
                text = _run(project, *ask, "--rows")
                assert all(key in text for key in keys), text
                shown += keys
    assert sorted(shown) == sorted(row["opportunity_id"] for row in unvalued)


def _keys(trace: object) -> list[str]:
    """The keys of the rows that were counted as wins without a value, wherever the tree has them."""
    if isinstance(trace, list):
        return list(dict.fromkeys(key for node in trace for key in _keys(node)))
    if not isinstance(trace, dict):
        return []
    fed = trace.get("fed")
    if isinstance(fed, dict) and "missing" in str(fed["where"]):
        return [str(key) for key in fed["keys"]]
    return _keys(list(trace.values()))


def _run(project: Path, *arguments: str) -> str:
    result = CliRunner().invoke(cli, ["-C", str(project.parent), *arguments, "--lang", "en"])
    assert result.exit_code == 0, result.output
    return result.stdout


def _pipeline(real_data: Path) -> list[dict[str, str]]:
    with (real_data / SET / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
