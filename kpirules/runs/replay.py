"""A run made again from its folder alone, and its result files held against those that the folder has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kpirules.compiling import Compiled
from kpirules.records import dataclass
from kpirules.runs.csv_results import csv_differences, csv_names
from kpirules.runs.differences import Finding, differences, not_as_written, shape
from kpirules.runs.evidence import Evidence, read_evidence
from kpirules.runs.folder import RESULTS, result_tables, write_results
from kpirules.runs.manifest import RULES
from kpirules.runs.open import changed_file, results
from kpirules.runs.provenance import program_changes
from kpirules.runs.recompute import kept_inputs, recomputed
from kpirules.runs.run import Result
from kpirules.runs.tables import schemas
from kpirules.runs.verify import not_reproducible
from kpirules.source import Diagnostic, Fault, Note

_READ = (f"{RULES}/", "inputs/", "quarantine.parquet")
"""The files that a run is made again from."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of making a run again.

    `equal_bytes` are the result files that came out byte for byte, `equal_values` those whose values are equal and
    whose bytes are not, as may be under another version of the program or of a library. `program` has what has changed
    since the run: its version then and now.
    """

    evidence: Evidence
    findings: tuple[Finding, ...]
    equal_bytes: tuple[str, ...]
    equal_values: tuple[str, ...]
    program: Mapping[str, tuple[str | None, str | None]]

    @property
    def equal(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_json(self, lang: str) -> dict[str, Any]:
        """It as data that `json.dumps` takes (`kpirules/runs/audit.schema.json`)."""
        return {
            **self.evidence.to_json(),
            "equal": self.equal,
            "findings": [finding.to_json(lang) for finding in self.findings],
            "program_changes": {name: list(pair) for name, pair in self.program.items()},
            "equal_bytes": list(self.equal_bytes),
            "equal_values": list(self.equal_values),
        }


def replay(folder: Path, watch: Callable[[str], None] = lambda _: None) -> Replay:
    """Make a run again from the rules and the inputs that its folder keeps; `watch` is told each step as it begins.

    Raises:
        Fault: it is not a run folder, or a file of it is missing or cannot be read (KPI730); what the run would be
            made from has changed (KPI732), or was not kept (KPI755); the rules have faults.
    """
    watch("verify_files")
    evidence = read_evidence(folder)
    changed = [name for name in evidence.changed() if name.startswith(_READ)]
    if changed:
        raise Fault(changed_file(evidence, name) for name in changed)
    if not evidence.manifest["inputs_kept"]:
        raise Fault([Diagnostic("KPI755", None, {"path": folder}, helps=(Note("keep"),))])
    compiled = evidence.compiled()
    quarantine = evidence.table("quarantine.parquet", schemas(compiled)["quarantine"])
    loaded = kept_inputs(evidence, compiled, quarantine)
    program = program_changes(evidence.manifest)
    watch("run")
    try:
        result = recomputed(evidence, compiled, loaded, quarantine)
    except Fault as fault:
        return Replay(evidence, tuple(not_reproducible(folder, fault)), (), (), program)
    with TemporaryDirectory() as place:
        names = csv_names(evidence)
        write_results(compiled, result, Path(place), csv=bool(names))
        files = [f"{name}.parquet" for name in RESULTS] + [f"{name}.csv" for name in names]
        same = [file for file in files if evidence.path(file).read_bytes() == (Path(place) / file).read_bytes()]
        others = [file for file in files if file not in same]
        findings = list(_findings(evidence, compiled, result, Path(place), others))
    wrong = {finding.file for finding in findings}
    equal = [file for file in others if file not in wrong]
    if not program:
        findings += (not_as_written(file) for file in equal)
        equal = []
    return Replay(evidence, tuple(findings), tuple(same), tuple(equal), program)


def _findings(
    evidence: Evidence, compiled: Compiled, result: Result, place: Path, files: list[str]
) -> Iterator[Finding]:
    """Where the values of some result files differ."""
    if not files:
        return
    recorded, now = results(evidence, compiled), result_tables(compiled, result)
    for name in RESULTS:
        if f"{name}.parquet" in files:
            yield from differences(f"{name}.parquet", recorded[name], now[name], shape(name, now[name].column_names))
        if f"{name}.csv" in files:
            yield from csv_differences(evidence, name, place)
