"""Worked examples from public pages: each rule told as a scheme, each figure read from the file that collects them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from kpirules.compiling import compile_scheme
from kpirules.data.load import typed_tables
from kpirules.plan.ir import Value
from kpirules.runs.run import read_period
from kpirules.source import SourceText
from tests.samples.projects import Project, figures

HEADER = """
scheme example
    period   quarter
    currency USD
    rounding achievement 4, score 2, total 2, money 2

subject people
"""

Rows = list[dict[str, str]]
Pair = tuple[Value, Value]
"""A figure as worked out, and as the page has it."""


def worked(rules: str, tables: Mapping[str, Rows], *names: str) -> list[tuple[Value, ...]]:
    """Some figures of each row of `people`, in order of its key, the same on both engines."""
    compiled = compile_scheme(SourceText("example.kpi", HEADER + rules))
    frames = {name: pa.Table.from_pylist(rows) for name, rows in tables.items()}
    loaded = typed_tables(tuple(compiled.model.tables.values()), frames)
    project = Project(compiled, loaded, read_period("2025Q1", compiled.plan.period))
    values = figures(project.agreed(), project.plan)
    return [tuple(values[key][name] for name in names) for key in sorted(values)]


def number(text: object) -> Fraction:
    """`1.6%` or `1600`."""
    shown = str(text)
    return Fraction(shown[:-1]) / 100 if shown.endswith("%") else Fraction(shown)


def keyed(rows: Rows) -> Rows:
    return [{"id": f"{index:03}", **row} for index, row in enumerate(rows)]


# ---------------------------------------------------------------- slice by slice

SOLD = """
table people
    id   text key
    sold money

pay commission
    amount tiers sold
"""


def slices(tiers: str) -> Callable[[Any], list[Pair]]:
    """An example whose cases are `sold: paid`, each sale by a seller of its own."""

    def check(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
        people = keyed([{"sold": str(sold)} for sold in cases])
        values = worked(SOLD + tiers, {"people": people}, "commission")
        return [(got, number(paid)) for (got,), paid in zip(values, cases.values(), strict=True)]

    return check


def blended_rate(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    rules = """
table people
    id   text key
    sold money

define earned tiers sold
    up to 1_000 : 1%
    up to 5_000 : 2%
    above       : 3%
define blended = earned / sold or else 0%
"""
    values = worked(rules, {"people": keyed([{"sold": str(sold)} for sold in cases])}, "blended")
    return [(got, number(rate)) for (got,), rate in zip(values, cases.values(), strict=True)]


def accumulated_tier(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    rules = """
table people
    id    text key
    prior money
    sold  money

pay commission
    amount tiers sold from prior
        up to 150_000 : 4%
        up to 250_000 : 6%
        above         : 8%
"""
    people = keyed([{"prior": str(case["prior"]), "sold": str(case["new"])} for case in cases])
    values = worked(rules, {"people": people}, "commission")
    return [(got, number(case["pays"])) for (got,), case in zip(values, cases, strict=True)]


# ---------------------------------------------------------------- scores


def attainment(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    """A twelfth of the yearly target for each month, here the one month that has sales."""
    rules = """
table people
    id     text key
    yearly money

table sales
    sale_id text key
    id      text references people
    sold_on date period
    sold    money

indicator attainment
    actual  sum(sales.sold)
    target  yearly / 12
    missing exclude
    score   achievement * 100

scorecard all
    attainment 100%
"""
    people = keyed([{"yearly": "36000"} for _ in cases])
    sales = [
        {"id": person["id"], "sold_on": "2025-02-10", "sold": sold}
        for person, case in zip(people, cases, strict=True)
        for sold in case.split("+")
    ]
    sales = [{"sale_id": str(index), **sale} for index, sale in enumerate(sales)]
    values = worked(rules, {"people": people, "sales": sales}, "attainment.achievement")
    return [(got, number(shown)) for (got,), shown in zip(values, cases.values(), strict=True)]


def interpolation(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    rules = """
table people
    id      text key
    reached number(0) between 0 and 10_000

define payout curve reached
    620  : 50%
    1997 : 100%
    2400 : 150%
    3324 : 200%
    4000 : 300%
define shown = round(payout, 4)
"""
    values = worked(rules, {"people": keyed([{"reached": str(reached)} for reached in cases])}, "shown")
    return [(got, number(shown)) for (got,), shown in zip(values, cases.values(), strict=True)]


def weighted_appraisal(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    rules = """
table people
    id     text key
    first  number(0) between 0 and 5
    second number(0) between 0 and 5

indicator one
    actual first
    score  actual
indicator two
    actual second
    score  actual

scorecard all
    one 30%
    two 70%
"""
    values = worked(rules, {"people": keyed([{"first": "5", "second": "3"}])}, "total")
    return [(values[0][0], number(cases["total"]))]


def capped_ratio(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    """The indicator's points in the total are its score by its weight."""
    weight = cases[0]["weight"]
    rules = f"""
table people
    id      text key
    reached number(0) between 0 and 1_000
    planned number(0) between 1 and 1_000

indicator plan
    actual reached
    target planned
    score  achievement * 100, at most 100
indicator rest
    actual 0
    score  0

scorecard all
    plan {weight}
    rest 60%
"""
    assert all(case["weight"] == weight == "40%" for case in cases)
    people = keyed([{"reached": str(case["actual"]), "planned": str(case["target"])} for case in cases])
    values = worked(rules, {"people": people}, "total", "all/plan.points")
    return [
        pair
        for (total, points), case in zip(values, cases, strict=True)
        for pair in ((total, number(case["points"])), (points, number(case["points"])))
    ]


# ---------------------------------------------------------------- arithmetic


def prorated_quota(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    rules = """
table people
    id      text key
    started date
    yearly  money between 0 and 1_000_000

define first_quarter = yearly * 20% * months(started, 2023-04-01) / 3
define quota = round(first_quarter + yearly * 20% + yearly * 20% + yearly * 40%, 0)
"""
    people = keyed([{"started": str(started), "yearly": "100000"} for started in cases])
    values = worked(rules, {"people": people}, "quota")
    return [(got, number(quota)) for (got,), quota in zip(values, cases.values(), strict=True)]


def wrong_in_print(cases: Any) -> list[Pair]:  # noqa: ANN401  # as the example has it
    rules = """
table people
    id    text key
    base  money
    extra money
    taken money

pay net
    amount base + extra - taken
"""
    people = keyed([{"base": "21000", "extra": "2100", "taken": "14175"}])
    values = worked(rules, {"people": people}, "net")
    assert values[0][0] != number(cases["printed"])
    return [(values[0][0], number(cases["right"]))]


COVERED: Mapping[str, Callable[[Any], list[Pair]]] = {
    "step-tiers": slices("""
        up to 1_000  : 1%
        up to 3_000  : 2%
        up to 8_000  : 3%
        up to 20_000 : 5%
        above        : 5%
"""),
    "blended-rate": blended_rate,
    "attainment": attainment,
    "accumulated-tier": accumulated_tier,
    "quota-tiers": slices("""
        up to 100_000 : 5%
        up to 125_000 : 6%
        above         : 7%
"""),
    "marginal": slices("""
        up to 300_000 : 3%
        up to 600_000 : 5%
        above         : 7%
"""),
    "interpolation": interpolation,
    "prorated-quota": prorated_quota,
    "weighted-appraisal": weighted_appraisal,
    "capped-ratio": capped_ratio,
    "wrong-in-print": wrong_in_print,
}
LATER = {"recoverable-draw": "takes off what closed runs have paid, which needs runs of earlier periods"}


@pytest.fixture(scope="module")
def examples(acceptance: Path) -> dict[str, Any]:
    """The cases of each example, by its id; sources and rules are prose, and not all of it is YAML."""
    lines = (acceptance / "worked-examples.yaml").read_text(encoding="utf-8").splitlines()
    listed = yaml.safe_load("\n".join(line for line in lines if not line.startswith(("  source:", "  rule:"))))
    return {example["id"]: example["cases"] for example in listed}


def test_none_is_forgotten(examples: dict[str, Any]) -> None:
    assert examples.keys() == COVERED.keys() | LATER.keys()
    assert not COVERED.keys() & LATER.keys()


@pytest.mark.parametrize("example", COVERED)
def test_figures(examples: dict[str, Any], example: str) -> None:
    pairs = COVERED[example](examples[example])
    assert pairs
    for got, wanted in pairs:
        assert got == wanted
