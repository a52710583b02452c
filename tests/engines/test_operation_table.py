"""Every operation has its words, its type, its values where nothing is there, and one lowering in each engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import pytest

from kpirules.engines.reference import measures as reference_measures
from kpirules.engines.reference import scalars as reference_scalars
from kpirules.engines.sql import measures as sql_measures
from kpirules.engines.sql import scalars as sql_scalars
from kpirules.plan.ir import Op
from kpirules.source import catalogue
from kpirules.syntax import words
from kpirules.values.operation_table import AGGREGATES, FUNCTIONS, WRITTEN, Counts, Takes
from kpirules.values.units import Unit
from tests.docs.test_reference import LATER
from tests.helpers.schemes import ORDERS, figures, scheme, told

ENGINES: dict[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
    "reference": (reference_measures.MEASURES, reference_scalars.OPERATORS),
    "sql": (sql_measures.MEASURES, sql_scalars.OPERATORS),
}
MEASURES = {measure for aggregate in AGGREGATES.values() for measure in aggregate.measures}
PEOPLE = """
    table staff
        staff_id text key
        figure   integer between 0 and 10 optional
        day      date optional
        other    date
    subject staff
"""
NOBODY = {"staff": [("E1", "", "", "2025-01-31")]}
NO_ROWS = {"staff": [("E1", "AE", "1000")], "orders": []}
OF_NO_ROWS = {"sum": 0, "count": 0, "count distinct": 0, "any": False, "all": True}
"""What is there of no rows; every other aggregate is missing."""
COUNTED = {
    Counts.ROWS: "orders",
    Counts.VALUES: "orders.status",
    Counts.CONDITIONS: "orders.amount > 0",
    Counts.ORDERED: "orders.amount",
    Counts.FIGURES: "orders.amount",
}
GIVEN = {Takes.FIGURE: "figure", Takes.ROUNDED: "figure, 1", Takes.ALIKE: "figure, 3", Takes.MOVED: "day, 1"}


def test_every_function_of_the_words_has_its_record() -> None:
    assert AGGREGATES.keys() | FUNCTIONS.keys() == words.table()["function"].keys() - LATER
    assert WRITTEN.keys().isdisjoint(AGGREGATES.keys() | FUNCTIONS.keys())


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_has_a_lowering_of_each_measure_and_operator(engine: str) -> None:
    measures, operators = ENGINES[engine]
    assert measures.keys() == MEASURES
    made_of = {name: function.operators or (name,) for name, function in (FUNCTIONS | WRITTEN).items()}
    assert {name for parts in made_of.values() for name in parts} <= operators.keys()
    rows = re.findall(r"^    \| (`.*?`) \|", Op.__doc__ or "", re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == operators.keys()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_plan_has_a_word_for_each_measure(language: str) -> None:
    assert all(catalogue.word(f"plan_{measure}", language) for measure in MEASURES)


@pytest.mark.parametrize("name", AGGREGATES)
def test_an_aggregate_of_no_rows(name: str) -> None:
    text = scheme(ORDERS, f"define x = {name}({COUNTED[AGGREGATES[name].counts]})")
    assert figures(text, NO_ROWS)["x"] == OF_NO_ROWS.get(name)
    assert AGGREGATES[name].of_no_rows == OF_NO_ROWS.get(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_what_is_missing(name: str) -> None:
    function = FUNCTIONS[name]
    given = GIVEN.get(function.takes) or ", ".join(["day", "other"][: function.least])
    text = scheme(f"define x = {name}({given})", staff=PEOPLE)
    if function.takes is Takes.ALIKE:
        assert told(text) == [("KPI402", "figure")]
        return
    assert figures(text, NOBODY)["x"] is None
    bound = "2025-01-01" if function.unit is Unit.DATE else "0"
    assert told(f"{text}\noutcome o when x > {bound}") == [("KPI402", "x")]


@pytest.mark.parametrize("name", [name for name, item in FUNCTIONS.items() if item.takes is Takes.DATES])
@pytest.mark.parametrize("day", ["0001-01-01", "2024-02-29", "9999-12-31"])
def test_what_a_function_of_dates_gives_is_of_its_type(name: str, day: str) -> None:
    """A number past the bounds of its type would end the run."""
    function = FUNCTIONS[name]
    days = ["day", "other"][: function.least]
    text = scheme(f"define x = {name}({', '.join(days)})", staff=PEOPLE)
    value = figures(text, {"staff": [("E1", "", day, "2025-01-31")]})["x"]
    assert isinstance(value, Fraction) == (function.unit is not None and function.unit.numeric)
