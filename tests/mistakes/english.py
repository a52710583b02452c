"""A scheme in English, with the mistakes that people make."""

from __future__ import annotations

from tests.mistakes.mistake import Mistake

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
    hours    number(1) between 0 and 100
    status   text in "won", "lost"

table targets
    staff_id text references staff key
    quarter  quarter period key
    goal     money between 1 and 10_000_000

table ratings
    rating_id text key
    staff_id  text references staff
    given     date period
    stars     integer between 1 and 5

subject staff

define won = orders where status = "won"
define lost = orders where status = "lost"
define orders.net = amount - (fee or else 0)
define revenue = sum(won.amount)
define net = sum(orders.net)
define seniority = months(hired, period_end)
define fees = sum(orders.fee or else 0)
define part = active_days / period_days
define speed = (sum(won.amount) per 100_000 whole) + round(sum(orders.hours), 0)
define step choose
    when seniority > 24 : 3
    when seniority > 12 : 2
    else                : 1
define factor by role
    "AE" : 1.2
    "KA" : 1.5
define points = achievement * 100, at most 110, at least 0
define rank_pay by grade
    "A"      : 1.5
    "B", "C" : 1

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
    advice when score < 80 : "{actual} orders"

indicator fee_rate
    actual  avg(orders.fee or else 0) / 100
    missing score 0
    score   curve actual
        0  : 0
        5  : 60
        10 : 100

indicator margin
    actual  sum(won.net) / revenue
    missing score 50
    score   curve actual
        0%  : 0
        10% : 60
        30% : 100

indicator praise
    actual  avg(ratings.stars)
    missing error
    score   actual * 20

indicator growth
    actual  net
    target  1_000_000 CNY
    score   points

scorecard field for role = "AE"
    group results 80%
        attainment 50%
        activity   30%
    fee_rate 20%
    adjust extra = 2 * count(won), at most 10

scorecard key_accounts for role = "KA"
    attainment 60%
    activity   10% when active_share > 50%
    margin     10%
    praise     10%
    growth     10%

grade by total
    >= 90 : "A"
    >= 70 : "B"
    else  : "C"

gate caught when fees > 1_000 CNY
    total at most 80
    fee_rate.score is 0

gate late when count(lost) > 12
    grade at most "B"

pay bonus
    amount base * 20% * factor * rank_pay
    at most 50_000

pay commission "Commission" when step > 1
    amount tiers revenue
        up to 100_000 : 1%
        up to 300_000 : 2%
        above         : 3%

component housing for role = "KA"
    amount 500 CNY * part

outcome star when grade = "A" and seniority >= 6
require for each orders amount >= 0 : "never negative"
ensure bonus <= base * 5 : "no more than five months' pay"
"""

MISTAKES = [
    # the header, the tables, the subject
    Mistake("    currency CNY\n", "", "KPI501", "team"),
    Mistake("score 2, total", "scoer 2, total", "KPI216", "scoer"),
    Mistake("period   quarter\n", "period   quater\n", "KPI101", "quater"),
    Mistake("level    integer between 0 and 9", "level    integer between 9 and 0", "KPI544", "0"),
    Mistake('in "won", "lost"', 'in "won", "lost", "won"', "KPI546", '"won"'),
    Mistake("hired    date\n", "hired    dat\n", "KPI101", "dat"),
    Mistake("hours    number(1)", "hours    number", "KPI518", "number"),
    Mistake("rating_id text key\n    staff_id  text", "rating_id text key\n\tstaff_id  text", "KPI102", "\t"),
    # definitions
    Mistake('won = orders where status = "won"', 'won = orders where status = "wun"', "KPI308", '"wun"'),
    Mistake('lost = orders where status = "lost"', 'lost = order where status = "lost"', "KPI201", "order"),
    Mistake("net = amount - (fee or else 0)", "net = amount - fee", "KPI402", "fee"),
    Mistake("months(hired, period_end)", "months(hird, period_end)", "KPI201", "hird"),
    Mistake("sum(orders.fee or else 0)", "sum(orders.fee)", "KPI403", "orders.fee"),
    Mistake("active_days / period_days", "active_days + 20%", "KPI302", "active_days + 20%", hides="part"),
    Mistake("per 100_000 whole", "per 100_000", "KPI101", ")"),
    Mistake("> 12 : 2", "> 12 ; 2", "KPI101", ";"),
    Mistake("> 24 : 3", "> 24 && part > 1 : 3", "KPI101", "&&"),
    Mistake('    "KA" : 1.5\n', "", "KPI510", "by role"),
    Mistake("points = achievement * 100, at most 110", "points = achievement * 100 at most 110", "KPI101", "at most"),
    Mistake('"B", "C" : 1', '"B" : 1', "KPI510", "by grade", reads="last"),
    # indicators
    Mistake("target  targets.goal", "target  targets.gaol", "KPI206", "gaol"),
    Mistake("    missing exclude\n", "", "KPI401", "attainment"),
    Mistake("score   achievement * 100,", "score   achievement,", "KPI301", "achievement"),
    Mistake("at least 0\n\nindicator activity", "at least role\n\nindicator activity", "KPI302", "at least role"),
    Mistake("where amount > 100", "where amount > 10%", "KPI302", "amount > 10%"),
    Mistake(">= 10 : 80", ">= 30 : 80", "KPI509", ">= 30"),
    Mistake(">= 20 : 100", ">= 20 : bse", "KPI201", "bse"),
    Mistake('"{actual} orders"', '"{actul} orders"', "KPI201", "actul"),
    Mistake("avg(orders.fee or else 0) / 100", "avg(orders.fee or else 0 / 100", "KPI107", "("),
    Mistake("missing score 0", "missing score role", "KPI301", "role"),
    Mistake("        5  : 60", "        0  : 60", "KPI511", "0  : 60"),
    Mistake("sum(won.net) / revenue", "sum(won.net) / revenu", "KPI201", "revenu"),
    Mistake("10% : 60", "10 : 60", "KPI304", "10", hides="points"),
    Mistake("30% : 100", "5% : 100", "KPI511", "5% : 100", reads="points"),
    Mistake("avg(ratings.stars)", "avgg(ratings.stars)", "KPI213", "avgg", hides="function"),
    Mistake("    missing error\n", "", "KPI401", "praise", reads="function"),
    Mistake("    score   points\n", "", "KPI516", "growth"),
    Mistake("target  1_000_000 CNY", "target  1,000,000 CNY", "KPI115", "1,000,000"),
    # scorecards, the grade, gates
    Mistake('field for role = "AE"', 'field for role = "KA"', "KPI514", "key_accounts"),
    Mistake("attainment 50%", "attainmnt 50%", "KPI215", "attainmnt"),
    Mistake("activity   30%", "activity   20%", "KPI508", "results"),
    Mistake("fee_rate 20%", "fee_rate 10%", "KPI507", "field"),
    Mistake("2 * count(won)", "2 * cuont(won)", "KPI213", "cuont"),
    Mistake("active_share > 50%", "active_share > 50", "KPI304", "50"),
    Mistake("margin     10%", "margin     10", "KPI304", "10"),
    Mistake("praise     10%", "praise     ten", "KPI101", "ten"),
    Mistake('    else  : "C"\n', "", "KPI510", "by total", hides="grades last", reads="rows"),
    Mistake(">= 70 : ", ">= 70% : ", "KPI302", "70%", hides="rows"),
    Mistake(">= 90 :", "≥ 90 分 :", "KPI101", "90 分", hides="rows grades"),
    Mistake("fees > 1_000 CNY", "fees > 1,000 CNY", "KPI115", "1,000"),
    Mistake("    total at most 80", "    totl at most 80", "KPI536", "totl"),
    Mistake("fee_rate.score is 0", "fee_rate.score is 0 CNY", "KPI301", "0 CNY"),
    Mistake("when count(lost) > 12", "when count(lost) > 12 CNY", "KPI302", "count(lost) > 12 CNY"),
    Mistake('grade at most "B"', 'grade at most "D"', "KPI535", '"D"', reads="grades"),
    # pay and what follows from it
    Mistake("base * 20% * factor", "base * base * factor", "KPI303", "base * base"),
    Mistake("at most 50_000", "at most 50%", "KPI302", "at most 50%"),
    Mistake("pay bonus\n", "pay bonus payed\n", "KPI101", "payed"),
    Mistake("up to 300_000 : 2%", "up to 90_000 : 2%", "KPI531", "up to 90_000"),
    Mistake("above         : 3%", "above         : 3", "KPI304", "3"),
    Mistake('"Commission"', '"Commission', "KPI106", '"Commission when step > 1'),
    Mistake("amount 500 CNY * part", "amount 500 * part", "KPI301", "500 * part", reads="part"),
    Mistake('housing for role = "KA"', 'housing for role = "KB"', "KPI308", '"KB"'),
    Mistake("seniority >= 6", "seniority >= 6 months", "KPI101", "6 months", hides="condition"),
    Mistake('grade = "A" and', 'grade = "S" and', "KPI308", '"S"', reads="grades condition"),
    Mistake("amount >= 0 :", "amuont >= 0 :", "KPI201", "amuont"),
    Mistake("base * 5", "base * 5 CNY", "KPI303", "base * 5 CNY"),
]
