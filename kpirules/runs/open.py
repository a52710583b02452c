"""A run folder, read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kpirules.compiling import Compiled, compile_scheme
from kpirules.data.bindings import load_bindings
from kpirules.data.faults import Place
from kpirules.data.load import Loaded, TableFacts, read_tables
from kpirules.runs.demands import required
from kpirules.runs.folder import RESULTS, digest
from kpirules.runs.inputs import NUMBER
from kpirules.runs.manifest import NAME, not_a_run, read_manifest
from kpirules.runs.run import Result
from kpirules.runs.table_rows import from_json
from kpirules.runs.tables import disagreeing, misfilled, schemas
from kpirules.source import Diagnostic, Fault, Note, SourceText
from kpirules.source.files import Folder
from kpirules.source.system import reason
from kpirules.values.periods import Period, parse_period
from kpirules.values.units import Unit


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was: the scheme compiled from the text that was run, its inputs, its results."""

    folder: Path
    manifest: Mapping[str, Any]
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
    manifest = read_manifest(folder)
    _unchanged(folder, manifest["files"])
    compiled = _compiled(folder, manifest["scheme"]["files"])
    tables = _results(folder, compiled)
    rows = from_json(manifest["tables"])
    result = Result(period=_period(manifest), engine=manifest["engine"]["name"], tables=rows, **tables)
    return Run(folder, manifest, compiled, _inputs(folder, manifest, compiled), result)


def latest(folder: Path, period: str | None = None) -> Path:
    """The newest run folder in `folder`, of a period if one is named.

    Raises:
        Fault: there is none (KPI731).
    """
    kinds = (kind for kind in Unit if kind.periodic)
    wanted = {str(parse_period(period, kind)) for kind in kinds} if period is not None else None
    found = []
    for one in folder.iterdir() if folder.is_dir() else ():
        if not one.name.startswith(".") and (one / NAME).is_file():
            manifest = read_manifest(one)
            if wanted is None or manifest["period"]["name"] in wanted:
                found.append((manifest["created"], one))
    if not found:
        note = Note("run", {"period": period or "2025Q1"})
        raise Fault([Diagnostic("KPI731", None, {"path": folder}, helps=(note,))])
    return max(found)[1]


def _unchanged(folder: Path, digests: Mapping[str, str]) -> None:
    changed = []
    for name, known in digests.items():
        try:
            same = digest(folder / name) == known
        except OSError as error:
            raise not_a_run(folder, name, reason(error)) from None
        if not same:
            changed.append(Diagnostic("KPI732", None, {"path": folder / name}))
    if changed:
        raise Fault(changed)


def _compiled(folder: Path, files: Sequence[Mapping[str, str]]) -> Compiled:
    """The scheme of the rule files that the run keeps, named as they were for the run."""
    kept = folder / files[0]["kept"]
    return compile_scheme(SourceText(files[0]["path"], kept.read_bytes().decode("utf-8")), Folder(kept.parent))


def _period(manifest: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(manifest["period"]["start"]), Unit(manifest["period"]["kind"]))


def _results(folder: Path, compiled: Compiled) -> dict[str, pa.Table]:
    """The tables of results.

    Raises:
        Fault: one has other columns than it should (KPI730), the figures of two do not agree (KPI739), or a cell of
            `items` says what no run of the rules says (KPI742).
    """
    held = schemas(compiled)
    found = {name: pq.read_table(folder / f"{name}.parquet") for name in RESULTS}
    for name, table in found.items():
        if not table.schema.equals(held[name]):
            raise not_a_run(folder, f"{name}.parquet", ", ".join(table.schema.names))
    wrong = disagreeing(compiled, found["scores"], found["items"])
    if wrong:
        raise Fault([Diagnostic("KPI739", None, {"path": folder, "columns": wrong})])
    wrong = misfilled(compiled, found["scores"], found["items"])
    if wrong:
        raise Fault([Diagnostic("KPI742", None, {"path": folder / "items.parquet", "columns": wrong})])
    return found


def _inputs(folder: Path, manifest: Mapping[str, Any], compiled: Compiled) -> Loaded:
    facts = tuple(TableFacts(**one) for one in manifest["inputs"])
    if manifest["inputs_kept"]:
        tables = {one.table: pq.read_table(folder / "inputs" / f"{one.table}.parquet") for one in facts}
        numbers = {name: table.column(NUMBER).combine_chunks() for name, table in tables.items()}
        places = {one.table: Place(one.table, one.source, None) for one in facts}
        return Loaded({name: table.drop_columns(NUMBER) for name, table in tables.items()}, facts, places, numbers)
    if manifest["bindings"] is None:
        raise Fault([Diagnostic("KPI736", None, {"path": folder}, helps=(Note("keep"),))])
    bindings = load_bindings((folder / manifest["bindings"]).resolve())
    contracts, subject = tuple(compiled.model.tables.values()), compiled.model.subject.table.name
    loaded = read_tables(contracts, bindings, quarantine=bool(manifest["quarantine"]), subject=subject)
    now = {one.table: one.sha256 for one in loaded.facts}
    changed = [
        Diagnostic("KPI733", None, {"table": one.table, "source": one.source})
        for one in facts
        if now.get(one.table) != one.sha256
    ]
    if changed:
        raise Fault(changed)
    return required(compiled, loaded, _period(manifest), quarantine=bool(manifest["quarantine"]))
