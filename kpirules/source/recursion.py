"""Room for large trees: walks as deep as they are, and a collector that does not walk them over and over."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import currentframe
from threading import Lock

FRAMES = 12_000
"""Calls within calls that there is room for: more than the deepest rule takes in any walk.

INVARIANT: the calls are of Python to Python, which take none of the C stack but for a part of them; the deepest rules
are walked in a thread with half a megabyte of it (`tests/test_size.py`).
"""

ALLOCATIONS = 50_000
"""Objects made before Python's collector looks for circles; at its own 700 it takes a quarter of a long check."""

_lock = Lock()
_before: list[tuple[int, tuple[int, int, int]]] = []
"""The limit and the thresholds before each of those inside: the first one's are gone back to."""


@contextmanager
def room() -> Iterator[None]:
    """Raise Python's limit on recursion, and have it collect more seldom, until the last thread inside is done."""
    with _lock:
        limit, thresholds = sys.getrecursionlimit(), gc.get_threshold()
        _before.append((limit, thresholds))
        sys.setrecursionlimit(max(limit, _depth() + FRAMES))
        if thresholds[0]:  # 0 is never
            gc.set_threshold(max(thresholds[0], ALLOCATIONS), *thresholds[1:])
    try:
        yield
    finally:
        with _lock:
            limit, thresholds = _before[0]
            _before.pop()
            if not _before:
                sys.setrecursionlimit(limit)
                gc.set_threshold(*thresholds)


def _depth() -> int:
    """How many calls are on the stack."""
    frame, depth = currentframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
