"""Who has a scorecard: nobody two, and whether everybody one, decided on enumerated columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from kpirules.model.expr import Among, Bin, Col, Expr, Lit
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast

Cells = tuple[str, frozenset[str], tuple[str, ...]]
Applies = tuple[ast.Name, Expr | None]
"""A scorecard's name, and the condition of whom it is for."""


def check(ws: Workspace, cards: Sequence[Applies]) -> None:
    """Report scorecards that overlap, whatever is in them; remember whether it is proved that none do."""
    for one, other in combinations(cards, 2):
        shared = _shared(one[1], other[1])
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


def _shared(one: Expr | None, other: Expr | None) -> str | None:
    """Who would have both: a text that says so, '' where nobody would, None where it cannot be decided."""
    if one is None or other is None:
        return "*"
    a, b = _cells(one), _cells(other)
    if a is None or b is None or a[0] != b[0]:
        return None
    common = [value for value in a[2] if value in a[1] & b[1]]
    return f'{a[0]} = "{common[0]}"' if common else ""


def strange(ws: Workspace) -> bool:
    """Whether a scorecard is for values that there are none of, so that whom it was meant for is not known."""
    cells = [_cells(card.applies) for card in ws.scorecards if card.applies is not None]
    return any(cell is not None and not cell[1] <= frozenset(cell[2]) for cell in cells)


def covers(ws: Workspace) -> bool:
    """Whether every subject is proved to have a scorecard."""
    if any(card.applies is None for card in ws.scorecards):
        return True
    cells = [_cells(card.applies) for card in ws.scorecards if card.applies is not None]
    known = [cell for cell in cells if cell is not None]
    if len(known) != len(cells) or len({cell[0] for cell in known}) != 1:
        return False
    return frozenset().union(*(cell[1] for cell in known)) >= frozenset(known[0][2])


def _cells(node: Expr) -> Cells | None:
    """The values of one enumerated column of the subject for which a condition holds, and all it may have."""
    match node:
        case Among(operand=Col() as column) if column.own and column.type.domain:
            named = frozenset(str(value.value) for value in node.values)
            domain = column.type.domain
            return _name(column), (frozenset(domain) - named if node.negated else named), domain
        case Bin(op="=" | "!=", left=Col() as column, right=Lit() as literal) if column.own and column.type.domain:
            named = frozenset({str(literal.value)})
            domain = column.type.domain
            return _name(column), (named if node.op == "=" else frozenset(domain) - named), domain
        case _:
            return None


def _name(column: Col) -> str:
    """A column by the way to it, so that those of one name in two tables are two."""
    return ".".join((*column.refs, column.column))
