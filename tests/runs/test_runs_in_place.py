"""Runs over large Parquet files: the same results and faults as of tables read whole, and no file changes unseen."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpirules.compiling import compile_file
from kpirules.data.bindings import load_bindings
from kpirules.data.faults import DataFaults
from kpirules.data.load import read_tables
from kpirules.data.parquet_table import ParquetTable
from kpirules.runs import empty, sample
from kpirules.runs import evaluate as evaluating
from kpirules.runs.evaluate import evaluate
from kpirules.runs.explain import explained
from kpirules.runs.folder import save
from kpirules.runs.manifest import Done
from kpirules.runs.open import open_run
from kpirules.runs.tables import schemas
from kpirules.source import Fault
from kpirules.trace import to_json


@pytest.fixture
def parquet_shop(shop: Path) -> Path:
    """The small project, its orders and targets in Parquet, with a row that nobody is credited with."""
    bindings = (shop / "kpirules.yaml").read_text(encoding="utf-8")
    loaded = read_tables(
        tuple(compile_file(shop / "shop.kpi").model.tables.values()), load_bindings(shop / "kpirules.yaml")
    )
    for name in ("orders", "targets"):
        pq.write_table(loaded.tables[name], shop / f"{name}.parquet")
        bindings = bindings.replace(f"{name}.csv", f"{name}.parquet")
    (shop / "kpirules.yaml").write_text(bindings, encoding="utf-8")
    return shop


def done_in(folder: Path) -> Done:
    bindings = load_bindings(folder / "kpirules.yaml")
    return evaluate(compile_file(bindings.scheme), bindings.scheme, bindings, "2025Q1", keep_inputs=True)


@pytest.fixture
def all_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of any size are read where they lie."""
    monkeypatch.setattr("kpirules.runs.in_place.REFERENCE_ROWS", -1)


def test_a_run_gives_the_same_whichever_way_its_tables_are_read(
    parquet_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = done_in(parquet_shop)
    monkeypatch.setattr("kpirules.runs.in_place.REFERENCE_ROWS", -1)
    now = done_in(parquet_shop)
    assert {name for name, rows in now.loaded.tables.items() if isinstance(rows, ParquetTable)} == {"orders", "targets"}
    for name in schemas(now.compiled):
        assert getattr(now.result, name).equals(getattr(before.result, name)), name
    assert now.result.tables == before.result.tables
    assert [replace(fact, in_place=False) for fact in now.loaded.facts] == list(before.loaded.facts)
    assert now.inputs == before.inputs
    assert now.result.uncredited.num_rows
    for subject in before.result.scores.column(0).to_pylist():
        traces = [to_json(explained(run.compiled, run.loaded, run.result, subject), "en") for run in (now, before)]
        assert traces[0] == traces[1]


def changed(path: Path) -> None:
    data = pq.read_table(path)
    pq.write_table(data.slice(0, data.num_rows - 1), path)


def touched(path: Path) -> None:
    os.utime(path, (1, 1))


@pytest.mark.usefixtures("all_in_place")
@pytest.mark.parametrize("change", [changed, touched, Path.unlink])
def test_a_file_that_changes_while_it_is_read_ends_the_run(
    parquet_shop: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    hold = sample.hold

    def held(*args: Any) -> Any:  # noqa: ANN401  # as what it stands in for
        drawn = hold(*args)
        change(parquet_shop / "orders.parquet")
        return drawn

    monkeypatch.setattr(evaluating, "hold", held)
    with pytest.raises(Fault) as caught:
        done_in(parquet_shop)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI765"]


@pytest.mark.usefixtures("all_in_place")
def test_a_file_that_changes_is_told_whatever_else_goes_wrong(
    parquet_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_rows = empty.check_rows

    def checked(*args: Any, **more: Any) -> None:  # noqa: ANN401  # as what it stands in for
        check_rows(*args, **more)
        (parquet_shop / "orders.parquet").write_bytes(b"PAR1")

    monkeypatch.setattr(evaluating, "check_rows", checked)
    with pytest.raises(Fault) as caught:
        done_in(parquet_shop)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI765"]


def _told_both_ways(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The faults of a run that reads its tables whole, which are those of one that reads them where they lie."""
    told: list[list[dict[str, Any]]] = []
    for rows in (200_000, -1):
        monkeypatch.setattr("kpirules.runs.in_place.REFERENCE_ROWS", rows)
        with pytest.raises(DataFaults) as caught:
            done_in(folder)
        told.append(caught.value.listed("en").to_pylist())
    assert told[0] == told[1]
    return told[0]


def test_faults_are_told_as_of_a_table_that_is_read_whole(parquet_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = pq.read_table(parquet_shop / "orders.parquet")
    twice = pa.concat_tables([orders, orders.slice(0, 1)])
    pq.write_table(twice, parquet_shop / "orders.parquet")
    assert [row["code"] for row in _told_both_ways(parquet_shop, monkeypatch)] == ["KPI645"]


def test_what_the_rules_require_is_told_as_of_a_table_that_is_read_whole(
    parquet_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (parquet_shop / "shop.kpi").open("a", encoding="utf-8") as scheme:
        scheme.write('\nrequire for each orders amount < 600 CNY : "an order is of less than 600"\n')
    assert {row["code"] for row in _told_both_ways(parquet_shop, monkeypatch)} == {"KPI670"}


@pytest.mark.usefixtures("all_in_place")
def test_a_run_that_kept_no_inputs_is_explained_from_the_file_where_it_lies(
    parquet_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = done_in(parquet_shop)
    folder = save(replace(done, inputs=None), parquet_shop / "run", numbered=False)
    monkeypatch.setattr("kpirules.runs.in_place.doubtful", pytest.fail)  # what the run has checked is sound
    run = open_run(folder)
    assert isinstance(run.loaded.tables["orders"], ParquetTable)
    for subject in run.result.scores.column(0).to_pylist():
        traces = [explained(each.compiled, each.loaded, each.result, subject) for each in (run, done)]
        assert traces[0] == traces[1]


@pytest.mark.usefixtures("all_in_place")
def test_a_file_that_has_changed_since_the_run_is_explained_by_nobody(parquet_shop: Path) -> None:
    folder = save(replace(done_in(parquet_shop), inputs=None), parquet_shop / "run", numbered=False)
    changed(parquet_shop / "orders.parquet")
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI733"]
