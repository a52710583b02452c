"""A plan as text: its steps in order, and for each figure its type, what it is worked out by, and its rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from kpirules.plan.ir import (
    Aggregate,
    Binding,
    Case,
    Compute,
    Const,
    Filter,
    Join,
    Measure,
    Op,
    Origin,
    Param,
    Plan,
    Ref,
    Scalar,
    Scan,
    Step,
    Value,
)
from kpirules.values.rounding import decimal_places, decimal_text
from kpirules.values.types import Digits, Type

_INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "and",
    "or": "or",
}
_ROUNDING = ("round", "floor", "ceil")


def render(plan: Plan) -> str:
    """The plan as lines.

    A type is its unit and the digits that hold it, `money(16,2)`; `number(12,4)/(6,0)` is a quotient of two decimals,
    and `?` marks what may be missing. A figure under a condition has it after `if`.
    """
    lines = [*_heading(plan)]
    for nth, step in enumerate(plan.steps, 1):
        lines += ["", f"{nth}. {_step(step)}", *(f"   {line}" for line in _inside(step))]
    lines += ["", "results", *(f"   {line}" for line in _items(plan))]
    for nth, one in enumerate(plan.demands, 1):
        lines += ["", f"demand {nth} on {one.table}: {one.message}{_at(one.origin)}"]
        for step in one.steps:
            lines += [f"   {_step(step)}", *(f"      {line}" for line in _inside(step))]
    lines += ["", "checks", *(f"   {one.code} {one.item}: not {one.when}{_at(one.origin)}" for one in plan.checks)]
    return "\n".join(lines)


def _heading(plan: Plan) -> Iterator[str]:
    title = f' "{plan.title}"' if plan.title else ""
    yield f"scheme {plan.scheme}{title}, version {plan.version}, by {plan.period.value}, {plan.currency}"
    if plan.effective:
        begins, ends = plan.effective
        yield f"in force from {begins}" + (f" to {ends}" if ends else "")
    yield f"one row for each {plan.subject}, by {plan.key}"


def _items(plan: Plan) -> Iterator[str]:
    for item in plan.items:
        parts = ", ".join(f"{part.name} = {part.binding}" for part in item.parts)
        place = f" in {item.parent}" if item.parent else ""
        weight = f", weight {_percent(item.weight)}" if item.weight is not None else ""
        yield f"{item.kind} {item.name}{place}{weight}: {parts}{_at(item.origin)}"


def _percent(weight: Fraction) -> str:
    return f"{_number(weight * 100)}%"


# ---------------------------------------------------------------- steps


def _step(step: Step) -> str:
    match step:
        case Scan():
            return f"{step.name}: rows of table {step.table}"
        case Filter():
            return f"{step.name}: rows of {step.input} where {scalar(step.predicate)}"
        case Join():
            on = " and ".join(f"{left} = {right}" for left, right in step.on)
            return f"{step.name}: each row of {step.left} with its row of {step.right} where {on}{_in_force(step)}"
        case Compute():
            return f"{step.name}: rows of {step.input} with"
        case Aggregate():
            return f"{step.name}: rows of {step.input} by {', '.join(step.keys)}"


def _in_force(step: Join) -> str:
    if step.in_force is None:
        return ""
    span = step.in_force
    days = span.first if span.first == span.last else f"a day from {span.first} to {span.last}"
    return f", in force on {days} (from {span.begins} to {span.ends})"


def _inside(step: Step) -> Iterator[str]:
    match step:
        case Scan():
            yield from _named({name: f"{kind(one)} = {column}" for name, (column, one) in step.columns.items()})
        case Join():
            yield from _named({name: f"= {column}" for name, column in step.take.items()})
        case Compute():
            yield from _named({one.name: f"{_binding(one)}{_at(one.origin)}" for one in step.bindings})
        case Aggregate():
            yield from _named({one.name: f"{_measure(one)}{_at(one.origin)}" for one in step.measures})
        case Filter():
            pass


def _named(lines: Mapping[str, str]) -> Iterator[str]:
    for name, line in lines.items():
        yield f"{name}: {line}"


def _binding(one: Binding) -> str:
    guard = f" if {one.guard}" if one.guard else ""
    return f"{kind(one.type)} {one.kind} = {scalar(one.expr)}{guard}"


def _measure(one: Measure) -> str:
    where = f" where {one.where}" if one.where else ""
    return f"{kind(one.type)} = {one.func}({one.arg or '*'}){where}"


def _at(origin: Origin | None) -> str:
    if origin is None:
        return ""
    text = origin.text.splitlines()
    return f"  [{origin.file}:{origin.line}] {text[0].strip()}{' …' if len(text) > 1 else ''}" if text else ""


# ---------------------------------------------------------------- types and scalars


def kind(of: Type) -> str:
    """A type: unit, digits, whether it may be missing."""
    digits = "".join(_digits(side) for side in (of.digits,) if side)
    over = f"/{_digits(of.over)}" if of.over else ""
    return f"{of.unit.value}{digits}{over}{'?' if of.missing else ''}"


def _digits(side: Digits) -> str:
    return f"({side.width},{side.scale})"


def scalar(node: Scalar) -> str:
    """A scalar as an expression; whatever has parts stands in brackets inside another."""
    match node:
        case Ref(name) | Param(name):
            return name
        case Const(value):
            return _constant(value)
        case Case(whens, otherwise):
            rows = "; ".join(f"{scalar(when)} then {scalar(then)}" for when, then in whens)
            return f"case {rows}; else {scalar(otherwise) if otherwise is not None else 'missing'} end"
        case Op():
            return _op(node)


def _op(node: Op) -> str:
    if node.op in _INFIX:
        return f" {_INFIX[node.op]} ".join(_inner(arg) for arg in node.args)
    args = ", ".join(scalar(arg) for arg in node.args)
    if node.op in _ROUNDING:
        return f"{node.op}({args}, {node.places}{', half even' if node.mode == 'even' and node.op == 'round' else ''})"
    return f"{node.op}({args})"


def _inner(node: Scalar) -> str:
    text = scalar(node)
    return f"({text})" if isinstance(node, Op) and node.op in _INFIX else text


def _constant(value: Value) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case date():
            return value.isoformat()
        case _:
            return _number(value)


def _number(value: Fraction) -> str:
    return str(value) if decimal_places(value) is None else decimal_text(value)
