"""The rows of each table in print: a line for each table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kpirules.cli import console
from kpirules.cli.text_columns import aligned
from kpirules.runs.table_rows import TableRows, Uncounted, period_columns

if TYPE_CHECKING:
    from kpirules.runs.manifest import Done

_NONE = "-"
"""Stands where a number does not apply to a table."""


def lines(done: Done) -> list[str]:
    """A heading and a line for each table; columns that say nothing of any table are left out."""
    tables, period = done.result.tables, done.result.period
    columns: list[tuple[str, Callable[[TableRows], str], bool]] = [
        ("table_read", lambda table: f"{table.read:,}", True),
        ("table_of_period", lambda table: _number(table.of_period), True),
        ("table_counted", lambda table: _number(table.counted), True),
        ("table_not_credited", lambda table: _rows(table.uncredited), True),
        ("table_amount", lambda table: _amounts(table.uncredited, done.compiled.plan.currency), _lost(tables)),
        (
            "table_undated",
            lambda table: _rows(table.undated),
            any(table.undated and table.undated.rows for table in tables),
        ),
        ("table_aside", lambda table: f"{table.set_aside:,}", any(table.set_aside for table in tables)),
        ("table_hidden", lambda table: f"{table.hidden:,}", any(table.hidden for table in tables)),
    ]
    shown = [(name, cell) for name, cell, wanted in columns if wanted]
    rows = [[console.say("table_rows"), *(console.say(name, period=period) for name, _ in shown)]]
    rows += [[table.table, *(cell(table) for _, cell in shown)] for table in tables]
    drawn = aligned(rows, [False, *(True for _ in shown)])
    return drawn if period_columns(done.compiled.model) else [*drawn, console.say("no_period_column")]


def _lost(tables: tuple[TableRows, ...]) -> bool:
    """Whether rows that have amounts belong to nobody."""
    return any(table.uncredited and table.uncredited.rows and table.uncredited.amounts for table in tables)


def _number(count: int | None) -> str:
    return _NONE if count is None else f"{count:,}"


def _rows(uncounted: Uncounted | None) -> str:
    return _NONE if uncounted is None else f"{uncounted.rows:,}"


def _amounts(uncounted: Uncounted | None, currency: str) -> str:
    if uncounted is None or not uncounted.rows or not uncounted.amounts:
        return _NONE
    parts = [f"{name} {amount:,f} {currency}" for name, amount in uncounted.amounts.items()]
    return console.say("comma").join(parts)
