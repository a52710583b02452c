"""The tables of results have the columns they are declared to have, and say the same of the same figures."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpirules.data.sheet_csv import write_csv
from kpirules.runs.folder import save
from kpirules.runs.manifest import Done
from kpirules.runs.open import open_run
from kpirules.runs.tables import disagreeing, schemas
from kpirules.source import Fault
from tests.runs import project


def rewritten(folder: Path, name: str, table: pa.Table) -> None:
    """Put another table into a run folder, and its digest into the manifest, as somebody would who knows how."""
    pq.write_table(table, folder / name)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_every_table_is_as_it_is_declared(shop: Path, done: Done) -> None:
    folder = save(done, shop / "run", numbered=False)
    held = schemas(done.compiled)
    assert {f"{name}.parquet" for name in held} == {path.name for path in folder.glob("*.parquet")}
    for name, schema in held.items():
        assert pq.read_schema(folder / f"{name}.parquet").equals(schema), name
    assert held["scores"].names == ["staff_id", "scorecard", "total", "grade", "bonus", "total_pay", "flags"]


def test_a_table_with_other_columns_is_not_a_runs(shop: Path, done: Done) -> None:
    folder = save(done, shop / "run", numbered=False)
    rewritten(folder, "left_out.parquet", done.result.left_out.append_column("more", done.result.left_out.column(0)))
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI730"]


@pytest.mark.parametrize("name", ["total", "grade", "bonus", "total_pay"])
def test_scores_are_held_against_items(shop: Path, done: Done, name: str) -> None:
    folder = save(done, shop / "run", numbered=False)
    scores = done.result.scores
    assert disagreeing(done.compiled, scores, done.result.items) == []
    kind = scores.schema.field(name).type
    other = {"grade": "S"}.get(name, Decimal("9.99"))
    cells = [other, *scores.column(name).to_pylist()[1:]]
    changed = scores.set_column(scores.column_names.index(name), name, pa.array(cells, kind))
    rewritten(folder, "scores.parquet", changed)
    with pytest.raises(Fault) as caught:
        open_run(folder)
    (fault,) = caught.value.diagnostics
    expected = [name, "total_pay"] if name == "bonus" else [name]
    assert (fault.code, fault.args["columns"]) == ("KPI739", expected)


def test_a_scorecard_that_is_nobodys_has_no_rows_to_be_wrong(shop: Path) -> None:
    """Also where the period of a run has nobody of its kind."""
    rules = next(shop.glob("*.kpi"))
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace('for role = "keeper"', 'for role = "keeper" and base_pay < 0 CNY'), encoding="utf-8")
    folder = save(project.done(shop), shop / "run", numbered=False)
    run = open_run(folder)
    assert "keeping" in {item.scorecard for item in run.compiled.plan.items}
    assert "keeping" not in run.result.scores.column("scorecard").to_pylist()


def test_items_of_other_subjects_disagree(done: Done) -> None:
    items = done.result.items
    others = {"S1": "K2", "K2": "S1"}
    keys = pa.array([others.get(key, key) for key in items.column("key").to_pylist()])
    swapped = items.set_column(0, "key", keys)
    assert set(disagreeing(done.compiled, done.result.scores, swapped)) == {"total", "grade", "bonus"}
    fewer = items.filter(pa.array([row["key"] != "S1" for row in items.to_pylist()]))
    assert set(disagreeing(done.compiled, done.result.scores, fewer)) == {"total", "grade", "bonus"}


@pytest.mark.parametrize(
    ("kind", "item", "column", "value"),
    [
        ("pay", "bonus", "score", Decimal("1.000000000000")),
        ("pay", "bonus", "text", "approved"),
        ("grade", "grade", "value", Decimal("1.000000000000")),
        ("indicator", "visits", "target", Decimal("5.000000000000")),
        ("indicator", "visits", "weight", Decimal("0.500000000000")),
        ("indicator", "visits", "policy", "missing exclude"),
        ("indicator", "sales", "title", "Other sales"),
        ("total", "total", "row", "else"),
    ],
)
def test_cells_that_an_item_does_not_use_are_as_the_rules_leave_them(
    shop: Path, done: Done, kind: str, item: str, column: str, value: object
) -> None:
    folder = save(done, shop / "run", numbered=False)
    assert open_run(folder).result.items.equals(done.result.items)
    rows = done.result.items.to_pylist()
    changed = next(row for row in rows if (row["kind"], row["item"]) == (kind, item))
    changed[column] = value
    rewritten(folder, "items.parquet", pa.Table.from_pylist(rows, done.result.items.schema))
    with pytest.raises(Fault) as caught:
        open_run(folder)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.args["columns"]) == ("KPI742", [f"{item}.{column}"])


def test_rows_of_items_that_the_rules_do_not_have_are_found(shop: Path, done: Done) -> None:
    folder = save(done, shop / "run", numbered=False)
    items = done.result.items
    gift = pa.Table.from_pylist([{**items.to_pylist()[-1], "item": "gift"}], items.schema)
    rewritten(folder, "items.parquet", pa.concat_tables([items, gift]))
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert [(fault.code, fault.args["columns"]) for fault in caught.value.diagnostics] == [("KPI742", ["items"])]


def test_a_scorecard_whose_items_are_anothers_is_found(shop: Path, done: Done) -> None:
    folder = save(done, shop / "run", numbered=False)
    scores = done.result.scores
    cards = pa.array(["keeping" if card else None for card in scores.column("scorecard").to_pylist()])
    rewritten(folder, "scores.parquet", scores.set_column(scores.column_names.index("scorecard"), "scorecard", cards))
    with pytest.raises(Fault) as caught:
        open_run(folder)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI742"]


def test_other_files_in_a_run_folder_are_not_minded(shop: Path, done: Done) -> None:
    folder = save(done, shop / "run", numbered=False)
    (folder / "signed.pdf").write_bytes(b"x")
    assert open_run(folder).result.scores.equals(done.result.scores)


def test_a_cell_of_several_texts_is_written_line_by_line(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([["x", "=y"], [], None], pa.list_(pa.string()))})
    write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines() == ['"a"', '"x', '=y"', '""', ""]


def test_several_payments_add_up(shop: Path) -> None:
    more = "pay extra\n    amount -base_pay * 1%\npay last\n    amount 0.01 CNY\ncomponent aside\n    amount 5 CNY\n"
    (shop / "shop.kpi").write_text(project.SCHEME + more, encoding="utf-8")
    folder = save(project.done(shop), shop / "run", numbered=False)
    run = open_run(folder)
    (paid,) = (row["total_pay"] for row in run.result.scores.to_pylist() if row["staff_id"] == "S1")
    assert paid == Decimal("100.01") - Decimal("10.00") + Decimal("0.01")
    scores = run.result.scores
    wrong = scores.set_column(
        scores.column_names.index("last"), "last", pa.array([Decimal("0.02")] * 5, scores.schema.field("last").type)
    )
    assert disagreeing(run.compiled, wrong, run.result.items) == ["last", "total_pay"]
