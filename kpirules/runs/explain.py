"""Why a figure of a run is what it is: the trace of one subject, held against what the run recorded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.engines.outcome import shown
from kpirules.engines.schema import schemas
from kpirules.plan.from_model import TOTAL_PAY
from kpirules.plan.ir import Value
from kpirules.runs.run import MARKS, Result, params
from kpirules.source import Diagnostic, Fault, Note
from kpirules.source.similar import similar
from kpirules.syntax import words
from kpirules.trace import Differs, Trace
from kpirules.trace import explain as trace_of
from kpirules.values.types import QUOTIENT_PLACES
from kpirules.values.units import Unit


class Disagreement(Fault):
    """Figures of a run are not what the reference engine makes of the same rows: the program is at fault."""


def explained(compiled: Compiled, loaded: Loaded, result: Result, subject: str, item: str | None = None) -> Trace:
    """The trace of the subject whose key reads `subject`: all of it, or that of one item.

    Raises:
        Fault: the run scored no such subject (KPI734), or has no such item (KPI741).
        Disagreement: a figure is not what the run recorded (KPI735).
    """
    if item is not None and words.builtin(item) in ("total", "grade"):
        item = words.builtin(item)
    batch = recorded(compiled, result, subject)
    period = result.period
    try:
        return trace_of(compiled.plan, loaded.tables, params(period), subject, item, batch, period=str(period))
    except Differs as differs:
        raise Disagreement(
            Diagnostic("KPI735", None, {"subject": subject, "figure": name, "recorded": shown(was), "now": shown(now)})
            for name, was, now in differs.figures
        ) from None


def recorded(compiled: Compiled, result: Result, key: str) -> dict[str, Value]:
    """The figures that a run recorded for the subject whose key reads `key`, by binding, exact.

    A figure of more than 12 places is rounded in the record, so it is not among them.

    Raises:
        Fault: the run scored no such subject (KPI734).
    """
    plan = compiled.plan
    keys = pc.cast(result.scores.column(0), pa.string())
    scores = result.scores.filter(pc.equal(keys, key)).to_pylist()
    if not scores:
        near = similar(key, keys.to_pylist())
        helps = (Note("similar", {"similar": near}),) if near else ()
        raise Fault([Diagnostic("KPI734", None, {"subject": key, "period": result.period}, helps=helps)])
    rows = result.items.filter(pc.equal(pc.cast(result.items.column("key"), pa.string()), key)).to_pylist()
    by_item = {(row["kind"], row["item"]): row for row in rows}
    types = schemas(plan)[plan.result]
    found = {name: _exact(scores[0][name]) for name in ("scorecard", TOTAL_PAY) if name in types}
    for item in plan.items:
        if item.scorecard not in {None, scores[0]["scorecard"]}:
            continue
        row = by_item[item.kind, item.name]
        for part in item.parts:
            if (types[part.binding].scale or 0) <= QUOTIENT_PLACES:
                found[part.binding] = _recorded(row, part.name, types[part.binding].unit)
        found |= {item.tier1[mark]: row[mark] for mark in MARKS if mark in item.tier1}
    return found


def _recorded(row: Mapping[str, Any], part: str, unit: Unit) -> Value:
    """A figure of an item, as `items` keeps it."""
    if unit is Unit.BOOL:
        return {"true": True, "false": False}.get(row["text"])
    return _exact(row["text" if unit is Unit.TEXT else part])


def _exact(value: str | Decimal | None) -> Value:
    return Fraction(value) if isinstance(value, Decimal) else value
