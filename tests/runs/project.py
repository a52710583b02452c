"""A small project of two scorecards, in which somebody is left without assessment and a row without an owner.

Worked out by hand, for the first quarter of 2025:

| who | scorecard | sales | visits | total | grade | bonus |
| --- | --- | --- | --- | --- | --- | --- |
| S1 | selling | 1000.50 / 1000 = 1.0005, 100.05 | 2 × 10 = 20 | 100.05 × 60% + 20 × 40% = 68.03 | B | 100.01 |
| S2 | selling | 0 / 1000, 0 | 0 | 0 | C | 200.00, then 0 by the gate |
| K1 | keeping | no target, left out: nothing is scored | | | | |
| K2 | keeping | 600 / 500 = 1.2, 120 | | 120 + 1 = 121 | A | 400.00, then 50 by the gate |
| G1 | none | | | | | |

L1 left before the period: not scored, and the order of L1 is credited to nobody.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kpirules.compiling import compile_file
from kpirules.data.bindings import load_bindings
from kpirules.runs.evaluate import evaluate
from kpirules.runs.manifest import Done

SCHEME = """\
scheme shop "Shop, quarterly"
    version   "1.0"
    period    quarter
    effective from 2025-01-01 to 2025-12-31
    currency  CNY
    rounding  achievement 4, score 2, total 2, money 2

table staff
    staff_id text key
    role     text in "seller", "keeper", "guest"
    hired    date
    left_on  date optional
    base_pay money
    active from hired to left_on

table orders
    order_id text key
    staff_id text references staff
    day      date period
    amount   money

table targets
    staff_id text references staff key
    quarter  quarter period key
    amount   money between 0 and 1_000_000

subject staff

indicator sales "Sales"
    actual  sum(orders.amount)
    target  targets.amount
    missing exclude
    score   achievement * 100, at most 120

indicator visits "Visits"
    actual  count(orders)
    score   actual * 10, at most 100

scorecard selling "Selling" for role = "seller"
    group results "Selling results" 100%
        sales  60%
        visits 40%

scorecard keeping "Keeping" for role = "keeper"
    group results "Keeping results" 100%
        sales 100%
    adjust extra = count(orders), at most 5

grade by total
    >= 90 : "A"
    >= 10 : "B"
    else  : "C"

gate idle "No orders" when count(orders) = 0
    bonus is 0 CNY

gate small "Small orders only" when sum(orders.amount) < 1_000 CNY
    bonus at most 50 CNY

pay bonus "Bonus"
    amount base_pay * 10%
"""

BINDINGS = """\
scheme: shop.kpi
data:
  staff: {file: staff.csv}
  orders: {file: orders.csv}
  targets: {file: targets.csv}
"""

TABLES = {
    "staff.csv": """\
staff_id,role,hired,left_on,base_pay
S1,seller,2020-01-01,,1000.05
S2,seller,2020-01-01,,2000.00
K1,keeper,2020-01-01,,3000.00
K2,keeper,2020-01-01,,4000.00
G1,guest,2020-01-01,,5000.00
L1,seller,2020-01-01,2024-12-31,6000.00
""",
    "orders.csv": """\
order_id,staff_id,day,amount
1,S1,2025-01-09,900.00
2,S1,2025-03-31,100.50
3,S1,2025-04-01,77.00
4,K2,2025-02-02,600.00
5,L1,2025-02-03,10.00
""",
    "targets.csv": """\
staff_id,quarter,amount
S1,2025Q1,1000
S2,2025Q1,1000
K2,2025Q1,500
""",
}

CSV = """\
staff_id,scorecard,total,grade,bonus,total_pay,flags
G1,,,,,0.00,"idle, small"
K1,keeping,,,,0.00,"idle, small"
K2,keeping,121.00,A,50.00,50.00,small
S1,selling,68.03,B,100.01,100.01,
S2,selling,0.00,C,0.00,0.00,"idle, small"
"""


def write(folder: Path) -> Path:
    """Write the project into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"shop.kpi": SCHEME, "kpirules.yaml": BINDINGS, **TABLES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def done(folder: Path, period: str = "2025Q1", *, quarantine: bool = False) -> Done:
    """The project of a folder, run."""
    bindings = load_bindings(folder / "kpirules.yaml")
    compiled = compile_file(bindings.scheme, "shop.kpi")
    evaluated = evaluate(compiled, bindings.scheme, bindings, period, quarantine=quarantine, keep_inputs=True)
    return replace(evaluated, times={"run": 1})
