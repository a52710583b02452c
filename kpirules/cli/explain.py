"""`kpirules explain`: why a subject's figures are what they are."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.cli.audit import tell_same_version
from kpirules.cli.help import Worded
from kpirules.source.files import shown

if TYPE_CHECKING:
    from kpirules.runs.evidence import Evidence
    from kpirules.runs.listing import Listing


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
    from kpirules.runs.open import open_run
    from kpirules.trace import RunName, to_json
    from kpirules.trace.text import render

    listing, evidence = _found(folder, period)
    run = open_run(evidence.folder)
    tell_same_version(listing, evidence)
    try:
        trace = explained(run.compiled, run.loaded, run.result, subject, item)
    except Disagreement as fault:
        console.show(fault.diagnostics)
        context.exit(console.OUR_FAULT)
    named = RunName(shown(evidence.folder), evidence.created, evidence.scheme_digest)
    trace = replace(trace, run=named)
    if form == "json":
        console.put_json(to_json(trace, console.lang()))
    else:
        console.put(render(trace, console.lang(), colour=console.coloured(sys.stdout), rows=rows))


def _found(folder: Path | None, period: str | None) -> tuple[Listing, Evidence]:
    """The run that is meant, and the runs beside it; those that cannot be read are told and hurt nobody else.

    Raises:
        Fault: there is no such run (KPI731), or the folder named cannot be read (KPI730) or is of another period
            (KPI750).
    """
    from kpirules.runs.evidence import read_evidence
    from kpirules.runs.listing import check_period, list_runs

    if folder is None:
        listing = list_runs(Path("runs"))
        evidence = listing.latest(period)
        for fault in listing.unreadable:
            console.tell(console.say("passed_over", message=fault.message(console.lang())))
        return listing, evidence
    evidence = read_evidence(folder)
    if period is not None:
        check_period(evidence, period)
    return list_runs(folder.parent), evidence
