"""The list of every fault of the data: `kpirules-faults.csv`, which replaces only an earlier list."""

from __future__ import annotations

import os
import stat
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from kpirules.data.sheet_csv import header, write_csv
from kpirules.runs.aside import file_aside

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "kpirules-faults.csv"


def write_faults(faults: pa.Table, folder: Path) -> Path:
    """Write the list and say where: `kpirules-faults.csv`, or `kpirules-faults-2.csv` and so on.

    An earlier list is replaced; a file that is not one, a link or a folder is left as it is. Only its owner can read
    the list: the cells at fault may be salaries.

    Raises:
        OSError: it cannot be written.
    """
    names = (NAME if nth == 1 else f"{Path(NAME).stem}-{nth}.csv" for nth in count(1))
    path = next(path for path in map(folder.joinpath, names) if _may_replace(path, header(faults)))
    with file_aside(path) as written:
        write_csv(faults, written)
        return written.replace(path)


def _may_replace(path: Path, begins: bytes) -> bool:
    """Whether nothing is there, or a file that begins as a list of faults does."""
    if not os.path.lexists(path):
        return True
    if not stat.S_ISREG(path.lstat().st_mode):
        return False
    with path.open("rb") as file:
        return file.read(len(begins)) == begins
