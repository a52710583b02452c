"""A run folder, read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kpirules.compiling import Compiled
from kpirules.data.bindings import load_bindings
from kpirules.data.in_place import read_large
from kpirules.data.load import Loaded, read_tables
from kpirules.records import dataclass
from kpirules.runs.demands import required
from kpirules.runs.evidence import Evidence, read_evidence
from kpirules.runs.folder import RESULTS
from kpirules.runs.in_place import in_place_again
from kpirules.runs.recompute import kept_inputs
from kpirules.runs.run import Result
from kpirules.runs.table_rows import from_json
from kpirules.runs.tables import disagreeing, misfilled, schemas
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.system import real

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was: the scheme compiled from the text that was run, its inputs, its results."""

    evidence: Evidence
    compiled: Compiled
    loaded: Loaded
    result: Result


def open_run(folder: Path) -> Run:
    """Read a run folder; inputs that it does not hold are read from where they were.

    Raises:
        Fault: it is not a run folder (KPI730), a file of it has changed (KPI732), its results disagree (KPI739) or say
            what the rules do not (KPI742), or an input that it does not hold cannot be read, has changed (KPI733), or
            was a frame (KPI736).
    """
    evidence = read_evidence(folder)
    if changed := evidence.changed():
        raise Fault(changed_file(evidence, name) for name in changed)
    compiled = evidence.compiled()
    tables = results(evidence, compiled)
    if wrong := contradictions(evidence, compiled, tables):
        raise Fault(wrong)
    rows = from_json(evidence.manifest["tables"])
    result = Result(period=evidence.period, engine=evidence.manifest["engine"]["name"], tables=rows, **tables)
    return Run(evidence, compiled, _inputs(evidence, compiled, tables["quarantine"]), result)


def changed_file(evidence: Evidence, name: str) -> Diagnostic:
    """What is said of a file that is not what its digest says."""
    return Diagnostic("KPI732", None, {"path": evidence.folder / name})


def results(evidence: Evidence, compiled: Compiled) -> dict[str, pa.Table]:
    """The tables of results.

    Raises:
        Fault: one cannot be read, or has other columns than it should (KPI730).
    """
    held = schemas(compiled)
    return {name: evidence.table(f"{name}.parquet", held[name]) for name in RESULTS}


def contradictions(evidence: Evidence, compiled: Compiled, tables: dict[str, pa.Table]) -> list[Diagnostic]:
    """Where the results do not agree with one another (KPI739), or a cell says what no run of the rules says (KPI742).

    The second is asked only where the first finds nothing.
    """
    columns = disagreeing(compiled, tables["scores"], tables["items"])
    if columns:
        return [Diagnostic("KPI739", None, {"path": evidence.folder, "columns": columns})]
    columns = misfilled(compiled, tables["scores"], tables["items"])
    if columns:
        return [Diagnostic("KPI742", None, {"path": evidence.folder / "items.parquet", "columns": columns})]
    return []


def _inputs(evidence: Evidence, compiled: Compiled, quarantine: pa.Table) -> Loaded:
    folder, manifest = evidence.folder, evidence.manifest
    if manifest["inputs_kept"]:
        return kept_inputs(evidence, compiled, quarantine)
    if manifest["bindings"] is None:
        raise Fault([Diagnostic("KPI736", None, {"path": folder}, helps=(Note("keep"),))])
    bindings = load_bindings(real(folder / manifest["bindings"]))
    contracts, subject = tuple(compiled.model.tables.values()), compiled.model.subject.table.name
    if manifest["quarantine"]:
        loaded = read_tables(contracts, bindings, quarantine=True, subject=subject)
    else:
        in_place = {source["table"]: source["sha256"] for source in manifest["inputs"] if source.get("in_place")}
        loaded = read_large(contracts, bindings, in_place_again(in_place, contracts), subject=subject)
    now = {fact.table: fact.sha256 for fact in loaded.facts}
    changed = [
        Diagnostic("KPI733", None, {"table": source["table"], "source": source["source"]})
        for source in manifest["inputs"]
        if now.get(source["table"]) != source["sha256"]
    ]
    if changed:
        raise Fault(changed)
    return required(compiled, loaded, evidence.period, quarantine=bool(manifest["quarantine"]))
