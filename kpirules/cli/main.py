"""The command `kpirules`."""

from __future__ import annotations

import gc
from contextlib import chdir
from pathlib import Path
from typing import Any

import click

from kpirules import __version__
from kpirules.cli import console
from kpirules.cli.check import check
from kpirules.cli.explain import explain
from kpirules.cli.plan import plan
from kpirules.cli.rule import rule
from kpirules.cli.run import run
from kpirules.source import Fault

_INTERRUPTED = 130

_SELDOM = 100_000
"""Objects made before Python looks for garbage in circles: a command is short, and makes next to none."""


class _Commands(click.Group):
    """Turns what a command raises into words and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # whatever the command returns
        console.soften()
        try:
            return super().invoke(ctx)
        except Fault as fault:
            console.show(fault.diagnostics)
            ctx.exit(console.BAD_INPUT)
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  # the last stop: an error of ours
            if console.debugging():
                import traceback

                console.tell(traceback.format_exc().rstrip())
            console.tell(console.say("our_fault", error=f"{type(error).__name__}: {error}"))
            ctx.exit(console.OUR_FAULT)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kpirules", message="%(prog)s %(version)s")
@click.option(
    "-C",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Work in this folder.",
)
@console.shared
@click.pass_context
def cli(context: click.Context, folder: Path | None) -> None:
    """Evaluate KPI schemes for sales departments, and the pay that follows."""
    if folder is not None:
        context.with_resource(chdir(folder))


for _command in (check, run, explain, plan, rule):
    cli.add_command(_command)


def main() -> None:
    """Run the command line and exit: 0 fine, 1 findings, 2 usage or bad input, 3 an error of the program."""
    gc.set_threshold(_SELDOM)
    cli(prog_name="kpirules")
