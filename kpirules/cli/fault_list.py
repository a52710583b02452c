"""The list of every fault of the data: `kpirules-faults.csv`, which replaces only an earlier list."""

from __future__ import annotations

import os
import stat
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from kpirules.data.sheet_csv import header, write_csv

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
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{NAME}.")
    os.close(handle)
    try:
        write_csv(faults, Path(temporary))
        return Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _may_replace(path: Path, begins: bytes) -> bool:
    """Whether nothing is there, or a file that begins as a list of faults does."""
    if not os.path.lexists(path):
        return True
    if not stat.S_ISREG(path.lstat().st_mode):
        return False
    with path.open("rb") as file:
        return file.read(len(begins)) == begins
