"""`kpirules check`: every fault of rule files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kpirules.cli import console
from kpirules.cli.project import rule_file, shown
from kpirules.source import Diagnostic, Fault


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the findings.")
@console.shared
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], form: str) -> None:
    """Check rule files: .kpi files, or folders with a kpirules.yaml.

    Without PATHS, the scheme of the kpirules.yaml here. Exit code 1 tells of findings.
    """
    from kpirules.compiling import compile_scheme, read_source
    from kpirules.source.files import Folder
    from kpirules.source.render import to_json

    unread: list[Diagnostic] = []
    findings: list[Diagnostic] = []
    for path in paths or (None,):
        try:
            file = rule_file(path)
            source = read_source(file, shown(file))
        except Fault as fault:
            unread += fault.diagnostics
            continue
        try:
            compile_scheme(source, Folder(file.parent))
        except Fault as fault:
            findings += fault.diagnostics
    every = [*unread, *findings]
    if form == "json":
        faults = [to_json(fault, console.lang()) for fault in every]
        console.put_data([json.dumps({"faults": faults}, ensure_ascii=False, indent=2), "\n"])
    elif every:
        console.show(every)
    if not every:
        console.tell(console.say("no_faults"))
    context.exit(console.BAD_INPUT if unread else console.FINDINGS if findings else 0)
