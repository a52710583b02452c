"""The folder of a run: written aside and then renamed, so it is there whole or not at all; its owner alone reads it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kpirules.compiling import Compiled
from kpirules.data.arrow import each
from kpirules.data.sheet_csv import write_csv
from kpirules.runs.aside import PRIVATE_FILE, PRIVATE_FOLDER, aside
from kpirules.runs.evidence import digest
from kpirules.runs.manifest import NAME, Done, kept_rules, manifest
from kpirules.runs.provenance import BINDINGS_KEPT
from kpirules.runs.run import Result
from kpirules.runs.tables import schemas
from kpirules.source import Diagnostic, Fault
from kpirules.source.system import real, reason

RESULTS = ("scores", "items", "not_assessed", "not_considered", "left_out", "uncredited", "quarantine")


def save(done: Done, target: Path, *, numbered: bool, csv: bool = False) -> Path:
    """Write a run's folder and say where it is.

    With `numbered`, a target that is there already makes it `target-2`, and so on; without, the target must not be
    there, or be an empty folder. Nothing is ever overwritten, and on any failure nothing is left behind. With `csv`,
    the results are there as CSV too.

    Raises:
        Fault: the target is in use (KPI724), or it cannot be written (KPI725).
    """
    target = real(target)
    try:
        with aside(target) as folder:
            _write(done, folder, csv=csv)
            digests = {path.relative_to(folder).as_posix(): digest(path) for path in _files(folder)}
            text = json.dumps(manifest(done, target, digests), ensure_ascii=False, indent=2)
            (folder / NAME).write_text(text + "\n", encoding="utf-8")
            _settle(folder)
            return _claim(folder, target, numbered=numbered)
    except OSError as error:
        args = {"path": target, "reason": reason(error)}
        raise Fault([Diagnostic("KPI725", None, args)]) from None


def check_free(target: Path) -> None:
    """See to it that a folder may be written there: nothing is, or an empty folder.

    Raises:
        Fault: something is (KPI724).
    """
    if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
        raise Fault([Diagnostic("KPI724", None, {"path": target})])


def _write(done: Done, folder: Path, *, csv: bool) -> None:
    texts = {path: source.text for path, source in kept_rules(done).items()}
    if done.request.bindings is not None:
        texts[BINDINGS_KEPT] = done.request.bindings
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    for name, file in (done.inputs or {}).items():
        (folder / "inputs").mkdir(exist_ok=True)
        (folder / "inputs" / f"{name}.parquet").write_bytes(file)
    write_results(done.compiled, done.result, folder, csv=csv)


def result_tables(compiled: Compiled, result: Result) -> dict[str, pa.Table]:
    """The results of a run as its folder holds them, by the name of their file."""
    held = schemas(compiled)
    return {name: getattr(result, name).cast(held[name]) for name in RESULTS}


def write_results(compiled: Compiled, result: Result, folder: Path, *, csv: bool) -> None:
    """Write the results into a folder, with `csv` as CSV too; the same results are the same bytes.

    Raises:
        OSError: a file cannot be written.
    """
    # how a table lies in pieces depends on the engine's threads, and decides where Parquet begins a new page
    tables = {name: table.combine_chunks() for name, table in result_tables(compiled, result).items()}
    for name, table in tables.items() if csv else ():
        write_csv(table, folder / f"{name}.csv")

    def write(name: str) -> None:
        pq.write_table(tables[name], folder / f"{name}.parquet", compression="zstd")

    each(write, tables)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _settle(folder: Path) -> None:
    """Have every file on the disk, and closed to other users, before the folder gets its name."""
    for path in folder.rglob("*"):
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)
    for path in _files(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _claim(folder: Path, target: Path, *, numbered: bool) -> Path:
    """Give the folder its name: the first that is free."""
    nth = 1
    while True:
        wanted = target if nth == 1 else target.with_name(f"{target.name}-{nth}")
        nth += 1
        if numbered and os.path.lexists(wanted):
            continue
        check_free(wanted)
        try:
            return folder.rename(wanted)
        except OSError as error:
            # another run took the name in the meantime
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
