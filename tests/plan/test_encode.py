"""A plan goes to JSON and comes back the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.compiling import compile_scheme
from kpirules.plan.encode import FORMAT, from_json, to_json
from kpirules.plan.ir import Compute, Const, Op, Plan, Scalar, Value
from kpirules.source import SourceText
from kpirules.values.rounding import Mode
from kpirules.values.types import BOOL, DATE, Type, constant
from kpirules.values.units import Unit
from tests.engines import plans
from tests.plan.plan_schema import FILE, schema
from tests.runs.project import SCHEME

SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))


def through_json(plan: Plan) -> Plan:
    text = json.dumps(to_json(plan))
    data = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    return from_json(data)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_scheme(SourceText("shop.kpi", SCHEME)).plan


def holding(scalar: Scalar) -> Plan:
    """A plan whose one binding is worked out by a scalar."""
    result, _ = plans.computed({}, plans.bind("x", scalar))
    return result


def test_a_compiled_plan_comes_back_the_same(plan: Plan) -> None:
    assert through_json(plan) == plan


def test_a_chinese_plan_comes_back_the_same(plan: Plan) -> None:
    named = replace(plan, scheme="华东销售", title=None, effective=(date(2025, 1, 1), None), language="zh")
    assert through_json(named) == named


def test_the_schema_is_what_the_types_say() -> None:
    assert schema() == SCHEMA, "run `python -m tests.plan.plan_schema` and read what changed"


CONSTANTS: st.SearchStrategy[tuple[Value, Type]] = st.one_of(
    st.fractions(-(10**9), 10**9, max_denominator=10**9).map(lambda value_: (value_, constant(Unit.NUMBER, value_))),
    st.text().map(lambda value_: (value_, Type(Unit.TEXT))),
    st.booleans().map(lambda value_: (value_, BOOL)),
    st.dates().map(lambda value_: (value_, DATE)),
    st.just((None, Type(Unit.TEXT, missing=True))),
)


@given(CONSTANTS)
def test_a_constant_of_any_kind_comes_back_as_that_kind(constant_: tuple[Value, Type]) -> None:
    """A text that reads like a number or a date, and a bool beside 0 and 1, stay what they are."""
    plan = holding(Const(*constant_))
    step = through_json(plan).steps[-1]
    assert isinstance(step, Compute)
    result = step.bindings[0].expr
    assert isinstance(result, Const)
    assert (result.value, type(result.value)) == (constant_[0], type(constant_[0]))
    assert through_json(plan) == plan


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("places", [0, 2, -3])
def test_rounding_keeps_its_places_and_mode(mode: Mode, places: int) -> None:
    value = plans.whole("5/2")
    plan = holding(Op("round", (value,), value.type, places, mode))
    assert through_json(plan) == plan


def test_bounds_are_exact() -> None:
    kind = Type(Unit.RATIO, low=Fraction(1, 3), high=Fraction(10**37 + 1, 7))
    plan = holding(Const(Fraction(1), kind))
    assert through_json(plan) == plan


# ---------------------------------------------------------------- what is not a plan


def change(data: dict[str, Any], how: str) -> dict[str, Any]:
    match how:
        case "a later format":
            return {**data, "format": FORMAT + 1}
        case "no format":
            return {name: item for name, item in data.items() if name != "format"}
        case "a field less":
            return {name: item for name, item in data.items() if name != "steps"}
        case "a field more":
            return {**data, "extra": 1}
        case "another kind of step":
            return {**data, "steps": [{**data["steps"][0], "node": "window"}]}
        case "a number for a text":
            return {**data, "scheme": 1}
        case "a text for a list":
            return {**data, "steps": "staff"}
        case _:
            return {**data, "period": "week"}


@pytest.mark.parametrize(
    "how",
    [
        *("a later format", "no format", "a field less", "a field more", "another kind of step"),
        *("a number for a text", "a text for a list", "no such unit"),
    ],
)
def test_what_is_not_a_plan_is_refused_by_reader_and_schema(plan: Plan, how: str) -> None:
    data = change(json.loads(json.dumps(to_json(plan))), how)
    with pytest.raises(ValueError, match=r"plan|Unit"):
        from_json(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(data)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert Path(FILE).name == "plan.schema.json"
