"""What expressions and rules read, seen from their text alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpirules.model.workspace import PARTS, Workspace
from kpirules.syntax import ast, words


def paths_in(node: ast.Expr) -> Iterator[ast.Path]:
    """Every path in an expression, in written order."""
    return (part for part in nodes_in(node) if isinstance(part, ast.Path))


def nodes_in(node: ast.Expr) -> Iterator[ast.Expr]:
    """An expression and every expression in it, in written order."""
    yield node
    for part in _parts_of(node):
        yield from nodes_in(part)


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
    found: list[ast.Expr] = []
    match rule:
        case ast.Formula():
            parts: list[ast.Expr] = [rule.expr, *(limit.bound for limit in rule.limits)]
            return [node for part in parts for node in nodes_in(part)]
        case ast.Tiers():
            found += [node for part in (rule.subject, rule.start) if part is not None for node in nodes_in(part)]
        case ast.By() | ast.Curve():
            found += nodes_in(rule.subject)
        case ast.Choose():
            pass
    for row in rule.rows:
        found += [node for part in head_parts(row) for node in nodes_in(part)]
        found += rule_nodes(row.value)
    return found


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


def handled(nodes: Iterable[ast.Expr]) -> frozenset[str]:
    """The names whose absence expressions handle themselves, by `is missing` or `or else`; built-in ones in English."""
    asking = (node for node in nodes if isinstance(node, ast.IsMissing | ast.OrElse))
    names = (node.operand.text for node in asking if isinstance(node.operand, ast.Path))
    return frozenset(words.builtin(name) or name for name in names)


def is_contextual(ws: Workspace, name: str) -> bool:
    """Whether a define names `actual`, `target` or `achievement`, itself or through other defines."""
    if ws.contextual is None:
        ws.contextual = _contextual(ws)
    return name in ws.contextual


def _contextual(ws: Workspace) -> frozenset[str]:
    defines = {name: one.node for name, one in ws.declared.items() if isinstance(one.node, ast.Define)}
    columns = ws.subject.table if ws.subject else None
    readers: dict[str, list[str]] = {}
    found: dict[str, None] = {}
    for name, node in defines.items():
        for path in rule_paths(node.rule):
            first = path.names[0].text
            if len(path.names) > 1:
                continue
            if first in ws.declared:
                readers.setdefault(first, []).append(name)
            elif words.builtin(first) in PARTS[:3] and not (columns and columns.column(first)):
                found[name] = None
    waiting = [*found]
    for name in waiting:
        for reader in readers.get(name, ()):
            if reader not in found:
                found[reader] = None
                waiting.append(reader)
    return frozenset(found)
