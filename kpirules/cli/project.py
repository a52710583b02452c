"""Where the rule file and the bindings of a command are."""

from __future__ import annotations

import os
from pathlib import Path

from kpirules.source import Diagnostic, Fault, Note

BINDINGS = Path("kpirules.yaml")


def bindings_file(data: Path | None) -> Path:
    """The `kpirules.yaml` a command works with: the one it was given, or that of the working folder.

    Raises:
        Fault: it is not there (KPI726).
    """
    path = data or BINDINGS
    if path.is_dir():
        path /= BINDINGS
    if not path.is_file():
        raise Fault([Diagnostic("KPI726", None, {"path": path}, helps=(Note("example"),))])
    return path


def rule_file(path: Path | None) -> Path:
    """The rule file that is meant: the file itself, or the one that a folder's `kpirules.yaml` names.

    Raises:
        Fault: a folder has no `kpirules.yaml` (KPI726), or it names no rule file.
    """
    if path is not None and not path.is_dir():
        return path
    from kpirules.data.bindings import scheme_path

    return scheme_path(bindings_file(path))


def shown(path: Path) -> str:
    """A path as messages name it: from the working folder where it lies below it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  # links stay as the person wrote them
    return absolute.relative_to(Path.cwd()).as_posix() if absolute.is_relative_to(Path.cwd()) else str(path)
