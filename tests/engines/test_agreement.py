"""DuckDB gives what the reference engine gives, digit for digit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Outcome
from kpirules.plan.ir import (
    Binding,
    Check,
    Compute,
    Filter,
    Gather,
    InForce,
    Measure,
    Op,
    Plan,
    Ref,
    Value,
)
from kpirules.plan.reading import placed
from kpirules.values import groups, types
from kpirules.values.types import BOOL, DATE
from tests.engines import plans
from tests.engines.expressions import columns, expressions
from tests.engines.plans import COUNT, END, MONEY, PARAMS, START, TEXT, bind, computed, div, rounded, scan, whole
from tests.helpers.outcomes import exact

LARGE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


def same(got: Outcome, want: Outcome, names: Sequence[str]) -> None:
    """Every figure is the same number, not about the same."""
    for name in names:
        assert exact(got, name) == exact(want, name), name
    assert _told(got) == _told(want)
    assert got.faults == want.faults


def _told(outcome: Outcome) -> list[str]:
    """The rows that count for nobody, in any order and wherever they stand in their table."""
    tables = outcome.others.values()
    return sorted(str(row) for rows in tables for row in rows.drop_columns("row").to_pylist())


@settings(max_examples=60, suppress_health_check=LARGE)
@given(st.data())
def test_random_scalars(data: st.DataObject) -> None:
    drawn = data.draw(columns())
    schema = {name: kind for name, (kind, _) in drawn.items()}
    bindings: list[Binding] = []
    for nth in range(4):
        guard = data.draw(st.sampled_from([None, None, "b"]))
        binding = bind(f"x{nth}", data.draw(expressions(schema)), guard)
        bindings.append(binding)
        schema[binding.name] = binding.type
    plan, tables = computed(drawn, *bindings)
    names = ["id", *(binding.name for binding in bindings)]
    same(duckdb.run(plan, tables, PARAMS, names), reference.run(plan, tables, PARAMS, names), names)


# ---------------------------------------------------------------- relations

PEOPLE = ("E1", "E2", "E3")
BEGINS, ENDS = Ref("begins", DATE), Ref("ends", DATE.maybe())


def scored() -> Plan:
    """Orders of the period, each owned by whoever held the post on that day, summed and set against a base."""
    people = {"id": (TEXT, ()), "begins": (DATE, ()), "ends": (DATE.maybe(), ()), "base": (MONEY.maybe(), ())}
    orders = {
        "staff": (TEXT.maybe(), ()),
        "day": (DATE.maybe(), ()),
        "amount": (MONEY.maybe(), ()),
        "won": (BOOL.maybe(), ()),
        "kind": (TEXT.maybe(), ()),
    }
    total = groups.total(MONEY)
    measures = (
        Measure("sum", "sum", "amount", "won", total, "orders"),
        Measure("rows", "count", None, None, COUNT, "orders"),
        Measure("there", "count", "amount", "won", COUNT, "orders"),
        Measure("least", "min", "amount", None, MONEY.maybe(), "orders"),
        Measure("last", "max", "day", "won", DATE.maybe(), "orders"),
        Measure("first_kind", "min", "kind", None, TEXT.maybe(), "orders"),
        Measure("any", "any", "won", None, BOOL.maybe(), "orders"),
    )
    day, revenue, base = Ref("day", DATE.maybe()), Ref("sum", total.maybe()), Ref("base", MONEY.maybe())
    share = div(revenue, base)
    mean = div(revenue, Ref("there", COUNT.maybe()))
    twice = plans.test("gt", Op("coalesce", (Ref("rows", COUNT.maybe()), whole(0)), COUNT), whole(2))
    return plans.plan(
        scan("people", people),
        placed(scan("orders", orders)),
        Filter("in period", "orders", plans.test("and", plans.test("ge", day, START), plans.test("le", day, END))),
        Gather(
            "owned",
            "in period",
            "people",
            (("staff", "id"),),
            {"owner": "id"},
            in_force=InForce("day", "day", "begins", "ends"),
        ),
        Filter("of nobody", "owned", Op("is_missing", (Ref("owner", TEXT.maybe()),), BOOL)),
        Filter("here", "people", plans.test("le", BEGINS, END)),
        Gather("with sums", "here", "owned", (("id", "owner"),), measures=measures),
        Compute(
            "final",
            "with sums",
            (
                bind("share", share),
                bind("paid", rounded(share, 4)),
                bind("mean", rounded(mean, 2)),
                bind("many", twice),
            ),
        ),
        checks=(Check("many", "KPI703", "item", None),),
        others=(plans.OF_NOBODY,),
    )


DAYS = st.dates(date(2024, 12, 1), date(2025, 4, 30))
AMOUNTS = st.integers(-500, 500).map(lambda n: Fraction(n, 4))
PERSON = st.tuples(st.sampled_from(PEOPLE), DAYS, st.none() | DAYS, st.none() | AMOUNTS)
ORDER = st.tuples(
    st.none() | st.sampled_from((*PEOPLE, "E9", "e1")),
    st.none() | DAYS,
    st.none() | AMOUNTS,
    st.none() | st.booleans(),
    st.none() | st.sampled_from(("a", "B", "销售")),
)


@settings(max_examples=60)
@given(st.lists(PERSON, max_size=4, unique_by=lambda row: row[0]), st.lists(ORDER, max_size=20), st.randoms())
def test_random_relations(people: list[tuple[Value, ...]], orders: list[tuple[Value, ...]], chance: Random) -> None:
    plan = scored()
    names = ["id", "sum", "rows", "there", "least", "last", "first_kind", "any", "share", "paid", "mean"]
    outcomes = []
    for run in (reference.run, duckdb.run, duckdb.run):
        tables = {
            "people": plans.table(_columns(("id", "begins", "ends", "base"), (TEXT, DATE, DATE, MONEY), people)),
            "orders": plans.table(
                _columns(("staff", "day", "amount", "won", "kind"), (TEXT, DATE, MONEY, BOOL, TEXT), orders)
            ),
        }
        outcomes.append(run(plan, tables, PARAMS, names[1:]))
        chance.shuffle(orders)
        chance.shuffle(people)
    same(outcomes[1], outcomes[0], names)
    same(outcomes[2], outcomes[0], names)
    for nth, key in enumerate(exact(outcomes[0], "id")):
        alone = reference.trace(plan, tables, PARAMS, key).values
        assert [alone[name] for name in names] == [exact(outcomes[0], name)[nth] for name in names]


def _columns(
    names: Sequence[str], kinds: Sequence[types.Type], rows: Sequence[tuple[Value, ...]]
) -> dict[str, tuple[types.Type, list[Value]]]:
    return {name: (kind, [row[nth] for row in rows]) for nth, (name, kind) in enumerate(zip(names, kinds, strict=True))}
