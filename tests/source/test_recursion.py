"""Room for large trees is given while it is needed, and no longer."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from kpirules.source.recursion import ALLOCATIONS, FRAMES, room


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    limit, thresholds = sys.getrecursionlimit(), gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    sys.setrecursionlimit(limit)
    gc.set_threshold(*thresholds)


def state() -> tuple[int, tuple[int, int, int]]:
    return sys.getrecursionlimit(), gc.get_threshold()


def test_room_within_room_ends_with_the_last() -> None:
    before = state()
    first, second = room(), room()
    first.__enter__()
    second.__enter__()
    assert sys.getrecursionlimit() > FRAMES
    first.__exit__(None, None, None)
    assert sys.getrecursionlimit() > FRAMES
    assert gc.get_threshold() == (ALLOCATIONS, *before[1][1:])
    second.__exit__(None, None, None)
    assert state() == before


@pytest.mark.parametrize("own", [0, 7 * ALLOCATIONS], ids=["never", "more seldom"])
def test_who_collects_more_seldom_goes_on_so(own: int) -> None:
    gc.set_threshold(own, 5, 5)
    with room():
        assert gc.get_threshold() == (own, 5, 5)
    assert gc.get_threshold() == (own, 5, 5)
