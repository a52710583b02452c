"""What a run says of rows set aside that others match, and of keys that look alike; figures worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kpirules import api
from kpirules.cli import results
from tests.cli.conftest import Call

RUN = ("run", "--period", "2025Q1")
REFUNDS = """\
scheme refunds "Orders without refunds"
    period   quarter
    currency CNY
    rounding money 2

table staff
    staff_id text key

table refunds
    order_id text key
    amount   money

table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money
    refund   text matches refunds

subject staff

pay bonus
    amount sum(orders.amount where refunds.amount is missing)
"""
ORDERS = "order_id,staff_id,day,amount,refund\nO1,A,2025-01-05,100,O1\nO2,A,2025-01-06,7,O2\nO3,B,2025-01-07,10,O3\n"
"""Orders with a refund are not paid: A is paid 7, B 0."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scheme.kpi").write_text(REFUNDS, encoding="utf-8")
    sources = "".join(f"  {name}: {{file: {name}.csv}}\n" for name in ("staff", "refunds", "orders"))
    (tmp_path / "kpirules.yaml").write_text(f"scheme: scheme.kpi\ndata:\n{sources}", encoding="utf-8")
    (tmp_path / "staff.csv").write_text("staff_id\nA\nB\n", encoding="utf-8")
    (tmp_path / "refunds.csv").write_text("order_id,amount\nO1,100\nO3,3\n", encoding="utf-8")
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


def _paid(call: Call, *arguments: str) -> dict[str, tuple[str, str]]:
    result = call(*RUN, "--format", "json", *arguments)
    assert result.exit_code == 0, result.output
    return {row["staff_id"]: (row["bonus"], row["flags"]) for row in json.loads(result.stdout)["scores"]}


def _set_aside(printed: str) -> dict[str, str]:
    """The last column of the list of tables, by table."""
    head, *lines = printed[printed.index("table  ") :].splitlines()
    assert head.endswith("set aside")
    return {words[0]: words[-1] for words in map(str.split, lines) if words[0] in {"staff", "refunds", "orders"}}


def test_whoever_matches_a_row_set_aside_is_not_paid_as_if_there_were_none(folder: Path, call: Call) -> None:
    whole = {"A": ("7.00", ""), "B": ("0.00", "")}
    assert _paid(call) == whole
    (folder / "refunds.csv").write_text("order_id,amount\nO1,?\nO3,3\n", encoding="utf-8")
    assert _paid(call, "--quarantine") == {**whole, "A": ("7.00", "quarantine")}
    result = call(*RUN, "--quarantine")
    assert _set_aside(result.stdout) == {"staff": "0", "refunds": "1", "orders": "1"}
    assert "subjects with rows set aside, and how many each: A 1\n" in result.stdout


@pytest.mark.parametrize("row", [",100", "O1", "\u200b,100"])
def test_whoever_found_no_match_is_flagged_where_a_key_set_aside_cannot_be_read(
    folder: Path, call: Call, row: str
) -> None:
    (folder / "refunds.csv").write_text(f"order_id,amount\n{row}\nO3,3\n", encoding="utf-8")
    assert _paid(call, "--quarantine") == {"A": ("107.00", "quarantine"), "B": ("0.00", "")}


def test_rows_that_concern_nobody_known_end_no_line_in_nothing(folder: Path, call: Call) -> None:
    (folder / "orders.csv").write_text(f"{ORDERS}O4,Z,2025-01-08,1,O4\n", encoding="utf-8")
    result = call(*RUN, "--quarantine")
    assert _set_aside(result.stdout) == {"staff": "0", "refunds": "0", "orders": "1"}
    assert "subjects with rows set aside" not in result.stdout


def test_keys_that_look_alike_are_told_on_the_console_in_json_and_in_the_manifest(folder: Path, call: Call) -> None:
    (folder / "staff.csv").write_text("staff_id\nA\nB\na\n", encoding="utf-8")
    (folder / "orders.csv").write_text(ORDERS.replace("O2\n", "o1\n"), encoding="utf-8")
    result = call(*RUN, "--format", "json", "--out", "kept")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    schema = json.loads(Path(results.__file__).with_name("results.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(said)
    assert [(warning["code"], warning["row"], warning["value"]) for warning in said["warnings"]] == [
        ("KPI665", 4, "a"),
        ("KPI666", 3, "o1"),
    ]
    assert (
        "warning[KPI665]: `staff` (staff.csv) row 4, column `staff_id`: the key `a` looks like `A` in row 2"
        in result.stderr
    )
    assert (
        "warning[KPI666]: `orders` (orders.csv) row 3, column `refund`: `o1` matches no row of `refunds`"
        in result.stderr
    )
    manifest = json.loads((folder / "kept" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["warnings"] == [
        {"code": "KPI665", "table": "staff", "column": "staff_id", "count": 1, "rows": [4], "values": ["a"]},
        {"code": "KPI666", "table": "orders", "column": "refund", "count": 1, "rows": [3], "values": ["o1"]},
    ]
    assert call("explain", "A", "--run", "kept").exit_code == 0
    assert "提醒[KPI665]: `staff`（staff.csv）第 4 行" in call(*RUN, "--lang", "zh").stderr


def test_the_first_warnings_are_drawn_and_the_rest_counted(folder: Path, call: Call) -> None:
    keys = "\n".join(f"K{at}\nk{at}" for at in range(25))
    (folder / "staff.csv").write_text(f"staff_id\nA\nB\n{keys}\n", encoding="utf-8")
    result = call(*RUN)
    assert result.stderr.count("warning[KPI665]") == 20
    assert result.stderr.count("if both mean the same") == 1
    assert "… 5 more warnings; `--format json` lists all" in result.stderr


def test_python_gives_the_warnings_as_a_frame(folder: Path) -> None:
    (folder / "staff.csv").write_text("staff_id\nA\nB\na\n", encoding="utf-8")
    warnings = api.load(folder / "scheme.kpi").run(folder / "kpirules.yaml", period="2025Q1").warnings
    assert warnings[["code", "row", "value"]].to_numpy().tolist() == [["KPI665", 4, "a"]]


def test_a_key_with_an_unseen_character_stops_the_run_in_both_languages(folder: Path, call: Call) -> None:
    (folder / "staff.csv").write_text("staff_id\nA\u200b\nB\n", encoding="utf-8")
    for lang, said in (
        ("en", "`staff` (staff.csv) row 2, column `staff_id`: `A\\u200b` contains U+200B, which cannot be seen"),
        ("zh", "`staff`（staff.csv）第 2 行 `staff_id` 列：`A\\u200b` 含有 U+200B，它看不见"),
    ):
        result = call(*RUN, "--lang", lang)
        assert result.exit_code == 2
        assert said in result.stderr
        # the orders of A are not told as well: only the key is to be corrected
        assert result.stderr.count("KPI") == 1
    assert "U+200B" in (folder / "kpirules-faults.csv").read_text(encoding="utf-8-sig")
