"""A run folder verified: every digest checked, every figure recomputed on the reference engine from the kept inputs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.data.quarantine import recorded_counts
from kpirules.engines import reference
from kpirules.engines.outcome import Engine
from kpirules.plan.ir import Value
from kpirules.records import dataclass
from kpirules.runs.csv_results import csv_differences, csv_names
from kpirules.runs.differences import Finding, differences, shape
from kpirules.runs.evidence import Evidence, read_evidence
from kpirules.runs.folder import result_tables, write_results
from kpirules.runs.manifest import NAME
from kpirules.runs.manifest_checks import manifest_findings, unrecomputed_findings
from kpirules.runs.open import changed_file, contradictions, results
from kpirules.runs.provenance import program_changes
from kpirules.runs.recompute import Some, kept_inputs, recomputed
from kpirules.runs.run import Result
from kpirules.runs.sample import SEEDS, drawn
from kpirules.source import Diagnostic, Fault, Note

EVERYBODY = 10_000
"""Up to so many subjects, each is recomputed on the reference engine."""
SAMPLE = 1_000
"""How many are recomputed where there are more, unless somebody says otherwise."""

_FIGURES = ("scores", "items")


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of a run folder.

    `files` counts the files whose digests were checked, `subjects` the subjects of the run, `recomputed` those whose
    figures were recomputed on the reference engine (None where the folder does not give a run), `figures` the figures
    that were compared. `seed` is that of the sample, None where there was none; the figures of all subjects are then
    recomputed on the engine of runs as well. `set_aside` counts the rows that the run set aside, which are taken as
    recorded. `program` has what has changed since the run, the program or a library: its version then and now.
    """

    evidence: Evidence
    findings: tuple[Finding, ...]
    subjects: int
    recomputed: int | None = None
    figures: int = 0
    seed: int | None = None
    set_aside: int = 0
    program: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def files(self) -> int:
        """How many files had their digests checked."""
        return len(self.evidence.manifest["files"])

    def to_json(self, lang: str) -> dict[str, Any]:
        """It as data that `json.dumps` takes (`kpirules/runs/audit.schema.json`)."""
        return {
            **self.evidence.to_json(),
            "equal": self.equal,
            "findings": [finding.to_json(lang) for finding in self.findings],
            "program_changes": {name: list(pair) for name, pair in self.program.items()},
            "files": self.files,
            "subjects": self.subjects,
            "recomputed_subjects": self.recomputed,
            "compared_figures": self.figures,
            "sample_seed": self.seed,
            "rows_set_aside": self.set_aside,
        }


def verify(
    folder: Path, sample: int | None = None, seed: int | None = None, watch: Callable[[str], None] = lambda _: None
) -> Verification:
    """Verify a run folder from its own files alone.

    `sample` is how many subjects to recompute on the reference engine, `seed` repeats the draw of an earlier sample.
    `watch` is told each step as it begins.

    Raises:
        Fault: it is not a run folder, or a file of it is missing or cannot be read (KPI730); its rules have faults.
    """
    watch("verify_files")
    evidence = read_evidence(folder)
    findings = [Finding(changed_file(evidence, name), name) for name in evidence.changed()]
    try:
        compiled = evidence.compiled()
        recorded = results(evidence, compiled)
        kept = evidence.manifest["inputs_kept"]
        loaded = kept_inputs(evidence, compiled, recorded["quarantine"]) if kept else None
    except Fault as fault:
        raise Fault([*(finding.diagnostic for finding in findings), *fault.diagnostics]) from None
    subjects, aside = recorded["scores"].num_rows, sum(recorded_counts(recorded["quarantine"]).values())
    verification = Verification(evidence, (), subjects, set_aside=aside, program=program_changes(evidence.manifest))
    if loaded is None:
        wrong = contradictions(evidence, compiled, recorded)
        findings += [Finding(diagnostic, "items.parquet") for diagnostic in wrong]
        findings += unrecomputed_findings(evidence, compiled, recorded)
        findings.append(Finding(Diagnostic("KPI755", None, {"path": folder}, helps=(Note("keep"),)), NAME))
        return replace(verification, findings=tuple(findings))
    watch("verify_figures")
    try:
        verification, more = _figures(verification, _Kept(evidence, compiled, loaded, recorded), sample, seed)
    except Fault as fault:
        more = not_reproducible(folder, fault)
    return replace(verification, findings=(*findings, *more))


def not_reproducible(folder: Path, fault: Fault) -> list[Finding]:
    """What is found of a folder whose inputs give no run at all."""
    return [
        Finding(Diagnostic("KPI756", None, {"path": folder})),
        *(Finding(diagnostic) for diagnostic in fault.diagnostics),
    ]


@dataclass(frozen=True, slots=True)
class _Kept:
    """All that a run folder keeps: its scheme, its inputs, its results."""

    evidence: Evidence
    compiled: Compiled
    loaded: Loaded
    recorded: Mapping[str, pa.Table]

    def result(self, engine: Engine | None) -> Result:
        """The results of its inputs on an engine, that of runs where none is given."""
        return recomputed(self.evidence, self.compiled, self.loaded, self.recorded["quarantine"], engine)


def _figures(
    verification: Verification, kept: _Kept, sample: int | None, seed: int | None
) -> tuple[Verification, list[Finding]]:
    """Recompute the figures and compare them.

    Raises:
        Fault: the inputs give no run.
    """
    size = sample if sample is not None else verification.subjects if verification.subjects <= EVERYBODY else SAMPLE
    whole = size >= verification.subjects
    result = kept.result(reference if whole else None)
    tables = result_tables(kept.compiled, result)
    findings = [
        *_results(kept, tables, result),
        *manifest_findings(kept.evidence, kept.compiled, kept.loaded, tables, result.tables),
    ]
    figures = sum(_count(kept.recorded[name]) for name in _FIGURES)
    if whole:
        return replace(verification, recomputed=result.scores.num_rows, figures=figures), findings
    seed = 1 + secrets.randbelow(SEEDS) if seed is None else seed
    scores = kept.recorded["scores"]
    keys = drawn(scores, scores.column_names[0], size, seed)
    known = {(finding.file, finding.subject, finding.item, finding.column) for finding in findings}
    findings += (
        finding
        for finding in _sampled(kept, keys)
        if (finding.file, finding.subject, finding.item, finding.column) not in known
    )
    return replace(verification, recomputed=len(keys), figures=figures, seed=seed), findings


def _results(kept: _Kept, now: Mapping[str, pa.Table], result: Result) -> Iterator[Finding]:
    """What differs between the recorded results and the recomputed ones."""
    for name, table in now.items():
        yield from differences(f"{name}.parquet", kept.recorded[name], table, shape(name, table.column_names))
    names = csv_names(kept.evidence)
    if names:
        with TemporaryDirectory() as place:
            write_results(kept.compiled, result, Path(place), csv=True)
            for name in names:
                yield from csv_differences(kept.evidence, name, Path(place))


def _sampled(kept: _Kept, keys: Sequence[Value]) -> Iterator[Finding]:
    """What differs for some subjects between the recorded figures and those of the reference engine."""
    now = result_tables(kept.compiled, kept.result(Some(keys)))
    drawn = pc.unique(now["scores"].column(0))
    for name in _FIGURES:
        recorded = kept.recorded[name]
        rows = pc.is_in(recorded.column(0), value_set=drawn)
        yield from differences(f"{name}.parquet", recorded.filter(rows), now[name], shape(name, recorded.column_names))


def _count(table: pa.Table) -> int:
    """How many figures a table of results has."""
    decimals = [column for column in table.columns[1:] if pa.types.is_decimal(column.type)]
    return sum(len(column) - int(column.null_count) for column in decimals)
