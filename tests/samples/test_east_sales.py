"""The shipped sample: its data, its figures worked out another way, and what a reader learns by changing it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from kpirules.compiling import compile_scheme
from kpirules.runs.run import Result, run_scheme
from kpirules.source import Diagnostic, Fault, SourceText
from tests.helpers.outcomes import exact
from tests.samples.arithmetic import decimal, rounded
from tests.samples.east_sales import FOLDER, east_sales
from tests.samples.projects import Project, bindings, figures, open_project

QUARTERS = {"2025Q1": (date(2025, 1, 1), date(2025, 3, 31)), "2025Q2": (date(2025, 4, 1), date(2025, 6, 30))}
SCHEME = FOLDER / "scheme.kpi"

quarters = pytest.mark.parametrize("quarter", QUARTERS)


def test_data_is_what_the_generator_makes() -> None:
    written = {path.name: path.read_bytes().decode() for path in (FOLDER / "data").iterdir()}
    assert written == east_sales(), "run `python -m tests.samples.east_sales`"


@cache
def chinese(quarter: str) -> Project:
    return open_project(FOLDER / "kpirules.yaml", quarter)


@cache
def result(quarter: str) -> Result:
    return chinese(quarter).result()


@quarters
def test_engines_and_languages_agree(quarter: str) -> None:
    english = open_project(FOLDER / "kpirules.en.yaml", quarter)
    ours, theirs = chinese(quarter).agreed(), english.agreed()
    for name, other in zip(bindings(chinese(quarter).plan), bindings(english.plan), strict=True):
        if ours.subjects.schema.field(name).type != pa.string() or name == "grade":
            assert exact(ours, name) == exact(theirs, other), (name, other)


# ---------------------------------------------------------------- worked out another way


@quarters
def test_every_total_grade_and_payment(quarter: str) -> None:
    rows = {row["工号"]: row for row in result(quarter).scores.to_pylist()}
    expected = {who: row for who, _, row in _policy(quarter)}
    assert rows.keys() == expected.keys()
    for who, row in expected.items():
        assert {name: rows[who][name] for name in row} == row, who


@quarters
def test_every_score_of_every_indicator(quarter: str) -> None:
    agreed = figures(chinese(quarter).agreed(), chinese(quarter).plan)
    for who, scores, _ in _policy(quarter):
        assert {name: agreed[who][f"{name}.score"] for name in scores} == scores, who


@quarters
def test_who_is_advised(quarter: str) -> None:
    rows = [row for row in result(quarter).items.to_pylist() if row["item"] == "销售达成"]
    advised = {row["key"] for row in rows if row["advice"]}
    scores = {who: scores["销售达成"] for who, scores, _ in _policy(quarter)}
    assert advised == {who for who, score in scores.items() if score is not None and score < 60}
    assert advised


def _policy(quarter: str) -> Iterator[tuple[str, dict[str, Fraction | None], dict[str, Any]]]:
    """The policy in plain arithmetic, straight from the files: each seller, the scores, and what they come to."""
    first, last = QUARTERS[quarter]
    span = (last - first).days + 1
    for person in _rows("员工"):
        who, base = person["工号"], Fraction(person["月薪"])
        came = max(first, date.fromisoformat(person["入职"]))
        went = min(last, date.fromisoformat(person["离职"] or str(last)))
        days = (went - came).days + 1
        if days <= 0 or person["用工"] != "正式":
            continue
        mine = {name: [row for row in _within(name, quarter) if row["工号"] == who] for name in _DATED}
        sold = [row for row in mine["订单"] if row["状态"] == "成交" and _in_service(person, row["下单日"])]
        won, net = _total(sold, "售价"), _total(sold, "售价") - _total(mine["退款"], "退款额")
        goal = next((row for row in _rows("目标") if (row["工号"], row["季度"]) == (who, quarter)), None)
        due = [row for row in _rows("应收") if (row["工号"], row["季度"]) == (who, quarter)]
        rated = [Fraction(row["评分"]) for row in mine["回访"] if row["评分"]]
        scores: dict[str, Fraction | None] = {
            "销售达成": _attained(net, Fraction(goal["销售额"]) * days / span if goal else Fraction(0)),
            "毛利率": _margin((won - _total(sold, "成本")) / won) if won else Fraction(0),
            "回款率": _collected(_total(mine["回款"], "到账额"), _total(due, "应收额")),
            "拓新": _new(len(mine["签约"]), int(goal["新客户数"]) if goal else 0),
            "满意度": _curve(sum(rated, Fraction(0)) / len(rated), (60, 0), (80, 80), (95, 100)) if rated else None,
            "客诉": Fraction((100, 80, 50, 50, 0)[min(len(mine["投诉"]), 4)]),
        }
        card = _FIELD if person["岗位"] == "客户经理" else _KEY
        weighted = _weighted([(weight, _weighted(_of(group, scores))) for weight, group in card])
        assert weighted is not None
        total = rounded(weighted + max(Fraction(-len(mine["缺报"]), 2), Fraction(-5)))
        grade = next(
            grade for least, grade in ((95, "S"), (85, "A"), (75, "B"), (60, "C"), (-99, "D")) if total >= least
        )
        barred = [row for row in mine["违规"] if row["级别"] == "重大"]
        worst = max(["S", "D" if barred else "S", "B" if days < 30 else "S"], key="SABCD".index)
        grade = max(grade, worst, key="SABCD".index)
        factor = {"S": Fraction(3, 2), "A": Fraction(6, 5), "B": Fraction(1), "C": Fraction(3, 5), "D": Fraction(0)}
        signed = Decimal(min(300 * len(mine["签约"]), 3000))
        results = {
            "total": decimal(total),
            "grade": grade,
            "季度奖金": decimal(base * 3 * Fraction(1, 5) * factor[grade] * Fraction(days, span)),
            "提成": decimal(max(min(_sliced(net), 2 * base), Fraction(0))),
            "新客奖": signed if card is _FIELD else None,
            "晋升": grade in "SA" and date.fromisoformat(person["入职"]) <= last.replace(year=last.year - 1),
        }
        yield who, scores, results


_FIELD = ((60, (("销售达成", 40), ("毛利率", 10), ("回款率", 10))), (40, (("拓新", 15), ("满意度", 15), ("客诉", 10))))
_KEY = ((70, (("销售达成", 40), ("毛利率", 15), ("回款率", 15))), (30, (("满意度", 20), ("客诉", 10))))
_DATED = {
    "订单": "下单日",
    "退款": "退款日",
    "回款": "到账日",
    "签约": "签约日",
    "回访": "回访日",
    "投诉": "投诉日",
    "缺报": "缺报日",
    "违规": "发现日",
}


@cache
def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _within(name: str, quarter: str) -> list[dict[str, str]]:
    first, last = (str(day) for day in QUARTERS[quarter])
    return [row for row in _rows(name) if first <= row[_DATED[name]] <= last]


def _in_service(person: dict[str, str], day: str) -> bool:
    return person["入职"] <= day <= (person["离职"] or "9999")


def _total(rows: list[dict[str, str]], column: str) -> Fraction:
    return sum((Fraction(row[column]) for row in rows), Fraction(0))


def _attained(net: Fraction, goal: Fraction) -> Fraction | None:
    return rounded(max(min(rounded(net / goal, 4) * 100, Fraction(120)), Fraction(0))) if goal else None


def _margin(share: Fraction) -> Fraction:
    steps = ((30, 100), (25, 90), (20, 75), (15, 60))
    return Fraction(next((points for least, points in steps if share * 100 >= least), 30))


def _collected(paid: Fraction, due: Fraction) -> Fraction | None:
    return _curve(100 * paid / due, (60, 0), (90, 90), (100, 100)) if due else None


def _new(signed: int, goal: int) -> Fraction | None:
    if not goal:
        return None
    reached = rounded(Fraction(signed, goal), 4) * 100
    return Fraction(next((points for least, points in ((120, 120), (100, 100), (50, 60)) if reached >= least), 0))


def _curve(x: Fraction, *points: tuple[int, int]) -> Fraction:
    x = max(min(x, Fraction(points[-1][0])), Fraction(points[0][0]))
    (x0, y0), (x1, y1) = next(pair for pair in pairwise(points) if x <= pair[1][0])
    return rounded(y0 + (x - x0) * (y1 - y0) / (x1 - x0))


def _of(group: tuple[tuple[str, int], ...], scores: dict[str, Fraction | None]) -> list[tuple[int, Fraction | None]]:
    return [(weight, scores[name]) for name, weight in group]


def _weighted(parts: list[tuple[int, Fraction | None]]) -> Fraction | None:
    """The mean of what is there."""
    there = [(weight, score) for weight, score in parts if score is not None]
    weights = sum(weight for weight, _ in there)
    return sum((weight * score for weight, score in there), Fraction(0)) / weights if there else None


def _sliced(net: Fraction) -> Fraction:
    if net < 0:
        return net * 8 / 1000
    low, high = min(net, Fraction(200_000)), min(net, Fraction(500_000))
    return low * 8 / 1000 + (high - low) * 12 / 1000 + (net - high) * 18 / 1000


# ---------------------------------------------------------------- what real life brings


def _figure(quarter: str, who: str, item: str, name: str) -> Any:  # noqa: ANN401  # a decimal, a text, or nothing
    rows = result(quarter).items.to_pylist()
    return next(row[name] for row in rows if row["key"] == who and row["item"] == item)


def _score(quarter: str, who: str, name: str) -> Any:  # noqa: ANN401  # a decimal, a text, or nothing
    return next(row[name] for row in result(quarter).scores.to_pylist() if row["工号"] == who)


def test_who_is_not_there_is_left_out() -> None:
    first, second = ({row["工号"] for row in result(quarter).scores.to_pylist()} for quarter in QUARTERS)
    everyone = {f"E{nth:03}" for nth in range(1, 61)}
    assert everyone - first == {"E031", "E035", "E044", "E052", "E058", "E059"}
    assert everyone - second == {"E012", "E035", "E048", "E058", "E059"}


def test_orders_before_coming_and_after_leaving_are_reported_and_not_paid() -> None:
    """E010 came on 15 February 2025, E012 left at the end of it."""
    assert [
        (row["table"], row["row_key"], row["subject"], str(row["day"]), row["reason"])
        for row in result("2025Q1").uncredited.to_pylist()
    ] == [
        ("订单", "D0678", "E010", "2025-02-14", "before_active"),
        ("订单", "D0679", "E012", "2025-03-12", "after_active"),
    ]
    assert result("2025Q2").uncredited.num_rows == 0


def test_values_on_a_threshold_reach_it() -> None:
    assert _figure("2025Q1", "E002", "毛利率", "actual") == Decimal("0.3")
    assert _figure("2025Q1", "E002", "毛利率", "score") == 100
    assert _figure("2025Q1", "E003", "销售达成", "achievement") == 1


def test_what_is_missing_is_left_out_or_scored_as_the_policy_says() -> None:
    assert _figure("2025Q1", "E017", "销售达成", "score") is None
    assert _figure("2025Q1", "E026", "满意度", "score") is None
    assert _figure("2025Q2", "E033", "回款率", "score") is None
    assert _figure("2025Q1", "E015", "毛利率", "score") == 0
    assert _figure("2025Q1", "E015", "毛利率", "actual") is None


def test_limits_cut() -> None:
    assert _score("2025Q2", "E006", "提成") == 0
    base = next(Decimal(row["月薪"]) for row in _rows("员工") if row["工号"] == "E020")
    assert _score("2025Q2", "E020", "提成") == 2 * base
    assert _figure("2025Q2", "E038", "周报", "value") == -5


def test_gates_bind_and_pay_follows() -> None:
    assert (_score("2025Q1", "E008", "flags"), _score("2025Q1", "E008", "grade")) == ("违规否决", "D")
    assert _score("2025Q1", "E008", "total") >= 75
    assert _score("2025Q1", "E008", "季度奖金") == 0
    assert (_score("2025Q2", "E044", "flags"), _score("2025Q2", "E044", "grade")) == ("在岗太短", "B")
    assert _score("2025Q2", "E044", "total") >= 85


def test_days_are_counted_with_both_ends() -> None:
    came = date(2025, 6, 16)
    there = (QUARTERS["2025Q2"][1] - came + timedelta(days=1)).days
    goal = next(row for row in _rows("目标") if (row["工号"], row["季度"]) == ("E044", "2025Q2"))
    shown = Fraction(_figure("2025Q2", "E044", "销售达成", "target"))
    assert abs(shown - Fraction(goal["销售额"]) * there / 91) < Fraction(1, 10**11)


# ---------------------------------------------------------------- what a reader learns


def _changed(old: str, new: str) -> SourceText:
    text = SCHEME.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    return SourceText("scheme.kpi", text.replace(old, new))


def _told(source: SourceText) -> list[tuple[str, str]]:
    with pytest.raises(Fault) as fault:
        compile_scheme(source)
    return [(fault.code, _line(fault)) for fault in fault.value.diagnostics]


def _line(diagnostic: Diagnostic) -> str:
    assert diagnostic.span is not None
    source = diagnostic.span.source
    return source.line(source.position(diagnostic.span.start)[0]).strip()


def test_a_threshold_moves_the_figures_behind_it() -> None:
    project = chinese("2025Q1")
    changed = run_scheme(compile_scheme(_changed('≥ 85 : "A"', '≥ 86 : "A"')), project.loaded, project.period)
    before = {row["工号"]: row for row in result("2025Q1").scores.to_pylist()}
    after = {row["工号"]: row for row in changed.scores.to_pylist()}
    moved = {who for who, row in before.items() if row != after[who]}
    assert moved == {who for who, row in before.items() if 85 <= row["total"] < 86 and row["grade"] == "A"}
    assert moved
    for who in moved:
        assert (before[who]["grade"], after[who]["grade"]) == ("A", "B")
        assert after[who]["季度奖金"] < before[who]["季度奖金"]
        assert after[who]["提成"] == before[who]["提成"]


def test_weights_that_do_not_add_up_are_told_at_their_line() -> None:
    assert _told(_changed("拓新    15%", "拓新    20%")) == [("KPI508", '维度 客户 "客户" 40%')]
    told = _told(_changed('维度 客户 "客户" 40%', '维度 客户 "客户" 45%'))
    assert told == [
        ("KPI507", '计分卡 一线 "客户经理计分卡" 适用 岗位 = "客户经理"'),
        ("KPI508", '维度 客户 "客户" 45%'),
    ]


def test_a_percent_sign_forgotten_is_told_at_its_line() -> None:
    assert _told(_changed("≥ 30% : 100", "≥ 30 : 100")) == [("KPI304", "≥ 30 : 100")]
