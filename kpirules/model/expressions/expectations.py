"""What a place expects of an expression: a unit, a condition, a constant, a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from kpirules.model.expr import Expr, Known, Skip, Unknown
from kpirules.model.operations import fitting
from kpirules.model.scope import Scope
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

_ANY_TEXT = Type(Unit.TEXT)
"""What may be asked for beside a value of which nothing is known."""


def asking(scope: Scope, beside: Expr, node: ast.Expr) -> Scope:
    """The scope of a node that stands beside a value: beside a text, a name may be one without its quotes."""
    if not isinstance(node, ast.Path) or len(node.names) > 1:
        return scope
    if isinstance(beside, Unknown):
        return replace(scope, asked=_ANY_TEXT) if beside.presumed is None else scope
    return replace(scope, asked=beside.type) if beside.type.unit is Unit.TEXT else scope


def want(ws: Workspace, scope: Scope, node: ast.Expr, unit: Unit) -> Expr:
    """An expression at a place that asks for a unit; `Unknown` where it has a fault.

    Raises:
        Skip: it has another unit.
    """
    return fitting.fitted(ws, ws.infer(scope, node), unit)


def condition(ws: Workspace, scope: Scope, node: ast.Expr) -> Expr:
    """A condition: a bool that is never missing; `Unknown` where it is not."""
    try:
        test = want(ws, scope, node, Unit.BOOL)
        if test.type.missing:
            raise fitting.lost(ws, test, test.span, "condition")
    except Skip:
        return Unknown(node.span, types.BOOL)
    return test


def constant(ws: Workspace, node: Expr) -> Known:
    """The value of a node whose place asks for a constant.

    Raises:
        Skip: it is none.
    """
    value = known(node)
    if isinstance(node, Unknown):
        raise Skip
    if value is None:
        raise ws.fail("KPI311", node.span, {"text": node.span.text}, helps=[Note("value")])
    return value


def number(ws: Workspace, node: Expr) -> Fraction:
    """The value of a node whose place asks for a constant number.

    Raises:
        Skip: it is none.
    """
    value = constant(ws, node)
    if not isinstance(value, Fraction):
        raise ws.fail("KPI311", node.span, {"text": node.span.text}, helps=[Note("value")])
    return value


def once(ws: Workspace, values: Iterable[Expr]) -> tuple[Known, ...]:
    """The known values of a list; one that it has more than once is reported."""
    first: dict[Known, Span] = {}
    for node in values:
        value = known(node)
        if value in first:
            ws.report(
                "KPI546",
                node.span,
                {"text": node.span.text},
                labels=[Label(first[value], "first")],
                helps=[Note("once")],
            )
        elif value is not None:
            first[value] = node.span
    return tuple(first)


def settle_free(ws: Workspace, node: Expr) -> Expr:
    """A value whose place asks for no unit: a bare literal is a number.

    Raises:
        Skip: it is bare so far as it is known, and the rest of it may have a unit.
    """
    if isinstance(node, Unknown):
        return node
    if node.type.unit is Unit.BARE and node.type.presumed:
        raise Skip
    return fitting.plain(ws, node)
