"""Conditions that results must keep (`ensure`)."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.items import assessed
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast


def ensures(ws: Workspace, node: ast.Ensure) -> None:
    """What the results must keep.

    Raises:
        Skip: it has a fault.
    """
    holds, needs = assessed.judged(ws, node.condition)
    ws.ensures.append(scheme.Ensure(node.message.value, holds, needs, node.span))
