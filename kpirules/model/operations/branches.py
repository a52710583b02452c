"""Branches: values of which one is taken, by an `if`, by rows or by a function, in one unit and of one type."""

from __future__ import annotations

from collections.abc import Sequence

from kpirules.model.expr import Expr, Skip, Unknown
from kpirules.model.operations import fitting
from kpirules.model.reports import every
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def join(ws: Workspace, branches: list[Expr], unit: Unit | None = None) -> list[Expr]:
    """Branches of one value in their common unit, or in the one that their place asks for.

    Raises:
        Skip: two of them clash.
    """
    if unit is not None:
        return [*every(lambda branch: fitting.fitted(ws, branch, unit), branches)]
    sound = [branch for branch in branches if not isinstance(branch, Unknown)]
    first = next((branch for branch in sound if branch.type.unit is not Unit.BARE), None)
    if first is None:
        return branches
    _one_ratio(ws, sound)

    def settle(branch: Expr) -> Expr:
        if isinstance(branch, Unknown):
            return branch
        _, fixed, unit = fitting.align(ws, first, branch)
        if unit is None:
            raise _clash(ws, first, fixed)
        return fixed

    return [*every(settle, branches)]


def _one_ratio(ws: Workspace, branches: Sequence[Expr]) -> None:
    """Refuse a ratio among more bare numbers: it is the one that has a `%` too many.

    Raises:
        Skip: there is one.
    """
    bare = [branch for branch in branches if branch.type.unit is Unit.BARE and known(branch) != 0]
    ratios = [branch for branch in branches if branch.type.unit is Unit.RATIO]
    if len(ratios) < len(bare) and len(ratios) + len(bare) >= len(
        [branch for branch in branches if known(branch) != 0]
    ):
        faults = [_clash(ws, fitting.plain(ws, bare[0]), branch) for branch in ratios]
        if faults:
            raise faults[0]


def _clash(ws: Workspace, first: Expr, other: Expr) -> Skip:
    helps = fitting.clash_help(first, other, "one")
    return ws.fail("KPI316", other.span, labels=fitting.unit_labels(first, other), helps=helps)


def either(ws: Workspace, branches: list[Expr], node: ast.Node) -> Type:
    """The type of a value that is one of several, all of one unit; presumed where one of them is not known.

    Raises:
        Skip: none is known, or the digits cannot be proved.
    """
    sound = [branch for branch in branches if not (isinstance(branch, Unknown) and branch.presumed is None)]
    if not sound:
        raise Skip
    unit = sound[0].type.unit
    if any(branch.type.unit is Unit.NUMBER for branch in sound):
        unit = Unit.NUMBER
    type_ = fitting.fit(ws, node.span, tuple(sound), lambda: types.either([branch.type for branch in sound], unit))
    return type_ if len(sound) == len(branches) else types.doubted(type_)
