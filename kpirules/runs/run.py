"""One run: a scheme worked out over loaded tables for one period, its results as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.compiling import Compiled
from kpirules.data.dates import EXAMPLES
from kpirules.data.load import Loaded
from kpirules.data.quarantine import Quarantine
from kpirules.engines.bulk import REFERENCE_ROWS, Bulk
from kpirules.engines.exact import decimal
from kpirules.engines.failure import EngineError
from kpirules.engines.outcome import Engine, Outcome, RunStopped
from kpirules.plan.from_model import TOTAL_PAY
from kpirules.plan.ir import Compute, Item, Plan, Value
from kpirules.records import dataclass
from kpirules.runs.advice import advice
from kpirules.runs.figures import FIGURE, marked, recorded
from kpirules.runs.left_out import left_out
from kpirules.runs.not_considered import not_considered
from kpirules.runs.table_rows import TableRows, table_rows
from kpirules.runs.uncredited import uncredited
from kpirules.source import Diagnostic, Fault, Note, Span
from kpirules.values.periods import Period, parse_period, period_of
from kpirules.values.rounding import Mode, rounded
from kpirules.values.types import RECORDED_PLACES, SUM_BOUND, WIDTH, Digits
from kpirules.values.units import Unit

PARTS = ("actual", "target", "achievement", "score", "effective_weight", "points", "value")
"""The figures an item may have, each a column of `items`."""
MARKS = ("row", "limit", "policy", "gate", "left_out")
"""What tier 1 of the trace says of an item, each a column of `items`; several limits or gates have commas between."""
SCORED = ("pay", "component", "outcome")
"""The kinds of items that are each a column of `scores`."""
NO_SCORECARD = "no_scorecard"
NOTHING_SCORED = "nothing_scored"
QUARANTINED = "quarantined"
QUARANTINE = "quarantine"
"""The flag of a subject whom rows concern that were set aside."""

ROUNDED = "rounded"
"""The column of `items` that names the figures which are rounded there, as they need more than its 12 places."""
_WEIGHT = Digits(RECORDED_PLACES, SUM_BOUND)
_TEXT = pa.string()
_FOUND = ("scorecard", "total", "grade")
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """What results should keep and do not: the rule's message and place, the keys of the subjects that break it."""

    message: str
    span: Span
    subjects: pa.ChunkedArray

    def diagnostic(self) -> Diagnostic:
        """It in words, with the first subjects."""
        first = self.subjects.slice(0, _LISTED).to_pylist()
        more = ["…"] if len(self.subjects) > _LISTED else []
        args = {"message": self.message, "subject": first[0], "count": len(self.subjects)}
        helps = (Note("subjects", {**args, "subjects": [*map(str, first), *more]}),) if len(first) > 1 else ()
        return Diagnostic("KPI707", self.span, args, helps=helps)


@dataclass(frozen=True, slots=True)
class Result:
    """The results of a run.

    `scores` has a row for each subject, in order of its key: the key under its own column's name, `scorecard`,
    `total`, `grade`, each pay item and component under its own name, `total_pay` (what the pay items add up to), each
    outcome under its own name, and `flags`: the names of the gates that tripped, in file order, what the results must
    keep and do not, and `quarantine` where rows that concern the subject were set aside. What the scheme does not have
    is missing; figures are decimals of their declared places.

    `items` has a row for each subject and item, item by item: `key`, `item`, `kind`, `title`, `parent`, the figures
    `actual`, `target`, `achievement`, `score`, `weight`, `effective_weight` (after the weight of what is left out is
    spread over the rest), `points` (the score by that weight), `value`, `rounded` (the names of those of these figures
    that are rounded in the record, to 12 places, with commas between), the marks `row`, `limit`, `policy`,
    `gate`, `left_out` (the text of the rules that left it out), `text`, the value of an item that is not a number, and
    `advice`, the list of its texts for the subject. Items of other scorecards than the subject's are left out.

    `not_assessed` has the `key` of each subject without a total, and the `reason`: `no_scorecard`; `nothing_scored`,
    where every indicator was left out; or `quarantined`, where the subject's own row was set aside. `not_considered`
    has the pay that these were not considered for (see there). `left_out` has those who are not scored (see there).
    `uncredited` has the rows that count for nobody, and why (see there). `quarantine` has the rows that were set aside,
    once for each reason (`data.quarantine.SCHEMA`). `tables` says how many rows of each table were read and counted.
    `broken` is what the results should keep by `ensure` and do not.
    """

    period: Period
    engine: str
    scores: pa.Table
    items: pa.Table
    not_assessed: pa.Table
    not_considered: pa.Table
    left_out: pa.Table
    quarantine: pa.Table
    uncredited: pa.Table
    tables: tuple[TableRows, ...]
    broken: tuple[Broken, ...] = ()


def run_scheme(compiled: Compiled, loaded: Loaded, period: Period, engine: Engine | None = None) -> Result:
    """Work out a scheme for every subject, on the engine of runs where none is given.

    Raises:
        Fault: as `worked_out` and `result_of`.
    """
    in_force(compiled.plan, period)
    _names(compiled)
    outcome = worked_out(compiled, compiled.plan, loaded.tables, period, columns(compiled.plan), engine or Bulk())
    return result_of(compiled, loaded, period, outcome)


def worked_out(
    compiled: Compiled,
    plan: Plan,
    tables: Mapping[str, pa.Table],
    period: Period,
    columns: Sequence[str],
    engine: Engine,
) -> Outcome:
    """What the `columns` of a plan of a scheme come to.

    Raises:
        Fault: a value is past its bounds (KPI701), or no engine could finish (KPI747, KPI748, KPI758, KPI759).
    """
    try:
        return engine.run(plan, tables, params(period), columns)
    except RunStopped as stopped:
        raise RunStopped(stopped.faults, compiled.told) from None
    except EngineError as failure:
        raise Fault([failure.diagnostic(compiled.told, rows=REFERENCE_ROWS)]) from None


def result_of(compiled: Compiled, loaded: Loaded, period: Period, outcome: Outcome) -> Result:
    """The results that an outcome makes.

    Raises:
        Fault: the scheme does not run for that period (KPI721), its results have a name twice (KPI723), a check
            of it does not hold, or a figure is too large for its column (KPI722).
    """
    plan = compiled.plan
    in_force(plan, period)
    names = _names(compiled)
    if outcome.faults:
        raise Fault(fault.diagnostic(compiled.told) for fault in outcome.faults)
    scores = _scores(compiled, outcome, names, loaded.quarantine)
    unassessed = not_assessed(compiled, scores, loaded.quarantine)
    return Result(
        period=period,
        engine=outcome.engine,
        scores=scores,
        items=_items(compiled, outcome, scores.column("scorecard")),
        not_assessed=unassessed,
        not_considered=not_considered(compiled.model, unassessed, QUARANTINED),
        left_out=left_out(compiled, loaded, period, scores),
        quarantine=loaded.quarantine.listed(plan.language),
        uncredited=uncredited(compiled, loaded, outcome),
        tables=table_rows(compiled, loaded, period, outcome, scores),
        broken=_promises(compiled, outcome.subjects),
    )


# ---------------------------------------------------------------- the period


def read_period(text: object, kind: Unit) -> Period:
    """The period a person wrote, of the kind a scheme is run by.

    Raises:
        Fault: it is not such a period (KPI720), or no text (KPI727): a program has given a number, say.
    """
    if not isinstance(text, str):
        raise Fault(
            [Diagnostic("KPI727", None, {"period": repr(text)}, helps=(Note("write", {"example": EXAMPLES[kind]}),))]
        )
    period = parse_period(text, kind)
    if period is None:
        note = Note("written", {"example": EXAMPLES[kind]})
        raise Fault([Diagnostic("KPI720", None, {"period": text, "kind": kind}, helps=(note,))])
    return period


def in_force(plan: Plan, period: Period) -> None:
    """See to it that a scheme runs for a period: one that begins within its effective dates.

    Raises:
        Fault: it does not (KPI721).
    """
    if plan.effective is None:
        return
    begins, ends = plan.effective
    if period.start < begins or (ends is not None and period.start > ends):
        note = Note("from", {"begins": begins}) if ends is None else Note("both", {"begins": begins, "ends": ends})
        args = {"scheme": plan.scheme, "version": plan.version, "period": period}
        version = (Note("version", args),) if plan.version else ()
        raise Fault([Diagnostic("KPI721", None, args, helps=(*version, note))])


def first_period(plan: Plan) -> Period:
    """The first period that a scheme runs for; that of the year 2025 where it says nothing of its dates."""
    begins = plan.effective[0] if plan.effective else date(2025, 1, 1)
    period = period_of(begins, plan.period)
    return period if period.start >= begins else period_of(period.end + timedelta(days=1), plan.period)


def params(period: Period) -> dict[str, Value]:
    """What a plan asks to know of the period it is run for."""
    return {
        "period_start": period.start,
        "period_end": period.end,
        "year_start": date(period.start.year, 1, 1),
    }


# ---------------------------------------------------------------- what is asked of the engine


def columns(plan: Plan) -> tuple[str, ...]:
    """The bindings that the results are made of."""
    bound = _bound(plan)
    wanted = [name for name in (*_FOUND, TOTAL_PAY) if name in bound]
    for item in plan.items:
        wanted += [part.binding for part in item.parts]
        wanted += item.tier1.values()
        for text in item.advice:
            wanted += [text.when, *(piece.binding for piece in text.pieces if piece.binding is not None)]
    counted = (name for names in plan.counted.values() for name in names)
    return tuple(dict.fromkeys([*wanted, *_gates(plan), *counted]))


def _gates(plan: Plan) -> list[str]:
    """The bindings that say whether a gate trips; each is called as the gate is."""
    return [name for name, (part, kind) in _bound(plan).items() if (part, kind) == ("gate", "guard")]


def _bound(plan: Plan) -> dict[str, tuple[str, str]]:
    """Part and kind of each binding; those that say who is scored are bound in a step before the last."""
    computes = [step for step in plan.steps if isinstance(step, Compute)]
    return {binding.name: (binding.part, binding.kind) for step in computes for binding in step.bindings}


# ---------------------------------------------------------------- scores


def _names(compiled: Compiled) -> tuple[str, ...]:
    """The columns of `scores`, the key's first.

    Raises:
        Fault: the key is called as another of them is (KPI723).
    """
    key = compiled.model.subject.key
    model = compiled.model
    outcomes = (outcome.name for outcome in model.outcomes)
    others = (*_FOUND, *(pay.name for pay in model.pays), TOTAL_PAY, *outcomes, "flags")
    if key in others:
        raise Fault([Diagnostic("KPI723", compiled.model.subject.span, {"name": key}, helps=(Note("rename"),))])
    return key, *others


def _scores(compiled: Compiled, outcome: Outcome, names: tuple[str, ...], quarantine: Quarantine) -> pa.Table:
    plan, subjects = compiled.plan, outcome.subjects
    held = {name: name for name in (*_FOUND, TOTAL_PAY)}
    held |= {item.name: item.parts[0].binding for item in plan.items if item.kind in SCORED}
    held[names[0]] = plan.key
    places = compiled.model.header.places
    absent = {"total": of_places(places.get("total", 0)), TOTAL_PAY: of_places(plan.money_places)}
    by_name: dict[str, pa.ChunkedArray] = {}
    for name in names[:-1]:
        if held[name] in subjects.column_names:
            by_name[name] = _widened(subjects.column(held[name]))
        else:
            by_name[name] = pa.nulls(subjects.num_rows, absent.get(name, _TEXT))
    by_name["flags"] = _flags(compiled, subjects, quarantine)
    return pa.table(by_name)


def of_places(places: int) -> pa.DataType:
    """The type of a figure of `scores` that is rounded to so many places; below 0, to tens or hundreds."""
    return pa.decimal128(WIDTH, max(places, 0))


def _widened(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals with as many digits as there may be, so that results of all schemes can be laid side by side."""
    if not pa.types.is_decimal(column.type):
        return column
    return column.cast(pa.decimal128(WIDTH, column.type.scale))


def _flags(compiled: Compiled, subjects: pa.Table, quarantine: Quarantine) -> pa.ChunkedArray:
    """The names of the gates that tripped, in file order, then what is not kept, and whether rows were set aside."""
    plan, gates = compiled.plan, dict.fromkeys(effect.gate for effect in compiled.model.effects)
    touched = quarantine.touched.column("subject")
    raised = {name: pc.fill_null(subjects.column(name), fill_value=False) for name in gates}
    raised |= {ensure_flag(item): _broken(subjects, item) for item in _ensured(plan)}
    if len(touched):
        raised[QUARANTINE] = pc.is_in(pc.cast(subjects.column(plan.key), _TEXT), value_set=touched)
    flags = pa.chunked_array([pa.repeat(pa.scalar(""), subjects.num_rows)])
    for name, holds in raised.items():
        apart = pc.if_else(pc.and_(holds, pc.not_equal(flags, "")), ", ", "")
        flags = pc.binary_join_element_wise(flags, pc.if_else(holds, name, ""), apart)
    return flags


def ensure_flag(item: Item) -> str:
    """The flag of a subject that breaks what the results must keep; no gate's name has a quote in it."""
    return f'ensure "{item.title}"'


def _ensured(plan: Plan) -> list[Item]:
    return [item for item in plan.items if item.kind == "ensure"]


def _broken(subjects: pa.Table, item: Item) -> pa.ChunkedArray:
    """For each subject, whether it breaks what the results must keep."""
    return pc.fill_null(pc.invert(subjects.column(item.parts[0].binding)), fill_value=False)


def _promises(compiled: Compiled, subjects: pa.Table) -> tuple[Broken, ...]:
    """What results must keep and do not."""
    broken = []
    for item, ensure in zip(_ensured(compiled.plan), compiled.model.ensures, strict=True):
        keys = subjects.filter(_broken(subjects, item)).column(compiled.plan.key)
        if len(keys):
            broken.append(Broken(ensure.message, ensure.span, keys))
    return tuple(broken)


def not_assessed(compiled: Compiled, scores: pa.Table, quarantine: Quarantine) -> pa.Table:
    """The subjects without a total in `scores`, then those whose own row was set aside, and the reason of each."""
    scorecard, total = scores.column("scorecard"), scores.column("total")
    without = pc.is_null(total)
    if not compiled.model.scorecards:
        without = pa.repeat(pa.scalar(value=False), scores.num_rows)
    reason = pc.if_else(pc.is_null(scorecard), pa.scalar(NO_SCORECARD), pa.scalar(NOTHING_SCORED))
    table = pa.table({"key": scores.column(0), "reason": reason}).filter(without)
    out = pc.cast(quarantine.out, table.schema.field("key").type)
    lost = pa.table({"key": out, "reason": pa.repeat(pa.scalar(QUARANTINED), len(out))}, table.schema)
    return pa.concat_tables([table, lost]).sort_by("key") if len(out) else table


# ---------------------------------------------------------------- items


def _items(compiled: Compiled, outcome: Outcome, scorecard: pa.ChunkedArray) -> pa.Table:
    plan, mode, subjects = compiled.plan, compiled.model.header.mode, outcome.subjects
    own: dict[str | None, pa.Table] = {None: subjects}
    for card in {item.scorecard for item in plan.items} - {None}:
        own[card] = subjects.filter(pc.equal(scorecard, pa.scalar(card)))
    tables = [_item(plan, item, own[item.scorecard], mode) for item in plan.items]
    if not tables:
        empty = Item("", "", None, (), None)
        tables = [_item(plan, empty, subjects, mode).slice(0, 0)]
    return pa.concat_tables(tables)


def _item(plan: Plan, item: Item, subjects: pa.Table, mode: Mode) -> pa.Table:
    count = subjects.num_rows

    def same(text: str | None) -> pa.Array:
        return pa.repeat(pa.scalar(text, _TEXT), count)

    parts = {part.name: subjects.column(part.binding) for part in item.parts}
    texts = [pc.cast(column, _TEXT) for column in parts.values() if not pa.types.is_decimal(column.type)]
    figures = dict.fromkeys(PARTS, pa.nulls(count, FIGURE))
    changed: dict[str, list[bool]] = {}
    for part in item.parts:
        if pa.types.is_decimal(parts[part.name].type):
            figures[part.name], mark = recorded(subjects, part.binding, item.name, mode)
            changed |= {part.name: mark} if mark else {}
    weight = None if item.weight is None else written_weight(item.weight)
    weights = {"weight": pa.repeat(pa.scalar(weight, FIGURE), count)}
    if "effective_weight" not in parts:
        figures["effective_weight"] = weights["weight"]
    marks = {mark: subjects.column(item.tier1[mark]) if mark in item.tier1 else same(None) for mark in MARKS}
    named = {"item": item.name, "kind": item.kind, "title": item.title, "parent": item.parent}
    by_name = {
        "key": _widened(subjects.column(plan.key)),
        **{name: same(text) for name, text in named.items()},
        **{name: figures[name] for name in PARTS[:4]},
        **weights,
        **{name: figures[name] for name in PARTS[4:]},
        ROUNDED: marked(changed, count),
        **marks,
        "text": texts[0] if texts else same(None),
        "advice": advice(plan, item, subjects),
    }
    return pa.table(by_name)


def written_weight(weight: Fraction) -> Decimal:
    """A weight as `items` has it."""
    return decimal(rounded(weight, RECORDED_PLACES), _WEIGHT)
