"""Tables bound to sources by a `kpirules.yaml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpirules.data.bindings import load_bindings
from kpirules.data.faults import DataFaults
from kpirules.data.load import Loaded, read_tables
from kpirules.model.contracts import Active, Table
from kpirules.source import Fault
from kpirules.source.render import render_text
from kpirules.values.units import Unit
from tests.data.build import day, number, other, table, text

STAFF = table(
    "staff",
    text("staff_id", key=True),
    text("manager_id", optional=True, references="staff"),
    day("hired"),
    day("left_on", optional=True),
    active=Active("hired", "left_on"),
)
ORDERS = table(
    "orders",
    text("order_id", key=True),
    text("staff_id", references="staff"),
    day("ordered_on", period=True),
    number("amount", 2, unit=Unit.MONEY),
    text("status", domain=("won", "lost")),
    other("paid", Unit.BOOL, optional=True),
)
STAFF_CSV = "staff_id,manager_id,hired,left_on\n0017,,2020-01-01,\nB,0017,2024/7/1,2025-03-31\n"


def bound(folder: Path, data: str, *contracts: Table) -> Loaded:
    (folder / "kpirules.yaml").write_text(f"scheme: a.kpi\ndata:\n{data}", encoding="utf-8")
    return read_tables(contracts, load_bindings(folder / "kpirules.yaml"))


def said(folder: Path, data: str, *contracts: Table) -> str:
    with pytest.raises(Fault) as caught:
        bound(folder, data, *contracts)
    assert not isinstance(caught.value, DataFaults)
    return render_text(caught.value.diagnostics, "en").replace(f"{folder}/", "")
