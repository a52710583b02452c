"""`kpirules replay`: make a run again from its folder alone, and compare the results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.cli.help import Worded

if TYPE_CHECKING:
    from kpirules.runs.replay import Replay


@click.command(cls=Worded)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--format", "form", type=console.Choice(["text", "json"]), default="text")
@console.shared
@click.pass_context
def replay(context: click.Context, *, folder: Path, form: str) -> None:
    """Make the run of the run folder DIR again, from that folder alone, and compare the results with those in it."""
    from kpirules.cli import audit
    from kpirules.runs.replay import replay as replayed

    with console.progress() as watch:
        outcome = replayed(folder, watch)
    if form == "json":
        console.put_json(outcome.to_json(console.lang()))
    else:
        audit.put(outcome.evidence, _lines(outcome), outcome.findings)
    context.exit(0 if outcome.equal else console.FINDINGS)


def _lines(outcome: Replay) -> Iterator[str]:
    """What came out as it was."""
    from kpirules.cli import audit

    if outcome.equal_bytes:
        yield console.say("equal_bytes", count=len(outcome.equal_bytes))
    if outcome.equal_values:
        files = console.say("comma").join(outcome.equal_values)
        yield console.say("equal_values", count=len(outcome.equal_values), files=files)
    if outcome.program:
        yield audit.program(outcome.program)
    yield console.say("findings_count", count=len(outcome.findings)) if outcome.findings else console.say("replayed")
