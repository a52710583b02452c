"""What a DuckDB connection may read, however it is opened: some files and folders, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


def fence(*, files: Iterable[Path] = (), folders: Iterable[Path] = ()) -> Mapping[str, bool | list[str]]:
    """The settings, in order, after which a connection reads these alone and no setting of it can be changed.

    Links in the paths are to be followed before.
    """
    return {
        "allowed_paths": [str(file) for file in files],
        "allowed_directories": [str(folder) for folder in folders],
        "enable_external_access": False,
        "lock_configuration": True,
    }
