"""What every command shares: the reader's language, the two streams, the exit codes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import click

from kpirules.source import Diagnostic
from kpirules.source.catalogue import LANGUAGES, reader_language, word
from kpirules.source.render import harmless, render_text

FINDINGS = 1
BAD_INPUT = 2
OUR_FAULT = 3

_UNSEEN = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""Characters that a terminal obeys or does not show, and that JSON itself leaves as they are."""

_LONGEST_COUNT = 100
_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([KMGT]i?B)", re.IGNORECASE | re.ASCII)
_EMPTY_LINE = "\r\x1b[2K"
"""Empties the line that a terminal's cursor is in."""
_LANG = "kpirules.lang"
_COMMAND = "kpirules.command"
_DEBUG = "kpirules.debug"


def _keep(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _parameter: click.Parameter, value: object) -> None:
        if value:
            context.meta[key] = value

    return callback


class Choice(click.Choice[str]):
    """A choice that says in the reader's language what was written for it."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """What was written, and is none of the choices."""
        del ctx
        return say("usage_choice", value=value)


class Count(click.ParamType[int]):
    """A whole number, `least` or more."""

    name = "number"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that was written."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT and int(text) >= self.least):
            self.fail(say("usage_count", value=value, least=self.least), param, ctx)
        return int(text)


class Size(click.ParamType[str]):
    """An amount of memory."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The amount, as `2GB`."""
        size = _SIZE.fullmatch(str(value).strip())
        if size is None:
            self.fail(say("usage_size", value=value), param, ctx)
        return f"{size[1]}{size[2].upper()}"


class Folder(click.ParamType[Path]):
    """A folder that is there, and in which files can be made."""

    name = "folder"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The folder."""
        path = Path(str(value))
        if not path.is_dir():
            self.fail(say("usage_folder", folder=path), param, ctx)
        try:
            TemporaryDirectory(dir=path).cleanup()
        except OSError:
            self.fail(say("usage_closed", folder=path), param, ctx)
        return path


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that may stand before or after its name."""
    command = click.option("--debug", is_flag=True, expose_value=False, callback=_keep(_DEBUG))(command)
    return click.option(
        "--lang",
        type=Choice(LANGUAGES),
        expose_value=False,
        callback=_keep(_LANG),
    )(command)


def listen(context: click.Context, args: Sequence[str]) -> None:
    """Note the words of a call, and the language that they ask for, before they are read one by one."""
    context.meta.setdefault(_COMMAND, (context.command_path, *args))  # the group's, which has them all, come first
    for nth, arg in enumerate(args):
        option, _, value = arg.partition("=")
        chosen = value or "".join(args[nth + 1 : nth + 2])
        if option == "--lang" and chosen in LANGUAGES:
            context.meta[_LANG] = chosen


def lang() -> str:
    """The reader's language: what `--lang` says, else KPIRULES_LANG, else the locale; Chinese or English."""
    chosen = click.get_current_context().meta.get(_LANG)
    if chosen is not None:
        return str(chosen)
    return reader_language()


def command() -> tuple[str, ...]:
    """The words of the call."""
    return tuple(click.get_current_context().meta[_COMMAND])


def utc(moment: datetime) -> str:
    """A moment as reports show it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def debugging() -> bool:
    """Whether an internal error shows where it arose."""
    return bool(click.get_current_context().meta.get(_DEBUG) or os.environ.get("KPIRULES_DEBUG"))


def soften() -> None:
    """Have both streams write what their encoding does not have as escapes, and never fail on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def coloured(stream: TextIO | None) -> bool:
    """Whether a person watches the stream in colour."""
    return watched(stream) and "NO_COLOR" not in os.environ


def watched(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal."""
    return stream is not None and stream.isatty()


class Unwritable(Exception):  # noqa: N818  # a fault in the user's surroundings, not an error of ours
    """The standard output takes no more; `reason` is None where who read it has gone away, as `head` does."""

    def __init__(self, error: OSError | None) -> None:
        self.reason = None if error is None or isinstance(error, BrokenPipeError) else error.strerror or str(error)
        super().__init__(self.reason)


def put(text: str) -> None:
    """Write a text for people to the standard output.

    Raises:
        Unwritable: it cannot be written.
    """
    # not by `click.echo`: it writes UTF-8 to a stream that is declared to be ASCII
    with _writing():
        sys.stdout.write(f"{harmless(text, colour=coloured(sys.stdout))}\n")
        sys.stdout.flush()


def put_data(lines: Iterable[str]) -> None:
    """Write lines for programs to the standard output, in UTF-8 whatever the locale says.

    Where a terminal shows them, they are escaped as texts for people are.

    Raises:
        Unwritable: it cannot be written.
    """
    escaped = watched(sys.stdout)
    for line in lines:
        data = (harmless(line, colour=False) if escaped else line).encode(errors="backslashreplace")
        with _writing():
            click.echo(data, nl=False)


def put_json(data: Any) -> None:  # noqa: ANN401  # whatever JSON can say
    """Write data as JSON to the standard output; as `put_data`."""
    import json

    text = json.dumps(data, ensure_ascii=False, indent=2)
    put_data([_UNSEEN.sub(lambda char: f"\\u{ord(char[0]):04x}", text), "\n"])


@contextmanager
def _writing() -> Iterator[None]:
    if sys.stdout is None:  # it was closed before the program began
        raise Unwritable(None)
    try:
        yield
    except OSError as error:
        raise Unwritable(error) from None


def abandon() -> None:
    """Let what is still to be written to the standard output go nowhere, so that Python's own last flush succeeds."""
    with suppress(AttributeError, OSError, ValueError):  # no stream, or one without a file beneath it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(text: str) -> None:
    """Write a line to the standard error."""
    _tell(f"{text}\n")


def say(key: str, **args: object) -> str:
    """A phrase of the catalogue, its braces filled; an argument that is a member of an Enum is a word of it."""
    words = {name: word(str(arg.value), lang()) if isinstance(arg, Enum) else arg for name, arg in args.items()}
    return word(key, lang()).format(**words)


def show(diagnostics: Sequence[Diagnostic], severity: str = "error") -> None:
    """Draw faults, or warnings, on the standard error."""
    _tell(render_text(diagnostics, lang(), colour=coloured(sys.stderr), severity=severity))


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Shows on the standard error which step is at work, where a person watches it; gives what to tell the steps to."""
    if not watched(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    said = lang()
    try:
        yield lambda step: _write(_EMPTY_LINE + word(f"step_{step}", said))
    finally:
        _write(_EMPTY_LINE)


def _tell(text: str) -> None:
    _write(harmless(text, colour=coloured(sys.stderr)))


def _write(text: str) -> None:
    with suppress(AttributeError, OSError):  # nobody to tell: the exit code says it still
        sys.stderr.write(text)
        sys.stderr.flush()
