"""What the first bytes of a file say that it holds, whatever its name says."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from kpirules.data.faults import Place
from kpirules.source import Note
from kpirules.source.system import near, open_file, reason

FIRST_BYTES = 8


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
        Fault: it cannot be opened.
    """
    try:
        with open_file(path) as file:
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
