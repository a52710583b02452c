"""Aggregates over the rows of one table, under the grain rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpirules.model.analysis import denominators, presence, uses
from kpirules.model.expr import Agg, Bin, Expr, Grain, Skip
from kpirules.model.expressions import expectations
from kpirules.model.names import columns, resolution, unknown
from kpirules.model.operations import fitting
from kpirules.model.rows import divisors, fan_out, grain, matching_periods, own, row_times
from kpirules.model.scope import Presence, Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast, words
from kpirules.syntax.bounds import DEEPEST
from kpirules.values import types
from kpirules.values.divisor import Divisor
from kpirules.values.operation_table import AGGREGATES, COUNT, Aggregate, Counts
from kpirules.values.types import Type
from kpirules.values.units import Unit


def is_aggregate(ws: Workspace, node: ast.Expr) -> bool:
    """Whether an expression is a call over rows; one of `min` or `max` may be over its arguments."""
    name = words.function(node.function.text) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or name not in AGGREGATES:
        return False
    of_rows = len(node.args) == 1 or node.where is not None or (not node.args and bool(ws.tables))
    return of_rows or name not in ("min", "max")


def aggregate(ws: Workspace, scope: Scope, node: ast.Call, name: str) -> Expr:
    """A call of an aggregate, under its English name; in a row's scope it is over the rows that refer to that row.

    Raises:
        Skip: it breaks the grain rule, or its value has a fault.
    """
    if len(node.args) != 1:
        args = {"name": node.function.text, "least": 1, "most": 1, "found": len(node.args)}
        raise ws.fail("KPI313", node.span, args, helps=[Note("rows", args)])
    counted = AGGREGATES[name]
    if counted.counts is Counts.ROWS:
        return _count(ws, scope, node, name)
    alias, table = _counted(ws, node.args[0], node.function)
    rows = _grain(ws, scope, table, node) if scope.grain is not None else None
    inner = _row_scope(ws, alias, table)
    where, inner = _where(ws, inner, alias, node.where, _placed(ws, table))
    test = counted.counts is Counts.CONDITIONS
    written = expectations.condition(ws, inner, node.args[0]) if test else ws.infer(inner, node.args[0])
    arg = fitting.plain(ws, written)
    rows = rows or _grain(ws, scope, table, node)
    _readable(ws, rows, node, arg, where)
    if arg.type.missing:
        args = {"name": node.function.text, "text": arg.span.text}
        instead = fitting.STAND_INS.get(arg.type.unit, "0")
        helps = [Note("or_else", {**args, "instead": instead}), Note("where", args)]
        raise ws.fail("KPI403", arg.span, args, labels=[fitting.why_missing(arg, ws)], helps=helps)
    if counted.counts is Counts.FIGURES:
        fan_out.of_the_grain(ws, arg, rows, node.span, node.function.text)
    arg = divisors.of_one_divisor(ws, rows.owner, arg, node.span)
    type_ = fitting.fit(ws, node.span, (arg,), lambda: _type(ws, node, counted, arg))
    made = Agg(name, arg, where, rows, type=type_, span=node.span)
    if len(counted.measures) == 1 or type_.presumed:
        return made
    return replace(made, type=replace(type_, by=Divisor(1, (denominators.counted(ws, made),))))


def _type(ws: Workspace, node: ast.Call, counted: Aggregate, arg: Expr) -> Type:
    unit, counts = arg.type.unit, counted.counts
    ordered = counts is Counts.ORDERED and unit is Unit.DATE
    if counts in (Counts.FIGURES, Counts.ORDERED) and not (unit.numeric or ordered):
        raise fitting.unfit(ws, arg, node.function.text)
    return counted.type(arg.type)


def _count(ws: Workspace, scope: Scope, node: ast.Call, function: str) -> Expr:
    named = node.args[0]
    if not isinstance(named, ast.Path) or len(named.names) != 1:
        raise ws.fail("KPI315", named.span, {"name": node.function.text}, helps=_count_help(ws, node))
    name = named.names[0]
    if name.text in ws.broken:
        raise Skip
    declared = ws.declared.get(name.text)
    if declared is None or declared.kind not in ("table", "filter"):
        if declared is None:
            raise unknown.unknown_table(ws, name)
        raise ws.fail("KPI315", named.span, {"name": node.function.text}, helps=_count_help(ws, node))
    table = resolution.base_table(ws, name.text)
    if table is None:
        raise Skip
    where, _ = _where(ws, _row_scope(ws, name.text, table), name.text, node.where, _placed(ws, table))
    rows = _grain(ws, scope, table, node)
    _readable(ws, rows, node, where)
    return Agg(function, None, where, rows, type=COUNT, span=node.span)


def _count_help(ws: Workspace, node: ast.Call) -> list[Note]:
    named = _named_tables(ws, node.args[0])
    return [Note("rows", {"name": node.function.text, "table": next(iter(named), "…")})]


def _grain(ws: Workspace, scope: Scope, table: str, node: ast.Call) -> Grain:
    """Whose the rows of a table are that are counted in a scope: the subject's, or those of the row in scope."""
    if scope.grain is None:
        return grain.grain_of(ws, table, node.span)
    return grain.grain_in_row(ws, table, scope.grain, node)


def _readable(ws: Workspace, rows: Grain, node: ast.Call, *nodes: Expr | None) -> None:
    """Refuse what rows that are counted read of another subject than theirs, or of a period of another length."""
    if rows.to is None:
        own.of_their_owner(ws, rows.table, rows.owner, node.span, *nodes)
    else:
        own.not_counted_for_a_row(ws, rows.to, node.span, *nodes)
    kind = matching_periods.kind_of(ws, rows.table, rows.time_refs, rows.time)
    matching_periods.of_one_period(ws, rows.table, kind, node.span, *nodes)


# ---------------------------------------------------------------- which rows are counted


def _named_tables(ws: Workspace, node: ast.Expr) -> dict[str, ast.Name]:
    """The tables and filtered tables that an expression names before a dot, each at its first place.

    Not those that an aggregate within it counts for each row.
    """
    tables: dict[str, ast.Name] = {}
    for path in uses.paths_in(node, without=lambda part: is_aggregate(ws, part)):
        first = path.names[0]
        declared = ws.declared.get(first.text)
        if len(path.names) > 1 and declared and declared.kind in ("table", "filter"):
            tables.setdefault(first.text, first)
    return tables


def _counted(ws: Workspace, node: ast.Expr, function: ast.Name) -> tuple[str, str]:
    """The table an aggregate over `node` counts: its name or alias as written, and the table itself.

    Raises:
        Skip: the value names no table, or more than one from which the others cannot be reached.
    """
    named = _named_tables(ws, node)
    if not named:
        for path in uses.paths_in(node):
            if path.names[0].text in ws.broken:
                raise Skip
            if path.names[0].text not in ws.declared and not _anywhere(ws, path.names[0].text):
                raise unknown.unknown(ws, path.names[0], [*ws.declared])
        raise ws.fail("KPI523", node.span, {"function": function.text}, helps=[_of_rows(ws, node, function.text)])
    bases: dict[str, str] = {}
    for name in named:
        base = resolution.base_table(ws, name)
        if base is None:
            raise Skip
        bases[name] = base
    candidates = [
        name for name in bases if {base for other, base in bases.items() if other != name} <= _reached(ws, bases[name])
    ]
    if len(candidates) != 1:
        labels = [Label(name.span, "here", {"name": text}) for text, name in named.items()]
        raise ws.fail("KPI525", node.span, {"names": tuple(named)}, labels=labels, helps=[Note("one")])
    return candidates[0], bases[candidates[0]]


def _of_rows(ws: Workspace, node: ast.Expr, function: str) -> Note:
    """What to write for the value of an aggregate that names no rows."""
    args = {"function": function, "text": node.span.text}
    if words.function(function) in ("any", "all"):
        return Note("test", args)
    firsts = [path.names[0].text for path in uses.paths_in(node)]
    table = next((name for name in firsts if resolution.base_table(ws, name)), None)
    if table is not None:
        return Note("column", {**args, "table": table, "column": resolution.first_figure(ws, table)})
    held = next(((t, name) for name in firsts for t in ws.tables if columns.has(ws, t, name)), None)
    if held is None:
        return Note("rows", args)
    single = ws.subject is not None and held[0] == ws.subject.table.name
    return Note("single", args) if single else Note("column", {**args, "table": held[0], "column": held[1]})


def _anywhere(ws: Workspace, name: str) -> bool:
    return any(columns.has(ws, table, name) for table in ws.tables)


def _reached(ws: Workspace, start: str) -> set[str]:
    """Every other table that references lead to."""
    queue = [start]
    for table in queue:
        targets = dict.fromkeys(column.references for column in ws.tables[table].columns)
        queue += [target for target in targets if target is not None and target in ws.tables and target not in queue]
    return set(queue[1:])


def rows_where(ws: Workspace, name: str, table: str) -> tuple[Expr | None, Scope]:
    """The condition on the rows of a filtered table (a table has none), and their scope, which knows it to hold.

    Raises:
        Skip: the condition has a fault.
    """
    return _where(ws, _row_scope(ws, name, table), name, None)


def _row_scope(ws: Workspace, alias: str, table: str) -> Scope:
    aliases = {name for name, _ in _filters(ws, alias)}
    return Scope(grain=table, aliases=frozenset({alias, *aliases}))


def _filters(ws: Workspace, name: str) -> Iterator[tuple[str, ast.DefineTable]]:
    """The filtered tables from `name` down to its table, nearest first."""
    seen: set[str] = set()
    while name in ws.declared and name not in seen:
        seen.add(name)
        node = ws.declared[name].node
        if not isinstance(node, ast.DefineTable):
            return
        yield name, node
        name = node.table.text


def _placed(ws: Workspace, table: str) -> frozenset[Presence]:
    """What is there in the rows that an aggregate counts: the column that places them in the period."""
    time = row_times.period_column(ws.tables[table])
    return frozenset() if time is None else frozenset({presence.column(time.name)})


def _where(
    ws: Workspace, scope: Scope, alias: str, written: ast.Expr | None, known: frozenset[Presence] = frozenset()
) -> tuple[Expr | None, Scope]:
    """The condition on the rows, the filtered tables' own first, and the scope that knows it to hold.

    `known` is what is there in the rows that are counted; a filtered table is also read where no rows are.
    """
    scope = scope.knowing(known)
    conditions, present = _filtered(ws, scope, alias)
    scope = scope.knowing(present)
    if written is not None:
        conditions = (*conditions, expectations.condition(ws, scope, written))
        scope = scope.knowing(presence.shown(ws, conditions[-1], holds=True))
    return _all_of(conditions), scope


def _filtered(ws: Workspace, scope: Scope, alias: str) -> tuple[tuple[Expr, ...], frozenset[Presence]]:
    """The conditions of a filtered table and of those it is made from, first theirs; what is there where they hold."""
    conditions: tuple[Expr, ...] = ()
    present = scope.present
    for name, node in [*_filters(ws, alias)][::-1]:
        key = (name, scope.present)
        if key not in ws.filters:
            here = expectations.condition(ws, scope.knowing(present), node.where)
            ws.filters[key] = (*conditions, here), present | frozenset(presence.shown(ws, here, holds=True))
            ws.filtered.add(name)
        conditions, present = ws.filters[key]
    return conditions, present


def _all_of(conditions: tuple[Expr, ...]) -> Expr | None:
    """Conditions joined by `and`, in order, in a tree no deeper than it must be."""
    if len(conditions) <= 1:
        return conditions[0] if conditions else None
    half = len(conditions) // 2
    left, right = _all_of(conditions[:half]), _all_of(conditions[half:])
    assert left is not None
    assert right is not None
    return Bin("and", left, right, type=types.BOOL, span=right.span)


def check_filter(ws: Workspace, name: str, node: ast.DefineTable) -> None:
    """Elaborate the condition of a filtered table, for its faults; of one that is read they are told already.

    Raises:
        Skip: it has one.
    """
    if sum(1 for _ in _filters(ws, name)) == DEEPEST + 1:  # those that are made from it are told no more
        args = {"name": node.table.text, "limit": DEEPEST}
        raise ws.fail("KPI219", node.table.span, args, helps=[Note("chain")])
    if name in ws.filtered:
        return
    table = resolution.base_table(ws, name)
    if table is None:
        _no_table(ws, name, node)
        raise Skip
    rows_where(ws, name, table)


def _no_table(ws: Workspace, name: str, node: ast.DefineTable) -> None:
    base = node.table.text
    if base in ws.broken:
        return
    declared = ws.declared.get(base)
    if declared is None:
        unknown.unknown_table(ws, node.table)
    elif declared.kind not in ("table", "filter"):
        labels = [Label(declared.name.span, "declared")]
        ws.report("KPI209", node.table.span, {"name": base}, labels=labels, helps=[Note("table")])
    elif (ring := _ring(ws, name)) and name == min(ring, key=list(ws.declared).index):
        ws.report("KPI207", node.table.span, {"circle": " → ".join([*ring, name])}, helps=[Note("cut")])


def _ring(ws: Workspace, name: str) -> list[str]:
    """The filtered tables of a circle, from `name` on; none where it stands in no circle."""
    ring = [filtered for filtered, _ in _filters(ws, name)]
    last = ws.declared[ring[-1]].node
    return ring if isinstance(last, ast.DefineTable) and last.table.text == name else []
