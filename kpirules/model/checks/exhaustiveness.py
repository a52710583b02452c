"""Rows: a row no value can reach and a value no row takes, each with one concrete value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from kpirules.model.checks.cases import MOST, OTHER, Case, Space, intervals
from kpirules.model.checks.intervals import Free, Interval, Line, number
from kpirules.model.checks.intervals import line as line_of
from kpirules.model.expr import Compares, Expr, Holds, Lists, Otherwise, Row, Unknown
from kpirules.model.traversal import head_parts, known, walk
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.syntax import words
from kpirules.values.rounding import numeral
from kpirules.values.types import Type
from kpirules.values.units import Unit

MOST_FAULTS = 100
"""How many rows of a rule are told that take nothing; the rest of it is looked at when these are no more."""

Reach = tuple[Fraction, Fraction]


def by(ws: Workspace, head: Expr, rows: tuple[Row, ...], span: Span, reach: Reach | None) -> bool:
    """Check the rows of `by`; one with a fault of its own takes nothing here, and leaves open what no row takes.

    `reach` are bounds that a presumed head comes to in any case. Gives whether the rows are known to take every value.
    """
    ends = any(isinstance(row.head, Otherwise) for row in rows)
    if _after_else(ws, rows) or (isinstance(head, Unknown) and head.presumed is None):
        return ends
    sound = tuple(row for row in rows if not any(isinstance(part, Unknown) for part in head_parts(row.head)))
    whole = span if len(sound) == len(rows) and not ws.fragment else None
    if head.type.unit.numeric or head.type.unit is Unit.DATE:
        return _on_line(ws, head, sound, whole, reach)
    if head.type.unit in (Unit.TEXT, Unit.BOOL):
        return _on_list(ws, head, sound, whole)
    if not ends and whole is not None:
        ws.report("KPI512", whole, helps=[Note("else")])
    return ends


def choose(ws: Workspace, rows: tuple[Row, ...]) -> None:
    """Check the rows of `choose`; one with a fault of its own takes nothing here."""
    if _after_else(ws, rows):
        return
    tests = [(row, row.head.condition) for row in rows if isinstance(row.head, Holds)]
    tests = [(row, test) for row, test in tests if not any(isinstance(part, Unknown) for part in walk(test))]
    where = Space(ws)
    for _, test in tests:
        where.meet(test)
    free: list[Case] = [{}]
    before: list[tuple[Row, list[Case]]] = []
    for row, test in tests:
        taken = where.cases(test)
        if taken is None:
            continue
        here = where.common(free, taken)
        if not here:
            blockers = [earlier for earlier, had in before if where.common(had, taken)]
            _unreachable(ws, row, blockers, _somebody(ws, where, taken[0]) if taken else None, "above")
        before.append((row, here))
        free = where.without(free, taken)
        if len(free) > MOST:
            return


def _somebody(ws: Workspace, where: Space, case: Case) -> str | None:
    """One case as a person would name it, None where it is not all of values that are compared with known ones."""
    somebody = []
    for key, part in case.items():
        axis = where.axes[key]
        first = next(iter(part))
        if axis.shown is None or axis.shown.type.unit is Unit.BOOL or first is OTHER:
            return None
        span, type_ = axis.shown.span, axis.shown.type
        value = show(axis.line.simplest([*intervals(part)]), type_) if axis.line else _word(ws, first)
        somebody.append(f"{span.text} = {value}")
    return ", ".join(somebody)


def opening(ws: Workspace, head: Expr, rows: tuple[Row, ...]) -> None:
    """Check the rows that open a curve: its points take what they leave."""
    if not _doubtful(head, rows):
        _on_line(ws, head, rows, None)


def _doubtful(head: Expr, rows: tuple[Row, ...]) -> bool:
    if isinstance(head, Unknown) and head.presumed is None:
        return True
    return any(isinstance(part, Unknown) for row in rows for part in head_parts(row.head))


def _after_else(ws: Workspace, rows: tuple[Row, ...]) -> bool:
    last: Row | None = None
    for row in rows:
        if last is not None:
            args = {"text": row.head_span.text}
            helps = [Note("last", {"last": last.head_span.text})]
            ws.report("KPI509", row.head_span, args, labels=[Label(last.head_span, "takes")], helps=helps)
            return True
        if isinstance(row.head, Otherwise):
            last = row
    return False


# ---------------------------------------------------------------- texts, yes and no


def _on_list(ws: Workspace, head: Expr, rows: tuple[Row, ...], span: Span | None) -> bool:
    """Take the rows from the values that the head may have, one after the other; whether none is left.

    `span` None says nothing of what is left. A presumed head may have others than those of its domain.
    """
    named = {value: None for row in rows for node in head_parts(row.head) if (value := known(node)) is not None}
    domain = {value: nth for nth, value in enumerate(_domain(head.type, named))}
    free = dict.fromkeys(domain)
    before: list[tuple[Row, list[object]]] = []
    constant = True
    faults = 0

    def takers(values: Iterable[object]) -> list[Row]:
        return [earlier for earlier, had in before if any(value in had for value in values)]

    for row in rows:
        if isinstance(row.head, Otherwise):
            if not free:
                _unreachable(ws, row, [earlier for earlier, had in before if had], None)
            return True
        values = [known(node) for node in head_parts(row.head)]
        if None in values:
            constant = False
            continue
        negated = isinstance(row.head, Compares) and row.head.op == "!="
        taken = _taken_of(domain, values, negated=negated)
        if (taken or negated) and not any(value in free for value in taken):
            faults += 1
            _unreachable(ws, row, takers(taken), _word(ws, taken[0]) if taken else None)
        elif isinstance(row.head, Lists):
            for node in row.head.values:
                if (value := known(node)) in domain and value not in free:
                    faults += 1
                    _taken_above(ws, node, takers([value]))
        if faults > MOST_FAULTS:
            return False
        before.append((row, taken))
        for taken_value in taken:
            free.pop(taken_value, None)
    strange = not named.keys() <= domain.keys()  # told already, and the row was meant for another
    left = [value for value in free if not head.type.presumed or value in (head.type.domain or ())]
    if span is None or strange:
        return False
    if not constant:
        ws.report("KPI512", span, helps=[Note("bounds")])
    elif OTHER in left:
        ws.report("KPI512", span, helps=[Note("text")])
    elif left:
        _gap(ws, head, rows, span, _word(ws, left[0]))
    return constant and not left and not head.type.presumed


def _taken_of(domain: Mapping[object, int], values: Sequence[object], *, negated: bool) -> list[object]:
    """The values of a domain that are listed, or those that are not, in its order; `domain` has the place of each."""
    if negated:
        return [value for value in domain if value not in values]
    return sorted({value for value in values if value in domain}, key=domain.__getitem__)


def _domain(type_: Type, named: Iterable[object]) -> tuple[object, ...]:
    if type_.unit is Unit.BOOL:
        return True, False
    if type_.presumed:
        return (*dict.fromkeys((*(type_.domain or ()), *named)), OTHER)
    return type_.domain if type_.domain is not None else (*named, OTHER)


def _word(ws: Workspace, value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else words.spelling(str(value).lower(), ws.file.language)


# ---------------------------------------------------------------- numbers, dates


def _on_line(ws: Workspace, head: Expr, rows: tuple[Row, ...], span: Span | None, reach: Reach | None = None) -> bool:
    """Take the rows from the line of the head's values, one after the other; whether none is known to be left.

    `span` None says nothing of what is left. A presumed head leaves no value but those within its `reach`.

    A row whose bound is not constant is decided per subject; what it takes is then unknown, so it takes nothing here
    and rows after it are not called unreachable by it.
    """
    line = line_of(head.type)
    free = Free(line)
    before: list[tuple[Row, list[Interval]]] = []
    constant = True
    faults = 0

    def takers(part: list[Interval]) -> list[Row]:
        return [earlier for earlier, had in before if line.common(had, part)]

    for row in rows:
        if isinstance(row.head, Otherwise):
            if not free.parts:
                _unreachable(ws, row, [earlier for earlier, _ in before], None)
            return True
        taken = _taken(line, row)
        if taken is None:
            constant = False
            continue
        if not free.common(taken):
            faults += 1
            inside = line.inside(taken)
            _unreachable(ws, row, takers(taken), show(inside, head.type) if inside is not None else None)
        elif isinstance(row.head, Lists):
            for node in row.head.values:
                here = _where(line, "=", [node]) or []
                if here and not free.common(here):
                    faults += 1
                    _taken_above(ws, node, takers(here))
        if faults > MOST_FAULTS:
            return False
        before.append((row, taken))
        free.take(taken)
    if span is None:
        return False
    left = free.parts
    if head.type.presumed and constant:
        left = line.common(left, [Interval(*reach)]) if reach is not None else []
    if not constant:
        ws.report("KPI512", span, helps=[Note("bounds")])
    elif left:
        _gap(ws, head, rows, span, show(line.simplest(left), head.type))
    return constant and not left and not head.type.presumed


def _taken(line: Line, row: Row) -> list[Interval] | None:
    """The part of the line that a row takes, None where a bound is not constant."""
    op = row.head.op if isinstance(row.head, Compares) else "="
    return _where(line, op, head_parts(row.head))


def _where(line: Line, op: str, nodes: Sequence[Expr]) -> list[Interval] | None:
    values = [known(node) for node in nodes]
    numbers = [number(value) for value in values if isinstance(value, Fraction | date)]
    return (
        [interval for value in numbers for interval in line.where(op, value)] if len(numbers) == len(values) else None
    )


def _unreachable(ws: Workspace, row: Row, blockers: list[Row], value: str | None, unshown: str = "never") -> None:
    """Report a row with what takes its values, one of which is shown; `unshown` is the help where none can be."""
    labels = {blocker.head_span: Label(blocker.head_span, "takes") for blocker in blockers}
    shown = Note(unshown) if value is None else Note("value", {"value": value})
    helps = [shown if blockers else Note("never")]
    ws.report("KPI509", row.head_span, {"text": row.head_span.text}, labels=labels.values(), helps=helps)


def _taken_above(ws: Workspace, node: Expr, blockers: list[Row]) -> None:
    """Report a listed value that a row above has taken, where others of its list are left."""
    if blockers:
        args = {"text": node.span.text}
        ws.report("KPI553", node.span, args, labels=[Label(blockers[0].head_span, "takes")], helps=[Note("out", args)])


def _gap(ws: Workspace, head: Expr, rows: tuple[Row, ...], span: Span, value: str) -> None:
    args = {"value": value, "head": head.span.text}
    last = rows[-1]
    ws.report("KPI510", span, args, labels=[Label(last.head_span, "last")], helps=[Note("row", args)])


def show(value: Fraction, type_: Type) -> str:
    """A value as a person would write it in a row of that type."""
    if type_.unit is Unit.DATE:
        return date.fromordinal(int(value)).isoformat()
    if type_.unit is Unit.RATIO:
        return f"{numeral(value * 100)}%"
    return numeral(value)
