"""Schemes over the public data sets: each is run for its periods on both engines at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from kpirules.plan.ir import Value
from tests.samples.projects import Project, figures, open_project

HERE = Path(__file__).parent
Figures = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Ran:
    """A scheme over its data, by period: the project, and every figure by subject and name."""

    projects: Mapping[str, Project]
    figures: Mapping[str, Figures]

    def sum(self, name: str, *, period: str | None = None, subject: str | None = None) -> Fraction:
        """What a figure comes to over subjects and periods, or over those of one."""
        return sum(
            (
                number(row[name])
                for quarter, rows in self.figures.items()
                for who, row in rows.items()
                if period in (None, quarter) and subject in (None, who)
            ),
            Fraction(0),
        )


def bound(real_data: Path, folder: Path, scheme: str, data: str) -> Path:
    """The project file of `scheme` (`crm/agents`) over the data set `data`, its places filled in, kept in `folder`."""
    text = (HERE / f"{scheme}.yaml").read_text(encoding="utf-8")
    path = folder / "kpirules.yaml"
    filled = text.replace("HERE", str((HERE / scheme).parent)).replace("DATA", str(real_data / data))
    path.write_text(filled, encoding="utf-8")
    return path


def run_all(file: Path, periods: Sequence[str]) -> Ran:
    """The project of a file, run for each period: the same on both engines, or it fails."""
    projects = {period: open_project(file, period) for period in periods}
    return Ran(projects, {period: figures(project.agreed(), project.plan) for period, project in projects.items()})


def number(value: Value) -> Fraction:
    assert isinstance(value, Fraction), value
    return value
