"""The commission plan: its records, every figure of every rep worked out another way, and what real life brings."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

import kpirules
from kpirules.runs.run import Result
from tests.golden.cases import explained
from tests.samples.arithmetic import decimal, rounded
from tests.samples.projects import Project, figures, open_project
from tests.samples.saas_commission import FOLDER, MANAGERS, SHEET, UNSIGNED, memos, quota_sheet, records, texts

QUARTERS = {"2025Q1": (date(2025, 1, 1), date(2025, 3, 31)), "2025Q2": (date(2025, 4, 1), date(2025, 6, 30))}

quarters = pytest.mark.parametrize("quarter", QUARTERS)


def test_data_is_what_the_generator_makes() -> None:
    made = records()
    for name, content in texts(made).items():
        assert (FOLDER / "data" / name).read_bytes() == content, "run `python -m tests.samples.saas_commission`"
    assert pq.read_table(FOLDER / "data" / "credit_memos.parquet").equals(memos(made))
    assert _sheet() == [[*row, "", "", ""][:3] for row in quota_sheet(made)]


@cache
def project(quarter: str) -> Project:
    return open_project(FOLDER / "kpirules.yaml", quarter)


@cache
def result(quarter: str) -> Result:
    return project(quarter).result()


# ---------------------------------------------------------------- worked out another way


@quarters
def test_every_figure_of_every_rep(quarter: str) -> None:
    agreed = figures(project(quarter).agreed(), project(quarter).plan)
    expected = dict(_plan(quarter))
    assert agreed.keys() == expected.keys()
    for who, row in expected.items():
        for name, figure in row.items():
            assert agreed[who][name] == figure, f"{who} {name}"


@quarters
def test_results_hold_the_same_figures(quarter: str) -> None:
    rows = {row["rep_id"]: row for row in result(quarter).scores.to_pylist()}
    for who, row in _plan(quarter):
        paid = [row[name] for name in ("commission", "guarantee_top_up") if row[name] is not None]
        assert rows[who]["commission"] == decimal(row["commission"]), who
        assert rows[who]["total_pay"] == decimal(sum(paid, Fraction(0))), who
        assert rows[who]["total"] == decimal(row["total"]), who
        assert rows[who]["club"] == row["club"], who


def _plan(quarter: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The plan in plain arithmetic, rep by rep, straight from the files."""
    first, last = QUARTERS[quarter]
    span = (last - first).days + 1
    for rep in _rows("reps"):
        who = rep["Employee ID"]
        hired, left = date.fromisoformat(rep["Hire Date"]), date.fromisoformat(rep["Termination Date"] or "9999-12-31")
        start, end = max(first, hired), min(last, left)
        days = (end - start).days + 1
        if rep["Role"] != "Account Executive" or days <= 0:
            continue
        mine = [row for row in _rows("bookings") if row["Owner ID"] == who and start <= _day(row["Close Date"]) <= end]
        credit = sum((_acv(row) / (2 if row["Type"] == "Renewal" else 1) for row in mine), Fraction(0))
        credit -= sum((Fraction(row["amount"]) for row in _memos(who) if start <= row["issued_on"] <= end), Fraction(0))
        quota = _quotas().get((who, quarter), Fraction(0)) * days / span
        reached = rounded(credit / quota, 4) if quota else None
        logos = [row for row in mine if row["Type"] in {"New Logo", "New Business"} and _acv(row) >= 15_000]
        on_bookings, kicker = rounded(_commission(credit, quota)), min(_each_logo(len(logos)), Fraction(10_000))
        # The days of the quarter on which somebody is employed and in the first ninety days.
        guaranteed = sum(1 for n in range(days) if (start - hired).days + n < 90)
        commission = on_bookings + kicker
        top_up = rounded(max(Fraction(12_000) * guaranteed / span - commission, Fraction(0))) if guaranteed else None
        unsigned = not rep["Plan Letter Signed"]
        yield (
            who,
            {
                "credit": credit,
                "quota": quota,
                "attainment.achievement": reached,
                "attainment.score": rounded(reached * 100) if reached is not None else 100,
                "total": rounded(reached * 100) if reached is not None else Fraction(100),
                "club": reached is not None and reached * 100 >= 120 and not rep["Termination Date"],
                "on_bookings": on_bookings,
                "new_logos": len(logos),
                "kicker": kicker,
                "guaranteed_days": guaranteed,
                "commission": Fraction(0) if unsigned else commission,
                "guarantee_top_up": Fraction(0) if unsigned and guaranteed else top_up,
            },
        )


def _commission(credit: Fraction, quota: Fraction) -> Fraction:
    """Dollar by dollar: what each slice of the credit earns."""
    if not quota or credit < 0:
        return credit / 10
    if credit / quota < Fraction(4, 5):
        return credit * 6 / 100
    to_quota = min(credit, quota)
    to_upper = min(max(credit - quota, Fraction(0)), quota / 4)
    return to_quota / 10 + to_upper * 15 / 100 + (credit - to_quota - to_upper) / 5


def _each_logo(count: int) -> Fraction:
    return sum((Fraction(500 if nth < 3 else 1000) for nth in range(count)), Fraction(0))


def _sheet() -> list[list[Any]]:
    """The sheet of quotas, its title padded to the width of the table."""
    return CalamineWorkbook.from_path(FOLDER / "data" / "quotas.xlsx").get_sheet_by_name(SHEET).to_python()


@cache
def _quotas() -> dict[tuple[str, str], Fraction]:
    return {(who, quarter): Fraction(dollars) for who, quarter, dollars in _sheet()[3:]}


@cache
def _rows(name: str) -> list[dict[str, str]]:
    """The rows of a file; those without a first cell are blank lines."""
    with (FOLDER / "data" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if next(iter(row.values()))]


def _memos(who: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(FOLDER / "data" / "credit_memos.parquet").to_pylist()
    return [row for row in rows if row["employee_id"] == who]


def _day(cell: str) -> date:
    return date.fromisoformat(cell)


def _acv(row: dict[str, str]) -> Fraction:
    return Fraction(row["ACV"].replace("$", "").replace(",", ""))


# ---------------------------------------------------------------- what real life brings, worked by hand


def _paid(quarter: str, who: str, name: str) -> Any:  # noqa: ANN401  # a decimal, or nothing
    return next(row[name] for row in result(quarter).scores.to_pylist() if row["rep_id"] == who)


def test_who_is_not_on_the_plan_is_left_out() -> None:
    first, second = ({row["rep_id"] for row in result(quarter).scores.to_pylist()} for quarter in QUARTERS)
    everyone = {f"00{100 + nth}" for nth in range(1, 61)} - {*MANAGERS}
    assert everyone - first == {"00131", "00135", "00147"}  # hired in May, left in December, hired in July
    assert everyone - second == {"00112", "00135", "00143", "00147"}  # left in February, December and on 31 March


def test_thresholds_are_met_exactly() -> None:
    # Quota 200,000. A cent under 80% all of 159,999.99 earns 6%: 9,599.9994. At 80% 160,000 earns 10%.
    assert _paid("2025Q1", "00102", "commission") == Decimal("9600.00")
    assert _paid("2025Q1", "00103", "commission") == Decimal("16000.00")
    # 100%: 20,000. 125%: 20,000 + 50,000 at 15%.
    assert _paid("2025Q1", "00104", "commission") == Decimal("20000.00")
    assert _paid("2025Q1", "00105", "commission") == Decimal("27500.00")
    # 233,333.10: 20,000 + 33,333.10 at 15%, 4,999.965; the half cent goes up.
    assert _paid("2025Q1", "00106", "commission") == Decimal("24999.97")


def test_attainment_is_rounded_to_a_hundredth_of_a_percent_and_pay_is_not_decided_on_it() -> None:
    # 159,999.99 of 200,000 is 79.999995%, shown as 80%: the decelerator reads the dollars, not the rounded share.
    assert _paid("2025Q1", "00102", "total") == 80


def test_new_logos_that_count() -> None:
    # 14,999.99 does not count, 15,000.00 does: 500. 29,999.99 of a quota of some 100,000s earns 6%: 1,799.9994.
    assert _paid("2025Q1", "00109", "commission") == Decimal("2300.00")
    rep = figures(project("2025Q2").agreed(), project("2025Q2").plan)["00110"]
    assert len([row for row in _rows("bookings") if row["Account"].startswith("Account X")]) == 14
    assert rep["kicker"] == 10_000  # 14 alone would earn 3 × 500 + 11 × 1,000 = 12,500


def test_a_cancellation_alone_takes_commission_back() -> None:
    assert _paid("2025Q2", "00114", "commission") == Decimal("-4120.05")  # 41,200.50 at the base rate


def test_nothing_booked_is_nothing_earned() -> None:
    assert _paid("2025Q1", "00113", "commission") == 0


def test_without_a_quota_the_base_rate_holds() -> None:
    # No quota at all, and a quota of 0: half of 30,000.01 at 10% is 1,500.0005.
    assert "00122" not in {who for who, _ in _quotas()}
    assert _paid("2025Q1", "00122", "total") == 100
    assert _paid("2025Q2", "00120", "commission") == Decimal("1500.00")


def test_renewals_earn_half_credit() -> None:
    # (300,000.01 + 100,000.02) / 2 = 200,000.015 of credit.
    rep = figures(project("2025Q2").agreed(), project("2025Q2").plan)["00124"]
    assert rep["credit"] == Fraction("200000.015")


def test_guarantee_is_prorated_by_the_days_it_covers() -> None:
    # Hired on 1 January: all 90 days, 12,000 less 11,400 of commission and a kicker of 500.
    assert _paid("2025Q1", "00123", "guarantee_top_up") == Decimal("100.00")
    # Hired on 31 March: 1 of 90 days, 133.33; then 89 of 91 days, 11,736.263…, nothing booked in either.
    assert _paid("2025Q1", "00139", "guarantee_top_up") == Decimal("133.33")
    assert _paid("2025Q2", "00139", "guarantee_top_up") == Decimal("11736.26")
    # Hired on 15 November 2024: 43 days of the first quarter, none of the second.
    assert _paid("2025Q1", "00108", "guarantee_top_up") == 0
    assert _paid("2025Q2", "00108", "guarantee_top_up") is None


def test_nothing_is_paid_before_the_letter_is_signed() -> None:
    for quarter, who in (("2025Q1", "00119"), ("2025Q2", "00119"), ("2025Q2", "00131")):
        assert who in UNSIGNED
        assert _paid(quarter, who, "flags") == "plan_letter"
        assert _paid(quarter, who, "total_pay") == 0


def test_bookings_under_the_name_of_somebody_not_employed_are_reported() -> None:
    # In the first quarter one of somebody who left in February and one of somebody who left in December; in the
    # second one of somebody who came three days later.
    first, second = (result(quarter).uncredited for quarter in QUARTERS)
    assert first.column("reason").to_pylist() == ["after_active", "after_active"]
    assert second.column("reason").to_pylist() == ["before_active"]


def test_a_booking_with_the_wrong_sign_stops_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("runs"))
    file = folder / "data" / "bookings.csv"
    file.write_bytes(file.read_bytes().replace(b',Cancellation,"-$', b',Cancellation,"$', 1))
    with pytest.raises(kpirules.Fault, match="KPI670"):
        kpirules.load(folder).run(period="2025Q1")


def test_both_names_of_a_first_contract_are_there() -> None:
    kinds = {row["Type"] for row in _rows("bookings") if "2025-03-01" <= row["Close Date"] <= "2025-03-31"}
    assert {"New Logo", "New Business"} <= kinds


# ---------------------------------------------------------------- what an explanation says


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("00101", "gate plan_letter does not trip (letter_date is present)"),
        ("00119", "gate plan_letter trips: 39,560.57 USD becomes 0.00 USD (letter_date is missing)"),
        ("00101", "does not apply, for guaranteed_days 0 ≤ 0"),
        ("00116", '1 row of bookings where kind in "New Logo", "New Business"; acv >= 15_000 USD: 00650088'),
        ("00102", "row taken: `when credit < quota * 80% : credit * 6%` gives 9,599.9994 USD"),
    ],
)
def test_a_condition_is_told_as_it_came_out(who: str, told: str) -> None:
    assert told in explained(project("2025Q1"), (who,), "en")
