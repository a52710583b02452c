"""A million order lines through the whole run path: file, contract, plan, DuckDB, results."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from kpirules.compiling import compile_scheme, read_source
from kpirules.data.bindings import load_bindings
from kpirules.data.load import read_tables
from kpirules.runs.run import read_period, run_scheme
from kpirules.values.units import Unit

LINES = 1_000_000
PEOPLE = 5_000
SCHEME = """\
scheme bulk
    version  "1"
    period   quarter
    currency CNY
    rounding money 2

table staff
    staff_id text key
    hired    date
    left_on  date optional
    active from hired to left_on

table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money
    status   text in "won", "lost"

subject staff

define won = orders where status = "won"

pay commission
    amount tiers sum(won.amount)
        up to 50_000 : 1%
        above        : 2%
"""


def test_a_million_lines(tmp_path: Path) -> None:
    rng = np.random.default_rng(20250331)
    people = pa.array([f"E{number:05}" for number in range(PEOPLE)])
    hired, left = np.full(PEOPLE, "2020-01-01"), np.where(np.arange(PEOPLE) % 10 == 0, "2025-02-15", "")
    pyarrow.csv.write_csv(
        pa.table({"staff_id": people, "hired": pa.array(hired), "left_on": pa.array(left)}), tmp_path / "staff.csv"
    )
    cents = pa.array(rng.integers(1, 100_000, LINES)).cast(pa.decimal128(19, 0))
    orders = pa.table(
        {
            "order_id": pa.array([f"O{number}" for number in range(LINES)]),
            "staff_id": people.take(pa.array(rng.integers(0, PEOPLE, LINES))),
            "day": pa.array(np.datetime64("2024-12-15") + rng.integers(0, 120, LINES)).cast(pa.date32()),
            "amount": pc.multiply(cents, pa.scalar(Decimal("0.01"))),
            "status": pa.array(["won", "lost"]).take(pa.array(rng.integers(0, 2, LINES))),
        }
    )
    pyarrow.csv.write_csv(orders, tmp_path / "orders.csv")
    (tmp_path / "bulk.kpi").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "kpirules.yaml").write_text(
        "scheme: bulk.kpi\ndata:\n  staff: {file: staff.csv}\n  orders: {file: orders.csv}\n", encoding="utf-8"
    )
    compiled = compile_scheme(read_source(tmp_path / "bulk.kpi"))
    loaded = read_tables(tuple(compiled.model.tables.values()), load_bindings(tmp_path / "kpirules.yaml"))
    result = run_scheme(compiled, loaded, read_period("2025Q1", Unit.QUARTER))

    expected = _commissions(orders)
    commissions = dict(
        zip(*(result.scores.column(name).to_pylist() for name in ("staff_id", "commission")), strict=True)
    )
    assert commissions == expected


def _commissions(orders: pa.Table) -> dict[str, Decimal]:
    """What each is paid, worked out without the engine: of those who left, sales up to their last day."""
    gone = pa.array([f"E{number:05}" for number in range(0, PEOPLE, 10)])
    last = pc.if_else(pc.is_in(orders.column("staff_id"), gone), date(2025, 2, 15), date(2025, 3, 31))
    day = orders.column("day")
    inside = pc.and_(pc.greater_equal(day, date(2025, 1, 1)), pc.less_equal(day, last))
    counted = orders.filter(pc.and_(inside, pc.equal(orders.column("status"), "won")))
    sums = counted.group_by("staff_id").aggregate([("amount", "sum")])
    sold = dict(zip(sums.column("staff_id").to_pylist(), sums.column("amount_sum").to_pylist(), strict=True))
    paid = {f"E{number:05}": Decimal(0) for number in range(PEOPLE)}
    for who, amount in sold.items():
        exact = min(amount, 50_000) * Decimal("0.01") + max(amount - 50_000, Decimal(0)) * Decimal("0.02")
        paid[who] = exact.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    return paid
