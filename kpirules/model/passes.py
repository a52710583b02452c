"""The passes of the model, in order: plain functions over one workspace."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.model.items import computed_columns, elaboration, fragments, header, tables, weights
from kpirules.model.names import declarations
from kpirules.model.workspace import Workspace

Pass = Callable[[Workspace], None]

PASSES: tuple[Pass, ...] = (
    declarations.declare,
    header.header,
    tables.tables,
    computed_columns.declare,
    tables.subject,
    elaboration.elaborate,
    weights.check,
    fragments.check,
)
