"""What is said of run folders: the report of `verify` and `replay`, and runs that call other rules by one version."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kpirules.cli import console

if TYPE_CHECKING:
    from kpirules.runs.differences import Finding
    from kpirules.runs.evidence import Evidence
    from kpirules.runs.listing import Listing

SHOWN = 200
"""How many findings are drawn; the data for programs has all."""
_LISTED = 5
_DIGITS = 12
"""How much of a program's digest is shown."""


def heading(evidence: Evidence) -> str:
    """Which run it is."""
    from kpirules.source.files import shown

    scheme = evidence.manifest["scheme"]
    args = {"folder": shown(evidence.folder), "period": evidence.period, "digest": evidence.scheme_digest}
    created = console.utc(evidence.created)
    return console.say("audit_of", scheme=scheme["name"], version=scheme["version"], created=created, **args)


def program(changes: Mapping[str, tuple[str | None, str | None]]) -> str:
    """What has changed since the run in the program and its libraries."""
    said = [f"{name} {_short(name, then)} → {_short(name, now)}" for name, (then, now) in changes.items()]
    return console.say("program_changed", changes=console.say("comma").join(said))


def _short(name: str, version: str | None) -> str:
    """A version; of the program's digest its first digits."""
    return "—" if version is None else version[:_DIGITS] if name == "program" else version


def put(evidence: Evidence, lines: Iterable[str], findings: Sequence[Finding]) -> None:
    """Write the report: which run it is of, what was done, and the first findings."""
    from kpirules.source.render import render_text

    report = "\n".join([heading(evidence), *lines])
    if findings:
        drawn = [finding.diagnostic for finding in findings[:SHOWN]]
        report += "\n\n" + render_text(drawn, console.lang(), colour=console.coloured(sys.stdout)).rstrip("\n")
    if len(findings) > SHOWN:
        report += "\n" + console.say("more_findings", count=len(findings) - SHOWN)
    console.put(report)


def tell_same_version(listing: Listing, run: Evidence) -> None:
    """Tell which runs beside a run call other rules by its version."""
    from kpirules.runs.listing import same_version
    from kpirules.source.files import shown

    others = [shown(folder) for folder in same_version(listing.runs, run)]
    if others:
        more = ["…"] if len(others) > _LISTED else []
        folders = console.say("comma").join([*others[:_LISTED], *more])
        console.tell(console.say("same_version", version=run.manifest["scheme"]["version"], folders=folders))
