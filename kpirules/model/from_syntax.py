"""The arrow from syntax to model."""

from __future__ import annotations

from kpirules.model.expressions import inference
from kpirules.model.items import elaboration
from kpirules.model.operations import overflow
from kpirules.model.passes import PASSES
from kpirules.model.rows import row_times
from kpirules.model.rules import forms
from kpirules.model.scheme import Model
from kpirules.model.workspace import Steps, Workspace
from kpirules.source import Diagnostic, SourceText, Span
from kpirules.syntax import ast

_STEPS = Steps(elaboration.resolve, forms.rule, inference.infer)


def _passed(ws: Workspace) -> Workspace:
    for step in PASSES:
        step(ws)
    return ws


def elaborate(file: ast.File, source: SourceText) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """The typed model of a rule file, or the faults that keep it from being one, in file order.

    `file` may have parts that could not be read; what they declare raises no second fault, and the model is None.
    """
    ws = _passed(Workspace(file, Span(source, 0, 0), _STEPS))
    faults = tuple(sorted(ws.diagnostics, key=Diagnostic.order))
    if any(fault.args.get("columns") for fault in faults if fault.code == "KPI305"):
        narrow = _passed(Workspace(file, ws.source_span, _STEPS, column_bound=overflow.LARGE))
        faults = overflow.bounded_first(faults, narrow.diagnostics)
    if faults or file.broken or ws.header is None or ws.subject is None:
        return None, faults
    order = [node.name.text for node in file.items if isinstance(node, ast.Pay)]
    effects = [effect.span for node in file.items if isinstance(node, ast.Gate) for effect in node.effects]
    total = ws.memo.get(("total", "value"))
    return (
        Model(
            ws.header,
            file.language,
            ws.tables,
            ws.columns,
            ws.subject,
            ws.defines,
            ws.indicators,
            ws.scorecards,
            ws.exclusive,
            total is not None and total.missing,
            ws.grade,
            tuple(ws.effects[span] for span in effects),
            tuple(ws.pays[name] for name in order),
            tuple(ws.outcomes[node.name.text] for node in file.items if isinstance(node, ast.Outcome)),
            tuple(ws.ensures),
            tuple(ws.demands),
            tuple(ws.advice.values()),
            tuple(ws.memo),
            ws.reads,
            row_times.times(ws),
        ),
        faults,
    )
