"""The parser's tables, kept in the user's cache folder so that they are built once.

They are kept as JSON, which holds data and nothing that runs, and are taken only from a file that nobody else could
have written.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

Tables = dict[str, dict[Any, Any]]
"""What Lark makes a parser of: plain data, some of it keyed by whole numbers."""


def place(key: str) -> Path:
    """Where the tables are kept of which `key` says all that they depend on.

    Raises:
        RuntimeError: the user has no home.
    """
    root = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    folder = Path(root) if root else Path("~/.cache").expanduser()
    return folder / "kpirules" / f"grammar-{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def kept(key: str) -> Tables:
    """The tables that `keep` kept.

    Raises:
        OSError: they are not there, or cannot be read, or others may write where they are (PermissionError).
        ValueError: they are damaged; so do KeyError, TypeError and AttributeError say.
        RuntimeError: as `place`.
    """
    path = place(key)
    for one in (path.parent, path):
        _only_ours(one)
    return _revived(json.loads(path.read_text(encoding="utf-8")))


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
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(tables, file, separators=(",", ":"))
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _only_ours(path: Path) -> None:
    """Refuse a file or folder that another user has, or that anybody may write to."""
    if sys.platform == "win32":  # a user's own folders are closed to others there
        return
    found = path.stat()
    if found.st_uid not in {os.getuid(), 0} or found.st_mode & stat.S_IWOTH:
        raise PermissionError(path)


def _revived(read: dict[str, Any]) -> Tables:
    """JSON makes texts of the numbers that are keys: numbers again."""
    parser = read["data"]["parser"]["parser"]
    parser["tokens"] = _numbered(parser["tokens"])
    parser["states"] = {state: _numbered(actions) for state, actions in _numbered(parser["states"]).items()}
    return {"data": read["data"], "memo": _numbered(read["memo"])}


def _numbered(read: dict[str, Any]) -> dict[int, Any]:
    return {int(key): value for key, value in read.items()}
