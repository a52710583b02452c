"""Where the rule file and the bindings of a command are."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault
from kpirules.source.files import BINDINGS, SUFFIX, bindings_file
from kpirules.source.system import read_written

_RUN = "manifest.json"
"""What a run's folder has."""


def rule_file(path: Path | None) -> Path:
    """The rule file that is meant: the file itself, or the one that a folder's `kpirules.yaml` names, by default here.

    Raises:
        Fault: a folder has no `kpirules.yaml` (KPI726), or it names no rule file.
    """
    if path is not None and not path.is_dir():
        return path
    from kpirules.data.bindings import scheme_path

    return scheme_path(bindings_file(path or Path(BINDINGS)))


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
    files: dict[Path, RuleFile] = {}
    faults: list[Diagnostic] = []
    for path in paths:
        given, strays = _below(path) if path.is_dir() and not (path / BINDINGS).is_file() else ([path], [])
        for named in given:
            try:
                file = rule_file(named)
            except Fault as fault:
                faults += fault.diagnostics
            else:
                files.setdefault(_absolute(file), RuleFile(file))
        for file in sorted(strays, key=lambda stray: not _has_header(stray)):
            files.setdefault(_absolute(file), RuleFile(file, stray=True))
    return list(files.values()), faults


def _below(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders below one that have a `kpirules.yaml`, and the rule files that lie in no such folder.

    Where there is neither, the folder itself, so that it is told what is missing there.
    """
    named: list[Path] = []
    strays: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if BINDINGS in files:
            named.append(Path(parent))
            folders.clear()
        elif _RUN in files:
            folders.clear()
        else:
            strays += (Path(parent, name) for name in sorted(files) if name.endswith(SUFFIX))
    return named or ([] if strays else [folder]), strays


def _has_header(path: Path) -> bool:
    from kpirules.syntax import words

    try:
        lines = read_written(path).decode("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return False
    return any(words.item_at(line, 0) == "SCHEME" for line in lines)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # links stay as the person wrote them
