"""How Arrow holds the values of a type, and small tools for its arrays."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.values.types import Type
from kpirules.values.units import Unit


def arrow_type(what: Type) -> pa.DataType:
    """The Arrow type that holds values of a type."""
    if what.digits is not None:
        return pa.decimal128(what.digits.width, what.digits.scale)
    if what.unit is Unit.TEXT:
        return pa.string()
    return pa.bool_() if what.unit is Unit.BOOL else pa.date32()


def counting(first: int, count: int) -> pa.Array:
    """`first`, `first + 1`, …, as many as `count`."""
    return pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count), start=first - 1)
