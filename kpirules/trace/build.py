"""Builds a trace: the reference engine works one subject out again, and each figure is held against the run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from kpirules.engines import reference
from kpirules.plan.ir import Compute, Plan, Scalar, Scan, Value, names_in
from kpirules.source import Diagnostic, Fault, Note
from kpirules.trace.conditions import figure
from kpirules.trace.items import Items
from kpirules.trace.nodes import Nodes
from kpirules.trace.tree import Figure, ItemTrace, LeftOut, Trace
from kpirules.values.rounding import Mode, rounded
from kpirules.values.types import RECORDED_PLACES

if TYPE_CHECKING:
    import pyarrow as pa

SET_ASIDE = "set_aside"
"""Why somebody is left out: the row of the subject itself was put in quarantine."""

_SOME = 5
"""How many subjects are named where one is asked for that is not among them."""
_COMPARED = 10_000
"""With how many of them, at most, what was asked for is compared letter by letter."""


class Differs(Exception):  # noqa: N818  # names the finding: the engines disagree, which is our fault
    """A figure of the run is not what the reference engine makes of the same rows; `figures` lists (name, run, now)."""

    def __init__(self, figures: tuple[tuple[str, Value, Value], ...]) -> None:
        super().__init__(", ".join(name for name, _, _ in figures))
        self.figures = figures


def explain(
    plan: Plan,
    tables: Mapping[str, pa.Table],
    params: Mapping[str, Value],
    key: str,
    item: str | None,
    batch: Mapping[str, Value],
    *,
    period: str,
    mode: Mode = Mode.AWAY,
) -> Trace:
    """The trace of the subject whose key reads `key`; `item` names one item, or None for all.

    `batch` has the run's figures of that subject by binding, exact or as they are recorded: rounded by `mode` where
    they need more than `RECORDED_PLACES`. Each is compared with the one worked out here.

    Raises:
        Fault: there is no such subject (KPI740), no such item (KPI741).
        Differs: a figure differs from the run's.
    """
    known = _key(plan, tables, key)
    try:
        traced = reference.trace(plan, tables, params, known)
    except reference.Absent as absent:
        return _absent(plan, period, key, item, absent)
    wrong = tuple(
        (name, value, traced.values[name])
        for name, value in batch.items()
        if value not in (traced.values[name], as_recorded(traced.values[name], mode))
    )
    if wrong:
        raise Differs(wrong)
    items = tuple(Items(plan, Nodes(plan, params, traced)).traces(item))
    return _about(plan, period, key, item, traced.values, items=items, checked=len(batch))


def as_recorded(value: Value, mode: Mode) -> Value:
    """A value as results keep it."""
    return rounded(value, RECORDED_PLACES, mode) if isinstance(value, Fraction) else value


def set_aside(plan: Plan, period: str, key: str, item: str | None) -> Trace:
    """The trace of one whose own row was set aside, so that nothing else is known."""
    return _about(plan, period, key, item, {}, left_out=LeftOut(SET_ASIDE, None, {}))


def _about(
    plan: Plan,
    period: str,
    key: str,
    item: str | None,
    values: Mapping[str, Value],
    *,
    items: tuple[ItemTrace, ...] = (),
    checked: int = 0,
    left_out: LeftOut | None = None,
) -> Trace:
    return Trace(
        plan.scheme,
        plan.title,
        plan.version,
        period,
        plan.currency,
        plan.money_places,
        key,
        _named(plan, values),
        _text(values.get("scorecard")),
        items,
        item,
        checked,
        left_out,
    )


def _absent(plan: Plan, period: str, key: str, item: str | None, absent: reference.Absent) -> Trace:
    """The trace of one who is not scored: what left the subject out, and the cells of its row that were read for it."""
    step = absent.step
    assert step.leaves_out is not None
    computed = {
        binding.name: binding.expr for made in plan.steps if isinstance(made, Compute) for binding in made.bindings
    }
    columns = next(scan.columns for scan in plan.steps if isinstance(scan, Scan) and scan.table == plan.subject)
    names = [name for name in _all_reads(step.predicate, computed) if name in columns]
    read = {columns[name][0]: figure(absent.row[name], columns[name][1]) for name in dict.fromkeys(names)}
    left_out = LeftOut(step.leaves_out, step.origin, read)
    return _about(plan, period, key, item, absent.row, left_out=left_out)


def _all_reads(scalar: Scalar, computed: Mapping[str, Scalar]) -> Iterator[str]:
    """The names that a scalar may read, itself and by way of other bindings."""
    for name in names_in(scalar):
        if name in computed:
            yield from _all_reads(computed[name], computed)
        else:
            yield name


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _key(plan: Plan, tables: Mapping[str, pa.Table], key: str) -> Value:
    """A key as a value, however results print it."""
    scan = next(step for step in plan.steps if isinstance(step, Scan) and step.table == plan.subject)
    column = tables[plan.subject].column(scan.columns[plan.key][0]).unique()
    texts = column.cast("string")
    at = pc.index(texts, key).as_py()
    if at < 0:
        close = get_close_matches(key, _near(texts, key), 1)
        more = ["…"] if len(texts) > _SOME else []
        some = Note("some", {"some": [*texts[:_SOME].to_pylist(), *more]})
        help_ = Note("similar", {"similar": close[0]}) if close else some
        raise Fault([Diagnostic("KPI740", None, {"subject": key}, helps=(help_,))])
    value = column[at].as_py()
    return Fraction(value) if isinstance(value, Decimal) else value


def _near(texts: pa.Array, key: str) -> list[str]:
    """The keys to compare with one that is not among them: of very many, those that share half of its letters."""
    half = (len(key) + 1) // 2
    if len(texts) > _COMPARED:
        texts = texts.filter(pc.or_(pc.starts_with(texts, key[:half]), pc.ends_with(texts, key[half:])))
    close: list[str] = texts[:_COMPARED].drop_null().to_pylist()
    return close


def _named(plan: Plan, values: Mapping[str, Value]) -> tuple[Figure, ...]:
    """The texts of the subject's own row, its name among them, for the heading."""
    scan = next(step for step in plan.steps if isinstance(step, Scan) and step.table == plan.subject)
    return tuple(
        figure(values[name], kind)
        for name, (_, kind) in scan.columns.items()
        if kind.unit.value == "text" and name != plan.key and values.get(name) is not None
    )
