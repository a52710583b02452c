"""What figures are: each differs from all others of its relation, and so does its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from kpirules.compiling import compile_scheme
from kpirules.plan.ir import Compute, Ident, Plan
from kpirules.source import Fault, SourceText
from tests.plan.small import HEAD, small_scheme


def _plans(count: int) -> Iterator[Plan]:
    """Plans of generated schemes, those that are refused left out."""
    for seed in range(count):
        try:
            yield compile_scheme(SourceText("small.kpi", HEAD + small_scheme(Random(seed)))).plan  # noqa: S311  # tests
        except Fault:
            continue


def test_figures_differ_where_their_names_do() -> None:
    compared = 0
    for plan in _plans(40):
        figures: dict[str, dict[str, Ident]] = {}
        for step in plan.steps:
            if isinstance(step, Compute):
                for binding in step.bindings:
                    named = figures.setdefault(binding.ident.relation, {})
                    assert named.setdefault(binding.name, binding.ident) == binding.ident
                    compared += 1
        for named in figures.values():
            assert len({*named.values()}) == len(named)
    assert compared > 500


@pytest.mark.parametrize(
    "other",
    [
        {"item": "orders"},
        {"part": "target"},
        {"interval": "previous period"},
        {"step": 1},
        {"step": "present"},
        {"within": "card"},
    ],
)
def test_a_figure_of_another_kind_has_another_name(other: dict[str, object]) -> None:
    figure = Ident("revenue", "actual")
    assert replace(figure, **other).name != figure.name  # type: ignore[arg-type]


def test_what_rows_read_of_themselves_is_named_by_their_relation() -> None:
    rows = Ident("orders", "row", "orders of 2025", step=1)
    assert replace(rows, relation="orders of 2024").name != rows.name
