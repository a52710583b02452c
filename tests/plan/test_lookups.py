"""Columns outside an aggregate: finer periods that are added up, and rows that the person's own row refers to."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from kpirules.runs.run import params, read_period
from kpirules.trace import explain
from kpirules.trace.form import to_json
from kpirules.trace.text import render
from tests.helpers.schemes import (
    HEADER,
    ORDERS,
    STAFF,
    Data,
    bindings,
    compiled,
    counted,
    figures,
    refused,
    scheme,
    tables_of,
    told,
)

PLANS = """
table plans
    who    text references staff key
    during month period key
    goal   money
    visits integer optional
    share  percent
    note   text
    day    date
    whole  bool
"""
REST = ("10%", "n", "2025-01-01", "true")
PEOPLE: Data = {"staff": [("E1", "AE", "100"), ("E2", "KA", "10"), ("E3", "AE", "1")]}


def _plan(who: str, month: str, goal: str, visits: str | None = None) -> tuple[str | None, ...]:
    return (who, month, goal, visits, *REST)


DATA: Data = {
    **PEOPLE,
    "plans": [
        _plan("E1", "2025-01", "100", "1"),
        _plan("E1", "2025-02", "20.5", None),
        _plan("E1", "2025-03", "3", "3"),
        _plan("E1", "2025-04", "1000", "4"),
        _plan("E2", "2025-01", "7", "7"),
        _plan("E2", "2025-03", "8", "8"),
        _plan("E2", "2024-12", "9", "9"),
    ],
}


def test_months_are_added_up_where_all_are_there() -> None:
    """The first has January to March; the second lacks February; the third has no row at all."""
    worked_out = figures(scheme(PLANS, "define goal = plans.goal\ndefine sum_ = sum(plans.goal)"), DATA)
    assert worked_out.column("goal") == [Fraction("123.5"), None, None]
    assert worked_out.column("sum_") == [Fraction("123.5"), 15, 0]


def test_a_row_without_a_value_is_no_value() -> None:
    worked_out = figures(scheme(PLANS, "define visits = plans.visits\ndefine n = plans.visits or else -1"), DATA)
    assert worked_out.column("visits") == [None, None, None]
    assert worked_out.column("n") == [-1, -1, -1]
    rows = [_plan("E1", f"2025-0{nth}", "1", f"{nth}") for nth in range(1, 4)]
    assert figures(scheme(PLANS, "define visits = plans.visits"), {**PEOPLE, "plans": rows}).column("visits")[0] == 6


@pytest.mark.parametrize(
    ("outer", "inner", "period", "names"),
    [
        ("quarter", "month", "2024Q4", ["2024-10", "2024-11", "2024-12"]),
        ("half", "month", "2025H2", [f"2025-{nth:02}" for nth in range(7, 13)]),
        ("half", "quarter", "2025H1", ["2025Q1", "2025Q2"]),
        ("year", "month", "2024", [f"2024-{nth:02}" for nth in range(1, 13)]),
        ("year", "quarter", "2024", ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]),
        ("year", "half", "2024", ["2024H1", "2024H2"]),
    ],
)
def test_every_kind_of_finer_period(outer: str, inner: str, period: str, names: list[str]) -> None:
    table = f"table plans\n    who text references staff key\n    during {inner} period key\n    n integer"
    text = scheme(table, "define n = plans.n", header=HEADER.replace("quarter", outer))
    all_ = [("E1", name, str(10**nth)) for nth, name in enumerate(names)]
    less = [("E2", name, "1") for name in names[:-1]]
    worked_out = figures(text, {**PEOPLE, "plans": [*all_, *less]}, period)
    assert worked_out.column("n") == [int("1" * len(names)), None, None]


def test_an_indicator_with_a_target_by_month() -> None:
    indicator = """
    indicator sales
        actual  1000 CNY
        target  plans.goal
        missing exclude
        score   achievement * 100
    """
    text = scheme(PLANS, indicator, "scorecard c\n    sales 100%")
    assert figures(text, DATA).column("sales.achievement") == [Fraction(1000) / Fraction("123.5"), None, None]


def test_known_to_be_there_it_is_the_same_figure() -> None:
    text = scheme(PLANS, "define x = if plans.goal is present and plans.goal > 100 then plans.goal else 0")
    worked_out = figures(text, DATA)
    assert worked_out.column("x") == [Fraction("123.5"), 0, 0]
    made = [name for name in bindings(worked_out.compiled) if name.startswith("plans~")]
    assert made == ["plans~1"]


@pytest.mark.parametrize(
    ("column", "help_"), [("share", "average"), ("note", "count"), ("day", "last"), ("whole", "test")]
)
def test_what_does_not_add_up_is_refused(column: str, help_: str) -> None:
    (fault,) = refused(scheme(PLANS, f"define x = plans.{column}"))
    assert (fault.code, fault.span and fault.span.text) == ("KPI556", f"plans.{column}")
    assert [each.key for each in fault.helps] == [help_]
    assert [label.span.text for label in fault.labels] == ["during"]


def test_days_and_longer_periods_are_refused() -> None:
    days = PLANS.replace("during month", "during date")
    (fault,) = refused(scheme(days, "define x = plans.goal"))
    assert (fault.code, [each.key for each in fault.helps]) == ("KPI556", ["sum"])
    assert told(scheme(PLANS.replace("during month", "during half"), "define x = plans.goal")) == [
        ("KPI804", "plans.goal")
    ]


def test_it_may_be_missing() -> None:
    (fault,) = refused(scheme(PLANS, "define x = if plans.goal > 1 then 1 else 0"))
    assert (fault.code, [label.key for label in fault.labels]) == ("KPI402", ["lookup", "comparison"])


def test_bounds_are_those_of_the_column_as_often_as_it_is_added() -> None:
    """Three months of 3 to 5 are 9 to 15, so rows for 9, 12 and 15 take all; a part of them is below, and no fault."""
    plans = PLANS.replace("visits integer optional", "visits integer between 3 and 5")
    by = """
    define x = if plans.visits is present then y else -1
    define z = plans.visits or else 9
    define y by z
        >= 15 : 3
        >= 9  : 1
    """
    rows = [_plan("E1", f"2025-0{nth}", "1", "5") for nth in range(1, 4)]
    worked_out = figures(scheme(plans, by), {**PEOPLE, "plans": [*rows, _plan("E2", "2025-01", "1", "3")]})
    assert worked_out.column("y") == [3, 1, 1]
    (fault,) = refused(scheme(plans, by.replace(">= 9  : 1", ">= 10 : 1")))
    assert (fault.code, fault.args["value"]) == ("KPI510", "9")


def test_a_computed_column_of_quotients() -> None:
    """100/3 + 20.5/3 + 3/3 is 123.5/3."""
    text = scheme(PLANS, "define plans.third = goal / 3\ndefine x = plans.third or else 0")
    assert figures(text, DATA).column("x") == [Fraction("123.5") / 3, 0, 0]


def test_a_row_for_a_month_in_which_the_person_was_not_there_counts() -> None:
    """A lookup goes by the key, as one of the scheme's own period does."""
    staff = "table staff\n    k text key\n    a date\n    b date optional\n    active from a to b\nsubject staff"
    data: Data = {"staff": [("E1", "2025-02-20", None)], "plans": DATA["plans"][:3]}
    worked_out = figures(scheme(PLANS, "define x = plans.goal\ndefine y = sum(plans.goal)", staff=staff), data)
    assert worked_out["x"] == Fraction("123.5")
    assert worked_out["y"] == Fraction("23.5")
    assert counted(worked_out.outcome.uncredited) == {"plans": 1}
    assert counted(figures(scheme(PLANS, "define x = plans.goal", staff=staff), data).outcome.uncredited) == {}


def test_people_chosen_by_it() -> None:
    staff = STAFF.replace("subject staff", "subject staff where plans.goal is present")
    worked_out = figures(scheme(PLANS, "define x = 1", staff=staff), DATA)
    assert worked_out.column("staff.staff_id") == ["E1"]


@pytest.mark.parametrize(
    ("who", "lang", "line"),
    [
        ("E1", "en", "plans.goal = 123.50 CNY ← 3 rows of plans: E1 / 2025-01, E1 / 2025-02, E1 / 2025-03"),
        ("E2", "en", "plans.goal = missing ← 2 rows of plans: E2 / 2025-01, E2 / 2025-03; no value for 2025-02"),
        ("E3", "en", "plans.goal = missing ← no row of plans; no value for 2025-01, 2025-02, 2025-03"),
        ("E2", "zh", "plans.goal = 缺失 ← plans 2 行：E2 / 2025-01、E2 / 2025-03；缺 2025-02"),
    ],
)
def test_the_trace_tells_the_rows_and_the_periods_that_lack(who: str, lang: str, line: str) -> None:
    checked = compiled(scheme(PLANS, "pay p\n    amount plans.goal * 2 or else 0"))
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, DATA), given, who, "p", {}, period="2025Q1")
    told_ = [text.strip().rpartition("  [")[0] for text in render(trace, lang).splitlines()]
    assert line in told_, told_
    assert '"absent"' in json.dumps(to_json(trace, lang))


# ---------------------------------------------------------------- by reference

TEAMS = """
table staff
    staff_id text key
    role     text in "AE", "KA"
    team     text references teams
    helps    text optional references teams
    mentor   text optional references mentors
    base     money between 0 and 1_000_000
subject staff
table teams
    team_id text key
    factor  number(1) between 0 and 9
    kind    text in "field", "desk"
    region  text references regions
table regions
    region_id text key
    uplift    percent between 0% and 50%
table mentors
    mentor_id text key
    bonus     money
"""
ONE_TEAM = TEAMS.replace("    helps    text optional references teams\n", "")
REFERRED: Data = {
    "staff": [("E1", "AE", "T1", None, "100"), ("E2", "KA", "T2", "M1", "10")],
    "teams": [("T1", "1.5", "field", "R1"), ("T2", "2.0", "desk", "R2")],
    "regions": [("R1", "10%"), ("R2", "20%")],
    "mentors": [("M1", "7")],
}
HELPERS: Data = {
    **REFERRED,
    "staff": [("E1", "AE", "T1", "T2", None, "100"), ("E2", "KA", "T2", None, "M1", "10")],
}


def test_the_row_that_the_persons_own_row_refers_to() -> None:
    """100 × 1.5 × 110% = 165; 10 × 2.0 × 120% = 24. Only the second has a mentor."""
    items = """
    pay p
        amount base * teams.factor * (100% + regions.uplift)
    define more = mentors.bonus
    define some = mentors.bonus or else 0
    """
    worked_out = figures(scheme(items, staff=ONE_TEAM), REFERRED)
    assert worked_out.column("p") == [165, 24]
    assert worked_out.column("more") == [None, 7]
    assert worked_out.column("some") == [0, 7]


def test_who_is_asked_for_and_who_is_paid_by_it() -> None:
    staff = ONE_TEAM.replace("subject staff", 'subject staff where teams.kind = "field"')
    assert figures(scheme("define x = 1", staff=staff), REFERRED).column("staff.staff_id") == ["E1"]
    items = """
    pay p for regions.uplift > 10%
        amount 1 CNY
    indicator i
        actual base
        target 100
        missing exclude
        score achievement * 100
    scorecard desk for teams.kind = "desk"
        i 100% when teams.factor > 1
    scorecard field for teams.kind = "field"
        i 100% when regions.uplift < 50%
    """
    worked_out = figures(scheme(items, staff=ONE_TEAM), REFERRED)
    assert worked_out.column("p") == [None, 1]
    assert worked_out.column("scorecard") == ["field", "desk"]
    assert worked_out.column("total") == [100, 10]


def test_scorecards_by_columns_of_one_name_in_two_tables_may_overlap() -> None:
    """Whether somebody has both is known at run time only; of one column it is known at once."""
    staff = ONE_TEAM.replace('    role     text in "AE", "KA"', '    kind     text in "field", "desk"')
    indicator = "indicator i\n    actual base\n    target 100\n    missing exclude\n    score achievement * 100"
    card = 'scorecard {name} for {kind} = "{value}"\n    i 100%'
    own = card.format(name="a", kind="kind", value="field")
    for kind, value in (("teams.kind", "desk"), ("team.kind", "desk"), ("teams.kind", "field")):
        text = scheme(
            indicator, own, card.format(name="b", kind=kind, value=value), "define x = total or else 0", staff=staff
        )
        assert told(text) == []
    data: Data = {**REFERRED, "staff": [("E1", "field", "T2", None, "100"), ("E2", "desk", "T1", None, "10")]}
    worked_out = figures(
        scheme(indicator, own, card.format(name="b", kind="team.kind", value="desk"), staff=staff), data
    )
    assert list(worked_out.faults.values()) == [["E1"]]
    same = scheme(
        indicator,
        card.format(name="a", kind="teams.kind", value="field"),
        card.format(name="b", kind="team.kind", value="field"),
        staff=staff,
    )
    assert [code for code, _ in told(same)] == ["KPI514"]


def test_two_references_to_one_table_are_told_apart_by_their_columns() -> None:
    (fault,) = refused(scheme("define x = teams.factor", staff=TEAMS))
    assert (fault.code, fault.span and fault.span.text) == ("KPI522", "teams.factor")
    (help_,) = fault.helps
    assert (help_.key, help_.args["ref"], help_.args["column"]) == ("ways", "team", "factor")
    items = "define x = team.factor\ndefine y = helps.factor\ndefine z = helps.factor or else team.factor"
    worked_out = figures(scheme(items, staff=TEAMS), HELPERS)
    assert worked_out.column("x") == [Fraction(3, 2), 2]
    assert worked_out.column("y") == [2, None]
    assert worked_out.column("z") == [2, 2]


def test_a_column_that_has_the_tables_own_name_is_the_way() -> None:
    staff = TEAMS.replace("    team     text", "    teams    text")
    orders = "table orders\n    id text key\n    who text references staff\n    teams text references teams\n    day date period\n    n integer"
    items = "define x = teams.factor\ndefine y = helps.factor or else 0\ndefine z = sum(orders.n * teams.factor)"
    rows = [("1", "E1", "T2", "2025-01-01", "1"), ("2", "E1", "T1", "2025-01-01", "1")]
    worked_out = figures(scheme(orders, items, staff=staff), {**HELPERS, "orders": rows})
    assert worked_out.column("x") == [Fraction(3, 2), 2]
    assert worked_out.column("y") == [2, 0]
    assert worked_out.column("z") == [Fraction(7, 2), 0]


def test_ways_that_part_further_on_are_named_by_a_column() -> None:
    teams = ONE_TEAM.replace(
        "    region  text references regions", "    a text references regions\n    b text references regions"
    )
    (fault,) = refused(scheme("define x = regions.uplift", staff=teams))
    (help_,) = fault.helps
    assert (fault.code, help_.key, help_.args["last"], help_.args["ref"]) == ("KPI522", "further", "teams", "a")
    data = {**REFERRED, "teams": [("T1", "1.5", "field", "R1", "R2"), ("T2", "2.0", "desk", "R2", "R1")]}
    text = scheme("define teams.x = b.uplift\ndefine x = teams.x", staff=teams)
    assert figures(text, data).column("x") == [Fraction(1, 5), Fraction(1, 10)]


def test_a_row_reads_by_the_column_that_refers_too() -> None:
    """Each order leads to its seller; the seller's two teams are told apart by a column of staff."""
    orders = "table orders\n    id text key\n    seller text references staff\n    day date period\n    amount money"
    items = "define staff.own_factor = team.factor\ndefine x = sum(orders.amount * seller.own_factor)"
    rows = [("1", "E1", "2025-01-01", "10"), ("2", "E2", "2025-01-01", "1"), ("3", "E2", "2025-02-01", "2")]
    assert figures(scheme(orders, items, staff=TEAMS), {**HELPERS, "orders": rows}).column("x") == [15, 6]


def test_a_table_of_one_row_a_person_goes_by_its_key_first() -> None:
    staff = STAFF.replace("subject staff", "    card text references cards\nsubject staff")
    cards = "table cards\n    who text references staff key\n    n integer"
    data: Data = {"staff": [("E1", "AE", "1", "E2"), ("E2", "AE", "1", "E1")], "cards": [("E1", "1"), ("E2", "2")]}
    worked_out = figures(scheme(cards, "define x = cards.n\ndefine y = card.n", staff=staff), data)
    assert (worked_out.column("x"), worked_out.column("y")) == ([1, 2], [2, 1])


def test_a_dated_table_is_refused() -> None:
    dated = ONE_TEAM.replace(
        "    region  text", "    a date\n    b date optional\n    active from a to b\n    region  text"
    )
    assert told(scheme("define x = teams.factor", staff=dated)) == [("KPI805", "teams.factor")]
    assert told(scheme("define x = team.factor", staff=dated)) == [("KPI805", "team.factor")]
    assert told(scheme("define x = regions.uplift", staff=dated)) == [("KPI805", "regions.uplift")]


LED = """
table staff
    k    text key
    a    date
    b    date optional
    base money
    team text references teams
    active from a to b
subject staff
table teams
    id   text key
    lead text references staff
define teams.lead_base = staff.base
"""


def test_no_day_says_which_row_of_a_dated_person() -> None:
    assert told(scheme("define x = teams.lead_base", staff=LED)) == [("KPI557", "teams.lead_base")]
    assert told(scheme("define staff.y = teams.lead_base\ndefine x = y", staff=LED)) == [("KPI557", "y")]


def test_a_looked_up_row_reads_the_person_in_force_in_the_period() -> None:
    """The row of 2025 has 5, that of the years before 3: 7 + 5 by quarter, 3 × (1 + 5) by month."""
    tables = """
    table targets
        who text references staff key
        q   quarter period key
        n   money
    table steps
        who text references staff key
        m   month period key
        n   money
    define targets.more = n + staff.base
    define steps.more = n + staff.base
    define x = targets.more
    define y = steps.more
    """
    months = [("E1", f"2025-0{nth}", "1") for nth in range(1, 4)]
    data: Data = {
        "staff": [("E1", "2020-01-01", "2024-12-31", "3", "T"), ("E1", "2025-01-01", None, "5", "T")],
        "teams": [("T", "E1")],
        "targets": [("E1", "2025Q1", "7")],
        "steps": months,
    }
    worked_out = figures(scheme(tables, staff=LED), data)
    assert (worked_out["x"], worked_out["y"]) == (12, 18)


def test_the_trace_names_the_way() -> None:
    checked = compiled(scheme("pay p\n    amount base * teams.factor * (100% + regions.uplift)", staff=ONE_TEAM))
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, REFERRED), given, "E1", "p", {}, period="2025Q1")
    for lang in ("en", "zh"):
        lines = [line.strip() for line in render(trace, lang).splitlines()]
        assert "staff.team.factor = 1.5" in lines, lines
        assert "staff.team.region.uplift = 10%" in lines, lines
        assert "staff.team.factor" in json.dumps(to_json(trace, lang))


def test_in_chinese() -> None:
    staff = """
    数据表 员工
        工号 文本 主键
        月薪 金额
        小组 文本 引用 小组表
        帮扶 文本 可空 引用 小组表
    考核对象 员工
    数据表 小组表
        组号 文本 主键
        系数 数值(1)
    数据表 计划
        工号 文本 引用 员工 主键
        月份 月度 所属期 主键
        计划额 金额
    """
    items = """
    定义 计划额 = 计划.计划额 若无则 0
    定义 系数 = 小组.系数
    定义 帮扶系数 = 帮扶.系数 若无则 0
    """
    data: Data = {
        "员工": [("甲", "100", "T1", None), ("乙", "10", "T1", "T2")],
        "小组表": [("T1", "1.5"), ("T2", "2.0")],
        "计划": [("甲", f"2025-0{nth}", "5") for nth in range(1, 4)],
    }
    worked_out = figures(scheme(items, staff=staff), data)
    assert sorted(map(str, worked_out.column("计划额"))) == ["0", "15"]
    assert worked_out.column("系数") == [Fraction(3, 2), Fraction(3, 2)]
    assert sorted(map(str, worked_out.column("帮扶系数"))) == ["0", "2"]


GOALS = """
table goals
    who  text references staff key
    q    quarter period
    goal money
    grew percent optional
"""
GOAL_DATA: Data = {**PEOPLE, "goals": [("E1", "2024Q4", "5", "50%"), ("E2", "2025Q1", "7", None)]}


def test_a_lookup_counts_only_in_the_period_when_the_period_is_not_part_of_the_key() -> None:
    """The row of the first is of the period before, the second has one of the period, the third has none."""
    text = scheme(
        GOALS,
        "define by_default = goals.goal or else -1 CNY",
        "define by_test = if goals.goal is missing then 1 else 0",
        "define grew = goals.grew or else -1%",
        "define summed = sum(goals.goal)",
        "define goals.twice = goal * 2",
        "define computed = goals.twice or else -1 CNY",
    )
    worked_out = figures(text, GOAL_DATA)
    assert worked_out.column("by_default") == [-1, 7, -1]
    assert worked_out.column("by_test") == [1, 0, 1]
    assert worked_out.column("grew") == [Fraction(-1, 100)] * 3
    assert worked_out.column("summed") == [0, 7, 0]
    assert worked_out.column("computed") == [-1, 14, -1]
    assert figures(text, GOAL_DATA, "2024Q4").column("by_default") == [5, -1, -1]


@pytest.mark.parametrize(("kind", "here", "before"), [("half", "2025H1", "2024H2"), ("year", "2025", "2024")])
def test_a_lookup_counts_only_in_the_half_or_the_year(kind: str, here: str, before: str) -> None:
    text = scheme(
        GOALS.replace("q    quarter", f"q    {kind}"),
        "define goal = goals.goal or else -1 CNY",
        header=HEADER.replace("quarter", kind),
    )
    data = {**PEOPLE, "goals": [("E1", before, "5", None), ("E2", here, "7", None)]}
    assert figures(text, data, here).column("goal") == [-1, 7, -1]


def test_a_lookup_read_from_rows_counts_only_in_the_period() -> None:
    text = scheme(
        GOALS,
        ORDERS,
        "define goal = goals.goal or else 0 CNY",
        "define orders.over = if amount > own.goal then amount else 0 CNY",
        "define over = sum(orders.over)",
    )
    orders = [("O1", "E1", "2025-01-01", "3", "won"), ("O2", "E2", "2025-01-01", "3", "won")]
    assert figures(text, {**GOAL_DATA, "orders": orders}).column("over") == [3, 0, 0]


@pytest.mark.parametrize(
    ("kind", "column", "helps"),
    [
        ("month", "goal", ["key", "sum"]),
        ("date", "goal", ["sum"]),
        ("month", "grew", ["average"]),
        ("date", "grew", ["average"]),
    ],
)
def test_one_row_per_person_of_a_finer_period_is_refused(kind: str, column: str, helps: list[str]) -> None:
    (fault,) = refused(scheme(GOALS.replace("q    quarter", f"q    {kind}"), f"define x = goals.{column}"))
    assert (fault.code, fault.span and fault.span.text) == ("KPI570", f"goals.{column}")
    assert [label.span.text for label in fault.labels] == ["q"]
    assert [each.key for each in fault.helps] == helps


def test_one_row_per_person_of_a_longer_period_is_refused() -> None:
    assert told(scheme(GOALS.replace("q    quarter", "q    year"), "define x = goals.goal")) == [
        ("KPI804", "goals.goal")
    ]


ROUNDS = """
table rounds
    round text key
    q     quarter period
    rate  percent

table goals
    who   text references staff key
    round text references rounds
    goal  money
"""
ROUND_DATA: Data = {
    **PEOPLE,
    "rounds": [("R1", "2025Q1", "10%"), ("R2", "2024Q4", "20%")],
    "goals": [("E1", "R1", "5"), ("E2", "R2", "6")],
}


def test_a_lookup_without_a_period_column_is_of_the_period_of_the_row_it_refers_to() -> None:
    """As the sum has it: E2 has a goal of the quarter before alone, and E3 has none."""
    text = scheme(
        ROUNDS,
        "define goals.due = goals.goal * rounds.rate",
        "define goal = goals.goal or else -1 CNY",
        "define summed = sum(goals.goal)",
        "define due = goals.due or else -1 CNY",
    )
    worked_out = figures(text, ROUND_DATA)
    assert worked_out.column("goal") == [5, -1, -1]
    assert worked_out.column("summed") == [5, 0, 0]
    assert worked_out.column("due") == [Fraction("0.5"), -1, -1]
    assert figures(text, ROUND_DATA, "2024Q4").column("due") == [-1, Fraction("1.2"), -1]


def test_a_lookup_without_a_period_column_is_read_whatever_day_it_refers_to() -> None:
    text = scheme(ROUNDS.replace("q     quarter", "q     date"), "define goal = goals.goal or else -1 CNY")
    data = {**ROUND_DATA, "rounds": [("R1", "2025-02-01", "10%"), ("R2", "2024-12-31", "20%")]}
    assert figures(text, data).column("goal") == [5, 6, -1]


@pytest.mark.parametrize(("kind", "code"), [("month", "KPI570"), ("half", "KPI804")])
def test_a_lookup_by_a_reference_to_a_period_of_another_length_is_refused(kind: str, code: str) -> None:
    (fault,) = refused(scheme(ROUNDS.replace("q     quarter", f"q     {kind}"), "define goal = goals.goal"))
    assert (fault.code, fault.span and fault.span.text) == (code, "goals.goal")
    assert [label.span.text for label in fault.labels] == ["q"]
