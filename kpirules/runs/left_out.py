"""Who has a row in the subject's table and is not scored, and why."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.load import Loaded
from kpirules.plan.ir import NOT_ACTIVE, NOT_ASKED
from kpirules.values.periods import Period


def left_out(compiled: Compiled, loaded: Loaded, period: Period, scores: pa.Table) -> pa.Table:
    """The `key` of each subject without a row in `scores`, in order, and the `reason`.

    `not_active`: no row of the subject is in force on any day of the period; else `not_asked`: `where` of the subject
    does not hold.
    """
    subject = compiled.model.subject
    rows = loaded.tables[subject.table.name]
    active = rows.column(subject.key)
    dates = subject.table.active
    if dates is not None:
        here = pc.less_equal(rows.column(dates.begins), pa.scalar(period.end))
        stays = pc.greater_equal(rows.column(dates.ends), pa.scalar(period.start))
        active = active.filter(pc.and_(here, pc.fill_null(stays, fill_value=True)))
    kind = scores.schema.field(0).type
    keys = pc.unique(rows.column(subject.key)).cast(kind)
    gone = keys.filter(pc.invert(pc.is_in(keys, value_set=scores.column(0).combine_chunks())))
    known = pc.is_in(gone, value_set=pc.unique(active).cast(kind))
    reason = pc.if_else(known, pa.scalar(NOT_ASKED), pa.scalar(NOT_ACTIVE))
    return pa.table({"key": gone, "reason": reason}).sort_by("key")
