"""Two mistakes at once are read as two faults: each pair of single mistakes is told at both places, and nothing else.

What a value with a fault leaves open is what reads that value: whether grade rows take every total depends on what it
can be. Such pairs are named (`breaks`, `needs`); there the second fault may wait for the first to be mended, and still
nothing else is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pytest

from kpirules.compiling import compile_scheme
from kpirules.source import Fault, SourceText

GOOD = """
scheme team "Team"
    version  "1"
    period   quarter
    currency CNY
    rounding achievement 4, score 2, total 2, money 2

table staff
    staff_id text key
    role     text in "AE", "KA"
    hired    date
    left_on  date optional
    base     money between 0 and 1_000_000
    level    integer between 0 and 9 optional
    active from hired to left_on

table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money between 0 and 10_000_000
    fee      money optional
    status   text in "won", "lost"

table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money between 1 and 10_000_000

subject staff

define won = orders where status = "won"
define revenue = sum(won.amount)
define seniority = months(hired, period_end)
define fees = sum(orders.fee or else 0)
define part = active_days / period_days
define step choose
    when seniority > 24 : 3
    when seniority > 12 : 2
    else                : 1
define factor by role
    "AE" : 1.2
    "KA" : 1.5

indicator attainment
    actual  revenue
    target  targets.goal
    missing exclude
    score   achievement * 100, at most 120, at least 0

indicator activity
    actual count(orders where amount > 100)
    score  by actual
        >= 20 : 100
        >= 10 : 80
        else  : 60

indicator fee_rate
    actual  avg(orders.fee or else 0) / 100
    missing score 0
    score   curve actual
        0  : 0
        5  : 60
        10 : 100

scorecard field for role = "AE"
    group results 80%
        attainment 50%
        activity   30%
    fee_rate 20%
    adjust extra = 2 * count(won), at most 10

scorecard key_accounts for role = "KA"
    attainment 60%
    activity   40%

grade by total
    >= 90 : "A"
    >= 70 : "B"
    else  : "C"

gate caught when fees > 1_000 CNY
    total at most 80

pay bonus
    amount base * 20% * factor
    at most 50_000

pay commission "Commission" when step > 1
    amount tiers revenue
        up to 100_000 : 1%
        up to 300_000 : 2%
        above         : 3%
"""


@dataclass(frozen=True)
class Mistake:
    """What is written instead of something, the code of its fault, and what is underlined."""

    good: str
    bad: str
    code: str
    told: str
    breaks: str = ""
    needs: str = ""

    @property
    def name(self) -> str:
        return f"{self.code} {self.bad.strip() or self.good.strip()}"


MISTAKES = [
    # the header, the tables
    Mistake("    currency CNY\n", "", "KPI501", "team"),
    Mistake("score 2, total", "scoer 2, score 2, total", "KPI216", "scoer"),
    Mistake("period   quarter\n", "period   quater\n", "KPI101", "quater"),
    Mistake("level    integer between 0 and 9", "level    integer between 9 and 0", "KPI544", "0"),
    Mistake('in "won", "lost"', 'in "won", "lost", "won"', "KPI546", '"won"'),
    Mistake("hired    date\n", "hired    dat\n", "KPI101", "dat", breaks="dates"),
    # defines
    Mistake('where status = "won"', 'where status = "wun"', "KPI308", '"wun"'),
    Mistake("months(hired, period_end)", "months(hird, period_end)", "KPI201", "hird"),
    Mistake("sum(orders.fee or else 0)", "sum(orders.fee)", "KPI403", "orders.fee"),
    Mistake("active_days / period_days", "active_days + 20%", "KPI302", "active_days + 20%", needs="dates"),
    Mistake("> 12 : 2", "> 12 ; 2", "KPI101", ";"),
    Mistake('    "KA" : 1.5\n', "", "KPI510", "by role"),
    # indicators
    Mistake("target  targets.goal", "target  targets.gaol", "KPI206", "gaol", breaks="achievement total"),
    Mistake(
        "score   achievement * 100,",
        "score   achievement,",
        "KPI301",
        "achievement",
        breaks="total",
        needs="achievement",
    ),
    Mistake("at least 0\n", "at least role\n", "KPI302", "at least role", breaks="total"),
    Mistake("where amount > 100", "where amount > 10%", "KPI302", "amount > 10%"),
    Mistake(">= 10 : 80", ">= 30 : 80", "KPI509", ">= 30"),
    Mistake(">= 20 : 100", ">= 20 : bse", "KPI201", "bse", breaks="total"),
    Mistake("        5  : 60", "        0  : 60", "KPI511", "0  : 60", breaks="total"),
    Mistake("missing score 0", "missing score role", "KPI301", "role", breaks="total"),
    Mistake("avg(orders.fee or else 0) / 100", "avg(orders.fee or else 0 / 100", "KPI107", "(", breaks="total"),
    # scorecards, the grade, gates
    Mistake("attainment 50%", "attainmnt 50%", "KPI215", "attainmnt", breaks="total"),
    Mistake("activity   30%", "activity   20%", "KPI508", "results"),
    Mistake("fee_rate 20%", "fee_rate 10%", "KPI507", "field"),
    Mistake("2 * count(won)", "2 * cuont(won)", "KPI213", "cuont", breaks="total"),
    Mistake("activity   40%", "activity   40", "KPI304", "40", breaks="total"),
    Mistake('    else  : "C"\n', "", "KPI510", "by total", breaks="rows", needs="total rows"),
    Mistake(">= 70 : ", ">= 70% : ", "KPI302", "70%", breaks="rows"),
    Mistake("fees > 1_000 CNY", "fees > 1,000 CNY", "KPI115", "1,000", breaks="gate"),
    Mistake("    total at most 80", "    totl at most 80", "KPI536", "totl", needs="gate"),
    # pay
    Mistake("base * 20% * factor", "base * base * factor", "KPI303", "base * base"),
    Mistake("at most 50_000", "at most 50%", "KPI302", "at most 50%"),
    Mistake("when step > 1", "when step > 1 oops", "KPI101", "oops", needs="commission"),
    Mistake("up to 300_000 : 2%", "up to 90_000 : 2%", "KPI531", "up to 90_000", needs="commission"),
    Mistake("above         : 3%", "above         : 3", "KPI304", "3", needs="commission"),
    Mistake('"Commission"', '"Commission', "KPI106", '"Commission when step > 1', breaks="commission"),
]


SAME_LINE = {"when step > 1", '"Commission"'}


def _told(text: str) -> list[tuple[str, str]]:
    try:
        compile_scheme(SourceText("two.kpi", text))
    except Fault as fault:
        return [(one.code, one.span.text if one.span else "") for one in fault.diagnostics]
    return []


def _with(*mistakes: Mistake) -> str:
    text = GOOD
    for one in mistakes:
        assert text.count(one.good) == 1, one.good
        text = text.replace(one.good, one.bad)
    return text


def test_the_scheme_is_good() -> None:
    assert _told(GOOD) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_one_mistake_is_one_fault(mistake: Mistake) -> None:
    assert _told(_with(mistake)) == [(mistake.code, mistake.told)]


@pytest.mark.parametrize("one", MISTAKES, ids=lambda one: one.name)
def test_two_mistakes_are_two_faults(one: Mistake) -> None:
    """Each of them beside each that comes later."""
    wrong = []
    for other in MISTAKES[MISTAKES.index(one) + 1 :]:
        if {one.good, other.good} == SAME_LINE:
            continue
        both = sorted([(one.code, one.told), (other.code, other.told)])
        found = sorted(_told(_with(one, other)))
        if found != both and not (_open(one, other) and len(found) == 1 and found[0] in both):
            wrong.append((other.name, found))
    assert wrong == []


def _open(one: Mistake, other: Mistake) -> bool:
    """Whether what one of them breaks is what the other is judged by."""
    return any(set(a.breaks.split()) & set(b.needs.split()) for a, b in ((one, other), (other, one)))


def test_few_pairs_wait_for_each_other() -> None:
    pairs = [pair for pair in combinations(MISTAKES, 2) if _open(*pair)]
    assert len(pairs) <= len(MISTAKES) * (len(MISTAKES) - 1) / 2 * 0.03


def test_all_mistakes_at_once() -> None:
    """Most places are told in one go, and nothing that is no mistake."""
    text = GOOD
    for one in MISTAKES:
        text = text.replace(one.good, one.bad)
    expected = {(one.code, one.told) for one in MISTAKES}
    found = set(_told(text))
    assert len(found & expected) >= 25
    assert {code for code, _ in found} <= {one.code for one in MISTAKES}


def test_a_scorecard_with_a_fault_leaves_nobody_without_a_grade() -> None:
    """What reads the grade is not told that it may be missing: the scorecard is there, but for its fault."""
    text = GOOD + '\ndefine reward by grade\n    "A" : 2\n    "B", "C" : 1\n'
    assert _told(text) == []
    lost = 'key_accounts for role = "KA"\n    attainment 60%'
    assert _told(text.replace(lost, f"{lost}.")) == [("KPI101", ".")]
    twice = text.replace('key_accounts for role = "KA"', 'key_accounts for role = "AE"')
    assert _told(twice) == [("KPI514", "key_accounts")]


def test_nor_is_a_fallback_for_one_called_needless() -> None:
    text = GOOD.replace('scorecard key_accounts for role = "KA"', 'scorecard key_accounts for role = "KA" and base > 1')
    text += '\ndefine reward = grade or else "none"\n'
    assert _told(text) == []
    assert _told(text.replace("activity   40%", "activity   40%.")) == [("KPI101", ".")]


def test_a_reference_to_no_table_is_one_fault() -> None:
    """Whose the rows are cannot be said; that the reference leads nowhere has been."""
    good = "order_id text key\n    staff_id text references staff"
    assert GOOD.count(good) == 1
    assert _told(GOOD.replace(good, good + "s")) == [("KPI201", "staffs")]
