"""The run folders of a folder: the newest one, and those that call different rules by one version."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kpirules.records import dataclass
from kpirules.runs.evidence import Evidence, not_a_run, read_evidence
from kpirules.runs.manifest import NAME
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.system import reason
from kpirules.values.periods import Period, parse_period
from kpirules.values.units import Unit

_SCORES = "scores.parquet"
"""A run wrote the folder that has this, even where the manifest is gone."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The run folders of a folder, the oldest first, and what is wrong with those that cannot be read."""

    folder: Path
    runs: tuple[Evidence, ...]
    unreadable: tuple[Diagnostic, ...]

    def latest(self, period: str | None = None) -> Evidence:
        """The newest run, of a period if one is named.

        Raises:
            Fault: there is none (KPI731); it lists the folders that cannot be read, too (KPI730).
        """
        matching = [run for run in self.runs if period is None or _is_of(run.period, period)]
        if not matching:
            note = Note("run", {"period": period or "2025Q1"})
            raise Fault([Diagnostic("KPI731", None, {"path": self.folder}, helps=(note,)), *self.unreadable])
        return matching[-1]


def list_runs(folder: Path) -> Listing:
    """The run folders in a folder: those that have a manifest or scores, and are not hidden."""
    runs, unreadable = list[Evidence](), list[Diagnostic]()
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        inside = []
    for entry in inside:
        if entry.name.startswith("."):
            continue
        try:
            if any(os.path.lexists(entry / name) for name in (NAME, _SCORES)):
                runs.append(read_evidence(entry))
        except OSError as error:
            unreadable += not_a_run(entry, NAME, reason(error)).diagnostics
        except Fault as fault:
            unreadable += fault.diagnostics
    runs.sort(key=lambda run: (run.created, run.folder.name))
    return Listing(folder, tuple(runs), tuple(unreadable))


def check_period(run: Evidence, period: str) -> None:
    """See to it that a run is of a period.

    Raises:
        Fault: it is of another (KPI750).
    """
    if not _is_of(run.period, period):
        args = {"path": run.folder, "period": run.period, "asked": period}
        raise Fault([Diagnostic("KPI750", None, args, helps=(Note("either"),))])


def same_version(runs: Iterable[Evidence], this: Evidence) -> list[Path]:
    """The folders of other runs of the scheme that has the same version as in `this` run, but another text."""
    label, texts = _label(this), this.texts
    if not this.manifest["scheme"]["version"]:
        return []
    return [run.folder for run in runs if _label(run) == label and run.texts != texts]


def _label(run: Evidence) -> Sequence[str]:
    return run.manifest["scheme"]["name"], run.manifest["scheme"]["version"]


def _is_of(period: Period, text: str) -> bool:
    return any(parse_period(text, kind) == period for kind in Unit if kind.periodic)
