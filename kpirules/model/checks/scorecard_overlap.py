"""Who has a scorecard: nobody two, and whether everybody one, decided on columns whose values are named."""

from __future__ import annotations

from collections.abc import Sequence

from kpirules.model.analysis import unfolding
from kpirules.model.expr import Among, Bin, Col, Expr, Known
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.records import dataclass
from kpirules.source import Label, Note
from kpirules.syntax import ast


@dataclass(frozen=True, slots=True)
class Cells:
    """For which values of a column of the subject a condition holds, and all that the column may have.

    `domain` is None where it may have others than those that conditions name.
    """

    column: str
    values: frozenset[Known]
    domain: tuple[str, ...] | None


Applies = tuple[ast.Name, Expr | None]
"""A scorecard's name, and the condition of whom it is for."""


def check(ws: Workspace, cards: Sequence[Applies]) -> None:
    """Report scorecards that overlap, whatever is in them; remember whether it is proved that none do.

    Each is reported with the first that has somebody in common with it.
    """
    cells = [None if applies is None else _cells(ws, applies) for _, applies in cards]
    first: dict[tuple[str, Known], int] = {}
    everybodys: int | None = None
    for nth, ((_, applies), cell) in enumerate(zip(cards, cells, strict=True)):
        if applies is None:
            others = [0] if nth else []
            everybodys = nth if everybodys is None else everybodys
        else:
            shared = (
                [first[cell.column, value] for value in cell.values if (cell.column, value) in first] if cell else []
            )
            others = [*shared, *([everybodys] if everybodys is not None else [])]
        if cell is not None:
            for value in cell.values:
                first.setdefault((cell.column, value), nth)
        if others:
            _shared(ws, cards, cells, min(others), nth)
    held = [cell for (_, applies), cell in zip(cards, cells, strict=True) if applies is not None]
    if len(held) > 1 and (None in held or len({cell.column for cell in held if cell is not None}) > 1):
        ws.exclusive = False


def _shared(ws: Workspace, cards: Sequence[Applies], cells: Sequence[Cells | None], index: int, other: int) -> None:
    """Report two scorecards that somebody has; where nobody need have the value that they share, it is left open."""
    a, b = cells[index], cells[other]
    if a is None or b is None:
        _report(ws, cards[index], cards[other], "*")
    elif a.domain is None:
        ws.exclusive = False
    else:
        common = next(value for value in a.domain if value in a.values and value in b.values)
        _report(ws, cards[index], cards[other], f'{a.column} = "{common}"')


def _report(ws: Workspace, card: Applies, other: Applies, shared: str) -> None:
    """Name somebody who would have both, or the scorecard that is everybody's."""
    ws.contested = True
    (first, _), (second, _) = card, other
    args = {"one": first.text, "other": second.text, "who": shared}
    here, there = second.span, first.span
    labels = [Label(name.span, "all", {"name": name.text}) for name, applies in (card, other) if applies is None]
    if not labels:
        labels = [Label(here, "who", args), Label(there, "one", args)]
    ws.report("KPI514", here, args, labels=labels, helps=[Note("split")])


def strange(ws: Workspace) -> bool:
    """Whether a scorecard is for values that there are none of, so that whom it was meant for is not known."""
    cells = [_cells(ws, card.applies) for card in ws.scorecards if card.applies is not None]
    domains: dict[str, frozenset[str]] = {}
    for cell in cells:
        if cell is not None and cell.domain is not None:
            if cell.column not in domains:
                domains[cell.column] = frozenset(cell.domain)
            if not cell.values <= domains[cell.column]:
                return True
    return False


def covers(ws: Workspace) -> bool:
    """Whether every subject is proved to have a scorecard."""
    if any(card.applies is None for card in ws.scorecards):
        return True
    cells = [_cells(ws, card.applies) for card in ws.scorecards if card.applies is not None]
    known_ = [cell for cell in cells if cell is not None]
    if len(known_) != len(cells) or len({cell.column for cell in known_}) != 1 or known_[0].domain is None:
        return False
    return frozenset().union(*(cell.values for cell in known_)) >= frozenset(known_[0].domain)


def _cells(ws: Workspace, node: Expr) -> Cells | None:
    """The cells of a condition, whatever name it has; None where it is not of known values of one column.

    All but some values are known of an enumerated column alone.
    """
    match unfolding.unnamed(ws, node):
        case Among(operand=Col() as column, values=values, negated=negated) if column.own:
            named = frozenset(value.value for value in values)
        case Bin(op="=" | "!=" as op, left=Col() as column, right=right) if column.own:
            value = known(right)
            if value is None:
                return None
            named, negated = frozenset({value}), op == "!="
        case _:
            return None
    domain = column.type.domain
    if not negated:
        return Cells(_name(column), named, domain)
    return Cells(_name(column), frozenset(domain) - named, domain) if domain else None


def _name(column: Col) -> str:
    """A column by the way to it, so that those of one name in two tables are two."""
    return ".".join((*column.refs, column.column))
