"""What `verify` and `replay` have in common: findings on the screen, and the exit code that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kpirules.cli import console

if TYPE_CHECKING:
    from kpirules.runs.differences import Finding
    from kpirules.runs.evidence import Evidence

SHOWN = 200
"""How many findings are drawn; the data for programs has all."""
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
    said = [f"{name} {_short(then)} → {_short(now)}" for name, (then, now) in changes.items()]
    return console.say("program_changed", changes=console.say("comma").join(said))


def _short(version: str | None) -> str:
    return "—" if version is None else version[:_DIGITS]


def show(findings: Sequence[Finding]) -> int:
    """Draw the first findings on the standard error, and say which exit code they are."""
    console.show([one.diagnostic for one in findings[:SHOWN]])
    if len(findings) > SHOWN:
        console.tell(console.say("more_findings", count=len(findings) - SHOWN))
    return console.FINDINGS if findings else 0
