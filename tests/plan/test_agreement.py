"""Generated schemes over generated data come to the same digits on every engine."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, event, given, settings

from kpirules.compiling import compile_scheme
from kpirules.engines import duckdb
from kpirules.engines.failure import EngineError
from kpirules.engines.outcome import RunStopped
from kpirules.runs.run import params, read_period
from kpirules.source import Fault, SourceText
from tests.helpers.schemes import Data, bindings, figures, tables_of
from tests.plan.generated import data, schemes

HARMLESS = {"KPI305", "KPI319", "KPI404", "KPI509"}
"""What a generated scheme may be refused for: digits that cannot be proved, divisors that differ from row to row, an
`or else` or a row without need."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(schemes(), data())
def test_the_same_digits(text: str, rows: Data) -> None:
    try:
        checked = compile_scheme(SourceText("generated.kpi", text))
    except Fault as fault:
        codes = {fault_.code for fault_ in fault.diagnostics}
        assert codes <= HARMLESS, (codes, text)
        event(f"refused {sorted(codes)}")
        return
    try:
        figures(text, rows)
    except RunStopped:
        event("stopped")
        with pytest.raises(EngineError):
            duckdb.run(
                checked.plan,
                tables_of(checked, rows),
                params(read_period("2025Q1", checked.plan.period)),
                bindings(checked),
            )
    else:
        event("ran")
