"""What `--help` says, in the reader's language; the catalogue has it under the names of commands and options."""

from __future__ import annotations

import click

from kpirules.cli import console, usage


class Worded(click.Command):
    """A command whose help has its words from the catalogue.

    `help_run` is said of the command `run`, its first line in the list of commands too, `help_run_period` of its option
    `--period`; `help_lang` of an option that all commands have.
    """

    allow_extra_args = True
    """Arguments that are too many are told here, and not by click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the language first, wherever it stands: help and usage errors come before the options are read."""
        console.listen(ctx, args)
        with usage.told(self.described):
            rest = super().parse_args(ctx, args)
            if rest and not isinstance(self, click.Group):
                raise usage.Misused(console.say("usage_extra", args=" ".join(rest)), console.say("usage_less"))
        return rest

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """`usage: kpirules run [OPTIONS] [SCHEME]`."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=console.say("help_usage"))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command does, paragraph by paragraph."""
        del ctx
        for paragraph in console.say(f"help_{self._key()}").splitlines():
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(paragraph)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and the commands of a group."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        rows = [(param, param.get_help_record(ctx)) for param in options]
        with formatter.section(console.say("help_options")):
            formatter.write_dl([(record[0], self._row(param)) for param, record in rows if record is not None])
        if isinstance(self, click.Group):
            with formatter.section(console.say("help_commands")):
                formatter.write_dl(
                    [(name, console.say(f"help_{name}").splitlines()[0]) for name in self.list_commands(ctx)]
                )

    def _key(self) -> str:
        return "group" if isinstance(self, click.Group) else str(self.name)

    def described(self, param: click.Option) -> str:
        """What an option is for."""
        name = max(param.opts, key=len).lstrip("-").replace("-", "_")
        key = f"help_{name}" if name in ("lang", "debug", "help", "version") else f"help_{self._key()}_{name}"
        return console.say(key)

    def _row(self, param: click.Option) -> str:
        return self.described(param) + (f" {console.say('help_required')}" if param.required else "")
