"""Names that mean nothing where they stand, and what was perhaps meant."""

from __future__ import annotations

from collections.abc import Collection

from kpirules.model.expr import Skip
from kpirules.model.names import columns
from kpirules.model.scope import PARTS, SUMS, Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note, Span
from kpirules.source.similar import did_you_mean, similar
from kpirules.syntax import ast, words
from kpirules.values.types import Type

_CLOCK = ("active_days", "active_share", "period_days", "period_start", "period_end", "year_start")
BUILT_IN = frozenset({None, *PARTS, *SUMS, "total", "grade", *_CLOCK})
"""The built-in names that this version can work out; None stands for a name that is not built in."""

_LOOKED_FOR = 500
"""How many unknown names of a scheme are held against the known ones: each is held against all of them."""


def unknown(
    ws: Workspace, name: ast.Name, known: list[str], *, table: str | None = None, asked: Type | None = None
) -> Skip:
    """Report an unknown name, with the closest known one, the text it is without quotes, or what sticks to it.

    `asked` is the type of text that the place asks for, if it does.
    """
    if words.builtin(name.text) not in BUILT_IN:
        return ws.later(name.span)
    ws.unknown += 1
    close = similar(name.text, known) if ws.unknown <= _LOOKED_FOR else None
    glued = words.glued(name.text)
    from kpirules.syntax.suggestions import slips  # noqa: PLC0415  # of no use to a scheme without faults

    meant = slips.named(name.text, ws.file.language)
    if meant and name.text not in ((asked.domain if asked else None) or ()):
        helps = [Note("write", {"write": meant})]
    elif asked and (not close or name.text in (asked.domain or ())):
        helps = _quoted(name.text, asked, glued)
    elif close:
        helps = [Note("similar", {"similar": close})]
    elif glued:
        helps = [Note("space", {"glued": glued})]
    elif holders := [t.name for t in ws.tables.values() if columns.has(ws, t.name, name.text)]:
        helps = [Note("column", {"path": f"{holders[0]}.{name.text}"})]
    elif table:
        helps = [Note("columns", {"table": table, "columns": ", ".join(known)})]
    else:
        helps = [Note("define", {"define": words.spelling("define", ws.file.language)})]
    return ws.fail("KPI201", name.span, {"name": name.text}, helps=helps)


def unknown_table(ws: Workspace, name: ast.Name, *, filtered: bool = True) -> Skip:
    """Report a name that stands for no table; a filtered one may be meant, unless `filtered` says no."""
    if words.builtin(name.text) not in BUILT_IN:
        return ws.later(name.span)
    kinds = ("table", "filter") if filtered else ("table",)
    known = [text for text, declared in ws.declared.items() if declared.kind in kinds]
    args = {"name": name.text, "table": words.spelling("table", ws.file.language)}
    helps = did_you_mean(name.text, known, Note("table", args))
    return ws.fail("KPI201", name.span, {"name": name.text}, helps=helps)


def _quoted(text: str, asked: Type, glued: str | None) -> list[Note]:
    """What to write for a name where a text is asked for: itself in quotes, or one of the texts it can only be."""
    if asked.domain is None or text in asked.domain:
        return [Note("space", {"glued": glued})] if glued and asked.domain is None else [_in_quotes(text)]
    close = similar(text, asked.domain)
    return (
        [_in_quotes(close)]
        if close
        else [Note("texts", {"texts": ", ".join(f'"{option}"' for option in asked.domain)})]
    )


def _in_quotes(text: str) -> Note:
    return Note("quote", {"write": f'"{text}"'})


def no_result(ws: Workspace, name: ast.Name, word: str) -> Skip:
    """Report the total where there is no scorecard, the grade where there are no rows for it."""
    language = ws.file.language
    args = {"name": name.text, "scorecard": words.spelling("scorecard", language)}
    args["grade"] = f"{words.spelling('grade', language)} {words.spelling('by', language)}"
    return ws.fail(
        "KPI201", name.span, {"name": name.text}, helps=[Note("card" if word == "total" else "graded", args)]
    )


def unknown_column(ws: Workspace, name: ast.Name, table: str, place: Span, known: Collection[str]) -> Skip:
    """Report a column that a table, declared at a place, does not have among those that it has."""
    helps = did_you_mean(name.text, known, Note("columns", {"columns": ", ".join(known)}))
    args = {"name": name.text, "table": table}
    return ws.fail("KPI206", name.span, args, labels=[Label(place, "table", args)], helps=helps)


def no_column(ws: Workspace, path: ast.Path, table: str) -> Skip:
    """Report a path that ends with a column which a table does not have."""
    return unknown_column(ws, path.names[-1], table, ws.tables[table].span, columns.names_of(ws, table))


def names_of_subject(ws: Workspace, scope: Scope) -> list[str]:
    """The names that may be read in the subject's scope; none once too many unknown names were held against them."""
    if ws.unknown >= _LOOKED_FOR:
        return []
    own = columns.names_of(ws, ws.subject.table.name) if ws.subject else []
    usable = [name for name, declared in ws.declared.items() if declared.kind not in ("scorecard", "gate")]
    language = ws.file.language
    sums = SUMS if scope.card else ()
    builtins = [
        words.spelling(word, language)
        for word in (*scope.parts, *sums, "total", "grade", "active_share", "active_days")
    ]
    return [*usable, *own, *builtins]
