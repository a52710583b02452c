"""The arrow from model to plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpirules.model.scheme import Model
from kpirules.plan import (
    advice,
    aggregates,
    branches,
    build,
    columns,
    counted,
    demands,
    lookups,
    operators,
    results,
    rules,
    schedule,
    sources,
)
from kpirules.plan.ir import (
    NOT_ACTIVE,
    Binding,
    Check,
    Compute,
    Filter,
    Gather,
    Ident,
    Item,
    Measure,
    Op,
    Origin,
    Output,
    Param,
    Plan,
    Ref,
    Scalar,
    Scan,
    Step,
)
from kpirules.plan.lowering import lower
from kpirules.plan.proof import proved
from kpirules.plan.reading import COUNT, Reading, type_of
from kpirules.plan.relation import Place, Relation, origin_of
from kpirules.values import days, types
from kpirules.values.units import Unit

_CONSTRUCTS = (aggregates, branches, columns, lookups, operators, rules)
"""The files that say how each kind of expression and rule is lowered (see `kpirules.plan.lowering`)."""

_ORDER = {"total": 0, "grade": 2, "pay": 3, "component": 3, "outcome": 4, "ensure": 5}
"""Items as they are read: the total, what it is made of, the grade, pay; each kind in file order."""

TOTAL_PAY = "total_pay"
"""The binding that adds up the pay items."""


def compile_model(model: Model) -> Plan:
    """The plan of a scheme.

    Raises:
        Fault: digits of a value cannot be proved to fit (KPI305).
    """
    relation, steps, outputs = _relation(model, _lower_all)
    asked = demands.demands(model, lambda bind: _relation(model, bind)[:2])
    return replace(_plan(relation, tuple(steps), outputs), demands=asked)


def _relation(model: Model, bind: Callable[[Relation], None]) -> tuple[Relation, list[Step], tuple[Output, ...]]:
    """The steps of the subjects' relation, where `bind` binds what is asked for."""
    reading = Reading(model, model.subject.table.name)
    relation = Relation(reading)
    relation.value_of = lambda item, part: results.lower_value(relation, item, part)
    _active_types(relation)
    asked, where = model.subject.where, None
    if asked is not None:
        with proved(asked.span, [asked]):
            where = lower(relation, Place("subject", "where"), asked)
    doubtful = relation.faulty
    before = len(relation.bindings)
    bind(relation)
    steps = _subjects(relation)
    reading.followed(model.subject.table.name, steps, sorted(reading.refs, key=len))
    sources.referring(reading, relation.referring, model.subject.table.name, steps)
    kept = None
    if where is not None and asked is not None:
        kept = schedule.Asked((where, *doubtful), before, origin_of(asked.span))
    return relation, steps, schedule.work_out(relation, steps, _key(model), kept)


def _plan(relation: Relation, steps: tuple[Step, ...], outputs: tuple[Output, ...]) -> Plan:
    model, header = relation.model, relation.model.header
    return Plan(
        scheme=header.name,
        title=header.title,
        version=header.version,
        period=header.period,
        currency=header.currency,
        money_places=header.places.get("money", 2),
        language=model.language,
        steps=steps,
        outputs=outputs,
        subject=model.subject.table.name,
        items=_as_read(relation),
        checks=tuple(relation.checks),
        keys=counted.keys(relation),
        effective=header.effective,
        counted=relation.counted,
        amounts=counted.amounts(relation),
    )


def _as_read(relation: Relation) -> tuple[Item, ...]:
    """The items by kind, and each kind in file order, whatever order they were worked out in."""
    names = [*(pay.name for pay in relation.model.pays), *(outcome.name for outcome in relation.model.outcomes)]
    file_order = {name: index for index, name in enumerate(names)}
    return tuple(sorted(relation.items, key=lambda item: (_ORDER.get(item.kind, 1), file_order.get(item.name, 0))))


def _lower_all(relation: Relation) -> None:
    """Bind every value; those that no result needs are there to be shown.

    They are bound in their order of work, so that no long chain of them is followed to its end at once.
    """
    model = relation.model
    for item, part in model.order:
        if part in ("value", "score"):
            relation.seen(item, part)
    if model.scorecards:
        relation.value("total", "value")
    if model.grade is not None:
        relation.value("grade", "value")
    for pay in model.pays:
        relation.value(pay.name, "value")
    results.unplaced(relation)
    for outcome in model.outcomes:
        relation.value(outcome.name, "value")
    for number, ensure in enumerate(model.ensures, 1):
        results.ensured(relation, ensure, number)
    for effect in model.effects:
        relation.seen(effect.gate, "gate")
    if any(pay.paid for pay in model.pays):
        _total_pay(relation)
    advice.attach(relation)
    _checks(relation)
    counted.attach(relation)


def _checks(relation: Relation) -> None:
    """A check for each fault that the results may meet, wherever they need the value that meets it."""
    flagged: dict[tuple[str, str, Origin | None], list[str]] = {}
    for flag in relation.frames[0]:
        flagged.setdefault((flag.code, flag.item, flag.origin), []).append(flag.when)
    for (code, item, origin), whens in flagged.items():
        name = whens[0]
        if len(whens) > 1:
            meets = build.any_of([Ref(when, types.BOOL) for when in whens])
            place = Place(item, "fault")
            name = relation.bind(place, meets, "guard", None, step=relation.fresh(place)).name
        relation.checks.append(Check(name, code, item, origin))


def _total_pay(relation: Relation) -> None:
    total = build.Sum(Unit.MONEY)
    for pay in relation.model.pays:
        if not pay.paid:
            continue
        value = relation.value(pay.name, "value")
        with proved(pay.span, [pay.amount]):
            here = build.coalesce(value, build.number(0, Unit.MONEY)) if value.type.missing else value
            total.plus(here)
    with proved(relation.model.header.span):
        summed = total.total()
    relation.bind(Place(TOTAL_PAY, "value"), summed, "value", None)


# ---------------------------------------------------------------- who is scored


def _key(model: Model) -> str:
    return f"{model.subject.table.name}.{model.subject.key}"


def _active_types(relation: Relation) -> None:
    period = relation.model.header.period
    relation.columns |= {"active_days": days.active(period), "active_share": days.active_share(period)}


def _subjects(relation: Relation) -> list[Step]:
    """The subject's rows of the period, with the days they were active."""
    model = relation.model
    table = model.subject.table
    columns = {f"{table.name}.{column.name}": (column.name, column.type) for column in table.columns}
    steps: list[Step] = [Scan(table.name, table.name, columns)]
    if table.active is None:
        return steps
    start, end = Param("period_start", types.DATE), Param("period_end", types.DATE)
    begins = Ref(f"{table.name}.{table.active.begins}", types.DATE)
    ends = Ref(f"{table.name}.{table.active.ends}", type_of(table, table.active.ends))
    last = Op("coalesce", (ends, end), types.DATE)
    stays = build.any_of([build.is_missing(ends), build.compare("ge", last, start)])
    here = build.both([build.compare("le", begins, end), stays])
    until = Op("earlier", (last, end), types.DATE)
    steps.append(Filter(f"{table.name} active", table.name, here, NOT_ACTIVE, origin_of(table.span)))
    steps.append(Compute(f"{table.name} days", steps[-1].name, _days(relation, begins, until)))
    same, count = (_key(model), _key(model)), Measure("subject rows", "count", None, None, COUNT, table.name)
    days_ = steps[-1].name
    steps.append(Gather(f"{table.name} in period", days_, days_, (same,), measures=(count,)))
    more = build.compare("gt", Ref(count.name, COUNT), build.number(1))
    two = relation.bind(Place(table.name, "row"), more, "guard", model.subject.span, step="$twice")
    relation.checks.append(Check(two.name, "KPI705", table.name, origin_of(model.subject.span)))
    return steps


def _days(relation: Relation, begins: Ref, until: Scalar) -> tuple[Binding, ...]:
    start, end = Param("period_start", types.DATE), Param("period_end", types.DATE)
    period = relation.model.header.period
    span = days.apart(period)
    since = Op("later", (begins, start), types.DATE)
    active = Op("add", (Op("days", (since, until), span), build.number(1)), relation.columns["active_days"])
    whole = Op("add", (Op("days", (start, end), span), build.number(1)), days.in_period(period))
    share = Op("div", (Ref("active_days", active.type), whole), relation.columns["active_share"])
    return tuple(
        Binding(Ident(name, "value"), expr, relation.columns[name], "value")
        for name, expr in (("active_days", active), ("active_share", share))
    )
