"""Advice to each subject: the texts of an item, with figures put in, for all subjects at once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import flat, plain_text
from kpirules.plan.ir import Advice, Item, Piece, Plan
from kpirules.source.catalogue import word
from kpirules.trace.figure_format import shown
from kpirules.trace.tree import Figure
from kpirules.values.units import Unit

LISTS = pa.list_(pa.string())
_BETWEEN = "\x1e"


def advice(plan: Plan, item: Item, subjects: pa.Table) -> pa.Array:
    """The texts of an item for each subject, a list; missing where there are none."""
    if not item.advice:
        return pa.nulls(subjects.num_rows, LISTS)
    given = [pc.fill_null(_text(plan, advice, subjects), "") for advice in item.advice]
    joined = pc.binary_join_element_wise(*given, "")
    texts = pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), pc.utf8_slice_codeunits(joined, 1))
    return pc.split_pattern(texts, _BETWEEN).cast(LISTS)


def _text(plan: Plan, advice: Advice, subjects: pa.Table) -> pa.Array:
    """A text for each subject, after a mark that parts texts; missing for those whom it is not for."""
    pieces = [pa.scalar(_BETWEEN), *(_piece(plan, piece, subjects) for piece in advice.pieces)]
    whole = pc.binary_join_element_wise(*pieces, "")
    return flat(pc.if_else(subjects.column(advice.when), whole, pa.scalar(None, pa.string())))


def _piece(plan: Plan, piece: Piece, subjects: pa.Table) -> pa.Scalar | pa.ChunkedArray:
    if piece.binding is None or piece.unit is None:
        return pa.scalar(piece.text)
    column = subjects.column(piece.binding)
    said = _figures(plan, piece.unit, column) if piece.unit.numeric else _others(plan, piece.unit, column)
    return pc.fill_null(said, word("missing", plan.language))


def _figures(plan: Plan, unit: Unit, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as people read them (`kpirules.trace.figure_format` says it of one): grouped, without needless zeros."""
    least = plan.money_places if unit is Unit.MONEY else 0
    text = pc.replace_substring_regex(plain_text(column), rf"^(-?\d+\.\d{{{least}}}\d*?)0+$", r"\1")
    text = pc.replace_substring_regex(text, r"\.$", "")
    while pc.any(pc.match_substring_regex(text, _UNGROUPED)).as_py():
        text = pc.replace_substring_regex(text, _UNGROUPED, r"\1,\2")
    ends = {Unit.RATIO: "%", Unit.MONEY: f" {plan.currency}"}
    return pc.binary_join_element_wise(text, ends[unit], "") if unit in ends else text


_UNGROUPED = r"^(-?\d+)(\d{3})"


def _others(plan: Plan, unit: Unit, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as they are; days, periods, yes and no by their few values."""
    if pa.types.is_string(column.type):
        return column
    values = flat(pc.drop_null(pc.unique(column)))
    said = [shown(Figure(value, unit), plan.currency, plan.money_places, plan.language) for value in values.to_pylist()]
    return pa.array(said, pa.string()).take(pc.index_in(column, value_set=values))
