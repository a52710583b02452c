"""A DuckDB connection behind the fence reads what it was given, and nothing gets it to read more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from kpirules.source.duckdb_fence import fence


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside.csv"
    path.write_text("secret\n1\n", encoding="utf-8")
    return path


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    path = tmp_path / "项目" / "it's.csv"
    path.parent.mkdir()
    path.write_text("told\n2\n", encoding="utf-8")
    return path


@pytest.fixture(params=["files", "folders"])
def fenced(request: pytest.FixtureRequest, inside: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    given = fence(files=[inside]) if request.param == "files" else fence(folders=[inside.parent])
    with duckdb.connect() as connection:
        for name, value in given.items():
            connection.execute(f"SET {name} = ?", [value])
        yield connection


def test_what_is_given_is_read(fenced: duckdb.DuckDBPyConnection, inside: Path) -> None:
    assert fenced.read_csv(str(inside)).fetchall() == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{path}')",
        "SELECT * FROM read_text('{path}')",
        "SELECT * FROM '{path}'",
        "COPY (SELECT 1) TO '{path}'",
        "ATTACH '{path}' AS other",
    ],
)
def test_nothing_else_is_read_or_written(fenced: duckdb.DuckDBPyConnection, outside: Path, statement: str) -> None:
    with pytest.raises(duckdb.PermissionException):
        fenced.execute(statement.format(path=outside))
    assert outside.read_text(encoding="utf-8") == "secret\n1\n"


@pytest.mark.parametrize("setting", ["enable_external_access = true", "allowed_paths = ['/']", "threads = 1"])
def test_no_setting_is_changed(fenced: duckdb.DuckDBPyConnection, setting: str) -> None:
    with pytest.raises(duckdb.InvalidInputException):
        fenced.execute(f"SET {setting}")
