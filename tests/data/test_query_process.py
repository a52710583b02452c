"""What a query may take and call: its process is ended, and the fault says of what there was too much."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from kpirules.data import query_process
from kpirules.data.bindings import Kind
from kpirules.data.faults import Place
from kpirules.data.query_functions import DRIFTING, FUNCTIONS
from kpirules.source import Fault
from kpirules.source.render import render_text
from tests.data.bound import bound, said
from tests.data.build import table, text

_DOUBLED = (f"t{at}(id) as not materialized (from t{at - 1} union all from t{at - 1})" for at in range(1, 26))
PLANNED_FOR_EVER = f"with t0(id) as not materialized (select '1'), {', '.join(_DOUBLED)} select id from t25 limit 1"  # noqa: S608
"""The statement of a query: planning heeds no interrupt."""
STAFF = table("staff", text("id"))


def _of(query: str) -> str:
    return f"  staff:\n    query: |\n      {query}\n"


def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_process, "_run", lambda asked, _: query_process.answer_in_file(asked))


def test_the_rows_come_from_a_process(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("工号\n00017\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit", encoding="utf-8")
    (tmp_path / "kpirules").mkdir()
    (tmp_path / "kpirules" / "__init__.py").write_text("raise SystemExit", encoding="utf-8")
    loaded = bound(tmp_path, _of("select \"工号\" as id from read_csv('a.csv', all_varchar = true)"), STAFF)
    assert loaded.tables["staff"].to_pylist() == [{"id": "00017"}]


def test_the_process_looks_for_modules_where_this_one_does_but_in_the_working_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", ["", "relative", *sys.path])
    paths = query_process.module_path()
    assert "" not in paths
    assert all(Path(fault).is_absolute() for fault in paths)


@pytest.mark.parametrize(
    "query",
    [
        "select count(*)::varchar as id from range(1000000000000) a, range(1000000000000) b",
        "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n)::varchar as id from t",
        PLANNED_FOR_EVER,
    ],
    ids=["product", "recursion", "plan"],
)  # fmt: skip
def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_process, "SECONDS", 3)
    assert said(tmp_path, _of(query), STAFF).startswith(
        "kpirules.yaml:4:12: error[KPI760]: the query of the table `staff` was stopped after 3 seconds\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound the memory of a process")
@pytest.mark.parametrize(
    "query",
    [
        "select md5(string_agg(range::varchar, ',' order by -range)) as id from range(400000000)",
        "select length(repeat('x', 4000000000))::varchar as id",
        "select len(range(3000000000))::varchar as id",
        "select len(list(a.range))::varchar as id from range(100000) a, range(100000)",
        "select id from (select range::varchar as id from range(30000000)) order by md5(id), id desc",
    ],
    ids=["string_agg", "repeat", "range", "list", "sort"],
)
def test_a_query_that_takes_too_much_memory_is_stopped(
    tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_process, "MEMORY", 128 << 20)
    told = said(tmp_path, _of(query), STAFF)
    assert "error[KPI761]: the query of the table `staff` takes more than 0.125 GB of memory and as much" in told


def test_a_query_that_gives_too_much_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    monkeypatch.setattr(query_process, "RESULT", 1 << 20)
    told = said(tmp_path, _of("select repeat('x', 100) as id from range(1000000)"), STAFF)
    assert "error[KPI762]: the rows that the query of the table `staff` gives take more than 0.000976562 GB" in told


def test_a_process_that_is_aborted_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_process, "_START", "import os; os.abort()")
    assert "error[KPI764]" in said(tmp_path, _of("select '1' as id"), STAFF)
    monkeypatch.setattr(query_process, "_START", "import os; os.kill(os.getpid(), 9)")
    assert "error[KPI761]" in said(tmp_path, _of("select '1' as id"), STAFF)


def test_a_folder_that_cannot_be_entered_is_told_in_words(tmp_path: Path) -> None:
    place = Place("staff", Kind.QUERY, None)
    with pytest.raises(Fault) as caught:
        query_process.run_query("select 1 as id", place, tmp_path / "none", [tmp_path])
    assert render_text(caught.value.diagnostics, "en") == (
        "error[KPI619]: the query of the table `staff` failed: there is no such file\n"
    )


# ---------------------------------------------------------------- functions


def test_the_functions_that_a_query_may_call_depend_on_their_arguments_alone() -> None:
    with duckdb.connect() as connection:
        functions = connection.execute(
            "select function_name, stability, has_side_effects from duckdb_functions()"
        ).fetchall()
    known = {name.casefold() for name, _, _ in functions}
    window = {"cume_dist", "dense_rank", "fill", "first_value", "lag", "last_value", "lead", "nth_value", "ntile"}
    window |= {"percent_rank", "rank", "row_number"}
    assert FUNCTIONS - known - window == {"->", "coalesce", "ifnull"}  # of the grammar alone
    assert not FUNCTIONS & DRIFTING
    assert not FUNCTIONS & {name.casefold() for name, stability, acts in functions if stability == "VOLATILE" or acts}


@pytest.mark.parametrize(
    "call",
    [
        "random()",
        "system.main.random()",
        "now()",
        "current_date",
        "CURRENT_TIMESTAMP",
        "uuid()",
        "age(timestamp '2020-01-01')",
        "list_transform([1], lambda x: random())",
    ],
)
def test_a_query_gives_the_same_in_every_run(tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    told = said(tmp_path, _of(f"select ({call})::varchar as id"), STAFF)
    assert told.count("error[KPI763]") == 1
    assert "its result is another in every run" in told


def test_a_query_takes_no_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    assert "`sample`" in said(tmp_path, _of("select range::varchar as id from range(9) using sample 5"), STAFF)
    assert "`sample`" in said(tmp_path, _of("select '1' as id from range(9) tablesample 10%"), STAFF)


@pytest.mark.parametrize(
    "call",
    [
        "getenv('HOME')",
        "current_setting('threads')",
        "getvariable('x')",
        "nextval('x')",
        "pg_sleep(9)",
        "sleep_ms(9)",
        "write_log('x')",
        "version()",
        "current_query()",
        "json_serialize_sql('select 1')",
        "json_execute_serialized_sql('x')",
        "has_table_privilege('x', 'y')",
        "error('x')",
        "hash(1)",
        "__internal_compress_string_hugeint('a')",
    ],
)
def test_a_query_calls_nothing_of_the_system(tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    told = said(tmp_path, _of(f"select '1' as id where {call} is null"), STAFF)
    assert told.count("error[KPI763]") == 1
    assert f"`{call.partition('(')[0]}`" in told


def test_a_function_is_told_at_its_place_and_with_what_is_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    assert said(tmp_path, _of("select uper(id) as id from read_csv('a.csv', all_varchar = true)"), STAFF) == (
        "kpirules.yaml:5:14: error[KPI763]: the query of the table `staff` may not use `uper`\n"
        "  5 |       select uper(id) as id from read_csv('a.csv', all_varchar = true)\n"
        "    |              ^^^^\n"
        "  help: did you mean `upper`?\n"
    )


def test_moments_are_of_the_days_of_one_zone_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    query = "select strftime(timestamptz '2025-01-01 20:00:00+00', '%Y-%m-%d') as id"
    assert bound(tmp_path, _of(query), STAFF).tables["staff"].to_pylist() == [{"id": "2025-01-01"}]


def test_what_queries_are_written_with_may_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _here(monkeypatch)
    query = (
        "select upper(trim(id)) || lpad(row_number() over (order by id)::varchar, 3, '0') as id from (select"
        " unnest(['a ', 'b']) as id) where id like '%a%' and coalesce(id, '') not in ('x') and id[1] = 'a'"
        " and date_part('year', date '2025-01-01') = 2025 and regexp_matches(id, 'a') and -1 < 2 ** 3"
        " and len([x for x in [1, 2] if x > 1]) = 1 and {'a': 1}.a = 1 and json_extract_string('{\"a\": 1}', '$.a') = '1'"
    )
    assert bound(tmp_path, _of(query), STAFF).tables["staff"].to_pylist() == [{"id": "A001"}]
