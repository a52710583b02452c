"""A million rows go through DuckDB in seconds: none passes through Python."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.engines import duckdb
from kpirules.plan.ir import Compute, Gather, Measure, Ref, Scan
from kpirules.values import groups
from kpirules.values.types import BOOL
from tests.engines import plans
from tests.engines.plans import MONEY, PARAMS, TEXT, bind, div, rounded, whole
from tests.helpers.outcomes import exact

ROWS, PEOPLE = 1_000_000, 1_000


def test_a_million_orders() -> None:
    number = pa.array(range(ROWS))
    staff = pc.subtract(number, pc.multiply(pc.divide(number, PEOPLE), PEOPLE)).cast(pa.string())
    amount = pc.multiply(number.cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.01"))).cast(pa.decimal128(16, 2))
    tables = {
        "orders": pa.table({"staff": staff, "amount": amount, "won": pc.greater_equal(number, ROWS // 2)}),
        "people": pa.table({"id": [str(nth) for nth in range(PEOPLE)]}),
    }
    sums = groups.total(MONEY)
    summed = Measure("sum", "sum", "amount", "won", sums, "item")
    plan = plans.plan(
        Scan("orders", "orders", {"staff": ("staff", TEXT), "amount": ("amount", MONEY), "won": ("won", BOOL)}),
        Scan("people", "people", {"id": ("id", TEXT)}),
        Gather("joined", "people", "orders", (("id", "staff"),), measures=(summed,)),
        Compute("final", "joined", (bind("third", rounded(div(Ref("sum", sums), whole(3)), 2)),)),
    )
    start = time.process_time()
    outcome = duckdb.run(plan, tables, PARAMS, ["sum", "third"])
    assert time.process_time() - start < 5
    # Person p has the orders p, p + 1000, …: of the later half, 500 from 500_000 + p on.
    want = {str(p): Fraction(500 * (500_000 + p) + 1000 * sum(range(500)), 100) for p in range(PEOPLE)}
    assert dict(zip(exact(outcome, "id"), exact(outcome, "sum"), strict=True)) == want
    assert exact(outcome, "third")[0] == Fraction(round(want["0"] * 100 / 3), 100)
