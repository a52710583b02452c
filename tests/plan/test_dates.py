"""Dates that are worked out: days and months added, parts of dates, and dates that there are not."""

from __future__ import annotations

from datetime import date

import pytest

from kpirules.plan.ir import Value
from kpirules.runs.run import params, read_period
from kpirules.trace import explain
from kpirules.trace.text import render
from tests.helpers.schemes import Data, compiled, figures, refused, scheme, tables_of, told

STAFF = """
table staff
    staff_id text key
    hired    date
    left_on  date optional
    wait     integer
    part     number(1)
    grace    integer optional
subject staff
"""
VISITS = """
table visits
    visit_id text key
    staff_id text references staff
    day      date period
    日       integer
"""
DATA: Data = {
    "staff": [
        ("E1", "2024-12-31", None, "60", "1.5", None),
        ("E2", "9999-12-31", "2025-02-28", "1", "1.5", "3"),
        ("E3", "0001-01-01", None, "-1", "1.5", None),
        ("E4", "2024-02-29", None, "99999999999999", "1.5", "1"),
    ],
    "visits": [
        ("1", "E1", "2025-03-01", "3"),
        ("2", "E1", "2025-03-02", "4"),
        ("3", "E2", "2025-01-31", "5"),
        ("4", "E3", "2025-01-31", "5"),
    ],
}


def test_a_date_out_of_range_stops_the_run() -> None:
    """The 1st is at hand; one day after the last date, one before the first, and very many days later there is none."""
    text = scheme("outcome due when hired + wait <= period_end", staff=STAFF)
    assert figures(text, DATA).faults == {"KPI743 due": ["E2", "E3", "E4"]}
    text = scheme("outcome due when add_months(hired, wait) <= period_end", staff=STAFF)
    assert figures(text, DATA).faults == {"KPI743 due": ["E2", "E3", "E4"]}
    text = scheme("outcome due when hired - wait <= period_end", staff=STAFF)
    assert figures(text, DATA).faults == {"KPI743 due": ["E4"]}


def test_a_date_that_is_not_needed_stops_no_run() -> None:
    text = scheme("outcome due when wait = 60 and hired + wait <= period_end", staff=STAFF)
    outcome = figures(text, DATA)
    assert (outcome.column("due"), outcome.faults) == ([True, False, False, False], {})
    text = scheme("define due = if wait = 60 then hired + wait else hired", "outcome o when due > hired", staff=STAFF)
    outcome = figures(text, DATA)
    assert (outcome.column("o"), outcome.faults) == ([True, False, False, False], {})


def test_what_is_missing_is_not_out_of_range() -> None:
    text = scheme("outcome late when (left_on + 5 or else hired) > period_end", staff=STAFF)
    outcome = figures(text, DATA)
    assert (outcome.column("late"), outcome.faults) == ([False] * 4, {})
    text = scheme("outcome late when (add_months(hired, grace) or else hired) > period_end", staff=STAFF)
    assert figures(text, DATA).faults == {"KPI743 late": ["E2"]}


def test_dates_of_rows() -> None:
    """E1 was hired on 2024-12-31; 60 days later is 2025-03-01: one visit on it, one after it."""
    text = scheme(
        VISITS,
        "define within_wait = count(visits where visits.day <= staff.hired + 60)",
        "define weekends = count(visits where weekday(day) in 6, 7)",
        "define visits.nth = day(day) + 日",
        "define nths = sum(visits.nth)",
        "define ends = count(visits where day = month_end(day))",
        staff=STAFF,
    )
    visits = [row for row in DATA["visits"] if row[1] != "E2"]
    outcome = figures(text, {"staff": [row for row in DATA["staff"] if row[0] != "E2"], "visits": visits})
    assert outcome.column("within_wait") == [1, 0, 0]
    assert outcome.column("weekends") == [2, 0, 0]  # 2025-03-01 is a Saturday; 2025-01-31 a Friday
    assert outcome.column("nths") == [4 + 6, 36, 0]
    assert outcome.column("ends") == [0, 1, 0]


def test_a_date_out_of_range_in_a_row_is_told_of_the_subject() -> None:
    text = scheme(VISITS, "outcome o when count(visits where day <= staff.hired + 1) > 0", staff=STAFF)
    outcome = figures(text, DATA)
    assert outcome.faults == {"KPI743 o": ["E2"]}
    (fault,) = outcome.outcome.faults
    assert fault.origin is not None
    assert fault.origin.text == "staff.hired + 1"


def test_rows_of_a_weekday_are_checked_for_gaps() -> None:
    by = "define x by weekday(hired)\n    1, 2, 3, 4, 5 : 1\n    6 : 2\n"
    assert told(scheme(by, staff=STAFF)) == [("KPI510", "by weekday(hired)")]
    assert told(scheme(f"{by}    7 : 3", staff=STAFF)) == []
    assert [code for code, _ in told(scheme(f"{by}    7 : 3\n    8 : 4", staff=STAFF))] == ["KPI509"]
    days = "define x by day(hired)\n    >= 16 : 2\n    >= 1 : 1"
    assert told(scheme(days, staff=STAFF)) == []


@pytest.mark.parametrize(
    ("value", "code", "text", "help_"),
    [
        ("hired + part", "KPI322", "part", "round"),
        ("hired + 1.5", "KPI322", "1.5", "shorter"),
        ("add_months(hired, part / 2)", "KPI322", "part / 2", "round"),
        ("hired + 10%", "KPI302", "hired + 10%", "days"),
        ("hired + 90元", "KPI302", "hired + 90元", "days"),
        ('hired + "30"', "KPI302", 'hired + "30"', "days"),
        ("30 - hired", "KPI302", "30 - hired", "days"),
        ("hired + hired", "KPI302", "hired + hired", "between"),
        ('hired - "2024-1-5"', "KPI302", 'hired - "2024-1-5"', "date"),
        ("hired * 2", "KPI303", "hired * 2", "date"),
        ("left_on + wait", "KPI402", "left_on", "sum"),
        ("hired + grace", "KPI402", "grace", "sum"),
        ("9999-12-31 + 1", "KPI571", "9999-12-31 + 1", "nearer"),
        ("add_months(0001-01-31, -1)", "KPI571", "add_months(0001-01-31, -1)", "nearer"),
        ("weekday(wait)", "KPI301", "wait", "date"),
        ("add_months(hired, 10%)", "KPI301", "10%", "points"),
        ("month_end(hired, 1)", "KPI313", "month_end(hired, 1)", "one"),
        ("edate(hired, 1)", "KPI213", "edate", "similar"),
        ("hired + 30 days", "KPI101", "30 days", "write"),
        ("hired + 3 months", "KPI101", "3 months", "time"),
    ],
)
def test_refused(value: str, code: str, text: str, help_: str) -> None:
    (fault,) = refused(scheme(f"define x = {value}", staff=STAFF))
    assert (fault.code, fault.span and fault.span.text, fault.helps[0].key) == (code, text, help_)


@pytest.mark.parametrize(
    ("value", "worked_out"),
    [
        ("2024-02-28 + 2", date(2024, 3, 1)),
        ("9999-12-30 + 1", date(9999, 12, 31)),
        ("month_end(2023-02-01)", date(2023, 2, 28)),
        ("add_months(month_start(2024-03-31), -1)", date(2024, 2, 1)),
    ],
)
def test_of_constants_they_are_constants(value: str, worked_out: Value) -> None:
    """Rows whose bounds are known are checked before any data is read."""
    define = f"define x = {value}\noutcome o when x = {worked_out}"
    assert figures(scheme(define, staff=STAFF), DATA).column("o") == [True] * 4
    rows = f"define x by hired\n    >= {value} : 1\n    >= {worked_out} : 2\n    else : 3"
    assert [code for code, _ in told(scheme(rows, staff=STAFF))] == ["KPI509"]


def test_names_of_functions_may_be_those_of_columns_and_items() -> None:
    text = scheme(VISITS, "define day = 5", "define 星期 = day + 1", "define x = day(hired) + day", staff=STAFF)
    assert figures(text, DATA).column("x") == [36, 36, 6, 34]


def test_a_trace_shows_the_date_and_what_it_is_made_of() -> None:
    text = scheme("pay p\n    amount if hired + wait > period_end then 5元 else 7元", staff=STAFF)
    checked = compiled(text)
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, DATA), given, "E1", "p", {}, period="2025Q1")
    for language in ("en", "zh"):
        shown = render(trace, language)
        assert "2025-03-01" in shown
        assert "hired + wait" in shown
        assert "2024-12-31" in shown
