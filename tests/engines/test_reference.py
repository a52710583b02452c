"""What scalars and steps mean, said by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from kpirules.engines import duckdb, reference
from kpirules.engines.bulk import Bulk
from kpirules.engines.outcome import Engine, RunStopped
from kpirules.engines.reference.own import own_rows, steps_of
from kpirules.plan.ir import (
    Case,
    Check,
    Compute,
    Const,
    Filter,
    Gather,
    InForce,
    Measure,
    Op,
    Param,
    Plan,
    Ref,
    Scalar,
    Value,
)
from kpirules.plan.reading import placed
from kpirules.values import groups, types
from kpirules.values.types import BOOL, DATE
from kpirules.values.units import Unit
from tests.engines import plans
from tests.engines.plans import (
    COUNT,
    MONEY,
    PARAMS,
    TEXT,
    add,
    bind,
    branch,
    computed,
    const,
    div,
    mul,
    rounded,
    scan,
    whole,
)
from tests.helpers.outcomes import exact

if TYPE_CHECKING:
    import pyarrow as pa

ENGINES = [pytest.param(reference, id="reference"), pytest.param(duckdb, id="duckdb")]
NOTHING = Const(None, MONEY.maybe())
SMALL = types.decimal(Unit.NUMBER, 0, Fraction(-10_000), Fraction(10_000))


def value_of(engine: Engine, scalar: Scalar) -> Value:
    """What a scalar without columns comes to."""
    plan, tables = computed({}, bind("x", scalar))
    (value,) = exact(engine.run(plan, tables, PARAMS, ["x"]), "x")
    return value


def months(a: str, b: str) -> Op:
    return Op("months", (const(date.fromisoformat(a)), const(date.fromisoformat(b))), SMALL)


def at_least(a: Scalar, bound: Scalar) -> Op:
    return Op("at_least", (a, bound), types.limit(a.type, bound.type, Unit.NUMBER, at_most=False))


def last_day(text: str, unit: Unit) -> Op:
    period = types.Type(unit)
    return Op("last_day", (Const(date.fromisoformat(text), period),), DATE)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        (mul(plans.sub(whole(10), whole(4)), whole(2)), Fraction(12)),
        (plans.sub(whole(10), plans.sub(whole(4), whole(2))), Fraction(8)),
        (div(whole(1), div(whole(2), whole(3))), Fraction(3, 2)),
        (div(whole(1), whole(-3)), Fraction(-1, 3)),
        (div(whole(1), whole(0)), None),
        (add(div(whole(1), whole(3)), div(whole(1), whole(6))), Fraction(1, 2)),
        (rounded(div(whole(-1), whole(8)), 2), Fraction(-13, 100)),
        (rounded(mul(mul(whole("10000.05"), whole("0.6")), div(whole(45), whole(90))), 2), Fraction("3000.02")),
        (rounded(div(whole(-7), whole(2)), 0, "floor"), Fraction(-4)),
        (rounded(div(whole(-7), whole(2)), 0, "ceil"), Fraction(-3)),
        (rounded(div(whole(-7), whole(5)), 0, "truncate"), Fraction(-1)),
        (rounded(div(whole(-7), whole(5)), 0, "extend"), Fraction(-2)),
        (rounded(div(whole(7), whole(5)), 0, "truncate"), Fraction(1)),
        (rounded(div(whole(7), whole(5)), 0, "extend"), Fraction(2)),
        (rounded(whole("-0.5"), 0, "truncate"), Fraction(0)),
        (rounded(whole("-0.5"), 0, "extend"), Fraction(-1)),
        (months("2024-01-31", "2024-02-29"), Fraction(1)),
        (months("2024-01-30", "2024-02-28"), Fraction(0)),
        (months("2024-01-31", "2024-03-31"), Fraction(2)),
        (months("2024-03-15", "2024-01-20"), Fraction(-1)),
        (months("2024-03-15", "2024-01-15"), Fraction(-2)),
        (Op("days", (const(date(2024, 2, 28)), const(date(2024, 3, 1))), SMALL), Fraction(2)),
        (Op("half", (const(date(2024, 7, 1)),), SMALL), Fraction(2)),
        (Op("day", (const(date(2024, 7, 31)),), SMALL), Fraction(31)),
        (Op("weekday", (const(date(2024, 9, 1)),), SMALL), Fraction(7)),
        (Op("first_day", (const(date(2024, 6, 30)), whole(6)), DATE), date(2024, 1, 1)),
        (Op("first_day", (const(date(2024, 6, 30)), whole(3)), DATE), date(2024, 4, 1)),
        (Op("add_days", (const(date(2024, 2, 29)), whole(366)), DATE.maybe()), date(2025, 3, 1)),
        (Op("add_months", (const(date(2024, 3, 31)), whole(-1)), DATE.maybe()), date(2024, 2, 29)),
        (Op("add_days", (const(date.max), whole(1)), DATE.maybe()), None),
        (Op("add_months", (const(date.min), whole(-(10**12))), DATE.maybe()), None),
        (Op("quarter", (const(date(2024, 6, 30)),), SMALL), Fraction(2)),
        (Op("joined", (const("a"), Const(None, TEXT.maybe()), const("b")), TEXT.maybe()), "a, b"),
        (Op("joined", (Const(None, TEXT.maybe()), Const(None, TEXT.maybe())), TEXT.maybe()), None),
        (last_day("2024-01-01", Unit.QUARTER), date(2024, 3, 31)),
        (last_day("2024-02-01", Unit.MONTH), date(2024, 2, 29)),
        (last_day("2024-07-01", Unit.HALF), date(2024, 12, 31)),
        (last_day("2024-01-01", Unit.YEAR), date(2024, 12, 31)),
        (Op("later", (Param("period_start", DATE), const(date(2024, 5, 5))), DATE), date(2025, 1, 1)),
        (Op("coalesce", (NOTHING, whole(7)), MONEY), Fraction(7)),
        (Op("add", (NOTHING, whole(7)), MONEY.maybe()), None),
        (
            div(
                whole(1),
                Op("abs", (Const(None, types.constant(Unit.NUMBER, Fraction(1)).maybe()),), whole(1).type.maybe()),
            ),
            None,
        ),
        (Op("at_most", (NOTHING, whole(7)), MONEY.maybe()), None),
        (at_least(div(whole(1), whole(3)), whole("0.3")), Fraction(1, 3)),
        (plans.test("lt", div(whole(799_996), whole(1_000_000)), whole("0.8")), True),
        (plans.test("in", div(whole(4), whole(5)), whole(1), whole("0.8")), True),
        (plans.test("is_missing", div(whole(1), whole(0))), True),
        (branch((Op("eq", (NOTHING, whole(1)), BOOL.maybe()), whole(1)), otherwise=whole(2)), Fraction(2)),
        (branch((const(value=False), whole(1))), None),
        (Case((), const("a"), TEXT), "a"),
    ],
)
def test_scalars(engine: Engine, scalar: Scalar, value: Value) -> None:
    assert value_of(engine, scalar) == value


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_worked_out_under_a_guard_that_does_not_hold(engine: Engine) -> None:
    amount, open_ = Ref("amount", MONEY), Ref("open", BOOL)
    # The type holds only where the guard does: a value past it would stop the run.
    narrow = types.decimal(Unit.MONEY, 2, Fraction(0), Fraction(9))
    quotient = div(Op("mul", (amount, whole(1)), narrow), Op("abs", (Op("mul", (amount, whole(3)), narrow),), narrow))
    plan, tables = computed(
        {"amount": (MONEY, [Fraction(2), Fraction(10) ** 13]), "open": (BOOL, [True, False])},
        bind("guarded", rounded(quotient, 2), "open"),
        bind("taken", branch((open_, rounded(quotient, 2)), otherwise=whole(5))),
    )
    outcome = engine.run(plan, tables, PARAMS, ["guarded", "taken"])
    assert exact(outcome, "guarded") == [Fraction(33, 100), None]
    assert exact(outcome, "taken") == [Fraction(33, 100), Fraction(5)]


# ---------------------------------------------------------------- relations


def sales() -> tuple[Plan, dict[str, pa.Table]]:
    """Orders credited to whoever was in post on the day."""
    people: plans.Columns = {
        "id": (TEXT, ["b", "a"]),
        "begins": (DATE, [date(2025, 1, 1), date(2025, 2, 1)]),
        "ends": (DATE.maybe(), [date(2025, 1, 31), None]),
    }
    orders: plans.Columns = {
        "order": (TEXT, ["1", "2", "3", "4", "5"]),
        "staff": (TEXT.maybe(), ["b", "b", "a", "a", None]),
        "day": (DATE, [date(2025, 1, 31), date(2025, 2, 1), date(2025, 2, 1), date(2025, 3, 5), date(2025, 3, 5)]),
        "amount": (MONEY, [Fraction(n) for n in (10, 20, 30, -5, 50)]),
    }
    big = plans.test("gt", Ref("amount", MONEY), whole(0))
    sums = groups.total(MONEY)
    measures = (
        Measure("sum", "sum", "amount", None, sums, "revenue"),
        Measure("gains", "count", None, "big", COUNT, "revenue"),
        Measure("rows", "count", None, None, COUNT, "revenue"),
    )
    plan = plans.plan(
        scan("people", people),
        placed(scan("orders", orders)),
        Compute("with flags", "orders", (bind("big", big),)),
        Filter("in period", "with flags", plans.test("ge", Ref("day", DATE), plans.START)),
        Gather(
            "owned",
            "in period",
            "people",
            (("staff", "id"),),
            {"owner": "id"},
            in_force=InForce("day", "day", "begins", "ends"),
        ),
        Filter("of nobody", "owned", Op("is_missing", (Ref("owner", TEXT.maybe()),), BOOL)),
        Gather("with sums", "people", "owned", (("id", "owner"),), measures=measures),
        Compute("final", "with sums", (bind("bad", plans.test("lt", Ref("sum", sums), whole(20))),)),
        checks=(Check("bad", "KPI704", "revenue", None),),
        others=(plans.OF_NOBODY,),
    )
    return plan, {"people": plans.table(people), "orders": plans.table(orders)}


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_go_to_whoever_was_in_post(engine: Engine) -> None:
    plan, tables = sales()
    outcome = engine.run(plan, tables, PARAMS, ["sum", "gains"])
    assert exact(outcome, "id") == ["a", "b"]
    assert exact(outcome, "sum") == [25, 10]
    assert exact(outcome, "gains") == [1, 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_of_nobody_are_told_by_their_places(engine: Engine) -> None:
    plan, tables = sales()
    result = engine.run(plan, tables, PARAMS, []).uncredited
    assert {table: rows.to_pylist() for table, rows in result.items()} == {
        "orders": [
            {"row": 1, "subject": "b", "day": date(2025, 2, 1)},
            {"row": 4, "subject": None, "day": date(2025, 3, 5)},
        ]
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_check_names_its_subjects(engine: Engine) -> None:
    plan, tables = sales()
    (fault,) = engine.run(plan, tables, PARAMS, []).faults
    assert (fault.code, fault.item, fault.binding, fault.subjects) == ("KPI704", "revenue", "bad", ("b",))


@pytest.mark.parametrize("engine", [reference, Bulk()])
def test_a_sum_past_its_bound_stops_the_run(engine: Engine) -> None:
    plan, tables = sales()
    most = types.most(2)
    amounts = [most, most, most, Fraction("0.01"), Fraction(1)]
    tables["orders"] = tables["orders"].set_column(3, "amount", plans.column(MONEY, amounts))
    with pytest.raises(RunStopped) as stopped:
        engine.run(plan, tables, PARAMS, ["sum"])
    (fault,) = stopped.value.faults
    assert (fault.code, fault.item, fault.binding, fault.subjects) == ("KPI701", "revenue", "sum", ("a", None))
    assert fault.value == 10**14
    assert (fault.low, fault.high) == (-most, most)


# ---------------------------------------------------------------- one subject


def test_a_trace_has_every_value_and_the_rows_that_made_it() -> None:
    plan, tables = sales()
    traced = reference.trace(plan, tables, PARAMS, "a")
    assert traced.values["sum"] == 25
    assert traced.values["bad"] is False
    assert [row["order"] for row in traced.contributions["sum"]] == ["3", "4"]
    assert [row["order"] for row in traced.contributions["gains"]] == ["3"]
    assert set(traced.contributions) == {"sum", "gains", "rows"}


def test_a_trace_equals_the_run() -> None:
    plan, tables = sales()
    outcome = reference.run(plan, tables, PARAMS, ["sum", "gains", "rows", "bad"])
    for nth, key in enumerate(exact(outcome, "id")):
        traced = reference.trace(plan, tables, PARAMS, key)
        for name in ("sum", "gains", "rows", "bad"):
            assert traced.values[name] == exact(outcome, name)[nth]


def test_a_trace_reads_the_rows_of_its_subject_only() -> None:
    plan, tables = sales()
    read = own_rows(plan, tables, PARAMS, ["a"])
    assert read["orders"].column("order").to_pylist() == ["3", "4"]
    assert read["people"].column("id").to_pylist() == ["a"]
    assert "of nobody" not in [step.name for step in steps_of(plan)]
    # in post until the end of January: not the order of February that names `b`
    assert own_rows(plan, tables, PARAMS, ["b"])["orders"].column("order").to_pylist() == ["1"]


def test_a_trace_reads_what_both_readers_of_a_relation_need() -> None:
    """The rows of a lookup are read by it and by a sum of all: none of them is left out."""
    people: plans.Columns = {"id": (TEXT, ["a", "b"]), "rank": (TEXT, ["x", "y"])}
    rates: plans.Columns = {"of": (TEXT, ["x", "y"]), "rate": (MONEY, [Fraction(1), Fraction(2)])}
    sums = groups.total(MONEY)
    of_all = Measure("sum", "sum", "rate", None, sums, "rates")
    plan = plans.plan(
        scan("people", people),
        scan("rates", rates),
        Gather("with rate", "people", "rates", (("rank", "of"),), {"rate": "rate"}),
        Compute("with one", "rates", (bind("one", whole(1)),)),
        Compute("and one", "with rate", (bind("first", whole(1)),)),
        Gather("final", "and one", "with one", (("first", "one"),), measures=(of_all,)),
    )
    tables = {"people": plans.table(people), "rates": plans.table(rates)}
    values = reference.trace(plan, tables, PARAMS, "b").values
    assert (values["rate"], values["sum"]) == (2, 3)


def test_a_trace_follows_a_path_of_references() -> None:
    customers: plans.Columns = {"customer": (TEXT, ["x", "y", "z"]), "rep": (TEXT, ["a", "b", "a"])}
    visits: plans.Columns = {"visit": (TEXT, ["1", "2", "3", "4"]), "to": (TEXT, ["x", "y", "z", "y"])}
    people: plans.Columns = {"id": (TEXT, ["a", "b"])}
    rows = Measure("rows", "count", None, None, COUNT, "visits")
    plan = plans.plan(
        scan("people", people),
        scan("customers", customers),
        scan("visits", visits),
        Gather("with rep", "visits", "customers", (("to", "customer"),), {"rep": "rep"}),
        Gather("final", "people", "with rep", (("id", "rep"),), measures=(rows,)),
    )
    tables = {"people": people, "customers": customers, "visits": visits}
    traced = reference.trace(plan, {name: plans.table(item) for name, item in tables.items()}, PARAMS, "a")
    assert traced.values == {"id": "a", "rows": 2}
    assert [row["visit"] for row in traced.contributions["rows"]] == ["1", "3"]


def test_nobody_of_that_key() -> None:
    plan, tables = sales()
    with pytest.raises(KeyError):
        reference.trace(plan, tables, PARAMS, "c")
