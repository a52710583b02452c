"""`kpirules explain`: why a subject's figures are what they are."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kpirules.cli import console
from kpirules.cli.help import Worded


@click.command(cls=Worded)
@click.argument("subject")
@click.argument("item", required=False)
@click.option("--run", "folder", type=click.Path(path_type=Path))
@click.option("--period")
@click.option("--rows", is_flag=True)
@click.option("--format", "form", type=console.Choice(["text", "json"]), default="text")
@console.shared
@click.pass_context
def explain(
    context: click.Context,
    *,
    subject: str,
    item: str | None,
    folder: Path | None,
    period: str | None,
    form: str,
    rows: bool,
) -> None:
    """Show how the figures of SUBJECT came about, all of them or those of ITEM.

    Each figure is worked out again from the data of the run and held against what the run recorded.
    """
    from kpirules.runs.explain import Disagreement, explained
    from kpirules.runs.open import latest, open_run
    from kpirules.trace import to_json
    from kpirules.trace.text import render

    run = open_run(folder or latest(Path("runs"), period))
    try:
        trace = explained(run.compiled, run.loaded, run.result, subject, item)
    except Disagreement as fault:
        console.show(fault.diagnostics)
        context.exit(console.OUR_FAULT)
    if form == "json":
        console.put_json(to_json(trace, console.lang()))
    else:
        console.put(render(trace, console.lang(), colour=console.coloured(sys.stdout), rows=rows))
