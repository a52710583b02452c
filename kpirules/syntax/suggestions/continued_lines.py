"""A value that goes on in the next line, where no bracket is open: one line would say it."""

from __future__ import annotations

from kpirules.source import Note
from kpirules.syntax.recovery import Reading
from kpirules.syntax.suggestions import speculative_parsing

_JOINTS = (" ", ", ")


def joined(reading: Reading, number: int, last: int) -> Note | None:
    """A line with all that stand under it up to another, as one line, where that can be read to its end."""
    lines = reading.lines[number : last + 1]
    pieces = [reading.piece(line.start, line.end) for line in lines]
    for joint in _JOINTS:
        write = joint.join(pieces)
        if speculative_parsing.ends(reading, lines[0].start, write):
            return Note("join", {"write": write})
    return None
