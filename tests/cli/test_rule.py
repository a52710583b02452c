from __future__ import annotations

import pytest

from kpirules.source.catalogue import codes, entry
from tests.cli.conftest import Call


def test_every_code_with_its_title(call: Call) -> None:
    result = call("rule")
    assert result.exit_code == 0
    assert [tuple(line.split("  ", 1)) for line in result.stdout.splitlines()] == [
        (code, entry(code, "en").title) for code in codes()
    ]


@pytest.mark.parametrize("code", ["KPI201", "201", "kpi201"])
def test_a_code_with_what_a_check_says_of_the_example(call: Call, code: str) -> None:
    result = call("rule", code)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "KPI201: unknown name",
        "",
        "every name is declared somewhere in the scheme: as a table, a column or an item",
        "",
        "wrong:",
        "",
        "    define bonus = salry * 10%",
        "",
        "    scheme.kpi:1:16: error[KPI201]: unknown name `salry`",
        "      1 | define bonus = salry * 10%",
        "        |                ^^^^^",
        "      help: did you mean `salary`?",
        "",
        "mended:",
        "",
        "    define bonus = salary * 10%",
    ]


def test_in_chinese(call: Call) -> None:
    result = call("rule", "KPI201", "--lang", "zh")
    assert "错误写法：" in result.stdout
    assert "定义 季度奖 = 月薪 * 10%" in result.stdout


def test_an_example_of_data_names_its_files(call: Call) -> None:
    lines = call("rule", "KPI643").stdout.splitlines()
    assert [line for line in lines if line.startswith("  ") and not line.startswith("   ")] == [
        "  scheme.kpi",
        "  staff.csv",
    ] * 2
    assert "    S1,AE,2024-03-01,-5000" in lines


def test_an_example_of_commands(call: Call) -> None:
    assert "    kpirules run --period 2025-01" in call("rule", "KPI720").stdout.splitlines()


@pytest.mark.parametrize("code", codes())
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_code_is_explained(call: Call, code: str, lang: str) -> None:
    result = call("rule", code, "--lang", lang)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{code}: {entry(code, lang).title}\n\n")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("KPI291", "did you mean `KPI201`?"),
        ("KPL402", "did you mean `KPI402`?"),
        ("2O1", "`kpirules rule` lists all codes"),
        ("KPI999", "`kpirules rule` lists all codes"),
        ("", "`kpirules rule` lists all codes"),
    ],
)
def test_an_unknown_code(call: Call, code: str, said: str) -> None:
    result = call("rule", code)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"there is no code `{code}`\n{said}\n"
