"""What a name means where it is used."""

from __future__ import annotations

from kpirules.model.expr import Builtin, Col, Expr, Skip
from kpirules.model.names import columns, unknown
from kpirules.model.rows import grain, lookup, matching_periods, references
from kpirules.model.rows import own as persons
from kpirules.model.scope import PARTS, SUMS, Declared, Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast, words
from kpirules.values import days, types


def resolve(ws: Workspace, scope: Scope, path: ast.Path) -> Expr:
    """What a path means in a scope.

    Raises:
        Skip: it means nothing there; reported, unless the item it names has a fault of its own.
    """
    if path.names[0].text in ws.broken:
        raise Skip
    bare = persons.bare(path)
    if bare is not path and scope.grain is not None:
        return persons.in_row(ws, scope.grain, resolve(ws, Scope(), bare), path.span)
    path = bare  # where the person is at hand anyway, `own` says no more
    if len(path.names) > 2:  # noqa: PLR2004  # a path is a name, or a name and its part
        if words.builtin(path.names[0].text) not in unknown.BUILT_IN:
            raise unknown.unknown(ws, path.names[0], [])
        raise _too_long(ws, path)
    return _in_row(ws, scope, path) if scope.grain else _of_subject(ws, scope, path)


def _too_long(ws: Workspace, path: ast.Path) -> Skip:
    """Report a path of more than two names: what it leads to is named in a column of its own, one step at a time."""
    table, ref, part = (name.text for name in path.names[:3])
    column = ws.tables[table].column(ref) if table in ws.tables else None
    args = {"name": path.text, "part": part, "of": ref, "define": words.spelling("define", ws.file.language)}
    if column is not None and column.references is None:
        return ws.fail("KPI217", path.span, args, helps=[Note("whole", {"write": f"{table}.{ref}"})])
    if column is not None and column.references == table:
        return ws.fail("KPI217", path.span, args, helps=[Note("given", {"part": part})])
    return ws.fail("KPI217", path.span, args, helps=[Note("steps", {"column": f"{table}.x", "value": f"{ref}.{part}"})])


# ---------------------------------------------------------------- the subject's scope


def _of_subject(ws: Workspace, scope: Scope, path: ast.Path) -> Expr:
    first = path.names[0].text
    declared = ws.declared.get(first)
    if len(path.names) == 2:  # noqa: PLR2004  # a name and its part
        return _part(ws, path, declared)
    word = words.builtin(first)
    table = ws.subject.table if ws.subject else None
    column = columns.find(ws, table.name, first, path.span) if table else None
    if declared and column and table and declared.kind not in ("table", "filter"):
        raise _ambiguous(ws, path, table.name, column, declared, "table")
    if declared:
        return _item(ws, path, declared)
    if word and (builtin := _builtin(ws, scope, path, word)):
        return builtin
    if column and table:
        return _column(ws, table.name, (), table.name, path, own=True)
    if table is None:
        raise Skip
    if word in PARTS:
        raise ws.fail("KPI210", path.span, {"name": first}, helps=[Note(_why_no_part(scope, word))])
    if word in SUMS:
        raise ws.fail("KPI210", path.span, {"name": first}, helps=[Note("total")])
    if word in ("total", "grade"):
        raise unknown.no_result(ws, path.names[0], word)
    raise unknown.unknown(ws, path.names[0], unknown.names_of_subject(ws, scope), asked=scope.asked)


def _why_no_part(scope: Scope, word: str) -> str:
    if scope.indicator is None:
        return "outside"
    return "no_target" if word in ("target", "achievement") else "own"


def _item(ws: Workspace, path: ast.Path, declared: Declared) -> Expr:
    name = declared.name.text
    match declared.kind:
        case "define" | "pay" | "component" | "outcome":
            return ws.value(name, "value", path.span)
        case "indicator":
            raise ws.fail("KPI205", path.span, {"name": name}, helps=[Note("part", {"name": name})])
        case "table" | "filter":
            column = first_figure(ws, name)
            raise ws.fail("KPI208", path.span, {"name": name}, helps=[Note("rows", {"name": name, "column": column})])
        case _:
            raise valueless(ws, path, declared)


def valueless(ws: Workspace, path: ast.Path, declared: Declared) -> Skip:
    """Report a scorecard or a gate where a value is asked for."""
    card = declared.kind == "scorecard"
    help_ = Note("total" if card else "gate", {"write": words.spelling("total", ws.file.language)} if card else {})
    labels = [Label(declared.name.span, "declared")]
    return ws.fail("KPI209", path.span, {"name": path.text}, labels=labels, helps=[help_])


def first_figure(ws: Workspace, name: str) -> str:
    """The first column with figures of a table, or of the table behind a filtered one; `…` where it has none."""
    declared = ws.declared[name]
    table = ws.tables.get(name if declared.kind == "table" else base_table(ws, name) or "")
    figures = [column.name for column in table.columns if column.type.unit.numeric] if table else []
    return figures[0] if figures else "…"


def _part(ws: Workspace, path: ast.Path, declared: Declared | None) -> Expr:
    first, second = (name.text for name in path.names)
    if declared is None:
        if ws.subject is not None and (referred := _by_reference(ws, ws.subject.table.name, path, own=True)):
            return referred
        raise unknown.unknown(ws, path.names[0], [*ws.declared])
    if declared.kind == "indicator":
        part = words.builtin(second)
        if part not in PARTS:
            raise ws.fail("KPI211", path.names[1].span, {"name": first, "part": second}, helps=[Note("parts")])
        return ws.value(first, part, path.span)
    if declared.kind == "filter":
        raise ws.fail("KPI208", path.span, {"name": path.text}, helps=[Note("rows", {"name": first, "column": second})])
    if declared.kind != "table":
        args = {"name": path.text, "part": second, "of": first}
        raise ws.fail("KPI217", path.span, args, helps=[Note("whole", {"write": first})])
    table = ws.tables.get(first)
    if table is None:
        raise Skip
    column = columns.find(ws, first, second, path.span)
    if column is None:
        raise unknown.no_column(ws, path, first)
    if ws.subject is None:
        raise Skip
    subject = ws.subject.table.name
    if first == subject:
        return _column(ws, subject, (), first, path, own=True)
    if lookup.is_keyed(ws, table) or not references.leads(ws, subject, first):
        return lookup.lookup(ws, table, second, column.type, path.span)
    refs = grain.reach(ws, subject, first, path.span, second)
    return _column(ws, subject, refs, first, path, own=True)


def _by_reference(ws: Workspace, table: str, path: ast.Path, *, own: bool) -> Col | None:
    """`home_team.factor`: a column of the row that a reference column of the row in scope leads to."""
    ref = ws.tables[table].column(path.names[0].text) if table in ws.tables else None
    if ref is None or ref.references is None or ref.references == table:
        return None
    if ref.references not in ws.tables:
        raise Skip
    references.undated(ws, table, (ref.name,), path.span)
    return _column(ws, table, (ref.name,), ref.references, path, own=own)


def _column(ws: Workspace, table: str, refs: tuple[str, ...], target: str, path: ast.Path, *, own: bool) -> Col:
    """The column that a path ends with, of the row of `target` that `refs` lead to from one of `table`."""
    column = columns.find(ws, target, path.names[-1].text, path.span)
    if column is None:
        raise unknown.no_column(ws, path, target)
    missing = column.type.missing or any(reference.loose for reference, _ in references.hops(ws, table, refs))
    value = None if missing else column.known
    col = Col(refs, target, path.names[-1].text, own, value, type=column.type.maybe(when=missing), span=path.span)
    if own:
        references.of_one_day(ws, col)
        matching_periods.of_one_period(ws, table, ws.scheme.period, path.span, col)
        persons.of_their_owner(ws, table, (), path.span, col)
    return col


def _builtin(ws: Workspace, scope: Scope, path: ast.Path, word: str) -> Expr | None:
    if word in PARTS:
        if scope.indicator is None or word not in scope.parts:
            return None
        return ws.value(scope.indicator, word, path.span)
    if word in SUMS:
        return ws.value(scope.card, word, path.span) if scope.card is not None else None
    if word == "total":
        return ws.value("total", "value", path.span) if ws.has(ast.Scorecard) else None
    if word == "grade":
        return ws.value("grade", "value", path.span) if ws.has(ast.Grade) else None
    return _clock(ws, path, word, dated=True)


def _clock(ws: Workspace, path: ast.Path, word: str, *, dated: bool) -> Expr | None:
    period = ws.scheme.period
    match word:
        case "period_start" | "period_end" | "year_start":
            return Builtin(word, type=types.DATE, span=path.span)
        case "period_days":
            return Builtin(word, type=days.in_period(period), span=path.span)
        case "active_days" | "active_share" if dated and ws.subject:
            if ws.subject.table.active is None and ws.subject.table.name not in ws.torn:
                helps = [Note("active", {"table": ws.subject.table.name})]
                raise ws.fail("KPI212", path.span, {"name": path.text}, helps=helps)
            kind = days.active(period) if word == "active_days" else days.active_share(period)
            return Builtin(word, type=kind, span=path.span)
        case _:
            return None


# ---------------------------------------------------------------- a row's scope


def _in_row(ws: Workspace, scope: Scope, path: ast.Path) -> Expr:
    assert scope.grain is not None
    first = path.names[0].text
    table = ws.tables.get(scope.grain)
    if table is None:
        raise Skip
    if len(path.names) == 2:  # noqa: PLR2004  # a table and its column
        return _column_of(ws, scope, path)
    declared = ws.declared.get(first)
    if declared is None and (rule := columns.inlined(ws, scope, first)) is not None:
        return rule
    column = columns.find(ws, table.name, first, path.span)
    if column and declared and declared.kind not in ("table", "filter"):
        raise _ambiguous(ws, path, table.name, column, declared, "row")
    if column:
        return Col((), table.name, first, own=False, known=column.known, type=column.type, span=path.span)
    if declared and declared.kind == "define":
        value = ws.value(first, "value", path.span)
        if value.known is not None:
            return value
        args = {"name": first, "table": table.name, "own": words.spelling("own", ws.file.language)}
        labels = [Label(declared.name.span, "define", {"name": first})]
        raise ws.fail("KPI802", path.span, args, labels=labels, helps=[Note("own", args)])
    word = words.builtin(first)
    if word and (builtin := _clock(ws, path, word, dated=False)):
        return builtin
    raise unknown.unknown(ws, path.names[0], columns.names_of(ws, table.name), table=table.name, asked=scope.asked)


def _column_of(ws: Workspace, scope: Scope, path: ast.Path) -> Expr:
    assert scope.grain is not None
    first, second = (name.text for name in path.names)
    if first == scope.grain or first in scope.aliases:
        if (rule := columns.inlined(ws, scope, second)) is not None:
            return rule
        refs: tuple[str, ...] = ()
        target = scope.grain
    else:
        if first not in ws.tables:
            if first not in ws.declared and (referred := _by_reference(ws, scope.grain, path, own=False)):
                return referred
            raise unknown.unknown_table(ws, path.names[0], filtered=False)
        refs, target = grain.reach(ws, scope.grain, first, path.span, second), first
    return _column(ws, scope.grain, refs, target, path, own=False)


# ---------------------------------------------------------------- faults


def _ambiguous(ws: Workspace, path: ast.Path, table: str, column: columns.Seen, declared: Declared, help_: str) -> Skip:
    """Report a name that a column of the row has and an item of the subject."""
    args = {"name": path.text, "table": table, "own": words.spelling("own", ws.file.language)}
    labels = [Label(column.span, "column"), Label(declared.name.span, "item")]
    return ws.fail("KPI203", path.span, args, labels=labels, helps=[Note(help_, args)])


def base_table(ws: Workspace, name: str) -> str | None:
    """The table behind a filtered table, or a table itself; None where it has a fault or a circle of its own."""
    seen: set[str] = set()
    while name in ws.declared and name not in seen:
        seen.add(name)
        declared = ws.declared[name]
        if isinstance(declared.node, ast.Table):
            return name if name in ws.tables else None
        if not isinstance(declared.node, ast.DefineTable):
            return None
        name = declared.node.table.text
    return None
