"""The clauses of an item, by their English names."""

from __future__ import annotations

from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.syntax import ast, words


def clause(ws: Workspace, clauses: tuple[ast.Clause, ...], name: str) -> ast.Clause | None:
    """The clause of that name; a second one is a fault."""
    found = [one for one in clauses if one.name == name]
    for extra in found[1:]:
        ws.twice(extra.word, extra.word.text, found[0].word)
    return found[0] if found else None


def needed(ws: Workspace, node: ast.Indicator | ast.Pay, name: str) -> ast.Clause:
    """The clause of that name.

    Raises:
        Skip: there is none.
    """
    found = clause(ws, node.clauses, name)
    if found is None:
        word = words.spelling(name, ws.file.language)
        raise ws.fail("KPI516", node.name.span, {"name": node.name.text, "clause": word}, helps=[Note(name)])
    return found
