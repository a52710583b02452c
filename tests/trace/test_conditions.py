"""What a trace says of conditions: each value under its name, a gate by its neutral word, steps one level apart."""

from __future__ import annotations

import json

import pytest

from kpirules.runs.run import params, read_period
from kpirules.trace import explain
from kpirules.trace.form import to_json
from kpirules.trace.text import render
from tests.helpers.schemes import ORDERS, Data, compiled, scheme, tables_of

STAFF = """
table staff
    staff_id text key
    base     money
    days     integer between 0 and 90
    new      bool
    boss     text optional
subject staff
"""
TEXT = scheme(
    ORDERS,
    """
    define guaranteed = days - 30
    pay early for guaranteed > 0
        amount 1元
    pay chosen
        amount choose
            when boss is missing : 1元
            when new             : 2元
            when guaranteed > days : 3元
            else                 : 4元
    gate few when count(orders where amount > 5元) < 2
        chosen is 9元
    gate fresh when new
        chosen is 8元
    gate short when not new and days < 40
        chosen at least 7元
    outcome known when boss is present
    """,
    staff=STAFF,
)
DATA: Data = {
    "staff": [("E1", "1000", "30", "false", "B")],
    "orders": [("1", "E1", "2025-01-01", "100", "won")],
}


def _trace(lang: str, item: str | None = None) -> list[str]:
    checked = compiled(TEXT)
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, DATA), given, "E1", item, {}, period="2025Q1")
    assert "~" not in json.dumps(to_json(trace, lang))
    return [line.partition("  [")[0] for line in render(trace, lang).splitlines()]


@pytest.mark.parametrize(
    "line",
    [
        "  does not apply, for guaranteed 0 ≤ 0",
        (
            "  not `when boss is missing : 1元`: boss is present; not `when new : 2元`: new false; "
            "not `when guaranteed > days : 3元`: guaranteed 0 ≤ days 30; row taken: `else : 4元` gives 4.00 CNY"
        ),
        "  gate few trips: 4.00 CNY becomes 9.00 CNY (count(orders where amount > 5元) 1 < 2)",
        "  gate fresh does not trip (new false)",
        "  gate short trips and changes nothing: 9.00 CNY (new false and days 30 < 40)",
        "  `boss is present` holds: boss is present",
    ],
)
def test_values_have_their_names(line: str) -> None:
    assert line in _trace("en")


@pytest.mark.parametrize(
    "line",
    [
        "  不适用，因为 guaranteed 0 ≤ 0",
        "  红线 few 触发：4.00 CNY 变为 9.00 CNY（count(orders where amount > 5元) 1 < 2）",
        "  红线 short 触发，没有改变：9.00 CNY（new 否 且 days 30 < 40）",
    ],
)
def test_so_they_have_in_chinese(line: str) -> None:
    lines = _trace("zh")
    assert line in lines
    assert not any("; " in line or ": " in line.replace(" : ", "") or "一票否决" in line for line in lines), lines
