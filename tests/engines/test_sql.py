"""The queries themselves: no binary float in their schema, nothing torn apart, readable names."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import duckdb as database
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpirules.engines import duckdb
from kpirules.engines.failure import EngineError
from kpirules.engines.sql import DUCKDB, build, compiled
from kpirules.plan.ir import Op, Plan, Ref
from kpirules.values import types
from kpirules.values.units import Unit
from tests.engines import plans
from tests.engines.expressions import columns, expressions
from tests.engines.plans import MONEY, PARAMS, TEXT, bind, branch, computed, div, rounded, whole
from tests.engines.test_agreement import scored
from tests.helpers.outcomes import exact

if TYPE_CHECKING:
    import pyarrow as pa

LARGE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


def described(plan: Plan, tables: dict[str, pa.Table], names: list[str]) -> dict[str, dict[str, str]]:
    """The columns and types of every common table expression and table of the queries, and of what they find."""
    queries = compiled(plan, PARAMS, names, DUCKDB)
    result = {}
    with database.connect() as connection:
        duckdb.set_up(connection, duckdb.UNLIMITED, ".", ())
        duckdb.register(connection, queries.tables, tables)
        for query in (queries.subjects, *queries.others.values()):
            for name, tree in (*query.made, ("result", query.tree)):
                result[name] = _schema(connection, tree)
                result |= {part.alias: _schema(connection, _up_to(tree, nth)) for nth, part in enumerate(tree.ctes)}
                connection.execute(duckdb._table_of(name, tree).sql("duckdb"))  # noqa: SLF001  # as above
    return result


def _up_to(tree: exp.Select, nth: int) -> exp.Select:
    """A select of what a common table expression of a tree has."""
    parts = tree.ctes[: nth + 1]
    select = exp.select("*").from_(exp.Table(this=exp.to_identifier(parts[-1].alias, quoted=True)))
    for part in parts:
        select = select.with_(exp.to_identifier(part.alias, quoted=True), as_=part.this)
    return select


def _schema(connection: database.DuckDBPyConnection, tree: exp.Query) -> dict[str, str]:
    relation = connection.sql(tree.sql("duckdb"))
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def no_float(schemas: dict[str, dict[str, str]]) -> None:
    for relation, schema in schemas.items():
        for column, kind in schema.items():
            assert kind.startswith(("DECIMAL", "VARCHAR", "BOOLEAN", "DATE", "INTEGER")), (relation, column, kind)


@settings(max_examples=15, suppress_health_check=LARGE)
@given(st.data())
def test_no_float_in_the_schema_of_random_scalars(data: st.DataObject) -> None:
    drawn = data.draw(columns(rows=1))
    schema = {name: kind for name, (kind, _) in drawn.items()}
    plan, tables = computed(drawn, *(bind(f"x{nth}", data.draw(expressions(schema))) for nth in range(4)))
    no_float(described(plan, tables, ["x0", "x1", "x2", "x3"]))


def test_no_float_in_the_schema_of_relations() -> None:
    people = {"id": TEXT, "begins": types.DATE, "ends": types.DATE, "base": MONEY}
    orders = {"staff": TEXT, "day": types.DATE, "amount": MONEY, "won": types.BOOL, "kind": TEXT}
    tables = {
        name: plans.table({column: (kind, []) for column, kind in kinds.items()})
        for name, kinds in (("people", people), ("orders", orders))
    }
    result = described(scored(), tables, ["share", "paid", "mean", "sum"])
    no_float(result)
    assert {"people", "with sums$1", "final"} <= set(result)


def test_numbers_take_the_narrowest_decimal_of_their_type() -> None:
    score = types.decimal(Unit.NUMBER, 2, Fraction(0), Fraction(120))
    plan, tables = computed({"s": (score, [Fraction(80)])}, bind("q", div(Ref("s", score), Ref("s", score))))
    assert described(plan, tables, ["s", "q"])["final"] == {
        "id": "VARCHAR",
        "s": "DECIMAL(5,2)",
        "q": "DECIMAL(5,2)",
        "q$over": "DECIMAL(5,2)",
    }


def test_operands_are_never_torn_apart() -> None:
    each, two, three = (build.column(name) for name in "abc")
    assert build.mul(build.sub(each, two), three).sql("duckdb") == '("a" - "b") * "c"'
    assert build.sub(each, build.sub(two, three)).sql("duckdb") == '"a" - ("b" - "c")'
    assert build.neg(build.neg(each)).sql("duckdb") == '-(-"a")'
    either = build.some([build.every([each, two]), three])
    assert build.negated(either).sql("duckdb") == 'NOT (("a" AND "b") OR "c")'
    assert build.every([either, each]).sql("duckdb") == '(("a" AND "b") OR "c") AND "a"'
    assert build.is_null(build.eq(each, two)).sql("duckdb") == '("a" = "b") IS NULL'
    assert build.listed(build.add(each, two), [three]).sql("duckdb") == '("a" + "b") IN ("c")'


def test_nothing_is_said_twice() -> None:
    amount = Ref("amount", MONEY)
    value: Op = div(amount, whole(3))
    for _ in range(12):
        value = rounded(div(value, whole(3)), 2)
    plan, _ = computed({"amount": (MONEY, [])}, bind("x", value))
    shallow, _ = computed({"amount": (MONEY, [])}, bind("x", rounded(div(amount, whole(3)), 2)))
    assert len(duckdb.compile_sql(plan, PARAMS, ["x"])) < 16 * len(duckdb.compile_sql(shallow, PARAMS, ["x"]))


def test_names_apart_by_case_only() -> None:
    plan, tables = computed(
        {"Score": (MONEY, [Fraction(1)]), "score": (MONEY, [Fraction(2)]), "x$1": (MONEY, [Fraction(3)])},
        bind("SCORE", plans.add(Ref("Score", MONEY), Ref("score", MONEY))),
        bind("x", rounded(div(Ref("SCORE", MONEY), Ref("x$1", MONEY)), 1)),
    )
    outcome = duckdb.run(plan, tables, PARAMS, ["Score", "score", "SCORE", "x", "x$1"])
    assert outcome.subjects.column_names == ["id", "Score", "score", "SCORE", "x", "x$1"]
    assert [exact(outcome, name) for name in ("Score", "score", "SCORE", "x", "x$1")] == [[1], [2], [3], [1], [3]]


def test_names_that_sql_takes_for_its_own() -> None:
    names = ["select", 'a"b', "销售 额", "order", "o'x", "a.b"]
    plan, tables = computed(
        {name: (MONEY, [Fraction(nth)]) for nth, name in enumerate(names)},
        bind("from", plans.add(Ref("select", MONEY), Ref('a"b', MONEY))),
    )
    outcome = duckdb.run(plan, tables, PARAMS, ["from", *names])
    assert [exact(outcome, name) for name in names] == [[nth] for nth in range(len(names))]
    assert exact(outcome, "from") == [1]


def test_what_a_type_cannot_hold_is_refused() -> None:
    narrow = types.decimal(Unit.MONEY, 1, Fraction(0), Fraction(9))
    plan, tables = computed({"a": (MONEY, [])}, bind("x", Op("add", (Ref("a", MONEY), whole(1)), narrow)))
    with pytest.raises(EngineError, match="does not fit"):
        duckdb.run(plan, tables, PARAMS, ["x"])


def test_the_query_to_read() -> None:
    plan, _ = computed(
        {"amount": (MONEY, [])}, bind("x", branch((plans.test("ge", Ref("amount", MONEY), whole(5)), whole(1))))
    )
    text = duckdb.compile_sql(plan, PARAMS, ["x"])
    assert text.startswith('WITH "people" AS (')
    assert 'FROM "data"."people"' in text
    assert "ORDER BY" in text
