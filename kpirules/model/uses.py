"""What rules read, seen from their text alone."""

from __future__ import annotations

from kpirules.model.grain import nodes_in
from kpirules.model.workspace import PARTS, Workspace
from kpirules.syntax import ast, words


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
        found += [node for part in _head_parts(row) for node in nodes_in(part)]
        found += rule_nodes(row.value)
    return found


def _head_parts(row: ast.Row) -> list[ast.Expr]:
    match row.head:
        case ast.Comparison(_, bound):
            return [bound]
        case ast.Listed(values):
            return [*values]
        case ast.When(condition):
            return [condition]
        case ast.UpTo(bound):
            return [bound] if bound is not None else []
        case ast.Else():
            return []
