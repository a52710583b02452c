"""The passes of the model, in order: plain functions over one workspace."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.model import columns, declare, fragments, header, items, tables
from kpirules.model.checks import weights
from kpirules.model.workspace import Workspace

Pass = Callable[[Workspace], None]

PASSES: tuple[Pass, ...] = (
    declare.declare,
    header.header,
    tables.tables,
    columns.declare,
    tables.subject,
    items.elaborate,
    weights.check,
    fragments.check,
)
