"""Aggregates of quotients are exact: each figure is worked out beside by fractions, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import median

import pytest

from kpirules.engines import reference
from kpirules.engines.bulk import Bulk
from kpirules.engines.outcome import RunStopped
from kpirules.runs.run import params, read_period
from kpirules.source.render import render_text
from tests.helpers.schemes import Data, compiled, figures, refused, scheme, tables_of, told

STAFF = """
table staff
    staff_id text key
    team text references teams
    days integer between -31 and 31
    odd  number(2) optional between 0 and 9
    base money between 0 and 1_000_000
    role text in "A", "B"
subject staff
table teams
    team_id text key
    size integer between 1 and 9
"""
DEALS = """
table deals
    deal_id text key
    staff_id text references staff
    day   date period
    acv   money
    fee   money optional
    qty   integer between 1 and 100
    kind  text in "a", "b"
"""
GOALS = """
table goals
    staff_id text references staff key
    quarter  quarter period key
    goal     money
"""
DATA: Data = {
    "teams": [("T1", "7"), ("T2", "3")],
    "staff": [
        ("E1", "T1", "7", "0.35", "700", "A"),
        ("E2", "T2", "-3", "0", "0", "A"),
        ("E3", "T1", "0", None, "11", "B"),
        ("E4", "T2", "31", "9", "1", "B"),
    ],
    "deals": [
        ("1", "E1", "2025-01-01", "100000", "1.50", "1", "a"),
        ("2", "E1", "2025-01-02", "100000", None, "2", "b"),
        ("3", "E1", "2025-01-03", "-100000", "7", "3", "a"),
        ("4", "E1", "2025-01-04", "33.33", None, "7", "b"),
        ("5", "E2", "2025-01-01", "0.01", "0", "100", "a"),
        ("6", "E2", "2025-03-31", "-99.99", "3.01", "9", "b"),
        ("7", "E2", "2025-03-31", "0.01", "3.01", "9", "b"),
        ("8", "E3", "2025-02-01", "99999999.99", None, "13", "a"),
        ("9", "E3", "2025-02-02", "5", "5", "1", "b"),
    ],
    "goals": [("E1", "2025Q1", "300"), ("E2", "2025Q1", "-17.50"), ("E3", "2025Q1", "0")],
}
Cells = dict[str, Fraction | str | None]
Value = Callable[[Cells, Cells], Fraction | None]


def _cells(table: str, names: Sequence[str], texts: str) -> list[Cells]:
    result: list[Cells] = []
    for row in DATA[table]:
        cells = zip(names, row, strict=True)
        result.append({name: cell if name in texts or cell is None else Fraction(cell) for name, cell in cells})
    return result


PEOPLE = _cells("staff", ("id", "team", "days", "odd", "base", "role"), "id team role")
ROWS = _cells("deals", ("deal", "id", "day", "acv", "fee", "qty", "kind"), "deal id day kind")
SIZES = {"T1": Fraction(7), "T2": Fraction(3)}
QUOTAS = {"E1": Fraction(300), "E2": Fraction("-17.50"), "E3": Fraction(0)}


def _of(cell: Fraction | str | None) -> Fraction:
    assert isinstance(cell, Fraction)
    return cell


def _by(a: Fraction, b: Fraction | None) -> Fraction | None:
    return None if not b else a / b


def _revenue(p: Cells) -> Fraction:
    return sum((_of(row["acv"]) for row in ROWS if row["id"] == p["id"]), Fraction(0))


def _curved(x: Fraction) -> Fraction:
    """From (0, 0) by (70, 10) to (100, 100): slopes of 1/7 and of 3."""
    if x <= 0:
        return Fraction(0)
    if x >= 100:
        return Fraction(100)
    return x / 7 if x < 70 else 10 + (x - 70) * 3


def _part(p: Cells) -> Fraction:
    """`own.part`: base by 12 and by 11."""
    return _of(p["base"]) / 132


CASES: dict[str, tuple[str, Value]] = {
    "a constant": ("acv / 12", lambda r, _: _of(r["acv"]) / 12),
    "a negative constant": ("acv / (-12)", lambda r, _: _of(r["acv"]) / -12),
    "a decimal": ("acv / 0.35", lambda r, _: _of(r["acv"]) / Fraction("0.35")),
    "a percentage": ("acv / 7.5%", lambda r, _: _of(r["acv"]) / Fraction("0.075")),
    "a product of constants": ("acv / 7 / 11 * 2", lambda r, _: _of(r["acv"]) * 2 / 77),
    "a named constant": ("acv / months_of", lambda r, _: _of(r["acv"]) / 7),
    "a named quotient": ("acv * share_of", lambda r, _: _of(r["acv"]) / 3),
    "the days of the period": ("acv / period_days", lambda r, _: _of(r["acv"]) / 90),
    "a sum of two": ("acv / 3 + acv / 7 - qty * 1元 / 11", lambda r, _: _of(r["acv"]) * 10 / 21 - _of(r["qty"]) / 11),
    "a computed column": ("seventh * 2 + acv", lambda r, _: _of(r["acv"]) * 9 / 7),
    "branches": (
        'if kind = "a" then acv / 3 else acv / 7',
        lambda r, _: _of(r["acv"]) / (3 if r["kind"] == "a" else 7),
    ),
    "a branch without a divisor": (
        'if kind = "a" then acv else acv / 6',
        lambda r, _: _of(r["acv"]) / (1 if r["kind"] == "a" else 6),
    ),
    "rows": ("by_kind", lambda r, _: _of(r["acv"]) / (9 if r["kind"] == "a" else -4)),
    "a curve": ("curved * 1元", lambda r, _: _curved(_of(r["qty"]))),
    "tiers": (
        "tiered",
        lambda r, _: (
            min(_of(r["acv"]) / 3, Fraction(100)) / 100 + max(_of(r["acv"]) / 3 - 100, Fraction(0)) * Fraction("0.07")
        ),
    ),
    "limits": ("kept", lambda r, _: max(min(_of(r["acv"]) / 7, _of(r["acv"]) / 3 + 1), Fraction(-100, 3))),
    "functions": ("max(abs(acv) / 7, acv / 3)", lambda r, _: max(abs(_of(r["acv"])) / 7, _of(r["acv"]) / 3)),
    "a person's column": ("acv / own.days or else 3元", lambda r, p: _by(_of(r["acv"]), _of(p["days"])) or _else(r, p)),
    "a person's column by its table": (
        "acv / staff.days or else acv / 3",
        lambda r, p: _of(r["acv"]) / (p["days"] or 3),  # type: ignore[operator]
    ),
    "a person's decimal that may be missing": (
        "(acv / own.odd or else acv / 3) + qty * 1元",
        lambda r, p: _of(r["acv"]) / (p["odd"] or 3) + _of(r["qty"]),  # type: ignore[operator]
    ),
    "a person's reference": ("acv / staff.size", lambda r, p: _of(r["acv"]) / SIZES[str(p["team"])]),
    "a person's quotient as a factor": ("acv * (own.part / 100元)", lambda r, p: _of(r["acv"]) * _part(p) / 100),
    "a person's quotient as a divisor": (
        "acv / (own.part / 7元) or else 0元",
        lambda r, p: _by(_of(r["acv"]), _part(p) / 7) or Fraction(0),
    ),
    "a person's figure": (
        "qty * 1元 / (own.revenue / 1元) or else 1元",
        lambda r, p: _of(r["qty"]) / _revenue(p) if _revenue(p) else Fraction(1),
    ),
    "a person's lookup": (
        "qty * 1元 / (own.quota / 1元) or else 1元",
        lambda r, p: _of(r["qty"]) / q if (q := QUOTAS.get(str(p["id"]))) else Fraction(1),
    ),
    "a person's divisor below 1, and zeros": (
        "if qty > 1 then acv / own.odd or else 0元 else 0元",
        lambda r, p: (_by(_of(r["acv"]), p["odd"]) or Fraction(0)) if r["qty"] != 1 else Fraction(0),  # type: ignore[arg-type]
    ),
    "branches of a person's": (
        'if kind = "a" then qty * 1元 / own.team.size else acv / 12',
        lambda r, p: _of(r["qty"]) / SIZES[str(p["team"])] if r["kind"] == "a" else _of(r["acv"]) / 12,
    ),
    "a stand-in within": ("(fee or else acv / 9) / 7", lambda r, p: (_else(r, p, "fee") or Fraction(0)) / 7),
    "pro rata": ("(acv per 7元 pro rata) * 1元", lambda r, _: _of(r["acv"]) / 7),
    "rounded already": ("round(acv / qty, 3) / 7", lambda r, _: _rounded(_of(r["acv"]) / _of(r["qty"])) / 7),
}


def _else(r: Cells, p: Cells, column: str = "days") -> Fraction:
    """What stands in where a quotient by a person's days, or a fee, is not there."""
    if column == "fee":
        return _of(r["acv"]) / 9 if r["fee"] is None else _of(r["fee"])
    return _of(r["acv"]) / _of(p["days"]) if p["days"] else Fraction(3)


def _rounded(value: Fraction) -> Fraction:
    """To three places, half away from zero."""
    steps = int(abs(value) * 1000 + Fraction(1, 2))
    return Fraction(steps if value >= 0 else -steps, 1000)


DEFINES = """
define months_of = 7
define staff.size = team.size
define share_of = 1 / 3
define part = base / 12 / 11
define revenue = sum(deals.acv)
define quota = goals.goal or else 0元
define deals.seventh = acv / 7
define deals.by_kind by kind
    "a"  : acv / 9
    else : acv / (-4)
define deals.curved curve qty
    0   : 0
    70  : 10
    100 : 100
define deals.tiered tiers acv / 3
    up to 100 : 1%
    above     : 7%
define deals.kept = acv / 7, at most acv / 3 + 1元, at least (-100元) / 3
"""


def _middle(values: list[Fraction]) -> Fraction | None:
    return Fraction(median(values)) if values else None


FUNCTIONS: dict[str, Callable[[list[Fraction]], Fraction | int | None]] = {
    "sum": lambda values: sum(values, Fraction(0)),
    "avg": lambda values: sum(values, Fraction(0)) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "median": _middle,
    "count distinct": lambda values: len(set(values)),
}


@pytest.mark.parametrize("case", CASES)
def test_every_aggregate_is_exact(case: str) -> None:
    written, value = CASES[case]
    defines = [f"define deals.x = {written}"]
    defines += [f"define f{nth} = {name}(deals.x)" for nth, name in enumerate(FUNCTIONS)]
    defines += [f'define w{nth} = {name}(deals.x where kind = "b")' for nth, name in enumerate(FUNCTIONS)]
    worked_out = figures(scheme(DEALS, GOALS, DEFINES, *defines, staff=STAFF), DATA)
    for letter, kinds in (("f", "ab"), ("w", "b")):
        mine = [[r for r in ROWS if r["id"] == p["id"] and str(r["kind"]) in kinds] for p in PEOPLE]
        values = [[_of(value(r, p)) for r in rows] for p, rows in zip(PEOPLE, mine, strict=True)]
        for nth, (name, work) in enumerate(FUNCTIONS.items()):
            assert worked_out.column(f"{letter}{nth}") == [work(value_) for value_ in values], (case, name, kinds)


def test_a_sum_of_quotients_reaches_its_threshold() -> None:
    """Three times 100,000 / 12 is 25,000; three times 100 / 12 at 7.5% is 1.875."""
    staff = "table staff\n    staff_id text key\n    rate percent\nsubject staff"
    text = scheme(
        DEALS,
        "define deals.m = acv / 12\ndefine deals.c = m * own.rate\ndefine credit = sum(deals.m)",
        "pay bonus when credit >= 25_000\n    amount 1_000元",
        "pay commission\n    amount sum(deals.c)",
        staff=staff,
    )
    rows = [[(str(n), "E1", "2025-01-01", acv, None, "1", "a") for n in range(3)] for acv in ("100000", "100")]
    large, small = (figures(text, {"staff": [("E1", "7.5%")], "deals": row_}) for row_ in rows)
    assert (large["credit"], large["bonus"], large["commission"]) == (25_000, 1_000, 1_875)
    assert (small["credit"], small["bonus"], small["commission"]) == (25, 0, Fraction("1.88"))


def test_conditions_on_quotients_are_exact() -> None:
    defines = """
    define a = any(deals.acv / 3 = 33333.333333333333)
    define b = all(deals.acv / 7 * 7 = deals.acv)
    define c = count(deals where acv / 3 * 3 = acv and acv / 12 >= 8_333元 + 1元 / 3)
    define d = sum(deals.acv / 3 where acv / 3 >= 100_000元 / 3)
    """
    worked_out = figures(scheme(DEALS, defines, staff=STAFF), DATA)
    assert worked_out.column("a") == [False, False, False, False]
    assert worked_out.column("b") == [True, True, True, True]
    assert worked_out.column("c") == [2, 0, 1, 0]
    assert worked_out.column("d") == [Fraction(200_000, 3), 0, Fraction("33333333.33"), 0]


def test_a_lookup_by_a_finer_period_adds_up_quotients() -> None:
    plans = """
    table plans
        staff_id text references staff key
        month month period key
        goal money
    define plans.third = goal / 3
    define plans.daily = if goal > 5元 then goal / own.days else goal / 7
    define a = plans.third or else 0元
    define b = plans.daily or else 0元
    """
    staff = STAFF.replace("days integer between -31 and 31", "days integer between 1 and 31")
    rows = [("E1", f"2025-0{nth}", goal) for nth, goal in enumerate(("10", "5", "6"), 1)] + [("E2", "2025-01", "1")]
    data = {**DATA, "plans": rows, "staff": [("E1", "T1", "9", None, "0", "A"), ("E2", "T1", "1", None, "0", "A")]}
    worked_out = figures(scheme(plans, staff=staff), {**data, "deals": []})
    assert worked_out.column("a") == [7, 0]
    assert worked_out.column("b") == [Fraction(16, 9) + Fraction(5, 7), 0]


def test_a_sum_past_the_bound_stops_the_run() -> None:
    """Both engines stop where the quotients, not their numerators, come to more than 10^14."""
    text = scheme(DEALS, "define a = sum(deals.acv / 3)\npay p\n    amount a * 0", staff=STAFF)
    most = "99999999999999"
    rows = [(str(nth), "E1", "2025-01-01", most, None, "1", "a") for nth in range(3)]
    assert figures(text, {**DATA, "deals": rows}).column("a")[0] == Fraction(most)
    more = [*rows, ("9", "E1", "2025-01-01", "4", None, "1", "a")]
    for engine in (reference, Bulk()):
        checked = compiled(text)
        given = params(read_period("2025Q1", checked.plan.period))
        with pytest.raises(RunStopped):
            engine.run(checked.plan, tables_of(checked, {**DATA, "deals": more}), given, ["p"])


UNEVEN = {
    "sum(deals.acv / deals.qty)": ("deals.acv / deals.qty", "round(deals.acv / deals.qty, 6)"),
    "max(deals.acv / 3 / deals.qty)": ("deals.acv / 3 / deals.qty", "round(deals.acv / 3 / deals.qty, 6)"),
    "avg(deals.acv + (deals.qty per deals.qty pro rata) * 1元)": (
        "deals.qty per deals.qty pro rata",
        "round(deals.qty per deals.qty pro rata, 6)",
    ),
    "median(deals.each)": ("acv / qty", "round(acv / qty, 6)"),
    "count distinct(deals.acv / (own.days / deals.qty) or else 0元)": (
        "deals.acv / (own.days / deals.qty)",
        "round(deals.acv / (own.days / deals.qty), 6)",
    ),
}


@pytest.mark.parametrize("written", UNEVEN)
def test_a_divisor_that_differs_from_row_to_row_is_refused_with_what_to_write(written: str) -> None:
    text = scheme(DEALS, "define deals.each = acv / qty", f"define x = {written}", staff=STAFF)
    (fault,) = [fault_ for fault_ in refused(text) if fault_.code == "KPI319"]
    quotient, write = UNEVEN[written]
    assert fault.span is not None
    assert (fault.span.text, fault.helps[0].args["write"]) == (quotient, write)
    span = fault.span
    assert told(text[: span.start] + write + text[span.end :]) == []
    assert "38" not in render_text([fault], "en")


def test_branches_with_too_much_in_common_name_the_value_to_round() -> None:
    primes = ("100_003", "100_019", "100_043", "100_049", "100_057", "100_069", "100_103")
    rows = "\n".join(f"    {nth} : acv / {prime}" for nth, prime in enumerate(primes, 1))
    text = scheme(DEALS, f"define deals.x by qty\n{rows}\n    else : 0元", "define a = sum(deals.x)", staff=STAFF)
    (fault,) = refused(text)
    assert (fault.code, fault.helps[0].args) == ("KPI305", {"value": "deals.x"})
    assert told(text.replace("sum(deals.x)", "sum(round(deals.x, 6))")) == []


def test_a_branch_of_zero_needs_no_common_divisor() -> None:
    """Zero is zero over any divisor, so wide quotients of the person stay as narrow as they are."""
    defines = """
    define whole = sum(deals.acv)
    define attained = whole / base
    define deals.a = acv * own.attained / 1_000_000 or else 0
    define deals.b = acv / own.attained / 12 or else 0, at least 0
    define deals.c by qty
        > 5  : acv / own.attained or else 0
        else : 0
    define sa = sum(deals.a)
    define mb = min(deals.b)
    define mc = median(deals.c)
    define dc = count distinct(deals.c)
    """
    worked_out = figures(scheme(DEALS, defines, staff=STAFF), DATA)
    sums, least, middles, counts = [], [], [], []
    for p in PEOPLE:
        rows, base, whole = [r for r in ROWS if r["id"] == p["id"]], _of(p["base"]), _revenue(p)
        attained = whole / base if base else None
        acvs = [_of(r["acv"]) for r in rows]
        sums.append(
            sum((acv * attained / 1_000_000 for acv in acvs), Fraction(0)) if attained is not None else Fraction(0)
        )
        least.append(
            min((max(acv / attained / 12, Fraction(0)) if attained else Fraction(0) for acv in acvs), default=None)
        )
        over_five = [_of(r["acv"]) / attained if attained and _of(r["qty"]) > 5 else Fraction(0) for r in rows]
        middles.append(_middle(over_five))
        counts.append(len(set(over_five)))
    assert [worked_out.column(name) for name in ("sa", "mb", "mc", "dc")] == [sums, least, middles, counts]


def test_quotients_by_way_of_other_tables() -> None:
    """A line reads its deal's quotient, a deal that of its partner; whose figure it is comes by way of the deal."""
    tables = """
    table deals
        deal_id  text key
        staff_id text references staff
        partner  text references staff
        day      date period
        acv      money
        kind     text in "a", "b"
        via staff_id
    table lines
        line_id text key
        deal_id text references deals
        qty     integer between 1 and 100
    define staff.twelfth = base / 12
    define spread = base / 13
    define deals.daily = if kind = "a" then acv / staff_id.days else acv / 7
    define deals.more = (staff_id.twelfth + partner.twelfth) * (acv / 100元) + acv
    define lines.x = deal_id.daily * qty + deal_id.acv * qty / (own.spread / 1元)
    define a = sum(lines.x)
    define lines.y = qty * deal_id.daily
    define b = max(lines.y)
    define c = sum(deals.more)
    """
    staff = STAFF.replace("between -31 and 31", "between 1 and 31").replace(
        "between 0 and 1_000_000", "between 1 and 9"
    )
    data: Data = {
        "teams": DATA["teams"],
        "staff": [("E1", "T1", "9", None, "5", "A"), ("E2", "T2", "11", None, "2", "B")],
        "deals": [
            ("1", "E1", "E2", "2025-01-01", "100", "a"),
            ("2", "E1", "E1", "2025-01-02", "10.01", "b"),
            ("3", "E2", "E1", "2025-01-02", "-4", "a"),
        ],
        "lines": [("1", "1", "2"), ("2", "1", "3"), ("3", "2", "1"), ("4", "3", "7")],
    }
    worked_out = figures(scheme(tables, staff=staff), data)
    daily = [Fraction(100, 9), Fraction("10.01") / 7, Fraction(-4, 11)]
    by_spread = [Fraction(100 * 13, 5), Fraction("10.01") * 13 / 5, Fraction(-4 * 13, 2)]
    assert worked_out.column("a") == [
        5 * daily[0] + daily[1] + 5 * by_spread[0] + by_spread[1],
        7 * daily[2] + 7 * by_spread[2],
    ]
    assert worked_out.column("b") == [3 * daily[0], 7 * daily[2]]
    twelfths = Fraction(7, 12) * 100 + Fraction(10, 12) * Fraction("10.01")
    assert worked_out.column("c") == [twelfths / 100 + Fraction("110.01"), Fraction(7, 12) * -4 / 100 - 4]
    (fault,) = refused(scheme(tables, "define deals.z = acv / partner.days\ndefine d = sum(deals.z)", staff=staff))
    assert (fault.code, fault.helps[0].args["write"]) == ("KPI319", "round(acv / partner.days, 6)")


def test_branches_that_are_all_zero() -> None:
    defines = "define a = sum(if deals.qty > 5 then 0元 / 3 else 0元 / 7)\ndefine b = max(if deals.qty > 5 then 0 / 3 else 0 / 7)"
    worked_out = figures(scheme(DEALS, defines, staff=STAFF), DATA)
    assert worked_out.column("a") == [0, 0, 0, 0]
    assert worked_out.column("b") == [0, 0, 0, None]
