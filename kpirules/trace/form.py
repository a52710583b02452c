"""The trace as JSON: exact values as texts, each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from kpirules.plan.ir import Origin, Value
from kpirules.records import dataclass
from kpirules.trace import figure_format
from kpirules.trace.tree import Called, Fed, Figure, ItemTrace, LeftOut, Node, RowSeen, RunName, Test, Trace
from kpirules.values.periods import period_of
from kpirules.values.rounding import numeral

FORMAT = 1
"""The version of the form."""


def to_json(trace: Trace, lang: str) -> dict[str, Any]:
    """The trace as plain dicts and lists, in the form of `trace.schema.json`.

    A number is a text: a decimal, or `numerator/denominator`. Beside each value stands how it is shown in a language.
    """
    form = _Form(trace.currency, trace.money_places, lang)
    return {
        "format": FORMAT,
        "scheme": {"name": trace.scheme, "title": trace.title, "version": trace.version},
        "run": _run(trace.run) if trace.run else None,
        "period": trace.period,
        "currency": trace.currency,
        "subject": trace.subject,
        "scorecard": trace.scorecard,
        "left_out": form.left_out(trace.left_out) if trace.left_out else None,
        "set_aside": [
            {"table": row.table, "source": row.source, "row": row.row, "message": row.message}
            for row in trace.set_aside
        ],
        "uncredited": [
            {
                "table": row.table,
                "source": row.source,
                "row": row.row,
                "key": row.key,
                "day": None if row.day is None else row.day.isoformat(),
                "reason": row.reason,
            }
            for row in trace.uncredited
        ],
        "figures_equal_to_the_run": trace.checked,
        "items": [form.item(item) for item in trace.items],
    }


def _run(run: RunName) -> dict[str, str]:
    return {"folder": run.folder, "created": run.created.isoformat(), "scheme_sha256": run.scheme_digest}


@dataclass(frozen=True, slots=True)
class _Form:
    """Makes data of a trace's parts; figures are shown in a currency of so many places, in a language."""

    currency: str
    money_places: int
    lang: str

    def figure(self, figure: Figure) -> dict[str, Any]:
        shown = figure_format.shown(figure, self.currency, self.money_places, self.lang)
        return {"value": _value(figure), "unit": figure.unit.value, "shown": shown}

    def figures(self, cells: Mapping[str, Figure]) -> dict[str, Any]:
        return {name: self.figure(cell) for name, cell in cells.items()}

    def left_out(self, left_out: LeftOut) -> dict[str, Any]:
        return {"reason": left_out.reason, "place": _place(left_out.origin), "read": self.figures(left_out.read)}

    def item(self, item: ItemTrace) -> dict[str, Any]:
        return {
            "item": item.name,
            "kind": item.kind,
            "title": item.title,
            "parent": item.parent,
            "weight": exact(item.weight),
            "place": _place(item.origin),
            "parts": {name: self.node(node) for name, node in item.parts.items()},
            "advice": [{"text": said.text, "place": _place(said.origin)} for said in item.advice],
        }

    def node(self, node: Node) -> dict[str, Any]:
        written = {
            "name": node.name if node.called.is_named else None,
            "item": None if node.kind == "aggregate" else node.name if node.ident is None else node.ident.item,
            "part": node.part,
            "kind": node.kind,
            "title": node.title,
            "place": _place(node.origin),
            "before": self.node(node.before) if node.before else None,
            "inputs": [self.node(read) for read in node.inputs],
            "rows": [self.row(row) for row in node.rows],
            "weights": {name: exact(weight) for name, weight in node.weights.items()},
            "fed": self.fed(node.fed) if node.fed else None,
            "condition": self.test(node.test) if node.test else None,
            "withheld": node.withheld or None,
            "gate": {"name": node.gate, "tripped": node.tripped} if node.gate else None,
        }
        told = {name: value for name, value in written.items() if value not in (None, [], {})}
        return {**self.figure(node.figure), **told}

    def row(self, row: RowSeen) -> dict[str, Any]:
        return {
            "text": row.text,
            "place": _place(row.origin),
            "taken": row.taken,
            "test": self.test(row.test) if row.test else None,
            "gives": self.figure(row.earns) if row.earns else None,
        }

    def test(self, test: Test) -> dict[str, Any]:
        written: dict[str, Any] = {"op": test.op, "holds": test.holds}
        if test.left is not None:
            written["left"] = self.figure(test.left)
        if test.right is not None:
            written["right"] = self.figure(test.right)
        if test.parts:
            written["parts"] = [self.test(part) for part in test.parts]
        for side, name in (("left_called", test.left_called), ("right_called", test.right_called)):
            if name is not None and (text := _named(name)) is not None:
                written[side] = text
        return written

    def fed(self, fed: Fed) -> dict[str, Any]:
        return {
            "table": fed.table,
            "where": fed.where,
            "count": fed.count,
            "keys": list(fed.keys),
            "computed": [{"column": name, "kind": kind, "place": _place(at)} for name, kind, at in fed.computed],
            "absent": list(fed.absent),
            "rows": [self.figures(row) for row in fed.rows],
        }


def _named(called: Called) -> str | None:
    """A value's name, or what the rules say where it has none."""
    return called.name if called.is_named else called.origin.text if called.origin is not None else None


def _value(figure: Figure) -> str | bool | None:
    """A figure's value; a period in its short form."""
    if isinstance(figure.value, date) and figure.unit.periodic:
        return str(period_of(figure.value, figure.unit))
    return exact(figure.value)


def exact(value: Value) -> str | bool | None:
    """A value as JSON keeps it, exact."""
    if isinstance(value, Fraction):
        return numeral(value)
    return value.isoformat() if isinstance(value, date) else value


def _place(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {"file": origin.file, "line": origin.line, "column": origin.column, "text": origin.text}
