"""Four sellers worked by hand: every figure of the oracle, on both engines, told in both languages."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from kpirules.compiling import compile_scheme, read_source
from kpirules.plan.ir import Value
from tests.helpers.outcomes import exact
from tests.samples.projects import figures, open_project

SCHEMES = Path(__file__).parents[1] / "golden" / "good" / "hand_worked"
TABLES = ("staff", "orders", "targets", "surveys", "referrals", "violations")
ORACLE_PLACES = {"results_group": 6, "service_group": 6}
"""Columns that the oracle shows to fewer places than they have."""

FIGURES = {
    "en": {
        "active_days": "days_there",
        "revenue": "revenue",
        "achievement": "attainment.achievement",
        "attainment": "attainment.score",
        "margin": "margin.score",
        "satisfaction": "satisfaction.score",
        "results_group": "sellers/results",
        "service_group": "sellers/service",
        "adjust": "sellers/referred",
        "total": "total",
        "grade_by_rows": "grade_by_rows",
        "grade": "grade",
        "coefficient": "coefficient",
        "quarterly_bonus": "quarterly_bonus",
        "commission": "commission",
    },
    "zh": {
        "active_days": "在岗日",
        "revenue": "成交额",
        "achievement": "销售达成.achievement",
        "attainment": "销售达成.score",
        "margin": "毛利率.score",
        "satisfaction": "满意度.score",
        "results_group": "销售/业绩",
        "service_group": "销售/服务",
        "adjust": "销售/转介绍分",
        "total": "total",
        "grade_by_rows": "原等级",
        "grade": "grade",
        "coefficient": "系数",
        "quarterly_bonus": "季度奖金",
        "commission": "提成",
    },
}


@pytest.mark.parametrize("lang", FIGURES)
def test_every_figure(acceptance: Path, tmp_path: Path, lang: str) -> None:
    folder = acceptance / "hand-worked"
    project = open_project(_bound(folder, tmp_path, lang), "2025Q1")
    worked = figures(project.agreed(), project.plan)
    expected = {row.pop("staff_id"): row for row in _rows(folder / "expected.csv")}
    assert worked.keys() == expected.keys()
    for who, row in expected.items():
        assert row.keys() == FIGURES[lang].keys()
        for column, text in row.items():
            _same(worked[who][FIGURES[lang][column]], text, ORACLE_PLACES.get(column), f"{who} {column}")


def test_both_languages_agree(acceptance: Path, tmp_path: Path) -> None:
    outcomes = {
        lang: open_project(_bound(acceptance / "hand-worked", tmp_path, lang), "2025Q1").agreed() for lang in FIGURES
    }
    for column, name in FIGURES["en"].items():
        assert exact(outcomes["en"], name) == exact(outcomes["zh"], FIGURES["zh"][column])


def _same(got: Value, text: str, places: int | None, where: str) -> None:
    if not text:
        assert got is None, where
    elif isinstance(got, Fraction):
        assert (got if places is None else round(got, places)) == Fraction(text), where
    else:
        assert got == text, where


def _bound(folder: Path, tmp_path: Path, lang: str) -> Path:
    """A project file over the oracle's rows; the schemes declare tables and columns in the order of the files."""
    scheme = SCHEMES / f"hand_worked.{lang}.kpi"
    data = {}
    for contract, table in zip(compile_scheme(read_source(scheme)).model.tables.values(), TABLES, strict=True):
        path = folder / f"{table}.csv"
        header = next(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        columns = dict(zip((column.name for column in contract.columns), header, strict=True))
        data[contract.name] = {"file": str(path), "columns": columns}
    bound = tmp_path / f"kpirules.{lang}.yaml"
    bound.write_text(yaml.safe_dump({"scheme": str(scheme), "data": data}, allow_unicode=True), encoding="utf-8")
    return bound


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
