"""The manifest of a run: what was run, on what, by what, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpirules.compiling import Compiled
from kpirules.data.faults import SHOWN, Group
from kpirules.data.load import Loaded, TableFacts
from kpirules.engines.failure import EngineError
from kpirules.records import dataclass
from kpirules.runs.not_considered import counts as not_considered_counts
from kpirules.runs.provenance import Request, provenance, versions
from kpirules.runs.run import Result
from kpirules.runs.sample import Sample
from kpirules.runs.table_rows import period_columns, to_json
from kpirules.source import SourceText
from kpirules.source.system import real
from kpirules.values.periods import Period
from kpirules.versions.git import checkout

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
NAME = "manifest.json"
RULES = "rules"
_COUNTED = {"subjects": "scores", "not_assessed": "not_assessed", "left_out": "left_out", "items": "items"}
"""The results whose rows a manifest counts, by the name of the count."""


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is done, and all that is to be told of it.

    `scheme` is the rule file and `bindings` the `kpirules.yaml`, None for a run on frames; `times` has the milliseconds
    that each step took; `inputs` are the tables as they are kept, None where they are not; `request` says how the run
    was asked for. `sample` are the subjects that the reference engine has worked out as well, and `failures` what the
    bulk engine did not finish, so that the reference engine worked it out.
    """

    compiled: Compiled
    loaded: Loaded
    result: Result
    scheme: Path
    bindings: Path | None
    times: Mapping[str, int]
    inputs: Mapping[str, pa.Buffer] | None = None
    request: Request = field(default_factory=Request)
    sample: Sample | None = None
    failures: tuple[EngineError, ...] = ()


def manifest(done: Done, folder: Path, digests: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of a run in `folder`, whose other files have the `digests`."""
    plan, period = done.compiled.plan, done.result.period
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "period": period_block(period),
        "scheme": {
            "name": plan.scheme,
            "title": plan.title,
            "version": plan.version,
            "language": plan.language,
            "files": [
                {"path": source.name, "kept": kept, "sha256": digests[kept]}
                for kept, source in kept_rules(done).items()
            ],
            "commit": _commit(done),
        },
        "bindings": _bindings(real(done.bindings), folder) if done.bindings else None,
        "engine": {
            "name": done.result.engine,
            "versions": versions(),
            "failures": [failure.to_json() for failure in done.failures],
            "sample": None if done.sample is None else done.sample.to_json(),
        },
        "provenance": provenance(done.request),
        "inputs": [_facts(facts) for facts in done.loaded.facts],
        "inputs_kept": done.inputs is not None,
        "counts": counts({name: getattr(done.result, name) for name in _COUNTED.values()}),
        "period_columns": period_columns(done.compiled.model),
        "tables": to_json(done.result.tables),
        "not_considered": not_considered_counts(done.result.not_considered),
        "quarantine": done.loaded.quarantine.counts,
        "warnings": [warning_block(group) for group in done.loaded.warnings],
        "times": dict(done.times),
        "files": dict(digests),
    }


def period_block(period: Period) -> dict[str, str]:
    """A period as a manifest has it."""
    return {
        "name": str(period),
        "kind": period.kind.value,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
    }


def kept_rules(done: Done) -> dict[str, SourceText]:
    """Where each rule file is kept in the run folder, the scheme's first; they lie as they lay to one another."""
    places = _places(done)
    base = os.path.commonpath([place.parent for place in places])
    kept = [f"{RULES}/{place.relative_to(base).as_posix()}" for place in places]
    return dict(zip(kept, done.compiled.texts.values(), strict=True))


def _places(done: Done) -> list[Path]:
    """Where each rule file lies, the scheme's first."""
    folder = done.scheme.absolute().parent
    names = [done.scheme.name, *list(done.compiled.texts)[1:]]
    return [Path(os.path.abspath(folder / name)) for name in names]  # noqa: PTH100  # links stay as they are


def _facts(facts: TableFacts) -> dict[str, Any]:
    return {
        "table": facts.table,
        "source": facts.source,
        "sha256": facts.sha256,
        "rows": facts.rows,
        "encoding": facts.encoding,
        "rounded": dict(facts.rounded),
        "units": dict(facts.units),
        "hidden": facts.hidden,
        "in_place": facts.in_place,
    }


def warning_block(group: Group) -> dict[str, Any]:
    """What may be a mistake in the data, as a manifest has it."""
    return {
        "code": group.code,
        "table": group.place.table,
        "column": group.column,
        "count": len(group.rows),
        "rows": group.rows.slice(0, SHOWN).to_pylist(),
        "values": group.values.slice(0, SHOWN).to_pylist(),
    }


def counts(tables: Mapping[str, pa.Table]) -> dict[str, int]:
    """How many rows the results have, as a manifest says it; `tables` are the results by name."""
    return {name: tables[table].num_rows for name, table in _COUNTED.items()}


def _bindings(bindings: Path, folder: Path) -> str:
    """Where the bindings are: from the run folder where it lies below them, so that both can be moved together."""
    if folder.is_relative_to(bindings.parent):
        return Path(os.path.relpath(bindings, folder)).as_posix()
    return str(bindings)


def _commit(done: Done) -> dict[str, Any] | None:
    """The commit that is checked out where the rule file is; None without git or a commit.

    `unchanged` says whether every rule file was read as committed, line ends aside. A file outside the repository, or
    one that git ignores, was not.
    """
    here = checkout(real(done.scheme).parent)
    if here is None:
        return None
    texts = dict(zip(_places(done), done.compiled.texts.values(), strict=True))
    committed = here.committed(texts)
    unchanged = all(path in committed and _same(text, committed[path]) for path, text in texts.items())
    return {"id": here.commit, "unchanged": unchanged}


def _same(text: SourceText, committed: bytes) -> bool:
    lines = committed.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    return text.text.replace("\r\n", "\n") == lines
