from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kpirules.compiling import Compiled, compile_scheme
from kpirules.data.load import Loaded, typed_tables
from kpirules.data.quarantine import Quarantine
from kpirules.engines import duckdb, reference
from kpirules.engines.outcome import Engine
from kpirules.runs.manifest import Done
from kpirules.runs.run import Result, first_period, in_force, read_period, run_scheme
from kpirules.source import Fault, SourceText
from kpirules.values.periods import Period
from kpirules.values.units import Unit
from tests.runs import project
from tests.runs.project import SCHEME

Q1 = Period(date(2025, 1, 1), Unit.QUARTER)


def compiled(text: str) -> Compiled:
    return compile_scheme(SourceText("test.kpi", text))


def load(scheme: Compiled, **frames: dict[str, list[Any]]) -> Loaded:
    return typed_tables(tuple(scheme.model.tables.values()), {name: pa.table(frame) for name, frame in frames.items()})


def fault(caught: pytest.ExceptionInfo[Fault]) -> tuple[str, dict[str, Any], list[str]]:
    (fault,) = caught.value.diagnostics
    return fault.code, dict(fault.args), [note.key for note in fault.helps]


def by_item(result: Result, key: str) -> dict[str, dict[str, Any]]:
    rows = [row for row in result.items.to_pylist() if row["key"] == key]
    assert len({(row["kind"], row["item"]) for row in rows}) == len(rows)
    return {row["item"]: row for row in rows}


# ---------------------------------------------------------------- scores


@pytest.mark.parametrize("engine", [duckdb, reference], ids=["duckdb", "reference"])
def test_scores_are_those_worked_out_by_hand(done: Done, engine: Engine) -> None:
    result = run_scheme(done.compiled, done.loaded, Q1, engine)
    assert result.scores.column_names == ["staff_id", "scorecard", "total", "grade", "bonus", "total_pay", "flags"]
    assert [tuple(row.values()) for row in result.scores.to_pylist()] == [
        ("G1", None, None, None, None, Decimal("0.00"), "idle, small"),
        ("K1", "keeping", None, None, None, Decimal("0.00"), "idle, small"),
        ("K2", "keeping", Decimal("121.00"), "A", Decimal("50.00"), Decimal("50.00"), "small"),
        ("S1", "selling", Decimal("68.03"), "B", Decimal("100.01"), Decimal("100.01"), ""),
        ("S2", "selling", Decimal("0.00"), "C", Decimal("0.00"), Decimal("0.00"), "idle, small"),
    ]
    assert {str(result.scores.schema.field(name).type) for name in ("total", "bonus", "total_pay")} == {
        "decimal128(38, 2)"
    }


def test_who_is_not_assessed_is_told_with_the_reason(done: Done) -> None:
    result = done.result
    assert result.not_assessed.to_pylist() == [
        {"key": "G1", "reason": "no_scorecard"},
        {"key": "K1", "reason": "nothing_scored"},
    ]


def test_who_is_set_aside_stands_among_the_others_by_key(done: Done) -> None:
    loaded = replace(done.loaded, quarantine=Quarantine(out=pa.array(["H1", "A1"])))
    result = run_scheme(done.compiled, loaded, Q1)
    assert [tuple(row.values()) for row in result.not_assessed.to_pylist()] == [
        ("A1", "quarantined"),
        ("G1", "no_scorecard"),
        ("H1", "quarantined"),
        ("K1", "nothing_scored"),
    ]


def test_rows_without_an_owner_are_told(done: Done) -> None:
    """One order of L1, who left before the period."""
    assert [(row["table"], row["subject"], row["reason"]) for row in done.result.uncredited.to_pylist()] == [
        ("orders", "L1", "after_active")
    ]


def test_both_engines_give_the_same_tables(done: Done) -> None:
    ours, other = (run_scheme(done.compiled, done.loaded, Q1, engine) for engine in (duckdb, reference))
    assert (ours.engine, other.engine) == ("duckdb", "reference")
    assert ours.scores.equals(other.scores)
    assert ours.items.equals(other.items)
    assert ours.not_assessed.equals(other.not_assessed)


def test_a_scheme_without_scorecards_pays_everybody() -> None:
    head, tables = SCHEME.split("indicator sales")[0], {"staff_id": ["7"], "role": ["guest"], "base_pay": ["10.05"]}
    scheme = compiled(head + 'pay bonus "Bonus"\n    amount base_pay * 50%\n')
    staff = {**tables, "hired": ["2020-01-01"], "left_on": [""]}
    result = run_scheme(scheme, load(scheme, staff=staff, orders=EMPTY_ORDERS, targets=EMPTY_TARGETS), Q1)
    assert result.scores.to_pylist() == [
        {
            "staff_id": "7",
            "scorecard": None,
            "total": None,
            "grade": None,
            "bonus": Decimal("5.03"),
            "total_pay": Decimal("5.03"),
            "flags": "",
        }
    ]
    assert result.not_assessed.num_rows == 0
    assert result.scores.schema.field("total").type == pa.decimal128(38, 2)


EMPTY_ORDERS: dict[str, list[Any]] = {name: [] for name in ("order_id", "staff_id", "day", "amount")}
EMPTY_TARGETS: dict[str, list[Any]] = {name: [] for name in ("staff_id", "quarter", "amount")}


def test_a_scheme_without_any_item_has_no_rows_of_items() -> None:
    scheme = compiled(SCHEME.split("indicator sales")[0])
    staff = {"staff_id": ["7"], "role": ["guest"], "hired": ["2020-01-01"], "left_on": [""], "base_pay": ["1"]}
    result = run_scheme(scheme, load(scheme, staff=staff, orders=EMPTY_ORDERS, targets=EMPTY_TARGETS), Q1)
    assert result.items.num_rows == 0
    assert result.items.column_names == ITEM_COLUMNS
    assert result.scores.column("staff_id").to_pylist() == ["7"]


def test_nobody_at_all_gives_empty_tables(done: Done) -> None:
    nobody = Loaded({name: table.slice(0, 0) for name, table in done.loaded.tables.items()}, done.loaded.facts)
    result = run_scheme(done.compiled, nobody, Q1)
    assert (result.scores.num_rows, result.items.num_rows, result.not_assessed.num_rows) == (0, 0, 0)
    assert result.scores.schema == done.result.scores.schema
    assert result.items.schema == done.result.items.schema


# ---------------------------------------------------------------- items

ITEM_COLUMNS = [
    *("key", "item", "kind", "title", "parent"),
    *("actual", "target", "achievement", "score", "weight", "effective_weight", "points", "value"),
    *("rounded", "row", "limit", "policy", "gate", "left_out", "text", "advice"),
]


def test_items_are_those_of_the_subjects_scorecard(done: Done) -> None:
    """Both scorecards call their group `results`; who is in one has nothing of the other's."""
    result = done.result
    assert result.items.column_names == ITEM_COLUMNS
    always = {"total", "grade", "bonus"}
    assert by_item(result, "S1").keys() == {"results", "sales", "visits", *always}
    assert by_item(result, "K2").keys() == {"results", "sales", "extra", *always}
    assert by_item(result, "G1").keys() == always
    assert by_item(result, "S1")["results"]["title"] == "Selling results"
    assert by_item(result, "K2")["results"]["title"] == "Keeping results"


def test_an_item_has_its_figures(done: Done) -> None:
    result = done.result
    sales = by_item(result, "S1")["sales"]
    assert (sales["kind"], sales["title"], sales["parent"]) == ("indicator", "Sales", "results")
    names = ("actual", "target", "achievement", "score", "weight", "points")
    assert [str(sales[name].normalize()) for name in names] == ["1000.5", "1E+3", "1.0005", "100.05", "0.6", "60.03"]
    assert sales["value"] is None
    extra = by_item(result, "K2")["extra"]
    assert (extra["kind"], extra["parent"], extra["value"]) == ("adjust", "keeping", 1)
    assert by_item(result, "S1")["total"]["value"] == Decimal("68.03")
    assert by_item(result, "S1")["bonus"]["value"] == Decimal("100.01")
    assert by_item(result, "S1")["grade"]["text"] == "B"
    figures = [result.items.schema.field(name).type for name in (*names, "value")]
    assert set(figures) == {pa.decimal128(38, 12)}


@pytest.mark.parametrize("engine", [duckdb, reference], ids=["duckdb", "reference"])
def test_flags_are_in_file_order(done: Done, engine: Engine) -> None:
    """The total is worked out before the bonus, and its gate stands after those of the bonus."""
    late = 'gate early "Under 10" when sum(orders.amount) < 10 CNY\n    total at most 1\n    bonus at most 40 CNY\n\n'
    scheme = compiled(SCHEME.replace("pay bonus", f"{late}pay bonus"))
    result = run_scheme(scheme, done.loaded, Q1, engine)
    flags = dict(zip(*(result.scores.column(name).to_pylist() for name in ("staff_id", "flags")), strict=True))
    assert flags["S2"] == "idle, small, early"
    assert flags["K2"] == "small"


def test_an_item_says_which_row_limit_policy_and_gate(done: Done) -> None:
    result = done.result
    assert by_item(result, "K2")["sales"]["limit"] is None
    assert by_item(result, "K1")["sales"]["policy"] == "missing exclude"
    assert by_item(result, "S1")["grade"]["row"] == ">= 10"
    assert by_item(result, "K2")["bonus"]["gate"] == "small"
    assert by_item(result, "S2")["bonus"]["gate"] == "idle"
    assert by_item(result, "S1")["bonus"]["gate"] is None


def test_a_limit_that_cut_is_told(shop: Path) -> None:
    (shop / "targets.csv").write_text("staff_id,quarter,amount\nS1,2025Q1,500\n", encoding="utf-8")
    sales = by_item(project.done(shop).result, "S1")["sales"]
    assert (sales["limit"], sales["score"]) == ("≤ 120", 120)


def test_a_quotient_is_kept_to_twelve_places(shop: Path) -> None:
    (shop / "shop.kpi").write_text(
        SCHEME.replace("actual  count(orders)", "actual  count(orders) / 7").replace("actual * 10", "actual * 10 + 0"),
        encoding="utf-8",
    )
    visits = by_item(project.done(shop).result, "S1")["visits"]
    assert visits["actual"] == Decimal("0.285714285714")
    assert visits["rounded"] == "actual"


def test_a_quotient_too_wide_to_be_rounded_by_the_engine_is_kept_to_twelve_places(shop: Path) -> None:
    """2 × 0.198 ÷ 7 is 0.0565714285714285…; ÷ 8 it is 0.0495, and nothing is rounded."""
    pay = "(staff.base_pay / 1 CNY)"
    for divisor, kept, mark in (("7", "0.056571428571", "actual"), ("8", "0.0495", None)):
        text = SCHEME.replace("actual  count(orders)", f"actual  count(orders) * {pay} * 0.198 / {pay} / {divisor}")
        (shop / "shop.kpi").write_text(text.replace("actual * 10", "10 + 0"), encoding="utf-8")
        visits = by_item(project.done(shop).result, "S1")["visits"]
        assert (visits["actual"], visits["rounded"]) == (Decimal(kept), mark)


def test_a_figure_of_more_than_twelve_places_is_rounded_half_away(shop: Path) -> None:
    text = SCHEME.replace("actual  count(orders)", "actual  count(orders) * 1.00000000000025")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    visits = by_item(project.done(shop).result, "S1")["visits"]
    assert (visits["actual"], visits["rounded"]) == (Decimal("2.000000000001"), "actual")


def test_figures_are_kept_as_the_header_rounds(shop: Path) -> None:
    """A half of the twelfth place goes to the even digit, of a quotient as of a long decimal."""
    for figure in ("count(orders) * 1.00000000000025", "count(orders) * 400_000_000_000_1 / 4_000_000_000_000"):
        text = SCHEME.replace("actual  count(orders)", f"actual  {figure}").replace("money 2", "money 2, half even")
        (shop / "shop.kpi").write_text(text, encoding="utf-8")
        assert by_item(project.done(shop).result, "S1")["visits"]["actual"] == 2


# ---------------------------------------------------------------- the period


@pytest.mark.parametrize(
    ("text", "kind", "start"),
    [
        ("2025Q1", Unit.QUARTER, date(2025, 1, 1)),
        ("2025年第2季度", Unit.QUARTER, date(2025, 4, 1)),
        ("2025-03", Unit.MONTH, date(2025, 3, 1)),
        ("2025年2季", Unit.QUARTER, date(2025, 4, 1)),
        ("2025H2", Unit.HALF, date(2025, 7, 1)),
        ("2025年上半年", Unit.HALF, date(2025, 1, 1)),
        ("2025下半年", Unit.HALF, date(2025, 7, 1)),
        ("2025", Unit.YEAR, date(2025, 1, 1)),
    ],
)
def test_a_period_is_read(text: str, kind: Unit, start: date) -> None:
    assert read_period(text, kind) == Period(start, kind)


@pytest.mark.parametrize(
    ("text", "kind", "example"),
    [
        ("2025-03", Unit.QUARTER, "2025Q1"),
        ("first", Unit.QUARTER, "2025Q1"),
        ("2025Q1", Unit.MONTH, "2025-03"),
        ("2025", Unit.HALF, "2025H1"),
        ("2025Q1", Unit.YEAR, "2025"),
        ("0000", Unit.YEAR, "2025"),
        ("2025-13", Unit.MONTH, "2025-03"),
    ],
)
def test_another_kind_of_period_says_how_to_write_it(text: str, kind: Unit, example: str) -> None:
    with pytest.raises(Fault) as caught:
        read_period(text, kind)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.args, fault.helps[0].args) == (
        "KPI720",
        {"period": text, "kind": kind},
        {"example": example},
    )


@pytest.mark.parametrize(("name", "runs"), [("2024Q4", False), ("2025Q1", True), ("2025Q4", True), ("2026Q1", False)])
def test_a_scheme_runs_for_the_periods_that_begin_within_its_dates(done: Done, name: str, runs: bool) -> None:  # noqa: FBT001
    period = read_period(name, Unit.QUARTER)
    if runs:
        assert run_scheme(done.compiled, done.loaded, period).period == period
        return
    with pytest.raises(Fault) as caught:
        run_scheme(done.compiled, done.loaded, period)
    code, args, helps = fault(caught)
    assert (code, args["version"], args["period"], helps) == ("KPI721", "1.0", period, ["version", "both"])


@pytest.mark.parametrize(("until", "runs"), [("2025-03-31", False), ("2025-04-01", True)])
def test_a_period_may_begin_on_the_last_day_of_a_scheme(until: str, runs: bool) -> None:  # noqa: FBT001
    plan = compiled(SCHEME.replace("2025-12-31", until)).plan
    with nullcontext() if runs else pytest.raises(Fault):
        in_force(plan, read_period("2025Q2", Unit.QUARTER))


def test_a_scheme_without_a_version_speaks_of_none(done: Done) -> None:
    with pytest.raises(Fault) as caught:
        in_force(replace(done.compiled.plan, version=""), read_period("2026Q1", Unit.QUARTER))
    assert [help_.key for help_ in caught.value.diagnostics[0].helps] == ["both"]


@pytest.mark.parametrize(
    ("effective", "first"),
    [("from 2025-01-01", "2025Q1"), ("from 2025-01-02", "2025Q2"), ("from 2024-12-31", "2025Q1")],
)
def test_the_first_period_begins_on_the_first_day_or_later(effective: str, first: str) -> None:
    scheme = compiled(SCHEME.replace("from 2025-01-01 to 2025-12-31", effective))
    assert str(first_period(scheme.plan)) == first


# ---------------------------------------------------------------- what stops a run


def test_a_check_that_does_not_hold_stops_the_run_and_names_item_and_subjects(shop: Path) -> None:
    text = SCHEME.replace("    missing exclude\n", "    missing error\n")
    (shop / "shop.kpi").write_text(text, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        project.done(shop)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.args["item"], fault.args["subject"], fault.helps) == ("KPI704", "sales", "K1", ())


@pytest.mark.parametrize("count", [2, 20, 21])
def test_the_subjects_of_a_check_are_listed_up_to_a_number(shop: Path, count: int) -> None:
    keys = [f"X{nth:02}" for nth in range(count)]
    (shop / "shop.kpi").write_text(SCHEME.replace("missing exclude", "missing error"), encoding="utf-8")
    staff = "staff_id,role,hired,left_on,base_pay\n" + "".join(f"{key},keeper,2020-01-01,,1\n" for key in keys)
    (shop / "staff.csv").write_text(staff, encoding="utf-8")
    (shop / "orders.csv").write_text("order_id,staff_id,day,amount\n1,X00,2025-01-09,1\n", encoding="utf-8")
    (shop / "targets.csv").write_text("staff_id,quarter,amount\n", encoding="utf-8")
    with pytest.raises(Fault) as caught:
        project.done(shop)
    (fault,) = caught.value.diagnostics
    assert fault.args["count"] == count
    assert [note.args["subjects"] for note in fault.helps] == [keys[:20] + (["…"] if count > 20 else [])]


def test_a_key_called_as_a_result_is_refused(done: Done) -> None:
    text = SCHEME.replace("staff_id", "flags")
    scheme = compiled(text)
    with pytest.raises(Fault) as caught:
        run_scheme(scheme, done.loaded, Q1)
    assert fault(caught)[:2] == ("KPI723", {"name": "flags"})


# ---------------------------------------------------------------- outcomes, and what results must keep

PROMISES = """
outcome stayed "Worked on" when bonus >= 100 CNY
ensure bonus <= 100 CNY : "never above 100"
ensure total is present : "everybody is assessed"
ensure total is missing or total >= 0 : "never below zero"
"""


def _promised(shop: Path) -> Result:
    (shop / "shop.kpi").write_text(project.SCHEME + PROMISES, encoding="utf-8")
    return project.done(shop).result


def test_an_outcome_is_a_column_of_scores_and_an_item(shop: Path) -> None:
    """Those who are not assessed have no bonus to be judged by."""
    result = _promised(shop)
    assert result.scores.column_names[-3:] == ["total_pay", "stayed", "flags"]
    assert result.scores.column("stayed").to_pylist() == [None, None, False, True, False]
    item = by_item(result, "S1")["stayed"]
    assert (item["kind"], item["title"], item["text"], item["value"]) == ("outcome", "Worked on", "true", None)


def test_what_results_do_not_keep_is_told_with_who_breaks_it(shop: Path) -> None:
    result = _promised(shop)
    assert [(broken.message, broken.subjects.to_pylist()) for broken in result.broken] == [
        ("never above 100", ["S1"]),
        ("everybody is assessed", ["G1", "K1"]),
    ]
    first, second = (broken.diagnostic() for broken in result.broken)
    assert (first.code, first.args["subject"], first.helps) == ("KPI707", "S1", ())
    assert second.helps[0].args["subjects"] == ["G1", "K1"]
    assert first.span is not None
    assert first.span.text == 'ensure bonus <= 100 CNY : "never above 100"'
    flags = dict(zip(result.scores.column(0).to_pylist(), result.scores.column("flags").to_pylist(), strict=True))
    assert flags["S1"] == 'ensure "never above 100"'
    assert flags["G1"] == 'idle, small, ensure "everybody is assessed"'
    assert flags["K2"] == "small"
    assert by_item(result, "S1")["ensure 1"]["text"] == "false"
    assert by_item(result, "K1")["ensure 1"]["text"] is None
