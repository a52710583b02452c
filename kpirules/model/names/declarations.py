"""Which names a scheme declares."""

from __future__ import annotations

from dataclasses import fields

from kpirules.model.scope import Declared
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast, words

_KINDS: dict[type[ast.Node], str] = {
    ast.Table: "table",
    ast.DefineTable: "filter",
    ast.Define: "define",
    ast.Indicator: "indicator",
    ast.Scorecard: "scorecard",
    ast.Gate: "gate",
    ast.Pay: "pay",
    ast.Outcome: "outcome",
}

RESULT_COLUMNS = frozenset({"scorecard", "total", "grade", "total_pay", "flags"})
"""Columns of every result, in every language, so no item may be called so."""


def declare(ws: Workspace) -> None:
    """Collect the declared names; a name declared twice is a fault at the second place."""
    ws.broken |= ws.file.broken
    ws.cuts = frozenset((span.source.name, span.start) for fragment in ws.file.fragments for span in fragment.cuts)
    if ws.file.partial:
        ws.broken |= _undeclared(ws.file)
    torn = [fragment.item for fragment in ws.file.fragments if isinstance(fragment.item, ast.Table)]
    ws.torn |= {
        fragment.item.name.text
        for fragment in ws.file.fragments
        if isinstance(fragment.item, ast.Table) and fragment.lost
    }
    for node in (*ws.file.items, *torn):
        kind = _KINDS.get(type(node))
        if kind is None:
            continue
        if isinstance(node, ast.Pay) and not node.paid:
            kind = "component"
        assert isinstance(
            node,
            ast.Table | ast.DefineTable | ast.Define | ast.Indicator | ast.Scorecard | ast.Gate | ast.Pay | ast.Outcome,
        )
        name = node.name
        if words.builtin(name.text) or name.text in RESULT_COLUMNS:
            ws.report("KPI204", name.span, {"name": name.text}, helps=[Note("other", {"write": f"{name.text}_1"})])
            ws.broken.add(name.text)
        elif name.text in ws.declared:
            first = ws.declared[name.text].name
            ws.report(
                "KPI202",
                name.span,
                {"name": name.text},
                labels=[Label(first.span, "first", {"name": name.text})],
                helps=[Note("rename")],
            )
        else:
            ws.declared[name.text] = Declared(kind, node, name)


_NAMED = ast.Column | ast.Table | ast.DefineColumn | ast.DefineTable | ast.Define | ast.Indicator


def _undeclared(file: ast.File) -> set[str]:
    """The names that a file mentions and does not declare: a file that it uses, and that could not be read, may."""
    written: set[str] = set()
    known: set[str] = set()
    todo: list[object] = [file.items, tuple(fragment.item for fragment in file.fragments)]
    while todo:
        node = todo.pop()
        if isinstance(node, tuple):
            todo += node
        elif isinstance(node, ast.Node):
            todo += [getattr(node, attribute.name) for attribute in fields(node)]
            if isinstance(node, ast.Name):
                written.add(node.text)
            if isinstance(node, _NAMED):
                known.add(node.name.text)
    results = {spelling for word in ("total", "grade") for spelling in words.spellings(word)}
    return {name for name in written - known if name in results or words.builtin(name) is None}
