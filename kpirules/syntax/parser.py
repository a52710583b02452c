"""The LALR parser of one item: its tables are built once and kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token
from lark.lark import PostLex
from lark.lexer import PatternStr

from kpirules.syntax import grammar, words

_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "contextual",
    "maybe_placeholders": True,
    "keep_all_tokens": True,
}


class Blocks(PostLex):
    """Marks where blocks begin and end, from the spaces that follow each `_NL`.

    A mark lies, empty, at the first character of the line that makes it.
    """

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens of one item with `_INDENT` and `_DEDENT` put in."""
        open_blocks = [0]
        for token in stream:
            yield token
            if token.type != "_NL":
                continue
            indent = len(token) - token.rindex("\n") - 1
            while indent < open_blocks[-1]:
                open_blocks.pop()
                yield _mark("_DEDENT", token)
            if indent > open_blocks[-1]:
                open_blocks.append(indent)
                yield _mark("_INDENT", token)


def _mark(kind: str, newline: Token) -> Token:
    at, line, column = newline.end_pos, newline.end_line, newline.end_column
    return Token(kind, "", at, line, column, line, column, at)


class ItemParser(Lark):
    """Lark with the project's grammar."""

    @classmethod
    def build(cls, *, strict: bool = False) -> ItemParser:
        """A parser made from the grammar's text; `strict` refuses any conflict or clash, and needs `interegular`."""
        return cls(source(), strict=strict, postlex=Blocks(), **_OPTIONS)

    @classmethod
    def revive(cls, saved: bytes) -> ItemParser:
        """A parser from what `save` wrote. Raises whatever a damaged file provokes."""
        state: dict[str, Any] = pickle.loads(saved)  # noqa: S301  # the user's own cache, under a digest of our grammar
        parser = cls._load_from_dict(  # type: ignore[no-untyped-call]  # Lark says no types for it
            **state, postlex=Blocks()
        )
        assert isinstance(parser, cls)
        return parser

    def signs(self) -> dict[str, str]:
        """The terminals that are one sign, with the sign."""
        return {term.name: term.pattern.value for term in self.terminals if isinstance(term.pattern, PatternStr)}

    def saved(self) -> bytes:
        """What `revive` takes."""
        file = BytesIO()
        self.save(file, exclude_options=("postlex",))
        return file.getvalue()


def source() -> str:
    """The whole text of the grammar, with the keywords' terminals made from the words."""
    keywords = [f"{terminal}.2: /{words.pattern(terminal)}/" for terminal in words.keywords()]
    return "\n".join([grammar.read(grammar.GRAMMAR), f"_STOP: /{words.stop()}/", *keywords, ""])


@cache
def item_parser() -> ItemParser:
    """The parser, from the cache where it has it, else built and put there; without a usable cache just built."""
    with contextlib.suppress(Exception):  # whatever a missing, unreadable or damaged file provokes: build anew
        return ItemParser.revive(cache_file().read_bytes())
    parser = ItemParser.build()
    with contextlib.suppress(OSError, RuntimeError):
        _write(cache_file(), parser.saved())
    return parser


def cache_file() -> Path:
    """Where the tables are kept: in the user's cache folder, under a digest of all that they depend on.

    Raises:
        RuntimeError: the user has no home.
    """
    root = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    folder = Path(root) if root else Path("~/.cache").expanduser()
    digest = hashlib.sha256(f"{lark.__version__} {sys.version} {_OPTIONS}\n{source()}".encode()).hexdigest()
    return folder / "kpirules" / f"grammar-{digest[:32]}.bin"


def _write(place: Path, data: bytes) -> None:
    """Write a file in one step: a reader sees all of it or none."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(place)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
