"""The passes of the model, in order: plain functions over one workspace."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.model.items import elaboration, fragments, header, tables, weights
from kpirules.model.names import columns, declarations
from kpirules.model.workspace import Workspace

Pass = Callable[[Workspace], None]

PASSES: tuple[Pass, ...] = (
    declarations.declare,
    header.header,
    tables.tables,
    columns.declare,
    tables.subject,
    elaboration.elaborate,
    weights.check,
    fragments.check,
)
