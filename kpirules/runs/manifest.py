"""The manifest of a run: what was run, on what, by what, and what came of it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpirules import __version__
from kpirules.compiling import Compiled
from kpirules.data.load import Loaded, TableFacts
from kpirules.runs.not_considered import counts
from kpirules.runs.run import Result
from kpirules.runs.table_rows import period_columns, to_json
from kpirules.source import Diagnostic, Fault, SourceText
from kpirules.source.system import Reason, reason

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
NAME = "manifest.json"
RULES = "rules"
_SCHEMA = Path(__file__).with_name("manifest.schema.json")
_LIBRARIES = ("duckdb", "pyarrow", "sqlglot")
_GIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is done, and all that is to be told of it.

    `scheme` is the rule file and `bindings` the `kpirules.yaml`, None for a run on frames; `times` has the milliseconds
    that each step took; `inputs` are the tables as they are kept, None where they are not.
    """

    compiled: Compiled
    loaded: Loaded
    result: Result
    scheme: Path
    bindings: Path | None
    times: Mapping[str, int]
    inputs: Mapping[str, pa.Buffer] | None = None


def manifest(done: Done, folder: Path, digests: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of a run in `folder`, whose other files have the `digests`."""
    plan, period = done.compiled.plan, done.result.period
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "period": {
            "name": str(period),
            "kind": period.kind.value,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
        },
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
        "bindings": _bindings(done.bindings.resolve(), folder) if done.bindings else None,
        "engine": {"name": done.result.engine, "versions": _versions()},
        "inputs": [_facts(facts) for facts in done.loaded.facts],
        "inputs_kept": done.inputs is not None,
        "counts": _counts(done),
        "period_columns": period_columns(done.compiled.model),
        "tables": to_json(done.result.tables),
        "not_considered": counts(done.result.not_considered),
        "quarantine": done.loaded.quarantine.counts,
        "times": dict(done.times),
        "files": dict(digests),
    }


def kept_rules(done: Done) -> dict[str, SourceText]:
    """Where each rule file is kept in the run folder, the scheme's first; they lie as they lay to one another."""
    folder = done.scheme.absolute().parent
    names = [done.scheme.name, *list(done.compiled.texts)[1:]]
    places = [Path(os.path.abspath(folder / name)) for name in names]  # noqa: PTH100  # links stay as they are
    base = os.path.commonpath([place.parent for place in places])
    kept = [f"{RULES}/{place.relative_to(base).as_posix()}" for place in places]
    return dict(zip(kept, done.compiled.texts.values(), strict=True))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        Fault: there is none, or it is not one of this form (KPI730).
    """
    import jsonschema

    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(found)
    except OSError as error:
        raise not_a_run(folder, NAME, reason(error)) from None
    except ValueError as error:
        raise not_a_run(folder, NAME, str(error)) from None
    except jsonschema.ValidationError as error:
        raise not_a_run(folder, NAME, f"{error.json_path}: {error.message}") from None
    assert isinstance(found, dict)
    return found


def not_a_run(folder: Path, name: str, why: Reason | str) -> Fault:
    """The fault of a folder that cannot be read as a run's, for what is wrong with one of its files."""
    return Fault([Diagnostic("KPI730", None, {"path": folder, "name": name, "reason": why})])


def _facts(facts: TableFacts) -> dict[str, Any]:
    return {
        "table": facts.table,
        "source": facts.source,
        "sha256": facts.sha256,
        "rows": facts.rows,
        "encoding": facts.encoding,
        "rounded": dict(facts.rounded),
    }


def _counts(done: Done) -> dict[str, int]:
    result = done.result
    return {
        "subjects": result.scores.num_rows,
        "not_assessed": result.not_assessed.num_rows,
        "left_out": result.left_out.num_rows,
        "items": result.items.num_rows,
    }


def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"kpirules": __version__, "python": platform.python_version(), **libraries}


def _bindings(bindings: Path, folder: Path) -> str:
    """Where the bindings are: from the run folder where it lies below them, so that both can be moved together."""
    if folder.is_relative_to(bindings.parent):
        return Path(os.path.relpath(bindings, folder)).as_posix()
    return str(bindings)


def _commit(done: Done) -> dict[str, Any] | None:
    """The commit that is checked out where the rule file is, None where there is no git or nothing committed.

    `unchanged` says that every rule file was as committed; one that git leaves aside, or that lies elsewhere, is not.
    """
    found = _git(done.scheme, "rev-parse", "--verify", "HEAD")
    if found is None:
        return None
    names = [done.scheme.name, *list(done.compiled.texts)[1:]]
    changes = _git(done.scheme, "status", "--porcelain", "--ignored", "--", *(f":(literal){name}" for name in names))
    return {"id": found.strip(), "unchanged": changes == ""}


def _git(scheme: Path, *command: str) -> str | None:
    """What a git command says in the rule file's folder; None where it fails."""
    # a configured monitor would run a program of the repository's choosing
    line = ["git", "-C", str(scheme.resolve().parent), "--no-optional-locks", "-c", "core.fsmonitor=false", *command]
    try:
        done = subprocess.run(line, capture_output=True, check=False, timeout=_GIT_SECONDS)  # noqa: S603  # no shell
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
