"""Rows of no period: what places them in time is empty, and the result and the run folder count them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kpirules.runs.folder import save
from kpirules.runs.open import open_run
from tests.runs import project


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The project, its orders' day optional and without it in two rows, one of them nobody's of the period."""
    folder = project.write(tmp_path / "shop")
    rules = project.SCHEME.replace("day      date period", "day      date optional period")
    (folder / "shop.kpi").write_text(rules, encoding="utf-8")
    orders = project.TABLES["orders.csv"] + "6,S1,,5.00\n7,L1,,6.00\n"
    (folder / "orders.csv").write_text(orders, encoding="utf-8")
    return folder


def test_the_result_and_the_run_folder_count_them(shop: Path) -> None:
    done = project.done(shop)
    told = [(row["row_key"], row["subject"], row["reason"]) for row in done.result.uncredited.to_pylist()]
    assert told == [("5", "L1", "after_active"), ("6", "S1", "no_period"), ("7", "L1", "no_period")]
    folder = save(done, shop / "run", numbered=False)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    orders = next(table for table in manifest["tables"] if table["table"] == "orders")
    assert orders["uncredited"] == {"rows": 1, "amounts": {"amount": "10.00"}}
    assert orders["undated"] == {"rows": 2, "amounts": {"amount": "11.00"}}
    again = open_run(folder).result
    assert again.uncredited.equals(done.result.uncredited)
    assert again.tables == done.result.tables
