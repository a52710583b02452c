"""A run folder gives back what was run, and sees when it has been changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kpirules.engines import reference
from kpirules.engines.outcome import values
from kpirules.runs.explain import Disagreement, explained, recorded
from kpirules.runs.folder import save
from kpirules.runs.listing import list_runs
from kpirules.runs.manifest import Done
from kpirules.runs.open import open_run
from kpirules.runs.run import columns, params
from kpirules.source import Fault
from kpirules.source.render import render_text
from tests.runs import project


def again(shop: Path, period: str = "2025Q1") -> Path:
    """The project as it now is, run and kept."""
    return save(project.done(shop, period), shop / "runs" / period, numbered=True)


def kept(done: Done, name: str = "2025Q1", *, keep_inputs: bool = True) -> Path:
    assert done.bindings
    inputs = done.inputs if keep_inputs else None
    return save(replace(done, inputs=inputs), done.bindings.parent / "runs" / name, numbered=True)


def codes(caught: pytest.ExceptionInfo[Fault]) -> list[tuple[str, dict[str, Any]]]:
    return [(fault.code, dict(fault.args)) for fault in caught.value.diagnostics]


@pytest.mark.parametrize("keep_inputs", [True, False])
def test_a_run_is_read_as_it_was(done: Done, keep_inputs: bool) -> None:  # noqa: FBT001  # a case of the test
    run = open_run(kept(done, keep_inputs=keep_inputs))
    assert run.result.period == done.result.period
    assert run.compiled.plan == done.compiled.plan
    assert run.compiled.source.text == done.compiled.source.text
    assert run.result.scores.equals(done.result.scores)
    assert run.result.items.equals(done.result.items)
    assert run.result.not_assessed.equals(done.result.not_assessed)
    assert run.loaded.tables == done.loaded.tables
    assert run.loaded.facts == done.loaded.facts


def test_a_run_stands_for_the_text_that_was_run(shop: Path, done: Done) -> None:
    folder = kept(done)
    (shop / "shop.kpi").write_text("no scheme at all", encoding="utf-8")
    (shop / "orders.csv").unlink()
    assert open_run(folder).compiled.plan.scheme == "shop"


def test_a_project_may_be_moved_with_its_runs(shop: Path, done: Done) -> None:
    kept(done, keep_inputs=False)
    moved = shop.rename(shop.with_name("moved"))
    assert open_run(moved / "runs" / "2025Q1").loaded.tables["orders"].num_rows == 5


def test_data_that_was_not_kept_and_has_changed_is_named(shop: Path, done: Done) -> None:
    folder = kept(done, keep_inputs=False)
    orders = project.TABLES["orders.csv"].replace("900.00", "901.00")
    (shop / "orders.csv").write_text(orders, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert codes(caught) == [("KPI733", {"table": "orders", "source": "orders.csv"})]


def test_data_that_was_kept_may_change(shop: Path, done: Done) -> None:
    folder = kept(done)
    (shop / "orders.csv").write_text("order_id\n", encoding="utf-8")
    assert open_run(folder).loaded.tables["orders"].num_rows == 5


@pytest.mark.parametrize("name", ["rules/shop.kpi", "scores.parquet", "items.parquet", "inputs/staff.parquet"])
def test_a_file_that_was_changed_is_named(done: Done, name: str) -> None:
    folder = kept(done)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data + b"\n")
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert codes(caught) == [("KPI732", {"path": folder / name})]


def broken(folder: Path, how: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    match how:
        case "no manifest":
            path.unlink()
        case "no JSON":
            path.write_text("{", encoding="utf-8")
        case "no text":
            path.write_bytes(b"\xff")
        case "a later format":
            path.write_text(json.dumps({**manifest, "format": 2}), encoding="utf-8")
        case "another form":
            path.write_text("[]", encoding="utf-8")
        case "a file less":
            (folder / "items.parquet").unlink()
        case _:
            shutil.rmtree(folder)


@pytest.mark.parametrize(
    "how", ["no manifest", "no JSON", "no text", "a later format", "another form", "a file less", "no folder"]
)
def test_what_is_not_a_run_folder_is_told(done: Done, how: str) -> None:
    folder = kept(done)
    broken(folder, how)
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert [code for code, _ in codes(caught)] == ["KPI730"]


def test_why_a_run_folder_cannot_be_read_is_said_in_the_readers_language(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        open_run(tmp_path)
    (fault,) = caught.value.diagnostics
    assert "`manifest.json`：没有这个文件" in render_text([fault], "zh")


# ---------------------------------------------------------------- the newest


def test_the_newest_run_is_found_by_when_it_was_made(shop: Path, done: Done) -> None:
    first, second = kept(done, "b"), kept(done, "a")
    assert list_runs(shop / "runs").latest().folder == second
    manifest = json.loads((first / "manifest.json").read_text(encoding="utf-8"))
    manifest["created"] = "2999-01-01T00:00:00.000000+00:00"
    (first / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert list_runs(shop / "runs").latest().folder == first


def test_the_newest_run_of_a_period(shop: Path, done: Done) -> None:
    first = kept(done, "2025Q1")
    second = again(shop, "2025Q2")
    assert list_runs(shop / "runs").latest().folder == second
    assert list_runs(shop / "runs").latest("2025Q1").folder == first
    assert list_runs(shop / "runs").latest("2025年第1季度").folder == first


@pytest.mark.parametrize("period", ["2025Q3", "nonsense"])
def test_no_such_run_is_told(shop: Path, done: Done, period: str) -> None:
    kept(done)
    with pytest.raises(Fault) as caught:
        list_runs(shop / "runs").latest(period)
    assert codes(caught) == [("KPI731", {"path": shop / "runs"})]


def test_what_is_no_run_folder_is_passed_over(shop: Path, done: Done) -> None:
    folder = kept(done)
    shutil.copytree(folder, folder.with_name(".2025Q1.partial"))
    (shop / "runs" / "notes").mkdir()
    (shop / "runs" / "notes.txt").touch()
    shutil.rmtree(folder)
    with pytest.raises(Fault):
        list_runs(shop / "runs").latest()


def test_no_folder_of_runs_is_told(shop: Path) -> None:
    with pytest.raises(Fault) as caught:
        list_runs(shop / "runs").latest()
    assert codes(caught)[0][0] == "KPI731"


# ---------------------------------------------------------------- what was recorded of a subject


@pytest.mark.parametrize("key", ["S1", "S2", "K1", "K2", "G1"])
def test_what_was_recorded_is_what_the_reference_engine_makes(done: Done, key: str) -> None:
    """Every binding of the subject's own items, and what tier 1 says of them, exact."""
    run = open_run(kept(done))
    plan = run.compiled.plan
    outcome = reference.run(plan, run.loaded.tables, params(run.result.period), columns(plan))
    row = values(outcome.subjects, plan.key).index(key)
    figures = recorded(run.compiled, run.result, key)
    assert figures == {name: values(outcome.subjects, name)[row] for name in figures}
    card = figures["scorecard"]
    asked = [item for item in plan.items if item.scorecard in {None, card}]
    assert {part.binding for item in asked for part in item.parts} <= figures.keys()
    assert {name for item in asked for name in item.tier1.values()} <= figures.keys()
    assert "total_pay" in figures


def test_a_figure_that_the_record_rounds_is_compared_as_it_is_recorded(shop: Path) -> None:
    text = project.SCHEME.replace("actual  count(orders)", "actual  count(orders) * 1.00000000000025")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    run = open_run(again(shop))
    binding = next(
        part.binding
        for item in run.compiled.plan.items
        if item.name == "visits"
        for part in item.parts
        if part.name == "actual"
    )
    assert recorded(run.compiled, run.result, "S1")[binding] == Fraction("2.000000000001")
    assert explained(run.compiled, run.loaded, run.result, "S1")
    row = next(nth for nth, row in enumerate(run.result.items.to_pylist()) if row["rounded"])
    marks = run.result.items.column("rounded").to_pylist()
    marks[row] = None
    at = run.result.items.column_names.index("rounded")
    items = run.result.items.set_column(at, "rounded", pa.array(marks, pa.string()))
    with pytest.raises(Disagreement) as caught:
        explained(run.compiled, run.loaded, replace(run.result, items=items), "S1")
    assert "recorded" in caught.value.diagnostics[0].args


def test_a_key_that_is_a_number_is_found_by_its_digits(shop: Path) -> None:
    text = project.SCHEME.replace("staff_id text key", "staff_id integer key").replace(
        "staff_id text references", "staff_id integer references"
    )
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    for name, table in project.TABLES.items():
        plain = table
        for nth, key in enumerate(("S1", "S2", "K1", "K2", "G1", "L1"), 11):
            plain = plain.replace(key, str(nth))
        (shop / name).write_text(plain, encoding="utf-8")
    run = open_run(again(shop))
    assert pa.types.is_decimal(run.result.scores.schema.field("staff_id").type)
    assert recorded(run.compiled, run.result, "11")["total"] == Fraction("68.03")


def test_nothing_is_recorded_of_one_who_was_not_scored(once: Done) -> None:
    for key in ("L1", "nobody"):
        assert recorded(once.compiled, once.result, key) == {}


def test_a_key_that_nobody_has_is_told_with_the_nearest(shop: Path) -> None:
    staff = project.TABLES["staff.csv"] + "S1234,guest,2020-01-01,,1.00\n"
    (shop / "staff.csv").write_text(staff, encoding="utf-8")
    done = project.done(shop)
    with pytest.raises(Fault) as caught:
        explained(done.compiled, done.loaded, done.result, "S1243")
    (fault,) = caught.value.diagnostics
    assert (fault.code, [note.args["similar"] for note in fault.helps]) == ("KPI740", ["S1234"])
