"""What the system says of a file, in words of the catalogue."""

from __future__ import annotations

import errno
from enum import Enum
from pathlib import Path

from kpirules.source.diagnostics import Note
from kpirules.source.similar import did_you_mean


class Reason(Enum):
    """Why a file cannot be opened or written, where there are words for it."""

    NOT_THERE = "file_not_there"
    DENIED = "file_denied"
    FOLDER = "file_is_folder"
    NOT_FOLDER = "file_not_folder"
    FULL = "disk_full"
    READ_ONLY = "disk_read_only"
    NAME_LONG = "name_long"


_REASONS = {
    errno.ENOENT: Reason.NOT_THERE,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.EISDIR: Reason.FOLDER,
    errno.ENOTDIR: Reason.NOT_FOLDER,
    errno.ENOSPC: Reason.FULL,
    errno.EDQUOT: Reason.FULL,
    errno.EROFS: Reason.READ_ONLY,
    errno.ENAMETOOLONG: Reason.NAME_LONG,
}


def near(path: Path) -> tuple[Note, ...]:
    """Help for a file that is not there: the file of the same folder whose name is nearest."""
    try:
        if path.exists():
            return ()
        names = [one.name for one in path.parent.iterdir() if one.suffix == path.suffix]
    except OSError:
        return ()
    return did_you_mean(path.name, names)


def undecoded(error: UnicodeDecodeError) -> dict[str, int]:
    """The line and the column, from 1, of the first byte that is not UTF-8."""
    before = error.object[: error.start].decode(errors="replace")
    return {"line": before.count("\n") + 1, "column": len(before) - before.rfind("\n")}


def reason(error: OSError) -> Reason | str:
    """Why it failed: a word of the catalogue, which an argument of a message may be, else the system's own text."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)
