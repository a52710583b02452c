"""The assessment in pandas on floats, a column at a time: the same checks, figures and marks, to the cent.

Nothing is applied to rows one by one. Amounts become floats and texts that repeat become categories in Arrow, on
reading; what the orders of each seller come to is one `groupby`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.assessment import (
    CARDS,
    CLOSE,
    COEFFICIENTS,
    FIGURES,
    GRADES,
    INDICATORS,
    LETTERS,
    NUDGE,
    SCORES,
    TEXTS,
    Capped,
    Card,
    Curve,
    Group,
    Rows,
)

_REPEATED = ["staff_id", "status", "segment"]


class Tables(NamedTuple):
    """The tables of a project as frames."""

    staff: pd.DataFrame
    targets: pd.DataFrame
    orders: pd.DataFrame


def run(project: Path, out: Path) -> None:
    """Check the tables of a project, and write `scores.parquet` and `items.parquet`."""
    for name, results in score(read(project)).items():
        results.to_parquet(out / f"{name}.parquet", compression="zstd", index=False)


def read(project: Path) -> Tables:
    """The tables of a project, checked and held in memory."""
    tables = Tables(
        _read(project / "staff.parquet"),
        _read(project / "targets.parquet"),
        _read(project / "orders.parquet", categories=_REPEATED),
    )
    _check(*tables)
    return tables


def score(tables: Tables) -> dict[str, pd.DataFrame]:
    """The results from such tables."""
    sellers = _figures(tables.staff, tables.targets, _sums(tables.orders))
    marks = _score(sellers)
    _total(sellers)
    marks |= _grade_and_pay(sellers)
    return {"scores": sellers[list(SCORES)], "items": _items(sellers, marks)}


def _read(path: Path, categories: list[str] | None = None) -> pd.DataFrame:
    table = pq.read_table(path, read_dictionary=categories)
    fields = [field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema]
    return pd.DataFrame(table.cast(pa.schema(fields)).to_pandas(date_as_object=False))


def _check(staff: pd.DataFrame, targets: pd.DataFrame, orders: pd.DataFrame) -> None:
    required = orders.columns.drop("rating")
    good = [
        staff.staff_id.is_unique,
        not staff.isna().any().any(),
        staff.role.isin(["AE", "KA"]).all(),
        staff.base_pay.between(0, 100_000).all(),
        not targets.duplicated(["staff_id", "quarter"]).any(),
        not targets.isna().any().any(),
        targets.staff_id.isin(staff.staff_id).all(),
        targets.revenue.between(0, 10_000_000).all(),
        targets.customers.between(0, 100).all(),
        targets.units.between(0, 100_000).all(),
        orders.order_id.is_unique,
        not orders[required].isna().any().any(),
        orders.staff_id.cat.categories.isin(staff.staff_id).all(),
        orders.status.cat.categories.isin(["won", "lost", "returned"]).all(),
        orders.segment.cat.categories.isin(["strategic", "core", "small"]).all(),
        orders.qty.between(0, 1_000).all(),
        orders.amount.abs().lt(1e14).all(),
        orders.cost.abs().lt(1e14).all(),
        orders.discount.between(0, 1_000_000).all(),
        (orders.rating.isna() | orders.rating.between(0, 100)).all(),
    ]
    if not all(good):
        raise ValueError(f"the data breaks its contract: {good}")


# ---------------------------------------------------------------- figures


def _sums(orders: pd.DataFrame) -> pd.DataFrame:
    """What the orders of the quarter come to, by seller."""
    orders = orders[orders.day.between("2025-01-01", "2025-03-31")]
    won, lost = orders.status == "won", orders.status == "lost"
    revenue = orders.amount.where(won, 0)
    columns = {
        "lines": np.ones(len(orders), dtype=np.int64),
        "won": won,
        "returned": orders.status == "returned",
        "new_customers": won & orders.is_new,
        "big": won & (orders.amount >= 9_000),
        "ratings": orders.rating.notna(),
        "rating": orders.rating,
        "amount": orders.amount,
        "revenue": revenue,
        "lost_amount": orders.amount.where(lost, 0),
        "strategic_amount": revenue.where(orders.segment == "strategic", 0),
        "profit": revenue - orders.cost.where(won, 0),
        "discount": orders.discount.where(won, 0),
        "sold": orders.qty.where(won, 0),
    }
    sums = pd.DataFrame(columns).groupby(orders.staff_id, observed=True, sort=False).sum()
    largest = orders.amount.where(won).groupby(orders.staff_id, observed=True, sort=False).max()
    return sums.assign(largest_amount=largest)


def _figures(staff: pd.DataFrame, targets: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """A row for each seller: the sums of the orders, the targets, and `<indicator>_actual`."""
    quarter = targets[targets.quarter == "2025-01-01"].drop(columns="quarter")
    quarter = quarter.set_index("staff_id").add_suffix("_target")
    sums.index = sums.index.astype(staff.staff_id.dtype)
    sellers = staff.join(quarter, on="staff_id").join(sums, on="staff_id").sort_values("staff_id", ignore_index=True)
    counted = sums.columns.drop("largest_amount")
    sellers[counted] = sellers[counted].fillna(0)
    lines, won, revenue = (sellers[name].where(sellers[name] != 0) for name in ("lines", "won", "revenue"))
    return sellers.assign(
        attainment_actual=sellers.revenue,
        margin_actual=sellers.profit / revenue,
        customers_actual=sellers.new_customers,
        win_rate_actual=sellers.won / lines,
        deal_size_actual=sellers.revenue / won,
        returns_actual=sellers.returned / lines,
        discounts_actual=sellers.discount / revenue,
        strategic_actual=sellers.strategic_amount / revenue,
        largest_actual=sellers.largest_amount / revenue,
        satisfaction_actual=sellers.rating / sellers.ratings.where(sellers.ratings != 0),
        units_actual=sellers.sold,
        lost_actual=sellers.lost_amount / sellers.amount.where(sellers.amount != 0),
    )


# ---------------------------------------------------------------- rules

_Marks = dict[str, dict[str, Any]]
"""For each item, its marks by column."""


def _rounded(values: pd.Series[float], places: int) -> pd.Series[float]:
    """Half up, as people round, and not by the last bit of a float."""
    step = 10.0**places
    return pd.Series(np.sign(values) * np.floor(values.abs() * step + 0.5 + NUDGE) / step)


def _first(holds: Sequence[Any], values: Sequence[Any], otherwise: Any = None) -> Any:  # noqa: ANN401  # columns, or single values
    """For each row the value of the first condition that holds."""
    return np.select(holds, values, otherwise)


def _by_rows(figure: pd.Series[float], rule: Rows) -> tuple[Any, Any]:
    """The row that each figure takes, and its points."""
    missing = figure.isna()
    holds = [(figure >= bound - CLOSE) if rule.sign == ">=" else (figure <= bound + CLOSE) for _, bound, _ in rule.rows]
    heads = _first([missing, *holds], [None, *(head for head, _, _ in rule.rows)], "else")
    return heads, _first([missing, *holds], [np.nan, *(points for _, _, points in rule.rows)], rule.otherwise)


def _by_curve(figure: pd.Series[float], rule: Curve) -> tuple[Any, Any]:
    (first, low, bottom), (last, high, top) = rule.points[0], rule.points[-1]
    pieces = list(pairwise(rule.points))
    where = [figure.isna(), figure <= low + CLOSE, figure >= high - CLOSE]
    where += [figure < x1 - CLOSE for _, (_, x1, _) in pieces[:-1]]
    heads = [None, f"≤ {first}", f"≥ {last}", *(f"{a} … {b}" for (a, *_), (b, *_) in pieces[:-1])]
    lines = [_rounded(y0 + (figure - x0) * ((y1 - y0) / (x1 - x0)), 2) for (_, x0, y0), (_, x1, y1) in pieces]
    (a, *_), (b, *_) = pieces[-1]
    return _first(where, heads, f"{a} … {b}"), _first(where, [np.nan, bottom, top, *lines[:-1]], lines[-1])


def _score(sellers: pd.DataFrame) -> _Marks:
    """Add `<indicator>_score`, and `<indicator>_achievement` where there is a target; the marks of each indicator."""
    taken: _Marks = {}
    added: dict[str, Any] = {}
    for item, indicator in INDICATORS.items():
        figure = sellers[f"{item}_actual"]
        if indicator.target is not None:
            target = sellers[indicator.target]
            figure = added[f"{item}_achievement"] = _rounded(figure / target.where(target != 0), 4)
        marks: dict[str, Any] = {}
        match indicator.rule:
            case Rows():
                marks["row"], score = _by_rows(figure, indicator.rule)
            case Curve():
                marks["row"], score = _by_curve(figure, indicator.rule)
            case Capped():
                points = figure * 100
                score = _rounded(points.clip(0, 120), 2)
                marks["limit"] = _first([points > 120, points < 0], ["≤ 120", "≥ 0"])
        marks["policy"] = _first([figure.isna()], [f"missing {indicator.policy}"])
        score = pd.Series(score, sellers.index)
        added[f"{item}_score"] = score.fillna(0) if indicator.policy == "score 0" else score
        marks["left_out"] = _first([added[f"{item}_score"].isna()], ["missing exclude"])
        taken[item] = marks
    for name, column in added.items():
        sellers[name] = column
    return taken


def _weights(own: pd.DataFrame, group: Group) -> Any:  # noqa: ANN401  # a column of floats
    """The weights of what each seller has a score for, added up."""
    return sum(own[f"{item}_score"].notna() * weight for item, weight in group.weights.items())


def _total(sellers: pd.DataFrame) -> None:
    """Add the scorecard, `<group>_score`, `<group>_share` (of the groups that count), and the total before its gates."""
    cards = []
    for card in CARDS:
        own = sellers[sellers.role == card.role]
        columns: dict[str, Any] = {"scorecard": card.name}
        counts = {}
        for group in card.groups:
            weights = _weights(own, group)
            points = sum(own[f"{item}_score"].fillna(0) * weight for item, weight in group.weights.items())
            columns[f"{group.name}_weights"] = weights
            columns[f"{group.name}_score"] = points / weights.where(weights != 0)
            counts[group.name] = (weights != 0) * group.weight
        whole = sum(counts.values())
        before = pd.Series(0.0, own.index)
        for group in card.groups:
            columns[f"{group.name}_share"] = counts[group.name] / whole
            before += columns[f"{group.name}_score"].fillna(0) * columns[f"{group.name}_share"]
        columns["big_wins"] = (own.big * 0.5).clip(upper=5)
        if card.name == "key_accounts":
            before += columns["big_wins"]
        columns["before"] = _rounded(before, 2)
        cards.append(pd.DataFrame(columns, index=own.index))
    joined = pd.concat(cards)
    sellers[list(joined.columns)] = joined


def _grade_and_pay(sellers: pd.DataFrame) -> _Marks:
    """Add the total and the grade after their gates, and the pay items."""
    below_cost, many_returns = sellers.profit.round(2) < 0, sellers.returned > 10
    sellers["total"] = sellers.before.where(~below_cost, sellers.before.clip(upper=60))
    heads, places = _by_rows(sellers.total, GRADES)
    letters = pd.Series(np.array(list(LETTERS))[places.astype(int)], sellers.index)
    capped = many_returns & (places > LETTERS.index("C"))
    sellers["grade"] = letters.mask(capped, "C")
    sellers["flags"] = _first(
        [many_returns & below_cost, many_returns, below_cost],
        ["many_returns, below_cost", "many_returns", "below_cost"],
        "",
    )
    sellers["bonus"] = _rounded(sellers.base_pay * 3 * 0.2 * sellers.grade.map(COEFFICIENTS), 2)
    revenue, cap = sellers.revenue, sellers.base_pay * 0.2
    bands = [revenue <= 50_000 + CLOSE, revenue <= 120_000 + CLOSE]
    pay = pd.Series(
        _first(bands, [revenue * 0.01, 500 + (revenue - 50_000) * 0.02], 1_900 + (revenue - 120_000) * 0.03),
        sellers.index,
    )
    sellers["commission"] = _rounded(pay.clip(lower=0).where(pay <= cap, cap), 2)
    sellers["total_pay"] = (sellers.bonus + sellers.commission).round(2)
    gated = below_cost & (sellers.before > 60)
    return {
        "total": {"gate": _first([gated], ["below_cost"])},
        "grade": {"row": heads, "gate": _first([capped], ["many_returns"])},
        "commission": {
            "row": _first(bands, ["up to 50_000", "up to 120_000"], "above"),
            "limit": _first([pay < 0, pay > cap + CLOSE], ["≥ 0", "≤ base_pay * 20%"]),
        },
    }


# ---------------------------------------------------------------- results


def _items(sellers: pd.DataFrame, marks: _Marks) -> pd.DataFrame:
    """A row for each seller and item."""
    every = np.ones(len(sellers), dtype=bool)
    lines = [_item(sellers, every, "total", "total", value=sellers.total, **marks["total"])]
    for card in CARDS:
        lines += _card_items(sellers, card, marks)
    big = {"value": sellers.big_wins, "limit": _first([sellers.big > 10], ["≤ 5"])}
    lines += [
        _item(sellers, sellers.role == "KA", "big_wins", "adjust", "Large orders won", "key_accounts", **big),
        _item(sellers, every, "grade", "grade", text=sellers.grade, **marks["grade"]),
        _item(sellers, every, "bonus", "pay", "Quarterly bonus", value=sellers.bonus),
        _item(sellers, every, "commission", "pay", "Commission", value=sellers.commission, **marks["commission"]),
    ]
    return pd.concat(lines, ignore_index=True)


def _card_items(sellers: pd.DataFrame, card: Card, marks: _Marks) -> list[pd.DataFrame]:
    """The rows of a scorecard's groups and indicators."""
    own, lines = sellers.role == card.role, []
    for group in card.groups:
        score, share, weights = (sellers[f"{group.name}_{part}"] for part in ("score", "share", "weights"))
        figures = {"weight": group.weight, "effective_weight": share, "points": (score * share).fillna(0)}
        lines.append(_item(sellers, own, group.name, "group", group.title, card.name, score=score, **figures))
        for item, weight in group.weights.items():
            indicator = INDICATORS[item]
            score = sellers[f"{item}_score"]
            effective = (score.notna() * weight / weights * share).fillna(0)
            figures = {"actual": sellers[f"{item}_actual"], "score": score, "weight": weight}
            figures |= {"effective_weight": effective, "points": score.fillna(0) * effective}
            if indicator.target is not None:
                figures |= {"target": sellers[indicator.target], "achievement": sellers[f"{item}_achievement"]}
            lines.append(_item(sellers, own, item, "indicator", indicator.title, group.name, **figures, **marks[item]))
    return lines


def _item(
    sellers: pd.DataFrame,
    own: Any,  # noqa: ANN401  # a column of booleans
    item: str,
    kind: str,
    title: str | None = None,
    parent: str | None = None,
    **given: object,
) -> pd.DataFrame:
    named = {"item": item, "kind": kind, "title": title, "parent": parent}
    columns = {**named, **dict.fromkeys(FIGURES, np.nan), **dict.fromkeys(TEXTS), **given}
    kinds = dict.fromkeys(FIGURES, "float64") | dict.fromkeys((*TEXTS, "title", "parent"), "str")
    return pd.DataFrame(pd.DataFrame({"key": sellers.staff_id, **columns}, sellers.index).loc[own].astype(kinds))
