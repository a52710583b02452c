"""The one reader of git repositories. It reads objects and refs, and runs nothing that a repository names.

A repository comes with its folder, so its configuration, hooks and attributes are a stranger's. Only plumbing that
reads objects is called: it applies no filter, runs no hook or monitor and opens no pager. A partial clone asks its
remote for a missing object, and the remote's address may name a program: no protocol is allowed, so nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from kpirules.records import dataclass

_SECONDS = 10
_KEPT_SETTINGS = ("GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM")
_SETTINGS = {
    "GIT_ALLOW_PROTOCOL": "none",  # an empty list would mean the default one
    "GIT_NO_LAZY_FETCH": "1",  # git 2.45 and newer
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A work tree: its top folder, links followed, and the id of the commit that is checked out."""

    top: Path
    commit: str

    def committed(self, paths: Iterable[Path]) -> dict[Path, bytes]:
        """The bytes of files as the commit has them; a file that it does not have is left out.

        An object that a partial clone did not fetch is left out too.
        """
        resolved = {path: path.resolve() for path in paths}
        names = {path: here.relative_to(self.top) for path, here in resolved.items() if here.is_relative_to(self.top)}
        asked = [path for path, name in names.items() if "\n" not in str(name)]  # a line asks for one object
        lines = "".join(f"{self.commit}:{names[path].as_posix()}\n" for path in asked)
        return _blobs(asked, _git(self.top, "cat-file", "--batch", given=os.fsencode(lines)) or b"")


def checkout(folder: Path) -> Checkout | None:
    """The work tree that a folder lies in; None without git, outside a repository, or before its first commit."""
    answer = _git(folder, "rev-parse", "--show-toplevel", "HEAD")
    if answer is None:
        return None
    top, _, commit = os.fsdecode(answer).removesuffix("\n").rpartition("\n")
    return Checkout(Path(top).resolve(), commit)


def _blobs(asked: list[Path], answer: bytes) -> dict[Path, bytes]:
    """The files of a `cat-file --batch` answer.

    Each object is a line `ID blob SIZE`, its bytes and a line end, or only a line that ends in `missing`.
    """
    blobs = {}
    for path in asked:
        head, _, answer = answer.partition(b"\n")
        words = head.split(b" ")
        if words[-1].isdigit():  # else `missing`
            size = int(words[-1])
            if words[-2] == b"blob":
                blobs[path] = answer[:size]
            answer = answer[size + 1 :]
    return blobs


def _git(folder: Path, *command: str, given: bytes = b"") -> bytes | None:
    """What a git command answers in a folder; None where it fails."""
    line = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", *command]
    try:
        done = subprocess.run(  # noqa: S603  # no shell
            line, input=given, capture_output=True, check=False, timeout=_SECONDS, env=_surroundings(os.environ)
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _surroundings(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a git command: where a hook runs us, `GIT_DIR` and its like speak of another repository."""
    kept = {name: value for name, value in ours.items() if not name.startswith("GIT_") or name in _KEPT_SETTINGS}
    return kept | _SETTINGS
