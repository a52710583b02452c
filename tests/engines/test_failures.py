"""What DuckDB does not finish: told with its step and items, and worked out by the reference engine where it can be."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import duckdb as database
import pyarrow as pa
import pytest

from kpirules.engines import bulk, duckdb, reference
from kpirules.engines.bulk import Bulk
from kpirules.engines.duckdb import Limits
from kpirules.engines.failure import EngineError, Reason
from kpirules.engines.sql import DUCKDB, compiled
from kpirules.plan.ir import Gather, Measure, Op, Plan, Ref, Scan
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.render import render_text
from kpirules.values import types
from kpirules.values.units import Unit
from tests.engines import plans
from tests.engines.plans import COUNT, MONEY, PARAMS, TEXT, bind, computed, whole
from tests.engines.test_agreement import same

if TYPE_CHECKING:
    from pathlib import Path

NARROW = types.decimal(Unit.NUMBER, 0, Fraction(0), Fraction(9))


def too_narrow() -> tuple[Plan, dict[str, pa.Table]]:
    """A value past the digits of its column: DuckDB raises, and the reference engine, which has no digits, does not."""
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", plans.test("is_missing", Ref("n", NARROW))))
    wide = types.decimal(Unit.NUMBER, 0, Fraction(0), Fraction(9999))
    return plan, {"people": tables["people"].set_column(1, "n", plans.column(wide, [Fraction(1000)]))}


def endless(rows: int) -> tuple[Plan, dict[str, pa.Table]]:
    """Rows that are each joined to every other: as many as the square of `rows`."""
    kinds = {"id": ("id", TEXT), "n": ("n", MONEY)}
    kinds_of_sale = Measure("kinds", "distinct", "m", None, COUNT, "kinds of sale")
    columns = {"id": pa.repeat(pa.scalar("a"), rows), "n": pa.array(range(rows), pa.decimal128(16, 2))}
    plan = plans.plan(
        Scan("left", "people", kinds),
        Scan("right", "people", {"other": ("id", TEXT), "m": ("n", MONEY)}),
        Gather("pairs", "left", "right", (("id", "other"),), {"m": "m"}),
        Gather("by id", "left", "pairs", (("id", "id"),), measures=(kinds_of_sale,)),
        key="id",
    )
    return plan, {"people": pa.table(columns)}


def test_the_reference_engine_works_out_what_duckdb_does_not() -> None:
    plan, tables = too_narrow()
    engine = Bulk()
    result = engine.run(plan, tables, PARAMS, ["x"])
    same(result, reference.run(plan, tables, PARAMS, ["x"]), ["x"])
    assert result.engine == "reference"
    (failure,) = engine.failures
    assert (failure.reason, failure.step) == (Reason.ERROR, "final")
    assert failure.said.startswith('Conversion Error: Casting value "1000" to type DECIMAL(1,0) failed')
    assert "LINE" not in failure.said
    assert failure.to_json()["reason"] == "error"


def test_what_duckdb_finishes_is_its_own() -> None:
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", Ref("n", NARROW)))
    engine = Bulk()
    assert engine.run(plan, tables, PARAMS, ["x"]).engine == "duckdb"
    assert engine.failures == []


def test_too_many_rows_for_the_reference_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, tables = too_narrow()
    monkeypatch.setattr(bulk, "REFERENCE_ROWS", 0)
    engine = Bulk()
    with pytest.raises(EngineError):
        engine.run(plan, tables, PARAMS, ["x"])
    assert engine.failures == []


def test_a_statement_is_interrupted_when_its_time_is_over() -> None:
    plan, tables = endless(60_000)
    with pytest.raises(EngineError) as stopped:
        duckdb.run(plan, tables, PARAMS, ["kinds"], Limits(seconds=0.2))
    assert (stopped.value.reason, stopped.value.step) == (Reason.TIME, "by id$1")
    assert stopped.value.items == ("kinds of sale",)


def test_no_statement_begins_when_time_is_over() -> None:
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", Ref("n", NARROW)))
    with pytest.raises(EngineError) as stopped:
        duckdb.run(plan, tables, PARAMS, ["x"], Limits(seconds=0))
    assert stopped.value.reason is Reason.TIME


def test_a_limit_longer_than_a_thread_can_wait_is_kept() -> None:
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", Ref("n", NARROW)))
    assert duckdb.run(plan, tables, PARAMS, ["x"], Limits(seconds=10**20)).subjects.num_rows == 1


def test_a_folder_for_what_memory_lacks_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", Ref("n", NARROW)))
    with pytest.raises(EngineError) as stopped:
        Bulk(Limits(temp=tmp_path / "gone")).run(plan, tables, PARAMS, ["x"])
    assert stopped.value.reason is Reason.DISK


def test_memory_that_runs_out_is_never_left_to_the_reference_engine(tmp_path: Path) -> None:
    rows, kinds = 200_000, Measure("kinds", "distinct", "n", None, COUNT, "kinds")
    plan = plans.plan(
        Scan("people", "people", {"id": ("id", TEXT), "n": ("n", MONEY)}),
        Gather("by id", "people", "people", (("id", "id"),), measures=(kinds,)),
        key="id",
    )
    tables = {
        "people": pa.table({"id": [str(n) for n in range(rows)], "n": pa.array(range(rows), pa.decimal128(16, 2))})
    }
    engine = Bulk(Limits(memory="3MB", temp=tmp_path))
    with pytest.raises(EngineError) as stopped:
        engine.run(plan, tables, PARAMS, ["kinds"])
    assert stopped.value.reason is Reason.MEMORY
    assert stopped.value.starved
    assert engine.failures == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (database.OutOfMemoryException("failed to offload data block: max_temp_directory_size"), Reason.DISK),
        (database.IOException("Could not write file: No space left on device"), Reason.DISK),
        (database.OutOfMemoryException("could not allocate block of size 256.0 KiB"), Reason.MEMORY),
        (MemoryError(), Reason.MEMORY),
        (database.BinderException("Max expression depth limit of 1000 exceeded"), Reason.ERROR),
        (RecursionError("maximum recursion depth exceeded"), Reason.ERROR),
    ],
)
def test_reasons(error: Exception, reason: Reason) -> None:
    assert duckdb.reason_of(error) is reason


def test_an_interruption_from_outside_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", Ref("n", NARROW)))

    def stopped(*_: object) -> None:
        raise database.InterruptException

    monkeypatch.setattr(duckdb, "register", stopped)
    with pytest.raises(KeyboardInterrupt):
        Bulk().run(plan, tables, PARAMS, ["x"])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_in_words(reason: Reason, lang: str) -> None:
    failure = EngineError(reason, "orders by subject", "out of range", ("commission", "revenue"))
    told = render_text([failure.diagnostic(rows=200_000)], lang)
    assert "orders by subject" in told
    assert "commission" in told
    assert "{" not in told


def test_a_statement_is_small_however_deep_a_figure_is() -> None:
    """Statements are cut where they would be planned for ever; what is nested or summed up does not nest the SQL."""
    value: Op | Ref = Ref("n", MONEY)
    for _ in range(150):
        value = plans.rounded(plans.div(value, whole(3)), 2)
    plan, tables = computed({"n": (MONEY, [Fraction(10**9)])}, bind("x", value))
    names = ["x"]
    same(duckdb.run(plan, tables, PARAMS, names), reference.run(plan, tables, PARAMS, names), names)
    queries = compiled(plan, PARAMS, names, DUCKDB)
    assert len(queries.subjects.made) > 1
    for _, tree in queries.subjects.made:
        assert len(tree.ctes) <= 100


def test_a_statement_too_long_to_plan_is_left_to_the_reference_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, tables = computed({"n": (NARROW, [Fraction(1)])}, bind("x", Ref("n", NARROW)))
    monkeypatch.setattr(duckdb, "_LONGEST", 100)
    engine = Bulk()
    assert engine.run(plan, tables, PARAMS, ["x"]).engine == "reference"
    assert engine.failures[0].said.startswith("a statement of ")


def test_only_steps_of_the_optimizer_that_are_known_run() -> None:
    with database.connect() as connection:
        duckdb.set_up(connection, Limits(), ".", ())
        known = {name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
        (off,) = connection.execute("SELECT current_setting('disabled_optimizers')").fetchone() or ("",)
    assert "partial_aggregate_pushdown" in off.split(",")
    assert known - set(off.split(",")) <= set(duckdb._OPTIMIZERS)  # noqa: SLF001  # as above
