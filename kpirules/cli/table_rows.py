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
        ("table_read", lambda one: f"{one.read:,}", True),
        ("table_of_period", lambda one: _number(one.of_period), True),
        ("table_counted", lambda one: _number(one.counted), True),
        ("table_not_credited", lambda one: _rows(one.uncredited), True),
        ("table_amount", lambda one: _amounts(one.uncredited, done.compiled.plan.currency), _lost(tables)),
        ("table_undated", lambda one: _rows(one.undated), any(one.undated and one.undated.rows for one in tables)),
        ("table_aside", lambda one: f"{one.set_aside:,}", any(one.set_aside for one in tables)),
        ("table_hidden", lambda one: f"{one.hidden:,}", any(one.hidden for one in tables)),
    ]
    shown = [(name, cell) for name, cell, wanted in columns if wanted]
    rows = [[console.say("table_rows"), *(console.say(name, period=period) for name, _ in shown)]]
    rows += [[one.table, *(cell(one) for _, cell in shown)] for one in tables]
    found = aligned(rows, [False, *(True for _ in shown)])
    return found if period_columns(done.compiled.model) else [*found, console.say("no_period_column")]


def _lost(tables: tuple[TableRows, ...]) -> bool:
    """Whether rows that have amounts belong to nobody."""
    return any(one.uncredited and one.uncredited.rows and one.uncredited.amounts for one in tables)


def _number(count: int | None) -> str:
    return _NONE if count is None else f"{count:,}"


def _rows(found: Uncounted | None) -> str:
    return _NONE if found is None else f"{found.rows:,}"


def _amounts(found: Uncounted | None, currency: str) -> str:
    if found is None or not found.rows or not found.amounts:
        return _NONE
    parts = [f"{name} {amount:,f} {currency}" for name, amount in found.amounts.items()]
    return console.say("comma").join(parts)
