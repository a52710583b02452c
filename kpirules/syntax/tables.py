"""The parser's tables, kept in the user's cache folder so that they are built once.

They are kept as Lark keeps its own, pickled; so they are taken only whole, and from a file that nobody else could have
written.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

Tables = dict[str, dict[Any, Any]]
"""What Lark makes a parser of."""

_SUM = 4
"""The bytes before the tables that say whether these are whole."""


def place(key: str) -> Path:
    """Where the tables are kept of which `key` says all that they depend on.

    Raises:
        RuntimeError: the user has no home.
    """
    root = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    folder = Path(root) if root else Path("~/.cache").expanduser()
    named = hashlib.sha256(f"{sys.implementation.cache_tag} {key}".encode()).hexdigest()[:32]
    return folder / "kpirules" / f"grammar-{named}.bin"


def kept(key: str) -> Tables:
    """The tables that `keep` kept.

    Raises:
        OSError: they are not there, or cannot be read, or others may write where they are (PermissionError).
        ValueError: they are damaged.
        RuntimeError: as `place`.
    """
    path = place(key)
    for one in (path.parent, path):
        _only_ours(one)
    found = path.read_bytes()
    said, data = found[:_SUM], found[_SUM:]
    if _sum(data) != said:
        raise ValueError(path)
    tables: Tables = pickle.loads(data)  # noqa: S301  # what `keep` wrote, by its owner
    return tables


def keep(key: str, tables: Tables) -> None:
    """Write the tables in one step: a reader sees all of them or none.

    Raises:
        OSError: they cannot be written.
        RuntimeError: as `place`.
    """
    path = place(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            data = pickle.dumps(tables)
            file.write(_sum(data) + data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _sum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_SUM, "big")


def _only_ours(path: Path) -> None:
    """Refuse a file or folder that another user has, or that anybody may write to."""
    if sys.platform == "win32":  # a user's own folders are closed to others there
        return
    found = path.stat()
    if found.st_uid not in {os.getuid(), 0} or found.st_mode & stat.S_IWOTH:
        raise PermissionError(path)
