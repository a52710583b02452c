"""Lowering of what a row holds: its columns, those of rows that it refers to, and what its owner has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpirules.model.expr import Col, Expr, Own, Val
from kpirules.model.scheme import Computed
from kpirules.model.traversal import of_one_row
from kpirules.plan import build
from kpirules.plan.ir import Ref, Scalar
from kpirules.plan.lowering import emit, lower, lowers
from kpirules.plan.reading import Refs, targets
from kpirules.plan.relation import Flag, Place, Relation, origin_of
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Note

DEEPEST = 30
"""How often rows may read what other rows have made of their owner: every engine nests so many queries."""


@lowers(Val)
def _value(relation: Relation, place: Place, node: Val) -> Scalar:
    if not relation.per_row:
        return relation.value(node.item, node.part, place.guard)
    return _alone(relation, place, place.refs, node) if node.known is None else build.const(node.known, node.type)


@lowers(Col)
def _column(relation: Relation, place: Place, node: Col) -> Scalar:
    read = column(relation, place, (*place.refs, *node.refs), node.table, node.column)
    _of_one_period(relation, place, node)
    return build.ref(read.name, replace(node.type, by=read.type.by))


@lowers(Own)
def _what_it_has(relation: Relation, place: Place, node: Own) -> Scalar:
    value = _own(relation, place, node)
    return build.ref(value.name, value.type if node.type.missing else value.type.there())


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
        way = Place(".".join((relation.table, *refs)), "row")
        name = way.figure.at("$strayed").name
        if name not in relation.types:
            relation.bind(way, strayed, "guard", None, step="$strayed")
        relation.need([Flag(name, "KPI744", place.item, origin_of(node.span))], place.guard)


def _own(relation: Relation, place: Place, own: Own) -> Ref:
    """What the subject has: worked out here, of the subject's own row or among its values, else taken from there."""
    refs = (*place.refs, *own.refs)
    if own.alone and isinstance(own.value, Val) and (refs or relation.per_row):
        return _alone(relation, place, refs, own.value)
    if not relation.per_row:
        value, flags = owned(relation, own)
        relation.need(flags, place.guard)
        return value
    assert relation.owner is not None, "what the data must keep reads no figure"
    value, flags = owned(relation.owner, own)
    met = [Flag(_taken(relation, own, flag.when), flag.code, flag.item, flag.origin, person=True) for flag in flags]
    relation.need(met, place.guard)
    return build.ref(_taken(relation, own, value.name), value.type)


def owned(subject: Relation, own: Own) -> tuple[Ref, tuple[Flag, ...]]:
    """What a row reads of its subject, in the relation of the subjects, and the faults that working it out may meet."""
    value, flags = subject.collected(lambda: lower(subject, Place(own.span.text, "own"), own.value))
    assert isinstance(value, Ref), "a value, a lookup or a figure has a name"
    return value, flags


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


def _computed(relation: Relation, refs: Refs, column: Computed) -> _Named:
    return _Named(".".join((relation.table, *refs, column.name)), refs, column.rule, column.title, computed=True)


def _defined(relation: Relation, refs: Refs, val: Val) -> _Named:
    define = relation.model.defines[val.item]
    return _Named(".".join((relation.table, *refs, "own", val.item)), refs, define.rule, define.title, computed=False)


def _once(relation: Relation, place: Place, named: _Named) -> Ref:
    """Bind a rule that a row reads by name, once, and take over the faults it may meet."""
    for rule in _behind(relation, named):
        guard = _there(relation, rule.refs) if rule.computed else None
        inner = Place(rule.full, "column", None, guard, rule.title, rule.refs)
        value, relation.flags[rule.key] = relation.collected(lambda: emit(relation, inner, rule.rule))  # noqa: B023  # called at once
        relation.values[rule.key] = value.name
    relation.need(relation.flags[named.key], place.guard)
    return build.ref(named.full, replace(named.rule.type, by=relation.types[named.full].by))


def _behind(relation: Relation, named: _Named) -> list[_Named]:
    """A rule that is not bound, after those it reads that are not, so that no chain of them is too long."""
    behind: dict[str, _Named] = {}
    pending = [named] if named.key not in relation.values else []
    while pending:
        last = pending[-1]
        waits = [
            read for read in _read_by(relation, last) if read.key not in relation.values and read.full not in behind
        ]
        pending += reversed(waits)
        if not waits:
            behind.setdefault(last.full, pending.pop())
    return [*behind.values()]


def _read_by(relation: Relation, named: _Named) -> Iterator[_Named]:
    """The rules that a rule reads by name."""
    for part in of_one_row(named.rule):
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
    way = Place(".".join((relation.table, *refs)), "row")
    name = way.figure.at("$there").name
    if name not in relation.types:
        key = relation.reading.column(refs, tables[-1].keys[0])
        relation.bind(way, build.negated(build.is_missing(key)), "guard", None, step="$there")
    return name
