"""Queries run in a process of their own, which is ended when its time is up.

The text of a query may be anybody's, and there are texts on which DuckDB plans for ever (which no interrupt ends),
takes more memory than it was told to, or is aborted. A process that is ended gives a fault instead of a result.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from kpirules.data.bindings import Kind
from kpirules.data.faults import Place
from kpirules.data.queries import answer
from kpirules.source import Diagnostic, Fault, Note, SourceText, Span
from kpirules.source.system import Reason, reason

SECONDS = 60
"""How long a query may take."""
_GB = 1 << 30
MEMORY = 2 * _GB
"""How many bytes a query may take in memory, and as many again on the disk."""
RESULT = 2 * _GB
"""How many bytes the rows of a query may take."""
_BESIDE = 2 * _GB
"""What the process may take beside the memory of the database; libraries claim more than they use."""
_A_THREAD = 192 << 20
"""What the system sets aside for each thread."""

# the process finds the project where this one does, and nothing in the working directory or the environment
_START = (
    "import json, sys; asked = json.load(sys.stdin); sys.path[:] = asked['modules'];"
    " from kpirules.data.query_process import main; main(asked)"
)


def run_query(
    text: str, place: Place, folder: Path, folders: Iterable[Path]
) -> tuple[pa.Table, Mapping[str, Sequence[str]]]:
    """The rows that a query gives, and the columns of files that it calls by another name, by that name.

    Its relative paths start at `folder`, and it reads `folders` only.

    Raises:
        Fault: as `answer` does; or it takes longer than `SECONDS`, more memory than `MEMORY`, gives more rows than
            `RESULT`, or ends the process.
    """
    try:
        with TemporaryDirectory(prefix="kpirules-") as scratch:
            rows, said = Path(scratch, "rows"), Path(scratch, "said")
            asked = {
                "text": text,
                "table": place.table,
                "folder": str(folder),
                "folders": [*map(str, folders)],
                "scratch": scratch,
                "rows": str(rows),
                "said": str(said),
                "most": RESULT,
                "memory": MEMORY,
                "seconds": SECONDS,
                "modules": module_path(),
            }
            _run(asked, place)
            renamed = _renamed(json.loads(said.read_text(encoding="utf-8")), place)
            with pa.OSFile(str(rows)) as file:
                return pa.ipc.open_file(file).read_all(), renamed
    except OSError as error:
        raise place.fault("KPI619", reason=reason(error)) from None


def _gb(size: int) -> str:
    return f"{size / _GB:g} GB"


def module_path() -> list[str]:
    """Where the process looks for modules: where this one does, but not in the working directory."""
    return [str(Path(path).absolute()) for path in (*filter(None, sys.path), str(Path(__file__).parents[2]))]


def _run(asked: Mapping[str, Any], place: Place) -> None:
    """Let a process answer what is asked.

    Raises:
        Fault: it did not come to its end.
    """
    command = [sys.executable, "-I", "-c", _START]
    try:
        done = subprocess.run(  # noqa: S603  # this program alone
            command,
            input=json.dumps(asked).encode(),
            stdout=subprocess.DEVNULL,  # where DuckDB draws how far it is
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise place.fault("KPI760", Note("write"), seconds=SECONDS) from None
    if done.returncode == 0:
        return
    if done.returncode == -_signal("SIGXCPU"):
        raise place.fault("KPI760", Note("write"), seconds=SECONDS)
    if done.returncode == -_signal("SIGKILL"):  # by the system, for want of memory
        raise place.fault("KPI761", Note("write"), most=_gb(MEMORY))
    raise place.fault("KPI764", Note("write"))


def _signal(name: str) -> int:
    """The number of a signal, 0 where the system has none of that name."""
    return int(getattr(signal, name, 0))


def _renamed(answered: Mapping[str, Any], place: Place) -> Mapping[str, Sequence[str]]:
    """The renamed columns.

    Raises:
        Fault: the query has faults, each at its part where the bindings have that once.
    """
    if "faults" not in answered:
        renamed: Mapping[str, Sequence[str]] = answered["renamed"]
        return renamed
    faults = []
    for fault in answered["faults"]:
        span, part = place.span, fault["part"]
        if span is not None and part is not None and span.text.count(part) == 1:
            start = span.start + span.text.index(part)
            span = Span(span.source, start, start + len(part))
        args = {**fault["args"], "table": place.table, "source": place.source}
        if fault["word"] is not None:
            args["reason"] = Reason(fault["word"])
        faults.append(
            Diagnostic(fault["code"], span, args, helps=tuple(Note(key, args) for key, args in fault["helps"]))
        )
    raise Fault(faults)


# ---------------------------------------------------------------- in the process


def main(asked: Mapping[str, Any]) -> None:
    """Answer what is asked, within the bounds of this process."""
    _bound(asked)
    answer_in_file(asked)


def answer_in_file(asked: Mapping[str, Any]) -> None:
    """Run a query, and write what came of it as JSON: its faults, or the columns that it calls by another name."""
    text = asked["text"]
    place = Place(asked["table"], Kind.QUERY, Span(SourceText("", text), 0, len(text)))
    came: Mapping[str, object]
    try:
        came = {"renamed": _answered(asked, place)}
    except Fault as fault:
        came = {"faults": [_plain(diagnostic, text) for diagnostic in fault.diagnostics]}
    Path(asked["said"]).write_text(json.dumps(came, default=str), encoding="utf-8")


def _bound(asked: Mapping[str, Any]) -> None:
    """Let the process have no more memory than it may, nor go on for long without the one that waits for it."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    processors = os.cpu_count() or 1
    most = asked["memory"] + _BESIDE + processors * _A_THREAD
    seconds = asked["seconds"] * processors
    for what, limit in ((resource.RLIMIT_AS, most), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (limit if hard < 0 else min(limit, hard), hard))


def _answered(asked: Mapping[str, Any], place: Place) -> Mapping[str, Sequence[str]]:
    memory = f"{asked['memory'] // 10**6}MB"
    limits = {"memory_limit": memory, "temp_directory": asked["scratch"], "max_temp_directory_size": memory}

    def keep(rows: pa.RecordBatchReader) -> None:
        size = 0
        with pa.OSFile(asked["rows"], "wb") as file, pa.ipc.new_file(file, rows.schema) as target:
            for batch in rows:
                size += batch.nbytes
                if size > asked["most"]:
                    raise place.fault("KPI762", Note("write"), most=_gb(asked["most"]))
                target.write_batch(batch)

    try:
        with chdir(asked["folder"]):
            return answer(asked["text"], place, [Path(folder) for folder in asked["folders"]], keep, limits)
    except MemoryError:
        raise place.fault("KPI761", Note("write"), most=_gb(asked["memory"])) from None
    except OSError as error:
        raise place.fault("KPI619", reason=reason(error)) from None


def _plain(diagnostic: Diagnostic, text: str) -> dict[str, object]:
    """A diagnostic as JSON; `part` is the part of the query that it is about, None where that is the whole."""
    part = diagnostic.span.text if diagnostic.span is not None and len(diagnostic.span.text) < len(text) else None
    helps = [(help_.key, help_.args) for help_ in diagnostic.helps]
    why = diagnostic.args.get("reason")
    word = why.value if isinstance(why, Reason) else None
    return {"code": diagnostic.code, "args": diagnostic.args, "helps": helps, "part": part, "word": word}
