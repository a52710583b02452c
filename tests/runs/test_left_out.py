"""Who has a row among those who are scored and is not scored, with the reason."""

from __future__ import annotations

from kpirules.runs.run import read_period, run_scheme
from kpirules.values.units import Unit
from tests.helpers.schemes import DATED, Data, compiled, scheme
from tests.runs.test_uncredited import loaded

PEOPLE: Data = {
    "staff": [
        ("A1", "2025-03-31", None, "0"),
        ("A2", "2025-04-01", None, "0"),
        ("B1", "2020-01-01", "2025-01-01", "0"),
        ("B2", "2020-01-01", "2024-12-31", "0"),
        ("C1", "2020-01-01", None, "0"),
        ("C2", "2020-01-01", None, "1"),
        ("D1", "2020-01-01", "2024-12-31", "1"),
        ("D1", "2025-03-31", "2025-03-31", "0"),
        ("D2", "2020-01-01", "2024-12-31", "1"),
        ("D2", "2025-04-01", None, "1"),
    ]
}


def test_one_day_of_the_period_is_enough_to_be_asked_for() -> None:
    """By hand, for January to March: all but A2, B2 and D2 are there on some day of it, and only C2 has a base of 1."""
    checked = compiled(
        scheme("pay p\n    amount base", staff=DATED.replace("subject staff", "subject staff where base > 0"))
    )
    result = run_scheme(checked, loaded(checked, PEOPLE), read_period("2025Q1", Unit.QUARTER))
    assert result.scores.column("staff_id").to_pylist() == ["C2"]
    assert {row["key"]: row["reason"] for row in result.left_out.to_pylist()} == {
        "A1": "not_asked",
        "A2": "not_active",
        "B1": "not_asked",
        "B2": "not_active",
        "C1": "not_asked",
        "D1": "not_asked",
        "D2": "not_active",
    }
    assert result.left_out.column("key").to_pylist() == ["A1", "A2", "B1", "B2", "C1", "D1", "D2"]
