"""The files of a run folder as they are read again: inside the folder, listed in the manifest, of the expected form.

A run folder comes from anywhere, so nothing in it is trusted: what is wrong with a file is a fault that names it.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kpirules.compiling import Compiled, compile_scheme
from kpirules.records import dataclass
from kpirules.runs.manifest import NAME, period_block
from kpirules.source import Diagnostic, Fault, SourceText
from kpirules.source.files import Kept, shown
from kpirules.source.system import Reason, open_file, real, reason
from kpirules.values.periods import Period, period_of
from kpirules.values.units import Unit

FORMAT = 1
"""The version of the form of what is said of a run folder as data."""
_SCHEMA = Path(__file__).with_name("manifest.schema.json")


class Unfit(Enum):
    """Why a file cannot be part of a run, in words of the catalogue."""

    OUTSIDE = "file_outside"
    UNLISTED = "file_unlisted"
    NOT_A_FILE = "file_irregular"
    NOT_PARQUET = "file_not_parquet"
    NOT_UTF8 = "file_not_utf8"
    COLUMNS = "file_other_columns"
    DATES = "manifest_dates"
    TABLES = "manifest_tables"
    RULES = "manifest_rules"


def not_a_run(folder: Path, name: str, why: Enum | str) -> Fault:
    """The fault of a folder that cannot be read as a run's, for what is wrong with one of its files."""
    return Fault([Diagnostic("KPI730", None, {"path": folder, "name": name, "reason": why})])


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def scheme_digest(files: Sequence[Mapping[str, str]]) -> str:
    """The digest of a scheme's text, from the list of its files in a manifest.

    It is the SHA-256 of its file; of a scheme of several files, that of a line `digest  name` for each, in their order.
    """
    if len(files) == 1:
        return files[0]["sha256"]
    lines = (f"{file['sha256']}  {file['kept']}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run folder whose manifest has been read and is sound; every other file is read through `path`.

    `created` is when the run was made, with its time zone.
    """

    folder: Path
    manifest: Mapping[str, Any]
    created: datetime
    period: Period

    @property
    def scheme_digest(self) -> str:
        """The digest of the scheme's text."""
        return scheme_digest(self.manifest["scheme"]["files"])

    @property
    def texts(self) -> tuple[str, ...]:
        """The digest of each rule file, whatever it is called."""
        return tuple(file["sha256"] for file in self.manifest["scheme"]["files"])

    def to_json(self) -> dict[str, Any]:
        """Which run it is, as data that `json.dumps` takes."""
        scheme = self.manifest["scheme"]
        return {
            "format": FORMAT,
            "run": {"folder": shown(self.folder), "created": self.manifest["created"]},
            "scheme": {"name": scheme["name"], "version": scheme["version"], "sha256": self.scheme_digest},
            "period": str(self.period),
        }

    def path(self, name: str) -> Path:
        """A file that the manifest lists.

        Raises:
            Fault: it is not listed, lies outside the folder, or is not a file (KPI730).
        """
        if name not in self.manifest["files"]:
            raise not_a_run(self.folder, name, Unfit.UNLISTED)
        path = self.folder / name
        try:
            if not real(path).is_relative_to(real(self.folder)):
                raise not_a_run(self.folder, name, Unfit.OUTSIDE)
            if not os.path.lexists(path):
                raise not_a_run(self.folder, name, Reason.NOT_THERE)
            if not path.is_file():
                raise not_a_run(self.folder, name, Unfit.NOT_A_FILE)
        except OSError as error:
            raise not_a_run(self.folder, name, reason(error)) from None
        except (ValueError, RuntimeError) as error:  # a name with a zero byte; links in a circle
            raise not_a_run(self.folder, name, str(error)) from None
        return path

    def changed(self) -> list[str]:
        """The names of the files that are not what their digests say.

        Raises:
            Fault: a file is missing, or cannot be read (KPI730); all such files.
        """
        changed_files: list[str] = []
        faults: list[Diagnostic] = []
        for name, known in self.manifest["files"].items():
            try:
                if digest(self.path(name)) != known:
                    changed_files.append(name)
            except OSError as error:
                faults += not_a_run(self.folder, name, reason(error)).diagnostics
            except Fault as fault:
                faults += fault.diagnostics
        if faults:
            raise Fault(faults)
        return changed_files

    def text(self, name: str) -> str:
        """A file of text.

        Raises:
            Fault: it cannot be read, or is not UTF-8 (KPI730).
        """
        try:
            return self.path(name).read_bytes().decode("utf-8")
        except OSError as error:
            raise not_a_run(self.folder, name, reason(error)) from None
        except UnicodeDecodeError:
            raise not_a_run(self.folder, name, Unfit.NOT_UTF8) from None

    def table(self, name: str, schema: pa.Schema) -> pa.Table:
        """A Parquet file of those columns.

        Raises:
            Fault: it cannot be read, or has other columns (KPI730).
        """
        path = self.path(name)
        try:
            with path.open("rb") as file:
                read = pq.read_table(file)
            read.validate(full=True)
        except OSError as error:
            raise not_a_run(self.folder, name, Unfit.NOT_PARQUET if error.errno is None else reason(error)) from None
        except (pa.ArrowException, ValueError, NotImplementedError):
            raise not_a_run(self.folder, name, Unfit.NOT_PARQUET) from None
        if not read.schema.equals(schema):
            raise not_a_run(self.folder, name, Unfit.COLUMNS)
        return read

    def compiled(self) -> Compiled:
        """The scheme of the rule files that the folder keeps, named as they were for the run; no other file is read.

        Raises:
            Fault: a file cannot be read (KPI730), or the rules have faults.
        """
        files = self.manifest["scheme"]["files"]
        folder = posixpath.dirname(files[0]["kept"])
        texts = {posixpath.relpath(file["kept"], folder): self.text(file["kept"]) for file in files}
        named = SourceText(files[0]["path"], next(iter(texts.values())))
        compiled = compile_scheme(named, Kept({name: text.encode() for name, text in texts.items()}))
        if len(compiled.texts) != len(files):
            raise not_a_run(self.folder, NAME, Unfit.RULES)
        return compiled


def read_evidence(folder: Path) -> Evidence:
    """A run folder, its manifest read.

    Raises:
        Fault: there is no manifest, or it is not one of this form (KPI730).
    """
    import jsonschema

    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    try:
        with open_file(folder / NAME) as file:
            data = json.load(file)
        jsonschema.Draft202012Validator(schema).validate(data)
    except OSError as error:
        raise not_a_run(folder, NAME, reason(error)) from None
    except (ValueError, RecursionError) as error:
        raise not_a_run(folder, NAME, str(error)) from None
    except jsonschema.ValidationError as error:
        raise not_a_run(folder, NAME, f"{error.json_path}: {error.message}") from None
    try:
        created = datetime.fromisoformat(data["created"])
        period = _period(data["period"])
    except ValueError:
        raise not_a_run(folder, NAME, Unfit.DATES) from None
    if created.tzinfo is None or period is None:
        raise not_a_run(folder, NAME, Unfit.DATES)
    return Evidence(folder, data, created, period)


def _period(said: Mapping[str, str]) -> Period | None:
    """The period of a manifest, None where its parts do not agree.

    Raises:
        ValueError: its first day is not a day.
    """
    period = period_of(date.fromisoformat(said["start"]), Unit(said["kind"]))
    return period if said == period_block(period) else None
