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
        found = verified(folder, sample, seed, watch)
    if form == "json":
        console.put_json(found.to_json(console.lang()))
    else:
        audit.put(found.evidence, _lines(found), found.findings)
    context.exit(0 if found.equal else console.FINDINGS)


def _lines(found: Verification) -> Iterator[str]:
    """What was done, and how much was found."""
    from kpirules.cli import audit

    yield console.say("digests_checked", count=found.files)
    args = {"recomputed": found.recomputed, "subjects": found.subjects, "figures": found.figures, "seed": found.seed}
    if found.recomputed is None:
        yield console.say("none_recomputed")
    else:
        yield console.say("all_recomputed" if found.seed is None else "sample_recomputed", **args)
    if found.set_aside:
        yield console.say("aside_as_recorded", count=found.set_aside)
    if found.program:
        yield audit.program(found.program)
    yield console.say("findings_count", count=len(found.findings)) if found.findings else console.say("verified")
