"""Every code of the model is raised by a scheme that has that one fault, at the words that are wrong."""

from __future__ import annotations

import tomllib
from textwrap import indent

import pytest

from kpirules.source.catalogue import FOLDER
from tests.helpers.schemes import DATED, HEADER, ORDERS, STAFF, scheme, told

TARGETS = """
table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money
"""

PLAIN = """
indicator one
    actual base
    target 100
    missing exclude
    score  achievement * 100
"""


def _indicator(*clauses: str) -> str:
    return "indicator one\n" + indent("\n".join(clauses), "    ")


def _pay(*clauses: str) -> str:
    return "pay bonus\n" + indent("\n".join(clauses), "    ")


def _rows(opening: str, *rows: str) -> str:
    return f"define x {opening}\n" + indent("\n".join(rows), "    ")


def _table(*columns: str) -> str:
    return "table more\n    id text key\n" + indent("\n".join(columns), "    ")


def _staff(*columns: str) -> str:
    return "table staff\n    staff_id text key\n" + indent("\n".join(columns), "    ") + "\nsubject staff"


CASES = [
    # ---- names
    ("KPI201", "bse", scheme("define x = bse")),
    ("KPI201", "sales", scheme("define x = sum(sales.amount)")),
    ("KPI201", "nowhere", scheme(_table("other text references nowhere"))),
    ("KPI201", "people", scheme("subject people", staff="")),
    ("KPI202", "x", scheme("define x = 1", "define x = 2")),
    ("KPI202", "id", scheme(_table("id text"))),
    ("KPI203", "base", scheme("define base = 1", "define x = base")),
    ("KPI203", "amount", scheme(ORDERS, "define amount = 1", "define x = sum(orders.amount * amount)")),
    ("KPI218", "won", scheme(ORDERS, "define won = orders where amount > 0", "define won.x = amount")),
    ("KPI204", "total", scheme("define total = 1")),
    ("KPI204", "total_pay", scheme("define total_pay = 1")),
    ("KPI204", "在岗比例", scheme("定义 在岗比例 = 1")),
    ("KPI205", "one", scheme(PLAIN, "define x = one")),
    ("KPI206", "wages", scheme("define x = staff.wages")),
    ("KPI206", "from_day", scheme(_table("day date", "active from from_day to day"))),
    ("KPI207", "y", scheme("define x = y + 1", "define y = x + 1")),
    ("KPI207", "total", scheme(PLAIN, "scorecard c\n    one 100%", "gate g when total > 1\n    total at most 1")),
    ("KPI207", "b", scheme(ORDERS, "define a = b where amount > 0", "define b = a where amount > 1")),
    ("KPI208", "orders", scheme(ORDERS, "define x = orders")),
    ("KPI209", "c", scheme(PLAIN, "scorecard c\n    one 100%", "define x = c")),
    ("KPI209", "x", scheme("define x = 1", "define f = x where base > 1")),
    ("KPI210", "score", scheme("define x = score")),
    ("KPI210", "target", scheme(_indicator("actual base", "score target / 10"))),
    ("KPI211", "weight", scheme(PLAIN, "define x = one.weight")),
    ("KPI212", "active_share", scheme("define x = base * active_share")),
    ("KPI213", "average", scheme(ORDERS, "define x = average(orders.amount)")),
    ("KPI214", "points", scheme("define points = achievement * 100", "pay p\n    amount base * points")),
    ("KPI215", "two", scheme(PLAIN, "scorecard c\n    one 60%\n    two 40%")),
    ("KPI216", "bonus", scheme(header=HEADER.replace("total 2", "total 2, bonus 2"))),
    ("KPI217", "staff.base.more", scheme("define x = staff.base.more")),
    ("KPI217", "x.part", scheme("define x = 1", "define y = x.part")),
    (
        "KPI219",
        "d200",
        scheme(
            "define d0 = achievement",
            *(f"define d{n} = d{n - 1} + 1%" for n in range(1, 201)),
            PLAIN.replace("achievement * 100", "d200 * 100"),
        ),
    ),
    # ---- units
    ("KPI301", "base", scheme(_indicator("actual base", "score base"))),
    ("KPI301", "id", scheme(_table("day date", "active from id to day"))),
    ("KPI302", "base + 20%", scheme("define x = base + 20%")),
    ("KPI302", 'base > "a"', scheme('define x = base > "a"')),
    ("KPI303", "base * base", scheme("define x = base * base")),
    ("KPI303", "5 / base", scheme("define x = 5 / base")),
    ("KPI304", "0.8", scheme(_rows("by base / base or else 0%", ">= 0.8 : 1", "else : 2"))),
    ("KPI305", "a * b", scheme("define x = a * b", staff=_staff("a number(12)", "b number(12)"))),
    ("KPI306", "base / 0", scheme("define x = base / 0")),
    ("KPI307", "-role", scheme("define x = -role")),
    ("KPI308", '"XX"', scheme('define x = if role = "XX" then 1 else 2')),
    ("KPI309", "size money between 0 and 1" + "0" * 37, scheme(_table("size money between 0 and 1" + "0" * 37))),
    ("KPI310", "5 USD", scheme("define x = base + 5 USD")),
    ("KPI311", "base", scheme("define x = base in base, 5")),
    ("KPI312", "base > 1", scheme("define x = abs(base where base > 1)")),
    ("KPI313", "days(2025-01-01)", scheme("define x = days(2025-01-01)")),
    ("KPI313", "sum(orders.amount, 2)", scheme(ORDERS, "define x = sum(orders.amount, 2)")),
    ("KPI314", "13", scheme("define x = round(base, 13)")),
    ("KPI314", "score 13", scheme(header=HEADER.replace("score 2", "score 13"))),
    ("KPI315", "orders.amount", scheme(ORDERS, "define x = count(orders.amount)")),
    ("KPI316", "20%", scheme("define x = if base > 1 then base else 20%")),
    ("KPI551", "one.score", scheme(PLAIN, 'require one.score <= 110 : "too many"')),
    ("KPI552", "b", scheme(_table("a text references staff", "b text", "via b"))),
    ("KPI317", "0", scheme("define x = base per 0 whole")),
    ("KPI318", "3 as number", scheme("define x = 1 + 3 as number")),
    (
        "KPI319",
        "orders.amount / qty",
        scheme(ORDERS + "    qty integer between 1 and 9", "define x = sum(orders.amount / qty)"),
    ),
    # ---- missing
    ("KPI401", "one", scheme(_indicator("actual base", "target 0 * base", "score achievement * 100"))),
    ("KPI402", "level", scheme("define x = level > 3", staff=_staff("level integer optional"))),
    ("KPI402", "level", scheme("define x = level, at most 3", staff=_staff("level integer optional"))),
    ("KPI402", "a", scheme("define x = a + b", staff=_staff("a integer optional", "b integer"))),
    ("KPI402", "level", scheme(_rows("by level", "> 3 : 1", "else : 2"), staff=_staff("level integer optional"))),
    ("KPI402", "level", scheme(_rows("tiers level", "above : 1"), staff=_staff("level integer optional"))),
    ("KPI402", "ok", scheme("define x = if ok then 1 else 2", staff=_staff("ok bool optional"))),
    ("KPI403", "orders.fee", scheme(ORDERS + "    fee money optional", "define x = sum(orders.fee)")),
    ("KPI404", "base or else 0", scheme("define x = base or else 0")),
    ("KPI405", "raise", scheme(_pay("amount raise"), staff=_staff("raise money optional"))),
    # ---- structure
    ("KPI501", "small", scheme(header=HEADER.replace("period   quarter", ""))),
    ("KPI502", "small", scheme(PLAIN, header=HEADER.replace("score 2, ", ""))),
    ("KPI504", "", scheme(header="")),
    ("KPI504", "", ""),
    ("KPI504", "", "# a comment"),
    ("KPI505", "larger", scheme("scheme larger\n    period month\n    currency CNY\n    rounding money 2")),
    ("KPI506", "small", scheme(staff=STAFF.replace("subject staff", ""))),
    ("KPI507", "c", scheme(PLAIN, "scorecard c\n    one 90%")),
    ("KPI508", "g", scheme(PLAIN, "scorecard c\n    group g 100%\n        one 90%")),
    ("KPI509", ">= 90", scheme(_rows("by base", ">= 80 : 1", ">= 90 : 2", "else : 3"))),
    ("KPI509", "else", scheme(_rows("by role", '"AE" : 1', '"KA" : 2', "else : 3"))),
    ("KPI509", "else", scheme(_rows("choose", "else : 1", "else : 2"))),
    ("KPI510", "by base", scheme(_rows("by base", "> 90 : 1", "< 90 : 2"))),
    ("KPI511", "3 : 4", scheme(_rows("curve base", "5 : 1", "3 : 4"))),
    ("KPI511", "5 : 4", scheme(_rows("curve base", "5 : 1", "5 : 4"))),
    ("KPI512", "choose", scheme(_rows("choose", "when base > 1 : 2"))),
    ("KPI512", "by name", scheme(_rows("by name", '"A" : 2'), staff=_staff("name text"))),
    ("KPI513", "up to 5", scheme(_rows("tiers base", "up to 5 : 1%"))),
    (
        "KPI514",
        "d",
        scheme(PLAIN, 'scorecard c for role = "AE"\n    one 100%', "scorecard d\n    one 100%"),
    ),
    ("KPI515", "one", scheme(PLAIN, "scorecard c\n    one 60%\n    one 40%")),
    ("KPI516", "one", scheme(_indicator("score 5"))),
    ("KPI516", "bonus", scheme(_pay("when base > 1"))),
    ("KPI517", "actual", scheme(_indicator("actual base", "actual base", "score 5"))),
    ("KPI518", "number", scheme(_table("size number"))),
    ("KPI519", "staff", scheme(staff="table staff\n    staff_id text\nsubject staff")),
    ("KPI520", "count(more)", scheme(_table("day date period"), "define x = count(more)")),
    ("KPI521", "count(more)", scheme(_table("who text references staff"), "define x = count(more)")),
    (
        "KPI522",
        "more.size",
        scheme(ORDERS, _table("size integer"), "define x = sum(orders.amount where more.size > 1)"),
    ),
    ("KPI523", "base", scheme("define x = sum(base)")),
    ("KPI524", "orders.amount", scheme(ORDERS, "define x = orders.amount")),
    (
        "KPI525",
        "orders.amount + more.size",
        scheme(ORDERS, _table("size money"), "define x = sum(orders.amount + more.size)"),
    ),
    ("KPI524", "more.size", scheme(_table("size integer"), "define x = more.size")),
    ("KPI308", '"KB"', scheme(_rows("by role", '"AE" : 1', '"KB" : 2'))),
    (
        "KPI308",
        '"C"',
        scheme('grade by base\n    > 5 : "A"\n    else : "B"', _rows("by grade", '"A" : 1', '"C" : 2')),
    ),
    (
        "KPI320",
        "count(more)",
        scheme(
            ORDERS,
            _table("a text references orders", "b text references orders"),
            'require for each orders count(more) > 0 : "x"',
        ),
    ),
    (
        "KPI321",
        "count(orders)",
        scheme(ORDERS, 'require for each staff count(orders) > 0 : "x"', staff=DATED),
    ),
    (
        "KPI323",
        "own.n",
        scheme(
            ORDERS,
            _table("of text references orders", "size integer"),
            "define n = count(orders)\ndefine orders.x = sum(more.size * own.n)",
        ),
    ),
    ("KPI526", "max(orders.amount)", scheme(ORDERS, "define x = sum(orders.amount * max(orders.amount))")),
    ("KPI527", "staff.base", scheme(ORDERS, "define x = sum(orders.amount + staff.base)")),
    ("KPI528", "> 3", scheme(_rows("curve base", "1 : 1", "2 : 2", "> 3 : 3"))),
    ("KPI529", "curve base", scheme(_rows("curve base", "1 : 1"))),
    ("KPI531", "up to 3", scheme(_rows("tiers base", "up to 5 : 1%", "up to 3 : 2%", "above : 3%"))),
    ("KPI533", "role", scheme('grade by role\n    "AE" : role\n    else : "C"')),
    ("KPI534", '"A"', scheme('grade by base\n    > 9 : "A"\n    > 8 : "B"\n    else : "A"')),
    ("KPI535", '"Z"', scheme('grade by base\n    > 9 : "A"\n    else : "B"', 'gate g when base > 1\n    grade is "Z"')),
    ("KPI536", "one", scheme(PLAIN, "gate g when base > 1\n    one at most 5")),
    ("KPI537", "2024-01-01", scheme(header=HEADER + "    effective from 2025-01-01 to 2024-01-01")),
    ("KPI538", "ZZZ", scheme(header=HEADER.replace("CNY", "ZZZ"))),
    ("KPI539", "paid_on", scheme(_table("day date period", "paid_on date period"))),
    ("KPI540", "since", scheme(_table("since date optional", "until date", "active from since to until"))),
    ("KPI541", "text", scheme(_table("when_ text period"))),
    ("KPI542", "other", scheme(_table("other text optional key"))),
    ("KPI543", "size integer as points", scheme(_table("size integer as points"))),
    ("KPI544", "3", scheme(_table("size integer between 5 and 3"))),
    ("KPI561", "10_000", scheme(_table("size text unit 10_000"))),
    ("KPI561", "万", scheme(_table("size percent unit 万"))),
    ("KPI561", "thousand", scheme(_table("day date unit thousand"))),
    ("KPI562", "0", scheme(_table("size money unit 0"))),
    ("KPI562", "1.5", scheme(_table("size money unit 1.5"))),
    ("KPI562", "2_000_000_000_000", scheme(_table("size money unit 2_000_000_000_000"))),
    ("KPI545", "size integer in 1, 2", scheme(_table("size integer in 1, 2"))),
    ("KPI546", '"a"', scheme(_table('kind text in "a", "b", "a"'))),
    ("KPI546", '"KA"', scheme('define x = role in "KA", "KA"')),
    ("KPI546", "1.0", scheme("define x = base in 1, 1.0")),
    ("KPI547", "more", scheme(_table("second text key"), "table last\n    it text references more")),
    (
        "KPI549",
        "count(more)",
        scheme(ORDERS, _table("order text optional references orders"), "define x = count(more)"),
    ),
    ("KPI550", "80 - 100", scheme(_rows("by base", "80 - 100 : 1", "else : 2"))),
    ("KPI553", '"AE"', scheme(_rows("by role", '"AE" : 1', '"KA", "AE" : 2'))),
    ("KPI554", "at least 9", scheme("define x = base, at most 5, at least 9")),
    ("KPI554", "at most 2", scheme("define x = base, at least 3, at most 5, at most 2")),
    ("KPI554", "at least 90", scheme(_pay("amount base", "at most 50", "at least 90"))),
    (
        "KPI517",
        "bonus at most 6",
        scheme(_pay("amount base"), "gate g when base > 1\n    bonus at most 5\n    bonus at most 6"),
    ),
    (
        "KPI554",
        "bonus at least 6",
        scheme(_pay("amount base"), "gate g when base > 1\n    bonus at most 5\n    bonus at least 6"),
    ),
    ("KPI564", '"won "', scheme(ORDERS, 'define x = count(orders where status = "won ")')),
    ("KPI565", '"w\u00a0on"', scheme(_table('kind text in "w\u00a0on"'))),
    ("KPI566", '"cafe\u0301"', scheme(_table('kind text in "cafe\u0301"'))),
    ("KPI560", "{actual + 1}", scheme(PLAIN.rstrip() + '\n    advice when score < 5 : "{actual + 1} more"')),
    # ---- later
    (
        "KPI556",
        "targets.goal",
        scheme(
            TARGETS.replace("quarter  quarter", "quarter  month").replace("money", "percent"),
            "define x = targets.goal or else 0%",
        ),
    ),
    (
        "KPI557",
        "teams.x",
        scheme(
            "table teams\n    id text key\n    lead text references staff\ndefine teams.x = staff.base",
            "define y = teams.x",
            staff="table staff\n    k text key\n    a date\n    b date\n    base money\n    team text references teams\n"
            "    active from a to b\nsubject staff",
        ),
    ),
    ("KPI802", "x", scheme(ORDERS, "define x = base", "define y = sum(orders.amount * 1 where amount > x)")),
    ("KPI803", "count(staff)", scheme("define x = count(staff)")),
    *(
        (
            "KPI804",
            "targets.goal",
            scheme(TARGETS.replace("quarter  quarter", f"quarter  {kind}"), "define x = targets.goal or else 0"),
        )
        for kind in ("half", "year")
    ),
    (
        "KPI805",
        "more.rate",
        scheme(
            "table more\n    who text references staff key\n    since date\n    until date\n    rate percent\n"
            "    active from since to until",
            "define x = more.rate",
        ),
    ),
    ("KPI322", "0.5", scheme("define x = period_start + 0.5")),
    (
        "KPI570",
        "targets.goal",
        scheme(TARGETS.replace("quarter  quarter period key", "day date period"), "define x = targets.goal"),
    ),
    ("KPI571", "9999-12-31 + 1", scheme("define x = 9999-12-31 + 1")),
    *(
        (
            code,
            "plans.goal",
            scheme(
                f"table plans\n    plan text key\n    kept {kind} period\n    goal money",
                "define x = plans.goal",
                staff=_staff("plan text references plans"),
            ),
        )
        for code, kind in (("KPI572", "month"), ("KPI573", "year"))
    ),
]


def _codes() -> set[str]:
    return set(tomllib.loads((FOLDER / "en" / "model.toml").read_text(encoding="utf-8"))) - {"words"}


@pytest.mark.parametrize(
    ("code", "text", "written"), CASES, ids=[f"{nth}-{code}" for nth, (code, _, _) in enumerate(CASES)]
)
def test_raised_at(code: str, text: str, written: str) -> None:
    assert told(written) == [(code, text)]


def test_weight_past_the_whole() -> None:
    """What is no weight is not added up."""
    assert told(scheme(PLAIN, "scorecard c\n    one 120%")) == [("KPI532", "120%")]


def test_every_code_is_raised() -> None:
    assert {code for code, _, _ in CASES} | {"KPI532"} == _codes()


def test_a_scheme_without_a_subject_is_told_so_once() -> None:
    nobody = STAFF.replace("subject staff", "")
    assert told(scheme(ORDERS, "define x = count(orders) + base", staff=nobody)) == [("KPI506", "small")]
