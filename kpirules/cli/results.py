"""The results of a run in print: as a table for people, as CSV, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.cli import console
from kpirules.cli.table_rows import lines as table_lines
from kpirules.cli.text_columns import aligned
from kpirules.data.arrow import plain_text
from kpirules.data.faults import SHOWN as FAULTS_SHOWN
from kpirules.data.faults import DataFaults, listed
from kpirules.data.sheet_csv import guarded
from kpirules.runs.not_considered import by_item
from kpirules.runs.run import QUARANTINE, ensure_flag
from kpirules.runs.table_rows import period_columns, to_json
from kpirules.runs.uncredited import NO_PERIOD

if TYPE_CHECKING:
    from kpirules.data.load import TableFacts
    from kpirules.runs.manifest import Done
    from kpirules.source import Diagnostic

_TOUCHED = 20
SHOWN = 200
"""How many subjects the table shows; CSV and JSON have all."""

_BATCH = 1 << 16
FORMAT = 1
"""The version of the form of `plain`."""


def csv_lines(done: Done) -> Iterator[str]:
    """The scores: a line for each subject, under a line of names; no cell is a formula to a spreadsheet."""
    scores = done.result.scores
    yield ",".join(_quoted(pa.array(scores.column_names)).to_pylist()) + "\n"
    for batch in scores.to_batches(_BATCH):
        cells = [pc.fill_null(_quoted(guarded(plain_text(column))), "") for column in batch.columns]
        yield "".join(f"{line}\n" for line in pc.binary_join_element_wise(*cells, ",").to_pylist())


def plain(done: Done, run: str) -> dict[str, Any]:
    """The results as data that `json.dumps` takes (`results.schema.json`); figures are texts, `run` is the folder."""
    plan, result = done.compiled.plan, done.result
    return {
        "format": FORMAT,
        "scheme": plan.scheme,
        "version": plan.version,
        "period": str(result.period),
        "currency": plan.currency,
        "scores": _plain(result.scores),
        "not_assessed": _plain(result.not_assessed),
        "not_considered": [
            {"item": pay.name, "title": pay.title, "count": len(keys), "subjects": keys.to_pylist()}
            for pay, keys in by_item(done.compiled.model, result.not_considered)
        ],
        "left_out": _plain(result.left_out),
        "period_columns": period_columns(done.compiled.model),
        "tables": to_json(result.tables),
        "broken": [
            {"message": demand.message, "subjects": plain_text(demand.subjects).to_pylist()} for demand in result.broken
        ],
        "warnings": listed(done.loaded.warnings, plan.language).to_pylist(),
        "run": run,
    }


def _plain(rows: pa.Table) -> list[dict[str, Any]]:
    columns = {name: plain_text(rows.column(name)) for name in rows.column_names}
    return pa.table(columns).to_pylist() if columns else []


def table(done: Done) -> list[str]:
    """The scores as lines for people: a heading, a line for each subject, the sums of what is paid."""
    plan, scores = done.compiled.plan, done.result.scores
    pays = {pay.name: pay.title or pay.name for pay in done.compiled.model.pays}
    titled = {**pays, **{outcome.name: outcome.title or outcome.name for outcome in done.compiled.model.outcomes}}
    head = {**{name: console.say(name) for name in ("scorecard", "total", "grade", "total_pay", "flags")}, **titled}
    names = [name for name in scores.column_names if _has_something(scores, name)]
    rows = [[head.get(name, name) for name in names]]
    rows += [[_cell(value) for value in row.values()] for row in _first(done).select(names).to_pylist()]
    sums = [pc.sum(scores.column(name)).as_py() if name in {*pays, "total_pay"} else None for name in names]
    if pays:
        rows.append([console.say("sum"), *(_cell(value) if value is not None else "" for value in sums[1:])])
    title = plan.title or plan.scheme
    lines = [console.say("run_of", period=done.result.period, scheme=title, version=plan.version), ""]
    lines += aligned(rows, [pa.types.is_decimal(scores.schema.field(name).type) for name in names])
    if scores.num_rows > SHOWN:
        lines.insert(-1 if pays else len(lines), console.say("more_subjects", count=scores.num_rows - SHOWN))
    return lines


def _first(done: Done) -> pa.Table:
    """The scores that are shown, their flags in the reader's words; gates keep their names."""
    scores = done.result.scores.slice(0, SHOWN)
    flags = scores.column("flags")
    for item in done.compiled.plan.items:
        if item.kind == "ensure":
            flags = pc.replace_substring(flags, ensure_flag(item), console.say("flag_ensure", message=item.title))
    touched = pc.is_in(pc.cast(scores.column(0), pa.string()), done.loaded.quarantine.touched.column("subject"))
    told = pc.replace_substring_regex(flags, f"{QUARANTINE}$", console.say("flag_quarantine"))  # it is the last
    at = scores.column_names.index("flags")
    return scores.set_column(at, "flags", pc.if_else(touched, told, flags))


def counts(done: Done) -> list[str]:
    """How many subjects were scored, who was not, and what became of the rows of each table."""
    result = done.result
    scored = result.scores.num_rows
    lines = [console.say("subject_scored" if scored == 1 else "subjects_scored", count=scored)]
    if done.compiled.model.scorecards or result.not_assessed.num_rows:
        lines.append(_why("not_assessed_of", result.not_assessed))
    for pay, keys in by_item(done.compiled.model, result.not_considered):
        lines.append(console.say("not_considered", item=pay.title or pay.name, count=len(keys), subjects=_some(keys)))
    if result.left_out.num_rows:
        lines.append(_why("left_out_of", result.left_out))
    lines += ["", *table_lines(done), *_uncredited(result.uncredited)]
    touched = [f"{key} {count}" for key, count in _touched(done)]
    if touched:
        lines.append(console.say("touched", subjects=console.say("comma").join(touched)))
    return lines


def _some(keys: pa.ChunkedArray) -> str:
    """The first of some keys, `…` where there are more."""
    return console.say("comma").join([*keys.slice(0, _TOUCHED).to_pylist(), *(["…"] if len(keys) > _TOUCHED else [])])


def _uncredited(rows: pa.Table) -> Iterator[str]:
    """Why rows of the period are credited to nobody: how many of each table for each reason."""
    rows = rows.filter(pc.not_equal(rows.column("reason"), NO_PERIOD))
    by_table: dict[str, list[str]] = {}
    for counted in rows.group_by(["table", "reason"], use_threads=False).aggregate([([], "count_all")]).to_pylist():
        by_table.setdefault(counted["table"], []).append(
            f"{console.say('why_' + counted['reason'])} {counted['count_all']}"
        )
    for table, reasons in by_table.items():
        yield console.say("uncredited_because", table=table, reasons=console.say("comma").join(reasons))


def _why(said: str, missed: pa.Table) -> str:
    """How many there are of those with a reason, and how many for each."""
    reasons = missed.column("reason").value_counts().to_pylist()
    why = console.say("comma").join(
        f"{console.say('why_' + reason['values'])} {reason['counts']}" for reason in reasons
    )
    line = console.say(said, count=missed.num_rows)
    return line + console.say("because", reason=why) if why else line


def warnings(done: Done) -> list[str]:
    """What a person should know: which encodings were guessed, and whether nobody is scored."""
    return [*map(_guessed, (facts for facts in done.loaded.facts if facts.guessed)), *_nobody(done)]


def _guessed(facts: TableFacts) -> str:
    return console.say("encoding_guessed", source=facts.source, encoding=facts.encoding, table=facts.table)


def _nobody(done: Done) -> list[str]:
    if done.result.scores.num_rows:
        return []
    table = done.compiled.model.subject.table.name
    if done.loaded.tables[table].num_rows:
        return [console.say("nobody_scored", period=done.result.period)]
    return [console.say("no_subjects", table=table)]


def data_warnings(done: Done) -> tuple[list[Diagnostic], int]:
    """The first things in the data that may be mistakes, and how many more there are."""
    faults = DataFaults(done.loaded.warnings)
    codes = set[str]()
    drawn = []
    for fault in faults.first(FAULTS_SHOWN):
        drawn.append(fault.diagnostic(with_help=fault.code not in codes))
        codes.add(fault.code)
    return drawn, faults.count - len(drawn)


def _touched(done: Done) -> Iterator[tuple[str, object]]:
    """The first subjects whom a row set aside concerns, and how many such rows; `…` where there are more."""
    touched = done.loaded.quarantine.touched
    for row in touched.slice(0, _TOUCHED).to_pylist():
        yield row["subject"], row["rows"]
    if touched.num_rows > _TOUCHED:
        yield "…", touched.num_rows


def _has_something(scores: pa.Table, name: str) -> bool:
    """Whether a column is worth its place: the key always, others where any subject has something there."""
    column = scores.column(name)
    if name == scores.column_names[0]:
        return True
    if name == "flags":
        return bool(pc.any(pc.not_equal(column, "")).as_py())
    return int(column.null_count) < len(column)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return console.say("true" if value else "false")
    return f"{value:,f}" if isinstance(value, Decimal) else str(value)


def _quoted(text: pa.Array) -> pa.Array:
    """Cells as CSV has them: quoted where a comma, a quote or a line end is in them."""
    special = pc.match_substring_regex(text, '[",\r\n]')
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), text)
