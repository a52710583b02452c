"""Bounded "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable

from kpirules.source.diagnostics import Note


def did_you_mean(name: str, among: Iterable[str], otherwise: Note | None = None) -> tuple[Note, ...]:
    """The help `similar`, which offers the closest of `among`; where none is close, `otherwise`, or no help."""
    close = similar(name, among)
    if close is not None:
        return (Note("similar", {"similar": close}),)
    return () if otherwise is None else (otherwise,)


def similar(name: str, among: Iterable[str]) -> str | None:
    """The closest of `among` within a distance that a slip of the hand makes, or None.

    The distance counts letters put in, left out, changed or swapped with their neighbour (optimal string alignment).
    It is capped at a third of the name's length, and at 2; a name of one or two letters has no neighbour, except that
    a Han name of two or more may differ in one character. Of several as close, one of the same length comes first.
    """
    han = any("\u4e00" <= char <= "\u9fff" for char in name)
    cap = min(2, max(len(name) // 3, 1 if han and len(name) > 1 else 0))
    best: tuple[int, int, str] | None = None
    for other in sorted(set(among)):
        gap = _distance(name.casefold(), other.casefold(), cap)
        if gap is not None and other != name:
            one = (gap, abs(len(other) - len(name)), other)
            best = min(best, one) if best else one
    return best[2] if best else None


def _distance(a: str, b: str, cap: int) -> int | None:
    if abs(len(a) - len(b)) > cap:
        return None
    before, last = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (char != other))
            if i > 1 and j > 1 and char == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1] if last[-1] <= cap else None
