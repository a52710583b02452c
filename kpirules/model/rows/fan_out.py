"""Which table's figures the terms of a row's value are: one of another table would count once for every row."""

from __future__ import annotations

from collections.abc import Mapping

from kpirules.model import scheme
from kpirules.model.analysis import unfolding
from kpirules.model.expr import (
    Agg,
    As,
    Bin,
    Builtin,
    By,
    Choose,
    Col,
    Cond,
    Curve,
    Expr,
    Fallback,
    Fn,
    Grain,
    Limited,
    Lookup,
    Neg,
    Own,
    Tiers,
    Val,
)
from kpirules.model.operations import fitting
from kpirules.model.rows import lookup, references
from kpirules.model.traversal import children, of_one_row, walk
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values import operation_table, units
from kpirules.values.units import Unit


def reading(ws: Workspace, rule: Expr) -> scheme.ColumnReads:
    """What the rule of a computed column reads; those of the columns that it names are known already."""
    other = next((part for part in _read(ws, rule) if _foreign(part)), None)
    loose = _loose(ws, rule)
    return scheme.ColumnReads(_of_grain(ws, rule), other, None if loose is None else _behind(ws, loose))


def of_the_grain(ws: Workspace, arg: Expr, rows: Grain, span: Span, function: str) -> None:
    """Refuse a value, added up over some rows at `span`, with a term that reads other tables alone.

    Raises:
        Skip: it has one.
    """
    place = _loose(ws, arg)
    if place is None:
        return
    term = _behind(ws, place)
    first = next(part for part in _read(ws, term) if _foreign(part))
    if not first.span.within(term.span):  # the term names columns of this table that stand for it
        term = first
    assert ws.subject is not None, "a grain leads to it"
    owner = first.table if isinstance(first, Col) else ws.subject.table.name
    args = {"term": term.span.text, "table": owner, "grain": rows.table}
    labels = [Label(span, "counts", args)]
    if not term.span.within(place.span):
        labels.append(Label(term.span, "term", {"column": place.span.text}))
    raise ws.fail(
        "KPI527", place.span, args, labels=labels, helps=[_apart(ws, rows.to, arg, place, term, args, function)]
    )


def _apart(
    ws: Workspace, row: str | None, arg: Expr, place: Expr, term: Expr, args: Mapping[str, str], function: str
) -> Note:
    """How a figure of another table is written where it is not counted with the rows of this one.

    They count for a row of the table `row`, or for the subject.
    """
    assert ws.subject is not None, "a grain leads to it"
    figure = f"{args['grain']}.{_factor(ws, args['grain'], term.type.unit)}"
    target, table = row or ws.subject.table.name, args["table"]
    if table != target and not (row is None and lookup.is_keyed(ws, ws.tables[table])):
        return Note("own" if references.leads(ws, table, target) else "times", {**args, "figure": figure})
    sides = (arg.left, arg.right) if isinstance(arg, Bin) and arg.op in ("+", "-") and place in children(arg) else ()
    rest = next((side.span.text for side in sides if side is not place), f"{args['grain']}.…")
    op = arg.op if isinstance(arg, Bin) and sides and sides[1] is place else "+"
    apart = args["term"]
    if table != target and not isinstance(term, Fallback):  # there may be no such row for a person
        apart += f" {words.spelling('or else', ws.file.language)} {fitting.STAND_INS.get(term.type.unit, '0')}"
    return Note("outside", {**args, "write": f"{function}({rest}) {op} ({apart})"})


def _factor(ws: Workspace, table: str, unit: Unit) -> str:
    """The first column of a table that goes with a unit as a factor; `…` where there is none."""
    names = (column.name for column in ws.tables[table].columns if units.times(column.type.unit, unit) is not None)
    return next(names, "…")


def _loose(ws: Workspace, value: Expr) -> Expr | None:
    """The first term of a value that no column of the grain's own table goes with, neither in it nor as a factor.

    A computed column of the grain's table stands for what its rule is made of.
    """
    pending = [value]
    while pending:
        node = pending.pop()
        own, foreign = _kinds(ws, node)
        if foreign and not own:
            return node
        if _behind(ws, node) is not node:
            return node
        pending += reversed(_terms(ws, node))
    return None


def _behind(ws: Workspace, place: Expr) -> Expr:
    """The term in the rule of a computed column that is refused; any other term is itself."""
    computed = _computed(ws, place) if isinstance(place, Col) else None
    return place if computed is None or computed.term is None else computed.term


def _terms(ws: Workspace, node: Expr) -> list[Expr]:
    """The values that a value is added up from, chosen among or cut to; of a product, the one factor of the grain."""
    match node:
        case Bin(
            op="+", left=Neg(operand=Tiers(head=start)), right=Tiers(head=Bin(left=before) as whole, bands=bands)
        ) if start is before:  # `tiers X from P` is one term
            return _factor_of_grain(ws, [whole.right, *(band.rate for band in bands)])
        case Tiers():
            return _factor_of_grain(ws, [node.head, *(band.rate for band in node.bands)])
        case Bin(op="*" | "/"):
            return _factor_of_grain(ws, [node.left, node.right])
        case Bin(op="+" | "-"):
            return [node.left, node.right]
        case Cond():
            return [node.then, node.otherwise]
        case Fn() if not operation_table.function(node.name).figure:
            return []
        case Neg() | Fn() | Fallback() | As() | Limited():
            return [*children(node)]
        case By() | Choose():
            return [row.value for row in node.rows]
        case Curve():
            return [node.head, *(row.value for row in node.rows)]
        case _:
            return []


def _factor_of_grain(ws: Workspace, factors: list[Expr]) -> list[Expr]:
    own = [factor for factor in factors if _of_grain(ws, factor)]
    return [] if len(own) > 1 else own or factors


def _of_grain(ws: Workspace, node: Expr) -> bool:
    return _kinds(ws, node)[0]


def _kinds(ws: Workspace, node: Expr) -> tuple[bool, bool]:
    """Whether a value reads columns of the row itself, and whether it reads anything else of rows and people.

    What rows that refer to the row come to is a figure of the row itself.
    """
    pending = [node]
    while pending:
        part = pending[-1]
        within = () if isinstance(part, Agg) else children(part)
        waits = [child for child in within if id(child) not in ws.grains]
        pending += waits
        if not waits:
            here = [_foreign(read) for read in _read_here(ws, part)]
            inside = [ws.grains[id(child)] for child in within]
            own = isinstance(part, Agg) or False in here or any(kinds[1] for kinds in inside)
            ws.grains[id(part)] = part, own, True in here or any(kinds[2] for kinds in inside)
            pending.pop()
    return ws.grains[id(node)][1:]


def _foreign(part: Col | Own) -> bool:
    """Whether what is read is not a column of the row itself: of the row's subject, or of a row that it refers to."""
    return isinstance(part, Own) or bool(part.refs)


def _read(ws: Workspace, node: Expr) -> list[Col | Own]:
    """What a value reads of rows and people; of a computed column of the row itself, a column of each kind it reads."""
    return [read for part in of_one_row(node) for read in _read_here(ws, part)]


def _read_here(ws: Workspace, part: Expr) -> list[Col | Own]:
    """The same of a part of a value alone."""
    if isinstance(part, Own):
        return [part] if _of_a_person(ws, part.value) else []
    if not isinstance(part, Col):
        return []
    computed = _computed(ws, part)
    if computed is None:
        return [part]
    return [*([part] if computed.grain else []), *([computed.other] if computed.other is not None else [])]


def _computed(ws: Workspace, col: Col) -> scheme.ColumnReads | None:
    return ws.readings.get((col.table, col.column)) if not col.refs else None


def _of_a_person(ws: Workspace, value: Expr) -> bool:
    """Whether a value of the subject reads anything but constants and the period."""
    pending, seen = [value], set[str]()
    while pending:
        match pending.pop():
            case Val(part="value", item=item) as val if item in ws.defines:
                if val.known is None and item not in seen:
                    seen.add(item)
                    pending += walk(ws.defines[item].rule)
            case Val() | Col() | Agg() | Lookup():
                return True
            case Builtin(name=name) if name in unfolding.DATED:
                return True
            case _:
                continue
    return False
