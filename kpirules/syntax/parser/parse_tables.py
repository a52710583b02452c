"""The parser's tables, built once: a wheel ships them, and elsewhere the user's cache folder keeps them.

They are JSON, so that reading them runs nothing. Wrong tables could still misread a scheme, so a cached file is taken
only where nobody but its owner could have written it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

from kpirules.syntax import grammar

Tables = dict[str, dict[str, Any]]
"""What Lark makes a parser from: values of JSON only."""


def name(key: str) -> str:
    """The name of the file that holds the tables; `key` states everything that they depend on."""
    return f"tables-{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def cached(key: str) -> Path:
    """Where the user's cache folder holds the tables.

    Raises:
        RuntimeError: the user has no home.
    """
    root = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    folder = Path(root) if root else Path("~/.cache").expanduser()
    return folder / "kpirules" / name(key)


def load(key: str) -> Tables:
    """The tables that the package ships, else those that `keep` wrote.

    Raises:
        OSError: neither are there, or they cannot be read, or others may write where the cached ones are
            (PermissionError).
        ValueError: they are damaged.
        RuntimeError: as `cached`.
    """
    shipped = grammar.folder() / name(key)
    if shipped.is_file():
        return _decoded(shipped)
    path = cached(key)
    for place in (path.parent, path):
        _only_ours(place)
    return _decoded(path)


def keep(key: str, tables: Tables) -> None:
    """Write the tables to the cache folder in one step: a reader sees all of them or none.

    Raises:
        OSError: they cannot be written.
        RuntimeError: as `cached`.
    """
    path = cached(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encoded(tables))
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def encoded(tables: Tables) -> bytes:
    """The tables as a file holds them: a checksum on the first line, then JSON."""
    data = json.dumps(tables, ensure_ascii=False, separators=(",", ":")).encode()
    return _checksum(data) + b"\n" + data


def _decoded(path: Path) -> Tables:
    checksum, _, data = path.read_bytes().partition(b"\n")
    if _checksum(data) != checksum:
        raise ValueError(path)
    tables: Tables = json.loads(data)
    return tables


def _checksum(data: bytes) -> bytes:
    return f"{zlib.crc32(data):08x}".encode()


def _only_ours(path: Path) -> None:
    """Refuse a file or folder that another user owns, or that anybody may write to."""
    if sys.platform == "win32":  # a user's own folders are closed to others there
        return
    status = path.stat()
    if status.st_uid not in {os.getuid(), 0} or status.st_mode & stat.S_IWOTH:
        raise PermissionError(path)
