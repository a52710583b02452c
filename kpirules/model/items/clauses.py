"""The clauses of an item, by their English names."""

from __future__ import annotations

from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.syntax import ast, words


def clause(ws: Workspace, clauses: tuple[ast.Clause, ...], name: str) -> ast.Clause | None:
    """The clause of that name; a second one is a fault."""
    named = [written for written in clauses if written.name == name]
    for extra in named[1:]:
        ws.twice(extra.word, extra.word.text, named[0].word)
    return named[0] if named else None


def needed(ws: Workspace, node: ast.Indicator | ast.Pay, name: str) -> ast.Clause:
    """The clause of that name.

    Raises:
        Skip: there is none.
    """
    written = clause(ws, node.clauses, name)
    if written is None:
        word = words.spelling(name, ws.file.language)
        raise ws.fail("KPI516", node.name.span, {"name": node.name.text, "clause": word}, helps=[Note(name)])
    return written
