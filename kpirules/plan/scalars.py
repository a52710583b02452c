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
from kpirules.plan import aggregates, build, faulting, lookups, rules
from kpirules.plan.ir import Const, Op, Param, Ref, Scalar
from kpirules.plan.reading import Refs, targets
from kpirules.plan.relation import Flag, Place, Relation, origin_of
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note
from kpirules.values import types
from kpirules.values.types import Type
from kpirules.values.units import Unit

DEEPEST = 30
"""How often rows may read what other rows have made of their owner: every engine nests so many queries."""


def lower(relation: Relation, place: Place, node: Expr) -> Scalar:
    """The scalar of an expression in the relation's relation; rules inside it become bindings of their own."""
    return divided(_lower(relation, place, node), node)


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


def _lower(relation: Relation, place: Place, node: Expr) -> Scalar:
    if isinstance(node, faulting.RULES):
        return rules.emit(relation, place, node, relation.fresh(place.base))
    match node:
        case Val(known=known) if relation.per_row:
            return _alone(relation, place, place.refs, node) if known is None else build.const(known, node.type)
        case Own():
            found = _own(relation, place, node)
            return build.ref(found.name, found.type if node.type.missing else found.type.there())
        case Val():
            return relation.value(node.item, node.part, place.guard)
        case Agg():
            return aggregates.figure(relation, place, node)
        case Lookup():
            return lookups.looked_up(relation, place, node)
        case Col():
            found = column(relation, place, (*place.refs, *node.refs), node.table, node.column)
            _of_one_period(relation, place, node)
            return build.ref(found.name, replace(node.type, by=found.type.by))
        case Builtin(name="active_days" | "active_share"):
            return build.ref(node.name, relation.columns[node.name])
        case Fallback(fallback=None):
            return _or_fault(relation, place, node)
        case Fallback() if node.fallback is not None and faulting.faults(relation, node.fallback):
            return _or_else(relation, place, node, node.fallback)
        case Bin(op="and" | "or") if faulting.faults(relation, node.right):
            return _decided(relation, place, node)
        case Cond():
            return _cond(relation, place, node)
        case Fn(name="add_days" | "add_months"):
            return _later(relation, place, node)
        case _:
            return scalar(node, lambda inner: lower(relation, place, inner))


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


def column(relation: Relation, place: Place, refs: Refs, table: str, name: str) -> Ref:
    """A column of the row that `refs` lead to, a row of `table`; a computed one is bound once."""
    computed = relation.model.columns.get((table, name))
    if computed is None:
        return relation.reading.column(refs, name)
    return _once(relation, place, _computed(relation, refs, computed))


def _of_one_period(relation: Relation, place: Place, node: Col) -> None:
    """A row that is read by references, and is of another period than the one that reads it, is a fault."""
    for depth in range(1, len(node.refs) + 1):
        refs = (*place.refs, *node.refs[:depth])
        strayed = relation.reading.strayed(refs)
        if strayed is None:
            continue
        name = ".".join((relation.table, *refs, "$strayed"))
        if name not in relation.types:
            relation.bind(name, strayed, Place(name, "row", name), "guard", None)
        relation.need([Flag(name, "KPI744", place.item, origin_of(node.span))], place.guard)


def _own(relation: Relation, place: Place, own: Own) -> Ref:
    """What the subject has: worked out here, of the subject's own row or among its values, else taken from there."""
    refs = (*place.refs, *own.refs)
    if own.alone and isinstance(own.value, Val) and (refs or relation.per_row):
        return _alone(relation, place, refs, own.value)
    if not relation.per_row:
        found, flags = owned(relation, own)
        relation.need(flags, place.guard)
        return found
    assert relation.owner is not None, "what the data must keep reads no figure"
    found, flags = owned(relation.owner, own)
    met = [Flag(_taken(relation, own, flag.when), flag.code, flag.item, flag.origin, person=True) for flag in flags]
    relation.need(met, place.guard)
    return build.ref(_taken(relation, own, found.name), found.type)


def owned(subject: Relation, own: Own) -> tuple[Ref, tuple[Flag, ...]]:
    """What a row reads of its subject, in the relation of the subjects, and the faults that working it out may meet."""
    found, flags = subject.collected(lambda: lower(subject, Place(own.span.text, "own", "own"), own.value))
    assert isinstance(found, Ref), "a value, a lookup or a figure has a name"
    return found, flags


def _taken(relation: Relation, own: Own, name: str) -> str:
    """The column of a row that holds a value of its owner; no column of a table has a blank in its name.

    Raises:
        Fault: it stands too often on what was gathered (KPI219).
    """
    assert relation.owner is not None
    column, depth = f"{relation.table}.own {name}", relation.owner.depth(name) + 1
    if depth > DEEPEST:
        args = {"name": own.span.text, "limit": DEEPEST, "own": own.span.text.partition(".")[0]}
        raise Fault([Diagnostic("KPI219", own.span, args, helps=(Note("rows", args),))])
    relation.owned[column], relation.depths[column] = name, depth
    return column


def _alone(relation: Relation, place: Place, refs: Refs, val: Val) -> Ref:
    """A define of the subject that `refs` lead to, worked out from the subject's row."""
    return _once(relation, place, _defined(relation, refs, val))


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
        """Where the relation keeps its value."""
        return self.full, "column"


def _computed(relation: Relation, refs: Refs, one: Computed) -> _Named:
    return _Named(".".join((relation.table, *refs, one.name)), refs, one.rule, one.title, computed=True)


def _defined(relation: Relation, refs: Refs, val: Val) -> _Named:
    define = relation.model.defines[val.item]
    return _Named(".".join((relation.table, *refs, "own", val.item)), refs, define.rule, define.title, computed=False)


def _once(relation: Relation, place: Place, named: _Named) -> Ref:
    """Bind a rule that a row reads by name, once, and take over the faults it may meet."""
    for one in _behind(relation, named):
        guard = _there(relation, one.refs) if one.computed else None
        inner = Place(one.full, "column", one.full, guard, one.title, one.refs)
        found, relation.flags[one.key] = relation.collected(lambda: rules.emit(relation, inner, one.rule, one.full))  # noqa: B023  # called at once
        relation.values[one.key] = found.name
    relation.need(relation.flags[named.key], place.guard)
    return build.ref(named.full, replace(named.rule.type, by=relation.types[named.full].by))


def _behind(relation: Relation, named: _Named) -> list[_Named]:
    """A rule that is not bound, after those it reads that are not, so that no chain of them is too long."""
    found: dict[str, _Named] = {}
    pending = [named] if named.key not in relation.values else []
    while pending:
        one = pending[-1]
        waits = [read for read in _read_by(relation, one) if read.key not in relation.values and read.full not in found]
        pending += reversed(waits)
        if not waits:
            found.setdefault(one.full, pending.pop())
    return [*found.values()]


def _read_by(relation: Relation, named: _Named) -> Iterator[_Named]:
    """The rules that a rule reads by name."""
    for part in walk(named.rule):
        match part:
            case Col() if (computed := relation.model.columns.get((part.table, part.column))) is not None:
                yield _computed(relation, (*named.refs, *part.refs), computed)
            case Val(known=None) if relation.per_row:
                yield _defined(relation, named.refs, part)
            case Own(alone=True, value=Val() as val) if relation.per_row or part.refs or named.refs:
                yield _defined(relation, (*named.refs, *part.refs), val)
            case _:
                continue


def _there(relation: Relation, refs: Refs) -> str | None:
    """The condition that references lead to a row at all; None where they always do."""
    tables = targets(relation.model, relation.table, refs)
    columns = [table.column(ref) for table, ref in zip(tables, refs, strict=False)]
    if not any(column is not None and column.loose for column in columns):
        return None
    full = ".".join((relation.table, *refs, "$there"))
    if full not in relation.types:
        key = relation.reading.column(refs, tables[-1].keys[0])
        relation.bind(full, build.negated(build.is_missing(key)), Place(full, "row", full), "guard", None)
    return full


# ---------------------------------------------------------------- faults and branches


def _or_fault(relation: Relation, place: Place, node: Fallback) -> Scalar:
    value = lower(relation, place, node.operand)
    if not isinstance(value, Ref):
        value = relation.bind(relation.fresh(place.base), value, place, "value", node.operand.span)
    when = relation.bind(relation.fresh(place.base), build.is_missing(value), place, "guard", node.span)
    relation.need([Flag(when.name, "KPI702", place.item, origin_of(node.span))])
    return value


def _later(relation: Relation, place: Place, node: Fn) -> Scalar:
    """A date so much later than another; outside of the years 1 to 9999 there is none, which is a fault."""
    args = [bound(relation, place, lower(relation, place, arg), arg) for arg in node.args]
    value = Op(node.name, tuple(args), types.DATE.maybe())
    found = relation.bind(relation.fresh(place.base), value, place, "value", node.span)
    there = [build.negated(build.is_missing(arg)) for arg in args if not isinstance(arg, Const)]
    outside = build.both([build.is_missing(found), *there])
    when = relation.bind(relation.fresh(place.base), outside, place, "guard", node.span)
    relation.need([Flag(when.name, "KPI743", place.item, origin_of(node.span))])
    return found


def _or_else(relation: Relation, place: Place, node: Fallback, fallback: Expr) -> Scalar:
    """A stand-in that may end the run is worked out only where it is needed."""
    value = bound(relation, place, lower(relation, place, node.operand), node.operand)
    gone = guard(relation, place, build.is_missing(value), node.operand)
    return build.coalesce(value, lower(relation, place.under(gone), fallback))


def _decided(relation: Relation, place: Place, node: Bin) -> Scalar:
    """`and`, `or` with a second part that may end the run: it is worked out only where the first does not decide."""
    first = bound(relation, place, lower(relation, place, node.left), node.left)
    undecided = first if node.op == "and" else build.negated(first)
    inner = place.under(guard(relation, place, undecided, node.left))
    return Op(node.op, (first, lower(relation, inner, node.right)), types.BOOL)


def _cond(relation: Relation, place: Place, node: Cond) -> Scalar:
    if not faulting.faults(relation, node) and not faulting.has_rule(relation, node):
        return scalar(node, lambda inner: lower(relation, place, inner))
    test = bound(relation, place, lower(relation, place, node.condition), node.condition)
    yes = guard(relation, place, test, node.condition)
    no = guard(relation, place, build.negated(test), node.condition)
    then = lower(relation, place.under(yes), node.then)
    otherwise = lower(relation, place.under(no), node.otherwise)
    return build.case([(test, then)], otherwise, node.type.unit)


def bound(relation: Relation, place: Place, value: Scalar, node: Expr) -> Scalar:
    """A value that is read more than once, under a name of its own unless it has one."""
    if isinstance(value, Ref | Const):
        return value
    return relation.bind(relation.fresh(place.base), value, place, "value", node.span)


def guard(relation: Relation, place: Place, condition: Scalar, node: Expr | None = None) -> str:
    """The name of a condition, within that of the place, under which bindings may stand."""
    if isinstance(condition, Ref) and place.guard is None:
        return condition.name
    span = node.span if node is not None else None
    return relation.bind(relation.fresh(place.base), condition, place, "guard", span).name
