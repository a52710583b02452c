"""Why a figure of a run is what it is: the trace of one subject, held against what the run recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.engines.outcome import shown
from kpirules.engines.schema import schemas
from kpirules.plan.from_model import TOTAL_PAY
from kpirules.plan.ir import Plan, Value
from kpirules.runs.in_place import unchanged
from kpirules.runs.run import MARKS, QUARANTINED, ROUNDED, Result, params
from kpirules.source import Diagnostic, Fault
from kpirules.source.catalogue import LANGUAGES, word
from kpirules.syntax import words
from kpirules.trace import BuiltIn, Differs, SetAside, Trace, Uncredited, as_recorded, set_aside
from kpirules.trace import explain as trace_of
from kpirules.values.rounding import Mode
from kpirules.values.units import Unit

_RESULTS = {name: name for name in ("total", "grade", "active_days", "active_share")}
_RESULTS |= {"GRADE": "grade", "SCORECARD": "scorecard"}
"""Results that every scheme has, by the word for them, whatever its spelling."""


class Recorded(Enum):
    """What a run recorded of an item, under its word in the catalogue."""

    VALUE = "recorded value"
    ACTUAL = "actual"
    TARGET = "target"
    ACHIEVEMENT = "achievement"
    SCORE = "score"
    POINTS = "points"
    WEIGHT = "weight"
    EFFECTIVE_WEIGHT = "recorded weight"
    ROW = "recorded row"
    LIMIT = "recorded limit"
    POLICY = "recorded policy"
    GATE = "gate"
    LEFT_OUT = "left_out"
    ROUNDED = "recorded rounded"
    ADVICE = "recorded advice"


class Disagreement(Fault):
    """Figures of a run are not what the reference engine makes of the same rows.

    The program is at fault, or whoever has changed the folder.
    """


def explained(compiled: Compiled, loaded: Loaded, result: Result, subject: str, item: str | None = None) -> Trace:
    """The trace of the subject whose key reads `subject`: all of it, or that of one item.

    One whom the run left out has a trace that says why.

    Raises:
        Fault: there is no such subject (KPI740), or no such item (KPI741), or a file has changed (KPI765).
        Disagreement: a figure is not what the run recorded (KPI735), or the subject is scored here and was left out of
            the run, or the other way round (KPI737, KPI738).
    """
    if item is not None:
        item = _asked(item)
    batch, scored = recorded(compiled, result, subject), _is_scored(result, subject)
    plan, period = compiled.plan, result.period
    aside, uncredited = _set_aside(result, subject), _uncredited(result, subject)
    if not scored and _was_set_aside(result, subject):
        return replace(set_aside(plan, str(period), subject, item), set_aside=aside, uncredited=uncredited)
    try:
        mode = compiled.model.header.mode
        with unchanged(loaded):
            trace = trace_of(plan, loaded.tables, params(period), subject, item, batch, period=str(period), mode=mode)
    except Differs as differs:
        raise Disagreement(_differences(compiled.plan, subject, differs)) from None
    if scored is bool(trace.left_out):
        args = {"subject": subject, "key": compiled.model.subject.key}
        raise Disagreement([Diagnostic("KPI737" if scored else "KPI738", None, args)])
    _same_marks(result, subject, trace, mode)
    _same_advice(result, subject, trace)
    return replace(trace, set_aside=aside, uncredited=uncredited)


def _asked(item: str) -> str:
    """The name of what is asked for, in whichever language it has its word."""
    called = {word(builtin.value, lang): builtin.value for builtin in BuiltIn for lang in LANGUAGES}
    if item in called:
        return called[item]
    return _RESULTS.get(words.builtin(item) or words.spelled(item) or "", item)


def _differences(plan: Plan, subject: str, differs: Differs) -> list[Diagnostic]:
    """A fault for each figure that differs, under the names that `items` has for it."""
    places = {part.binding: (item, part.name) for item in plan.items for part in item.parts}
    places |= {name: (item, mark) for item in plan.items for mark, name in item.tier1.items()}
    differences: list[Diagnostic] = []
    for binding, was, now in differs.figures:
        item, part = places.get(binding, (None, "value"))
        name = item.name if item is not None else binding
        figure = item.title if item is not None and item.kind == "ensure" else _KNOWN.get(name, name)
        args = {"subject": subject, "figure": figure, "part": Recorded[part.upper()]}
        differences.append(Diagnostic("KPI735", None, {**args, "recorded": shown(was), "now": shown(now)}))
    return differences


_KNOWN = {builtin.value: builtin for builtin in BuiltIn}


def _is_scored(result: Result, key: str) -> bool:
    return bool(pc.any(pc.equal(pc.cast(result.scores.column(0), pa.string()), key)).as_py())


def _was_set_aside(result: Result, key: str) -> bool:
    rows = result.not_assessed.filter(pc.equal(result.not_assessed.column("reason"), QUARANTINED))
    return key in pc.cast(rows.column("key"), pa.string()).to_pylist()


def _set_aside(result: Result, key: str) -> tuple[SetAside, ...]:
    """The rows that were set aside and concern the subject whose key reads `key`."""
    concerned = pc.split_pattern(result.quarantine.column("subjects").combine_chunks(), ", ")
    rows = pc.list_parent_indices(concerned).filter(pc.equal(pc.list_flatten(concerned), key))
    aside = result.quarantine.take(rows).to_pylist()
    return tuple(SetAside(row["table"], row["source"], row["row"], row["message"]) for row in aside)


def _uncredited(result: Result, key: str) -> tuple[Uncredited, ...]:
    """The rows that name the subject whose key reads `key`, and count for nobody."""
    rows = result.uncredited.filter(pc.equal(result.uncredited.column("subject"), key))
    told = rows.select(["table", "source", "row", "row_key", "day", "reason"])
    return tuple(Uncredited(*cells) for cells in zip(*(column.to_pylist() for column in told.columns), strict=True))


def _same_marks(result: Result, subject: str, trace: Trace, mode: Mode) -> None:
    """Hold what the run says of which figures are rounded in its record against the figures themselves.

    Raises:
        Disagreement: it says something else (KPI735).
    """
    given = {(row["kind"], row["item"]): row[ROUNDED] for row in _rows(result, subject)}
    wrong = []
    for item in trace.items:
        exact = {name: node.figure.value for name, node in item.parts.items()}
        now = ", ".join(name for name, value in exact.items() if value != as_recorded(value, mode)) or None
        was = given.get((item.kind, item.name))
        if (item.kind, item.name) in given and was != now:
            args = {"subject": subject, "figure": item.name, "part": Recorded.ROUNDED}
            wrong.append({**args, "recorded": was or "", "now": now or ""})
    if wrong:
        raise Disagreement(Diagnostic("KPI735", None, args) for args in wrong)


def _same_advice(result: Result, subject: str, trace: Trace) -> None:
    """Hold the texts of each item against those that the run gave.

    Raises:
        Disagreement: a text is not what the run recorded (KPI735).
    """
    rows = _rows(result, subject)
    given = {(row["kind"], row["item"]): row["advice"] or [] for row in rows}
    said = {(item.kind, item.name): [text.text for text in item.advice] for item in trace.items}
    wrong = [
        {
            "subject": subject,
            "figure": key[1],
            "part": Recorded.ADVICE,
            "recorded": "; ".join(given[key]),
            "now": "; ".join(now),
        }
        for key, now in said.items()
        if key in given and given[key] != now
    ]
    if wrong:
        raise Disagreement(Diagnostic("KPI735", None, args) for args in wrong)


def _rows(result: Result, key: str) -> list[dict[str, Any]]:
    """What a run says of one subject's items."""
    rows: list[dict[str, Any]] = result.items.filter(
        pc.equal(pc.cast(result.items.column("key"), pa.string()), key)
    ).to_pylist()
    return rows


def recorded(compiled: Compiled, result: Result, key: str) -> dict[str, Value]:
    """The figures that a run recorded for the subject whose key reads `key`, by binding, rounded as the record is.

    Nothing was recorded of one whom the run did not score.
    """
    plan = compiled.plan
    keys = pc.cast(result.scores.column(0), pa.string())
    scores = result.scores.filter(pc.equal(keys, key)).to_pylist()
    if not scores:
        return {}
    by_item = {(row["kind"], row["item"]): row for row in _rows(result, key)}
    types = schemas(plan)[plan.result]
    figures = {name: _exact(scores[0][name]) for name in ("scorecard", TOTAL_PAY) if name in types}
    for item in plan.items:
        if item.scorecard not in {None, scores[0]["scorecard"]}:
            continue
        row = by_item[item.kind, item.name]
        for part in item.parts:
            figures[part.binding] = _recorded(row, part.name, types[part.binding].unit)
        figures |= {item.tier1[mark]: row[mark] for mark in MARKS if mark in item.tier1}
    return figures


def _recorded(row: Mapping[str, Any], part: str, unit: Unit) -> Value:
    """A figure of an item, as `items` keeps it."""
    if unit is Unit.BOOL:
        return {"true": True, "false": False}.get(row["text"])
    return _exact(row["text" if unit is Unit.TEXT else part])


def _exact(value: str | Decimal | None) -> Value:
    return Fraction(value) if isinstance(value, Decimal) else value
