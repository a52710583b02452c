from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpirules.trace import form as trace_form
from tests.cli.conftest import Call


@pytest.fixture
def ran(shop: Path, call: Call) -> Path:
    assert call("run", "--period", "2025Q1").exit_code == 0
    return shop


@pytest.mark.usefixtures("ran")
def test_the_newest_run_is_explained(call: Call) -> None:
    result = call("explain", "S1")
    assert result.exit_code == 0, result.output
    assert "68.03" in result.stdout
    assert "100.01 CNY" in result.stdout
    assert "shop.kpi:" in result.stdout


@pytest.mark.usefixtures("ran")
def test_one_item_may_be_asked_for(call: Call) -> None:
    result = call("explain", "S1", "bonus", "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert "奖金 bonus" in result.stdout
    assert "sales" not in result.stdout


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(("asked", "lang"), [("total_pay", "en"), ("total pay", "en"), ("奖金合计", "zh")])
def test_what_is_paid_in_all_is_asked_for_by_its_word(call: Call, asked: str, lang: str) -> None:
    result = call("explain", "S1", asked, "--lang", lang)
    assert result.exit_code == 0, result.output
    assert {"en": "total pay: ", "zh": "奖金合计："}[lang] in result.stdout


def test_a_limit_that_cut_the_achievement_is_told_on_the_page(shop: Path, call: Call) -> None:
    rules = (shop / "shop.kpi").read_text(encoding="utf-8")
    limited = rules.replace(
        "    missing exclude\n", "    achievement actual / target, at most 110%\n    missing exclude\n"
    )
    (shop / "shop.kpi").write_text(limited, encoding="utf-8")
    assert call("run", "--period", "2025Q1").exit_code == 0
    assert "at most 110%: 120% becomes 110%" in call("explain", "K2").stdout
    assert "at most 110%" not in call("explain", "S1").stdout


@pytest.mark.usefixtures("ran")
def test_every_item_that_is_offered_can_be_asked_for(call: Call) -> None:
    offered = call("explain", "S1", "no such item").stderr.split("the items are: ")[1].strip()
    for name in offered.split(", "):
        result = call("explain", "S1", name)
        assert result.exit_code == 0, result.output
        assert not {"~", "$", "None", "ensure 1"} & set(result.stdout.split())


def test_the_total_is_placed_at_the_own_scorecard(ran: Path, call: Call) -> None:
    lines = (ran / "shop.kpi").read_text(encoding="utf-8").splitlines()
    for key in ("S1", "K2"):
        card = next(line for line in call("explain", key).stdout.splitlines() if line.startswith("scorecard "))
        written = next(n for n, line in enumerate(lines, 1) if line.startswith(f"{card} "))
        for asked, start in (((), "total: "), (("grade",), "    total = ")):
            said = call("explain", key, *asked).stdout.splitlines()
            assert next(line for line in said if line.startswith(start)).endswith(f"[shop.kpi:{written}]")


@pytest.mark.usefixtures("ran")
def test_a_trace_as_data(call: Call) -> None:
    result = call("explain", "K2", "--format", "json")
    assert json.loads(result.stdout_bytes)["subject"] == "K2"


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
@pytest.mark.parametrize(("arguments", "code"), [(("nobody",), "KPI740"), (("S1", "nothing"), "KPI741")])
def test_who_or_what_is_not_there_is_exit_2(call: Call, arguments: tuple[str, ...], code: str) -> None:
    result = call("explain", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error[{code}]" in result.stderr


def test_without_a_run_it_says_how_to_make_one(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    result = call("explain", "S1")
    assert result.exit_code == 2
    assert "make one with `kpirules run --period 2025Q1`" in result.stderr


@pytest.mark.parametrize(("name", "column"), [("items", "score"), ("items", "row")])
def test_a_record_that_differs_from_the_figures_is_loud(ran: Path, call: Call, name: str, column: str) -> None:
    """A run folder whose figures and digests were both forged agrees with itself, and not with the data."""
    folder = ran / "runs" / "2025Q1"
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    place = table.column_names.index(column)
    kind = table.schema.field(column).type
    wrong = [
        None if value is None else Decimal(7) if pa.types.is_decimal(kind) else "7"
        for value in table.column(column).to_pylist()
    ]
    pq.write_table(table.set_column(place, column, pa.array(wrong, kind)), path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][f"{name}.parquet"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = call("explain", "S1")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "error[KPI735]" in result.stderr
    assert "is 7 in the run" in result.stderr
    assert "$" not in result.stderr


def test_a_record_that_was_changed_is_told(ran: Path, call: Call) -> None:
    with (ran / "runs" / "2025Q1" / "scores.parquet").open("ab") as file:
        file.write(b"\n")
    result = call("explain", "S1")
    assert result.exit_code == 2
    assert "error[KPI732]" in result.stderr


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
    result = call("-C", str(tmp_path), "explain", key, "commission")
    assert result.exit_code == 0, result.output
    assert "5.00 CNY" in result.stdout


# ---------------------------------------------------------------- one who was left out


@pytest.mark.usefixtures("ran")
def test_one_who_was_not_active_is_told_why(call: Call) -> None:
    result = call("--lang", "en", "explain", "L1")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[3:] == [
        "left out: not one active day in 2025Q1  [shop.kpi:8]",
        "  hired 2020-01-01",
        "  left_on 2024-12-31",
        "rows that name this subject and count for nobody: 1",
        "  1 row of orders (after the subject's last day): 5 2025-02-03",
    ]
    data = json.loads(call("explain", "L1", "bonus", "--format", "json").stdout_bytes)
    assert (data["left_out"]["reason"], data["items"]) == ("not_active", [])


def test_one_who_is_not_asked_for_is_told_what_was(shop: Path, call: Call) -> None:
    rules = (shop / "shop.kpi").read_text(encoding="utf-8")
    (shop / "shop.kpi").write_text(rules.replace("subject staff", 'subject staff where role != "guest"'), "utf-8")
    assert call("run", "--period", "2025Q1").exit_code == 0
    result = call("--lang", "en", "explain", "G1")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[3:] == [
        "left out: not among those the scheme is for  [shop.kpi:27]",
        '  role != "guest"',
        "  role guest",
    ]


def test_one_whose_own_row_was_set_aside(shop: Path, call: Call) -> None:
    staff = (shop / "staff.csv").read_text(encoding="utf-8")
    (shop / "staff.csv").write_text(staff.replace("3000.00", "much"), encoding="utf-8")
    assert call("run", "--period", "2025Q1", "--quarantine").exit_code == 0
    result = call("--lang", "en", "explain", "K1")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-3:] == [
        "left out: the row of the subject itself was set aside (quarantine)",
        "set aside and in no figure, of what concerns this subject: 1",
        "  `staff` (staff.csv) row 4, column `base_pay`: `much` is not a number",
    ]


def test_rows_set_aside_are_told_to_whom_they_concern(shop: Path, call: Call) -> None:
    orders = (shop / "orders.csv").read_text(encoding="utf-8").splitlines()
    orders.append("99,S1,2025-02-30,10.00")
    (shop / "orders.csv").write_text("\n".join(orders), encoding="utf-8")
    assert call("run", "--period", "2025Q1", "--quarantine").exit_code == 0
    told = call("explain", "S1", "--format", "json")
    (row,) = json.loads(told.stdout)["set_aside"]
    assert (row["table"], row["source"], row["row"]) == ("orders", "orders.csv", len(orders))
    assert call("explain", "S1").stdout.splitlines()[-1] == f"  {row['message']}"
    assert json.loads(call("explain", "S2", "--format", "json").stdout)["set_aside"] == []


@pytest.mark.parametrize(("key", "code"), [("L1", "KPI738"), ("S1", "KPI737")])
def test_a_run_that_scored_others_is_told_loudly(ran: Path, call: Call, key: str, code: str) -> None:
    folder = ran / "runs" / "2025Q1"
    staff = folder / "inputs" / "staff.parquet"
    table = pq.read_table(staff)
    # the days of L1 and S1 are exchanged, as if the run had left out the wrong one
    left = pa.array([None if key == "L1" else value for value in table.column("left_on").to_pylist()], pa.date32())
    if key == "S1":
        left = pa.array([table.column("left_on")[-1].as_py()] * len(left), pa.date32())
    pq.write_table(table.set_column(table.column_names.index("left_on"), "left_on", left), staff)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["inputs/staff.parquet"] = hashlib.sha256(staff.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = call("explain", key)
    assert result.exit_code == 3
    assert code in result.stderr


# ---------------------------------------------------------------- what else can be asked for


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize("asked", ["scorecard", "计分卡"])
def test_the_scorecard_is_explained(call: Call, asked: str) -> None:
    result = call("--lang", "en", "explain", "K2", asked)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[4:7] == [
        "scorecard: keeping  [shop.kpi:39]",
        '  not `role = "seller"`: role keeper ≠ seller  [shop.kpi:39]',
        '  row taken: `role = "keeper"` gives keeping  [shop.kpi:44]',
    ]
    nobody = call("--lang", "en", "explain", "G1", asked).stdout
    assert "scorecard: missing" in nobody
    assert 'not `role = "keeper"`: role guest ≠ keeper' in nobody


@pytest.mark.usefixtures("ran")
def test_a_gate_is_explained(call: Call) -> None:
    result = call("--lang", "en", "explain", "K2", "small")
    assert "gate small" in result.stdout
    assert "  `sum(orders.amount) < 1_000 CNY` holds: 600.00 CNY < 1,000.00 CNY  [shop.kpi:57]" in result.stdout
    assert "`count(orders) = 0` does not hold: 1 ≠ 0" in call("--lang", "en", "explain", "K2", "idle").stdout


@pytest.mark.usefixtures("ran")
def test_an_unknown_item_lists_all_there_are_in_the_readers_language(call: Call) -> None:
    said = call("--lang", "zh", "explain", "S1", "nothing").stderr
    assert "总分、selling results" not in said
    assert "项目有：总分、" in said
    for name in ("等级", "计分卡", "在岗天数", "idle", "small", "bonus"):
        assert f"、{name}" in said, name
    assert "~" not in said


@pytest.mark.usefixtures("ran")
def test_cells_are_shown_as_a_reader_writes_them(call: Call) -> None:
    whole = call("--lang", "en", "explain", "S1", "sales", "--rows").stdout
    assert "order_id 2, staff_id S1, day 2025-03-31, amount 100.50 CNY" in whole
    assert "$" not in whole
    assert "~" not in whole
    data = call("explain", "S1", "sales", "--format", "json").stdout
    assert "$" not in data
    assert "~" not in data


@pytest.mark.parametrize("subject", ["S1", "S2", "K1", "K2", "G1", "L1"])
@pytest.mark.usefixtures("ran")
def test_a_trace_keeps_to_its_schema(call: Call, subject: str) -> None:
    schema = json.loads(Path(trace_form.__file__).with_name("trace.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for asked in ((), ("scorecard",), ("small",)):
        data = json.loads(call("explain", subject, *asked, "--format", "json", "--lang", "zh").stdout_bytes)
        jsonschema.Draft202012Validator(schema).validate(data)
