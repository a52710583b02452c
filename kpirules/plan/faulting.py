"""What working an expression out may meet, found once for each: a fault that ends the run, a rule of its own steps."""

from __future__ import annotations

from collections.abc import Callable

from kpirules.model.expr import By, Choose, Col, Curve, Expr, Fallback, Fn, Limited, Own, Tiers, Val
from kpirules.model.traversal import children
from kpirules.plan import scalars
from kpirules.plan.draft import Draft
from kpirules.plan.reading import may_stray

RULES = (Limited, By, Choose, Curve, Tiers)
"""The nodes that are lowered to steps of their own."""


def faults(draft: Draft, node: Expr) -> bool:
    """Whether working out an expression may end the run: it has `or else error` or a later date in it, or reads it."""
    return _has(draft.faulting, node, lambda part: _may_end(draft, part))


def has_rule(draft: Draft, node: Expr) -> bool:
    """Whether a rule with rows or limits is in an expression."""
    return _has(draft.ruled, node, lambda part: isinstance(part, RULES))


def _has(memo: dict[int, tuple[Expr, bool]], node: Expr, test: Callable[[Expr], bool]) -> bool:
    """Whether an expression or a part of it passes a test; what has none that does is not gone through again.

    `memo` keeps what was found by identity, together with the node, so that no other takes its identity.
    """
    pending, clear, found = [node], list[Expr](), False
    while pending and not found:
        part = pending.pop()
        if id(part) in memo:
            found = memo[id(part)][1]
        elif test(part):
            found = True
        else:
            clear.append(part)
            pending += reversed(children(part))
    if not found:
        memo |= {id(part): (part, False) for part in clear}
    memo[id(node)] = node, found
    return found


def _may_end(draft: Draft, part: Expr) -> bool:
    """Whether a part of an expression may by itself end the run."""
    match part:
        case Fallback():
            return part.fallback is None
        case Fn():
            return part.name in ("add_days", "add_months")
        case Col():
            computed = draft.model.columns.get((part.table, part.column))
            strays = bool(part.refs) and may_stray(draft.model, part.refs)
            return strays or (computed is not None and faults(draft, computed.rule))
        case Own() if part.refs and may_stray(draft.model, part.refs):
            return True
        case Own() if not part.alone or not draft.per_row:
            return bool(scalars.owned(draft.subject or draft, part)[1])
        case Own():
            return faults(draft, part.value)
        case Val() if draft.per_row:
            return part.item in draft.model.defines and faults(draft, draft.model.defines[part.item].rule)
        case Val():
            draft.seen(part.item, part.part)
            return bool(draft.flags[part.item, part.part])
        case _:
            return False
