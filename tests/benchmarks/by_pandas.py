"""The assessment in pandas on floats, as an analyst writes it: the same checks, figures and marks, to the cent.

What has the size of the orders is vectorised: reading, checks, `groupby`, `merge`. A rule is a function of one figure,
applied to each seller's (`Series.map`); a scorecard, which reads many, is applied to each seller's row
(`DataFrame.apply`). The amounts are turned to floats by Arrow on reading, not as Python's decimals one by one.

`run(…, by_seller=True)` is the same in the style more often met: what a seller's orders come to is a function of the
seller's rows, applied to each group (`groupby(…).apply`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_Figure = float | None
_Taken = tuple[str | None, float]

_CARDS: dict[str, tuple[str, dict[tuple[str, str], dict[str, float]]]] = {
    "AE": (
        "field",
        {
            ("results", "Results"): {"attainment": 0.30, "margin": 0.10, "units": 0.10, "deal_size": 0.10},
            ("customers_side", "Customers"): {"customers": 0.10, "satisfaction": 0.10, "returns": 0.05},
            ("conduct", "Conduct"): {"win_rate": 0.05, "discounts": 0.05, "lost": 0.05},
        },
    ),
    "KA": (
        "key_accounts",
        {
            ("results", "Results"): {"attainment": 0.30, "margin": 0.15, "strategic": 0.15, "largest": 0.10},
            ("customers_side", "Customers"): {"satisfaction": 0.15, "returns": 0.05, "discounts": 0.05, "lost": 0.05},
        },
    ),
}
_TITLES = {
    "attainment": "Revenue attainment",
    "margin": "Gross margin",
    "customers": "New customers",
    "win_rate": "Win rate",
    "deal_size": "Average deal",
    "returns": "Returns",
    "discounts": "Discounts given",
    "strategic": "Strategic share",
    "largest": "Dependence on one order",
    "satisfaction": "Customer satisfaction",
    "units": "Units sold",
    "lost": "Value lost",
}
_COEFFICIENTS = {"S": 1.5, "A": 1.2, "B": 1.0, "C": 0.6, "D": 0.0}


def run(project: Path, out: Path, *, by_seller: bool = False) -> None:
    """Check the tables of a project and write `scores.parquet` and `items.parquet`."""
    staff, targets, orders = (_read(project / f"{name}.parquet") for name in ("staff", "targets", "orders"))
    _check(staff, targets, orders)
    orders = orders[orders.day.between("2025-01-01", "2025-03-31")]
    sums = pd.DataFrame(orders.groupby("staff_id").apply(_sums_of_one)) if by_seller else _sums(orders)
    sellers = _figures(staff, targets, sums)
    taken = _scored(sellers)
    cards = sellers.apply(_card, axis=1, result_type="expand")
    sellers = pd.concat([sellers, cards], axis=1)
    _graded_and_paid(sellers, taken)
    _scores(sellers).to_parquet(out / "scores.parquet", compression="zstd", index=False)
    _items(sellers, taken).to_parquet(out / "items.parquet", compression="zstd", index=False)


def _read(path: Path) -> pd.DataFrame:
    table = pq.read_table(path)
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
        orders.staff_id.isin(staff.staff_id).all(),
        orders.status.isin(["won", "lost", "returned"]).all(),
        orders.segment.isin(["strategic", "core", "small"]).all(),
        orders.qty.between(0, 1_000).all(),
        orders.amount.abs().lt(1e14).all(),
        orders.cost.abs().lt(1e14).all(),
        orders.discount.between(0, 1_000_000).all(),
        (orders.rating.isna() | orders.rating.between(0, 100)).all(),
    ]
    if not all(good):
        raise ValueError(f"the data breaks its contract: {good}")


def _sums(orders: pd.DataFrame) -> pd.DataFrame:
    """What the orders of each seller come to, a column at a time."""
    won = orders[orders.status == "won"].assign(profit=lambda rows: rows.amount - rows.cost)
    every, wins = orders.groupby("staff_id"), won.groupby("staff_id")
    return pd.DataFrame(
        {
            "lines": every.size(),
            "amount": every.amount.sum(),
            "rating": every.rating.mean(),
            "returned": orders[orders.status == "returned"].groupby("staff_id").size(),
            "lost_amount": orders[orders.status == "lost"].groupby("staff_id").amount.sum(),
            "won": wins.size(),
            "revenue": wins.amount.sum(),
            "profit": wins.profit.sum(),
            "discount": wins.discount.sum(),
            "sold": wins.qty.sum(),
            "largest_amount": wins.amount.max(),
            "average": wins.amount.mean(),
            "strategic_amount": won[won.segment == "strategic"].groupby("staff_id").amount.sum(),
            "new_customers": won[won.is_new].groupby("staff_id").size(),
            "big": won[won.amount >= 9_000].groupby("staff_id").size(),
        }
    )


def _sums_of_one(orders: pd.DataFrame) -> pd.Series[float]:
    """What the orders of one seller come to."""
    won = orders[orders.status == "won"]
    return pd.Series(
        {
            "lines": len(orders),
            "amount": orders.amount.sum(),
            "rating": orders.rating.mean(),
            "returned": (orders.status == "returned").sum(),
            "lost_amount": orders.amount[orders.status == "lost"].sum(),
            "won": len(won),
            "revenue": won.amount.sum(),
            "profit": (won.amount - won.cost).sum(),
            "discount": won.discount.sum(),
            "sold": won.qty.sum(),
            "largest_amount": won.amount.max(),
            "average": won.amount.mean(),
            "strategic_amount": won.amount[won.segment == "strategic"].sum(),
            "new_customers": won.is_new.sum(),
            "big": (won.amount >= 9_000).sum(),
        }
    )


def _figures(staff: pd.DataFrame, targets: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """A row for each seller with the sums of the quarter and the actuals."""
    absent = sums.columns.drop(["rating", "largest_amount", "average"])
    now = targets[targets.quarter == "2025-01-01"].drop(columns="quarter").add_suffix("_target")
    found = staff.merge(now, how="left", left_on="staff_id", right_on="staff_id_target")
    found = found.merge(sums, how="left", left_on="staff_id", right_index=True).sort_values(
        "staff_id", ignore_index=True
    )
    found[absent] = found[absent].fillna(0)
    revenue, lines = found.revenue.where(found.revenue != 0), found.lines.where(found.lines != 0)
    return found.assign(
        attainment_actual=found.revenue,
        margin_actual=found.profit / revenue,
        customers_actual=found.new_customers,
        win_rate_actual=found.won / lines,
        deal_size_actual=found.average,
        returns_actual=found.returned / lines,
        discounts_actual=found.discount / revenue,
        strategic_actual=found.strategic_amount / revenue,
        largest_actual=found.largest_amount / revenue,
        satisfaction_actual=found.rating,
        units_actual=found.sold,
        lost_actual=found.lost_amount / found.amount.where(found.amount != 0),
    )


# ---------------------------------------------------------------- rules


def _round(value: float, places: int) -> float:
    """Half up, as people round, and not by the last bit of a float."""
    step = 10.0**places
    return float(int(value * step + (0.5 + 1e-7 if value >= 0 else -0.5 - 1e-7))) / step


def _rows(*rows: tuple[str, Callable[[float], bool], float]) -> Callable[[float], _Taken]:
    def rule(value: float) -> _Taken:
        if isnan(value):
            return None, float("nan")
        return next((head, points) for head, holds, points in rows if holds(value))

    return rule


def _curve(*points: tuple[str, float, float]) -> Callable[[float], _Taken]:
    def rule(value: float) -> _Taken:
        if isnan(value):
            return None, float("nan")
        (first, low, bottom), (last, high, top) = points[0], points[-1]
        if value <= low:
            return f"≤ {first}", bottom
        if value >= high:
            return f"≥ {last}", top
        for (a, x0, y0), (b, x1, y1) in pairwise(points):
            if value < x1:
                return f"{a} … {b}", _round(y0 + (value - x0) * (y1 - y0) / (x1 - x0), 2)
        raise AssertionError(value)

    return rule


_RULES: dict[str, Callable[[float], _Taken]] = {
    "margin": _rows(
        (">= 30%", lambda x: x >= 0.30, 100),
        (">= 25%", lambda x: x >= 0.25, 90),
        (">= 20%", lambda x: x >= 0.20, 75),
        (">= 15%", lambda x: x >= 0.15, 60),
        ("else", lambda _: True, 30),
    ),
    "customers": _rows(
        (">= 120%", lambda x: x >= 1.2, 120),
        (">= 100%", lambda x: x >= 1, 100),
        (">= 50%", lambda x: x >= 0.5, 60),
        ("else", lambda _: True, 0),
    ),
    "win_rate": _curve(("20%", 0.2, 0), ("40%", 0.4, 60), ("60%", 0.6, 100)),
    "deal_size": _curve(("1_000", 1_000, 0), ("4_000", 4_000, 80), ("6_000", 6_000, 100)),
    "returns": _rows(
        ("<= 5%", lambda x: x <= 0.05, 100),
        ("<= 10%", lambda x: x <= 0.10, 80),
        ("<= 20%", lambda x: x <= 0.20, 50),
        ("else", lambda _: True, 0),
    ),
    "discounts": _rows(
        ("<= 3%", lambda x: x <= 0.03, 100), ("<= 6%", lambda x: x <= 0.06, 70), ("else", lambda _: True, 40)
    ),
    "strategic": _curve(("10%", 0.1, 0), ("30%", 0.3, 70), ("50%", 0.5, 100)),
    "largest": _rows(
        ("<= 10%", lambda x: x <= 0.10, 100), ("<= 25%", lambda x: x <= 0.25, 80), ("else", lambda _: True, 60)
    ),
    "satisfaction": _curve(("60", 60, 0), ("80", 80, 80), ("95", 95, 100)),
    "lost": _rows(
        ("<= 20%", lambda x: x <= 0.20, 100), ("<= 40%", lambda x: x <= 0.40, 60), ("else", lambda _: True, 20)
    ),
}
_ACHIEVED = {"attainment": "revenue_target", "customers": "customers_target", "units": "units_target"}


def _scored(sellers: pd.DataFrame) -> dict[str, dict[str, pd.Series[Any]]]:
    """Add `<indicator>_score` to the sellers; the row taken, the limit and the missing policy of each indicator."""
    taken: dict[str, dict[str, pd.Series[Any]]] = {}
    for item in _TITLES:
        figure = sellers[f"{item}_actual"]
        marks: dict[str, pd.Series[Any]] = {}
        if item in _ACHIEVED:
            target = sellers[_ACHIEVED[item]]
            figure = (figure / target.where(target != 0)).map(lambda x: x if isnan(x) else _round(x, 4))
            sellers[f"{item}_achievement"] = figure
        if item in _RULES:
            found = figure.map(_RULES[item])
            marks["row"], score = found.str[0], found.str[1].astype(float)
        else:
            points = figure * 100
            score = points.clip(0, 120).round(2)
            marks["limit"] = pd.Series("≤ 120", sellers.index).where(points > 120).mask(points < 0, "≥ 0")
        exclude = item not in {"margin", "strategic"}
        marks["policy"] = pd.Series(f"missing {'exclude' if exclude else 'score 0'}", sellers.index).where(
            figure.isna()
        )
        sellers[f"{item}_score"] = score if exclude else score.fillna(0)
        taken[item] = marks
    return taken


def _card(seller: pd.Series[Any]) -> dict[str, _Figure]:
    """One seller's groups, and the total before its gate."""
    card, groups = _CARDS[seller.role]
    found: dict[str, _Figure] = {"scorecard": card}  # type: ignore[dict-item]  # the one text among figures
    weighted = weights = 0.0
    for (group, _), entries in groups.items():
        there = {item: weight for item, weight in entries.items() if not isnan(seller[f"{item}_score"])}
        share = sum(there.values())
        found[f"{group}_score"] = (
            sum(seller[f"{item}_score"] * weight for item, weight in there.items()) / share if share else None
        )
        if there:
            whole = sum(entries.values())
            weighted += found[f"{group}_score"] * whole  # type: ignore[operator]  # a figure where there are entries
            weights += whole
    more = min(0.5 * seller.big, 5) if card == "key_accounts" else 0
    found["big_wins"] = more
    found["before"] = _round(weighted / weights + more, 2) if weights else None
    return found


def _graded_and_paid(sellers: pd.DataFrame, taken: dict[str, dict[str, pd.Series[Any]]]) -> None:
    """Add the total and the grade after their gates, and the pay items."""
    below_cost, many_returns = sellers.profit.round(2) < 0, sellers.returned > 10
    sellers["total"] = sellers.before.where(~below_cost, sellers.before.clip(upper=60))
    taken["total"] = {"gate": pd.Series("below_cost", sellers.index).where(below_cost & (sellers.before > 60))}
    grade = _rows(
        (">= 95", lambda x: x >= 95, 0),
        (">= 85", lambda x: x >= 85, 1),
        (">= 75", lambda x: x >= 75, 2),
        (">= 60", lambda x: x >= 60, 3),
        ("else", lambda _: True, 4),
    )
    rows = sellers.total.map(grade)
    letters = rows.str[1].map(dict(enumerate("SABCD")))
    capped = many_returns & letters.isin(["S", "A", "B"])
    sellers["grade"] = letters.mask(capped, "C")
    taken["grade"] = {"row": rows.str[0], "gate": pd.Series("many_returns", sellers.index).where(capped)}
    sellers["flags"] = [
        ", ".join(name for name, trips in zip(("many_returns", "below_cost"), pair, strict=True) if trips)
        for pair in zip(many_returns, below_cost, strict=True)
    ]
    bonus = sellers.base_pay * 3 * 0.2 * sellers.grade.map(_COEFFICIENTS)
    sellers["bonus"] = bonus.map(lambda x: x if isnan(x) else _round(x, 2))
    paid = sellers.apply(_commission, axis=1, result_type="expand")
    sellers["commission"] = paid[0]
    taken["commission"] = {"row": paid[1], "limit": paid[2]}
    sellers["total_pay"] = (sellers.bonus.fillna(0) + sellers.commission).round(2)


def _commission(seller: pd.Series[Any]) -> tuple[float, str, str | None]:
    revenue = seller.revenue
    if revenue <= 50_000:
        row, pay = "up to 50_000", revenue * 0.01
    elif revenue <= 120_000:
        row, pay = "up to 120_000", 500 + (revenue - 50_000) * 0.02
    else:
        row, pay = "above", 1_900 + (revenue - 120_000) * 0.03
    cap = seller.base_pay * 0.2
    if pay < 0:
        return 0.0, row, "≥ 0"
    if pay > cap + 1e-9:
        return _round(cap, 2), row, "≤ base_pay * 20%"
    return _round(pay, 2), row, None


# ---------------------------------------------------------------- results


def _scores(sellers: pd.DataFrame) -> pd.DataFrame:
    return sellers[["staff_id", "scorecard", "total", "grade", "bonus", "commission", "total_pay", "flags"]]


def _items(sellers: pd.DataFrame, taken: dict[str, dict[str, pd.Series[Any]]]) -> pd.DataFrame:
    """A row for each seller and item."""
    found = [_item(sellers, "total", "total", value=sellers.total, marks=taken["total"])]
    for role, (card, groups) in _CARDS.items():
        own = sellers[sellers.role == role]
        there = {group: _there(own, entries) for (group, _), entries in groups.items()}
        shares = {group: sum(entries.values()) for (group, _), entries in groups.items()}
        whole = sum((there[group] > 0) * share for group, share in shares.items())
        for (group, title), entries in groups.items():
            score, counts = own[f"{group}_score"].astype(float), (there[group] > 0) * shares[group] / whole
            points = (score * counts).fillna(0)
            whole_group = {"weight": shares[group], "effective_weight": counts, "points": points}
            found.append(_item(own, group, "group", title, card, None, score=score, **whole_group))
            for item, share in entries.items():
                score = own[f"{item}_score"]
                figures = {"actual": own[f"{item}_actual"], "score": score}
                if item in _ACHIEVED:
                    figures |= {"target": own[_ACHIEVED[item]], "achievement": own[f"{item}_achievement"]}
                figures["effective_weight"] = (score.notna() * share / there[group] * counts).fillna(0)
                figures["points"] = score.fillna(0) * figures["effective_weight"]
                left_out = pd.Series("missing exclude", own.index).where(score.isna())
                marks = {**taken[item], "left_out": left_out}
                found.append(_item(own, item, "indicator", _TITLES[item], group, weight=share, marks=marks, **figures))
    key_accounts = sellers[sellers.role == "KA"]
    found += [
        _item(
            key_accounts,
            "big_wins",
            "adjust",
            "Large orders won",
            "key_accounts",
            value=key_accounts.big_wins,
            limit=pd.Series("≤ 5", key_accounts.index).where(key_accounts.big > 10),
        ),
        _item(sellers, "grade", "grade", text=sellers.grade, marks=taken["grade"]),
        _item(sellers, "bonus", "pay", "Quarterly bonus", value=sellers.bonus),
        _item(sellers, "commission", "pay", "Commission", value=sellers.commission, marks=taken["commission"]),
    ]
    return pd.concat(found, ignore_index=True)


def _there(own: pd.DataFrame, entries: Mapping[str, float]) -> pd.Series[float]:
    """The weights of what each seller has a score for, added up."""
    scores = own[[f"{item}_score" for item in entries]]
    return (scores.notna() * list(entries.values())).sum(axis=1)


def _item(
    own: pd.DataFrame,
    item: str,
    kind: str,
    title: str | None = None,
    parent: str | None = None,
    marks: Mapping[str, pd.Series[Any]] | None = None,
    **given: object,
) -> pd.DataFrame:
    named = {"item": item, "kind": kind, "title": title, "parent": parent}
    figures = dict.fromkeys(
        ("actual", "target", "achievement", "score", "weight", "effective_weight", "points", "value"), float("nan")
    )
    texts = dict.fromkeys(("row", "limit", "policy", "gate", "left_out", "text"))
    return pd.DataFrame({"key": own.staff_id, **named, **figures, **texts, **given, **(marks or {})}, index=own.index)
