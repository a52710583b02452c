"""`kpirules run`: evaluate a scheme for a period, and keep the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpirules.cli import console
from kpirules.cli.audit import tell_same_version
from kpirules.cli.help import Worded
from kpirules.source.files import BINDINGS, bindings_file, shown

if TYPE_CHECKING:
    from kpirules.compiling import Compiled
    from kpirules.data.bindings import Bindings
    from kpirules.data.faults import DataFaults
    from kpirules.runs.evaluate import Steps
    from kpirules.runs.manifest import Done


@click.command(cls=Worded)
@click.argument("scheme", required=False, type=click.Path(path_type=Path))
@click.option("--period", required=True)
@click.option("--data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path))
@click.option("--keep-inputs/--no-keep-inputs", default=True)
@click.option("--csv", is_flag=True)
@click.option("--quarantine", is_flag=True)
@click.option("--allow-empty", is_flag=True)
@click.option("--sample", type=console.Count(0), default=20)
@click.option("--time-limit", type=console.Count(), default=600)
@click.option("--memory", type=console.Size())
@click.option("--temp", type=console.Folder())
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
    sample: int,
    time_limit: int,
    memory: str | None,
    temp: Path | None,
    form: str,
) -> None:
    """Evaluate SCHEME, by default the one that kpirules.yaml names, and keep the run in a folder."""
    from kpirules.data.faults import DataFaults
    from kpirules.engines.duckdb import Limits
    from kpirules.runs.evaluate import Steps, evaluate
    from kpirules.runs.evidence import read_evidence
    from kpirules.runs.folder import check_free, save
    from kpirules.runs.inputs import KEPT_BYTES
    from kpirules.runs.listing import list_runs

    if out is not None:
        check_free(out)
    bindings = bindings_file(data or Path(BINDINGS))
    try:
        with console.progress() as watch:
            steps = Steps(watch)
            compiled, path, loaded = _read(scheme, bindings, steps)
            done = evaluate(
                compiled,
                path,
                loaded,
                period,
                quarantine=quarantine,
                allow_empty=allow_empty,
                keep_inputs=keep_inputs,
                limits=Limits(time_limit, memory, temp),
                sample=sample,
                command=console.command(),
                steps=steps,
            )
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
    _tell_engine(done)
    if keep_inputs and done.inputs is None:
        console.tell(console.say("data_too_large", size=KEPT_BYTES >> 20))
    console.tell(console.say("run_kept", path=shown(folder)))
    beside = list_runs(folder.parent)
    this = next((run for run in beside.runs if run.folder == folder), None)
    tell_same_version(beside, this or read_evidence(folder))
    if done.result.broken:
        console.show([broken.diagnostic() for broken in done.result.broken])
        context.exit(console.FINDINGS)


def _read(scheme: Path | None, data: Path, steps: Steps) -> tuple[Compiled, Path, Bindings]:
    """The scheme, its file, and the bindings."""
    from kpirules.compiling import compile_file
    from kpirules.data.bindings import load_bindings

    with steps.step("compile"):
        bindings = load_bindings(data)
        path = scheme or bindings.scheme
        compiled = compile_file(path, shown(path), None if scheme else bindings.scheme_span)
    return compiled, path, bindings


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
    drawn, more = results.data_warnings(done)
    console.show(drawn, "warning")
    if more:
        console.tell(console.say("more_warnings", count=more))


def _tell_engine(done: Done) -> None:
    """Tell what the bulk engine did not finish, and for how many subjects both engines have come to the same."""
    for failure in done.failures:
        why = console.say(f"not_finished_{failure.reason}", **failure.words)
        console.tell(console.say("reference_instead", why=why))
    if done.sample is not None:
        count, subjects = len(done.sample.subjects), done.result.scores.num_rows
        seconds = f"{done.times['sample'] / 1000:.2f}"
        console.tell(console.say("sample_equal", count=count, subjects=subjects, seconds=seconds))


def _write_all(faults: DataFaults) -> None:
    """Write every fault of the data to a file."""
    from kpirules.cli.fault_list import NAME, write_faults
    from kpirules.source.system import reason

    try:
        path = write_faults(faults.listed(console.lang()), Path())
    except OSError as error:
        why = reason(error)
        console.tell(console.say("faults_unwritten", count=faults.count, path=NAME, reason=why))
    else:
        console.tell(console.say("faults_written", count=faults.count, path=path))
