"""The command `kpirules`."""

from __future__ import annotations

import gc
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any, NoReturn

import click

from kpirules import __version__
from kpirules.cli import console, usage
from kpirules.cli.check import check
from kpirules.cli.explain import explain
from kpirules.cli.help import Worded
from kpirules.cli.plan import plan
from kpirules.cli.replay import replay
from kpirules.cli.rule import rule
from kpirules.cli.run import run
from kpirules.cli.verify import verify
from kpirules.data.pandas_import import refuse_pandas
from kpirules.source import Fault

_INTERRUPTED = 130


class _Commands(Worded, click.Group):
    """Turns what a command raises into words and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # whatever the command returns
        console.soften()
        if not _has_working_folder():
            console.tell(console.say("no_working_folder"))
            ctx.exit(console.BAD_INPUT)
        try:
            with usage.told(self.described):
                return super().invoke(ctx)
        except Fault as fault:
            console.show(fault.diagnostics)
            ctx.exit(console.OUR_FAULT if fault.ours else console.BAD_INPUT)
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except console.Unwritable as fault:
            console.abandon()
            if fault.reason is not None:
                console.tell(console.say("unwritable", reason=fault.reason))
            ctx.exit(console.BAD_INPUT)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except UnicodeEncodeError as error:
            if error.encoding != sys.getfilesystemencoding():
                self._our_fault(ctx, error)
            console.tell(console.say("unnameable", name=error.object, encoding=error.encoding))
            ctx.exit(console.BAD_INPUT)
        except Exception as error:  # noqa: BLE001  # the last stop: an error of ours
            self._our_fault(ctx, error)

    def _our_fault(self, ctx: click.Context, error: Exception) -> NoReturn:
        if console.debugging():
            import traceback

            console.tell("".join(traceback.format_exception(error)).rstrip())
        console.tell(console.say("our_fault", error=f"{type(error).__name__}: {error}"))
        ctx.exit(console.OUR_FAULT)


def _has_working_folder() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:  # somebody removed it
        return False
    return True


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.version_option(__version__, prog_name="kpirules", message="%(prog)s %(version)s")
@click.option("-C", "folder", type=click.Path(path_type=Path))
@console.shared
@click.pass_context
def cli(context: click.Context, folder: Path | None) -> None:
    """Evaluate KPI schemes for sales departments, and the pay that follows.

    Exit codes: 0 all is well; 1 findings: `check` has found faults, the results of `run` break what they must keep, or
    `verify` or `replay` has found differences; 2 the call is wrong, or what it names cannot be read, written or, in a
    `run`, is faulty; 3 the program has failed.
    """
    if context.invoked_subcommand is None:
        raise usage.Misused(console.say("usage_no_command"), usage.listed(cli.list_commands(context)))
    if folder is not None:
        if not folder.is_dir():
            raise usage.Misused(console.say("usage_folder", folder=folder), console.say("usage_where"))
        context.with_resource(chdir(folder))


for _command in (check, run, explain, replay, verify, plan, rule):
    cli.add_command(_command)


def main() -> None:
    """Run the command line and exit: 0 fine, 1 findings, 2 usage or bad input, 3 an error of the program."""
    refuse_pandas()
    try:
        cli(prog_name="kpirules")
    except OSError:  # `--help` is written before any command can handle it
        console.abandon()
        sys.exit(console.BAD_INPUT)
    finally:
        if "duckdb" not in sys.modules:  # it wants to see its own objects go
            gc.freeze()  # what is still there goes with the process, and is not looked through once more
