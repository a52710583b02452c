"""`own.x`: the subject's item, read from a row that belongs to the subject."""

from __future__ import annotations

from kpirules.model import columns, grain, names
from kpirules.model.expr import Agg, Builtin, Col, Expr, Lookup, Own, Skip, Val
from kpirules.model.walking import walk
from kpirules.model.workspace import Declared, Scope, Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast, words

_PAID = ("pay", "component", "outcome")
_RESULTS = ("total", "grade", "active_days", "active_share")


def is_own(path: ast.Path) -> bool:
    """Whether a path begins with `own`, whatever its spelling."""
    return len(path.names) > 1 and words.builtin(path.names[0].text) == "own"


def own(ws: Workspace, scope: Scope, path: ast.Path) -> Expr:
    """The subject's define, or a column of the subject's row, in a row's scope.

    A row that no subject owns is counted for nobody, so what is never missing for a subject is never missing here.

    Raises:
        Skip: there is nothing of the name, or it needs more than the subject's own row.
    """
    assert scope.grain is not None
    if ws.subject is None:
        raise Skip
    (name, *parts), subject = path.names[1:], ws.subject.table
    if name.text in ws.broken:
        raise Skip
    refs = () if scope.grain == subject.name else grain.grain_of(ws, scope.grain, path.span).owner
    declared = ws.declared.get(name.text)
    if declared and (declared.kind in _PAID or (declared.kind == "indicator" and parts)):
        raise _of_the_person(ws, scope, path)
    if parts:
        args = {"name": path.text, "part": parts[0].text, "of": name.text}
        whole = ".".join(one.text for one in path.names[:2])
        raise ws.fail("KPI217", path.span, args, helps=[Note("whole", {"write": whole})])
    if declared and declared.kind == "define":
        value = ws.value(name.text, "value", path.span)
        if value.known is not None:
            return value
        if not of_the_row(ws, ws.defines[name.text].rule):
            raise _of_the_person(ws, scope, path, Label(declared.name.span, "define", {"name": name.text}))
        return Own(refs, name.text, type=value.type, span=path.span)
    column = columns.find(ws, subject.name, name.text, path.span)
    if column is None:
        later = declared is None and words.builtin(name.text) in _RESULTS
        raise _of_the_person(ws, scope, path) if later else _nothing(ws, path, declared)
    return Col(refs, subject.name, name.text, own=False, type=column.type, span=path.span)


def _of_the_person(ws: Workspace, scope: Scope, path: ast.Path, *labels: Label) -> Skip:
    """Report a value of the person that needs more than the person's own row."""
    args = {"name": path.text, "table": scope.grain}
    return ws.fail("KPI802", path.span, args, labels=labels, helps=[Note("outside")])


def of_the_row(ws: Workspace, node: Expr) -> bool:
    """Whether a value of the subject is worked out of the subject's own row alone, so that a row can read it."""
    for part in walk(node):
        match part:
            case Agg() | Lookup() | Builtin(name="active_days" | "active_share"):
                return False
            case Val(known=None):
                define = ws.defines.get(part.item) if part.part == "value" else None
                if define is None or not of_the_row(ws, define.rule):
                    return False
            case _:
                continue
    return True


def _nothing(ws: Workspace, path: ast.Path, declared: Declared | None) -> Skip:
    if declared:
        return names.valueless(ws, path, declared)
    assert ws.subject is not None
    table = ws.subject.table
    known = [*ws.defines, *columns.names_of(ws, table.name)]
    args = {"name": path.names[1].text, "table": table.name}
    labels = [Label(table.span, "table", args)]
    return ws.fail("KPI206", path.names[1].span, args, labels=labels, helps=columns.close(path.names[1].text, known))
