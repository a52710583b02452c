"""Expressions: from the tree as written to typed nodes."""

from __future__ import annotations

from dataclasses import replace

from kpirules.model.analysis import denominators, presence
from kpirules.model.expr import Absent, Among, As, Bin, Cond, Expr, Fallback, Fn, Lit, Neg, Not, Skip, Unknown
from kpirules.model.expressions import expectations, functions, incomplete_conditions, recovered_types
from kpirules.model.names import inlining, resolution
from kpirules.model.operations import branches, fitting, operators
from kpirules.model.reports import every
from kpirules.model.rows import own
from kpirules.model.scope import Scope
from kpirules.model.traversal import known
from kpirules.model.workspace import Workspace
from kpirules.source import Note
from kpirules.syntax import ast, words
from kpirules.values import texts, types
from kpirules.values.operation_table import function
from kpirules.values.types import Type
from kpirules.values.units import Unit


def infer(ws: Workspace, scope: Scope, node: ast.Expr) -> Expr:
    """The typed form of an expression; a bare literal keeps the unit `BARE` until its place gives it one.

    What has a fault, which has been reported, is `Unknown`: it stops whoever asks for its type where none can be
    presumed, and nobody else.
    """
    if ws.cut_off(node.span):
        return Unknown(node.span)
    try:
        with ws.deeper():
            return denominators.named(ws, presence.narrowed(ws, scope, _infer(ws, scope, node)))
    except Skip:
        return Unknown(node.span, recovered_types.type_of(ws, scope, node))


def _infer(ws: Workspace, scope: Scope, node: ast.Expr) -> Expr:
    match node:
        case ast.Number() | ast.Percent() | ast.Money() | ast.Text() | ast.Date() | ast.Bool():
            return _literal(ws, node)
        case ast.Path():
            return _path(ws, scope, node)
        case ast.Unary():
            return _unary(ws, scope, node)
        case ast.Binary():
            return _binary(ws, scope, node)
        case ast.In():
            return _among(ws, scope, node)
        case ast.IsMissing():
            return Absent(infer(ws, scope, node.operand), node.negated, type=types.BOOL, span=node.span)
        case ast.OrElse():
            return _or_else(ws, scope, node)
        case ast.Per():
            return _per(ws, scope, node)
        case ast.As():
            return _as(ws, scope, node)
        case ast.If():
            return _if(ws, scope, node)
        case ast.Call():
            return functions.call(ws, scope, node)


def _literal(ws: Workspace, node: ast.Number | ast.Percent | ast.Money | ast.Text | ast.Date | ast.Bool) -> Lit:
    match node:
        case ast.Text():
            text = _text(ws, node)
            return Lit(text, type=Type(Unit.TEXT, domain=(text,)), span=node.span)
        case ast.Date():
            return Lit(node.value, type=types.DATE, span=node.span)
        case ast.Bool():
            return Lit(node.value, type=types.BOOL, span=node.span)
        case ast.Money():
            currency = ws.scheme.currency
            if currency and node.currency != currency:
                args = {"currency": node.currency, "scheme": currency}
                raise ws.fail("KPI310", node.span, args, helps=[Note("write", args)])
            unit = Unit.MONEY
        case ast.Percent():
            unit = Unit.RATIO
        case ast.Number():
            unit = Unit.BARE
    try:
        return Lit(node.value, type=types.constant(unit, node.value), span=node.span)
    except types.TooWide as wide:
        raise ws.fail("KPI309", node.span, {"digits": wide.digits}, helps=[Note("shorter")]) from None


def _text(ws: Workspace, node: ast.Text) -> str:
    """A quoted text as it looks; one that equals no cell, because of what cannot be seen in it, is reported.

    Raises:
        Skip: nothing of it can be seen.
    """
    typed, quotes = node.value, node.span.text
    plain = texts.plain(typed)
    if plain == typed or quotes[1:-1] != typed:
        return typed
    hidden = texts.unseen(typed)
    code = "KPI565" if hidden else "KPI564" if typed != typed.strip() else "KPI566"
    helps = [Note("write", {"write": f"{quotes[0]}{plain}{quotes[-1]}"}) if plain else Note("empty")]
    skip = ws.fail(code, node.span, {"text": typed, "characters": hidden}, helps=helps)
    if not plain:
        raise skip
    return plain


def _path(ws: Workspace, scope: Scope, node: ast.Path) -> Expr:
    bare = own.bare(node)
    if len(bare.names) == 1 and (scope.grain is None or bare is not node):
        inlined = inlining.contextual(ws, scope if scope.grain is None else Scope(), bare)
        if inlined is not None:
            return inlined
    return resolution.resolve(ws, scope, node)


def _unary(ws: Workspace, scope: Scope, node: ast.Unary) -> Expr:
    if node.op == "not":
        operand = expectations.condition(ws, scope, node.operand)
        return Not(operand, type=types.BOOL, span=node.span)
    operand = infer(ws, scope, node.operand)
    if not operand.type.unit.numeric:
        raise fitting.unfit(ws, operand, "-", span=node.span)
    return Neg(operand, type=types.negate(operand.type), span=node.span)


def _binary(ws: Workspace, scope: Scope, node: ast.Binary) -> Expr:
    if node.op in ast.LOGIC:
        return _logic(ws, scope, node)
    left = infer(ws, scope, node.left)
    right = infer(ws, expectations.asking(scope, left, node.right), node.right)
    make = operators.comparison if node.op in ast.COMPARISONS else operators.arithmetic
    made = make(ws, node.op, left, right, node.span)
    if scope.achieving and node.op == "/" and made.type.unit is right.type.unit is Unit.NUMBER:
        assert isinstance(made, Bin)
        return replace(made, type=made.type.of(Unit.RATIO))
    return made


def _logic(ws: Workspace, scope: Scope, node: ast.Binary) -> Expr:
    left = expectations.condition(ws, scope, node.left)
    right: Expr
    write = incomplete_conditions.whole(node)
    if write is None:
        right = expectations.condition(ws, scope.knowing(presence.shown(ws, left, holds=node.op == "and")), node.right)
    else:
        right = infer(ws, scope, node.right)
        args = {"expected": Unit.BOOL, "found": right.type.unit, "text": node.right.span.text}
        ws.report("KPI301", node.right.span, args, helps=[Note("half", {"write": write})])
        right = Unknown(node.right.span, types.BOOL)
    return Bin(node.op, left, right, type=types.BOOL, span=node.span)


def _among(ws: Workspace, scope: Scope, node: ast.In) -> Expr:
    operand = infer(ws, scope, node.operand)
    listed = [infer(ws, expectations.asking(scope, operand, value), value) for value in node.values]
    if operand.type.missing:
        raise fitting.lost(ws, operand, node.span, "comparison")

    def settled_value(value: Expr) -> Lit:
        settled = fitting.settle(ws, value, operand.type.unit)
        constant = expectations.constant(ws, settled)
        if settled.type.unit is not operand.type.unit:
            args = {"op": "in", "left": operand.type.unit, "right": settled.type.unit}
            labels, helps = fitting.unit_labels(operand, settled), fitting.clash_help(operand, settled)
            raise ws.fail("KPI302", value.span, args, labels=labels, helps=helps)
        operators.check_domain(ws, operand, settled)
        return Lit(constant, type=settled.type, span=settled.span)

    values = every(settled_value, listed)
    expectations.once(ws, values)
    return Among(operand, values, node.negated, type=types.BOOL, span=node.span)


def _or_else(ws: Workspace, scope: Scope, node: ast.OrElse) -> Expr:
    operand = infer(ws, scope, node.operand)
    written = infer(ws, scope, node.fallback) if node.fallback is not None else None
    if not operand.type.missing:
        if operand.type.presumed or isinstance(operand, Unknown) or ws.doubtful(operand):
            raise Skip
        if presence.EVERYTHING in scope.present:  # by a condition with a fault
            raise Skip
        if not _shown_here(ws, scope, node.operand):
            args = {"text": operand.span.text}
            raise ws.fail("KPI404", node.span, args, helps=[Note("alone", {"write": operand.span.text})])
    if written is None:
        return Fallback(operand, None, type=operand.type.there(), span=node.span)
    fallback = fitting.fitted(ws, written, operand.type.unit, beside=operand)
    unit = operand.type.unit if operand.type.unit is not Unit.COUNT else fallback.type.unit
    type_ = fitting.fit(ws, node.span, (operand, fallback), lambda: types.or_else(operand.type, fallback.type, unit))
    return Fallback(operand, fallback, type=type_, span=node.span)


def _shown_here(ws: Workspace, scope: Scope, node: ast.Expr) -> bool:
    """Whether a value is there by what is known at its place alone: elsewhere, under a name, it may be missing."""
    if not scope.present:
        return False
    alone = ws.unheard(lambda: infer(ws, replace(scope, present=frozenset()), node))
    return isinstance(alone, Unknown) or alone.type.missing


def _per(ws: Workspace, scope: Scope, node: ast.Per) -> Expr:
    """`X per STEP`: the quotient, toward zero for `whole`, away from zero for `part`, as it is for `pro rata`."""
    operand, step = infer(ws, scope, node.operand), infer(ws, scope, node.step)
    operand, step, unit = fitting.align(ws, operand, step)
    operand, step = fitting.plain(ws, operand), fitting.plain(ws, step)
    if unit is None or not unit.numeric:
        args = {"op": words.spelling("per", ws.file.language), "left": operand.type.unit, "right": step.type.unit}
        labels, helps = fitting.unit_labels(operand, step), fitting.clash_help(operand, step)
        raise ws.fail("KPI302", node.span, args, labels=labels, helps=helps)
    if step.type.missing:
        raise fitting.lost(ws, step, node.span, "step")
    if step.type.bounds[0] <= 0:
        args = {"text": step.span.text}
        raise ws.fail("KPI317", step.span, args, helps=[Note("zero" if known(step) is not None else "bounds", args)])
    quotient = operators.quotient(ws, operand, step, Unit.NUMBER, node.span)
    if node.how == "pro rata":
        return quotient
    name = "truncate" if node.how == "whole" else "extend"
    steps = fitting.fit(ws, node.span, (operand, step), lambda: function(name).type(quotient.type))
    return Fn(name, (quotient,), type=steps, span=node.span)


def _as(ws: Workspace, scope: Scope, node: ast.As) -> Expr:
    operand = fitting.plain(ws, infer(ws, scope, node.operand))
    unit = Unit.NUMBER if node.unit == "number" else Unit.RATIO
    if isinstance(operand, Unknown) and operand.presumed is None:
        return Unknown(node.span, types.presumed(unit))
    given = operand.type.unit
    if not given.numeric or (unit is Unit.RATIO and given is Unit.MONEY):
        word = words.spelling(f"as {node.unit}", ws.file.language)
        raise fitting.unfit(ws, operand, word, "share" if given is Unit.MONEY else "figure")
    if given is unit:
        args = {"text": operand.span.text, "unit": unit}
        raise ws.fail("KPI318", node.span, args, helps=[Note("brackets", args)])
    return As(operand, type=operand.type.of(unit), span=node.span)


def _if(ws: Workspace, scope: Scope, node: ast.If) -> Expr:
    test = expectations.condition(ws, scope, node.condition)
    then = infer(ws, scope.knowing(presence.shown(ws, test, holds=True)), node.then)
    otherwise = infer(ws, scope.knowing(presence.shown(ws, test, holds=False)), node.otherwise)
    then, otherwise = branches.join(ws, [then, otherwise])
    type_ = branches.either(ws, [then, otherwise], node)
    return Cond(test, then, otherwise, type=type_, span=node.span)
