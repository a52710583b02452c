"""Three indicators, two of which may be missing, for scorecards of any kind."""

from __future__ import annotations

from tests.helpers.schemes import Data

STAFF = """
table staff
    staff_id text key
    role text in "AE", "KA", "SE"
    a    number(2) optional
    b    number(2) optional
    c    number(2)
    goal number(2)
    new  bool
subject staff
"""
INDICATORS = """
indicator one
    actual a
    missing exclude
    score actual
indicator two
    actual b
    missing   exclude
    score actual
indicator three
    actual c
    score actual
"""


def staff_of(*rows: tuple[str, str | None, str | None, str]) -> Data:
    """Rows of `STAFF`: the role, `a`, `b` and `c` of E1, E2 and so on."""
    return {"staff": [(f"E{nth}", *row, "100", "false") for nth, row in enumerate(rows, 1)]}
