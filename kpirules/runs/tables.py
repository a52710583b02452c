"""The tables of results: their columns and types, and that they say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.arrow import arrow_type
from kpirules.data.quarantine import SCHEMA as QUARANTINE
from kpirules.plan.from_model import TOTAL_PAY
from kpirules.runs.advice import LISTS
from kpirules.runs.run import FIGURE, MARKS, PARTS, SCORED
from kpirules.values.types import QUOTIENT_PLACES, WIDTH

_TEXT = pa.string()
_WIDE = pa.decimal256(60, QUOTIENT_PLACES)
"""Holds the sum of any figures."""
_WEIGHT_AFTER = PARTS[4]
"""The weight as declared stands before what it comes to."""


def schemas(compiled: Compiled) -> Mapping[str, pa.Schema]:
    """The columns of each table that a run folder holds, in order."""
    key = _key(compiled)
    reasons = pa.schema([("key", key), ("reason", _TEXT)])
    return {
        "scores": pa.schema(list(_scores(compiled, key))),
        "items": pa.schema(list(_items(key))),
        "not_assessed": reasons,
        "left_out": reasons,
        "quarantine": QUARANTINE,
    }


def _key(compiled: Compiled) -> pa.DataType:
    found = arrow_type(compiled.plan.key_type)
    return pa.decimal128(WIDTH, found.scale) if pa.types.is_decimal(found) else found


def _scores(compiled: Compiled, key: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    model, places = compiled.model, compiled.model.header.places
    money = pa.decimal128(WIDTH, max(compiled.plan.money_places, 0))
    yield model.subject.key, key
    yield "scorecard", _TEXT
    yield "total", pa.decimal128(WIDTH, max(places.get("total", 0), 0))
    yield "grade", _TEXT
    for pay in model.pays:
        yield pay.name, money
    yield TOTAL_PAY, money
    for outcome in model.outcomes:
        yield outcome.name, pa.bool_()
    yield "flags", _TEXT


def _items(key: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    yield "key", key
    for name in ("item", "kind", "title", "parent"):
        yield name, _TEXT
    for name in PARTS:
        if name == _WEIGHT_AFTER:
            yield "weight", FIGURE
        yield name, FIGURE
    for name in (*MARKS, "text"):
        yield name, _TEXT
    yield "advice", LISTS


def disagreeing(compiled: Compiled, scores: pa.Table, items: pa.Table) -> list[str]:
    """The columns of `scores` that say something else than `items` does of the same subjects."""
    held = {"total": "total", "grade": "grade"}
    wrong = []
    for item in compiled.plan.items:
        name = held.get(item.kind) or (item.name if item.kind in SCORED else None)
        if name is None:
            continue
        mine = pc.and_(pc.equal(items.column("kind"), item.kind), pc.equal(items.column("item"), item.name))
        rows = items.filter(mine)
        column = scores.column(name)
        said = rows.column("value") if pa.types.is_decimal(column.type) else rows.column("text")
        if not (_same(rows.column("key"), scores.column(0)) and _same(said, column.cast(said.type))):
            wrong.append(name)
    paid = [pc.fill_null(scores.column(pay.name).cast(_WIDE), 0) for pay in compiled.model.pays if pay.paid]
    if paid and not _same(reduce(_plus, paid), scores.column(TOTAL_PAY).cast(_WIDE)):
        wrong.append(TOTAL_PAY)
    return wrong


def _plus(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.add(one, other).cast(_WIDE)


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    return bool(one.combine_chunks().equals(other.combine_chunks()))
