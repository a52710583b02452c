"""Where the rule file and the bindings of a command are."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.files import SUFFIX

BINDINGS = Path("kpirules.yaml")
_RUN = "manifest.json"
"""What a run's folder has."""


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


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file to be checked; `stray` where nobody named it: it lies in a folder that is checked."""

    path: Path
    stray: bool = False


def rule_files(paths: Iterable[Path]) -> tuple[list[RuleFile], list[Diagnostic]]:
    """The rule files that some paths mean, each once, and why there is none for a path.

    A path is a rule file, or a folder: one with a `kpirules.yaml` means the scheme that it names, another all such
    schemes below it, and then the rule files below it that lie in no such folder, those with a header first. What lies
    in the folder of a run, or in a hidden one, is passed over.
    """
    found: dict[Path, RuleFile] = {}
    faults: list[Diagnostic] = []
    for path in paths:
        try:
            files = _below(path) if path.is_dir() and not (path / BINDINGS).is_file() else [RuleFile(rule_file(path))]
        except Fault as fault:
            faults += fault.diagnostics
            continue
        for file in files:
            found.setdefault(Path(os.path.abspath(file.path)), file)  # noqa: PTH100  # links stay as they are
    return list(found.values()), faults


def _below(folder: Path) -> list[RuleFile]:
    """What a folder without a `kpirules.yaml` has to be checked.

    Raises:
        Fault: nothing (KPI726), or one of the `kpirules.yaml` below it names no rule file.
    """
    named: list[RuleFile] = []
    strays: list[RuleFile] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if BINDINGS.name in files:
            named.append(RuleFile(rule_file(Path(parent))))
            folders.clear()
        elif _RUN in files:
            folders.clear()
        else:
            strays += (RuleFile(Path(parent, name), stray=True) for name in sorted(files) if name.endswith(SUFFIX))
    if not named and not strays:
        bindings_file(folder)
    return [*named, *sorted(strays, key=lambda file: not _has_header(file.path))]


def _has_header(path: Path) -> bool:
    from kpirules.syntax import words

    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return False
    return any(words.item_at(line, 0) == "SCHEME" for line in lines)


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
