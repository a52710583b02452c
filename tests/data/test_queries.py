from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from kpirules.data import query_process
from tests.data.bound import bound, said
from tests.data.build import number, table, text


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each query takes its time; `test_query_process.py` has those that need one."""
    monkeypatch.setattr(query_process, "_run", lambda asked, _: query_process.answer_in_file(asked))


STAFF = table("staff", text("id", key=True), text("amount", optional=True), text("day", optional=True))

GUESSING = {
    "from 'a.csv'": "read_csv('a.csv', all_varchar = true)",
    "table 'a.csv'": "read_csv('a.csv', all_varchar = true)",
    'select * from "a.csv" as t': "read_csv('a.csv', all_varchar = true)",
    "from 'data/*.tsv.gz'": "read_csv('data/*.tsv.gz', all_varchar = true)",
    "select * from read_csv('a.csv')": "read_csv('a.csv', all_varchar = true)",
    "select * from READ_CSV ( 'a.csv' ) as t": "READ_CSV ( 'a.csv', all_varchar = true)",
    "from main.\"Read_CSV_Auto\"(['a.csv', 'b).csv'])": "main.\"Read_CSV_Auto\"(['a.csv', 'b).csv'], all_varchar = true)",
    "from read_csv('a.csv', all_varchar = false, header = true)": "read_csv('a.csv', all_varchar = true, header = true)",
    "from read_csv('a.csv', All_Varchar := 1)": "read_csv('a.csv', All_Varchar := true)",
    "from read_csv('a.csv', types = {'id': 'VARCHAR'})": "read_csv('a.csv', types = {'id': 'VARCHAR'}, all_varchar = true)",
    "from read_csv('a.csv', columns = {'id': 'VAR' || 'CHAR'})": (
        "read_csv('a.csv', columns = {'id': 'VAR' || 'CHAR'}, all_varchar = true)"
    ),
    "from read_csv('a.csv', columns = {'id': 'VARCHAR', 'day': 'date'})": (
        "read_csv('a.csv', columns = {'id': 'VARCHAR', 'day': 'date'}, dateformat = '%Y-%m-%d')"
    ),
    "from read_csv('a.csv', all_varchar = true, types = {'day': 'TIMESTAMP'})": (
        "read_csv('a.csv', all_varchar = true, types = {'day': 'TIMESTAMP'}, timestampformat = '%Y-%m-%d')"
    ),
    "select 1 as id union all by name (with t as (from read_csv('a.csv')) select id from t)": (
        "read_csv('a.csv', all_varchar = true)"
    ),
    "select (select max(id) from read_csv('a.csv')) as id": "read_csv('a.csv', all_varchar = true)",
    "from range(2) join lateral (from 'a.csv') on true": "read_csv('a.csv', all_varchar = true)",
    "select '工号' as id from 'a.csv' where id in (select '员工')": "read_csv('a.csv', all_varchar = true)",
    'with "a.csv" as (from \'a.csv\') from "a.csv"': "read_csv('a.csv', all_varchar = true)",
    'with t as (with "a.csv" as (select 1 as id) from "a.csv") from t, \'a.csv\'': (
        "read_csv('a.csv', all_varchar = true)"
    ),
    "with recursive t as (select 1 as id union all from 'a.csv') from t": "read_csv('a.csv', all_varchar = true)",
    "from (from 'a.csv') pivot (max(id) for id in ('1'))": "read_csv('a.csv', all_varchar = true)",
    "from read_json('a.json')": "read_json('a.json', columns = {id: 'VARCHAR'})",
    "from read_ndjson_auto('a.json')": "read_ndjson_auto('a.json', columns = {id: 'VARCHAR'})",
    "from 'a.jsonl'": "read_json('a.jsonl', columns = {id: 'VARCHAR'})",
}
REFUSED = [
    "from read_text('/etc/passwd')",
    "from read_blob('a.csv')",
    "from sniff_csv('a.csv')",
    "from query('select * from ''a.csv''')",
    "from query_table('a.csv')",
    "from glob('*')",
    "from read_xlsx('a.xlsx')",
    "from 'a.xlsx'",
    "from duckdb_settings()",
    "from duckdb_secrets",
    "from information_schema.tables",
    'from main."a.parquet"',
    "from STAFF",
    "with t as materialized (from enable_logging(storage = 'file')) from t",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
]
NOT_ONE_SELECT = [
    "describe select 1",
    "summarize 'a.csv'",
    "show tables",
    "with t as (insert into u values (1) returning *) from t",
    "pivot 'a.csv' on id",
    "copy (select 1) to 'b.csv'",
    "attach 'x.db'",
]


@pytest.mark.parametrize(("query", "write"), GUESSING.items())
def test_a_reader_says_its_types_or_is_refused_with_the_line_to_write(tmp_path: Path, query: str, write: str) -> None:
    told = said(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)
    assert "error[KPI686]" in told
    assert f"`{write}`" in told
    assert told.count("error[") == 1


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_reads_files_only(tmp_path: Path, query: str) -> None:
    told = said(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)
    assert told.count("error[") == 1
    assert "error[KPI687]" in told


@pytest.mark.parametrize("query", NOT_ONE_SELECT)
def test_a_query_is_one_select(tmp_path: Path, query: str) -> None:
    assert "error[KPI620]" in said(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)


@pytest.mark.parametrize(
    "path",
    ["../other/a.csv", "/etc/passwd.csv", "in/../../other/a.csv", "link.csv", "../*/a.csv", "../project-2/a.csv"],
)
def test_a_query_reads_the_folder_of_the_project_only(tmp_path: Path, path: str) -> None:
    project = tmp_path / "project"
    for folder in (project, project / "in", tmp_path / "other", tmp_path / "project-2"):
        folder.mkdir()
        (folder / "a.csv").write_text("id,amount,day\n1,2,3\n", encoding="utf-8")
    (project / "link.csv").symlink_to(tmp_path / "other" / "a.csv")
    data = f"  staff:\n    query: from read_csv('{path}', all_varchar = true)\n"
    told = said(project, data, STAFF)
    assert "error[KPI692]" in told
    assert f"`{path}`" in told


def test_folders_that_are_declared_are_read_too(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "it's other"
    for folder in (project, other):
        folder.mkdir()
    (other / "a.csv").write_text("id,amount,day\n1,2,3\n", encoding="utf-8")
    query = "from read_csv('../it''s other/a.csv', all_varchar = true)"
    data = f'  staff:\n    query: "{query}"\nfolders: ["../it\'s other"]\n'
    assert bound(project, data, STAFF).tables["staff"].num_rows == 1
    told = said(project, data.replace('["../it\'s other"]', "../other"), STAFF)
    assert "error[KPI693]: expected a list under `folders`" in told


def test_the_settings_of_the_database_are_locked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    # a setting is changed by a statement of its own, which is no `select`
    assert "error[KPI620]" in said(tmp_path, "  staff: {query: set threads = 1}\n", STAFF)


@pytest.mark.parametrize(
    "query",
    [
        "from read_csv('a.csv', all_varchar = true)",
        "from system.main.READ_CSV(['a.csv'], ALL_VARCHAR := TRUE) as t",
        "from read_csv('*.csv', columns = {'id': 'VARCHAR', 'amount': 'VARCHAR', 'day': 'VARCHAR'})",
        "from read_csv('a.csv', all_varchar = true, types = {'amount': 'VARCHAR'})",
        "with T as (from read_csv('a.csv', all_varchar = true)), u as (from t) select * from U",
        "from read_json('a.json', columns = {id: 'VARCHAR', amount: 'VARCHAR', day: 'VARCHAR'})",
        "select json ->> 'id' as id, json ->> 'amount' as amount, json ->> 'day' as day from read_json_objects('a.json')",
        "from 'a.parquet'",
        "from read_parquet('a.parquet')",
        "select '00017' as id, '1.005' as amount, '05/03/2025' as day from range(1)",
    ],
)
def test_cells_reach_the_table_as_they_are_written(tmp_path: Path, query: str) -> None:
    (tmp_path / "a.csv").write_text("id,amount,day\n00017,1.005,05/03/2025\n", encoding="utf-8")
    (tmp_path / "a.json").write_text('{"id": "00017", "amount": "1.005", "day": "05/03/2025"}\n', encoding="utf-8")
    pq.write_table(pa.table({"id": ["00017"], "amount": ["1.005"], "day": ["05/03/2025"]}), tmp_path / "a.parquet")
    loaded = bound(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)
    assert loaded.tables["staff"].to_pylist() == [{"id": "00017", "amount": "1.005", "day": "05/03/2025"}]


def test_places_that_come_late_in_a_file_are_kept(tmp_path: Path) -> None:
    """DuckDB looks at the first 20,480 rows for the types of a file; what follows was rounded to them."""
    rows = "".join(f"{at},1\n" for at in range(30_000))
    (tmp_path / "a.csv").write_text(f"id,amount\n{rows}x,0.75\n", encoding="utf-8")
    contract = table("staff", text("id", key=True), number("amount"))
    query = "select * from read_csv('a.csv', all_varchar = true)"
    loaded = bound(tmp_path, f'  staff: {{query: "{query}"}}\n', contract)
    assert pc.sum(loaded.tables["staff"].column("amount")).as_py() == Decimal("30000.75")


def test_the_place_in_the_bindings_and_both_languages(tmp_path: Path) -> None:
    data = "  staff:\n    query: |\n      select a.id\n      from read_csv('a.csv') as a, 'b.csv', facts\n"
    assert said(tmp_path, data, STAFF) == (
        "kpirules.yaml:6:12: error[KPI686]: the query of the table `staff` lets `read_csv('a.csv')` guess the types of its"
        " columns\n"
        "  6 |       from read_csv('a.csv') as a, 'b.csv', facts\n"
        "    |            ^^^^^^^^^^^^^^^^^\n"
        "  help: write `read_csv('a.csv', all_varchar = true)`: every cell is then read as text, and the table says its types"
        "\n\n"
        "kpirules.yaml:6:36: error[KPI686]: the query of the table `staff` lets `'b.csv'` guess the types of its columns\n"
        "  6 |       from read_csv('a.csv') as a, 'b.csv', facts\n"
        "    |                                    ^^^^^^^\n"
        "  help: write `read_csv('b.csv', all_varchar = true)`: every cell is then read as text, and the table says its types"
        "\n\n"
        "kpirules.yaml:6:45: error[KPI687]: the query of the table `staff` may not read from `facts`\n"
        "  6 |       from read_csv('a.csv') as a, 'b.csv', facts\n"
        "    |                                             ^^^^^\n"
        "  help: a query reads files, by read_csv, read_parquet, read_json, read_json_objects, range, generate_series,"
        " unnest, json_each\n"
    )


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ("#1,100\n2,200\n#3,50\n", ["100", "200", "50"]),
        ("'t Hart,100\nd'Or,200\n", ["100", "200"]),
        ("1,'100\n2,200'\n3,50\n", ["'100", "200'", "50"]),
        ('"1, ""a""",100\n2,200\n', ["100", "200"]),
    ],
)
@pytest.mark.parametrize("options", ["all_varchar = true", "columns = {'id': 'VARCHAR', 'amount': 'VARCHAR'}"])
def test_a_reader_takes_no_row_for_a_comment_and_no_apostrophe_for_a_quote(
    tmp_path: Path, rows: str, amounts: list[str], options: str
) -> None:
    (tmp_path / "a.csv").write_text(f"id,amount\n{rows}", encoding="utf-8")
    query = f"with é as (select 1) from read_csv('a.csv', {options}) as a select id, amount, null::varchar as day"  # noqa: S608  # a query of the test
    loaded = bound(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)
    assert loaded.tables["staff"].column("amount").to_pylist() == amounts


def test_signs_that_a_reader_says_itself_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,amount,day\n'1,2',3,4\n; five\n", encoding="utf-8")
    query = "from read_csv('a.csv', all_varchar = true, quote = '''', comment = ';')"
    loaded = bound(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)
    assert loaded.tables["staff"].to_pylist() == [{"id": "1,2", "amount": "3", "day": "4"}]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_stray_quote_that_merges_rows_is_a_fault_in_a_query_too(tmp_path: Path, separator: str) -> None:
    rows = 'id,amount,day\n1,"100,x\n2,200",x\n3,300,x\n'.replace(",", separator)
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    query = "select id, max(amount) as amount, 'x' as day from read_csv('a.csv', all_varchar = true) group by id"
    told = said(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF)
    assert "error[KPI681]: `staff` (query) row 1, column `amount`" in told
    (tmp_path / "a.csv").write_text('id,amount,day\n1,100,"12 Main St\nLondon"\n', encoding="utf-8")
    assert bound(tmp_path, f"  staff:\n    query: |\n      {query}\n", STAFF).tables["staff"].num_rows == 1


@pytest.mark.parametrize("rows", ['1,"Acme" Ltd,3\n', '1,"Acme,3\n2,Beta,3\n'])
def test_a_stray_quote_in_a_query_is_told_how_to_find_it(tmp_path: Path, rows: str) -> None:
    (tmp_path / "a.csv").write_text(f"id,amount,day\n{rows}", encoding="utf-8")
    told = said(tmp_path, "  staff: {query: \"from read_csv('a.csv', all_varchar = true)\"}\n", STAFF)
    assert "error[KPI658]" in told
    assert "a stray double quote may hide them: read it by `file:`" in told


@pytest.mark.parametrize(
    ("option", "write"),
    [
        ("ignore_errors = true", "ignore_errors = false"),
        ("IGNORE_ERRORS := 1", "IGNORE_ERRORS := false"),
        ("null_padding = true", "null_padding = false"),
        ("strict_mode = false", "strict_mode = true"),
        ("store_rejects = true", "store_rejects = false"),
    ],
)
def test_a_reader_drops_no_faulty_row(tmp_path: Path, option: str, write: str) -> None:
    told = said(
        tmp_path, f"  staff:\n    query: |\n      from read_csv('a.csv', all_varchar = true, {option})\n", STAFF
    )
    assert "error[KPI697]" in told
    assert f"`read_csv('a.csv', all_varchar = true, {write})`" in told
    assert told.count("error[") == 1


def test_text_that_is_used_as_a_number_is_told_how_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,amount\n1,2\n", encoding="utf-8")
    query = "select id, sum(amount) as amount from read_csv('a.csv', all_varchar = true) group by id"
    told = said(tmp_path, f'  staff: {{query: "{query}"}}\n', STAFF)
    assert "error[KPI619]" in told
    assert "cast(amount as decimal(18, 2))" in told


def test_any_nesting_gives_a_fault(tmp_path: Path) -> None:
    query = "select " + "(" * 20_000 + "1" + ")" * 20_000 + " as id"
    assert "error[KPI6" in said(tmp_path, f'  staff: {{query: "{query}"}}\n', STAFF)
    query = "select 1 as id union all " * 3_000 + "from x"
    assert "error[KPI6" in said(tmp_path, f'  staff: {{query: "{query}"}}\n', STAFF)
