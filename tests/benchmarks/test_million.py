"""The benchmark runs, and all its ways come to the same figures; how long they take is no test."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.benchmarks.data import write_project
from tests.benchmarks.million import BESIDE_THE_QUERY, WAYS, differences, report


def test_every_way_comes_to_the_same_figures(tmp_path: Path) -> None:
    write_project(tmp_path, lines=3_000, sellers=120)
    lines = report(tmp_path, repeat=1)
    assert [way for way in WAYS if any(line.startswith(way) for line in lines)] == list(WAYS)
    ratios = zip(BESIDE_THE_QUERY, lines[-len(BESIDE_THE_QUERY) - 2 : -2], strict=True)
    assert all(line.startswith(f"{way}: ") and "times the query by hand" in line for way, line in ratios)
    assert all(line.startswith("pandas") and line.endswith("times kpirules") for line in lines[-2:])


@pytest.mark.parametrize(
    ("theirs", "exact", "found"),
    [
        ([1.0, None], False, []),
        ([1.004, None], False, []),
        ([1.02, None], False, ["scores.total: 1"]),
        ([1.0, 2.0], False, ["scores.total: 1"]),
    ],
)
def test_figures_that_differ_are_told(theirs: list[float | None], exact: bool, found: list[str]) -> None:  # noqa: FBT001  # one column of the table above
    ours = {"scores": _scores([1.0, None]), "items": _items()}
    assert differences(ours, {"scores": _scores(theirs), "items": _items()}, exact=exact) == found


def _scores(total: list[float | None]) -> pa.Table:
    return pa.table({"staff_id": ["E1", "E2"], "total": pa.array(total, pa.float64())})


def _items() -> pa.Table:
    return pa.table({"kind": ["pay"], "item": ["bonus"], "key": ["E1"]})
