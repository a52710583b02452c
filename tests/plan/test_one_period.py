"""References to tables by period: a row reads the row of its own period, or none."""

from __future__ import annotations

import pytest

from tests.helpers.schemes import HEADER, ORDERS, Data, counted, figures, refused, scheme, told

PRODUCTS = """
table products
    product text key
    q       quarter period
    factor  number(1)
"""
SALES = """
table sales
    sale_id  text key
    staff_id text references staff
    product  text references products
    day      date period
    amount   money
"""
PEOPLE = [("E1", "AE", "1"), ("E2", "KA", "1")]
ROWS = [
    ("1", "E1", "P", "2025-01-01", "5"),
    ("2", "E1", "P", "2025-03-31", "1"),
    ("3", "E2", "P", "2025-01-01", "100"),
    ("4", "E2", "O", "2025-01-01", "7"),
]
DATA: Data = {
    "staff": PEOPLE,
    "products": [("P", "2025Q1", "2"), ("O", "2024Q4", "3")],
    "sales": ROWS,
}
SUM = "define x = sum(sales.amount * products.factor)"
BIG = "outcome big when x > 1 CNY"


def test_a_row_of_another_period_stops_the_run() -> None:
    """The second person's sale of January refers to a product of the quarter before."""
    worked_out = figures(scheme(PRODUCTS, SALES, SUM, BIG), DATA)
    assert worked_out.column("x")[0] == 12
    assert worked_out.faults == {"KPI744 x": ["E2"]}
    (fault,) = worked_out.outcome.faults
    assert fault.origin is not None
    assert fault.origin.text == "products.factor"


def test_rows_that_are_not_counted_stop_no_run() -> None:
    """Neither those of another quarter nor those that a condition leaves out."""
    of_p = 'define x = sum(sales.amount * products.factor where product = "P")'
    worked_out = figures(scheme(PRODUCTS, SALES, of_p, BIG), DATA)
    assert (worked_out.column("x"), worked_out.faults) == ([12, 200], {})
    lazy = 'define sales.y = if product = "P" then amount * products.factor else 0 CNY\ndefine x = sum(sales.y)'
    worked_out = figures(scheme(PRODUCTS, SALES, lazy, BIG), DATA)
    assert (worked_out.column("x"), worked_out.faults) == ([12, 200], {})
    lazy = 'define x = count(sales where product = "P" and products.factor > 1)'
    worked_out = figures(scheme(PRODUCTS, SALES, lazy, "outcome big when x > 1"), DATA)
    assert (worked_out.column("x"), worked_out.faults) == ([2, 1], {})
    before = {**DATA, "sales": [*ROWS[:3], ("4", "E2", "O", "2024-12-31", "7")]}
    for period, expected in (("2025Q1", [12, 200]), ("2024Q4", [0, 21])):
        worked_out = figures(scheme(PRODUCTS, SALES, SUM, BIG), before, period)
        assert (worked_out.column("x"), worked_out.faults) == (expected, {})


def test_a_row_that_matches_none_of_its_period_reads_nothing() -> None:
    sales = SALES.replace("references products", "matches products")
    text = scheme(PRODUCTS, sales, "define x = sum(sales.amount * (products.factor or else 10))", BIG)
    worked_out = figures(text, DATA)
    assert (worked_out.column("x"), worked_out.faults) == ([12, 270], {})
    text = scheme(PRODUCTS, sales, "define n = count(sales where products.factor is missing)")
    assert figures(text, DATA).column("n") == [0, 1]


def test_an_optional_reference_must_be_right_where_it_is_given() -> None:
    sales = SALES.replace("references products", "optional references products")
    text = scheme(PRODUCTS, sales, "define x = sum(sales.amount * (products.factor or else 10))", BIG)
    assert figures(text, DATA).faults == {"KPI744 x": ["E2"]}
    given = {**DATA, "sales": [*ROWS[:3], ("4", "E2", None, "2025-01-01", "7")]}
    worked_out = figures(text, given)
    assert (worked_out.column("x"), worked_out.faults) == ([12, 270], {})


def test_a_row_of_a_day_may_carry_any() -> None:
    """A reference is followed whatever day its target carries."""
    days = PRODUCTS.replace("q       quarter", "q       date")
    data = {**DATA, "products": [("P", "2025-01-01", "2"), ("O", "2024-11-11", "3")]}
    worked_out = figures(scheme(days, SALES, SUM, BIG), data)
    assert (worked_out.column("x"), worked_out.faults) == ([12, 221], {})


@pytest.mark.parametrize(
    ("kind", "names", "expected", "faulty"),
    [
        ("month", ("2025-01", "2025-01"), [12, 221], ["E1"]),  # the sale of 31 March reads the product of January
        ("half", ("2025H1", "2024H2"), [12, 221], ["E2"]),
        ("year", ("2025", "2025"), [12, 221], []),
    ],
)
def test_a_day_lies_in_one_period_of_each_kind(
    kind: str, names: tuple[str, str], expected: list[int], faulty: list[str]
) -> None:
    text = scheme(PRODUCTS.replace("q       quarter", f"q       {kind}"), SALES, SUM, BIG)
    worked_out = figures(text, {**DATA, "products": [("P", names[0], "2"), ("O", names[1], "3")]})
    assert worked_out.faults == ({"KPI744 x": faulty} if faulty else {})
    sound = [nth for nth, person in enumerate(("E1", "E2")) if person not in faulty]
    assert [worked_out.column("x")[nth] for nth in sound] == [expected[nth] for nth in sound]


@pytest.mark.parametrize("kind", ["half", "year"])
def test_by_half_and_by_year(kind: str) -> None:
    here, before = ("2025H1", "2024H2") if kind == "half" else ("2025", "2024")
    header = HEADER.replace("period   quarter", f"period   {kind}")
    text = scheme(
        PRODUCTS.replace("quarter", kind), SALES.replace("day      date", f"day      {kind}"), SUM, BIG, header=header
    )
    data = {
        **DATA,
        "products": [("P", here, "2"), ("O", before, "3")],
        "sales": [(sale, who, product, here, amount) for sale, who, product, _, amount in ROWS],
    }
    worked_out = figures(text, data, here)
    assert (worked_out.column("x")[0], worked_out.faults) == (12, {"KPI744 x": ["E2"]})


STAFF = """
table staff
    staff_id text key
    plan     text references plans
subject staff
"""
PLANS = """
table plans
    plan   text key
    q      quarter period
    goal   money
    region text references regions
table regions
    region text key
    q      quarter period
    uplift percent
"""
PLANNED: Data = {
    "staff": [("E1", "P"), ("E2", "O"), ("E3", "S")],
    "plans": [("P", "2025Q1", "5", "N"), ("O", "2024Q4", "7", "N"), ("S", "2025Q1", "9", "W")],
    "regions": [("N", "2025Q1", "10%"), ("W", "2024Q4", "20%")],
}


def test_a_person_reads_the_row_of_the_period_of_the_run() -> None:
    text = scheme(PLANS, "define goal = plans.goal", "outcome o when goal > 5 CNY", staff=STAFF)
    assert figures(text, PLANNED).faults == {"KPI744 goal": ["E2"]}
    loose = STAFF.replace("references plans", "matches plans")
    text = scheme(PLANS, "define goal = plans.goal or else -1 CNY", staff=loose)
    assert figures(text, PLANNED).column("goal") == [5, -1, 9]
    assert figures(text, PLANNED, "2024Q4").column("goal") == [-1, 7, -1]


def test_each_reference_of_a_chain_is_of_the_period_of_the_row_that_has_it() -> None:
    """The plan of E2 is of the quarter before, so is the region of E3's plan."""
    text = scheme(PLANS, "define up = regions.uplift", "outcome o when up > 5%", staff=STAFF)
    assert figures(text, PLANNED).faults == {"KPI744 up": ["E2", "E3"]}
    computed = ["define plans.raised = goal * (100% + regions.uplift)", "define up = plans.raised"]
    text = scheme(PLANS, *computed, "outcome o when up > 5 CNY", staff=STAFF)
    assert figures(text, PLANNED).faults == {"KPI744 up": ["E2"], "KPI744 staff.plan.raised": ["E3"]}


def test_rows_read_what_the_person_refers_to_in_their_period() -> None:
    text = scheme(
        PLANS,
        ORDERS,
        "define x = sum(if orders.amount > plans.goal then orders.amount else 0 CNY)",
        "outcome o when x > 5 CNY",
        staff=STAFF,
    )
    orders = [(f"{nth}", who, "2025-02-02", "8", "won") for nth, who in enumerate(("E1", "E2", "E3"))]
    worked_out = figures(text, {**PLANNED, "orders": orders})
    assert worked_out.faults == {"KPI744 x": ["E2"]}
    assert (worked_out.column("x")[0], worked_out.column("x")[2]) == (8, 0)


def test_rows_read_a_value_of_the_person_that_is_of_the_period() -> None:
    """A define of the person's own row is worked out in each of the rows that read it."""
    text = scheme(
        PLANS,
        ORDERS,
        "define goal = plans.goal",
        "define orders.over = if amount > own.goal then amount else 0 CNY",
        "define x = sum(orders.over)",
        "outcome o when x > 5 CNY",
        staff=STAFF,
    )
    orders = [(f"{nth}", who, "2025-02-02", "8", "won") for nth, who in enumerate(("E1", "E2", "E3"))]
    worked_out = figures(text, {**PLANNED, "orders": orders})
    assert [*worked_out.faults.values()] == [["E2"]]
    assert (worked_out.column("x")[0], worked_out.column("x")[2]) == (8, 0)


def test_of_a_dated_person_the_row_in_force_reads_the_row_of_its_period() -> None:
    staff = """
    table staff
        staff_id text key
        since    date
        until    date optional
        plan     text references plans
        active from since to until
    subject staff
    """
    text = scheme(
        PLANS, ORDERS, "define x = sum(if orders.amount > plans.goal then orders.amount else 0 CNY)", staff=staff
    )
    people = [("E1", "2024-01-01", "2024-12-31", "O"), ("E1", "2025-01-01", None, "P")]
    orders = [("1", "E1", "2024-12-31", "9", "won"), ("2", "E1", "2025-01-01", "6", "won")]
    data: Data = {**PLANNED, "staff": people, "orders": orders}
    here, before = (figures(f"{text}\noutcome o when x > 1 CNY", data, period) for period in ("2025Q1", "2024Q4"))
    assert (here.column("x"), here.faults) == ([6], {})
    assert (before.column("x"), before.faults) == ([9], {})


def test_a_looked_up_row_reads_the_row_of_its_period() -> None:
    tables = """
    table targets
        staff_id text references staff key
        q        quarter period
        base     money
        product  text references products
    define targets.goal = base * products.factor
    define goal = targets.goal or else -1 CNY
    outcome o when goal > 5 CNY
    """
    targets = [("E1", "2025Q1", "5", "P"), ("E2", "2025Q1", "5", "O")]
    text = scheme(PRODUCTS, tables)
    assert figures(text, {**DATA, "targets": targets}).faults == {"KPI744 targets.goal": ["E2"]}
    worked_out = figures(text, {**DATA, "targets": [targets[0], ("E2", "2024Q4", "5", "O")]})
    assert (worked_out.column("goal"), worked_out.faults) == ([10, -1], {})


LINES = """
table deals
    deal_id  text key
    staff_id text references staff
    m        month period
table splits
    split_id text key
    deal_id  text references deals
    day      date period
    share    number(1)
"""


def test_rows_owned_by_a_row_of_another_period_are_credited_to_nobody_and_counted() -> None:
    data: Data = {
        "staff": PEOPLE,
        "deals": [("D", "E1", "2025-01"), ("E", "E2", "2025-02")],
        "splits": [("1", "D", "2025-01-31", "1"), ("2", "D", "2025-02-01", "2"), ("3", "E", "2025-02-01", "4")],
    }
    worked_out = figures(scheme(LINES, "define x = sum(splits.share)"), data)
    assert worked_out.column("x") == [1, 4]
    assert counted(worked_out.outcome.uncredited) == {"splits": 1}


def test_rows_without_a_time_of_their_own_have_that_of_the_row_they_refer_to() -> None:
    """A line is of the day of its order; it reads the product of the quarter of that day."""
    tables = """
    table lines
        line_id text key
        order_id text references orders
        qty      integer
    define x = sum(lines.qty * products.factor)
    outcome o when x > 1
    """
    orders = ORDERS.replace("day ", "product text references products\n    day ")
    data: Data = {
        "staff": [("E1", "AE", "1"), ("E2", "KA", "1")],
        "orders": [("1", "E1", "P", "2025-01-01", "1", "won"), ("2", "E2", "O", "2025-01-01", "1", "won")],
        "products": DATA["products"],
        "lines": [("1", "1", "3"), ("2", "2", "3")],
    }
    worked_out = figures(scheme(PRODUCTS, orders, tables), data)
    assert (worked_out.column("x")[0], worked_out.faults) == (6, {"KPI744 x": ["E2"]})


@pytest.mark.parametrize(
    ("rows", "reader", "asked", "code"),
    [("month", "month", "quarter", "KPI573"), ("quarter", "quarter", "month", "KPI572")],
)
def test_periods_of_different_length_are_refused(rows: str, reader: str, asked: str, code: str) -> None:
    products = PRODUCTS.replace("q       quarter", f"q       {asked}")
    sales = SALES.replace("day      date", f"day      {rows}")
    (fault,) = refused(scheme(products, sales, SUM))
    assert (fault.code, fault.span and fault.span.text) == (code, "products.factor")
    assert [label.span.text for label in fault.labels] == ["q"]
    assert fault.args["period"].value == reader


@pytest.mark.parametrize(("kind", "code"), [("month", "KPI572"), ("half", "KPI573"), ("year", "KPI573")])
def test_a_person_of_a_quarter_reads_quarters_only(kind: str, code: str) -> None:
    plans = PLANS.replace("q      quarter", f"q      {kind}", 1)
    assert told(scheme(plans, "define goal = plans.goal", staff=STAFF)) == [(code, "plans.goal")]
    chained = PLANS.replace("    q      quarter period\n    goal", "    goal").replace(
        "q      quarter", f"q      {kind}"
    )
    assert told(scheme(chained, "define up = regions.uplift", staff=STAFF)) == [(code, "regions.uplift")]
    computed = scheme(chained, "define plans.up = regions.uplift", "define up = plans.up", staff=STAFF)
    assert told(computed) == [(code, "plans.up")]


def test_a_way_to_the_owner_is_of_one_length_too() -> None:
    """A split of a quarter is owned through a deal of a month."""
    assert told(scheme(LINES.replace("day      date", "day      quarter"), "define x = sum(splits.share)")) == [
        ("KPI572", "sum(splits.share)")
    ]
