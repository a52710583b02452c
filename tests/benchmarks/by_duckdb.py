"""The assessment by a query written by hand for DuckDB: the same checks, figures and marks, exact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pyarrow as pa

_TABLES, _RULES = (
    Path(__file__).with_name(f"by_duckdb.{part}.sql").read_text(encoding="utf-8") for part in ("tables", "rules")
)

_AE, _KA = "role = 'AE'", "role = 'KA'"
_NO_FIGURE, _NO_TEXT = "NULL::DECIMAL(38, 12)", "NULL::VARCHAR"
_CAPPED = "CASE WHEN {0} * 100 < 0 THEN '≥ 0' WHEN {0} * 100 > 120 THEN '≤ 120' END"

_INDICATORS = {
    "attainment": ("Revenue attainment", "revenue_money", "target_revenue", "attainment", "exclude"),
    "margin": ("Gross margin", "to_12(profit, revenue)", "", "", "score 0"),
    "customers": ("New customers", "new_customers", "target_customers", "customers", "exclude"),
    "win_rate": ("Win rate", "to_12(won, lines)", "", "", "exclude"),
    "deal_size": ("Average deal", "to_12(revenue, 100 * won)", "", "", "exclude"),
    "returns": ("Returns", "to_12(returned, lines)", "", "", "exclude"),
    "discounts": ("Discounts given", "to_12(discount, revenue)", "", "", "exclude"),
    "strategic": ("Strategic share", "to_12(strategic, revenue)", "", "", "score 0"),
    "largest": ("Dependence on one order", "to_12(largest, revenue)", "", "", "exclude"),
    "satisfaction": ("Customer satisfaction", "to_12(rating, 10 * ratings)", "", "", "exclude"),
    "units": ("Units sold", "units", "target_units", "unit_share", "exclude"),
    "lost": ("Value lost", "to_12(lost, amount)", "", "", "exclude"),
}
"""Title, actual, target, achievement and missing policy of each indicator."""

_GROUPS = {
    (_AE, "results", "Results", "results", 12, 60): {
        "attainment": (3, 30),
        "margin": (1, 10),
        "units": (1, 10),
        "deal_size": (1, 10),
    },
    (_AE, "customers_side", "Customers", "customers", 5, 25): {
        "customers": (2, 10),
        "satisfaction": (2, 10),
        "returns": (1, 5),
    },
    (_AE, "conduct", "Conduct", "conduct", 3, 15): {"win_rate": (1, 5), "discounts": (1, 5), "lost": (1, 5)},
    (_KA, "results", "Results", "results", 7, 70): {
        "attainment": (6, 30),
        "margin": (3, 15),
        "strategic": (3, 15),
        "largest": (2, 10),
    },
    (_KA, "customers_side", "Customers", "customers", 3, 30): {
        "satisfaction": (3, 15),
        "returns": (1, 5),
        "discounts": (1, 5),
        "lost": (1, 5),
    },
}
"""Whose, name, title, columns of each group; its part beside other groups and its weight; the same of its indicators."""


def run(project: Path, out: Path) -> None:
    """Check the tables of a project where they lie, and write `scores.parquet` and `items.parquet`."""
    with duckdb.connect() as connection:
        _check(connection, project, "VIEW")
        connection.execute(_RULES.format(items=_items()))
        for name in ("scores", "items"):
            connection.execute(f"COPY {name} TO '{out}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def read(project: Path) -> duckdb.DuckDBPyConnection:
    """The tables of a project, checked and held in memory."""
    connection = duckdb.connect()
    _check(connection, project, "TABLE")
    return connection


def score(connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """The results from such tables."""
    connection.execute(_RULES.format(items=_items()))
    return {name: connection.table(name).to_arrow_table() for name in ("scores", "items")}


def _check(connection: duckdb.DuckDBPyConnection, project: Path, kind: str) -> None:
    connection.execute(_TABLES.format(folder=project, kind=kind))
    counts = connection.execute("SELECT sum(keys), sum(missing), sum(outside), sum(lost) FROM faults").fetchone()
    if counts is None or any(counts):
        raise ValueError(f"the data breaks its contract: {counts}")


def _items() -> str:
    total_gate = "CASE WHEN below_cost AND before <> total THEN 'below_cost' END"
    grade_gate = "CASE WHEN row_grade <> grade THEN 'many_returns' END"
    return "\nUNION ALL\n".join(
        [
            _item("true", "total", "total", value="total", gate=total_gate),
            *(line for group in _GROUPS for line in _group(*group)),
            _item(
                _KA,
                "big_wins",
                "adjust",
                "Large orders won",
                parent="key_accounts",
                value="big_wins_points",
                limit="CASE WHEN big_wins > 10 THEN '≤ 5' END",
            ),
            _item("true", "grade", "grade", row="grade_row", gate=grade_gate, text="grade"),
            _item("true", "bonus", "pay", "Quarterly bonus", value="bonus"),
            _item(
                "true",
                "commission",
                "pay",
                "Commission",
                value="commission",
                row="commission_row",
                limit="commission_limit",
            ),
        ]
    )


def _group(whose: str, name: str, title: str, columns: str, share: int, weight: int) -> list[str]:
    """The lines of a group and of its indicators."""
    card = "field" if whose == _AE else "key_accounts"
    lines = [
        _item(
            whose,
            name,
            "group",
            title,
            parent=card,
            score=f"to_12({columns}_n, 100 * {columns}_d)",
            weight=f"0.{weight:02}",
            effective_weight=f"coalesce(to_12({share} * least({columns}_d, 1), groups_d), 0)",
            points=f"coalesce(to_12({share} * {columns}_n, 100 * {columns}_d * groups_d), 0)",
        )
    ]
    for item, (part, declared) in _GROUPS[whose, name, title, columns, share, weight].items():
        heading, actual, target, achievement, policy = _INDICATORS[item]
        with_row = not achievement or item == "customers"
        there = f"{item}_score IS NOT NULL"
        lines.append(
            _item(
                whose,
                item,
                "indicator",
                heading,
                parent=name,
                actual=actual,
                target=target,
                achievement=achievement,
                score=f"{item}_score",
                weight=f"0.{declared:02}",
                effective_weight=f"CASE WHEN {there} THEN to_12({part * share}, {columns}_d * groups_d) ELSE 0 END",
                points=f"coalesce(to_12({part * share} * cents({item}_score), 100 * {columns}_d * groups_d), 0)",
                row=f"{item}_row" if with_row else "",
                limit="" if with_row else _CAPPED.format(achievement),
                policy=f"CASE WHEN {achievement or f'{item}_row'} IS NULL THEN 'missing {policy}' END",
                left_out=f"CASE WHEN NOT ({there}) THEN 'missing exclude' END",
            )
        )
    return lines


def _item(whose: str, item: str, kind: str, title: str = "", **given: str) -> str:
    """A line of `items` for each of those whose it is."""
    figures = ", ".join(
        f"{f'figure({given[name]})' if given.get(name) else _NO_FIGURE} AS {name}"
        for name in ("actual", "target", "achievement", "score", "weight", "effective_weight", "points", "value")
    )
    texts = ", ".join(
        f'{given.get(name) or _NO_TEXT} AS "{name}"' for name in ("row", "limit", "policy", "gate", "left_out", "text")
    )
    named = ", ".join(
        _text(text) + f"::VARCHAR AS {name}"
        for name, text in {"item": item, "kind": kind, "title": title, "parent": given.get("parent")}.items()
    )
    return f"SELECT staff_id AS key, {named}, {figures}, {texts} FROM results WHERE {whose}"  # noqa: S608  # texts of this file only


def _text(value: str | None) -> str:
    return f"'{value}'" if value else "NULL"
