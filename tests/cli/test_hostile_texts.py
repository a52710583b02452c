"""Texts of a stranger's data and rules reach no terminal, spreadsheet or program as commands."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from kpirules.cli import console
from kpirules.source.render import harmless, painted
from tests.cli.conftest import Call

SCHEME = """\
scheme small "Small scheme"
    version  "1"
    period   quarter
    currency CNY
    rounding money 2
table staff
    staff_id text key
    name     text
    grade    text
    amount   money
subject staff
define named = if name = "x" then 2 else 1
pay bonus "Bonus"
    amount staff.amount * named
grade by staff.grade
    "=a" : "=cmd()"
    "＠b" : "＠cmd()"
    else : "C"
"""
TITLED = "\x1b]0;owned\x07\x1b[8m\u202eLi\x9b2J"
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scheme.kpi").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "kpirules.yaml").write_text("scheme: scheme.kpi\ndata: {staff: {file: staff.csv}}", encoding="utf-8")
    rows = f'E1,"{TITLED}",=a,7\nE2,Wang,＠b,-5\nE3,Wu,c,1\n'
    (tmp_path / "staff.csv").write_text(f"staff_id,name,grade,amount\n{rows}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_what_a_person_reads_is_escaped(call: Call) -> None:
    run = call("run", "--period", "2025Q1")
    assert run.exit_code == 0, run.output
    why = call("explain", "E1")
    assert "\\x1b]0;owned\\x07\\x1b[8m\\u202eLi" in why.stdout
    for output in (run.stdout, run.stderr, why.stdout, why.stderr, call("plan").stdout):
        assert not HARMFUL.search(output)


def test_faults_are_escaped(folder: Path, call: Call) -> None:
    (folder / "staff.csv").write_text(f"staff_id,name,grade,amount\nE1,a,a,{TITLED}\n", encoding="utf-8")
    (folder / "wrong.kpi").write_text(SCHEME.replace("* named", "* nam\u202eed \u202e"), encoding="utf-8")
    for arguments in (("run", "--period", "2025Q1"), ("check", "wrong.kpi"), ("run", "--period", TITLED), (TITLED,)):
        output = call(*arguments).output
        assert "\\u202e" in output, arguments
        assert not HARMFUL.search(output), arguments


@pytest.mark.usefixtures("folder")
def test_json_is_escaped_and_means_the_same(call: Call) -> None:
    call("run", "--period", "2025Q1")
    text = call("explain", "E1", "bonus", "--format", "json").stdout
    assert not HARMFUL.search(text)
    assert "\u202eLi" in json.dumps(json.loads(text), ensure_ascii=False)


@pytest.mark.usefixtures("folder")
def test_no_cell_of_csv_is_a_formula(call: Call) -> None:
    output = call("run", "--period", "2025Q1", "--format", "csv").stdout
    rows = [(row["grade"], row["bonus"]) for row in csv.DictReader(output.splitlines())]
    assert rows == [("'=cmd()", "7.00"), ("'＠cmd()", "-5.00"), ("C", "1.00")]


def test_data_that_a_terminal_shows_is_escaped(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for terminal, shown in ((True, b"E1,\\u202eLi\n"), (False, "E1,\u202eLi\n".encode())):
        monkeypatch.setattr(console, "watched", lambda _, terminal=terminal: terminal)
        console.put_data(["E1,\u202eLi\n"])
        assert capfdbinary.readouterr().out == shown


def test_only_our_own_styles_are_left_in_colour() -> None:
    text = f"{painted('fault', 'error')} \x1b[8mhidden\x1b[0m\nnext\rline"
    assert harmless(text, colour=True) == f"{painted('fault', 'error')} \\x1b[8mhidden\x1b[0m\nnext\\rline"
    assert harmless(text, colour=False) == "\\x1b[1;31mfault\\x1b[0m \\x1b[8mhidden\\x1b[0m\nnext\\rline"
