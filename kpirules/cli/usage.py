"""What is said of a call that is wrong, in the reader's language; the catalogue has it beside the words of `--help`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from kpirules.cli import console
from kpirules.source.catalogue import word
from kpirules.source.similar import similar


class Misused(click.UsageError):
    """A call that is wrong in a way that click has no exception for: what the catalogue says of it, and what helps."""

    def __init__(self, message: str, help_: str | None = None) -> None:
        super().__init__(message, click.get_current_context())
        self.help = help_


@contextmanager
def told(described: Callable[[click.Option], str]) -> Iterator[None]:
    """Tells what is wrong with a call and what to write, and ends it; `described` has what is said of an option.

    Raises:
        click.exceptions.Exit: a call was wrong.
    """
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        context = error.ctx or click.get_current_context()
        message, help_ = _said(error, context, described)
        console.tell(f"{console.say('error')}: {message}")
        if help_ is not None:
            console.tell(f"  {console.say('help')}: {help_}")
        console.tell(context.get_usage())
        console.tell(console.say("usage_more", command=context.command_path))
        context.exit(console.BAD_INPUT)


def listed(names: Iterable[str]) -> str:
    """What may be written, as a help line says it."""
    return console.say("usage_listed", listed=word("comma", console.lang()).join(f"`{name}`" for name in names))


def _said(
    error: click.UsageError, context: click.Context, described: Callable[[click.Option], str]
) -> tuple[str, str | None]:
    """What is wrong, and what to write."""
    match error:
        case click.NoSuchOption(option_name=name) if context.parent and name in _opts(context.parent):
            args = {"name": name, "group": context.parent.command_path, "command": context.info_name}
            return console.say("usage_option", name=name), console.say("usage_before", **args)
        case click.NoSuchOption(option_name=name) if name.startswith("--"):
            return console.say("usage_option", name=name), _instead(name, _options(context))
        case click.NoSuchOption(option_name=name):
            dashed = console.say("usage_dashed", command=context.command_path, name=name)
            return console.say("usage_option", name=name), dashed
        case click.NoSuchCommand(command_name=name):
            return console.say("usage_command", name=name), _instead(name, _commands(context))
        case click.BadOptionUsage(option_name=name):
            option = next(param for param in _params(context) if name in (*param.opts, *param.secondary_opts))
            if option.is_flag:
                return console.say("usage_flag", option=name), console.say("usage_bare", option=name)
            return console.say("usage_value", option=name), _meant(option, described)
        case click.MissingParameter(param=click.Option() as option):
            return console.say("usage_required", option=_name(option)), _meant(option, described)
        case click.MissingParameter(param=click.Argument() as argument):
            return console.say("usage_argument", argument=argument.make_metavar(context)), None
        case click.BadParameter(param=click.Option() as option):
            return console.say("usage_bad", option=_name(option), reason=error.message), _meant(option, described)
        case _:
            return error.message, getattr(error, "help", None)


def _instead(name: str, known: list[str]) -> str:
    close = similar(name, known)
    return console.say("usage_similar", similar=close) if close else listed(known)


def _meant(option: click.Option, described: Callable[[click.Option], str]) -> str:
    return listed(option.type.choices) if isinstance(option.type, console.Choice) else described(option)


def _name(option: click.Option) -> str:
    return max(option.opts, key=len)


def _params(context: click.Context) -> list[click.Option]:
    return [param for param in context.command.get_params(context) if isinstance(param, click.Option)]


def _options(context: click.Context) -> list[str]:
    return [name for name in _opts(context) if name.startswith("--")]


def _opts(context: click.Context) -> list[str]:
    return [name for param in _params(context) for name in (*param.opts, *param.secondary_opts)]


def _commands(context: click.Context) -> list[str]:
    command = context.command
    return command.list_commands(context) if isinstance(command, click.Group) else []
