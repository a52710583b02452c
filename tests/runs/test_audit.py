"""A run folder is made again and verified from itself alone, and what was changed in it is named."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from kpirules.data.sheet_csv import write_csv
from kpirules.runs import verify as room
from kpirules.runs.differences import Finding
from kpirules.runs.folder import save
from kpirules.runs.inputs import packed
from kpirules.runs.manifest import Done
from kpirules.runs.recompute import Some
from kpirules.runs.replay import replay
from kpirules.runs.verify import verify
from kpirules.source import Fault
from kpirules.source.catalogue import LANGUAGES
from tests.runs import project

SCHEMA = json.loads(Path(room.__file__).with_name("audit.schema.json").read_text(encoding="utf-8"))
Change = Callable[[pa.Table], pa.Table]


@pytest.fixture
def kept(done: Done, shop: Path, tmp_path: Path) -> Path:
    """The folder of a run with CSV, alone: the project that it was made from is gone."""
    folder = save(done, tmp_path / "kept", numbered=False, csv=True)
    shutil.rmtree(shop)
    return folder


def forge(folder: Path, name: str, change: Change) -> None:
    """Change a table of a run folder, and its digest in the manifest."""
    pq.write_table(change(pq.read_table(folder / name)), folder / name)
    signed(folder, name)


def signed(folder: Path, *names: str) -> None:
    """Put the digests of changed files into the manifest."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["files"] |= {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}

    edit(folder, change)


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def cell(column: str, value: object, **where: str) -> Change:
    """Puts a value into a column of the rows where other columns hold what is said."""

    def change(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        kind = table.schema.field(column).type
        new = [value if all(row[key] == text for key, text in where.items()) else row[column] for row in rows]
        return table.set_column(table.column_names.index(column), table.schema.field(column), pa.array(new, kind))

    return change


def without(**where: str) -> Change:
    def change(table: pa.Table) -> pa.Table:
        keep = [any(row[key] != text for key, text in where.items()) for row in table.to_pylist()]
        return table.filter(pa.array(keep))

    return change


def told(findings: tuple[Finding, ...]) -> set[tuple[object, ...]]:
    for lang in LANGUAGES:
        assert all("{" not in finding.text(lang) for finding in findings)
    return {
        (
            finding.diagnostic.code,
            finding.file,
            finding.subject,
            finding.item,
            finding.column,
            finding.recorded,
            finding.recomputed,
        )
        for finding in findings
    }


# ---------------------------------------------------------------- nothing was changed


def test_a_run_is_made_again_byte_for_byte_from_its_folder_alone(kept: Path) -> None:
    outcome = replay(kept)
    assert (outcome.equal, outcome.equal_values, dict(outcome.program)) == (True, (), {})
    results = {path.name for path in kept.iterdir() if path.suffix in {".csv", ".parquet"}}
    assert len(results) == 14
    assert set(outcome.equal_bytes) == results
    jsonschema.Draft202012Validator(SCHEMA).validate(outcome.to_json("zh"))


def test_a_run_that_was_not_changed_is_verified(kept: Path) -> None:
    outcome = verify(kept)
    assert outcome.findings == ()
    assert (outcome.subjects, outcome.recomputed, outcome.seed) == (5, 5, None)
    assert outcome.files == len(json.loads((kept / "manifest.json").read_text(encoding="utf-8"))["files"])
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(outcome.to_json("en"))


def test_results_are_the_same_bytes_however_the_engine_cuts_them(done: Done, tmp_path: Path) -> None:
    """Enough rows for several pages of a Parquet file, in one piece and in pieces of many sizes."""
    whole = pa.concat_tables([done.result.items] * 8_000).combine_chunks()
    rows = whole.num_rows
    whole = whole.set_column(0, "key", pa.array([f"E{number:06}" for number in range(rows)]))
    cuts = [0, *sorted({at * 7919 % rows for at in range(1, 99)}), rows]
    pieces = pa.concat_tables([whole.slice(start, two - start) for start, two in itertools.pairwise(cuts)])
    first, second = (
        save(replace(done, result=replace(done.result, items=items)), tmp_path / name, numbered=False)
        for name, items in (("whole", whole), ("pieces", pieces))
    )
    assert (first / "items.parquet").read_bytes() == (second / "items.parquet").read_bytes()


def test_under_another_program_equal_values_are_enough(kept: Path) -> None:
    pq.write_table(pq.read_table(kept / "scores.parquet"), kept / "scores.parquet", compression="none")
    signed(kept, "scores.parquet")
    (finding,) = replay(kept).findings
    assert (finding.diagnostic.code, finding.file) == ("KPI754", "scores.parquet")
    edit(kept, lambda manifest: manifest["engine"]["versions"].update(pyarrow="1.0"))
    outcome = replay(kept)
    assert (outcome.equal, outcome.equal_values) == (True, ("scores.parquet",))
    assert outcome.program["pyarrow"][0] == "1.0"
    edit(kept, lambda manifest: manifest["engine"]["versions"].update(pyarrow=pa.__version__))
    edit(kept, lambda manifest: manifest["provenance"].update(program="0" * 64))
    assert replay(kept).program.keys() == {"program"}


def test_a_run_of_an_earlier_version_has_no_provenance_and_is_read(kept: Path) -> None:
    edit(kept, lambda manifest: manifest.pop("provenance"))
    assert verify(kept).equal
    assert replay(kept).equal


@pytest.mark.parametrize("line", ["7,S1,2025-01-09,much", "7,NOBODY,2025-01-09,1.00"])
def test_rows_set_aside_are_taken_as_recorded(shop: Path, tmp_path: Path, line: str) -> None:
    """Flags and those not assessed come out again without the source, whose rows are not kept."""
    (shop / "orders.csv").write_text(project.TABLES["orders.csv"] + f"{line}\n", encoding="utf-8")
    staff = project.TABLES["staff.csv"].replace("K1,keeper,2020-01-01", "K1,keeper,never")
    (shop / "staff.csv").write_text(staff, encoding="utf-8")
    folder = save(project.done(shop, quarantine=True), tmp_path / "kept", numbered=False)
    shutil.rmtree(shop)
    outcome = verify(folder)
    assert (outcome.findings, outcome.set_aside) == ((), 2)
    assert replay(folder).equal
    reasons = pq.read_table(folder / "not_assessed.parquet").to_pylist()
    assert {"key": "K1", "reason": "quarantined"} in reasons
    forge(folder, "quarantine.parquet", lambda table: table.slice(1))
    names = {finding.column for finding in verify(folder).findings if finding.file == "manifest.json"}
    assert {"inputs.staff.rows", "quarantine.staff"} & names or {"inputs.orders.rows", "quarantine.orders"} & names


def test_a_key_with_a_comma_is_flagged_again(shop: Path, tmp_path: Path) -> None:
    for name, text in project.TABLES.items():
        more = '7,"S1, S2",2025-01-09,much\n' if name == "orders.csv" else ""
        people = '"S1, S2",seller,2020-01-01,,1.00\n' if name == "staff.csv" else ""
        (shop / name).write_text(text + people + more, encoding="utf-8")
    folder = save(project.done(shop, quarantine=True), tmp_path / "kept", numbered=False)
    flags = {row["staff_id"]: row["flags"] for row in pq.read_table(folder / "scores.parquet").to_pylist()}
    assert ("quarantine" in flags["S1, S2"], "quarantine" in flags["S1"]) == (True, False)
    assert replay(folder).equal


# ---------------------------------------------------------------- figures were changed, and digests with them


FORGED = [
    (
        "scores.parquet",
        cell("bonus", Decimal("900.01"), staff_id="S1"),
        {("KPI751", "scores.parquet", "S1", None, "bonus", "900.01", "100.01")},
    ),
    (
        "scores.parquet",
        cell("flags", "", staff_id="K2"),
        {("KPI751", "scores.parquet", "K2", None, "flags", "", "small")},
    ),
    (
        "items.parquet",
        cell("score", Decimal("100.060000000000"), key="S1", item="sales"),
        {("KPI751", "items.parquet", "S1", "sales", "score", "100.060000000000", "100.050000000000")},
    ),
    (
        "items.parquet",
        cell("gate", None, key="K2", item="bonus"),
        {("KPI751", "items.parquet", "K2", "bonus", "gate", None, "small")},
    ),
    ("scores.parquet", without(staff_id="S2"), {("KPI753", "scores.parquet", "S2", None, None, None, None)}),
    (
        "items.parquet",
        without(key="S2", item="visits"),
        {("KPI753", "items.parquet", "S2", "visits", None, None, None)},
    ),
    (
        "items.parquet",
        lambda table: pa.concat_tables([table, table.slice(0, 1)]),
        {("KPI752", "items.parquet", "G1", "total", None, None, None)},
    ),
    ("left_out.parquet", without(key="L1"), {("KPI753", "left_out.parquet", "L1", None, None, None, None)}),
    (
        "not_assessed.parquet",
        cell("reason", "nothing_scored", key="G1"),
        {("KPI751", "not_assessed.parquet", "G1", None, "reason", "nothing_scored", "no_scorecard")},
    ),
    (
        "uncredited.parquet",
        cell("subject", "S1", row_key="5"),
        {("KPI751", "uncredited.parquet", "S1", None, "subject", "S1", "L1")},
    ),
    (
        "not_considered.parquet",
        without(key="K1"),
        {("KPI753", "not_considered.parquet", "K1", "bonus", None, None, None)},
    ),
    (
        "not_considered.parquet",
        cell("reason", "quarantined", key="G1"),
        {("KPI751", "not_considered.parquet", "G1", "bonus", "reason", "quarantined", "no_scorecard")},
    ),
    ("scores.parquet", lambda table: table.take([1, 0, 2, 3, 4]), {("KPI754", "scores.parquet") + (None,) * 5}),
]


@pytest.mark.parametrize("forged", range(len(FORGED)))
@pytest.mark.parametrize("whole", [True, False])
def test_a_changed_result_is_named_for_whom_it_concerns(
    kept: Path,
    forged: int,
    whole: bool,  # noqa: FBT001  # a case of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the reference engine for everybody, and past a number of subjects on both engines."""
    monkeypatch.setattr(room, "EVERYBODY", 5 if whole else 1)
    monkeypatch.setattr(room, "SAMPLE", 1)
    name, change, expected = FORGED[forged]
    forge(kept, name, change)
    outcome = verify(kept)
    assert told(tuple(finding for finding in outcome.findings if finding.file != "manifest.json")) == expected
    assert (outcome.seed is None) is (whole or outcome.subjects < 2)
    assert expected <= told(replay(kept).findings)


def test_who_was_added_is_named_and_not_counted(kept: Path) -> None:
    more = {"staff_id": pa.array(["Z9"])}
    forge(
        kept,
        "scores.parquet",
        lambda table: pa.concat_tables([table, table.slice(3, 1).set_column(0, *more.popitem())]),
    )
    outcome = verify(kept)
    assert told(outcome.findings) == {("KPI752", "scores.parquet", "Z9", None, None, None, None)}
    assert (outcome.subjects, outcome.recomputed) == (6, 5)


def test_a_row_of_data_is_named_by_its_table_and_number(kept: Path) -> None:
    forge(kept, "uncredited.parquet", cell("row", 99, row_key="5"))
    assert sorted(finding.text("en") for finding in verify(kept).findings) == [
        "`uncredited.parquet` has a row `orders 99 / L1` that is not there when recomputed",
        "`uncredited.parquet` has no row `orders 6 / L1`, which is there when recomputed",
    ]


def test_a_cell_without_a_value_is_called_empty(kept: Path) -> None:
    forge(kept, "scores.parquet", cell("total", None, staff_id="K2"))
    (finding,) = verify(kept).findings
    assert finding.text("en") == "`scores.parquet`: `total` of `K2` is empty, but comes to `121.00` when recomputed"
    assert finding.text("zh") == "`scores.parquet`：`K2` 的 `total` 是 （空），重算得 `121.00`"


def test_a_changed_csv_is_named_by_its_cell(kept: Path) -> None:
    path = kept / "scores.csv"
    path.write_bytes(path.read_bytes().replace(b"100.01", b"900.01", 1))
    signed(kept, "scores.csv")
    expected = {("KPI751", "scores.csv", "S1", None, "bonus", "900.01", "100.01")}
    assert told(verify(kept).findings) == expected
    assert told(replay(kept).findings) == expected


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b'"', b"staff_id\nS1,2\n", b"a,b\n1,2\n"])
def test_a_csv_that_is_none_is_named(kept: Path, data: bytes) -> None:
    (kept / "scores.csv").write_bytes(data)
    signed(kept, "scores.csv")
    for outcome in (verify(kept), replay(kept)):
        assert {(finding.diagnostic.code, finding.file) for finding in outcome.findings} == {("KPI754", "scores.csv")}


def test_both_tables_and_the_csv_changed_alike_are_found(kept: Path) -> None:
    """A forger who keeps every file of the folder in step is found all the same."""
    forge(kept, "scores.parquet", cell("bonus", Decimal("900.01"), staff_id="S1"))
    forge(kept, "scores.parquet", cell("total_pay", Decimal("900.01"), staff_id="S1"))
    forge(kept, "items.parquet", cell("value", Decimal("900.010000000000"), key="S1", item="bonus"))
    write_csv(pq.read_table(kept / "scores.parquet"), kept / "scores.csv")
    signed(kept, "scores.csv")
    outcome = verify(kept).findings
    assert {(fault.file, fault.subject) for fault in outcome} >= {("scores.parquet", "S1"), ("items.parquet", "S1")}
    assert {fault.subject for fault in outcome} == {"S1"}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda manifest: manifest["counts"].update(subjects=6), "counts.subjects"),
        (lambda manifest: manifest["counts"].update(left_out=0), "counts.left_out"),
        (lambda manifest: manifest["tables"][1].update(read=6), "tables.orders.read"),
        (lambda manifest: manifest["tables"][1].update(dated_by="staff_id"), "tables.orders.dated_by"),
        (lambda manifest: manifest["tables"][1].update(of_period=5), "tables.orders.of_period"),
        (lambda manifest: manifest["tables"][1].update(counted=4), "tables.orders.counted"),
        (lambda manifest: manifest["tables"][1].update(hidden=1), "tables.orders.hidden"),
        (lambda manifest: manifest["tables"][1].update(set_aside=1), "tables.orders.set_aside"),
        (lambda manifest: manifest["tables"][1]["uncredited"].update(rows=0), "tables.orders.uncredited.rows"),
        (
            lambda manifest: manifest["tables"][1]["uncredited"]["amounts"].update(amount="0.00"),
            "tables.orders.uncredited.amounts.amount",
        ),
        (
            lambda manifest: manifest["tables"][1]["uncredited"]["amounts"].update(day="1"),
            "tables.orders.uncredited.amounts.day",
        ),
        (lambda manifest: manifest["tables"][1]["undated"].update(rows=1), "tables.orders.undated.rows"),
        (lambda manifest: manifest["tables"].append(manifest["tables"][1]), "tables"),
        pytest.param(lambda manifest: manifest["tables"].reverse(), "tables", id="order of tables"),
        (lambda manifest: manifest["period_columns"].clear(), "period_columns"),
        (lambda manifest: manifest["not_considered"].update(bonus=1), "not_considered.bonus"),
        pytest.param(lambda manifest: manifest["not_considered"].clear(), "not_considered.bonus", id="nobody"),
        (lambda manifest: manifest["quarantine"].update(orders=3), "quarantine.orders"),
        (lambda manifest: manifest["scheme"].update(version="2.0"), "scheme.version"),
        (lambda manifest: manifest["scheme"].update(title=None), "scheme.title"),
        (lambda manifest: manifest["inputs"][0].update(rows=7), "inputs.staff.rows"),
        (lambda manifest: manifest["scheme"]["files"][0].update(sha256="0" * 64), "scheme.files.rules/shop.kpi.sha256"),
    ],
)
def test_a_manifest_that_says_something_else_is_named(kept: Path, change: Callable[..., object], name: str) -> None:
    edit(kept, change)
    (finding,) = verify(kept).findings
    assert (finding.diagnostic.code, finding.file, finding.column) == ("KPI757", "manifest.json", name)


def test_the_digest_of_a_frame_is_checked(done: Done, tmp_path: Path) -> None:
    frames = {facts.table: replace(facts, source="frame", sha256="0" * 64) for facts in done.loaded.facts}
    other = replace(done, loaded=replace(done.loaded, facts=tuple(frames.values())))
    findings = verify(save(other, tmp_path / "kept", numbered=False)).findings
    changed = [finding for finding in findings if finding.file == "manifest.json"]
    assert {fault.column for fault in changed} == {f"inputs.{name}.sha256" for name in ("staff", "orders", "targets")}


def test_rows_hidden_in_a_sheet_are_those_of_its_source(shop: Path, tmp_path: Path) -> None:
    """The kept tables do not say which rows were hidden; the manifest does, in the facts of the source."""
    with xlsxwriter.Workbook(shop / "orders.xlsx") as book:
        sheet = book.add_worksheet()
        for nth, row in enumerate(csv.reader(project.TABLES["orders.csv"].splitlines())):
            sheet.write_row(nth, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
    (shop / "kpirules.yaml").write_text(project.BINDINGS.replace("orders.csv", "orders.xlsx"), encoding="utf-8")
    folder = save(project.done(shop), tmp_path / "kept", numbered=False)
    assert verify(folder).findings == ()
    edit(folder, lambda manifest: manifest["tables"][1].update(hidden=0))
    assert [(finding.column, finding.recorded, finding.recomputed) for finding in verify(folder).findings] == [
        ("tables.orders.hidden", "0", "1")
    ]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda manifest: manifest.pop("warnings"), ["warnings"]),
        (lambda manifest: manifest["warnings"].clear(), ["warnings"]),
        (lambda manifest: manifest["warnings"].append(manifest["warnings"][0]), ["warnings"]),
        (lambda manifest: manifest["warnings"][0].update(code="KPI667"), ["warnings"]),
        (lambda manifest: manifest["warnings"][0].update(count=2), ["warnings.KPI665.staff.staff_id.count"]),
        (lambda manifest: manifest["warnings"][0].update(rows=[3]), ["warnings.KPI665.staff.staff_id.rows"]),
        (lambda manifest: manifest["warnings"][0].update(values=["S2"]), ["warnings.KPI665.staff.staff_id.values"]),
    ],
    ids=["no list", "empty", "twice", "code", "count", "rows", "values"],
)
def test_warnings_that_the_data_does_not_give_are_named(
    shop: Path, tmp_path: Path, change: Callable[..., object], names: list[str]
) -> None:
    (shop / "staff.csv").write_text(project.TABLES["staff.csv"] + "s1,guest,2020-01-01,,1.00\n", encoding="utf-8")
    folder = save(project.done(shop), tmp_path / "kept", numbered=False)
    assert verify(folder).findings == ()
    edit(folder, change)
    assert [finding.column for finding in verify(folder).findings] == names


# ---------------------------------------------------------------- the data or the rules were changed


def test_figures_do_not_follow_from_other_data(kept: Path) -> None:
    forge(kept, "inputs/orders.parquet", cell("amount", Decimal("800.00"), order_id="1"))
    for findings in (verify(kept).findings, replay(kept).findings):
        assert {fault.subject for fault in findings} == {"S1"}
        assert ("KPI751", "items.parquet", "S1", "sales", "actual", "1000.500000000000", "900.500000000000") in told(
            findings
        )


def test_figures_do_not_follow_from_other_rules(kept: Path) -> None:
    path = kept / "rules" / "shop.kpi"
    path.write_text(path.read_text(encoding="utf-8").replace("base_pay * 10%", "base_pay * 11%"), encoding="utf-8")
    signed(kept, "rules/shop.kpi")
    faults = told(verify(kept).findings)
    assert ("KPI751", "scores.parquet", "S1", None, "bonus", "100.01", "110.01") in faults
    assert any(fault[4] == "scheme.files.rules/shop.kpi.sha256" for fault in faults)


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("inputs/staff.parquet", lambda table: pa.concat_tables([table, table.slice(0, 1)]), "KPI646"),
        ("inputs/orders.parquet", cell("staff_id", "S9", order_id="1"), "KPI648"),
        ("inputs/orders.parquet", cell("order_id", None, order_id="1"), "KPI640"),
        ("inputs/staff.parquet", cell("role", "king", staff_id="S1"), "KPI642"),
        ("inputs/targets.parquet", cell("amount", Decimal("2000000.00"), staff_id="S1"), "KPI643"),
    ],
)
def test_data_that_breaks_its_contract_gives_no_run(kept: Path, name: str, change: Change, code: str) -> None:
    forge(kept, name, change)
    for outcome in (verify(kept), replay(kept)):
        first, *rest = [finding.diagnostic.code for finding in outcome.findings]
        assert first == "KPI756"
        assert code in rest
    assert verify(kept).recomputed is None


# ---------------------------------------------------------------- digests, and what was not kept


@pytest.mark.parametrize("name", ["scores.parquet", "inputs/staff.parquet", "bindings/kpirules.yaml", "items.csv"])
def test_a_file_that_is_not_what_its_digest_says_is_named(kept: Path, name: str) -> None:
    with (kept / name).open("ab") as file:
        file.write(b"\n" if name.endswith((".yaml", ".csv")) else b"")
    if name.endswith(".parquet"):
        pq.write_table(pq.read_table(kept / name), kept / name, compression="none")
    outcome = verify(kept).findings
    assert ("KPI732", name) in {(finding.diagnostic.code, finding.file) for finding in outcome}
    assert {fault.file for fault in outcome} == {name}


def test_what_a_run_is_made_from_must_be_as_it_was(kept: Path) -> None:
    with (kept / "rules" / "shop.kpi").open("a") as file:
        file.write("# more\n")
    with pytest.raises(Fault) as caught:
        replay(kept)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI732"]


def test_without_inputs_nothing_is_recomputed_and_that_is_said(done: Done, tmp_path: Path) -> None:
    folder = save(replace(done, inputs=None), tmp_path / "kept", numbered=False)
    outcome = verify(folder)
    assert [finding.diagnostic.code for finding in outcome.findings] == ["KPI755"]
    assert (outcome.recomputed, outcome.figures) == (None, 0)
    forge(folder, "scores.parquet", cell("bonus", Decimal("900.01"), staff_id="S1"))
    assert {finding.diagnostic.code for finding in verify(folder).findings} == {"KPI739", "KPI755"}
    with pytest.raises(Fault) as caught:
        replay(folder)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI755"]


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("not_assessed.parquet", without(key="K1"), {("not_assessed.parquet", "K1", None)}),
        ("not_considered.parquet", without(key="K1"), {("not_considered.parquet", "K1", None)}),
        ("uncredited.parquet", without(row_key="5"), {("manifest.json", None, "tables.orders.uncredited.rows")}),
        (
            "left_out.parquet",
            without(key="L1"),
            {("manifest.json", None, "counts.left_out")},
        ),
        (None, lambda manifest: manifest["scheme"].update(version="2.0"), {("manifest.json", None, "scheme.version")}),
        (None, lambda manifest: manifest["tables"][1].update(read=9), {("manifest.json", None, "tables.orders.read")}),
        (None, lambda manifest: manifest["tables"].pop(), {("manifest.json", None, "tables")}),
        (None, lambda manifest: manifest["inputs"].pop(), {("manifest.json", None, "tables.targets.read")}),
        (
            None,
            lambda manifest: manifest["tables"][1].update(uncredited=None),
            {("manifest.json", None, "tables.orders.uncredited.rows")},
        ),
        (
            None,
            lambda manifest: manifest["not_considered"].update(bonus=1),
            {("manifest.json", None, "not_considered.bonus")},
        ),
    ],
    ids=[
        "not assessed",
        "not considered",
        "uncredited",
        "left out",
        "version",
        "rows read",
        "no table",
        "no input",
        "no uncredited rows",
        "count of not considered",
    ],
)
def test_without_inputs_results_and_manifest_are_held_against_one_another(
    done: Done,
    tmp_path: Path,
    name: str | None,
    change: Callable[..., Any],
    expected: set[tuple[str, str | None, str | None]],
) -> None:
    folder = save(replace(done, inputs=None), tmp_path / "kept", numbered=False)
    if name is None:
        edit(folder, change)
    else:
        forge(folder, name, change)
    findings = [finding for finding in verify(folder).findings if finding.diagnostic.code != "KPI755"]
    assert {(fault.file or "", fault.subject, fault.column) for fault in findings} == expected


# ---------------------------------------------------------------- a sample


def test_a_sample_is_drawn_again_by_its_seed(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Mapping[str, object]] = []
    whole = Some.run

    def run(some: Some, *given: Any) -> Any:  # noqa: ANN401  # whatever an engine is asked
        drawn.append({"keys": sorted(map(str, some.keys))})
        return whole(some, *given)

    monkeypatch.setattr(Some, "run", run)
    first = verify(kept, sample=2)
    assert (first.findings, first.recomputed, first.subjects) == ((), 2, 5)
    assert first.seed is not None
    assert verify(kept, sample=2, seed=first.seed).seed == first.seed
    assert drawn[0] == drawn[1]
    assert verify(kept, sample=10**30).recomputed == 5


# ---------------------------------------------------------------- hostile folders


def _outside(folder: Path) -> None:
    (folder.parent / "secret.kpi").write_text("scheme x", encoding="utf-8")
    digest = hashlib.sha256(b"scheme x").hexdigest()
    edit(folder, lambda manifest: manifest["files"].update({"../secret.kpi": digest}))


def _rules_outside(folder: Path) -> None:
    shutil.copy(folder / "rules" / "shop.kpi", folder.parent / "shop.kpi")
    digest = hashlib.sha256((folder.parent / "shop.kpi").read_bytes()).hexdigest()
    kept = {"path": "shop.kpi", "kept": "rules/../../shop.kpi", "sha256": digest}

    def change(manifest: dict[str, Any]) -> None:
        manifest["scheme"]["files"] = [kept]
        manifest["files"]["rules/../../shop.kpi"] = digest

    edit(folder, change)


def _link(folder: Path) -> None:
    (folder / "scores.parquet").rename(folder.parent / "scores.parquet")
    (folder / "scores.parquet").symlink_to(folder.parent / "scores.parquet")


def _circle(folder: Path) -> None:
    (folder / "scores.parquet").unlink()
    (folder / "scores.parquet").symlink_to("scores.parquet")


def _pipe(folder: Path) -> None:
    (folder / "scores.parquet").unlink()
    os.mkfifo(folder / "scores.parquet")


def _folder(folder: Path) -> None:
    (folder / "scores.parquet").unlink()
    (folder / "scores.parquet").mkdir()


def _unused(folder: Path) -> None:
    _bytes(folder, "rules/more.kpi", b"define x = 1\n")
    entry = {"path": "more.kpi", "kept": "rules/more.kpi", "sha256": "0" * 64}
    edit(folder, lambda manifest: manifest["scheme"]["files"].append(entry))


def _bytes(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    signed(folder, name)


HOSTILE: Mapping[str, Callable[[Path], object]] = {
    "a name outside": _outside,
    "rules outside": _rules_outside,
    "a link outside": _link,
    "a link in a circle": _circle,
    "a pipe": _pipe,
    "a folder": _folder,
    "a missing file": lambda folder: (folder / "inputs" / "staff.parquet").unlink(),
    "a file not listed": lambda folder: edit(folder, lambda manifest: manifest["files"].pop("uncredited.parquet")),
    "inputs not listed": lambda folder: edit(folder, lambda manifest: manifest["files"].pop("inputs/staff.parquet")),
    "a table too many": lambda folder: edit(
        folder, lambda manifest: manifest["inputs"].append({**manifest["inputs"][0], "table": "../staff"})
    ),
    "a table twice": lambda folder: edit(folder, lambda manifest: manifest["inputs"].append(manifest["inputs"][0])),
    "no such day": lambda folder: edit(folder, lambda manifest: manifest["period"].update(start="2025-02-30")),
    "another end": lambda folder: edit(folder, lambda manifest: manifest["period"].update(end="2025-06-30")),
    "no such moment": lambda folder: edit(folder, lambda manifest: manifest.update(created="yesterday")),
    "no time zone": lambda folder: edit(folder, lambda manifest: manifest.update(created="2025-01-01T00:00:00")),
    "a name with a zero": lambda folder: edit(folder, lambda manifest: manifest["files"].update({"a\0b": "0" * 64})),
    "a long name": lambda folder: edit(folder, lambda manifest: manifest["files"].update({"a" * 5000: "0" * 64})),
    "deep JSON": lambda folder: (folder / "manifest.json").write_text("[" * 200_000, encoding="utf-8"),
    "wrong types": lambda folder: edit(folder, lambda manifest: manifest.update(files=[])),
    "rules that are no text": lambda folder: _bytes(folder, "rules/shop.kpi", b"\xff\xff"),
    "scores that are no Parquet": lambda folder: _bytes(folder, "scores.parquet", b"PAR1 nothing PAR1"),
    "empty inputs": lambda folder: _bytes(folder, "inputs/orders.parquet", b""),
    "other columns": lambda folder: forge(folder, "inputs/orders.parquet", lambda table: table.drop_columns("day")),
    "other types": lambda folder: forge(
        folder,
        "inputs/orders.parquet",
        lambda table: table.set_column(3, "amount", pc.cast(table.column("amount"), pa.float64())),
    ),
    "an unused rule file": _unused,
}


@pytest.mark.parametrize("how", HOSTILE)
@pytest.mark.parametrize("command", [verify, replay])
def test_a_hostile_folder_is_a_fault_that_names_the_file(kept: Path, how: str, command: Callable[[Path], Any]) -> None:
    HOSTILE[how](kept)
    with pytest.raises(Fault) as caught:
        command(kept)
    assert {fault.code for fault in caught.value.diagnostics} <= {"KPI730", "KPI732"}
    for lang in LANGUAGES:
        assert "{" not in caught.value.text(lang)


def test_rules_that_use_a_file_of_elsewhere_find_only_what_the_folder_keeps(kept: Path) -> None:
    (kept.parent / "common.kpi").write_text("define x = 1\n", encoding="utf-8")
    path = kept / "rules" / "shop.kpi"
    path.write_text(path.read_text(encoding="utf-8") + '\nuse "../../common.kpi"\n', encoding="utf-8")
    signed(kept, "rules/shop.kpi")
    with pytest.raises(Fault) as caught:
        verify(kept)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI230"]


def test_packed_inputs_are_what_a_run_is_made_from(done: Done, tmp_path: Path) -> None:
    """A program of its own that saves without inputs may still hand them over."""
    contracts = tuple(done.compiled.model.tables.values())
    folder = save(replace(done, inputs=packed(done.loaded, contracts)), tmp_path / "kept", numbered=False)
    assert verify(folder).equal


def test_the_reference_engine_holds_its_sample_against_the_run(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the engine of runs wrong, in the run and when recomputed, the sample would show it."""
    forge(kept, "scores.parquet", cell("bonus", Decimal("900.01"), staff_id="S1"))
    forge(kept, "items.parquet", cell("score", Decimal(7), key="S1", item="sales"))
    monkeypatch.setattr(room, "_results", lambda *_: ())
    samples = [verify(kept, sample=4, seed=seed).findings for seed in range(1, 20)]
    expected = {
        ("KPI751", "scores.parquet", "S1", None, "bonus", "900.01", "100.01"),
        ("KPI751", "items.parquet", "S1", "sales", "score", "7.000000000000", "100.050000000000"),
    }
    assert {frozenset(told(fault)) for fault in samples} == {frozenset(expected), frozenset()}
