"""`kpirules check`: every fault of rule files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from kpirules import __version__
from kpirules.cli import console
from kpirules.cli.help import Worded
from kpirules.cli.project import rule_files
from kpirules.source import Diagnostic, Fault
from kpirules.source.files import shown
from kpirules.source.system import real


@click.command(cls=Worded)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=console.Choice(["text", "json", "sarif"]), default="text")
@console.shared
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], form: str) -> None:
    """Check rule files: .kpi files, and folders.

    Of a folder with a kpirules.yaml the scheme that it names is checked, with the files that this uses; of another
    folder, every such scheme below it and every other .kpi file that none of them uses. Without PATHS, the folder here.

    Exit code 0: no faults; 1: faults; 2: something could not be read.
    """
    from kpirules.compiling import compile_scheme, read_source

    given, unread = rule_files(paths or (Path(),))
    findings: list[Diagnostic] = []
    used: set[Path] = set()
    for file in given:
        if file.stray and real(file.path) in used:
            continue
        try:
            source = read_source(file.path, shown(file.path))
        except Fault as fault:
            unread += fault.diagnostics
            continue
        try:
            compile_scheme(source, _Noting(file.path.parent, used))
        except Fault as fault:
            findings += (diagnostic for diagnostic in fault.diagnostics if diagnostic not in findings)
    _put([*unread, *findings], form, complete=not unread)
    context.exit(console.BAD_INPUT if unread else console.FINDINGS if findings else 0)


def _put(faults: Sequence[Diagnostic], form: str, *, complete: bool) -> None:
    if form == "text" and faults:
        console.show(faults)
    elif form == "json":
        from kpirules.source.render import to_json

        console.put_json({"faults": [to_json(fault, console.lang()) for fault in faults]})
    elif form == "sarif":
        from kpirules.source.sarif import to_sarif

        console.put_json(to_sarif(faults, console.lang(), version=__version__, complete=complete))
    if not faults:
        console.tell(console.say("no_faults"))


class _Noting:
    """Rule files of a folder; notes in `used` which are read."""

    def __init__(self, folder: Path, used: set[Path]) -> None:
        from kpirules.source.files import Folder

        self._folder = Folder(folder)
        self._used = used

    def one_name(self, name: str) -> str:
        return self._folder.one_name(name)

    def read(self, name: str) -> bytes:
        self._used.add(real(self._folder.path / name))
        return self._folder.read(name)

    def beside(self, folder: str) -> Iterable[str]:
        return self._folder.beside(folder)
