"""What a run writes before it gets its name: private, locked, and gone where the run fails or dies."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
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
        for path in _abandoned(target.parent, Path.is_dir):
            shutil.rmtree(path, ignore_errors=True)
        folder, lock = _private(target, lambda path: path.mkdir(mode=PRIVATE_FOLDER))
        with lock:
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            yield folder
            undo.pop_all()


@contextmanager
def file_aside(target: Path) -> Iterator[Path]:
    """A file beside the target that no other user can read; as `aside`, but it is for the caller to name it.

    Raises:
        OSError: the file cannot be made.
    """
    for path in _abandoned(target.parent, lambda path: path.is_file() and path.name.startswith(f".{target.name}.")):
        with suppress(OSError):
            path.unlink()
    file, lock = _private(target, lambda path: path.touch(mode=PRIVATE_FILE, exist_ok=False))
    with lock:
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)


def _private(target: Path, make: Callable[[Path], None]) -> tuple[Path, ExitStack]:
    """What `make` makes beside the target, and its lock; without one where the file system has none.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        path = target.with_name(f".{target.name}.{token_hex(4)}.partial")
        make(path)
        try:
            lock = _lock(path)
        except (BlockingIOError, FileNotFoundError):  # another run took it for abandoned before it was locked
            continue
        except OSError:  # then nobody else can lock it to remove it
            return path, ExitStack()
        if path.exists():
            return path, lock
        lock.close()


def _remove_empty(folders: Iterable[Path]) -> None:
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _abandoned(parent: Path, ours: Callable[[Path], bool]) -> Iterator[Path]:
    """What runs were writing in `parent` when their processes died, each locked while it is given."""
    for path in parent.glob(".*.partial"):
        if _NAME.fullmatch(path.name) and ours(path):
            with suppress(OSError), _lock(path):  # a link, or what belongs to a living run or to another user
                yield path


def _lock(path: Path) -> ExitStack:
    """Lock a folder or a file until the stack that this gives is closed, or the process ends.

    Raises:
        OSError: it is a link, another process holds its lock, or the system has no such locks.
    """
    if sys.platform == "win32":
        raise OSError(path)
    import fcntl

    with ExitStack() as held:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        held.callback(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return held.pop_all()
