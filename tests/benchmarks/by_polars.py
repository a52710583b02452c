"""The assessment in Polars on floats, as its lazy engine likes it: the same checks, figures and marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl

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
    Indicator,
    Rows,
)


class Tables(NamedTuple):
    """The tables of a project, in memory or to be read where they lie."""

    staff: pl.LazyFrame
    targets: pl.LazyFrame
    orders: pl.LazyFrame


def run(project: Path, out: Path) -> None:
    """Check the tables of a project where they lie, and write `scores.parquet` and `items.parquet`."""
    tables = _scanned(project)
    *counts, sums = pl.collect_all([*_faults(tables), _sums(tables.orders)], engine="streaming")
    _stop_on_faults(counts)
    for name, results in _results(tables, sums.lazy()).items():
        results.write_parquet(out / f"{name}.parquet", compression="zstd")


def read(project: Path) -> Tables:
    """The tables of a project, checked and held in memory."""
    tables = Tables(*(frame.lazy() for frame in pl.collect_all(_scanned(project))))
    _stop_on_faults(pl.collect_all(_faults(tables)))
    return tables


def score(tables: Tables) -> dict[str, pl.DataFrame]:
    """The results from such tables."""
    return _results(tables, _sums(tables.orders))


def _scanned(project: Path) -> Tables:
    floats = pl.selectors.decimal().cast(pl.Float64)
    return Tables(*(pl.scan_parquet(project / f"{name}.parquet").with_columns(floats) for name in Tables._fields))


def _results(tables: Tables, sums: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    sellers = _figures(tables.staff, tables.targets, sums)
    sellers = _grade_and_pay(_total(_score(sellers))).collect().lazy()
    items = pl.concat([sellers.filter(own).select(columns) for own, columns in _items()])
    scores, all_items = pl.collect_all([sellers.select(SCORES), items])
    return {"scores": scores, "items": all_items}


def _faults(tables: Tables) -> list[pl.LazyFrame]:
    """For each table, how many rows break its contract: a row of counts."""
    staff, targets, orders = tables
    c = pl.col
    known = staff.select("staff_id")
    return [
        staff.select(
            keys=pl.len() - c("staff_id").n_unique(),
            missing=pl.sum_horizontal(pl.all().null_count()),
            outside=(~c("role").is_in(["AE", "KA"]) | ~c("base_pay").is_between(0, 100_000)).sum(),
        ),
        targets.select(
            keys=pl.len() - pl.struct("staff_id", "quarter").n_unique(),
            missing=pl.sum_horizontal(pl.all().null_count()),
            outside=(
                ~c("revenue").is_between(0, 10_000_000)
                | ~c("customers").is_between(0, 100)
                | ~c("units").is_between(0, 100_000)
                | (c("quarter") != c("quarter").dt.truncate("1q"))
            ).sum(),
        ),
        targets.join(known, on="staff_id", how="anti").select(lost=pl.len()),
        orders.select(
            keys=pl.len() - c("order_id").n_unique(),
            missing=pl.sum_horizontal(pl.all().exclude("rating").null_count()),
            outside=(
                ~c("status").is_in(["won", "lost", "returned"])
                | ~c("segment").is_in(["strategic", "core", "small"])
                | ~c("qty").is_between(0, 1_000)
                | ~c("amount").abs().lt(1e14)
                | ~c("cost").abs().lt(1e14)
                | ~c("discount").is_between(0, 1_000_000)
                | ~c("rating").is_between(0, 100)
            ).sum(),
        ),
        orders.join(known, on="staff_id", how="anti").select(lost=pl.len()),
    ]


def _stop_on_faults(counts: list[pl.DataFrame]) -> None:
    if any(any(row) for frame in counts for row in frame.rows()):
        raise ValueError(f"the data breaks its contract: {[frame.to_dicts() for frame in counts]}")


# ---------------------------------------------------------------- figures


def _sums(orders: pl.LazyFrame) -> pl.LazyFrame:
    """What the orders of the quarter come to, by seller."""
    c = pl.col
    won = c("status") == "won"
    return (
        orders.filter(c("day").is_between(pl.date(2025, 1, 1), pl.date(2025, 3, 31)))
        .group_by("staff_id")
        .agg(
            lines=pl.len(),
            won=won.sum(),
            returned=(c("status") == "returned").sum(),
            new_customers=(won & c("is_new")).sum(),
            big=(won & (c("amount") >= 9_000)).sum(),
            rating=c("rating").mean(),
            amount=c("amount").sum(),
            revenue=c("amount").filter(won).sum(),
            lost_amount=c("amount").filter(c("status") == "lost").sum(),
            strategic_amount=c("amount").filter(won & (c("segment") == "strategic")).sum(),
            profit=(c("amount") - c("cost")).filter(won).sum(),
            discount=c("discount").filter(won).sum(),
            sold=c("qty").filter(won).sum(),
            largest_amount=c("amount").filter(won).max(),
        )
    )


def _figures(staff: pl.LazyFrame, targets: pl.LazyFrame, sums: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each seller: the sums of the orders, the targets, and `<indicator>_actual`."""
    c = pl.col
    quarter = targets.filter(c("quarter") == pl.date(2025, 1, 1)).drop("quarter")
    sellers = (
        staff.join(quarter.rename(lambda name: name if name == "staff_id" else f"{name}_target"), "staff_id", "left")
        .join(sums, "staff_id", "left")
        .sort("staff_id")
        .with_columns(
            (
                pl.selectors.by_name(*sums.collect_schema().names())
                - pl.selectors.by_name("staff_id", "rating", "largest_amount")
            ).fill_null(0)
        )
    )
    lines, won, revenue, amount = (_over_zero(name) for name in ("lines", "won", "revenue", "amount"))
    return sellers.with_columns(
        attainment_actual=c("revenue"),
        margin_actual=c("profit") / revenue,
        customers_actual=c("new_customers").cast(pl.Float64),
        win_rate_actual=c("won") / lines,
        deal_size_actual=c("revenue") / won,
        returns_actual=c("returned") / lines,
        discounts_actual=c("discount") / revenue,
        strategic_actual=c("strategic_amount") / revenue,
        largest_actual=c("largest_amount") / revenue,
        satisfaction_actual=c("rating"),
        units_actual=c("sold").cast(pl.Float64),
        lost_actual=c("lost_amount") / amount,
    )


def _over_zero(name: str) -> pl.Expr:
    """A column to divide by: missing where it is 0."""
    return pl.when(pl.col(name) != 0).then(pl.col(name))


# ---------------------------------------------------------------- rules


def _rounded(value: pl.Expr, places: int) -> pl.Expr:
    """Half up, as people round, and not by the last bit of a float."""
    step = 10.0**places
    return value.sign() * (value.abs() * step + 0.5 + NUDGE).floor() / step


def _case(figure: pl.Expr, cases: Sequence[tuple[pl.Expr, object]], otherwise: object) -> pl.Expr:
    """The value of the first case that holds; missing where the figure is."""

    def value(of: object) -> pl.Expr:
        return of if isinstance(of, pl.Expr) else pl.lit(of)

    return reduce(
        lambda other, case: pl.when(case[0]).then(value(case[1])).otherwise(other),
        reversed([(figure.is_null(), None), *cases]),
        value(otherwise),
    )


def _by_rows(figure: pl.Expr, rule: Rows) -> tuple[pl.Expr, pl.Expr]:
    """The row that each figure takes, and its points."""
    holds = [figure >= bound - CLOSE if rule.sign == ">=" else figure <= bound + CLOSE for _, bound, _ in rule.rows]
    heads = [(condition, head) for condition, (head, _, _) in zip(holds, rule.rows, strict=True)]
    points = [(condition, float(points)) for condition, (_, _, points) in zip(holds, rule.rows, strict=True)]
    return _case(figure, heads, "else"), _case(figure, points, float(rule.otherwise))


def _by_curve(figure: pl.Expr, rule: Curve) -> tuple[pl.Expr, pl.Expr]:
    (first, low, bottom), (last, high, top) = rule.points[0], rule.points[-1]
    heads: list[tuple[pl.Expr, object]] = [(figure <= low + CLOSE, f"≤ {first}"), (figure >= high - CLOSE, f"≥ {last}")]
    points: list[tuple[pl.Expr, object]] = [(heads[0][0], float(bottom)), (heads[1][0], float(top))]
    for (a, x0, y0), (b, x1, y1) in pairwise(rule.points):
        below = figure < x1 - CLOSE
        heads.append((below, f"{a} … {b}"))
        points.append((below, _rounded(y0 + (figure - x0) * ((y1 - y0) / (x1 - x0)), 2)))
    return _case(figure, heads[:-1], heads[-1][1]), _case(figure, points[:-1], points[-1][1])


def _score(sellers: pl.LazyFrame) -> pl.LazyFrame:
    """Add `<indicator>_score` and its marks, and `<indicator>_achievement` where there is a target."""
    achievements = {
        f"{item}_achievement": _rounded(pl.col(f"{item}_actual") / _over_zero(indicator.target), 4)
        for item, indicator in INDICATORS.items()
        if indicator.target is not None
    }
    return (
        sellers.with_columns(**achievements)
        .with_columns(
            **{
                name: column
                for item, indicator in INDICATORS.items()
                for name, column in _scored(item, indicator).items()
            }
        )
        .with_columns(
            pl.when(pl.col(f"{item}_score").is_null()).then(pl.lit("missing exclude")).alias(f"{item}_left_out")
            for item in INDICATORS
        )
    )


def _scored(item: str, indicator: Indicator) -> dict[str, pl.Expr]:
    figure = pl.col(f"{item}_{'actual' if indicator.target is None else 'achievement'}")
    columns = {}
    match indicator.rule:
        case Rows():
            columns["row"], score = _by_rows(figure, indicator.rule)
        case Curve():
            columns["row"], score = _by_curve(figure, indicator.rule)
        case Capped():
            points = figure * 100
            score = _rounded(points.clip(0, 120), 2)
            columns["limit"] = _case(figure, [(points > 120, "≤ 120"), (points < 0, "≥ 0")], None)
    columns["policy"] = pl.when(figure.is_null()).then(pl.lit(f"missing {indicator.policy}"))
    columns["score"] = score.fill_null(0.0) if indicator.policy == "score 0" else score
    return {f"{item}_{part}": column for part, column in columns.items()}


def _of_role(by_card: Callable[[Card], pl.Expr]) -> pl.Expr:
    """What a seller's own scorecard says."""
    return pl.coalesce(pl.when(pl.col("role") == card.role).then(by_card(card)) for card in CARDS)


def _of_group(name: str, by_group: Callable[[Group], pl.Expr]) -> pl.Expr:
    """What a group of a seller's own scorecard says; missing where it has no such group."""
    return _of_role(lambda card: by_group(group) if (group := card.group(name)) else pl.lit(None))


def _total(sellers: pl.LazyFrame) -> pl.LazyFrame:
    """Add the scorecard, `<group>_score`, `<group>_share` (of the groups that count), and the total before its gates."""
    names = dict.fromkeys(group.name for card in CARDS for group in card.groups)
    weights = {f"{name}_weights": _of_group(name, _weight) for name in names}
    points = {f"{name}_n": _of_group(name, _points) for name in names}
    scores = {f"{name}_score": pl.col(f"{name}_n") / _over_zero(f"{name}_weights") for name in names}
    counts = {
        f"{name}_counts": (pl.col(f"{name}_weights") > 0) * _of_group(name, lambda group: pl.lit(group.weight))
        for name in names
    }
    whole = pl.sum_horizontal(f"{name}_counts" for name in names)
    shares = {f"{name}_share": pl.col(f"{name}_counts") / whole for name in names}
    mean = pl.sum_horizontal(pl.col(f"{name}_score") * pl.col(f"{name}_share") for name in names)
    more = pl.when(pl.col("role") == "KA").then(pl.col("big_wins")).otherwise(0.0)
    return (
        sellers.with_columns(**weights, **points, big_wins=(pl.col("big") * 0.5).clip(upper_bound=5))
        .with_columns(**counts, **scores)
        .with_columns(**shares)
        .with_columns(scorecard=_of_role(lambda card: pl.lit(card.name)), before=_rounded(mean + more, 2))
    )


def _weight(group: Group) -> pl.Expr:
    """The weights of what a seller has a score for, added up."""
    return pl.sum_horizontal(pl.col(f"{item}_score").is_not_null() * weight for item, weight in group.weights.items())


def _points(group: Group) -> pl.Expr:
    return pl.sum_horizontal(pl.col(f"{item}_score") * weight for item, weight in group.weights.items())


def _grade_and_pay(sellers: pl.LazyFrame) -> pl.LazyFrame:
    """Add the total and the grade after their gates, and the pay items."""
    c = pl.col
    row, place = _by_rows(c("total"), GRADES)
    capped = c("many_returns") & (c("place") > LETTERS.index("C"))
    cap = c("base_pay") * 0.2
    bands = [
        (c("revenue") <= 50_000 + CLOSE, c("revenue") * 0.01, "up to 50_000"),
        (c("revenue") <= 120_000 + CLOSE, 500 + (c("revenue") - 50_000) * 0.02, "up to 120_000"),
    ]
    last = 1_900 + (c("revenue") - 120_000) * 0.03
    letters = _case(c("place"), [(c("place") == place, letter) for place, letter in enumerate(LETTERS)], None)
    return (
        sellers.with_columns(many_returns=c("returned") > 10, below_cost=c("profit").round(2) < 0)
        .with_columns(total=pl.when("below_cost").then(c("before").clip(upper_bound=60)).otherwise("before"))
        .with_columns(
            grade_row=row,
            place=place,
            total_gate=pl.when(c("below_cost") & (c("before") > 60)).then(pl.lit("below_cost")),
            flags=pl.concat_str(
                pl.when("many_returns").then(pl.lit("many_returns")),
                pl.when("below_cost").then(pl.lit("below_cost")),
                separator=", ",
                ignore_nulls=True,
            ),
        )
        .with_columns(
            grade=pl.when(capped).then(pl.lit("C")).otherwise(letters),
            grade_gate=pl.when(capped).then(pl.lit("many_returns")),
            pay=_case(c("revenue"), [(holds, pay) for holds, pay, _ in bands], last),
            commission_row=_case(c("revenue"), [(holds, head) for holds, _, head in bands], "above"),
        )
        .with_columns(
            bonus=_rounded(c("base_pay") * 3 * 0.2 * c("grade").replace_strict(COEFFICIENTS), 2),
            commission=_rounded(pl.min_horizontal(c("pay").clip(lower_bound=0), cap), 2),
            commission_limit=_case(
                c("pay"), [(c("pay") < 0, "≥ 0"), (c("pay") > cap + CLOSE, "≤ base_pay * 20%")], None
            ),
        )
        .with_columns(total_pay=(c("bonus") + c("commission")).round(2))
    )


# ---------------------------------------------------------------- results

_Line = tuple[pl.Expr, list[pl.Expr]]
"""Whose an item is, and the columns of its rows."""


def _items() -> list[_Line]:
    """A row for each seller and item."""
    c, every = pl.col, pl.lit(True)  # noqa: FBT003  # a literal
    big = {"value": c("big_wins"), "limit": pl.when(c("big") > 10).then(pl.lit("≤ 5"))}
    commission = {"value": c("commission"), "row": c("commission_row"), "limit": c("commission_limit")}
    return [
        _item(every, "total", "total", value=c("total"), gate=c("total_gate")),
        *(line for card in CARDS for line in _card_items(card)),
        _item(c("role") == "KA", "big_wins", "adjust", "Large orders won", "key_accounts", **big),
        _item(every, "grade", "grade", text=c("grade"), row=c("grade_row"), gate=c("grade_gate")),
        _item(every, "bonus", "pay", "Quarterly bonus", value=c("bonus")),
        _item(every, "commission", "pay", "Commission", None, **commission),
    ]


def _card_items(card: Card) -> list[_Line]:
    """The rows of a scorecard's groups and indicators."""
    c, own, lines = pl.col, pl.col("role") == card.role, []
    for group in card.groups:
        share = c(f"{group.name}_share")
        score = c(f"{group.name}_score")
        figures = {"score": score, "weight": pl.lit(group.weight), "effective_weight": share}
        points = (score * share).fill_null(0)
        lines.append(_item(own, group.name, "group", group.title, card.name, **figures, points=points))
        for item, weight in group.weights.items():
            indicator = INDICATORS[item]
            score = c(f"{item}_score")
            effective = pl.when(score.is_null()).then(0.0).otherwise(weight / c(f"{group.name}_weights") * share)
            given = {"weight": pl.lit(weight), "effective_weight": effective, "points": score.fill_null(0) * effective}
            given |= {part: c(f"{item}_{part}") for part in ("actual", "score", "policy", "left_out")}
            given["limit" if isinstance(indicator.rule, Capped) else "row"] = c(
                f"{item}_limit" if isinstance(indicator.rule, Capped) else f"{item}_row"
            )
            if indicator.target is not None:
                given |= {"target": c(indicator.target), "achievement": c(f"{item}_achievement")}
            lines.append(_item(own, item, "indicator", indicator.title, group.name, **given))
    return lines


def _item(
    own: pl.Expr, item: str, kind: str, title: str | None = None, parent: str | None = None, **given: pl.Expr
) -> _Line:
    named = {"item": item, "kind": kind, "title": title, "parent": parent}
    missing = pl.lit(None)
    return own, [
        pl.col("staff_id").alias("key"),
        *(pl.lit(text, pl.String).alias(name) for name, text in named.items()),
        *(given.get(name, missing).cast(pl.Float64).alias(name) for name in FIGURES),
        *(given.get(name, missing).cast(pl.String).alias(name) for name in TEXTS),
    ]
