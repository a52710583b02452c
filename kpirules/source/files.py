"""Rule files by name, wherever they are kept: in a folder, in the folder of a run, in memory.

A name is a path from the folder of the scheme, its parts joined by `/`: `scheme.kpi`, `../common/grades.kpi`. Whatever
reads rule files reads them through a `Reader`, so that a scheme is compiled the same wherever its texts come from.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Protocol

from kpirules.records import dataclass
from kpirules.source.diagnostics import Diagnostic, Note
from kpirules.source.fault import Fault
from kpirules.source.system import read_written, real

SUFFIX = ".kpi"
BINDINGS = "kpirules.yaml"
"""The file of a folder that says which scheme is run there, and on what."""


class Reader(Protocol):
    """Where rule files are read from."""

    def one_name(self, name: str) -> str:
        """The one name of a file that several may lead to: `b.kpi` for `a/../b.kpi`, whether it is there or not."""

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            OSError: it is not there, or cannot be read.
        """

    def beside(self, folder: str) -> Iterable[str]:
        """The names of the rule files in a folder (`..`, `../common`; the scheme's own is empty)."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Rule files on the disk; names start at `path`, the folder of the scheme."""

    path: Path
    _names: dict[Path, str] = field(default_factory=dict)

    def one_name(self, name: str) -> str:
        """As `Reader`: the first name by which a file was asked for, links as they are."""
        written = Path(os.path.relpath(self.path / name, self.path)).as_posix()
        return self._names.setdefault(real(self.path / name), written)

    def read(self, name: str) -> bytes:
        """As `Reader`."""
        return read_written(self.path / name)

    def beside(self, folder: str) -> list[str]:
        """As `Reader`; a folder that cannot be read has none."""
        try:
            names = sorted(
                path.name for path in (self.path / folder).iterdir() if path.suffix == SUFFIX and path.is_file()
            )
        except OSError:
            return []
        return [posixpath.join(folder, name) for name in names]


@dataclass(frozen=True, slots=True)
class Kept:
    """Rule files in memory, by name."""

    files: Mapping[str, bytes]

    def one_name(self, name: str) -> str:
        """As `Reader`."""
        return posixpath.normpath(name)

    def read(self, name: str) -> bytes:
        """As `Reader`."""
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(2, "No such file", name) from None

    def beside(self, folder: str) -> list[str]:
        """As `Reader`."""
        return [name for name in self.files if posixpath.dirname(name) == folder]


NONE = Kept({})
"""No other files: for a scheme that is one text."""


def bindings_file(path: Path) -> Path:
    """The bindings that a path means: the file itself, or that of the folder.

    Raises:
        Fault: it is not there (KPI726).
    """
    file = path / BINDINGS if path.is_dir() else path
    if not os.path.lexists(file):
        raise Fault([Diagnostic("KPI726", None, {"path": file}, helps=(Note("example"),))])
    return file


def shown(path: Path) -> str:
    """A path as messages name it: from the working folder where it lies below it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  # links stay as the person wrote them
    below = absolute.is_relative_to(Path.cwd())
    text = absolute.relative_to(Path.cwd()).as_posix() if below else str(path)
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that the locale knows no letters for; names are in UTF-8 more often than not
        return os.fsencode(text).decode(errors="backslashreplace")
    return text
