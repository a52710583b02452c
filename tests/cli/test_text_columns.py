from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.cli.text_columns import aligned, width


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("total", 5), ("总分", 4), ("Ａ", 2), ("é", 1), ("e\N{COMBINING ACUTE ACCENT}", 1)]
)
def test_a_wide_character_takes_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_columns_line_up_left_or_right() -> None:
    rows = [["姓名", "总分", "等级"], ["王敏", "9.50", "A"], ["Li", "114.29", "不合格"]]
    assert aligned(rows, [False, True, False]) == [
        "姓名    总分  等级",
        "王敏    9.50  A",
        "Li    114.29  不合格",
    ]


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_the_second_column_begins_on_one_line(rows: list[tuple[str, str]]) -> None:
    """Whatever is in the cells, line ends and control characters too."""
    lines = aligned([(first, f"|{second}|") for first, second in rows], [False, False])
    assert len(lines) == len(rows)
    starts = {width(line[: line.rindex("|", 0, -1)]) if line.count("|") == 2 else None for line in lines} - {None}
    assert len(starts) <= 1
    assert all(len(line.splitlines()) == 1 for line in lines)
