"""What is known of a value all the same where it has a fault: its unit, by what it is called or how it is made.

So what stands beside it, or is made of it, is still checked. Nothing is said that could be otherwise once the fault is
mended.
"""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.rows import lookup
from kpirules.model.scope import PARTS, SUMS, Scope
from kpirules.model.workspace import STAND_IN, Workspace
from kpirules.syntax import ast, words
from kpirules.values import types
from kpirules.values.operation_table import AGGREGATES, FUNCTIONS, Aggregate, Function
from kpirules.values.types import Type
from kpirules.values.units import Unit


def type_of(ws: Workspace, scope: Scope, node: ast.Expr) -> Type | None:
    """The type of an expression with a fault, None where nothing is known of it."""
    match node:
        case ast.Path():
            return _of_path(ws, scope, node)
        case ast.In() | ast.IsMissing() | ast.Unary(op="not"):
            return types.presumed(Unit.BOOL)
        case ast.Binary() if node.op in (*ast.COMPARISONS, *ast.LOGIC):
            return types.presumed(Unit.BOOL)
        case ast.Per():
            return types.presumed(Unit.NUMBER)
        case ast.Call():
            unit = next((called.unit for called in _called(node)), None)
            return types.presumed(unit) if unit is not None else None
        case _:
            return None


def _called(node: ast.Call) -> list[Aggregate | Function]:
    """What a call may be of, by its name: `min` and `max` are both an aggregate and a function."""
    name = words.function(node.function.text) or ""
    return [table[name] for table in (AGGREGATES, FUNCTIONS) if name in table]


def _of_path(ws: Workspace, scope: Scope, path: ast.Path) -> Type | None:
    first, *rest = (name.text for name in path.names)
    if scope.grain is not None or len(rest) > 1:
        return None
    if rest:
        part = words.builtin(rest[0])
        indicator = isinstance(_item(ws, first), ast.Indicator)
        return _of_part(ws, part) if indicator else None
    word = words.builtin(first)
    if word in PARTS and word in scope.parts:
        return _of_part(ws, word)
    if word in SUMS and scope.card is not None:
        return types.presumed(Unit.NUMBER)
    if word in ("total", "grade") and _item(ws, first) is None:
        return of_result(ws, word)
    match _item(ws, first):
        case ast.Pay():
            return types.presumed(Unit.MONEY, _places(ws, "money"))
        case ast.Outcome():
            return types.presumed(Unit.BOOL)
        case _:
            return None


def _item(ws: Workspace, name: str) -> ast.Item | None:
    """The item of a name, or what could be read of it."""
    declared = ws.declared.get(name)
    if declared is not None:
        return declared.node
    named = (fragment.item for fragment in ws.file.fragments)
    return next((item for item in named if isinstance(item, ast.Indicator | ast.Pay) and item.name.text == name), None)


def _of_part(ws: Workspace, part: str | None) -> Type | None:
    match part:
        case "score":
            return types.presumed(Unit.NUMBER, _places(ws, "score"))
        case "achievement":
            return types.presumed(Unit.RATIO)
        case _:
            return None


def of_result(ws: Workspace, word: str) -> Type | None:
    """The type of the total or the grade, None where the scheme has none."""
    kind = ast.Scorecard if word == "total" else ast.Grade
    nodes = [
        node for node in (*ws.file.items, *(fragment.item for fragment in ws.file.fragments)) if isinstance(node, kind)
    ]
    if word == "total":
        return types.presumed(Unit.NUMBER, _places(ws, "total")) if nodes or ws.unread else None
    if not nodes and ws.broken.isdisjoint(words.spellings("grade")):
        return None
    return replace(types.presumed(Unit.TEXT), domain=tuple(text for node in nodes for text in grades(node)) or None)


def grades(node: ast.Item) -> list[str]:
    """The grades that the rows of the grade give, as far as they are texts; none of another item."""
    values = row_values(node.rule) if isinstance(node, ast.Grade) else []
    exprs = [value.expr for value in values if isinstance(value, ast.Formula)]
    return list(dict.fromkeys(expr.value for expr in exprs if isinstance(expr, ast.Text)))


def row_values(rule: ast.Rule) -> list[ast.Rule]:
    """The innermost right sides of a rule's rows; a formula is its own."""
    if isinstance(rule, ast.Formula):
        return [rule]
    return [value for row in rule.rows for value in row_values(row.value)]


def _places(ws: Workspace, what: str) -> int:
    return ws.header.places.get(what, STAND_IN) if ws.header else STAND_IN


def lacking(ws: Workspace, rule: ast.Rule) -> bool:
    """Whether a value may be missing in any case, whatever the fault in it: one looked up, or a mean of no rows."""
    return isinstance(rule, ast.Formula) and _lacking(ws, rule.expr)


def _lacking(ws: Workspace, node: ast.Expr) -> bool:
    match node:
        case ast.Binary(op="*" | "/"):
            return _lacking(ws, node.left) or _lacking(ws, node.right)
        case ast.Call():
            called = _called(node)
            return bool(called) and all(isinstance(of, Aggregate) and of.of_no_rows is None for of in called)
        case ast.Path(names=(first, _)) if ws.subject is not None and first.text != ws.subject.table.name:
            table = ws.tables.get(first.text)
            return table is not None and table.name not in ws.torn and lookup.is_keyed(ws, table)
        case _:
            return False
