"""Where the grammar is: the folder that holds `kpirules.lark`, `words.toml` and `near.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

GRAMMAR = "kpirules.lark"
WORDS = "words.toml"
NEAR = "near.toml"


@cache
def folder() -> Path:
    """The grammar's folder: inside the package where it was installed from a wheel, else beside it in a checkout.

    Raises:
        FileNotFoundError: neither place has it; the installation is broken.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package / "_grammar", package.parent / "grammar")
    for place in places:
        if (place / GRAMMAR).is_file() and (place / WORDS).is_file():
            return place
    raise FileNotFoundError(f"no {GRAMMAR} with {WORDS} in " + " or ".join(map(str, places)))


@cache
def read(name: str) -> str:
    """The text of one of the grammar's files.

    Raises:
        FileNotFoundError: as `folder`.
    """
    return (folder() / name).read_text(encoding="utf-8")
