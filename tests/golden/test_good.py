"""Schemes that run, and their frozen results.

What is frozen is written anew by `python -m tests.golden.reset`; read the difference before it is committed.
"""

from __future__ import annotations

import csv
from fractions import Fraction

import pyarrow as pa
import pytest

from kpirules.values.rounding import rounded
from kpirules.values.types import RECORDED_PLACES
from tests.golden.cases import Good, good_cases
from tests.helpers.outcomes import exact
from tests.samples.projects import bindings

FIGURES = ("actual", "target", "achievement", "score", "effective_weight", "points", "value")

cases = pytest.mark.parametrize("case", good_cases(), ids=lambda case: case.folder.name)


@cases
def test_frozen(case: Good) -> None:
    for path, text in case.frozen():
        assert path.exists(), f"{path} is missing: run `python -m tests.golden.reset`"
        assert path.read_bytes().decode() == text, f"{path} is stale: run `python -m tests.golden.reset`"


@cases
def test_both_engines_agree_and_so_do_both_languages(case: Good) -> None:
    english, chinese = case.project("en"), case.project("zh")
    ours, theirs = english.agreed(), chinese.agreed()
    for name, other in zip(bindings(english.plan), bindings(chinese.plan), strict=True):
        left, right = exact(ours, name), exact(theirs, other)
        if ours.subjects.schema.field(name).type == pa.string():
            left, right = [value is None for value in left], [value is None for value in right]
        assert left == right, (name, other)
    if "grade" in bindings(english.plan):
        assert exact(ours, "grade") == exact(theirs, "grade")


@cases
def test_figures_worked_out_by_hand(case: Good) -> None:
    with (case.folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = {(row["key"], row["item"]): row for row in csv.DictReader(file)}
    figures = {(row["key"], row["item"]): row for row in case.project("en").result().items.to_pylist()}
    assert figures.keys() == expected.keys()
    for place, row in expected.items():
        for name in (figure for figure in FIGURES if figure in row):
            wanted = rounded(Fraction(row[name]), RECORDED_PLACES) if row[name] else None
            got = figures[place][name]
            assert (None if got is None else Fraction(got)) == wanted, (place, name, row["how"])
        assert (figures[place]["text"] or "") == row["text"], (place, row["how"])
