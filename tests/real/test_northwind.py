"""Orders of the direct reports of two managers, to figures worked out outside the project; nets need four places."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pyarrow.compute as pc
import pytest

from tests.real.projects import Ran, bound, run_all

FULLER, BUCHANAN = "2", "5"


@pytest.fixture(scope="module")
def years(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    file = bound(real_data, tmp_path_factory.mktemp("northwind"), "northwind/managers", "northwind")
    return run_all(file, ("1996", "1997", "1998"))


def test_direct_reports_without_the_managers_own(years: Ran) -> None:
    assert years.sum("net", subject=FULLER) == Fraction("823465.8535")
    assert years.sum("net", subject=BUCHANAN) == Fraction("275789.4310")


def test_fuller_reports_to_nobody_so_his_own_orders_are_credited_to_nobody(years: Ran) -> None:
    """96 of the 830 orders are Fuller's own: 16, 41 and 39 by year, counted in the file."""
    lost = [
        rows.filter(pc.equal(rows.column("table"), "orders"))
        for rows in (project.result().uncredited for project in years.projects.values())
    ]
    assert [rows.num_rows for rows in lost] == [16, 41, 39]
    assert {reason for rows in lost for reason in rows.column("reason").to_pylist()} == {"nobody_named"}


def test_unshipped_orders_count_as_orders(years: Ran) -> None:
    """21 of the 830 orders were never shipped; three of them are Fuller's own, counted in the file."""
    assert years.sum("unshipped") == 18
