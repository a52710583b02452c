"""What a manifest says, held against what its folder gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.bindings import Kind
from kpirules.data.load import Loaded, fingerprint, typed_warnings
from kpirules.data.quarantine import recorded_counts, recorded_quarantine
from kpirules.runs.differences import Finding, differences, quoted, shape
from kpirules.runs.evidence import Evidence
from kpirules.runs.manifest import NAME, counts, warning_block
from kpirules.runs.not_considered import counts as not_considered_counts
from kpirules.runs.not_considered import not_considered
from kpirules.runs.run import QUARANTINED, not_assessed
from kpirules.runs.table_rows import TableRows, period_columns, to_json
from kpirules.runs.tables import schemas
from kpirules.runs.uncredited import NO_PERIOD
from kpirules.source import Diagnostic

_OF_RESULTS = ("counts.", "not_considered.", "quarantine.")
"""The blocks of a manifest that follow from the results as a whole."""
_OF_TABLES, _OF_WARNINGS = "tables.", "warnings."
"""The blocks that follow from the inputs as a whole, the second where no row was set aside."""
_NAMED = {
    "inputs": ("table",),
    "tables": ("table",),
    "warnings": ("code", "table", "column"),
    "scheme.files": ("kept",),
}
"""The lists of blocks, and what names each of their entries."""


def manifest_findings(
    evidence: Evidence, compiled: Compiled, loaded: Loaded, tables: Mapping[str, pa.Table], rows: Sequence[TableRows]
) -> Iterator[Finding]:
    """What a manifest says that the inputs of its folder do not give.

    `tables` are the recomputed results by name, `rows` the recomputed rows of each table. The warnings are of all rows
    that were read, so they are only checked where no row was set aside.
    """
    aside = recorded_counts(tables["quarantine"])
    derived = _of_results(evidence, compiled, tables) | _entries({"tables": to_json(rows)})
    for facts in loaded.facts:
        derived[f"inputs.{facts.table}.rows"] = facts.rows
        if facts.source in {Kind.QUERY, Kind.FRAME} and facts.table not in aside:
            derived[f"inputs.{facts.table}.sha256"] = fingerprint(loaded.tables[facts.table])
    whole: tuple[str, ...] = (*_OF_RESULTS, _OF_TABLES)
    if not aside:
        groups = typed_warnings(tuple(compiled.model.tables.values()), loaded)
        derived |= _entries({"warnings": [warning_block(group) for group in groups]})
        whole = (*whole, _OF_WARNINGS)
    yield from _differing(evidence, derived, whole)


def unrecomputed_findings(
    evidence: Evidence, compiled: Compiled, recorded: Mapping[str, pa.Table]
) -> Iterator[Finding]:
    """What the manifest and the results say that the other results do not give, where the inputs were not kept."""
    subject = compiled.model.subject.table.name
    aside = recorded_quarantine(recorded["quarantine"], subject, recorded["scores"].column(0))
    unassessed = not_assessed(compiled, recorded["scores"], aside)
    given = {
        "not_assessed": unassessed,
        "not_considered": not_considered(compiled.model, unassessed, QUARANTINED),
    }
    for name, table in given.items():
        wanted = table.cast(schemas(compiled)[name])
        yield from differences(f"{name}.parquet", recorded[name], wanted, shape(name, wanted.column_names))
    derived = _of_results(evidence, compiled, {**recorded, **given})
    lost = recorded["uncredited"].filter(pc.not_equal(recorded["uncredited"].column("reason"), NO_PERIOD))
    uncredited = {counted["values"]: counted["counts"] for counted in lost.column("table").value_counts().to_pylist()}
    read = {source["table"]: source for source in evidence.manifest["inputs"]}
    counted = {table["table"] for table in evidence.manifest["tables"] if table["uncredited"] is not None}
    derived["tables"] = _listed(compiled.model.tables)
    for name in compiled.model.tables:
        facts = read.get(name, {})
        derived[f"tables.{name}.read"] = facts.get("rows")
        derived[f"tables.{name}.hidden"] = facts.get("hidden", 0)
        derived[f"tables.{name}.set_aside"] = aside.counts.get(name, 0)
        if name in counted or name in uncredited:
            derived[f"tables.{name}.uncredited.rows"] = uncredited.get(name, 0)
    yield from _differing(evidence, derived, _OF_RESULTS)


def _of_results(evidence: Evidence, compiled: Compiled, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """What the manifest must say by the rules and the results, by the names that `_entries` gives."""
    plan, files = compiled.plan, evidence.manifest["files"]
    derived = _entries(
        {
            "scheme": {"name": plan.scheme, "title": plan.title, "version": plan.version, "language": plan.language},
            "counts": counts(tables),
            "period_columns": period_columns(compiled.model),
            "not_considered": not_considered_counts(tables["not_considered"]),
            "quarantine": recorded_counts(tables["quarantine"]),
        }
    )
    for file in evidence.manifest["scheme"]["files"]:
        derived[f"scheme.files.{file['kept']}.sha256"] = files[file["kept"]]
    return derived


def _differing(evidence: Evidence, derived: Mapping[str, Any], whole: tuple[str, ...]) -> Iterator[Finding]:
    """Where the manifest differs from what is derived, and what else it says in blocks that are derived as a `whole`.

    Of a list that lacks an entry or has another one, the names in the list say so, and no part of such an entry does.
    """
    said = _entries(evidence.manifest)
    more = [name for name in said if name.startswith(whole) and name not in derived]
    lists = tuple(f"{way}." for way in _NAMED if way in derived and said.get(way) != derived[way])
    for name in (*derived, *more):
        recorded, now = (None if value is None else str(value) for value in (said.get(name), derived.get(name)))
        if recorded != now and not (name.startswith(lists) and None in {recorded, now}):
            args = {"name": name, "recorded": quoted(recorded), "recomputed": quoted(now)}
            yield Finding(Diagnostic("KPI757", None, args), NAME, None, None, name, recorded, now)


def _entries(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest says, by the way to it, joined by dots.

    The entries of a list of blocks go by their names, and the list itself says which there are.
    """
    return dict(_walk(manifest, ""))


def _walk(block: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in block.items():
        way = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _walk(value, f"{way}.")
        elif way in _NAMED:
            names = [".".join(str(entry[part]) for part in _NAMED[way]) for entry in value]
            yield way, _listed(names)
            yield from _walk(dict(zip(names, value, strict=True)), f"{way}.")
        else:
            yield way, value


def _listed(names: Iterable[str]) -> str | None:
    """The names in a list, None where it is empty."""
    return ", ".join(names) or None
