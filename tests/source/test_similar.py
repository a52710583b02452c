"""What somebody may have meant: within a slip of the hand, and no further."""

from __future__ import annotations

import pytest

from kpirules.source.similar import similar


@pytest.mark.parametrize(
    ("name", "among", "meant"),
    [
        ("totla", ["total"], "total"),  # two letters swapped are one slip
        ("totl", ["total"], "total"),
        ("totall", ["total"], "total"),
        ("tatal", ["total"], "total"),
        ("tatul", ["total"], None),  # two slips in five letters
        ("ravanoe", ["revenue"], None),
        ("rebanue", ["revenue"], "revenue"),  # two slips in seven
        ("Total", ["total"], "total"),
        ("ab", ["ac"], None),
        ("金颜", ["金额"], "金额"),
        ("额", ["金额"], None),
        ("cost", ["costs", "cast"], "cast"),  # as close, and as long
        ("total", ["total"], None),
    ],
)
def test_similar(name: str, among: list[str], meant: str | None) -> None:
    assert similar(name, among) == meant
