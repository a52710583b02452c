import subprocess
import sys
from pathlib import Path

import pytest

from kpirules.data.bindings import Kind, NotYaml, load_bindings
from kpirules.source import Fault
from kpirules.source.render import render_text


def _write(folder: Path, text: str) -> Path:
    path = folder / "kpirules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _said(folder: Path, text: str) -> str:
    """What is said of a text, the folder left out."""
    path = _write(folder, text)
    with pytest.raises(Fault) as caught:
        load_bindings(path)
    return render_text(caught.value.diagnostics, "en").replace(str(path), "kpirules.yaml")


def test_bindings_say_where_everything_is(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        "scheme: rules/commission.kpi\n"
        "data:\n"
        "  deals:  {file: data/deals.csv, columns: {agent: sales_agent, 订单号: 订单 ID, no: No}}\n"
        "  quotas:\n    query: |\n      select 1\n",
    )
    bindings = load_bindings(path)
    assert bindings.folder == tmp_path
    assert bindings.scheme == tmp_path / "rules" / "commission.kpi"
    assert bindings.scheme_span.text == "rules/commission.kpi"
    assert bindings.span.text == "data"
    deals, quotas = bindings.sources["deals"], bindings.sources["quotas"]
    assert (deals.kind, deals.target, deals.span.text) == (Kind.FILE, "data/deals.csv", "data/deals.csv")
    assert deals.columns == {"agent": "sales_agent", "订单号": "订单 ID", "no": "No"}
    assert [span.where.rsplit(":", 2)[1:] for span in deals.column_spans.values()] == [
        ["3", "44"],
        ["3", "64"],
        ["3", "76"],
    ]
    assert (quotas.kind, quotas.target, quotas.columns) == (Kind.QUERY, "select 1\n", {})


def test_names_are_compared_in_one_form(tmp_path: Path) -> None:
    path = _write(tmp_path, "scheme: a\ndata:\n  cafe\u0301: {file: a.csv, columns: {e\u0301: e\u0301}}\n")
    ((name, source),) = load_bindings(path).sources.items()
    assert name == "caf\u00e9"
    assert [*source.columns] == ["\u00e9"]


def test_all_faults_are_said_at_once_each_in_its_place(tmp_path: Path) -> None:
    text = (
        "schema: a.kpi\n"
        "data:\n"
        "  订单: {file: a.csv, query: select 1}\n"
        "  b: {columns: {}}\n"
        "  c: {fil: a.csv}\n"
        "  d: a.csv\n"
        "  订单: {file: b.csv}\n"
        "  e: {file: [a.csv]}\n"
    )
    assert _said(tmp_path, text) == (
        "kpirules.yaml:1:1: error[KPI605]: unknown key `schema`\n"
        "  1 | schema: a.kpi\n"
        "    | ^^^^^^\n"
        "  help: did you mean `scheme`?\n"
        "\n"
        "kpirules.yaml:3:3: error[KPI607]: a table's data is either a `file` or a `query`\n"
        "  3 |   订单: {file: a.csv, query: select 1}\n"
        "    |   ^^^^\n"
        "  help: leave one of the two out\n"
        "\n"
        "kpirules.yaml:4:3: error[KPI607]: a table's data is either a `file` or a `query`\n"
        "  4 |   b: {columns: {}}\n"
        "    |   ^\n"
        "  help: write `file: data/orders.csv`, or a `query`\n"
        "\n"
        "kpirules.yaml:5:7: error[KPI605]: unknown key `fil`\n"
        "  5 |   c: {fil: a.csv}\n"
        "    |       ^^^\n"
        "  help: did you mean `file`?\n"
        "\n"
        "kpirules.yaml:6:6: error[KPI608]: expected keys with values here, `key: value`\n"
        "  6 |   d: a.csv\n"
        "    |      ^^^^^\n"
        "\n"
        "kpirules.yaml:7:3: error[KPI604]: `订单` is written twice\n"
        "  7 |   订单: {file: b.csv}\n"
        "    |   ^^^^\n"
        "  kpirules.yaml:3:3: `订单` is here already\n"
        "  3 |   订单: {file: a.csv, query: select 1}\n"
        "    |   ----\n"
        "\n"
        "kpirules.yaml:8:13: error[KPI609]: expected a text here\n"
        "  8 |   e: {file: [a.csv]}\n"
        "    |             ^^^^^^^\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "scheme: [a\n",
            "kpirules.yaml:2:1: error[KPI603]: this is not YAML: a comma or a closing bracket is missing\n",
        ),
        ("a: b: c\n", "kpirules.yaml:1:5: error[KPI603]: this is not YAML: there is a `:` where none can be; "),
        ("a:\n\t- b\n", "kpirules.yaml:2:1: error[KPI603]: this is not YAML: a tab stands where only spaces may\n"),
        ("a: 'b\n", "kpirules.yaml:2:1: error[KPI603]: this is not YAML: a quote is not closed\n"),
        ("a: b\n c: d\n", "kpirules.yaml:2:3: error[KPI603]: this is not YAML: there is a `:` where none can be; "),
        ("a: 1\n  b\nc\n", "kpirules.yaml:4:1: error[KPI603]: this is not YAML: a `:` is missing after a key\n"),
        ("a: @b\n", "kpirules.yaml:1:4: error[KPI603]: this is not YAML: a text that begins with this sign stands "),
        ("scheme: \x01\n", "kpirules.yaml:1:9: error[KPI603]: this is not YAML: "),
        ("scheme: !!python/name:os.system x\ndata: *a\n", "kpirules.yaml:2:7: error[KPI603]: "),
        ("", "kpirules.yaml:1:1: error[KPI608]: "),
        ("- a\n", "kpirules.yaml:1:1: error[KPI608]: "),
        ("scheme: &a {b: *a}\ndata: *a\n", "kpirules.yaml:1:9: error[KPI609]: "),
        ("data:\n", "kpirules.yaml:1:1: error[KPI606]: the key `scheme` is missing here"),
        ("data:\nscheme: x\n", "kpirules.yaml:1:1: error[KPI608]: "),
    ],
)
def test_what_is_no_bindings_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert _said(tmp_path, text).startswith(said)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        load_bindings(tmp_path / "none.yaml")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["KPI601"]
    (tmp_path / "gbk.yaml").write_bytes("方案: a".encode("gbk"))
    with pytest.raises(Fault) as caught:
        load_bindings(tmp_path / "gbk.yaml")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["KPI602"]


def test_a_misspelt_key_is_one_fault(tmp_path: Path) -> None:
    assert _said(tmp_path, "scheme: a.kpi\ndatas:\n  a: {file: a.csv}\n") == (
        "kpirules.yaml:2:1: error[KPI605]: unknown key `datas`\n"
        "  2 | datas:\n"
        "    | ^^^^^\n"
        "  help: did you mean `data`?\n"
    )


def test_a_sheet_and_the_row_of_its_header_are_read(tmp_path: Path) -> None:
    path = _write(tmp_path, "scheme: a\ndata:\n  a: {file: a.xlsx, sheet: 2025, header: 3}\n")
    (source,) = load_bindings(path).sources.values()
    assert (source.sheet, source.header) == ("2025", 3)
    assert [span.where.rpartition(":")[2] for span in source.of_kind.values()] == ["21", "34"]
    for wrong in ("0", "x", "1.5", "-1", "99999999"):
        text = f"scheme: a\ndata:\n  a: {{file: a.xlsx, header: {wrong}}}\n"
        said = f"kpirules.yaml:3:29: error[KPI655]: expected the number of a row here, not `{wrong}`\n"
        assert _said(tmp_path, text).startswith(said)


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    path = _write(tmp_path, "scheme: !!python/object/apply:os.system [exit]\ndata: {}\n")
    with pytest.raises(Fault) as caught:
        load_bindings(path)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["KPI609"]


def test_the_bindings_are_cheap_to_import() -> None:
    program = "import sys, kpirules.data.bindings; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pyarrow", "numpy", "pandas", "duckdb", "jsonschema", "yaml", "tomllib"} & {*loaded}


@pytest.mark.parametrize(
    "text",
    [
        "scheme: s.kpi\ndata: " + "{a: " * 5000 + "1" + "}" * 5000,
        "scheme: s.kpi\ndata: " + "[" * 20000,
        "scheme: s.kpi\ndata:\n" + "".join(f"{' ' * nth}a:\n" for nth in range(1, 2000)),
    ],
    ids=["maps", "brackets", "blocks"],
)
def test_deep_nesting_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kpirules.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        load_bindings(path)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.args["reason"]) == ("KPI603", NotYaml.DEEP)
    assert fault.span is not None
    assert fault.span.start > 0
