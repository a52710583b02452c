"""Seventeen sellers over twelve quarters, against quotas and monthly targets: every figure worked out another way."""

from __future__ import annotations

import csv
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest

from tests.real.projects import Ran, bound, run_all
from tests.samples.arithmetic import rounded

QUARTERS = [f"{year}Q{nth}" for year in range(2017, 2021) for nth in range(1, 5)][2:-2]
Cell = tuple[str, str]


@pytest.fixture(scope="module")
def ran(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    file = bound(real_data, tmp_path_factory.mktemp("adventureworks"), "adventureworks/quarter", "adventureworks")
    return run_all(file, QUARTERS)


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "adventureworks"


def test_sales_and_margin(ran: Ran, folder: Path) -> None:
    sold, cost = _sums(folder, "Sales"), _sums(folder, "Cost")
    assert sum(sold.values()) == ran.sum("sold")
    for quarter, rows in ran.figures.items():
        for who, row in rows.items():
            cell = who, quarter
            assert row["sold"] == sold[cell], cell
            share = (sold[cell] - cost[cell]) / sold[cell] * 100 if sold[cell] else None
            assert row["margin.score"] == (0 if share is None or share < 0 else 100 if share >= 10 else 60), cell


def test_attainment_of_quotas_and_targets(ran: Ran, folder: Path) -> None:
    sold, quotas, targets = _sums(folder, "Sales"), _quotas(folder), _targets(folder)
    assert len(quotas) == 163
    for quarter, rows in ran.figures.items():
        for who, row in rows.items():
            cell = who, quarter
            for name, aims in (("quota", quotas), ("plan", targets)):
                reached = rounded(sold[cell] / aims[cell], 4) if aims[cell] else None
                assert row[f"{name}.achievement"] == reached, (cell, name)
                assert row[f"{name}.score"] == (None if reached is None else min(reached * 100, 120)), (cell, name)


def _quarter(day: str) -> str:
    return f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}"


def _sums(folder: Path, column: str) -> defaultdict[Cell, Fraction]:
    sums: defaultdict[Cell, Fraction] = defaultdict(Fraction)
    for row in _rows(folder / "sales.csv"):
        sums[row["EmployeeKey"], _quarter(row["OrderDate"])] += Fraction(row[column])
    return sums


def _quotas(folder: Path) -> defaultdict[Cell, Fraction]:
    seller = {row["BusinessEntityID"]: row["EmployeeKey"] for row in _rows(folder / "derived_crosswalk.csv")}
    quarter = {row["oltp_quota_date"]: row["quarter"] for row in _rows(folder / "derived_quota_calendar.csv")}
    quotas: defaultdict[Cell, Fraction] = defaultdict(Fraction)
    for row in _rows(folder / "oltp_quota_history.csv"):
        quotas[seller[row["BusinessEntityID"]], quarter[row["QuotaDate"]]] += Fraction(row["SalesQuota"])
    return quotas


def _targets(folder: Path) -> defaultdict[Cell, Fraction]:
    seller = {row["EmployeeID"]: row["EmployeeKey"] for row in _rows(folder / "salesperson.csv")}
    targets: defaultdict[Cell, Fraction] = defaultdict(Fraction)
    for row in _rows(folder / "targets_monthly.csv"):
        targets[seller[row["EmployeeID"]], _quarter(row["TargetMonth"])] += Fraction(row["TargetAmount"])
    return targets


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
