"""`kpirules run`: evaluate a scheme for a period, and keep the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.cli.help import Worded
from kpirules.source.files import BINDINGS, bindings_file, shown

if TYPE_CHECKING:
    from kpirules.data.faults import DataFaults
    from kpirules.runs.evaluate import Steps
    from kpirules.runs.manifest import Done

FAULTS = Path("kpirules-faults.csv")


@click.command(cls=Worded)
@click.argument("scheme", required=False, type=click.Path(path_type=Path))
@click.option("--period", required=True)
@click.option("--data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path))
@click.option("--keep-inputs/--no-keep-inputs", default=True)
@click.option("--csv", is_flag=True)
@click.option("--quarantine", is_flag=True)
@click.option("--allow-empty", is_flag=True)
@click.option("--format", "form", type=console.Choice(["table", "csv", "json"]), default="table")
@console.shared
@click.pass_context
def run(
    context: click.Context,
    *,
    scheme: Path | None,
    period: str,
    data: Path | None,
    out: Path | None,
    keep_inputs: bool,
    csv: bool,
    quarantine: bool,
    allow_empty: bool,
    form: str,
) -> None:
    """Evaluate SCHEME, by default the one that kpirules.yaml names, and keep the run in a folder."""
    from kpirules.data.faults import DataFaults
    from kpirules.runs.evaluate import Steps
    from kpirules.runs.folder import check_free, save
    from kpirules.runs.inputs import KEPT_BYTES

    if out is not None:
        check_free(out)
    bindings = bindings_file(data or Path(BINDINGS))
    try:
        with console.progress() as watch:
            steps = Steps(watch)
            given = {"quarantine": quarantine, "allow_empty": allow_empty, "keep_inputs": keep_inputs}
            done = _done(scheme, period, bindings, steps, **given)
            target = out or bindings.parent / "runs" / str(done.result.period)
            with steps.step("write"):
                folder = save(done, target, numbered=out is None, csv=csv)
    except DataFaults as faults:
        console.show(faults.diagnostics)
        _write_all(faults)
        for said in faults.waiting:
            console.tell(console.say("requirement_waits", said=said))
        context.exit(console.BAD_INPUT)
    _print(done, folder, form)
    if keep_inputs and done.inputs is None:
        console.tell(console.say("data_too_large", size=KEPT_BYTES >> 20))
    console.tell(console.say("run_kept", path=shown(folder)))
    if done.result.broken:
        console.show([broken.diagnostic() for broken in done.result.broken])
        context.exit(console.FINDINGS)


def _done(scheme: Path | None, period: str, data: Path, steps: Steps, **options: bool) -> Done:
    from kpirules.compiling import compile_file
    from kpirules.data.bindings import load_bindings
    from kpirules.runs.evaluate import evaluate

    with steps.step("compile"):
        bindings = load_bindings(data)
        path = scheme or bindings.scheme
        compiled = compile_file(path, shown(path), None if scheme else bindings.scheme_span)
    return evaluate(compiled, path, bindings, period, steps=steps, **options)


def _print(done: Done, folder: Path, form: str) -> None:
    from kpirules.cli import results

    match form:
        case "csv":
            console.put_data(results.csv_lines(done))
        case "json":
            console.put_json(results.plain(done, shown(folder)))
        case _:
            console.put("\n".join(results.table(done)))
            console.put("")
    tell = console.put if form == "table" else console.tell
    for line in results.counts(done):
        tell(line)
    for line in results.warnings(done):
        console.tell(line)


def _write_all(faults: DataFaults) -> None:
    """Write every fault of the data to a file."""
    from kpirules.data.sheet_csv import write_csv
    from kpirules.source.system import reason

    try:
        write_csv(faults.listed(console.lang()), FAULTS)
    except OSError as error:
        why = reason(error)
        console.tell(console.say("faults_unwritten", count=faults.count, path=FAULTS, reason=why))
    else:
        console.tell(console.say("faults_written", count=faults.count, path=FAULTS))
