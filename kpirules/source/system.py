"""Files as the system has them: opened only where they are files, and what it says where they cannot be."""

from __future__ import annotations

import errno
import os
import stat
from enum import Enum
from io import BufferedReader
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
    LOOP = "links_loop"
    NO_FILE = "not_a_file"
    TOO_LARGE = "file_too_large"


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
    errno.ELOOP: Reason.LOOP,
    errno.ENODEV: Reason.NO_FILE,
    errno.EFBIG: Reason.TOO_LARGE,
}

LARGEST_TEXT = 16 << 20
"""The bytes that a file written by hand may have."""


def open_file(path: Path) -> BufferedReader:
    """A file opened for reading. A pipe or a device, which could block or never end, is refused.

    Raises:
        OSError: it cannot be opened, or is no file.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.ENODEV, "not a file", str(path))
    return open(handle, "rb")  # noqa: PTH123  # the caller closes it


def read_written(path: Path) -> bytes:
    """The bytes of a file that was written by hand.

    Raises:
        OSError: as `open_file`, or it is larger than `LARGEST_TEXT`.
    """
    with open_file(path) as file:
        data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise OSError(errno.EFBIG, "too large", str(path))
    return data


def real(path: Path) -> Path:
    """A path with its links followed; where these lead in a circle, as far as they lead."""
    return Path(os.path.realpath(path))


def near(path: Path) -> tuple[Note, ...]:
    """Help for a file that is not there: the file of the same folder whose name is nearest."""
    try:
        if path.exists():
            return ()
        names = [sibling.name for sibling in path.parent.iterdir() if sibling.suffix == path.suffix]
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
