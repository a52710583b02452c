from __future__ import annotations

from fractions import Fraction

import pytest

from kpirules.compiling import compile_scheme
from kpirules.plan.ir import Case, Const, Op, Ref, Scalar
from kpirules.plan.text import kind, render, scalar
from kpirules.source import SourceText
from kpirules.values import types
from kpirules.values.rounding import Mode
from kpirules.values.types import BOOL, Type
from kpirules.values.units import Unit
from tests.engines.plans import START, add, branch, mul, whole
from tests.runs.project import SCHEME

A = Ref("a", types.decimal(Unit.NUMBER, 2, Fraction(0), Fraction(100)))
B = Ref("b", types.decimal(Unit.NUMBER, 0, Fraction(1), Fraction(9)))


def op(name: str, *args: Scalar) -> Op:
    return Op(name, args, BOOL)


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (add(A, mul(B, whole("0.5"))), "a + (b * 0.5)"),
        (mul(add(A, B), whole("1/3")), "(a + b) * 1/3"),
        (op("and", op("lt", A, B), op("not", op("is_missing", A))), "(a < b) and not(is_missing(a))"),
        (Op("round", (A,), A.type, 1), "round(a, 1)"),
        (Op("round", (A,), A.type, 0, Mode.EVEN), "round(a, 0, half even)"),
        (branch((op("eq", A, B), whole(1))), "case a = b then 1; else missing end"),
        (branch((op("eq", A, B), whole(1)), otherwise=whole(2)), "case a = b then 1; else 2 end"),
        (op("ge", START, START), "period_start >= period_start"),
        (Const("won", Type(Unit.TEXT)), '"won"'),
        (Const(value=False, type=BOOL), "false"),
        (Case((), None, BOOL), "case ; else missing end"),
    ],
)
def test_a_scalar_as_text(node: Scalar, text: str) -> None:
    assert scalar(node) == text


def test_a_type_as_text() -> None:
    assert kind(A.type) == "number(5,2)"
    assert kind(types.divide(A.type, B.type, Unit.NUMBER)) == "number(5,2)/(1,0)"
    assert kind(Type(Unit.TEXT, missing=True)) == "text?"


def test_every_step_binding_item_and_check_stands_in_the_plan() -> None:
    plan = compile_scheme(SourceText("shop.kpi", SCHEME)).plan
    text = render(plan)
    for nth, step in enumerate(plan.steps, 1):
        assert f"\n{nth}. {step.name}: " in text
        for binding in getattr(step, "bindings", ()):
            assert f"\n   {binding.name}: {kind(binding.type)} {binding.kind} = " in text
    assert all(f"\n   {item.kind} {item.name}" in text for item in plan.items)
    assert all(f"\n   {check.code} {check.item}: " in text for check in plan.checks)
    assert "weight 60%" in text
    assert text.splitlines()[:2] == [
        'scheme shop "Shop, quarterly", version 1.0, by quarter, CNY',
        "in force from 2025-01-01 to 2025-12-31",
    ]
