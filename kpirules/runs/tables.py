"""The tables of results: their columns and types, and that they say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.arrow import arrow_type
from kpirules.data.quarantine import SCHEMA as QUARANTINE
from kpirules.engines.schema import schemas as plan_schemas
from kpirules.plan.from_model import TOTAL_PAY
from kpirules.plan.ir import Item
from kpirules.runs.advice import LISTS
from kpirules.runs.figures import FIGURE
from kpirules.runs.run import MARKS, PARTS, ROUNDED, SCORED, of_places, written_weight
from kpirules.runs.uncredited import SCHEMA as UNCREDITED
from kpirules.values.types import RECORDED_PLACES, WIDTH, Type

_TEXT = pa.string()
_WIDE = pa.decimal256(60, RECORDED_PLACES)
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
        "not_considered": pa.schema([("item", _TEXT), *reasons]),
        "left_out": reasons,
        "uncredited": UNCREDITED,
        "quarantine": QUARANTINE,
    }


def _key(compiled: Compiled) -> pa.DataType:
    plan = compiled.plan
    kind = arrow_type(plan_schemas(plan)[plan.result][plan.key])
    return pa.decimal128(WIDTH, kind.scale) if pa.types.is_decimal(kind) else kind


def _scores(compiled: Compiled, key: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    model, places = compiled.model, compiled.model.header.places
    money = of_places(compiled.plan.money_places)
    yield model.subject.key, key
    yield "scorecard", _TEXT
    yield "total", of_places(places.get("total", 0))
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
    for name in (ROUNDED, *MARKS, "text"):
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


def misfilled(compiled: Compiled, scores: pa.Table, items: pa.Table) -> list[str]:
    """What of `items` no run of the rules writes.

    It is `item.column` where a cell that the item has no figure for is not empty, or not what the rules say, and the
    name of an item whose rows are not those of its subjects.
    """
    plan, wrong, at = compiled.plan, list[str](), 0
    kinds = plan_schemas(plan)[plan.result]
    scorecard, keys = scores.column("scorecard"), scores.column(0)
    for item in plan.items:
        own = keys if item.scorecard is None else keys.filter(pc.equal(scorecard, pa.scalar(item.scorecard)))
        rows, at = items.slice(at, len(own)), at + len(own)
        if not _same(rows.column("key"), own.cast(rows.schema.field("key").type)):
            return [item.name]
        used = {part.name for part in item.parts if kinds[part.binding].digits is not None} | {*item.tier1}
        used |= {"text"} if any(kinds[part.binding].digits is None for part in item.parts) else set()
        used |= {"advice"} if item.advice else set()
        used |= {ROUNDED} if any(_may_be_rounded(kinds[part.binding]) for part in item.parts) else set()
        for name, said in _said_of(item).items():
            if name not in used and not _all(rows.column(name), said):
                wrong.append(f"{item.name}.{name}")
    return wrong if at == items.num_rows else [*wrong, "items"]


def _said_of(item: Item) -> dict[str, str | Decimal | None]:
    """What stands in the columns of an item that it has no figure or mark for: what the rules say of it, or nothing."""
    weight = None if item.weight is None else written_weight(item.weight)
    empty = dict.fromkeys((*PARTS, ROUNDED, *MARKS, "text", "advice"))
    named = {"item": item.name, "kind": item.kind, "title": item.title, "parent": item.parent}
    return {**empty, **named, "weight": weight, "effective_weight": weight}


def _may_be_rounded(kind: Type) -> bool:
    """Whether a figure may need more places than `items` keeps."""
    return kind.digits is not None and (kind.scale is None or kind.scale > RECORDED_PLACES)


def _all(column: pa.ChunkedArray, value: str | Decimal | None) -> bool:
    if value is None:
        return int(column.null_count) == len(column)
    same = pc.fill_null(pc.equal(column, pa.scalar(value, column.type)), fill_value=False)
    return bool(pc.all(same, min_count=0).as_py())


def _plus(values: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.add(values, other).cast(_WIDE)


def _same(values: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    return bool(values.combine_chunks().equals(other.combine_chunks()))
