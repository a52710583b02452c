"""The unit algebra, as `language.md` states it: every operator between every two units."""

from __future__ import annotations

from itertools import product

import pytest

from kpirules.values.units import Unit
from tests.helpers.schemes import ORDERS, compiled, scheme, told

STAFF = """
table staff
    staff_id text key
    money_a  money between 1 and 100
    money_b  money between 1 and 100
    ratio_a  percent between 1% and 100%
    ratio_b  percent between 1% and 100%
    number_a number(2) between 1 and 100
    number_b number(2) between 1 and 100
    date_a   date
    date_b   date
    text_a   text
    text_b   text
    bool_a   bool
    bool_b   bool
subject staff
"""
KINDS = ("money", "ratio", "number", "count", "date", "text", "bool")
NUMERIC = ("money", "ratio", "number", "count")
COUNTS = "define count_a = max(count(orders), 1)\ndefine count_b = max(count(orders), 1)"

SUMS = {(kind, kind): kind for kind in NUMERIC} | {("number", "count"): "number", ("count", "number"): "number"}
TIMES = {
    ("money", "ratio"): "money",
    ("money", "number"): "money",
    ("money", "count"): "money",
    ("ratio", "ratio"): "ratio",
    ("ratio", "number"): "number",
    ("ratio", "count"): "number",
    ("number", "number"): "number",
    ("number", "count"): "number",
    ("count", "count"): "number",
}
OVER = {
    ("money", "money"): "ratio",
    ("money", "ratio"): "money",
    ("money", "number"): "money",
    ("money", "count"): "money",
    ("ratio", "ratio"): "ratio",
    ("ratio", "number"): "ratio",
    ("ratio", "count"): "ratio",
    ("number", "ratio"): "number",
    ("number", "number"): "number",
    ("number", "count"): "number",
    ("count", "ratio"): "number",
    ("count", "number"): "number",
    ("count", "count"): "ratio",
}


def _wanted(op: str, a: str, b: str) -> str | None:
    if op == "*":
        return TIMES.get((a, b)) or TIMES.get((b, a))
    if op == "/":
        return OVER.get((a, b))
    if op == "-" and a == b == "date":
        return "number"
    if (a, b) == ("date", "count") or (op == "+" and (a, b) == ("count", "date")):
        return "date"
    return SUMS.get((a, b))


def _of_parts(op: str, a: str, b: str) -> bool:
    """Whether days that are not whole are added to a date, or subtracted from it."""
    return ((a, b) == ("date", "number") and op in "+-") or (op, a, b) == ("+", "number", "date")


def _unit(text: str, name: str) -> str:
    return str(compiled(text).model.defines[name].rule.type.unit)


@pytest.mark.parametrize("op", ["+", "-", "*", "/"])
def test_arithmetic(op: str) -> None:
    fine = {pair: unit for pair in product(KINDS, KINDS) if (unit := _wanted(op, *pair))}
    defines = [f"define {a}_by_{b} = {a}_a {op} {b}_b" for a, b in fine]
    typed = compiled(scheme(ORDERS, COUNTS, *defines, staff=STAFF)).model.defines
    assert {pair: str(typed["{}_by_{}".format(*pair)].rule.type.unit) for pair in fine} == fine


@pytest.mark.parametrize("op", ["+", "-", "*", "/"])
def test_arithmetic_that_means_nothing(op: str) -> None:
    wrong = [pair for pair in product(KINDS, KINDS) if not _wanted(op, *pair)]
    defines = [f"define x{nth} = {a}_a {op} {b}_b" for nth, (a, b) in enumerate(wrong)]
    code = "KPI302" if op in "+-" else "KPI303"
    faults = told(scheme(ORDERS, COUNTS, *defines, staff=STAFF))
    assert faults == [
        ("KPI322", "number_a" if a == "number" else "number_b") if _of_parts(op, a, b) else (code, f"{a}_a {op} {b}_b")
        for a, b in wrong
    ]


@pytest.mark.parametrize("op", ["=", "!=", "<", "<=", ">", ">="])
def test_comparison(op: str) -> None:
    equal = [*SUMS, ("date", "date")] + ([("text", "text"), ("bool", "bool")] if op in ("=", "!=") else [])
    fine = [f"define {a}_by_{b} = {a}_a {op} {b}_b" for a, b in equal]
    assert told(scheme(ORDERS, COUNTS, *fine, staff=STAFF)) == []
    terms = [f"{a}_a {op} {b}_b" for a, b in product(KINDS, KINDS) if (a, b) not in equal]
    wrong = [f"define x{nth} = {term}" for nth, term in enumerate(terms)]
    assert told(scheme(ORDERS, COUNTS, *wrong, staff=STAFF)) == [("KPI302", term) for term in terms]


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("money_a + 5", "money"),
        ("5 - money_a", "money"),
        ("money_a * 2", "money"),
        ("2 * money_a * 3 / 4", "money"),
        ("ratio_a + 0", "ratio"),
        ("100% - ratio_a", "ratio"),
        ("count_a + 1", "count"),
        ("2 * 3", "number"),
        ("2 + 3", "number"),
        ("-(2)", "number"),
        ("if bool_a then 2 else 3", "number"),
        ("if bool_a then 2 else money_a", "money"),
        ("min(5, money_a)", "money"),
        ("max(money_a / 2, 7)", "money"),
        ("abs(ratio_a - 50%)", "ratio"),
        ("round(money_a, 0)", "money"),
        ("days(date_a, date_b)", "number"),
        ("min(date_a, date_b)", "date"),
        ("count(orders) * 75元", "money"),
        ("75 CNY", "money"),
    ],
)
def test_a_bare_literal_takes_the_unit_of_its_place(written: str, unit: str) -> None:
    assert _unit(scheme(ORDERS, COUNTS, f"define x = {written}", staff=STAFF), "x") == unit


@pytest.mark.parametrize(
    ("written", "code", "text"),
    [
        ("ratio_a + 0.5", "KPI304", "0.5"),
        ("1 - ratio_a", "KPI304", "1"),
        ("ratio_a > (if bool_a then 0.5 else 0)", "KPI304", "0.5"),
        ("if bool_a then ratio_a else 1", "KPI304", "1"),
        ("min(ratio_a, 1)", "KPI304", "1"),
        ("ratio_a in 10%, 2", "KPI304", "2"),
        ("money_a + 5 USD", "KPI310", "5 USD"),
        ("count_a + 20%", "KPI302", "count_a + 20%"),
        ("min(text_a, text_b)", "KPI307", "text_a"),
        ("abs(bool_a)", "KPI307", "bool_a"),
        ("round(date_a)", "KPI307", "date_a"),
        ("not money_a", "KPI301", "money_a"),
        ("bool_a and number_a", "KPI301", "number_a"),
        ("if number_a then 1 else 2", "KPI301", "number_a"),
        ("days(date_a, 5)", "KPI301", "5"),
        ("sum(orders.status)", "KPI307", "orders.status"),
        ("avg(orders.day)", "KPI307", "orders.day"),
        ("sum(orders.amount * orders.amount)", "KPI303", "orders.amount * orders.amount"),
    ],
)
def test_literals_and_functions_refused(written: str, code: str, text: str) -> None:
    assert told(scheme(ORDERS, COUNTS, f"define x = {written}", staff=STAFF)) == [(code, text)]


@pytest.mark.parametrize("unit", ["money", "ratio", "number", "count"])
def test_an_achievement_is_a_ratio(unit: str) -> None:
    """Also where it is written, whatever its units."""
    written = "achievement 200% - actual / target\n    missing exclude\n    score   achievement * 100"
    item = f"indicator one\n    actual {unit}_a\n    target {unit}_b\n    "
    plain = compiled(scheme(ORDERS, COUNTS, item + written.split("\n    ", 1)[1], staff=STAFF)).model
    own = compiled(scheme(ORDERS, COUNTS, item + written, staff=STAFF)).model
    for model in (plain, own):
        rule = model.indicators["one"].achievement
        assert rule is not None
        assert rule.type.unit is Unit.RATIO


def test_a_target_takes_the_unit_of_the_actual() -> None:
    item = "indicator one\n    actual {}\n    target {}\n    missing exclude\n    score achievement * 100"
    assert told(scheme(item.format("money_a", "80"), staff=STAFF)) == []
    assert told(scheme(item.format("ratio_a", "80%"), staff=STAFF)) == []
    assert told(scheme(item.format("ratio_a", "80"), staff=STAFF)) == [("KPI304", "80")]
    assert told(scheme(item.format("money_a", "80%"), staff=STAFF)) == [("KPI302", "80%")]


@pytest.mark.parametrize(
    ("items", "code", "text"),
    [
        ("pay p\n    amount number_a", "KPI301", "number_a"),
        ("pay p\n    amount 2 * 3", "KPI301", "2 * 3"),
        ("pay p\n    amount ratio_a", "KPI301", "ratio_a"),
        ("indicator i\n    actual money_a\n    score actual", "KPI301", "actual"),
        ("indicator i\n    actual text_a\n    score 5", "KPI307", "text_a"),
        ("indicator i\n    actual ratio_a\n    score actual", "KPI301", "actual"),
        ("grade by bool_a\n    true : 5\n    else : 6", "KPI533", "5"),
        ('define x by text_a\n    "a" : 5\n    else : 6%', "KPI304", "5"),
        ('define x by text_a\n    "a" : number_a\n    else : money_a', "KPI316", "money_a"),
        ("define x by money_a\n    > 6% : 5\n    else : 6", "KPI302", "6%"),
        ("define x by ratio_a\n    > 6 : 5\n    else : 6", "KPI304", "6"),
        ("define x curve ratio_a\n    0.1 : 5\n    0.2 : 6", "KPI304", "0.1"),
        ("define x tiers money_a\n    up to 5% : 1%\n    above : 2%", "KPI302", "5%"),
        ("define x tiers money_a\n    up to 5 : 1\n    above : 2", "KPI304", "1"),
        ("define x = money_a, at most 5%", "KPI302", "at most 5%"),
        ("define x = ratio_a, at most 5", "KPI304", "5"),
    ],
)
def test_places_that_ask_for_a_unit(items: str, code: str, text: str) -> None:
    assert told(scheme(items, staff=STAFF))[0] == (code, text)


def test_an_amount_of_bare_money() -> None:
    assert told(scheme("pay p\n    amount by bool_a\n        true  : 500\n        false : 0", staff=STAFF)) == []
