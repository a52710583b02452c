"""The folder that a run writes before it gets its name: private, locked, and gone where the run fails or dies."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_NAME = re.compile(r"\..+\.[0-9a-f]{8}\.partial", re.DOTALL)


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A folder beside the target that no other user can enter.

    On any failure it is removed, with the folders above that were made for it. A lock is held on it while this process
    lives; by that, a later run knows the folders of dead processes, and removes them.

    Raises:
        OSError: the folder cannot be made.
    """
    missing = [parent for parent in target.parents if not parent.exists()]
    with ExitStack() as undo:
        undo.callback(_remove_empty, missing)
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target.parent)
        folder, lock = _private_folder(target)
        with lock:
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            yield folder
            undo.pop_all()


def _private_folder(target: Path) -> tuple[Path, ExitStack]:
    """A new folder beside the target, and its lock; without one where the file system has none.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        folder = target.with_name(f".{target.name}.{token_hex(4)}.partial")
        folder.mkdir(mode=PRIVATE_FOLDER)
        try:
            lock = _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # another run took it for abandoned before it was locked
            continue
        except OSError:  # then nobody else can lock it to remove it
            return folder, ExitStack()
        if folder.exists():
            return folder, lock
        lock.close()


def _remove_empty(folders: Iterable[Path]) -> None:
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders that runs were writing in `parent` when their processes died."""
    for folder in parent.glob(".*.partial"):
        if _NAME.fullmatch(folder.name):
            with suppress(OSError), _lock(folder):  # a link, or the folder of a living run or of another user
                shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path) -> ExitStack:
    """Lock a folder until the stack that this gives is closed, or the process ends.

    Raises:
        OSError: it is no folder, another process holds its lock, or the system has no such locks.
    """
    if sys.platform == "win32":
        raise OSError(folder)
    import fcntl

    with ExitStack() as held:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        held.callback(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return held.pop_all()
