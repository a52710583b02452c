"""What expressions and rules read, seen from their text alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields

from kpirules.model.scope import PARTS
from kpirules.model.workspace import Workspace
from kpirules.syntax import ast, words


def paths_in(node: ast.Expr, *, without: Callable[[ast.Expr], bool] = lambda _: False) -> Iterator[ast.Path]:
    """Every path in an expression, in written order; not those in the parts that are `without`."""
    return (part for part in nodes_in(node, without=without) if isinstance(part, ast.Path))


def nodes_in(node: ast.Expr, *, without: Callable[[ast.Expr], bool] = lambda _: False) -> Iterator[ast.Expr]:
    """An expression and every expression in it, in written order; not the parts that are `without`."""
    pending = [node]
    while pending:
        part = pending.pop()
        if not without(part):
            yield part
            pending += reversed(_parts_of(part))


def _parts_of(node: ast.Expr) -> tuple[ast.Expr, ...]:
    match node:
        case ast.Per():
            return node.operand, node.step
        case ast.Unary() | ast.IsMissing() | ast.As():
            return (node.operand,)
        case ast.In():
            return node.operand, *node.values
        case ast.Binary():
            return node.left, node.right
        case ast.OrElse():
            return (node.operand,) if node.fallback is None else (node.operand, node.fallback)
        case ast.If():
            return node.condition, node.then, node.otherwise
        case ast.Call():
            return (*node.args, *((node.where,) if node.where else ()))
        case _:
            return ()


def rule_paths(rule: ast.Rule) -> list[ast.Path]:
    """Every path in a rule, in written order."""
    return [node for node in rule_nodes(rule) if isinstance(node, ast.Path)]


def rule_nodes(rule: ast.Rule) -> list[ast.Expr]:
    """Every expression in a rule, in written order."""
    nodes: list[ast.Expr] = []
    match rule:
        case ast.Formula():
            parts: list[ast.Expr] = [rule.expr, *(limit.bound for limit in rule.limits)]
            return [node for part in parts for node in nodes_in(part)]
        case ast.Tiers():
            nodes += [node for part in (rule.subject, rule.start) if part is not None for node in nodes_in(part)]
        case ast.By() | ast.Curve():
            nodes += nodes_in(rule.subject)
        case ast.Choose():
            pass
    for row in rule.rows:
        nodes += [node for part in head_parts(row) for node in nodes_in(part)]
        nodes += rule_nodes(row.value)
    return nodes


def head_parts(row: ast.Row) -> tuple[ast.Expr, ...]:
    """The expressions that the head of a row holds."""
    match row.head:
        case ast.Comparison(_, bound):
            return (bound,)
        case ast.Listed(values):
            return values
        case ast.When(condition):
            return (condition,)
        case ast.UpTo(bound):
            return (bound,) if bound is not None else ()
        case ast.Else():
            return ()


def handled(ws: Workspace, nodes: Iterable[ast.Expr]) -> frozenset[str]:
    """The names whose absence expressions handle themselves, by `is missing` or `or else`; built-in ones in English.

    It makes no difference which part of an expression, or of what is asked for, has a name of its own.
    """
    asking = (node for node in _behind(ws, nodes) if isinstance(node, ast.IsMissing | ast.OrElse))
    asked = (unnamed(ws, node.operand) for node in asking)
    return frozenset(words.builtin(operand.text) or operand.text for operand in asked if isinstance(operand, ast.Path))


def _behind(ws: Workspace, nodes: Iterable[ast.Expr]) -> list[ast.Expr]:
    """Expressions, and those of the defines that they name, each define once."""
    exprs, seen = [*nodes], set[str]()
    for node in exprs:
        define = _define(ws, node)
        if define is not None and define.name.text not in seen:
            seen.add(define.name.text)
            exprs += rule_nodes(define.rule)
    return exprs


def unnamed(ws: Workspace, node: ast.Expr) -> ast.Expr:
    """An expression without the names that it has as a whole."""
    seen: set[str] = set()
    while (define := _define(ws, node)) is not None and isinstance(define.rule, ast.Formula) and not define.rule.limits:
        if define.name.text in seen:
            break
        seen.add(define.name.text)
        node = define.rule.expr
    return node


def _define(ws: Workspace, node: ast.Expr) -> ast.Define | None:
    """The define that an expression names."""
    if not isinstance(node, ast.Path) or len(node.names) > 1 or node.text not in ws.declared:
        return None
    declared = ws.declared[node.text].node
    return declared if isinstance(declared, ast.Define) else None


def named_elsewhere(ws: Workspace, item: str) -> bool:
    """Whether an item other than itself names a define or a computed column (`orders.margin`)."""
    *table, name = item.split(".")
    for node in (*ws.file.items, *(fragment.item for fragment in ws.file.fragments)):
        own = isinstance(node, ast.Define | ast.DefineColumn) and node.name.text == name
        own = own and (not table or (isinstance(node, ast.DefineColumn) and node.table.text == table[0]))
        if not own and any(part.text == name for path in _paths_of(node) for part in path.names):
            return True
    return False


def _paths_of(item: ast.Node) -> Iterator[ast.Path]:
    """Every path in an item, in no order."""
    pending = [item]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Path):
            yield node
        for attribute in fields(node):
            value = getattr(node, attribute.name)
            pending += [
                part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, ast.Node)
            ]


def is_contextual(ws: Workspace, name: str) -> bool:
    """Whether a define names `actual`, `target` or `achievement`, itself or through other defines."""
    if ws.contextual is None:
        ws.contextual = _contextual(ws)
    return name in ws.contextual


def _contextual(ws: Workspace) -> frozenset[str]:
    defines = {name: declared.node for name, declared in ws.declared.items() if isinstance(declared.node, ast.Define)}
    columns = ws.subject.table if ws.subject else None
    readers: dict[str, list[str]] = {}
    contextual: dict[str, None] = {}
    for name, node in defines.items():
        for path in rule_paths(node.rule):
            first = path.names[0].text
            if len(path.names) > 1:
                continue
            if first in ws.declared:
                readers.setdefault(first, []).append(name)
            elif words.builtin(first) in PARTS[:3] and not (columns and columns.column(first)):
                contextual[name] = None
    waiting = [*contextual]
    for name in waiting:
        for reader in readers.get(name, ()):
            if reader not in contextual:
                contextual[reader] = None
                waiting.append(reader)
    return frozenset(contextual)
