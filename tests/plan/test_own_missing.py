"""A score that handles a missing figure itself."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.helpers.schemes import figures, scheme

STAFF = """
table staff
    staff_id text key
    calls    number(0) optional between 0 and 100
subject staff
"""


@pytest.mark.parametrize(
    "rule",
    [
        "score choose\n        when actual is missing : 5\n        else : actual",
        "score if actual is missing then 5 else actual",
        "score actual or else 5",
    ],
)
@pytest.mark.parametrize("policy", ["", "    missing score 0\n"])
def test_its_own_word_counts_before_the_policy(rule: str, policy: str) -> None:
    text = scheme(f"indicator calls_made\n    actual calls\n{policy}    {rule}\n", staff=STAFF)
    worked_out = figures(text, {"staff": [("A", None), ("B", "7")]})
    assert worked_out.column("calls_made.score") == [Fraction(5), Fraction(7)]
