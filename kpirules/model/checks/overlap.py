"""Who has a scorecard: nobody two, and whether everybody one, decided on enumerated columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from kpirules.model import naming
from kpirules.model.expr import Among, Bin, Col, Expr
from kpirules.model.walking import known
from kpirules.model.workspace import Workspace
from kpirules.records import dataclass
from kpirules.source import Label, Note
from kpirules.syntax import ast


@dataclass(frozen=True, slots=True)
class Cells:
    """For which values of an enumerated column of the subject a condition holds, and all that the column may have."""

    column: str
    values: frozenset[str]
    domain: tuple[str, ...]


Applies = tuple[ast.Name, Expr | None]
"""A scorecard's name, and the condition of whom it is for."""


def check(ws: Workspace, cards: Sequence[Applies]) -> None:
    """Report scorecards that overlap, whatever is in them; remember whether it is proved that none do."""
    for one, other in combinations(cards, 2):
        shared = _shared(ws, one[1], other[1])
        if shared is None:
            ws.exclusive = False
        elif shared:
            _report(ws, one, other, shared)


def _report(ws: Workspace, one: Applies, other: Applies, shared: str) -> None:
    """Name somebody who would have both, or the scorecard that is everybody's."""
    ws.contested = True
    (first, _), (second, _) = one, other
    args = {"one": first.text, "other": second.text, "who": shared}
    here, there = second.span, first.span
    labels = [Label(name.span, "all", {"name": name.text}) for name, applies in (one, other) if applies is None]
    if not labels:
        labels = [Label(here, "who", args), Label(there, "one", args)]
    ws.report("KPI514", here, args, labels=labels, helps=[Note("split")])


def _shared(ws: Workspace, one: Expr | None, other: Expr | None) -> str | None:
    """Who would have both: a text that says so, '' where nobody would, None where it cannot be decided."""
    if one is None or other is None:
        return "*"
    a, b = _cells(ws, one), _cells(ws, other)
    if a is None or b is None or a.column != b.column:
        return None
    common = [value for value in a.domain if value in a.values & b.values]
    return f'{a.column} = "{common[0]}"' if common else ""


def strange(ws: Workspace) -> bool:
    """Whether a scorecard is for values that there are none of, so that whom it was meant for is not known."""
    cells = [_cells(ws, card.applies) for card in ws.scorecards if card.applies is not None]
    return any(cell is not None and not cell.values <= frozenset(cell.domain) for cell in cells)


def covers(ws: Workspace) -> bool:
    """Whether every subject is proved to have a scorecard."""
    if any(card.applies is None for card in ws.scorecards):
        return True
    cells = [_cells(ws, card.applies) for card in ws.scorecards if card.applies is not None]
    known = [cell for cell in cells if cell is not None]
    if len(known) != len(cells) or len({cell.column for cell in known}) != 1:
        return False
    return frozenset().union(*(cell.values for cell in known)) >= frozenset(known[0].domain)


def _cells(ws: Workspace, node: Expr) -> Cells | None:
    """The cells of a condition, whatever name it has; None where it is not of one enumerated column."""
    match naming.unnamed(ws, node):
        case Among(operand=Col() as column, values=values, negated=negated) if column.own and column.type.domain:
            named = frozenset(str(value.value) for value in values)
            domain = column.type.domain
            return Cells(_name(column), frozenset(domain) - named if negated else named, domain)
        case Bin(op="=" | "!=" as op, left=Col() as column, right=right) if column.own and column.type.domain:
            named = frozenset({str(known(right))})
            domain = column.type.domain
            return Cells(_name(column), named if op == "=" else frozenset(domain) - named, domain)
        case _:
            return None


def _name(column: Col) -> str:
    """A column by the way to it, so that those of one name in two tables are two."""
    return ".".join((*column.refs, column.column))
