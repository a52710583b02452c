"""Pandas, imported where it is used and nowhere else.

With the first values that it is given, Arrow imports pandas to see whether they are some of its own. That takes as long
as all else that a command imports, and no command has such values.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from types import ModuleType


class _Refusal(MetaPathFinder):
    """Says that there is no pandas, and leaves all other modules to others."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def refuse_pandas() -> None:
    """Have Arrow, and whoever else asks, find no pandas, unless it is imported already."""
    sys.meta_path.insert(0, _Refusal())


def imported_pandas() -> ModuleType:
    """The module itself, refused to others or not: files that pandas has written may hold what only it can read."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Refusal)]
    import pandas as pd

    return pd
