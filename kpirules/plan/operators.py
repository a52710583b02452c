"""Lowering of operators and functions, the same in every relation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from kpirules.model.expr import Absent, Among, As, Bin, Builtin, Cond, Expr, Fallback, Fn, Lit, Neg, Not, Over
from kpirules.model.traversal import children, known
from kpirules.plan import build
from kpirules.plan.ir import Const, Op, Param, Scalar
from kpirules.plan.lowering import divided, lower, lowers
from kpirules.plan.relation import Place, Relation
from kpirules.values import types
from kpirules.values.operation_table import Function, Takes, function
from kpirules.values.types import Type
from kpirules.values.units import Unit


@lowers(Lit, Builtin, As, Neg, Not, Among, Absent, Over)
def _operator(relation: Relation, place: Place, node: Expr) -> Scalar:
    if isinstance(node, Builtin) and node.name in ("active_days", "active_share"):
        return build.ref(node.name, relation.columns[node.name])
    return scalar(node, lambda inner: lower(relation, place, inner))


def scalar(node: Expr, inner: Callable[[Expr], Scalar]) -> Scalar:
    """The scalar of a node whose parts are lowered by `inner`, the same in every relation.

    What a condition has shown to be there is there, whatever its parts are.
    """
    value = divided(_scalar(node, inner), node)
    if isinstance(value, Op) and value.type.missing and _narrowed(node):
        return replace(value, type=value.type.there())
    return value


def _narrowed(node: Expr) -> bool:
    """Whether a node would be possibly missing by its own parts, and is known to be there all the same."""
    if node.type.missing or not isinstance(node, Bin | Neg | Fn | As):
        return False
    by_zero = isinstance(node, Bin) and node.op == "/" and node.right.type.bounds[0] <= 0 <= node.right.type.bounds[1]
    return by_zero or any(part.type.missing for part in children(node))


def _scalar(node: Expr, inner: Callable[[Expr], Scalar]) -> Scalar:
    match node:
        case Lit():
            return build.const(node.value, node.type)
        case Builtin():
            return _clock(node)
        case As():
            value = inner(node.operand)
            return replace(value, type=value.type.of(node.type.unit))
        case Neg():
            operand = inner(node.operand)
            if isinstance(operand, Const) and isinstance(operand.value, Fraction):
                return build.number(-operand.value, node.type.unit)
            return Op("neg", (operand,), types.negate(operand.type))
        case Not():
            return build.negated(inner(node.operand))
        case Bin():
            made, sure = _binary(node, inner(node.left), inner(node.right)), known(node)
            return build.const(sure, node.type) if sure is not None and made.type.over is not None else made
        case Among():
            among = Op("in", (inner(node.operand), *(inner(value) for value in node.values)), types.BOOL)
            return build.negated(among) if node.negated else among
        case Absent():
            missing = build.is_missing(inner(node.operand))
            return build.negated(missing) if node.negated else missing
        case Fallback():
            assert node.fallback is not None, "a fault needs a subject"
            return build.coalesce(inner(node.operand), inner(node.fallback))
        case Cond():
            branches = [(inner(node.condition), inner(node.then))]
            return build.case(branches, inner(node.otherwise), node.type.unit)
        case Fn():
            return _function(node, [inner(arg) for arg in node.args])
        case Over():
            return Op("over", (inner(node.operand), inner(node.divisor)), node.type)
        case _:
            raise AssertionError(node)


def _clock(node: Builtin) -> Scalar:
    if node.name == "period_days":
        days = Op("days", (Param("period_start", types.DATE), Param("period_end", types.DATE)), _minus_one(node.type))
        return Op("add", (days, build.number(1)), node.type)
    return Param(node.name, types.DATE)


def _minus_one(type_: Type) -> Type:
    low, high = type_.bounds
    return types.decimal(Unit.NUMBER, 0, low - 1, high - 1)


def _binary(node: Bin, left: Scalar, right: Scalar) -> Scalar:
    unit = node.type.unit
    match node.op:
        case "+":
            return build.add(left, right, unit)
        case "-":
            return build.sub(left, right, unit)
        case "*":
            return build.mul(left, right, unit)
        case "/":
            return build.div(left, right, unit, _divisor(node))
        case "and" | "or":
            return Op(node.op, (left, right), types.BOOL)
        case _:
            return build.compare(build.COMPARE[node.op], left, right)


def _divisor(node: Bin) -> str | None:
    """The name that the model gave to what a quotient is divided by."""
    by, left = node.type.by, node.left.type.divisor
    if by is None or left is None:
        return None
    rest = list(left.factors)
    more = [factor for factor in by.factors if factor not in rest or rest.remove(factor)]  # type: ignore[func-returns-value]
    return more[0] if len(more) == 1 else None


def _function(node: Fn, args: list[Scalar]) -> Scalar:
    operation = function(node.name)
    match operation.takes:
        case Takes.ALIKE:
            extreme = args[0]
            for arg in args[1:]:
                extreme = _extreme(operation, node.type.unit, extreme, arg)
            return extreme
        case Takes.ROUNDED:
            return Op(node.name, tuple(args), operation.type(args[0].type, node.places), node.places, node.mode)
        case Takes.FIGURE | Takes.STEPS:
            return Op(node.name, tuple(args), operation.type(args[0].type))
    match operation.operators:
        case ("first_day",):
            return build.first_day(args[0], operation.type(args[0].type))
        case ("first_day", "last_day"):
            first = build.first_day(args[0], Type(Unit.MONTH, args[0].type.missing))
            return Op("last_day", (first,), operation.type(first.type))
        case _:
            return Op(node.name, tuple(args), node.type)


def _extreme(operation: Function, unit: Unit, a: Scalar, b: Scalar) -> Scalar:
    limit, of_dates = operation.operators
    if unit is Unit.DATE:
        return Op(of_dates, (a, b), types.DATE)
    return build.limit(a, b, unit, at_most=limit == "at_most")
