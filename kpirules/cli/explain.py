"""`kpirules explain`: why a subject's figures are what they are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.source import Diagnostic

if TYPE_CHECKING:
    from kpirules.runs.open import Run
    from kpirules.trace import Trace


@click.command()
@click.argument("subject")
@click.argument("item", required=False)
@click.option("--run", "folder", type=click.Path(path_type=Path), help="Run folder. [default: the newest under runs/]")
@click.option("--period", help="Take the newest run of this period.")
@click.option("--rows", is_flag=True, help="List every row of data that was counted.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the trace.")
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
    from kpirules.engines.outcome import shown
    from kpirules.runs.open import latest, open_run
    from kpirules.trace import Differs, to_json
    from kpirules.trace.text import render

    run = open_run(folder or latest(Path("runs"), period))
    try:
        trace = _traced(run, subject, item)
    except Differs as differs:
        console.show(
            [
                Diagnostic(
                    "KPI735", None, {"subject": subject, "figure": name, "recorded": shown(was), "now": shown(now)}
                )
                for name, was, now in differs.figures
            ]
        )
        context.exit(console.OUR_FAULT)
    if form == "json":
        console.put_data([json.dumps(to_json(trace), ensure_ascii=False, indent=2), "\n"])
    else:
        console.put(render(trace, console.lang(), colour=console.coloured(sys.stdout), rows=rows))


def _traced(run: Run, subject: str, item: str | None) -> Trace:
    from kpirules.runs.open import recorded
    from kpirules.runs.run import params
    from kpirules.syntax import words
    from kpirules.trace import explain as trace_of

    if item is not None and words.builtin(item) in ("total", "grade"):
        item = words.builtin(item)
    batch = recorded(run, subject)
    return trace_of(
        run.compiled.plan, run.loaded.tables, params(run.period), subject, item, batch, period=str(run.period)
    )
