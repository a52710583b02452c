"""The trace as JSON: exact values as texts, each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from kpirules.plan.ir import Origin, Value
from kpirules.trace.tree import Fed, Figure, ItemTrace, Node, RowSeen, Test, Trace
from kpirules.values.rounding import decimal_places, decimal_text


def to_json(trace: Trace) -> dict[str, Any]:
    """The trace as plain dicts and lists. A number is a text: a decimal, or `numerator/denominator`."""
    return {
        "scheme": {"name": trace.scheme, "title": trace.title, "version": trace.version},
        "period": trace.period,
        "currency": trace.currency,
        "subject": trace.subject,
        "scorecard": trace.scorecard,
        "figures_equal_to_the_run": trace.checked,
        "items": [_item(item) for item in trace.items],
    }


def _item(item: ItemTrace) -> dict[str, Any]:
    return {
        "item": item.name,
        "kind": item.kind,
        "title": item.title,
        "parent": item.parent,
        "weight": exact(item.weight),
        "place": _place(item.origin),
        "parts": {name: _node(node) for name, node in item.parts.items()},
    }


def _node(node: Node) -> dict[str, Any]:
    found = {
        "name": node.name,
        "item": node.item,
        "part": node.part,
        "kind": node.kind,
        "title": node.title,
        "place": _place(node.origin),
        **_figure(node.figure),
        "before": _node(node.before) if node.before else None,
        "inputs": [_node(one) for one in node.inputs],
        "rows": [_row(row) for row in node.rows],
        "weights": {name: exact(weight) for name, weight in node.weights.items()},
        "fed": _fed(node.fed) if node.fed else None,
        "condition": _test(node.test) if node.test else None,
        "withheld": node.withheld or None,
        "gate": {"name": node.gate, "tripped": node.tripped} if node.gate else None,
    }
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def _figure(one: Figure) -> dict[str, Any]:
    return {"value": exact(one.value), "unit": one.unit.value}


def exact(value: Value) -> str | bool | None:
    """A value as JSON keeps it, exact."""
    if isinstance(value, Fraction):
        return decimal_text(value) if decimal_places(value) is not None else f"{value.numerator}/{value.denominator}"
    return value.isoformat() if isinstance(value, date) else value


def _place(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {"file": origin.file, "line": origin.line, "column": origin.column, "text": origin.text}


def _row(row: RowSeen) -> dict[str, Any]:
    return {
        "text": row.text,
        "place": _place(row.origin),
        "taken": row.taken,
        "test": _test(row.test) if row.test else None,
        "gives": _figure(row.earns) if row.earns else None,
    }


def _test(one: Test) -> dict[str, Any]:
    found: dict[str, Any] = {"op": one.op, "holds": one.holds}
    if one.left is not None:
        found["left"] = _figure(one.left)
    if one.right is not None:
        found["right"] = _figure(one.right)
    if one.parts:
        found["parts"] = [_test(part) for part in one.parts]
    return found


def _fed(fed: Fed) -> dict[str, Any]:
    return {
        "table": fed.table,
        "where": fed.where,
        "count": fed.count,
        "keys": list(fed.keys),
        "rows": [_columns(row) for row in fed.rows],
    }


def _columns(row: Mapping[str, Value]) -> dict[str, Any]:
    return {name: exact(value) for name, value in row.items()}
