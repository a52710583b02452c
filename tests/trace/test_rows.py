"""What a trace says of the rows behind a figure: computed columns by their formulas, quotients as they are."""

from __future__ import annotations

from difflib import get_close_matches

import pytest

from kpirules.runs.run import params, read_period
from kpirules.source import Fault
from kpirules.source.render import render_text
from kpirules.trace import build, explain
from kpirules.trace.form import to_json
from kpirules.trace.text import render
from tests.helpers.schemes import ORDERS, Data, compiled, scheme, tables_of

TEXT = scheme(
    ORDERS,
    """
    define orders.net = amount - 5元, at least 0
    define orders.rate by net
        >= 50 : 10%
        else  : 5%
    define third = sum(orders.amount / 3)
    pay p "P"
        amount sum(orders.net * orders.rate where net > 0) + third
    """,
)
ROWS: Data = {
    "staff": [("E1", "AE", "1000")],
    "orders": [("1", "E1", "2025-01-01", "100", "won"), ("2", "E1", "2025-01-02", "2", "won")],
}


def _told(lang: str, *, rows: bool) -> str:
    checked = compiled(TEXT)
    given = params(read_period("2025Q1", checked.plan.period))
    trace = explain(checked.plan, tables_of(checked, ROWS), given, "E1", "p", {}, period="2025Q1")
    assert to_json(trace, lang)
    return render(trace, lang, rows=rows)


def test_computed_columns_by_their_formulas() -> None:
    lines = [line.strip() for line in _told("en", rows=True).splitlines()]
    # 95 at 10%; of the order of 2 nothing is left; a third of 102.
    assert any(line.startswith("sum(orders.net * orders.rate where net > 0) = 9.50 CNY") for line in lines), lines
    for formula in ("orders.net: amount - 5元  [", "orders.net: at least 0  [", "orders.rate: by net  ["):
        assert any(line.startswith(formula) for line in lines), (formula, lines)
    assert any("net 95" in line and "rate 10%" in line for line in lines), lines
    assert not any("$" in line or "~" in line for line in lines), lines


def test_quotients_are_told_as_they_are() -> None:
    """No row of a third is rounded before it is added up: 100 / 3 + 2 / 3 is 34."""
    for lang in ("en", "zh"):
        told = _told(lang, rows=True)
        assert "sum(orders.amount / 3) = 34.00 CNY" in told, told
        assert "12" not in told


def test_one_who_is_not_among_very_many_is_compared_with_some(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = compiled(scheme("pay p\n    amount base"))
    people: Data = {"staff": [(f"E{nth:05}", "AE", "1") for nth in range(20_000)]}
    compared: list[int] = []

    def counted(key: str, keys: list[str], most: int) -> list[str]:
        compared.append(len(keys))
        return get_close_matches(key, keys, most)

    monkeypatch.setattr(build, "get_close_matches", counted)
    with pytest.raises(Fault) as fault:
        explain(checked.plan, tables_of(checked, people), {}, "F12345", None, {}, period="2025Q1")
    assert "did you mean `E12345`" in render_text(fault.value.diagnostics, "en")
    assert compared == [20]  # those that end in 345
