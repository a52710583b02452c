"""Room for recursion: trees as deep as rules may be can be walked, however much is on the stack already."""

from __future__ import annotations

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

_lock = Lock()
_found: list[int] = []
"""The limit that each of those inside found: the first one's is gone back to."""


@contextmanager
def room() -> Iterator[None]:
    """Raise Python's limit on recursion for a while, from here on; where several threads do, until the last is done."""
    with _lock:
        _found.append(sys.getrecursionlimit())
        sys.setrecursionlimit(max(_found[-1], _depth() + FRAMES))
    try:
        yield
    finally:
        with _lock:
            before = _found[0]
            _found.pop()
            if not _found:
                sys.setrecursionlimit(before)


def _depth() -> int:
    """How many calls are on the stack."""
    frame, depth = currentframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
