"""Orders, sellers and targets made from a seed: a quarter and the weeks around it, with the mess of real life.

`python -m tests.benchmarks.data FOLDER LINES SELLERS` writes a project, `FOLDER LINES` the lines as a workbook.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BINDINGS = """\
scheme: scheme.kpi
data:
  staff: {file: staff.parquet}
  targets: {file: targets.parquet}
  orders: {file: orders.parquet}
"""
PERIOD = "2025Q1"
WORKBOOK = "orders.xlsx"
WORKBOOK_BINDINGS = "workbook.yaml"
_FIRST_DAY = np.datetime64("2024-12-10")
_DAYS = 130
_FEW = 2_000
"""Sellers of the workbook."""


def write_project(folder: Path, lines: int, sellers: int, seed: int = 20250331) -> None:
    """Write a project: the scheme, its bindings, and its three tables as Parquet files of decimals, dates, texts."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    people = _people(sellers)
    tables = {"staff": _staff(rng, people), "targets": _targets(rng, people), "orders": _orders(rng, people, lines)}
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    (folder / "scheme.kpi").write_bytes(Path(__file__).with_name("scheme.kpi").read_bytes())
    (folder / "kpirules.yaml").write_text(BINDINGS, encoding="utf-8")


def write_workbook(folder: Path, lines: int, seed: int = 20250331) -> None:
    """Write order lines as a workbook, and bindings of it."""
    import polars as pl

    folder.mkdir(parents=True, exist_ok=True)
    orders = _orders(np.random.default_rng(seed), _people(_FEW), lines)
    pl.DataFrame(pl.from_arrow(orders)).write_excel(folder / WORKBOOK)
    bindings = f"scheme: scheme.kpi\ndata:\n  orders: {{file: {WORKBOOK}}}\n"
    (folder / WORKBOOK_BINDINGS).write_text(bindings, encoding="utf-8")


def _people(count: int) -> pa.Array:
    return pa.array([f"E{number:06}" for number in range(count)])


def _staff(rng: np.random.Generator, people: pa.Array) -> pa.Table:
    count = len(people)
    return pa.table(
        {
            "staff_id": people,
            "role": _among(rng, ("AE", "AE", "KA"), count),
            "region": _among(rng, ("东区", "南区", "西区", "北区"), count),
            "base_pay": _money(rng.integers(400_000, 2_500_000, count)),
        }
    )


def _targets(rng: np.random.Generator, people: pa.Array) -> pa.Table:
    """One seller in a hundred has no target, another one of 0."""
    count = len(people)
    revenue = rng.integers(2_000, 25_000, count) * 1000
    revenue[rng.integers(0, 100, count) == 0] = 0
    targets = pa.table(
        {
            "staff_id": people,
            "quarter": pa.repeat(pa.scalar(np.datetime64("2025-01-01").astype(object), pa.date32()), count),
            "revenue": _money(revenue),
            "customers": pa.array(rng.integers(0, 12, count)),
            "units": pa.array(rng.integers(0, 300, count)),
        }
    )
    return targets.filter(pa.array(rng.integers(0, 100, count) != 0))


def _orders(rng: np.random.Generator, people: pa.Array, count: int) -> pa.Table:
    """Amounts end in cents; one line in fifty is sold below cost; a third have a rating.

    One seller in fifty has no orders, and another one in fifty wins none.
    """
    sellers = rng.permutation(len(people))
    idle = len(people) // 50
    seller = sellers[rng.integers(idle, len(people), count)]
    unlucky = np.isin(seller, sellers[idle : 2 * idle])
    status = rng.integers(0, 6, count)
    status[unlucky] = 3 + status[unlucky] % 3
    amount = rng.integers(1, 1_000_000, count)
    cost = amount * rng.integers(55, 96, count) // 100
    cost[rng.integers(0, 50, count) == 0] *= 2
    rating = pa.array(rng.integers(500, 1_000, count), mask=rng.integers(0, 3, count) > 0)
    return pa.table(
        {
            "order_id": _numbered(rng.permutation(count)),
            "staff_id": people.take(pa.array(seller)),
            "day": pa.array((_FIRST_DAY + rng.integers(0, _DAYS, count)).astype("datetime64[D]")).cast(pa.date32()),
            "status": pa.array(("won", "won", "won", "lost", "lost", "returned")).take(pa.array(status)),
            "segment": _among(rng, ("strategic", "core", "core", "small"), count),
            "is_new": pa.array(rng.integers(0, 5, count) == 0),
            "qty": pa.array(rng.integers(0, 12, count)),
            "amount": _money(amount),
            "cost": _money(cost),
            "discount": _money(amount * rng.integers(0, 9, count) // 100),
            "rating": _scaled(rating, Decimal("0.1"), pa.decimal128(4, 1)),
        }
    )


def _numbered(numbers: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> pa.Array:
    """Texts such as `O000000017`."""
    return pc.binary_join_element_wise("O", pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, "0"), "")


def _among(rng: np.random.Generator, values: tuple[str, ...], count: int) -> pa.Array:
    return pa.array(values).take(pa.array(rng.integers(0, len(values), count)))


def _money(cents: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> pa.Array:
    return _scaled(pa.array(cents), Decimal("0.01"), pa.decimal128(18, 2))


def _scaled(whole: pa.Array, step: Decimal, kind: pa.DataType) -> pa.Array:
    return pc.multiply(whole.cast(pa.decimal128(19, 0)), pa.scalar(step)).cast(kind)


if __name__ == "__main__":
    where, *counts = sys.argv[1:]
    write = write_project if len(counts) > 1 else write_workbook
    write(Path(where), *map(int, counts))
