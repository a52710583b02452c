"""What the system says of a file, in words of the catalogue."""

from __future__ import annotations

import errno
from enum import Enum

from kpirules.source.catalogue import word


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


def said(error: OSError, lang: str) -> str:
    """Why it failed, in the reader's language where there are words for it."""
    found = reason(error)
    return word(found.value, lang) if isinstance(found, Reason) else found


def reason(error: OSError) -> Reason | str:
    """Why it failed: a word of the catalogue, which an argument of a message may be, else the system's own text."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)
