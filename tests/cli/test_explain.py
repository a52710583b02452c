from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Call


@pytest.fixture
def ran(shop: Path, call: Call) -> Path:
    assert call("run", "--period", "2025Q1").exit_code == 0
    return shop


@pytest.mark.usefixtures("ran")
def test_the_newest_run_is_explained(call: Call) -> None:
    found = call("explain", "S1")
    assert found.exit_code == 0, found.output
    assert "68.03" in found.stdout
    assert "100.01 CNY" in found.stdout
    assert "shop.kpi:" in found.stdout


@pytest.mark.usefixtures("ran")
def test_one_item_may_be_asked_for(call: Call) -> None:
    found = call("explain", "S1", "bonus", "--lang", "zh")
    assert found.exit_code == 0, found.output
    assert "奖金 bonus" in found.stdout
    assert "sales" not in found.stdout


@pytest.mark.usefixtures("ran")
def test_a_trace_as_data(call: Call) -> None:
    found = call("explain", "K2", "--format", "json")
    assert json.loads(found.stdout_bytes)["subject"] == "K2"


@pytest.mark.usefixtures("ran")
def test_rows_are_listed_where_they_are_asked_for(call: Call) -> None:
    brief, whole = (call("explain", "S1", *rows).stdout for rows in ((), ("--rows",)))
    assert "900" in whole
    assert len(whole.splitlines()) > len(brief.splitlines())


def test_a_run_or_a_period_may_be_named(ran: Path, call: Call) -> None:
    assert call("run", "--period", "2025Q2").exit_code == 0
    assert "· 2025Q2 ·" in call("explain", "S1").stdout
    assert "· 2025Q1 ·" in call("explain", "S1", "--period", "2025Q1").stdout
    assert "· 2025Q1 ·" in call("explain", "S1", "--run", str(ran / "runs" / "2025Q1")).stdout
    assert call("explain", "S1", "--period", "2025Q3").exit_code == 2


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("arguments", "code"), [(("L1",), "KPI734"), (("nobody",), "KPI734"), (("S1", "nothing"), "KPI741")]
)
def test_who_or_what_is_not_there_is_exit_2(call: Call, arguments: tuple[str, ...], code: str) -> None:
    found = call("explain", *arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert f"error[{code}]" in found.stderr


def test_without_a_run_it_says_how_to_make_one(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    found = call("explain", "S1")
    assert found.exit_code == 2
    assert "make one with `kpirules run --period 2025Q1`" in found.stderr


@pytest.mark.parametrize(("name", "column"), [("items", "score"), ("scores", "total_pay"), ("items", "row")])
def test_a_record_that_differs_from_the_figures_is_loud(ran: Path, call: Call, name: str, column: str) -> None:
    """A run folder whose figures and digests were both forged agrees with itself, and not with the data."""
    folder = ran / "runs" / "2025Q1"
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    place = table.column_names.index(column)
    kind = table.schema.field(column).type
    wrong = [
        None if one is None else Decimal(7) if pa.types.is_decimal(kind) else "7"
        for one in table.column(column).to_pylist()
    ]
    pq.write_table(table.set_column(place, column, pa.array(wrong, kind)), path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][f"{name}.parquet"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = call("explain", "S1")
    assert (found.exit_code, found.stdout) == (3, "")
    assert "error[KPI735]" in found.stderr
    assert "is 7 in the run" in found.stderr


def test_a_record_that_was_changed_is_told(ran: Path, call: Call) -> None:
    with (ran / "runs" / "2025Q1" / "scores.parquet").open("ab") as file:
        file.write(b"\n")
    found = call("explain", "S1")
    assert found.exit_code == 2
    assert "error[KPI732]" in found.stderr


@pytest.mark.parametrize(("kind", "key"), [("integer", "17"), ("date", "2020-01-02"), ("number(1)", "3.5")])
def test_a_key_of_any_type_is_asked_for_as_it_is_printed(tmp_path: Path, call: Call, kind: str, key: str) -> None:
    (tmp_path / "k.kpi").write_text(
        f"scheme k\n    period quarter\n    currency CNY\n    rounding money 2\n"
        f"table staff\n    no {kind} key\n    base money\n"
        f"table sales\n    who {kind} references staff\n    day date period\n    amount money\n"
        f"subject staff\npay commission\n    amount sum(sales.amount) * 1%\n",
        encoding="utf-8",
    )
    (tmp_path / "staff.csv").write_text(f"no,base\n{key},1\n", encoding="utf-8")
    (tmp_path / "sales.csv").write_text(f"who,day,amount\n{key},2025-01-02,500\n", encoding="utf-8")
    (tmp_path / "kpirules.yaml").write_text(
        "scheme: k.kpi\ndata:\n  staff: {file: staff.csv}\n  sales: {file: sales.csv}\n", encoding="utf-8"
    )
    assert call("-C", str(tmp_path), "run", "--period", "2025Q1").exit_code == 0
    found = call("-C", str(tmp_path), "explain", key, "commission")
    assert found.exit_code == 0, found.output
    assert "5.00 CNY" in found.stdout
