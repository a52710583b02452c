"""What a value must be at its place: its unit, its digits, its presence; and the faults where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from kpirules.model.analysis import presence, unfolding
from kpirules.model.expr import Absent, Agg, Bin, Col, Expr, Lit, Lookup, Neg, Skip, Unknown, Val
from kpirules.model.operations.overflow import too_wide, unbounded
from kpirules.model.traversal import children
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.values import types, units
from kpirules.values.rounding import numeral
from kpirules.values.types import TooWide, Type
from kpirules.values.units import Unit


def fit(
    ws: Workspace, span: Span, operands: tuple[Expr, ...], make: Callable[[], Type], beside: Iterable[Type] = ()
) -> Type:
    """A type by the digits' algebra; where a side cannot be proved to fit, a fault that names the value to round.

    What is worked out of a presumed value is presumed; `beside` are the types of values that are no expression here.

    Raises:
        Skip: it does not fit.
    """
    presumed = any(type_.presumed for type_ in (*(node.type for node in operands), *beside))
    try:
        made = make()
        return types.doubted(made) if presumed else made
    except TooWide as wide:
        if presumed:
            raise Skip from None
        raise unproved(ws, wide, span, operands) from None


def unproved(ws: Workspace, wide: TooWide, span: Span, operands: tuple[Expr, ...]) -> Skip:
    """Report a value at `span` whose digits cannot be proved to fit; the fault names which of its parts to round."""
    fault = too_wide(wide, span, operands)
    columns = unbounded(ws, operands)
    return ws.fail(fault.code, span, {**fault.args, "columns": columns}, labels=fault.labels, helps=fault.helps)


def settle(ws: Workspace, node: Expr, unit: Unit) -> Expr:
    """A bare literal in the unit its place asks for; anything that has a unit already stays as it is.

    A ratio is written with `%`, so a bare number but 0 is none.

    Raises:
        Skip: a bare number stands where a ratio is asked for.
    """
    if isinstance(node, Unknown) or node.type.unit is not Unit.BARE or unit is Unit.BARE:
        return node
    if not unit.numeric:
        return node
    if unit is Unit.RATIO:
        for lit in _literals(ws, node):
            if lit.value != 0:
                args = {"text": lit.span.text.strip(), "name": node.span.text}
                raise ws.fail("KPI304", lit.span, args, labels=read_as(node, lit, args), helps=[_as_percent(lit)])
    return _in_unit(node, unit)


_NO_SHARE = 10
"""A number from which on nobody means a hundred times as much per cent: `80` is 80%, and never 8000%."""


def _as_percent(lit: Lit) -> Note:
    """What a bare number was meant to be as a ratio: `0.8` and `1` sooner 80% and 100%, `5` sooner 5%."""
    assert isinstance(lit.value, Fraction)
    same, hundredfold = f"{lit.span.text.strip()}%", f"{numeral(lit.value * 100)}%"
    if abs(lit.value) >= _NO_SHARE:
        return Note("percent", {"write": same})
    share = abs(lit.value) <= 1 or lit.value.denominator != 1
    write, other = (hundredfold, same) if share else (same, hundredfold)
    return Note("either", {"write": write, "other": other})


def _literals(ws: Workspace, node: Expr) -> Iterator[Lit]:
    """The bare numbers that a value is made of, also under a name, in written order."""
    pending, seen = [node], set[int]()
    while pending:
        part = pending.pop()
        if isinstance(part, Unknown) or part.type.unit is not Unit.BARE or id(part) in seen:
            continue
        seen.add(id(part))
        behind = unfolding.written(ws, part)
        if isinstance(part, Lit):
            yield part
        else:
            pending += reversed(children(part) if behind is None else (behind,))


def read_as(node: Expr, lit: Expr, args: Mapping[str, str]) -> list[Label]:
    """Where the name of a literal with a fault is read; none where the literal itself stands."""
    return [] if lit.span.within(node.span) else [Label(node.span, "named", args)]


def _in_unit(node: Expr, unit: Unit) -> Expr:
    match node:
        case Neg():
            return replace(node, operand=_in_unit(node.operand, unit), type=node.type.of(unit))
        case Bin():
            left, right = _in_unit(node.left, unit), _in_unit(node.right, unit)
            return replace(node, left=left, right=right, type=node.type.of(unit))
        case Unknown():
            return node
        case _ if node.type.unit is Unit.BARE:
            return replace(node, type=node.type.of(unit))
        case _:
            return node


def plain(ws: Workspace, node: Expr) -> Expr:
    """A bare literal as a number, where its place asks for nothing else."""
    return settle(ws, node, Unit.NUMBER)


def fitted(ws: Workspace, node: Expr, unit: Unit, beside: Expr | None = None) -> Expr:
    """A typed node in the unit its place asks for (a count is a number); what is unknown stays so.

    Where it is a value `beside` it that asks, the fault says so.

    Raises:
        Skip: it has another unit.
    """
    if isinstance(node, Unknown) and node.presumed is None:
        return node
    node = settle(ws, node, unit)
    here = node.type.unit
    if here is unit or (unit is Unit.NUMBER and here is Unit.COUNT):
        return node
    args = {"expected": unit, "found": here, "text": node.span.text}
    helps = [Note(_HELP.get((unit, here)) or _ASKED.get(unit, "figure"), args)]
    labels = unit_labels(node.left, node.right) if isinstance(node, Bin) else []
    if beside is not None:
        labels = [*unit_labels(beside), *labels]
        if beside.type.over is not None and here is Unit.RATIO and unit is Unit.NUMBER:
            helps = [Note("quotient", {"text": beside.span.text})]
    raise ws.fail("KPI301", node.span, args, labels=labels, helps=helps)


_HELP = {
    (Unit.NUMBER, Unit.RATIO): "points",
    (Unit.NUMBER, Unit.MONEY): "number",
    (Unit.MONEY, Unit.NUMBER): "money",
    (Unit.MONEY, Unit.COUNT): "money",
    (Unit.MONEY, Unit.RATIO): "base",
    (Unit.RATIO, Unit.NUMBER): "share",
    (Unit.RATIO, Unit.COUNT): "share",
    (Unit.RATIO, Unit.MONEY): "share",
    (Unit.BOOL, Unit.TEXT): "condition",
}
"""The help by the unit that a place asks for and the one that stands there."""

_ASKED = {Unit.BOOL: "compare", Unit.DATE: "date", Unit.TEXT: "text"}
"""The help by the unit that is asked for, whatever stands there."""


def align(ws: Workspace, left: Expr, right: Expr) -> tuple[Expr, Expr, Unit | None]:
    """Two values that stand side by side, bare ones in the other's unit, and their common unit (None: they clash)."""
    if left.type.unit is not Unit.BARE:
        right = settle(ws, right, left.type.unit)
    elif right.type.unit is not Unit.BARE:
        left = settle(ws, left, right.type.unit)
    return left, right, units.same(left.type.unit, right.type.unit)


def unfit(ws: Workspace, node: Expr, op: str, help_: str = "figure", *, span: Span | None = None) -> Skip:
    """Report a value of a unit with which an operation has no meaning; `help_` says what it has one with."""
    args = {"op": op, "unit": node.type.unit, "text": node.span.text}
    return ws.fail("KPI307", span or node.span, args, helps=[Note(help_, args)])


def clash_help(left: Expr, right: Expr, rest: str | None = None) -> list[Note]:
    """What to write where two units stand side by side that do not go together."""
    sides = {left.type.unit, right.type.unit}
    if Unit.DATE in sides:
        other = right if left.type.unit is Unit.DATE else left
        return [Note("date", {"date": day_meant(other.span.text) or "2024-07-01"})]
    if sides <= {Unit.NUMBER, Unit.COUNT, Unit.RATIO}:
        other = right if left.type.unit is Unit.RATIO else left
        return [Note("ratio") if other.type.over is None else Note("quotient", {"text": other.span.text})]
    if Unit.MONEY in sides and Unit.RATIO in sides:
        return [Note("share")]
    if Unit.MONEY in sides and sides & {Unit.NUMBER, Unit.COUNT}:
        return [Note("money")]
    for node in (left, right):
        if isinstance(node, Lit) and isinstance(node.value, str) and re.fullmatch(_NUMERAL, node.value):
            return [Note("number", {"number": node.value})]
    return [Note(rest or ("test" if Unit.TEXT in sides else "truth" if Unit.BOOL in sides else "one"))]


def day_meant(text: str) -> str | None:
    """The day that somebody perhaps meant by `2024/7/1`, `7/1/2024` or `"2024-7-1"`."""
    match = re.fullmatch(_DAY, text)
    if match is None:
        return None
    year, first, other = (match[3], match[1], match[2]) if match[3] else (match[4], match[5], match[6])
    month, day = (other, first) if int(first) > _MONTHS else (first, other)
    return f"{year}-{int(month):02}-{int(day):02}"


_NUMERAL = r"\d[\d_]*(?:\.\d+)?%?"

_MONTHS = 12

_DAY = (
    r"""["“]?(?:(\d{1,2}) *[-/.] *(\d{1,2}) *[-/.] *(\d{4})|(\d{4}) *[-/.年] *(\d{1,2}) *[-/.月] *(\d{1,2})日?)["”]?"""
)


def unit_labels(*sides: Expr) -> list[Label]:
    """Where each unit came from."""
    known_ = [node for node in sides if not isinstance(node, Unknown)]
    return [Label(node.span, "unit", {"text": node.span.text, "unit": node.type.unit}) for node in known_]


def lost(ws: Workspace, node: Expr, span: Span, place: str) -> Skip:
    """Report a possibly missing value at a place that cannot take one."""
    text = node.span.text
    args = {"text": text, "instead": STAND_INS.get(node.type.unit, "0")}
    by_name = presence.nameable(node)
    if place in ("comparison", "condition"):
        helps = [Note(place if by_name else "define", args), Note("or_else", args)]
    else:
        helps = [Note(place, args)]
    labels = [why_missing(node, ws), *([Label(span, place)] if span != node.span else [])]
    return ws.fail("KPI402", node.span, {"text": text}, labels=labels, helps=helps)


def unsure(ws: Workspace, node: Expr, place: str) -> Skip:
    """Report a possibly missing value where a result is, which must be there: `total`, `adjust` or `pay`."""
    labels = [why_missing(node, ws)]
    return ws.fail("KPI405", node.span, {"text": node.span.text}, labels=labels, helps=[Note(place), Note("or_else")])


STAND_INS = {Unit.RATIO: "0%", Unit.TEXT: '"…"', Unit.DATE: "2025-01-01", Unit.BOOL: "false"}
"""What a help line offers to stand in for a missing value of a unit."""


def _loose(ws: Workspace, node: Col) -> str | None:
    """The first of the references to a column's row that may lead to none, as `table.column`; None for the column."""
    contract = ws.tables[node.table].column(node.column)
    if contract is not None and contract.type.missing:
        return None
    for start in ws.tables.values():
        here, loose = start, None
        for ref in node.refs:
            column = here.column(ref)
            if column is None or column.references not in ws.tables:
                break
            if column.loose and loose is None:
                loose = f"{here.name}.{ref}"
            here = ws.tables[column.references]
        else:
            if here.name == node.table and loose is not None:
                return loose
    return None


def why_missing(node: Expr, ws: Workspace) -> Label:
    """The innermost part that makes a value possibly missing, with the reason; looks into the values it reads."""
    for child in children(node):
        if not isinstance(child, Unknown) and child.type.missing and not isinstance(node, Absent | Agg):
            return why_missing(child, ws)
    match node:
        case Col() if (behind := ws.parts.get((f"{node.table}.{node.column}", "column"))) and behind.type.missing:
            return why_missing(behind, ws)
        case Col() if (reference := _loose(ws, node)) is not None:
            return Label(node.span, "reference", {"text": node.span.text, "column": reference})
        case Col():
            return Label(node.span, "optional", {"text": node.span.text})
        case Val(item="total" | "grade"):
            return Label(node.span, "unassessed", {"text": node.span.text})
        case Lookup():
            return Label(node.span, "lookup", {"table": node.table})
        case Agg() if node.parts is not None:
            return Label(node.span, "lookup", {"table": node.grain.table})
        case Agg():
            return Label(node.span, "no_rows", {"text": node.span.text})
        case Bin() if node.op == "/":
            return Label(node.right.span, "divisor", {"text": node.right.span.text})
        case Val() if (behind := ws.parts.get((node.item, node.part))) is not None and behind.type.missing:
            return why_missing(behind, ws)
        case _:
            return Label(node.span, "value", {"text": node.span.text})
