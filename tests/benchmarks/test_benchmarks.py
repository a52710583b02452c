"""The benchmark runs, and all its ways come to the same figures; how long they take is no test."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.benchmarks.__main__ import SMALL_LINES, main
from tests.benchmarks.data import write_project
from tests.benchmarks.figures import differences, results
from tests.benchmarks.goals import Goal, Row, table
from tests.benchmarks.measure import EXACT, OURS, PEERS, OtherFiguresError, Ratio, Times, compare, take_turns
from tests.benchmarks.once import WAYS, Spent
from tests.benchmarks.plot import draw


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand order lines of a hundred sellers, some of whom sell nothing."""
    folder = tmp_path_factory.mktemp("project")
    write_project(folder, lines=1_000, sellers=100)
    return folder


@pytest.fixture(scope="module")
def outs(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The results of every way."""
    folders = {way: tmp_path_factory.mktemp("out") for way in (OURS, *PEERS)}
    for way, folder in folders.items():
        module(way).run(project, folder)
    return folders


def module(way: str) -> Any:  # noqa: ANN401  # each is a module of its own
    return import_module(f"tests.benchmarks.{WAYS[way]}")


def test_the_data_has_sellers_without_orders_and_without_revenue(outs: dict[str, Path]) -> None:
    items = pq.read_table(outs[OURS] / "items.parquet").to_pylist()
    actual = {name: [row["actual"] for row in items if row["item"] == name] for name in ("win_rate", "attainment")}
    assert None in actual["win_rate"]
    assert Decimal(0) in actual["win_rate"]
    assert actual["attainment"].count(Decimal(0)) > actual["win_rate"].count(None)


def test_every_way_comes_to_the_same_figures(outs: dict[str, Path]) -> None:
    compare(outs)


@pytest.mark.parametrize("way", [OURS, *PEERS])
def test_the_scoring_alone_comes_to_the_same_figures(way: str, project: Path, outs: dict[str, Path]) -> None:
    scored = module(way).score(module(way).read(project))
    tables = {name: pa.table(of) for name, of in scored.items()}
    assert differences(results(outs[OURS]), tables, exact=way in {OURS, EXACT}) == []


def test_tables_that_break_their_contract_stop_every_way(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    write_project(broken, lines=SMALL_LINES, sellers=10)
    orders = pq.read_table(broken / "orders.parquet")
    pq.write_table(pa.concat_tables([orders, orders.slice(0, 1)]), broken / "orders.parquet")
    for way in (OURS, *PEERS):
        with pytest.raises(Exception, match=r"KPI|breaks its contract"):
            module(way).run(broken, tmp_path)


def _changed(table: pa.Table, column: str, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, change(table.column(column)))


def _more(by: str) -> Callable[[pa.ChunkedArray], pa.ChunkedArray]:
    def change(column: pa.ChunkedArray) -> pa.ChunkedArray:
        figures = [figure if figure is None else figure + Decimal(by) for figure in column.to_pylist()]
        return pa.chunked_array([pa.array(figures, column.type)])

    return change


BREAKS: list[tuple[str, str, Callable[[pa.Table], pa.Table]]] = [
    ("scores", "scores.total: 100", lambda table: _changed(table, "total", _more("0.01"))),
    (
        "scores",
        "scores.grade: ",
        lambda table: _changed(table, "grade", lambda column: pa.nulls(len(column), "string")),
    ),
    (
        "scores",
        "scores.flags: 100",
        lambda table: _changed(table, "flags", lambda column: pc.binary_join_element_wise(column, "!", "")),
    ),
    ("scores", "100 rows and 99", lambda table: table.slice(1)),
    ("items", "items.points: ", lambda table: _changed(table, "points", _more("0.00001"))),
    ("items", "items.left_out: not there", lambda table: table.drop_columns(["left_out"])),
]


@pytest.mark.parametrize(("name", "said", "damage"), BREAKS, ids=[said for _, said, _ in BREAKS])
@pytest.mark.parametrize("way", [EXACT, "Polars by hand"])
def test_other_figures_are_caught(
    way: str, name: str, said: str, damage: Callable[[pa.Table], pa.Table], outs: dict[str, Path], tmp_path: Path
) -> None:
    for file in ("scores", "items"):
        of = pq.read_table(outs[EXACT] / f"{file}.parquet")
        pq.write_table(damage(of) if file == name else of, tmp_path / f"{file}.parquet")
    with pytest.raises(OtherFiguresError, match=rf"{way} comes to other figures: .*{said}"):
        compare({OURS: outs[OURS], way: tmp_path})


def test_only_the_exact_way_is_held_to_the_last_digit(outs: dict[str, Path], tmp_path: Path) -> None:
    pq.write_table(pq.read_table(outs[EXACT] / "scores.parquet"), tmp_path / "scores.parquet")
    items = pq.read_table(outs[EXACT] / "items.parquet")
    pq.write_table(_changed(items, "points", _more("0.000000000001")), tmp_path / "items.parquet")
    compare({OURS: outs[OURS], "Polars by hand": tmp_path})
    with pytest.raises(OtherFiguresError, match=r"items\.points: "):
        compare({OURS: outs[OURS], EXACT: tmp_path})


# ---------------------------------------------------------------- what is made of the times


def test_every_turn_begins_with_another_way() -> None:
    order = []

    def once(way: str) -> Spent:
        order.append(way)
        return Spent(1, 1, 1)

    take_turns(["a", "b", "c"], 3, once, lambda: order.append("|"))
    assert "".join(order) == "abc|bca|cab|"


def test_a_ratio_is_of_the_same_turn() -> None:
    """A machine that is slow for one turn is slow for all ways."""
    ours = [Spent(2, 4, 100), Spent(20, 40, 100), Spent(3, 6, 300)]
    theirs = [Spent(1, 1, 50), Spent(10, 10, 100), Spent(3, 3, 100)]
    times = Times(tuple({"ours": a, "theirs": b} for a, b in zip(ours, theirs, strict=True)))
    assert times.ratio("ours", "theirs") == Ratio(2, 4, 2)
    assert times.median("ours") == Spent(3, 6, 100)


@pytest.mark.parametrize(
    ("ratio", "reached"),
    [
        (Ratio(1.1, 1.1, 1.2), True),
        (Ratio(1.11, 1, 1), False),
        (Ratio(1, 1.11, 1), False),
        (Ratio(1, 1, 1.21), False),
    ],
)
def test_a_goal_is_reached_by_clock_processor_and_memory(ratio: Ratio, reached: bool) -> None:  # noqa: FBT001  # one column of the table above
    *_, line = table([Row("run", "a query", ratio, Goal(1.1, 1.2))])
    assert line.endswith("time ≤ 1.1, memory ≤ 1.2: " + ("reached" if reached else "NOT REACHED"))


def test_the_picture_shows_every_row_and_goal(tmp_path: Path) -> None:
    rows = [Row("run", "a query", Ratio(3.25, 2, 0.5), Goal(1.1, 1.2)), Row("scoring", "a frame", Ratio(7, 8, 9))]
    draw(rows, tmp_path / "a.svg")
    draw(rows, tmp_path / "b.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(
        f">{text}<" in svg for text in ("run", "/ a query", "scoring", "/ a frame", "3.25", "0.50", "9.00", "goal")
    )
    assert svg.count("stroke: #d00000") == len(("time", "memory", "legend"))
    assert svg == (tmp_path / "b.svg").read_text(encoding="utf-8")


def test_one_command_prints_the_table_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "ratios.svg"
    main(["--lines", "1000", "--sellers", "40", "--workbook", "50", "--turns", "1", "--svg", str(picture)])
    lines = capsys.readouterr().out.splitlines()
    ratios = lines[lines.index("") + 2 :]
    assert [line.split("  ")[0] for line in ratios] == [
        *["run, 1,000 lines"] * len(PEERS),
        *["scoring only, 1,000 lines"] * len(PEERS),
        "run of the sample",
        "check of the sample",
        "xlsx, 50 rows",
    ]
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
