"""What every command shares: exit codes, language, streams, the folder to work in."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from kpirules import __version__
from kpirules.cli import console
from kpirules.cli.main import cli
from kpirules.source.catalogue import FOLDER, LANGUAGES
from tests.cli.conftest import Call
from tests.runs import project

ROOT = Path(__file__).parents[2]
HEAVY = {"duckdb", "jsonschema", "numpy", "pandas", "pyarrow", "sqlglot"}


def process(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "KPIRULES"))}
    return subprocess.run(
        [sys.executable, "-m", "kpirules", *arguments],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        check=False,
    )


def test_it_says_its_version(call: Call) -> None:
    assert call("--version").output == f"kpirules {__version__}\n"


def test_help_lists_the_commands(call: Call) -> None:
    result = call("--help")
    assert result.exit_code == 0
    assert {"check", "run", "explain", "replay", "verify", "plan", "rule"} == cli.commands.keys()
    assert all(f"  {name} " in result.output for name in cli.commands)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", ["", *cli.commands])
def test_help_has_its_words_in_each_language(call: Call, command: str, lang: str) -> None:
    """Wherever the language stands; a word that the catalogue lacks would stand there as its key."""
    result = call(*command.split(), "--help", "--lang", lang)
    assert result.exit_code == 0
    assert "help_" not in result.output
    other = next(other_lang for other_lang in LANGUAGES if other_lang != lang)
    theirs = tomllib.loads((FOLDER / other / "help.toml").read_text(encoding="utf-8"))["words"].values()
    assert not [text for text in theirs if " ".join(text.split()) in " ".join(result.output.split())]
    assert call("--lang", lang, *command.split(), "--help").output == result.output
    assert call(*command.split(), f"--lang={lang}", "-h").output == result.output


@pytest.mark.parametrize("arguments", [("nonsense",), ("check", "--nonsense"), ("-C", "nowhere", "check"), ("run",)])
def test_usage_is_exit_2(shop: Path, call: Call, arguments: tuple[str, ...]) -> None:
    assert shop.is_dir()
    assert call(*arguments).exit_code == 2


USAGE = [
    (("chek",), ("there is no command `chek`", "did you mean `check`?"), ("没有命令 `chek`", "是不是想写 `check`？")),
    (
        ("nonsense",),
        (
            "there is no command `nonsense`",
            "write one of `check`, `explain`, `plan`, `replay`, `rule`, `run`, `verify`",
        ),
        ("没有命令 `nonsense`", "请写其中一个：`check`、`explain`、`plan`、`replay`、`rule`、`run`、`verify`"),
    ),
    (
        ("--debug",),
        ("no command is named", "write one of `check`, `explain`, `plan`, `replay`, `rule`, `run`, `verify`"),
        ("没有写命令", "请写其中一个：`check`、`explain`、`plan`、`replay`、`rule`、`run`、`verify`"),
    ),
    (
        ("check", "--fromat", "json"),
        ("there is no option `--fromat`", "did you mean `--format`?"),
        ("没有选项 `--fromat`", "是不是想写 `--format`？"),
    ),
    (
        ("check", "-C", "elsewhere"),
        ("there is no option `-C`", "`-C` stands before the command: `kpirules -C … check`"),
        ("没有选项 `-C`", "`-C` 写在命令之前：`kpirules -C … check`"),
    ),
    (
        ("explain", "-7"),
        (
            "there is no option `-7`",
            "what begins with `-` and is no option stands after `--`: `kpirules explain -- -7`",
        ),
        ("没有选项 `-7`", "以 `-` 开头而不是选项的内容写在 `--` 之后：`kpirules explain -- -7`"),
    ),
    (
        ("check", "--format", "jsn"),
        ("`--format`: `jsn` is not one of its values", "write one of `text`, `json`, `sarif`"),
        ("`--format`：没有 `jsn` 这种取值", "请写其中一个：`text`、`json`、`sarif`"),
    ),
    (
        ("plan", "--format"),
        ("`--format` needs a value after it", "write one of `text`, `json`, `sql`"),
        ("`--format` 后面要写一个值", "请写其中一个：`text`、`json`、`sql`"),
    ),
    (
        ("run",),
        ("`--period` must be given", "period to evaluate: 2025Q1, 2025-03, 2025H1 or 2025"),
        ("必须写 `--period`", "考核期：2025Q1、2025-03、2025H1 或 2025"),
    ),
    (("run", "--csv=1"), ("`--csv` takes no value", "write `--csv` alone"), ("`--csv` 后面不写值", "只写 `--csv`")),
    (("explain",), ("`SUBJECT` must be given",), ("必须写 `SUBJECT`",)),
    (
        ("rule", "KPI101", "KPI102"),
        ("there is nothing for `KPI102` to mean here", "take it out; a name with spaces in it stands in quotes"),
        ("`KPI102` 在这里没有意义", "请删去它；带空格的名称要加引号"),
    ),
    (
        ("-C", "nowhere", "check"),
        ("there is no folder `nowhere`", "name the folder in which to work"),
        ("没有目录 `nowhere`", "请写要在其中工作的目录"),
    ),
]


@pytest.mark.parametrize(("arguments", "english", "chinese"), USAGE)
def test_usage_errors_say_what_to_write(
    shop: Path, call: Call, arguments: tuple[str, ...], english: tuple[str, ...], chinese: tuple[str, ...]
) -> None:
    """What is wrong, what to write, how the command is written, and where there is more: all in one language."""
    assert shop.is_dir()
    for lang, said, (error, help_, usage) in (
        ("en", english, ("error", "help", "usage: ")),
        ("zh", chinese, ("错误", "怎么改", "用法：")),
    ):
        result = call("--lang", lang, *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        *lines, form, more = result.stderr.splitlines()
        assert lines == [f"{error}: {said[0]}", *(f"  {help_}: {help_line}" for help_line in said[1:])]
        assert form.startswith(f"{usage}kpirules")
        path = " ".join(form.removeprefix(usage).split("[")[0].split()[: 1 + (arguments[0] in cli.commands)])
        assert more == {"en": f"`{path} --help` says more", "zh": f"详见 `{path} --help`"}[lang]


def test_a_language_that_is_none_is_told(call: Call) -> None:
    result = call("--lang", "fr", "check")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[:2] == [
        "error: `--lang`: `fr` is not one of its values",
        "  help: write one of `en`, `zh`",
    ]


# ---------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"KPIRULES_LANG": "zh"}, "没有发现错误"),
        ({"KPIRULES_LANG": "en", "LANG": "zh_CN.UTF-8"}, "no faults found"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "没有发现错误"),
        ({"LANG": "zh_CN.UTF-8"}, "没有发现错误"),
        ({"LANG": "de_DE.UTF-8"}, "no faults found"),
    ],
)
def test_the_language_is_that_of_the_reader(
    shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    assert shop.is_dir()
    monkeypatch.delenv("KPIRULES_LANG")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert call("check").stderr == f"{said}\n"


@pytest.mark.parametrize("arguments", [("--lang", "zh", "check"), ("check", "--lang", "zh")])
def test_the_language_may_be_named_before_or_after_the_command(
    shop: Path, call: Call, arguments: tuple[str, ...]
) -> None:
    assert shop.is_dir()
    assert call(*arguments).stderr == "没有发现错误\n"


# ---------------------------------------------------------------- the working folder


def test_another_folder_may_be_worked_in(shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    result = call("-C", "shop", "run", "--period", "2025Q1")
    assert result.exit_code == 0, result.output
    assert (shop / "runs" / "2025Q1").is_dir()
    assert Path.cwd() == shop.parent


@pytest.mark.parametrize("arguments", [("check",), ("run", "--period", "2025Q1"), ("plan",)])
def test_without_bindings_it_is_told_what_to_write(shop: Path, call: Call, arguments: tuple[str, ...]) -> None:
    (shop / "kpirules.yaml").unlink()
    (shop / "shop.kpi").unlink()
    result = call(*arguments)
    assert result.exit_code == 2
    assert "error[KPI726]: there is no `kpirules.yaml`\n" in result.stderr
    assert "scheme: policy.kpi" in result.stderr
    assert "staff: {file: data/staff.csv}" in result.stderr


def test_bindings_of_a_folder_above_are_not_taken(shop: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "below").mkdir()
    monkeypatch.chdir(shop / "below")
    assert call("check").exit_code == 2


# ---------------------------------------------------------------- an error of ours


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    @console.shared
    def check() -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setitem(cli.commands, "check", check)


@pytest.mark.usefixtures("broken")
def test_an_error_of_ours_is_exit_3_and_short(call: Call) -> None:
    result = call("check")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "the program failed: ZeroDivisionError: by nothing; `--debug` shows where\n"


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("arguments", [("--debug", "check"), ("check", "--debug")])
def test_debug_shows_where_it_arose(call: Call, arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert result.exit_code == 3
    assert "Traceback (most recent call last)" in result.stderr


@pytest.mark.usefixtures("broken")
def test_debug_may_be_set_for_all(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIRULES_DEBUG", "1")
    assert "Traceback" in call("check").stderr


def test_an_interrupt_is_no_error_of_ours(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def check() -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.commands, "check", check)
    assert call("check").exit_code == 130


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "utf-8"])
def test_no_encoding_of_the_streams_makes_it_fail(shop: Path, encoding: str) -> None:
    variables = {"PYTHONIOENCODING": encoding, "KPIRULES_LANG": "zh"}
    result = process("run", "--period", "2025Q1", folder=shop, **variables)
    assert result.returncode == 0, result.stderr
    head = result.stdout.decode(encoding).splitlines()[0]
    assert (
        head
        == {
            "ascii": r"2025Q1 \u8003\u6838 \xb7 Shop, quarterly 1.0",
            "gbk": "2025Q1 考核 · Shop, quarterly 1.0",
            "utf-8": "2025Q1 考核 · Shop, quarterly 1.0",
        }[encoding]
    )
    explained = process("explain", "S1", folder=shop, **variables)
    assert explained.returncode == 0, explained.stderr
    (shop / "shop.kpi").write_text(project.SCHEME.replace("visits", "拜访é"), encoding="utf-8")
    broken = process("check", folder=shop, **variables)
    assert broken.returncode in {0, 1}
    nobody = process("explain", "谁", folder=shop, **variables)
    assert nobody.returncode == 2, nobody.stderr


def test_data_is_utf_8_whatever_the_locale(shop: Path) -> None:
    (shop / "shop.kpi").write_text(
        project.SCHEME.replace("pay bonus", "pay 奖").replace("bonus ", "奖 "), encoding="utf-8"
    )
    result = process("run", "--period", "2025Q1", "--format", "csv", folder=shop, PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode("utf-8").splitlines()[0] == "staff_id,scorecard,total,grade,奖,total_pay,flags"


def test_piped_output_has_no_colour(shop: Path) -> None:
    results = [
        process(*arguments, folder=shop)
        for arguments in (("run", "--period", "2025Q1"), ("explain", "S1"), ("check", "x"))
    ]
    assert not any(b"\x1b" in fault.stdout + fault.stderr for fault in results)


# ---------------------------------------------------------------- what it loads


def imported(arguments: str, folder: Path) -> set[str]:
    code = (
        "import sys\n"
        "from kpirules.cli.main import cli\n"
        f"try: cli({arguments}, prog_name='kpirules')\n"
        "except SystemExit as done: code = done.code\n"
        "print('imported', *sys.modules)\n"
        "sys.exit(code)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    names = next(line for line in result.stdout.splitlines() if line.startswith("imported")).split()
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", ["['check']", "['check', 'shop.kpi']", "['check', '--format', 'json']"])
def test_check_imports_no_heavy_library(shop: Path, arguments: str) -> None:
    assert not HEAVY & imported(arguments, shop)


def test_check_with_findings_imports_no_heavy_library(shop: Path) -> None:
    (shop / "shop.kpi").write_text(project.SCHEME.replace("orders.amount", "orders.amont"), encoding="utf-8")
    assert not HEAVY & imported("['check']", shop)


def test_plan_as_text_imports_no_heavy_library(shop: Path) -> None:
    assert not HEAVY & imported("['plan']", shop)


def as_other_file(shop: Path, form: str) -> None:
    """Have the orders in a file of another form."""
    import polars as pl

    orders = pl.read_csv(shop / "orders.csv", schema_overrides={"amount": pl.Decimal(10, 2)}, try_parse_dates=True)
    if form == "parquet":
        orders.write_parquet(shop / "orders.parquet")
    else:
        orders.write_excel(shop / "orders.xlsx")
    bindings = shop / "kpirules.yaml"
    bindings.write_text(bindings.read_text(encoding="utf-8").replace("orders.csv", f"orders.{form}"), encoding="utf-8")


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_a_run_imports_no_pandas(tmp_path: Path, form: str) -> None:
    """Arrow would, with the first value that it is given; pandas serves those who call from Python."""
    shop = project.write(tmp_path / "shop")
    if form != "csv":
        as_other_file(shop, form)
    code = (
        "import atexit, sys\nfrom kpirules.cli.main import main\n"
        "atexit.register(lambda: print('imported:', *(name for name in ('pyarrow', 'pandas') if name in sys.modules)))\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "run", "--period", "2025Q1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=shop, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "imported: pyarrow"


def test_a_run_reads_the_periods_that_pandas_has_written(tmp_path: Path) -> None:
    import pandas as pd

    shop = project.write(tmp_path / "shop")
    plain = process("run", "--period", "2025Q1", "--format", "csv", folder=shop)
    targets = pd.read_csv(shop / "targets.csv")
    targets["quarter"] = pd.PeriodIndex(targets["quarter"], freq="Q")
    targets.to_parquet(shop / "targets.parquet")
    bindings = shop / "kpirules.yaml"
    bindings.write_text(
        bindings.read_text(encoding="utf-8").replace("targets.csv", "targets.parquet"), encoding="utf-8"
    )
    periods = process("run", "--period", "2025Q1", "--format", "csv", folder=shop)
    assert (periods.returncode, periods.stdout) == (0, plain.stdout), periods.stderr
