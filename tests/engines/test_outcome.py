"""What a run gives: its schema, its order, its faults as messages."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from unittest.mock import Mock

import pyarrow as pa
import pytest

from kpirules.engines import duckdb, reference
from kpirules.engines.exact import sides
from kpirules.engines.outcome import Engine, RunFault, RunStopped, values
from kpirules.plan.ir import OVER, Origin, Ref
from kpirules.source import SourceText
from kpirules.source.render import render_text
from kpirules.values import types
from kpirules.values.types import BOOL, DATE
from kpirules.values.units import Unit
from tests.engines import plans
from tests.engines.plans import MONEY, PARAMS, TEXT, bind, computed, div
from tests.helpers.outcomes import exact

ENGINES = [pytest.param(reference, id="reference"), pytest.param(duckdb, id="duckdb")]


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_and_types(engine: Engine) -> None:
    half = types.decimal(Unit.NUMBER, 1, Fraction(-1), Fraction(1))
    columns: plans.Columns = {
        "amount": (MONEY, [Fraction("1.5"), Fraction(2)]),
        "text": (TEXT, ["b", "a"]),
        "day": (DATE, [None, None]),
        "flag": (BOOL, [True, None]),
        "half": (half, [Fraction("0.5"), Fraction(0)]),
    }
    plan, tables = computed(columns, bind("q", div(Ref("amount", MONEY), Ref("half", half))))
    outcome = engine.run(plan, tables, PARAMS, ["q", "text", "day", "flag", "amount"])
    assert outcome.subjects.schema == pa.schema(
        [
            ("id", pa.string()),
            ("q", pa.decimal128(16, 2)),
            ("q$over", pa.decimal128(2, 1)),
            ("text", pa.string()),
            ("day", pa.date32()),
            ("flag", pa.bool_()),
            ("amount", pa.decimal128(16, 2)),
        ]
    )
    assert exact(outcome, "q") == [3, None]
    assert exact(outcome, "flag") == [True, None]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_subjects(engine: Engine) -> None:
    plan, tables = computed({"amount": (MONEY, [])}, bind("x", div(Ref("amount", MONEY), Ref("amount", MONEY))))
    outcome = engine.run(plan, tables, PARAMS, ["x"])
    assert outcome.subjects.num_rows == 0
    assert outcome.subjects.column_names == ["id", "x", "x$over"]


def test_sides_fit_where_the_lowest_terms_would_not() -> None:
    num = types.decimal(Unit.NUMBER, 1, Fraction(0), Fraction("0.7"))
    den = types.decimal(Unit.NUMBER, 0, Fraction(1), Fraction(3))
    kind = types.divide(num, den, Unit.NUMBER)
    for n in range(8):
        for d in range(1, 4):
            top, bottom = sides(Fraction(n, 10) / d, kind)
            assert top / bottom == Fraction(n, 10) / d
            assert kind.over is not None
            assert top <= kind.sides[0].bound
            assert bottom <= kind.over.bound


def test_a_fault_as_a_message() -> None:
    text = SourceText("pay.kpi", "define revenue =\n\n    sum(orders.amount)\n")
    origin = Origin("pay.kpi", 3, 5, 3, 23, "sum(orders.amount)")
    fault = RunFault("KPI701", "revenue", "sum", ("E1", None), origin, Fraction(10) ** 14, Fraction(0), Fraction("0.5"))
    stopped = RunStopped([fault], {"pay.kpi": text})
    for lang in ("en", "zh"):
        told = render_text(stopped.diagnostics, lang)
        for part in ("revenue", "E1", "pay.kpi:3:5", "100000000000000", "0.5", "^" * len("sum(orders.amount)")):
            assert part in told
    (alone,) = RunStopped([fault]).diagnostics
    assert alone.span is None


def test_a_subject_found_more_than_once_is_one_subject() -> None:
    once = RunFault("KPI705", "staff", "two", ("E1", "E1")).diagnostic()
    assert once.helps == ()
    (help_,) = RunFault("KPI705", "staff", "two", ("E1", "E1", "E2", "E2")).diagnostic().helps
    assert (help_.args["count"], help_.args["subjects"]) == (2, ["E1", "E2"])


def test_a_column_is_found_without_a_look_at_all_names() -> None:
    """One look for each of some thousands of columns is a look at millions of names."""
    divided = pa.table({"x": pa.array([Decimal(3), None]), "x" + OVER: pa.array([Decimal(2), None]), "y": ["a", "b"]})
    table = Mock(wraps=divided, schema=divided.schema, spec_set=["column", "schema", "num_rows"])
    assert values(table, "x") == [Fraction(3, 2), None]
    assert values(table, "y") == ["a", "b"]
