"""What the first bytes of a file say that it holds, whatever its name says."""

from __future__ import annotations

from enum import Enum
from os import fstat
from pathlib import Path

from kpirules.data.faults import Place
from kpirules.source import Fault, Note
from kpirules.source.system import near, open_file, reason

FIRST_BYTES = 8
LARGEST_FILE = 2 << 30
"""How many bytes a CSV file or a workbook may have."""


class Content(Enum):
    """What a file can hold."""

    PARQUET = "parquet"
    WORKBOOK = "workbook"
    OLD_WORKBOOK = "old_workbook"
    TEXT = "plain_text"


class Damaged(Enum):
    """Why a file cannot be read that holds what its name says."""

    WORKBOOK = "damaged_workbook"
    PARQUET = "damaged_parquet"
    COLUMN = "damaged_column"


class Bounded(Enum):
    """What is bounded in a source."""

    FILE = "file_mb"
    UNPACKED = "unpacked_mb"
    ENTRIES = "zip_entries"
    SHEETS = "sheets"
    ROWS = "rows"
    COLUMNS = "columns"
    IN_MEMORY = "memory_mb"


class TooLarge(Exception):  # noqa: N818  # told as a fault of the source
    """A source has more than `most` of something."""

    def __init__(self, what: Bounded, most: int) -> None:
        super().__init__(what, most)
        self.what, self.most = what, most

    def fault(self, place: Place) -> Fault:
        """The fault of a source as a whole."""
        parts = self.what in {Bounded.UNPACKED, Bounded.ENTRIES, Bounded.SHEETS}
        return place.fault("KPI696", Note("parts" if parts else "fewer"), what=self.what, most=self.most)


_BEGINS = {
    b"PAR1": Content.PARQUET,
    b"PK\x03\x04": Content.WORKBOOK,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Content.OLD_WORKBOOK,
}
_ENDINGS = {Content.PARQUET: ".parquet", Content.WORKBOOK: ".xlsx", Content.TEXT: ".csv"}
_HOLDS = {".parquet": Content.PARQUET, ".xlsx": Content.WORKBOOK, ".xlsm": Content.WORKBOOK, ".csv": Content.TEXT}


def read_bytes(path: Path, place: Place) -> bytes:
    """All of a file.

    Raises:
        Fault: it cannot be opened, or is larger than `LARGEST_FILE`.
    """
    try:
        with open_file(path) as file:
            if fstat(file.fileno()).st_size > LARGEST_FILE:
                raise TooLarge(Bounded.FILE, LARGEST_FILE >> 20).fault(place)
            return file.read()
    except OSError as error:
        raise place.fault("KPI612", *near(path), Note("from_folder"), reason=reason(error)) from None


def check_content(data: bytes, suffix: str, place: Place) -> None:
    """See to it that a file, of which `data` are the first bytes or all, holds what its name says.

    Raises:
        Fault: it is empty, or holds something else.
    """
    if not data and suffix != ".csv":
        raise place.fault("KPI624")
    held = next((content for begins, content in _BEGINS.items() if data.startswith(begins)), Content.TEXT)
    if held is _HOLDS[suffix]:
        return
    help_ = Note("rename", {"suffix": _ENDINGS[held]}) if held in _ENDINGS else Note("save")
    raise place.fault("KPI623", help_, suffix=suffix, content=held)
