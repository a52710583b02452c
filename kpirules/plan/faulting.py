"""What working an expression out may meet, found once for each: a fault that ends the run, a rule of its own steps."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.model.expr import Col, Expr, Fallback, Fn, Own, Val
from kpirules.model.traversal import children
from kpirules.plan import columns
from kpirules.plan.lowering import is_rule
from kpirules.plan.reading import may_stray
from kpirules.plan.relation import Relation
from kpirules.values.operation_table import function


def faults(relation: Relation, node: Expr) -> bool:
    """Whether working out an expression may end the run: it has `or else error` or a later date in it, or reads it."""
    return _has(relation.faulting, node, lambda part: _may_end(relation, part))


def has_rule(relation: Relation, node: Expr) -> bool:
    """Whether a rule with rows or limits is in an expression."""
    return _has(relation.ruled, node, is_rule)


def _has(memo: dict[int, tuple[Expr, bool]], node: Expr, test: Callable[[Expr], bool]) -> bool:
    """Whether an expression or a part of it passes a test; what has none that does is not gone through again.

    `memo` keeps what was found by identity, together with the node, so that no other takes its identity.
    """
    pending, clear, has_it = [node], list[Expr](), False
    while pending and not has_it:
        part = pending.pop()
        if id(part) in memo:
            has_it = memo[id(part)][1]
        elif test(part):
            has_it = True
        else:
            clear.append(part)
            pending += reversed(children(part))
    if not has_it:
        memo |= {id(part): (part, False) for part in clear}
    memo[id(node)] = node, has_it
    return has_it


def _may_end(relation: Relation, part: Expr) -> bool:
    """Whether a part of an expression may by itself end the run."""
    match part:
        case Fallback():
            return part.fallback is None
        case Fn():
            return function(part.name).may_end
        case Col():
            computed = relation.model.columns.get((part.table, part.column))
            strays = bool(part.refs) and may_stray(relation.model, part.refs)
            return strays or (computed is not None and faults(relation, computed.rule))
        case Own() if part.refs and may_stray(relation.model, part.refs):
            return True
        case Own() if not part.alone or not relation.per_row:
            return bool(columns.owned(relation.owner or relation, part)[1])
        case Own():
            return faults(relation, part.value)
        case Val() if relation.per_row:
            return part.item in relation.model.defines and faults(relation, relation.model.defines[part.item].rule)
        case Val():
            relation.seen(part.item, part.part)
            return bool(relation.flags[part.item, part.part])
        case _:
            return False
