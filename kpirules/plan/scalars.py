"""Lowering of expressions: typed nodes of the model to scalars of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from kpirules.model.expr import (
    Absent,
    Agg,
    Among,
    As,
    Bin,
    Builtin,
    Col,
    Cond,
    Expr,
    Fallback,
    Fn,
    Lit,
    Lookup,
    Neg,
    Not,
    Over,
    Own,
    Val,
)
from kpirules.model.scheme import Computed
from kpirules.model.traversal import children, known, walk
from kpirules.plan import aggregates, build, faulting, rows, rules
from kpirules.plan.draft import Draft, Flag, Place, Refs, origin_of
from kpirules.plan.ir import Const, Op, Param, Ref, Scalar
from kpirules.plan.reading import targets
from kpirules.records import dataclass
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit


def lower(draft: Draft, place: Place, node: Expr) -> Scalar:
    """The scalar of an expression in the draft's relation; rules inside it become bindings of their own."""
    return divided(_lower(draft, place, node), node)


def divided(found: Scalar, node: Expr) -> Scalar:
    """A scalar whose denominator has the name that the model gave it, unless it has one by its parts."""
    if found.type.over is None:
        return found
    own, given = found.type.by, node.type.by
    from_afar = isinstance(node, Own | Lookup | Agg) or (isinstance(node, Col) and node.refs)
    if own is not None and not (from_afar and own.factors):
        return found
    name = given if given is not None and given.constant == 1 and len(given.factors) == 1 else None
    return replace(found, type=replace(found.type, by=name))


def _lower(draft: Draft, place: Place, node: Expr) -> Scalar:
    if isinstance(node, faulting.RULES):
        return rules.emit(draft, place, node, draft.fresh(place.base))
    match node:
        case Val(known=known) if draft.per_row:
            return _alone(draft, place, place.refs, node) if known is None else build.const(known, node.type)
        case Own():
            found = _own(draft, place, node)
            return build.ref(found.name, found.type if node.type.missing else found.type.there())
        case Val():
            return draft.value(node.item, node.part, place.guard)
        case Agg():
            return aggregates.figure(draft, place, node)
        case Lookup():
            return rows.looked_up(draft, place, node)
        case Col():
            found = column(draft, place, (*place.refs, *node.refs), node.table, node.column)
            _of_one_period(draft, place, node)
            return build.ref(found.name, replace(node.type, by=found.type.by))
        case Builtin(name="active_days" | "active_share"):
            return build.ref(node.name, draft.columns[node.name])
        case Fallback(fallback=None):
            return _or_fault(draft, place, node)
        case Fallback() if node.fallback is not None and faulting.faults(draft, node.fallback):
            return _or_else(draft, place, node, node.fallback)
        case Bin(op="and" | "or") if faulting.faults(draft, node.right):
            return _decided(draft, place, node)
        case Cond():
            return _cond(draft, place, node)
        case Fn(name="add_days" | "add_months"):
            return _later(draft, place, node)
        case _:
            return scalar(node, lambda inner: lower(draft, place, inner))


def scalar(node: Expr, inner: Callable[[Expr], Scalar]) -> Scalar:
    """The scalar of a node whose parts are lowered by `inner`, the same in every relation.

    What a condition has shown to be there is there, whatever its parts are.
    """
    found = divided(_scalar(node, inner), node)
    if isinstance(found, Op) and found.type.missing and _narrowed(node):
        return replace(found, type=found.type.there())
    return found


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
            found = Op("in", (inner(node.operand), *(inner(value) for value in node.values)), types.BOOL)
            return build.negated(found) if node.negated else found
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
    more = [one for one in by.factors if one not in rest or rest.remove(one)]  # type: ignore[func-returns-value]
    return more[0] if len(more) == 1 else None


def _function(node: Fn, args: list[Scalar]) -> Scalar:
    match node.name:
        case "min" | "max":
            found = args[0]
            for arg in args[1:]:
                found = _extreme(node, found, arg)
            return found
        case "round" | "floor" | "ceil":
            return Op(node.name, tuple(args), types.rounding(args[0].type, node.places), node.places, node.mode)
        case "truncate" | "extend":
            return Op(node.name, tuple(args), types.steps(args[0].type, node.name))
        case "abs":
            return Op("abs", tuple(args), types.absolute(args[0].type))
        case "month_start":
            return build.first_day(args[0], types.DATE.maybe(when=args[0].type.missing))
        case "month_end":
            first = build.first_day(args[0], Type(Unit.MONTH, args[0].type.missing))
            return Op("last_day", (first,), types.DATE.maybe(when=first.type.missing))
        case _:
            return Op(node.name, tuple(args), node.type)


def _extreme(node: Fn, a: Scalar, b: Scalar) -> Scalar:
    if node.type.unit is Unit.DATE:
        return Op("earlier" if node.name == "min" else "later", (a, b), types.DATE)
    return build.limit(a, b, node.type.unit, at_most=node.name == "min")


# ---------------------------------------------------------------- columns


def column(draft: Draft, place: Place, refs: Refs, table: str, name: str) -> Ref:
    """A column of the row that `refs` lead to, a row of `table`; a computed one is bound once."""
    computed = draft.model.columns.get((table, name))
    if computed is None:
        return draft.column(refs, name)
    return _once(draft, place, _computed(draft, refs, computed))


def _of_one_period(draft: Draft, place: Place, node: Col) -> None:
    """A row that is read by references, and is of another period than the one that reads it, is a fault."""
    for depth in range(1, len(node.refs) + 1):
        refs = (*place.refs, *node.refs[:depth])
        strayed = draft.strayed(refs)
        if strayed is None:
            continue
        name = ".".join((draft.table, *refs, "$strayed"))
        if name not in draft.types:
            draft.bind(name, strayed, Place(name, "row", name), "guard", None)
        draft.need([Flag(name, "KPI744", place.item, origin_of(node.span))], place.guard)


def _own(draft: Draft, place: Place, own: Own) -> Ref:
    """What the subject has: worked out here, of the subject's own row or among its values, else taken from there."""
    refs = (*place.refs, *own.refs)
    if own.alone and isinstance(own.value, Val) and (refs or draft.per_row):
        return _alone(draft, place, refs, own.value)
    if not draft.per_row:
        found, flags = owned(draft, own)
        draft.need(flags, place.guard)
        return found
    assert draft.subject is not None, "what the data must keep reads no figure"
    found, flags = owned(draft.subject, own)
    met = [Flag(_taken(draft, flag.when), flag.code, flag.item, flag.origin, person=True) for flag in flags]
    draft.need(met, place.guard)
    return build.ref(_taken(draft, found.name), found.type)


def owned(subject: Draft, own: Own) -> tuple[Ref, tuple[Flag, ...]]:
    """What a row reads of its subject, in the draft of the subjects, and the faults that working it out may meet."""
    found, flags = subject.collected(lambda: lower(subject, Place(own.span.text, "own", "own"), own.value))
    assert isinstance(found, Ref), "a value, a lookup or a figure has a name"
    return found, flags


def _taken(draft: Draft, name: str) -> str:
    """The column of a row that holds a value of its subject; no column of a table has a blank in its name."""
    column = f"{draft.table}.own {name}"
    draft.owned[column] = name
    return column


def _alone(draft: Draft, place: Place, refs: Refs, val: Val) -> Ref:
    """A define of the subject that `refs` lead to, worked out from the subject's row."""
    return _once(draft, place, _defined(draft, refs, val))


@dataclass(frozen=True, slots=True)
class _Named:
    """A rule that a row reads by name: what it is called in the relation, and the references to whose it is."""

    full: str
    refs: Refs
    rule: Expr
    title: str | None
    computed: bool

    @property
    def key(self) -> tuple[str, str]:
        """Where the draft keeps its value."""
        return self.full, "column"


def _computed(draft: Draft, refs: Refs, one: Computed) -> _Named:
    return _Named(".".join((draft.table, *refs, one.name)), refs, one.rule, one.title, computed=True)


def _defined(draft: Draft, refs: Refs, val: Val) -> _Named:
    define = draft.model.defines[val.item]
    return _Named(".".join((draft.table, *refs, "own", val.item)), refs, define.rule, define.title, computed=False)


def _once(draft: Draft, place: Place, named: _Named) -> Ref:
    """Bind a rule that a row reads by name, once, and take over the faults it may meet."""
    for one in _behind(draft, named):
        guard = _there(draft, one.refs) if one.computed else None
        inner = Place(one.full, "column", one.full, guard, one.title, one.refs)
        found, draft.flags[one.key] = draft.collected(lambda: rules.emit(draft, inner, one.rule, one.full))  # noqa: B023  # called at once
        draft.values[one.key] = found.name
    draft.need(draft.flags[named.key], place.guard)
    return build.ref(named.full, replace(named.rule.type, by=draft.types[named.full].by))


def _behind(draft: Draft, named: _Named) -> list[_Named]:
    """A rule that is not bound, after those it reads that are not, so that no chain of them is too long."""
    found: dict[str, _Named] = {}
    pending = [named] if named.key not in draft.values else []
    while pending:
        one = pending[-1]
        waits = [read for read in _read_by(draft, one) if read.key not in draft.values and read.full not in found]
        pending += reversed(waits)
        if not waits:
            found.setdefault(one.full, pending.pop())
    return [*found.values()]


def _read_by(draft: Draft, named: _Named) -> Iterator[_Named]:
    """The rules that a rule reads by name."""
    for part in walk(named.rule):
        match part:
            case Col() if (computed := draft.model.columns.get((part.table, part.column))) is not None:
                yield _computed(draft, (*named.refs, *part.refs), computed)
            case Val(known=None) if draft.per_row:
                yield _defined(draft, named.refs, part)
            case Own(alone=True, value=Val() as val) if draft.per_row or part.refs or named.refs:
                yield _defined(draft, (*named.refs, *part.refs), val)
            case _:
                continue


def _there(draft: Draft, refs: Refs) -> str | None:
    """The condition that references lead to a row at all; None where they always do."""
    tables = targets(draft.model, draft.table, refs)
    columns = [table.column(ref) for table, ref in zip(tables, refs, strict=False)]
    if not any(column is not None and column.loose for column in columns):
        return None
    full = ".".join((draft.table, *refs, "$there"))
    if full not in draft.types:
        key = draft.column(refs, tables[-1].keys[0])
        draft.bind(full, build.negated(build.is_missing(key)), Place(full, "row", full), "guard", None)
    return full


# ---------------------------------------------------------------- faults and branches


def _or_fault(draft: Draft, place: Place, node: Fallback) -> Scalar:
    value = lower(draft, place, node.operand)
    if not isinstance(value, Ref):
        value = draft.bind(draft.fresh(place.base), value, place, "value", node.operand.span)
    when = draft.bind(draft.fresh(place.base), build.is_missing(value), place, "guard", node.span)
    draft.need([Flag(when.name, "KPI702", place.item, origin_of(node.span))])
    return value


def _later(draft: Draft, place: Place, node: Fn) -> Scalar:
    """A date so much later than another; outside of the years 1 to 9999 there is none, which is a fault."""
    args = [bound(draft, place, lower(draft, place, arg), arg) for arg in node.args]
    value = Op(node.name, tuple(args), types.DATE.maybe())
    found = draft.bind(draft.fresh(place.base), value, place, "value", node.span)
    there = [build.negated(build.is_missing(arg)) for arg in args if not isinstance(arg, Const)]
    outside = build.both([build.is_missing(found), *there])
    when = draft.bind(draft.fresh(place.base), outside, place, "guard", node.span)
    draft.need([Flag(when.name, "KPI743", place.item, origin_of(node.span))])
    return found


def _or_else(draft: Draft, place: Place, node: Fallback, fallback: Expr) -> Scalar:
    """A stand-in that may end the run is worked out only where it is needed."""
    value = bound(draft, place, lower(draft, place, node.operand), node.operand)
    gone = guard(draft, place, build.is_missing(value), node.operand)
    return build.coalesce(value, lower(draft, place.under(gone), fallback))


def _decided(draft: Draft, place: Place, node: Bin) -> Scalar:
    """`and`, `or` with a second part that may end the run: it is worked out only where the first does not decide."""
    first = bound(draft, place, lower(draft, place, node.left), node.left)
    undecided = first if node.op == "and" else build.negated(first)
    inner = place.under(guard(draft, place, undecided, node.left))
    return Op(node.op, (first, lower(draft, inner, node.right)), types.BOOL)


def _cond(draft: Draft, place: Place, node: Cond) -> Scalar:
    if not faulting.faults(draft, node) and not faulting.has_rule(draft, node):
        return scalar(node, lambda inner: lower(draft, place, inner))
    test = bound(draft, place, lower(draft, place, node.condition), node.condition)
    yes = guard(draft, place, test, node.condition)
    no = guard(draft, place, build.negated(test), node.condition)
    then = lower(draft, place.under(yes), node.then)
    otherwise = lower(draft, place.under(no), node.otherwise)
    return build.case([(test, then)], otherwise, node.type.unit)


def bound(draft: Draft, place: Place, value: Scalar, node: Expr) -> Scalar:
    """A value that is read more than once, under a name of its own unless it has one."""
    if isinstance(value, Ref | Const):
        return value
    return draft.bind(draft.fresh(place.base), value, place, "value", node.span)


def guard(draft: Draft, place: Place, condition: Scalar, node: Expr | None = None) -> str:
    """The name of a condition, within that of the place, under which bindings may stand."""
    if isinstance(condition, Ref) and place.guard is None:
        return condition.name
    span = node.span if node is not None else None
    return draft.bind(draft.fresh(place.base), condition, place, "guard", span).name
