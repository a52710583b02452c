"""What lies too deep for the parser is a fault, told once, and no error of the model that looks at what is left of it."""

from __future__ import annotations

import pytest

from kpirules.compiling import compile_scheme
from kpirules.source import Fault, SourceText
from tests.helpers.schemes import scheme

DEEP = [
    "define x = " + "1 + " * 5_000 + "1",
    "define x = " + "-" * 5_000 + "1",
    "define x = if " + "not " * 5_000 + "true then 1 else 0",
    "pay bonus\n    amount " + "1 + " * 3_000 + "1\n    amount base",
    "grade by " + "1 + " * 3_000 + '1\n    else : "A"',
]


@pytest.mark.parametrize("text", DEEP, ids=["sum", "minus", "not", "pay", "grade"])
@pytest.mark.parametrize("whole", [True, False], ids=["in a scheme", "alone"])
def test_told_once(text: str, whole: bool) -> None:  # noqa: FBT001  # a case of the table
    with pytest.raises(Fault) as stopped:
        compile_scheme(SourceText("deep.kpi", scheme(text) if whole else text))
    assert [fault.code for fault in stopped.value.diagnostics].count("KPI114") == 1
