"""Outcomes: results that are not payments."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.items import assessed
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast
from kpirules.values import types
from kpirules.values.types import Type


def outcome(ws: Workspace, node: ast.Outcome) -> Type:
    """An outcome's type: yes or no, missing for those who lack a result that it reads.

    Raises:
        Skip: it has a fault.
    """
    when, needs = assessed.judged(ws, node.when)
    ws.outcomes[node.name.text] = scheme.Outcome(node.name.text, node.title, when, needs, node.span)
    return types.BOOL.maybe(when=bool(needs))
