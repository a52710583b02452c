"""Who made a run, how, and with which program: the block `provenance` of a manifest."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import re
import socket
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path
from typing import Any

from kpirules import __version__
from kpirules.records import dataclass
from kpirules.syntax import grammar

BINDINGS_KEPT = "bindings/kpirules.yaml"
"""Where a run folder keeps the text of the bindings."""

_PACKAGE = Path(__file__).resolve().parents[1]
_GRAMMAR = "_grammar"
_GRAMMAR_FILES = {".lark", ".toml"}
"""Beside them, a checkout has the script that builds the parser's tables, and a wheel has the tables."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Request:
    """How a run was asked for.

    `command` are the words of the command line, None from Python; `options` those that decide what is worked out;
    `bindings` is the text of the `kpirules.yaml`, None for a run on frames.
    """

    command: tuple[str, ...] | None = None
    options: Mapping[str, bool] = field(default_factory=dict)
    bindings: str | None = None


def provenance(request: Request) -> dict[str, Any]:
    """The block of a manifest; whatever the system does not know is null."""
    return {
        "command": None if request.command is None else [_printable(word) for word in request.command],
        "options": dict(request.options),
        "folder": _folder(),
        "user": _user(),
        "host": _host(),
        "platform": platform.platform(),
        "program": program_digest(),
        "bindings": None if request.bindings is None else BINDINGS_KEPT,
    }


@cache
def program_digest() -> str:
    """The SHA-256 of the program: of a line `digest  name` for each of its files, in order of their names.

    Its files are those of the package and of the grammar, whose names begin with `_grammar/` wherever it lies, so that
    a wheel and a checkout of one version have the same digest.
    """
    files = {path.relative_to(_PACKAGE).as_posix(): path for path in _PACKAGE.rglob("*") if _ours(path)}
    files |= {f"{_GRAMMAR}/{path.name}": path for path in grammar.folder().iterdir() if path.suffix in _GRAMMAR_FILES}
    lines = [f"{hashlib.sha256(files[name].read_bytes()).hexdigest()}  {name}\n" for name in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def versions() -> dict[str, str]:
    """The version of the program, of Python, and of every library that it needs, directly or not.

    Where the program runs without being installed nothing says what it needs, so every library there is counts.
    """
    installed: dict[str, str] = {}
    try:
        _add_needed("kpirules", installed)
    except PackageNotFoundError:
        installed = {distribution.name: distribution.version for distribution in distributions()}
    libraries = {name: installed[name] for name in sorted(installed) if name != "kpirules"}
    return {"kpirules": __version__, "python": platform.python_version(), **libraries}


def program_changes(manifest: Mapping[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    """What is not as it was for a run: the program's own digest, Python, a library; its version then and now.

    Of a run that kept no digest of its program nothing says that the program is the same.
    """
    provenance: Mapping[str, Any] = manifest.get("provenance", {})
    then: dict[str, str | None] = {**manifest["engine"]["versions"], "program": provenance.get("program")}
    now = {**versions(), "program": program_digest()}
    return {name: (was, now.get(name)) for name, was in sorted(then.items()) if was != now.get(name)}


def _add_needed(name: str, installed: dict[str, str]) -> None:
    """Add a library and what it needs; one that is not installed is not needed on this system.

    Raises:
        PackageNotFoundError: the library itself is not installed.
    """
    installed[name] = version(name)
    for requirement in requires(name) or ():
        needed, _, marker = requirement.partition(";")
        match = _NAME.match(needed)
        if match is None or "extra" in marker or match[0].lower() in installed:
            continue
        try:
            _add_needed(match[0].lower(), installed)
        except PackageNotFoundError:
            continue


def _ours(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and _GRAMMAR not in path.parts


def _printable(text: str) -> str:
    """A text of the system whose bytes may be in no known encoding, as one that can be written."""
    return text.encode("utf-8", "backslashreplace").decode()


def _folder() -> str | None:
    try:
        return _printable(str(Path.cwd()))
    except OSError:  # it was removed
        return None


def _user() -> str | None:
    try:
        return _printable(getpass.getuser())
    except (KeyError, OSError, ImportError):  # nobody in the environment, and the number has no name
        return str(os.getuid()) if hasattr(os, "getuid") else None


def _host() -> str | None:
    try:
        return _printable(socket.gethostname()) or None
    except OSError:
        return None
