"""`kpirules verify`: whether a run folder is what a run wrote, and its figures follow from its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.cli.help import Worded

if TYPE_CHECKING:
    from kpirules.runs.verify import Verification


@click.command(cls=Worded)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--sample", type=console.Count())
@click.option("--seed", type=console.Count())
@click.option("--format", "form", type=console.Choice(["text", "json"]), default="text")
@console.shared
@click.pass_context
def verify(context: click.Context, *, folder: Path, sample: int | None, seed: int | None, form: str) -> None:
    """Verify the run folder DIR: check every digest, and recompute every figure from the inputs that it keeps."""
    from kpirules.cli import audit
    from kpirules.runs.verify import verify as verified

    with console.progress() as watch:
        verification = verified(folder, sample, seed, watch)
    if form == "json":
        console.put_json(verification.to_json(console.lang()))
    else:
        audit.put(verification.evidence, _lines(verification), verification.findings)
    context.exit(0 if verification.equal else console.FINDINGS)


def _lines(verification: Verification) -> Iterator[str]:
    """What was done, and how much was found."""
    from kpirules.cli import audit

    yield console.say("digests_checked", count=verification.files)
    args = {
        "recomputed": verification.recomputed,
        "subjects": verification.subjects,
        "figures": verification.figures,
        "seed": verification.seed,
    }
    if verification.recomputed is None:
        yield console.say("none_recomputed")
    else:
        yield console.say("all_recomputed" if verification.seed is None else "sample_recomputed", **args)
    if verification.set_aside:
        yield console.say("aside_as_recorded", count=verification.set_aside)
    if verification.program:
        yield audit.program(verification.program)
    yield (
        console.say("findings_count", count=len(verification.findings))
        if verification.findings
        else console.say("verified")
    )
