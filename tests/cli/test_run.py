from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import xlsxwriter

from kpirules.cli import results
from kpirules.runs.open import open_run
from tests.cli.conftest import Call
from tests.runs import project

if TYPE_CHECKING:
    from click.testing import Result


RUN = ("run", "--period", "2025Q1")


SAMPLE = "5 of 5 subjects worked out on the reference engine too, with the same results (… s)\n"


def untimed(result: Result) -> str:
    """What is said on the error stream, but for how long it took."""
    return re.sub(r"[0-9]+\.[0-9]+ s\)", "… s)", result.stderr)


def csv_of(call: Call, *arguments: str) -> str:
    result = call(*RUN, "--format", "csv", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.decode("utf-8")


def cells(text: str, table: str) -> dict[str, str]:
    """What is printed of the rows of a table, by column."""
    lines = [re.split(r"  +", line) for line in text.splitlines()]
    names = next(line for line in lines if line[0] in {"table", "数据表"})
    return dict(zip(names, next(line for line in lines[lines.index(names) :] if line[0] == table), strict=True))


def tables_of(result: Result) -> list[dict[str, object]]:
    """The rows of each table, as JSON has them."""
    tables: list[dict[str, object]] = json.loads(result.stdout_bytes)["tables"]
    return tables


# ---------------------------------------------------------------- forms


@pytest.mark.usefixtures("shop")
def test_csv_is_exact(call: Call) -> None:
    assert csv_of(call) == project.CSV


def test_csv_quotes_what_needs_it(shop: Path, call: Call) -> None:
    staff = project.TABLES["staff.csv"] + '"a,""b""",guest,2020-01-01,,1.00\n'
    (shop / "staff.csv").write_text(staff, encoding="utf-8")
    text = csv_of(call)
    assert [row[0] for row in csv.reader(io.StringIO(text))] == ["staff_id", "G1", "K1", "K2", "S1", "S2", 'a,"b"']
    assert text.splitlines()[1] == 'G1,,,,,0.00,"idle, small"'


@pytest.mark.parametrize("places", [0, 2, 7, 9])
def test_csv_spells_figures_plainly(shop: Path, call: Call, places: int) -> None:
    """Small figures of many places would otherwise have an exponent."""
    text = project.SCHEME.replace("total 2", f"total {places}").replace("visits 40%", "visits 40%")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    rows = {row["staff_id"]: row["total"] for row in csv.DictReader(io.StringIO(csv_of(call)))}
    assert rows["S2"] == ("0" if places == 0 else f"0.{'0' * places}")
    assert rows["S1"] == {0: "68", 2: "68.03", 7: "68.0300000", 9: "68.030000000"}[places]


def test_csv_in_chinese_has_its_own_names(shop: Path, call: Call) -> None:
    text = project.SCHEME.replace("pay bonus", "pay 季度奖金").replace("    bonus ", "    季度奖金 ")
    text = text.replace("staff_id", "工号")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    for name, table in project.TABLES.items():
        (shop / name).write_text(table.replace("staff_id", "工号"), encoding="utf-8")
    assert csv_of(call, "--lang", "zh").splitlines()[0] == "工号,scorecard,total,grade,季度奖金,total_pay,flags"


def test_with_csv_the_rest_is_on_the_error_stream(shop: Path, call: Call) -> None:
    assert shop.is_dir()
    assert untimed(call(*RUN, "--format", "csv")).splitlines() == [
        "5 subjects",
        "not assessed: 2 (no scorecard applies 1, every indicator is left out 1)",
        "not considered for pay because not assessed: Bonus 2 (G1, K1)",
        "left out: 1 (not one active day 1)",
        "",
        "table    rows read  of 2025Q1  counted  not credited  amount not credited",
        "staff            6          5        5             -                    -",
        "orders           5          4        3             1     amount 10.00 CNY",
        "targets          3          3        3             -                    -",
        "not credited to anyone: orders: after the subject's last day 1",
        SAMPLE.rstrip(),
        "run kept in runs/2025Q1",
    ]


@pytest.mark.usefixtures("shop")
def test_the_table_lines_up_and_has_sums_and_counts(call: Call) -> None:
    result = call(*RUN)
    assert result.stdout == (
        "evaluation of 2025Q1 · Shop, quarterly 1.0\n"
        "\n"
        "staff_id  scorecard   total  grade   Bonus  total pay  flags\n"
        "G1        -               -  -           -       0.00  idle, small\n"
        "K1        keeping         -  -           -       0.00  idle, small\n"
        "K2        keeping    121.00  A       50.00      50.00  small\n"
        "S1        selling     68.03  B      100.01     100.01\n"
        "S2        selling      0.00  C        0.00       0.00  idle, small\n"
        "sum                                 150.01     150.01\n"
        "\n"
        "5 subjects\n"
        "not assessed: 2 (no scorecard applies 1, every indicator is left out 1)\n"
        "not considered for pay because not assessed: Bonus 2 (G1, K1)\n"
        "left out: 1 (not one active day 1)\n"
        "\n"
        "table    rows read  of 2025Q1  counted  not credited  amount not credited\n"
        "staff            6          5        5             -                    -\n"
        "orders           5          4        3             1     amount 10.00 CNY\n"
        "targets          3          3        3             -                    -\n"
        "not credited to anyone: orders: after the subject's last day 1\n"
    )
    assert untimed(result) == f"{SAMPLE}run kept in runs/2025Q1\n"


def test_rows_without_a_date_are_told(shop: Path, call: Call) -> None:
    rules = project.SCHEME.replace("day      date period", "day      date optional period")
    (shop / "shop.kpi").write_text(rules, encoding="utf-8")
    (shop / "orders.csv").write_text(project.TABLES["orders.csv"] + "6,S1,,5.00\n7,L1,,6.00\n", encoding="utf-8")
    assert cells(call(*RUN).stdout, "orders")["no date"] == "2"
    assert cells(call(*RUN, "--lang", "zh").stdout, "orders")["没有日期"] == "2"
    (orders,) = (table for table in tables_of(call(*RUN, "--format", "json")) if table["table"] == "orders")
    assert orders["undated"] == {"rows": 2, "amounts": {"amount": "11.00"}}


@pytest.mark.usefixtures("shop")
def test_the_table_speaks_the_readers_language(call: Call) -> None:
    lines = call(*RUN, "--lang", "zh").stdout.splitlines()
    assert lines[0] == "2025Q1 考核 · Shop, quarterly 1.0"
    assert lines[2].split() == ["staff_id", "计分卡", "总分", "等级", "Bonus", "奖金合计", "标记"]
    assert lines[8].split() == ["合计", "150.01", "150.01"]
    assert lines[11].startswith("未考核 2")


@pytest.mark.usefixtures("shop")
def test_a_long_table_is_cut_and_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "SHOWN", 2)
    lines = call(*RUN).stdout.splitlines()
    assert [line.split()[0] for line in lines[2:7]] == ["staff_id", "G1", "K1", "…", "sum"]
    assert lines[5] == "… 3 more; the run folder and `--format csv` have all"
    assert lines[6].split() == ["sum", "150.01", "150.01"]


SCHEMA = json.loads(Path(results.__file__).with_name("results.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("arguments", [(), ("--quarantine", "--lang", "zh")])
def test_json_keeps_to_its_schema(shop: Path, call: Call, arguments: tuple[str, ...]) -> None:
    """Also of rows set aside, of broken promises and outcomes, and where there is neither scorecard nor pay."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    more = 'ensure bonus <= 100 CNY : "never above 100"\noutcome stays when base_pay > 1_000 CNY\n'
    (shop / "shop.kpi").write_text(project.SCHEME + more, encoding="utf-8")
    if arguments:
        staff = project.TABLES["staff.csv"].replace("K1,keeper,2020-01-01", "K1,keeper,soon")
        (shop / "staff.csv").write_text(staff, encoding="utf-8")
    data = json.loads(call(*RUN, "--format", "json", *arguments).stdout_bytes)
    jsonschema.validate(data, SCHEMA)
    assert data["broken"] == [{"message": "never above 100", "subjects": ["S1"]}]
    wrong = {**data, "scores": [{**data["scores"][0], "total_pay": 1.5}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_json_has_figures_as_texts(shop: Path, call: Call) -> None:
    result = call(*RUN, "--format", "json")
    data = json.loads(result.stdout_bytes)
    assert data["scores"][3] == {
        "staff_id": "S1",
        "scorecard": "selling",
        "total": "68.03",
        "grade": "B",
        "bonus": "100.01",
        "total_pay": "100.01",
        "flags": "",
    }
    assert data["not_assessed"] == [
        {"key": "G1", "reason": "no_scorecard"},
        {"key": "K1", "reason": "nothing_scored"},
    ]
    assert (data["period"], data["currency"], data["run"]) == ("2025Q1", "CNY", "runs/2025Q1")
    assert data["not_considered"] == [{"item": "bonus", "title": "Bonus", "count": 2, "subjects": ["G1", "K1"]}]
    assert data["period_columns"] == ["orders.day", "targets.quarter"]
    manifest = json.loads((shop / "runs" / "2025Q1" / "manifest.json").read_text(encoding="utf-8"))
    assert data["tables"] == manifest["tables"]
    assert data["tables"][1]["uncredited"] == {"rows": 1, "amounts": {"amount": "10.00"}}


# ---------------------------------------------------------------- what is run, where it is kept


def test_each_run_is_kept_in_a_folder_of_its_own(shop: Path, call: Call) -> None:
    assert [untimed(call(*RUN)) for _ in range(2)] == [
        f"{SAMPLE}run kept in runs/2025Q1\n",
        f"{SAMPLE}run kept in runs/2025Q1-2\n",
    ]
    assert open_run(shop / "runs" / "2025Q1-2").result.scores.num_rows == 5


def test_another_folder_may_be_named_if_it_is_free(shop: Path, call: Call) -> None:
    assert call(*RUN, "--out", "kept/here").exit_code == 0
    assert open_run(shop / "kept" / "here").result.scores.num_rows == 5
    before = (shop / "kept" / "here" / "manifest.json").read_bytes()
    result = call(*RUN, "--out", "kept/here")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[KPI724]" in result.stderr
    assert (shop / "kept" / "here" / "manifest.json").read_bytes() == before
    assert not (shop / "runs").exists()


def test_inputs_need_not_be_kept(shop: Path, call: Call) -> None:
    assert call(*RUN, "--no-keep-inputs").exit_code == 0
    assert not (shop / "runs" / "2025Q1" / "inputs").exists()


def test_a_scheme_may_be_named_instead_of_the_bindings_own(shop: Path, call: Call) -> None:
    (shop / "next.kpi").write_text(project.SCHEME.replace("base_pay * 10%", "base_pay * 20%"), encoding="utf-8")
    (shop / "shop.kpi").unlink()
    rows = {row["staff_id"]: row["bonus"] for row in csv.DictReader(io.StringIO(csv_of(call, "next.kpi")))}
    assert rows["S1"] == "200.01"
    assert open_run(shop / "runs" / "2025Q1").evidence.manifest["scheme"]["files"][0]["path"] == "next.kpi"


def test_bindings_may_be_elsewhere_and_the_run_is_kept_beside_them(
    shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    result = call(*RUN, "--data", "shop/kpirules.yaml")
    assert result.exit_code == 0, result.output
    assert untimed(result) == f"{SAMPLE}run kept in shop/runs/2025Q1\n"


# ---------------------------------------------------------------- what is told instead


@pytest.mark.parametrize(
    ("period", "code", "said"),
    [
        ("2025-03", "KPI720", "write it like `2025Q1`"),
        ("soon", "KPI720", "write it like `2025Q1`"),
        ("2024Q4", "KPI721", "it runs for the periods that begin from 2025-01-01 to 2025-12-31"),
        ("2026Q1", "KPI721", "is not in force in 2026Q1"),
    ],
)
def test_a_period_that_it_does_not_run_for_is_exit_2(shop: Path, call: Call, period: str, code: str, said: str) -> None:
    result = call("run", "--period", period)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error[{code}]" in result.stderr
    assert said in result.stderr
    assert not (shop / "runs").exists()


def test_a_scheme_with_faults_is_exit_2(shop: Path, call: Call) -> None:
    (shop / "shop.kpi").write_text(project.SCHEME.replace("orders.amount", "orders.amont"), encoding="utf-8")
    result = call(*RUN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "shop.kpi:" in result.stderr
    assert not (shop / "runs").exists()


def test_a_check_that_does_not_hold_is_exit_2_and_nothing_is_kept(shop: Path, call: Call) -> None:
    text = project.SCHEME.replace("    missing exclude\n", "    missing error\n")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    result = call(*RUN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[KPI704]" in result.stderr
    assert "`K1`" in result.stderr
    assert not (shop / "runs").exists()


def bad_orders(shop: Path, count: int) -> None:
    rows = "".join(f"{nth},S1,2025-01-09,much\n" for nth in range(count))
    (shop / "orders.csv").write_text("order_id,staff_id,day,amount\n" + rows, encoding="utf-8")


def test_few_faults_of_data_are_all_shown(shop: Path, call: Call) -> None:
    bad_orders(shop, 20)
    result = call(*RUN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("error[KPI632]") == 20
    with (shop / "kpirules-faults.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 20
    assert not (shop / "runs").exists()


def test_many_faults_of_data_are_all_written_to_a_file(shop: Path, call: Call) -> None:
    bad_orders(shop, 21)
    result = call(*RUN)
    assert result.exit_code == 2
    assert result.stderr.count("error[KPI632]") == 20
    assert "all 21 faults of the data are listed in kpirules-faults.csv\n" in result.stderr
    with (shop / "kpirules-faults.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 21
    first = rows[0]
    assert (first["code"], first["table"], first["source"], first["row"]) == ("KPI632", "orders", "orders.csv", "2")
    assert (first["column"], first["value"]) == ("amount", "much")
    assert "much" in first["message"]


def test_what_could_not_be_asked_of_every_row_is_told_after_the_faults(shop: Path, call: Call) -> None:
    scheme = shop / "shop.kpi"
    rule = 'require for each orders amount < 1_000 CNY : "orders are small"'
    scheme.write_text(f"{scheme.read_text(encoding='utf-8')}\n{rule}\n", encoding="utf-8")
    bad_orders(shop, 1)
    with (shop / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("x,S1,2025-01-09,2000\n")
    result = call(*RUN)
    assert result.exit_code == 2
    assert "does not meet the requirement “orders are small”: order_id x, amount 2000.00\n" in result.stderr
    assert f"| {rule}\n" in result.stderr
    assert result.stderr.endswith(
        "all 2 faults of the data are listed in kpirules-faults.csv\n"
        "because of these faults, not every row could be held against the requirement “orders are small”\n"
    )


def test_faults_that_cannot_be_written_are_still_told(shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("kpirules.cli.fault_list.write_csv", full)
    bad_orders(shop, 21)
    result = call(*RUN)
    assert result.exit_code == 2
    assert result.stderr.count("error[KPI632]") == 20
    assert "cannot be written to kpirules-faults.csv" in result.stderr
    assert not [path.name for path in shop.iterdir() if "faults" in path.name]


def test_a_list_of_faults_replaces_an_earlier_one_and_nothing_else(shop: Path, call: Call) -> None:
    bad_orders(shop, 3)
    listed = shop / "kpirules-faults.csv"
    call(*RUN)
    first = listed.read_bytes()
    assert listed.stat().st_mode & 0o777 == 0o600
    bad_orders(shop, 2)
    assert "listed in kpirules-faults.csv\n" in call(*RUN).stderr
    assert len(listed.read_bytes()) < len(first)
    for mine in (b"", b"my own notes", first.replace(b"help", b"help,remark", 1)):
        listed.write_bytes(mine)
        assert "listed in kpirules-faults-2.csv\n" in call(*RUN).stderr
        assert listed.read_bytes() == mine
    listed.unlink()
    listed.symlink_to(shop / "orders.csv")
    (shop / "kpirules-faults-2.csv").unlink()
    (shop / "kpirules-faults-2.csv").mkdir()
    assert "listed in kpirules-faults-3.csv\n" in call(*RUN).stderr
    assert listed.is_symlink()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_row_of_the_period_is_exit_2_unless_it_may_be_empty(shop: Path, call: Call, lang: str) -> None:
    run = ("run", "--period", "2025Q3", "--lang", lang)
    result = call(*run)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "[KPI746]" in result.stderr
    assert "--allow-empty" in result.stderr
    assert not (shop / "runs").exists()
    assert call(*run, "--allow-empty").exit_code == 0
    assert (shop / "runs" / "2025Q3" / "manifest.json").is_file()


def test_rows_that_the_scheme_expects_are_exit_2_at_their_place(shop: Path, call: Call) -> None:
    text = project.SCHEME.replace("table targets", "table targets expects rows")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    targets = project.TABLES["targets.csv"].replace("2025Q1", "2024Q4")
    (shop / "targets.csv").write_text(targets, encoding="utf-8")
    result = call(*RUN, "--allow-empty")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "shop.kpi:22:15: error[KPI671]: `targets` (targets.csv) has no row of 2025Q1, and the scheme expects rows\n"
        "  22 | table targets expects rows\n"
        "     |               ^^^^^^^^^^^^\n"
        "  help: rows of `targets`: 3, of 2024Q4\n"
    )


def test_a_scheme_without_a_period_column_says_so(shop: Path, call: Call) -> None:
    text = project.SCHEME.partition("table orders")[0] + "subject staff\npay bonus\n    amount base_pay * 10%\n"
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    lines = call(*RUN).stdout.splitlines()
    assert lines[-1] == "no table has a `period` column: no rows are selected by the period"
    assert cells("\n".join(lines), "staff") == {
        "table": "staff",
        "rows read": "6",
        "of 2025Q1": "5",
        "counted": "5",
        "not credited": "-",
    }
    assert call(*RUN, "--lang", "zh").stdout.endswith("没有一张数据表有`所属期`列：不按期间选取数据行\n")
    assert json.loads(call(*RUN, "--format", "json").stdout_bytes)["period_columns"] == []


def test_rows_hidden_in_a_sheet_are_counted_and_said(shop: Path, call: Call) -> None:
    """A filter hides what it does not show; the rows are read all the same."""
    with xlsxwriter.Workbook(shop / "orders.xlsx") as book:
        sheet = book.add_worksheet()
        for nth, line in enumerate(project.TABLES["orders.csv"].splitlines()):
            sheet.write_row(nth, 0, line.split(","))
        sheet.autofilter(0, 0, 5, 3)
        sheet.filter_column(1, "x == S1")
        for nth in (4, 5):
            sheet.set_row(nth, None, None, {"hidden": True})
    bindings = project.BINDINGS.replace("orders.csv", "orders.xlsx")
    (shop / "kpirules.yaml").write_text(bindings, encoding="utf-8")
    assert csv_of(call) == project.CSV
    assert cells(call(*RUN).stdout, "orders")["hidden in the sheet"] == "2"
    assert cells(call(*RUN, "--lang", "zh").stdout, "orders")["表中隐藏"] == "2"
    assert [table["hidden"] for table in tables_of(call(*RUN, "--format", "json"))] == [0, 2, 0]


def test_many_who_are_not_considered_are_counted_and_the_first_named(shop: Path, call: Call) -> None:
    guests = "".join(f"G{nth},guest,2020-01-01,,1.00\n" for nth in range(10, 40))
    (shop / "staff.csv").write_text(project.TABLES["staff.csv"] + guests, encoding="utf-8")
    (line,) = (line for line in call(*RUN).stdout.splitlines() if line.startswith("not considered"))
    assert line.startswith("not considered for pay because not assessed: Bonus 32 (G1, G10, G11, ")
    assert line.endswith(", …)")


# ---------------------------------------------------------------- quarantine


def test_quarantine_goes_on_without_faulty_rows_and_names_whom_they_concern(shop: Path, call: Call) -> None:
    bad_orders(shop, 21)
    staff = project.TABLES["staff.csv"].replace("K1,keeper,2020-01-01", "K1,keeper,soon")
    (shop / "staff.csv").write_text(staff, encoding="utf-8")
    assert call(*RUN).exit_code == 2
    result = call(*RUN, "--quarantine", "--format", "csv")
    assert result.exit_code == 0, result.output
    folder = shop / "runs" / "2025Q1"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["quarantine"] == {"staff": 1, "orders": 21}
    assert cells(result.stderr, "staff")["set aside"] == "1"
    assert cells(result.stderr, "orders")["set aside"] == "21"
    run = open_run(folder)
    flags = dict(
        zip(
            run.result.scores.column("staff_id").to_pylist(), run.result.scores.column("flags").to_pylist(), strict=True
        )
    )
    assert "K1" not in flags
    assert {key for key, text in flags.items() if "quarantine" in text} == {"S1"}
    assert {"key": "K1", "reason": "quarantined"} in run.result.not_assessed.to_pylist()
    # without the rows kept, the same rows are set aside again
    assert call(*RUN, "--quarantine", "--no-keep-inputs").exit_code == 0
    again = open_run(shop / "runs" / "2025Q1-2")
    assert again.loaded.tables["orders"].equals(run.loaded.tables["orders"])
    assert again.loaded.numbers == run.loaded.numbers


def test_results_that_break_a_promise_are_written_and_marked_and_end_with_1(shop: Path, call: Call) -> None:
    promise = 'ensure bonus <= 100 CNY : "never above 100"\n'
    (shop / "shop.kpi").write_text(project.SCHEME + promise, encoding="utf-8")
    result = call(*RUN)
    assert result.exit_code == 1
    assert "error[KPI707]: `S1` breaks what the results must keep: never above 100" in result.stderr
    assert promise.strip() in result.stderr
    assert 'ensure "never above 100"' in result.stdout
    assert (shop / "runs" / "2025Q1" / "scores.parquet").is_file()
    assert call("explain", "S1").exit_code == 0


def test_the_table_tells_flags_in_the_readers_words(shop: Path, call: Call) -> None:
    (shop / "orders.csv").write_text(project.TABLES["orders.csv"] + "6,S1,soon,5.00\n", encoding="utf-8")
    promise = 'ensure bonus <= 100 CNY : "never above 100"\n'
    (shop / "shop.kpi").write_text(project.SCHEME + promise, encoding="utf-8")

    def flags(lang: str) -> dict[str, str]:
        lines = call(*RUN, "--quarantine", "--lang", lang).stdout.splitlines()[3:8]
        return {line.split()[0]: line[line.rindex("  ") :].strip() for line in lines}

    assert flags("zh")["S1"] == "保证 “never above 100”, 有数据被隔离"
    assert flags("en")["S1"] == 'ensure "never above 100", quarantine'
    assert flags("zh")["S2"] == flags("en")["S2"] == "idle, small"


def test_nobody_scored_is_said(shop: Path, call: Call) -> None:
    staff = (shop / "staff.csv").read_text(encoding="utf-8")
    for name, table in project.TABLES.items():
        (shop / name).write_text(table.splitlines()[0] + "\n", encoding="utf-8")
    result = call(*RUN, "--lang", "en", "--allow-empty")
    assert result.exit_code == 0, result.stderr
    assert "the table `staff` has no rows: nobody is scored" in result.stderr
    (shop / "staff.csv").write_text(staff.replace("2020-01-01,,", "2020-01-01,2021-01-01,"), encoding="utf-8")
    result = call(*RUN, "--lang", "en", "--allow-empty")
    assert "nobody is scored in 2025Q1" in result.stderr
    assert "left out: 6 (not one active day 6)" in result.stdout


def test_an_encoding_that_was_guessed_is_named(shop: Path, call: Call) -> None:
    text = (shop / "orders.csv").read_text(encoding="utf-8").splitlines()
    named = [f"{line},{'备注' if at == 0 else '成交'}" for at, line in enumerate(text)]
    (shop / "orders.csv").write_bytes("\n".join(named).encode("gbk"))
    said = {"en": "`orders.csv` (table `orders`) was read as gb18030", "zh": "按 gb18030 编码读入"}
    for lang, words in said.items():
        result = call(*RUN, "--lang", lang)
        assert result.exit_code == 0, result.stderr
        assert words in result.stderr
    bindings = (shop / "kpirules.yaml").read_text(encoding="utf-8")
    stated = bindings.replace("file: orders.csv", "file: orders.csv, encoding: gbk")
    (shop / "kpirules.yaml").write_text(stated, encoding="utf-8")
    result = call(*RUN, "--lang", "en", "--format", "json")
    assert "gb18030" not in result.stderr
    folder = shop / json.loads(result.stdout)["run"]
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [source["encoding"] for source in facts["inputs"] if source["table"] == "orders"] == ["gb18030"]


def test_csv_files_are_for_spreadsheets(shop: Path, call: Call) -> None:
    for name in ("staff.csv", "orders.csv", "targets.csv"):
        text = (shop / name).read_text(encoding="utf-8")
        (shop / name).write_text(text.replace("S2", "=S2"), encoding="utf-8")
    assert call(*RUN, "--csv").exit_code == 0
    folder = shop / "runs" / "2025Q1"
    scores = (folder / "scores.csv").read_bytes()
    assert scores.startswith(b"\xef\xbb\xbf")
    lines = scores.decode("utf-8-sig").splitlines()
    assert lines[0] == '"staff_id","scorecard","total","grade","bonus","total_pay","flags"'
    rows = list(csv.reader(line for line in lines if "S2" in line))
    assert rows == [["'=S2", "selling", "0.00", "C", "0.00", "0.00", "idle, small"]]
    names = {path.name for path in folder.glob("*.csv")}
    more = {"not_assessed.csv", "not_considered.csv", "left_out.csv", "uncredited.csv", "quarantine.csv"}
    assert names == {"scores.csv", "items.csv", *more}
    assert "E-" not in (folder / "items.csv").read_text(encoding="utf-8")
    # what a spreadsheet may have done to them does not matter: the run is read from the others
    assert call("explain", "=S2").exit_code == 0


def test_a_person_at_a_terminal_sees_the_step_at_work(shop: Path) -> None:
    master, slave = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "kpirules", "--lang", "en", *RUN],
        cwd=shop, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": "xterm"},
    ) as running:  # fmt: skip
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):
            while part := os.read(master, 1 << 16):
                seen += part
        assert running.stdout is not None
        assert "evaluation of 2025Q1" in running.stdout.read().decode()
    assert "working out the figures" in seen.decode()
    assert "run kept in" in seen.decode()
