"""A public pipeline of 14,277 deals, to figures worked out outside the project."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from kpirules.plan.ir import Value
from tests.samples.projects import Project, figures, open_project

HERE = Path(__file__).parent / "crm"
Figures = dict[str, dict[str, Value]]
QUARTERS = ("2017Q1", "2017Q2", "2017Q3", "2017Q4")


@pytest.fixture(scope="module")
def year(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """The project of each quarter."""
    text = (HERE / "kpirules.yaml").read_text(encoding="utf-8")
    bound = tmp_path_factory.mktemp("crm") / "kpirules.yaml"
    filled = text.replace("HERE", str(HERE)).replace("DATA", str(real_data / "crm_opportunities"))
    bound.write_text(filled, encoding="utf-8")
    return {quarter: open_project(bound, quarter) for quarter in QUARTERS}


@pytest.fixture(scope="module")
def found(year: dict[str, Project]) -> dict[str, Figures]:
    """The figures of each quarter, by agent: the same on both engines."""
    return {quarter: figures(project.agreed(), project.plan) for quarter, project in year.items()}


def test_whole_year(found: dict[str, Figures]) -> None:
    assert sum(_sum(found[quarter], "won_value") for quarter in QUARTERS) == 17_936_928
    assert sum(_sum(found[quarter], "wins") for quarter in QUARTERS) == 6_438
    assert sum(_sum(found[quarter], "decided") for quarter in QUARTERS) == 9_931


def test_wins_without_a_value_count_as_won_not_as_money(found: dict[str, Figures]) -> None:
    assert sum(_sum(found[quarter], "unvalued_wins") for quarter in QUARTERS) == 19


def test_regions(year: dict[str, Project], found: dict[str, Figures]) -> None:
    won: dict[str, Fraction] = {}
    for team in year["2017Q1"].loaded.tables["teams"].to_pylist():
        region = team["regional_office"]
        won[region] = won.get(region, Fraction(0)) + sum(
            _number(found[quarter][team["sales_agent"]]["won_value"]) for quarter in QUARTERS
        )
    assert won == {"East": 7_294_536, "West": 5_433_828, "Central": 5_208_564}


@pytest.mark.parametrize(
    ("quarter", "paid"), [("2017Q2", "235600.50"), ("2017Q3", "639070.56"), ("2017Q4", "499555.56")]
)
def test_commission_of_all(found: dict[str, Figures], quarter: str, paid: str) -> None:
    assert _sum(found[quarter], "commission") == Fraction(paid)


def test_commission_of_one(found: dict[str, Figures]) -> None:
    assert found["2017Q3"]["Darcel Schlecht"]["commission"] == Fraction("106514.40")
    assert found["2017Q3"]["Hayden Neloms"]["commission"] == Fraction("7513.52")


@pytest.mark.parametrize("quarter", QUARTERS)
def test_commission_of_each(found: dict[str, Figures], quarter: str) -> None:
    for agent, figure in found[quarter].items():
        won = _number(figure["won_value"])
        low, high = min(won, Fraction(60_000)), min(won, Fraction(120_000))
        assert figure["commission"] == (5 * low + 8 * (high - low) + 10 * (won - high)) / 100, agent


def test_every_row_is_somebodys(year: dict[str, Project]) -> None:
    assert all(project.result().uncredited == {"deals": 0} for project in year.values())


def _sum(found: Figures, name: str) -> Fraction:
    return sum((_number(figure[name]) for figure in found.values()), Fraction(0))


def _number(value: Value) -> Fraction:
    assert isinstance(value, Fraction)
    return value
