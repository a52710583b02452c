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
    if cap == 0:
        return None
    from rapidfuzz import process  # noqa: PLC0415  # most schemes have no wrong name
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    others = [other for other in dict.fromkeys(among) if other != name]
    close = process.extract(name, others, scorer=OSA.distance, processor=str.casefold, score_cutoff=cap, limit=None)
    return min(((gap, abs(len(other) - len(name)), other) for other, gap, _ in close), default=(0, 0, None))[2]
