"""Ten thousand order lines of six regional managers, net of returns, to figures worked out outside the project."""

from __future__ import annotations

import csv
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest

from tests.real.projects import Ran, bound, run_all
from tests.samples.arithmetic import rounded


@pytest.fixture(scope="module")
def years(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    file = bound(real_data, tmp_path_factory.mktemp("superstore"), "superstore/managers", "superstore_cn")
    return run_all(file, ("2014", "2015", "2016", "2017"))


@pytest.fixture(scope="module")
def region(real_data: Path) -> dict[str, str]:
    """The region of each manager."""
    return {row["地区经理"]: row["地区"] for row in _rows(real_data / "superstore_cn" / "managers.csv")}


def test_net_of_returns(years: Ran, region: dict[str, str]) -> None:
    assert years.sum("净销售额", subject=region["洪光"]) == Fraction("4077437.007")
    assert years.sum("净销售额", subject=region["范彩"]) == Fraction("3679800.593")


def test_every_manager_and_year(years: Ran, real_data: Path) -> None:
    back = {row["订单 ID"] for row in _rows(real_data / "superstore_cn" / "returns.csv")}
    net: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    lost: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for line in _rows(real_data / "superstore_cn" / "orders.csv"):
        sums = lost if line["订单 ID"] in back else net
        # A spreadsheet's noise: 125.43999999999998 is 125.440.
        sums[line["地区"], line["订单日期"][:4]] += rounded(Fraction(line["销售额"]), 3)
    for year, rows in years.figures.items():
        for where, row in rows.items():
            assert row["净销售额"] == net[where, year]
            assert row["退货额"] == lost[where, year]


def test_noise_of_a_spreadsheet_is_counted(years: Ran) -> None:
    (facts,) = [fact for fact in years.projects["2014"].loaded.facts if fact.table == "订单"]
    assert facts.rounded.keys() == {"销售额", "利润"}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
