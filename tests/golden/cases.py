"""The golden cases, and what each of them freezes.

A good case is a folder of `good/`: `kpirules.en.yaml` and `kpirules.zh.yaml` name the scheme's two twins over the same
data; `case.toml` says for which period it is run and whom to explain; `expected.csv` has figures worked out by hand,
with how. A bad case is a scheme in `bad/`, told in two twins, that must not compile.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpirules.compiling import compile_file
from kpirules.plan.ir import OVER
from kpirules.source import Diagnostic, Fault
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.render import render_text
from kpirules.trace import explain
from kpirules.trace.text import render
from tests.docs import error_codes
from tests.samples.projects import Project, figures, open_project

if TYPE_CHECKING:
    import pyarrow as pa

HERE = Path(__file__).parent
GOOD = HERE / "good"
BAD = HERE / "bad"


@dataclass(frozen=True, slots=True)
class Good:
    """A case that runs."""

    folder: Path
    period: str
    explain: tuple[str, ...]

    def project(self, lang: str) -> Project:
        return open_project(self.folder / f"kpirules.{lang}.yaml", self.period)

    def frozen(self) -> Iterator[tuple[Path, str]]:
        """What the case freezes: the results of its English twin, and each twin's explanations."""
        english = self.project("en")
        result = english.result()
        yield self.folder / "scores.csv", csv_text(result.scores)
        yield self.folder / "items.csv", csv_text(result.items)
        for lang in LANGUAGES:
            yield self.folder / f"explain.{lang}.txt", explained(self.project(lang), self.explain, lang)


def good_cases() -> list[Good]:
    return [_good(path.parent) for path in sorted(GOOD.glob("*/case.toml"))]


def _good(folder: Path) -> Good:
    facts = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    return Good(folder, facts["period"], tuple(facts["explain"]))


def explained(project: Project, subjects: tuple[str, ...], lang: str) -> str:
    """The explanations of some subjects, each figure held against the batch of DuckDB."""
    batch = figures(project.agreed(), project.plan)
    texts = []
    for subject in subjects:
        trace = explain(
            project.plan,
            project.loaded.tables,
            project.params,
            subject,
            None,
            batch[subject],
            period=str(project.period),
        )
        texts.append(render(trace, lang))
    return "\n".join(f"{text}\n" for text in texts)


def csv_text(table: pa.Table) -> str:
    """A result as CSV, each figure with all its places; what is missing is an empty cell."""
    assert not [name for name in table.column_names if name.endswith(OVER)]
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([_cell(row[name]) for name in table.column_names])
    return sink.getvalue()


def _cell(value: Any) -> str:  # noqa: ANN401  # a decimal, a text, or nothing
    return "" if value is None else f"{value:f}" if hasattr(value, "as_tuple") else str(value)


# ---------------------------------------------------------------- bad cases


def bad_schemes() -> list[Path]:
    return sorted(BAD.glob("*.kpi"))


def language(scheme: Path) -> str:
    """The language a bad case is told in: `en` of `unknown_name.en.kpi`."""
    return scheme.suffixes[0][1:]


@cache
def found(scheme: Path) -> tuple[Diagnostic, ...]:
    """What is wrong with a scheme; nothing where it compiles."""
    try:
        compile_file(scheme, scheme.name)
    except Fault as fault:
        return fault.diagnostics
    return ()


def told(scheme: Path) -> str:
    """What is wrong with a scheme, in its own language."""
    return render_text(found(scheme), language(scheme))


# ---------------------------------------------------------------- all that is frozen


def frozen() -> Mapping[Path, str]:
    """Every frozen file, and what it should say."""
    files: dict[Path, str] = {}
    for case in good_cases():
        files |= dict(case.frozen())
    for scheme in bad_schemes():
        files[scheme.with_suffix(".txt")] = told(scheme)
    files[error_codes.PAGE] = error_codes.page()
    return files


def on_disk() -> set[Path]:
    """Every file there is in a place where files are frozen."""
    names = ("scores.csv", "items.csv", "explain.*.txt")
    return set(BAD.glob("*.txt")) | {path for name in names for path in GOOD.glob(f"*/{name}")}
