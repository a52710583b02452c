"""What every command shares: the reader's language, the two streams, the exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from io import TextIOWrapper
from typing import Any, TextIO

import click

from kpirules.source import Diagnostic
from kpirules.source.catalogue import LANGUAGES, reader_language, word
from kpirules.source.render import render_text

FINDINGS = 1
BAD_INPUT = 2
OUR_FAULT = 3

_LANG = "kpirules.lang"
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
    """Note the language that the words of a call ask for, before they are read one by one."""
    for nth, one in enumerate(args):
        option, _, value = one.partition("=")
        chosen = value or "".join(args[nth + 1 : nth + 2])
        if option == "--lang" and chosen in LANGUAGES:
            context.meta[_LANG] = chosen


def lang() -> str:
    """The reader's language: what `--lang` says, else KPIRULES_LANG, else the locale; Chinese or English."""
    chosen = click.get_current_context().meta.get(_LANG)
    if chosen is not None:
        return str(chosen)
    return reader_language()


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
    return stream is not None and stream.isatty() and "NO_COLOR" not in os.environ


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
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def put_data(lines: Iterable[str]) -> None:
    """Write a text for programs to the standard output, in UTF-8 whatever the locale says.

    Raises:
        Unwritable: it cannot be written.
    """
    for line in lines:
        data = line.encode(errors="backslashreplace")
        with _writing():
            click.echo(data, nl=False)


def put_json(data: Any) -> None:  # noqa: ANN401  # whatever JSON can say
    """Write data as JSON to the standard output; as `put_data`."""
    import json

    put_data([json.dumps(data, ensure_ascii=False, indent=2), "\n"])


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
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from rich.console import Console  # where a terminal is there

    said = lang()
    with Console(stderr=True).status("") as status:
        yield lambda step: status.update(word(f"step_{step}", said))


def _tell(text: str) -> None:
    with suppress(AttributeError, OSError):  # nobody to tell: the exit code says it still
        sys.stderr.write(text)
        sys.stderr.flush()
