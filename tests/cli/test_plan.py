from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from kpirules.compiling import compile_scheme, read_source
from kpirules.plan.encode import from_json
from tests.cli.conftest import Call
from tests.runs import project


def test_the_plan_as_text_names_each_figure_with_its_rule(shop: Path, call: Call) -> None:
    result = call("plan")
    assert result.exit_code == 0, result.output
    line = project.SCHEME.splitlines().index("    score   achievement * 100, at most 120") + 1
    (score,) = (fault for fault in result.stdout.splitlines() if fault.startswith("   sales.score: "))
    assert "round(" in score
    assert f"[shop.kpi:{line}]" in score
    assert call("plan", str(shop / "shop.kpi")).stdout == result.stdout


@pytest.mark.usefixtures("shop")
def test_the_plan_as_data_is_the_plan(call: Call) -> None:
    result = call("plan", "--format", "json")
    assert from_json(json.loads(result.stdout_bytes)) == compile_scheme(read_source(Path("shop.kpi"))).plan


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("arguments", "days", "said"),
    [((), ("2025-01-01", "2025-03-31"), "-- for 2025Q1"), (("--period", "2025Q3"), ("2025-07-01", "2025-09-30"), "")],
)
def test_the_plan_as_sql_is_for_one_period(
    call: Call, arguments: tuple[str, ...], days: tuple[str, str], said: str
) -> None:
    result = call("plan", "--format", "sql", *arguments)
    assert result.exit_code == 0, result.output
    *made, tree = sqlglot.parse(result.stdout, dialect="duckdb")
    assert all(isinstance(statement, exp.Create) for statement in made)
    assert isinstance(tree, exp.Select)
    assert all(day in result.stdout for day in days)
    assert result.stderr.startswith(said)
    assert bool(result.stderr) == bool(said)


@pytest.mark.usefixtures("shop")
def test_sql_for_a_period_not_in_force_is_exit_2(call: Call) -> None:
    assert "error[KPI721]" in call("plan", "--format", "sql", "--period", "2026Q1").stderr


def test_a_scheme_with_faults_is_exit_2(shop: Path, call: Call) -> None:
    (shop / "shop.kpi").write_text("scheme\n", encoding="utf-8")
    assert call("plan").exit_code == 2
