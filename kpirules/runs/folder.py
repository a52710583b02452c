"""The folder of a run: written aside and then renamed, so it is there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import pyarrow as pa
import pyarrow.parquet as pq

from kpirules.data.arrow import each
from kpirules.data.sheet_csv import write_csv
from kpirules.runs.manifest import NAME, Done, kept_rules, manifest
from kpirules.runs.tables import schemas
from kpirules.source import Diagnostic, Fault
from kpirules.source.system import reason

RESULTS = ("scores", "items", "not_assessed", "not_considered", "left_out", "uncredited", "quarantine")


def save(done: Done, target: Path, *, numbered: bool, csv: bool = False) -> Path:
    """Write a run's folder and say where it is.

    With `numbered`, a target that is there already makes it `target-2`, and so on; without, the target must not be
    there, or be an empty folder. Nothing is ever overwritten, and on any failure nothing is left behind. With `csv`,
    the results are there as CSV too.

    Raises:
        Fault: the target is in use (KPI724), or it cannot be written (KPI725).
    """
    target = target.resolve()
    try:
        with _aside(target) as aside:
            _write(done, aside, csv=csv)
            digests = {path.relative_to(aside).as_posix(): digest(path) for path in _files(aside)}
            text = json.dumps(manifest(done, target, digests), ensure_ascii=False, indent=2)
            (aside / NAME).write_text(text + "\n", encoding="utf-8")
            _settle(aside)
            return _claim(aside, target, numbered=numbered)
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


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(done: Done, folder: Path, *, csv: bool) -> None:
    result = done.result
    for path, source in kept_rules(done).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(source.text, encoding="utf-8", newline="")
    tables: Mapping[str, pa.Table] = {name: getattr(result, name) for name in RESULTS}
    held = schemas(done.compiled)
    tables = {name: table.cast(held[name]) for name, table in tables.items()}
    for name, table in tables.items() if csv else ():
        write_csv(table, folder / f"{name}.csv")
    for name, file in (done.inputs or {}).items():
        (folder / "inputs").mkdir(exist_ok=True)
        (folder / "inputs" / f"{name}.parquet").write_bytes(file)

    def write(name: str) -> None:
        pq.write_table(tables[name], folder / f"{name}.parquet", compression="zstd")

    each(write, tables)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _settle(folder: Path) -> None:
    """Have every file on the disk before the folder gets its name."""
    for path in _files(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A folder beside the target, gone on any failure, with the folders above that were made for it."""
    folder = target.with_name(f".{target.name}.{token_hex(4)}.partial")
    missing = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.mkdir(parents=True)
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            for parent in missing:
                parent.rmdir()
        raise


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
