"""Who has a scorecard: nobody two, and whether everybody one, decided on enumerated columns."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.expr import Among, Bin, Col, Expr, Lit
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note

Cells = tuple[str, frozenset[str], tuple[str, ...]]


def check(ws: Workspace) -> None:
    """Report scorecards that overlap; remember whether it is proved that none do."""
    cards = ws.scorecards
    for index, one in enumerate(cards):
        for other in cards[index + 1 :]:
            shared = _shared(one.applies, other.applies)
            if shared is None:
                ws.exclusive = False
            elif shared:
                _report(ws, one, other, shared)


def _report(ws: Workspace, one: scheme.Scorecard, other: scheme.Scorecard, shared: str) -> None:
    """Name somebody who would have both, or the scorecard that is everybody's."""
    ws.contested = True
    args = {"one": one.name, "other": other.name, "who": shared}
    here, there = (ws.declared[card.name].name.span for card in (other, one))
    places = ((one, there), (other, here))
    labels = [Label(span, "all", {"name": card.name}) for card, span in places if card.applies is None]
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
