"""Tier 1 of the trace: columns that say, for each item, which row was taken, which limit cut, and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kpirules.plan import build
from kpirules.plan.ir import BY_ROWS, Binding, Ident, Op, Ref, Scalar
from kpirules.plan.relation import Place, Relation
from kpirules.source import Span
from kpirules.values import types
from kpirules.values.units import Unit

_LIMITS = {"at_most": "≤", "at_least": "≥"}
_CUTS = {"at_most": "gt", "at_least": "lt"}
"""How a value stands to the bound that cuts it."""

_SEVERAL = ("limit", "gate")
"""Marks of which several may hold at once."""


def of_indicator(relation: Relation, name: str) -> dict[str, str]:
    """Bind the marks of an indicator, those of its score, and as `limit` also what cut the figures behind it.

    The limits stand in order: actual, target, achievement, score.
    """
    behind = [Ident(name, part) for part in ("actual", "target", "achievement")]
    return tier1(relation, Ident(name, "score"), behind=behind)


def tier1(relation: Relation, *figures: Ident, behind: Sequence[Ident] = ()) -> dict[str, str]:
    """Bind the marks of one figure, texts or missing, and name them: `row`, `limit`, `policy`, `gate`.

    Where there are several `figures`, each is one of the ways that it may have been made, and the last of them is the
    figure itself. `behind` are those of the item's figures that it is made of: of these only the limits are marked,
    before its own. Where several limits or gates changed a figure, the text has all of them in order, with commas
    between.
    """
    own = figures[-1]
    place = Place(own.item, "mark", own.within)
    makers: dict[str, Callable[[Relation, list[Binding]], list[tuple[Scalar, Scalar]]]] = {
        "row": _rows,
        "limit": _limits,
        "policy": _policies,
        "gate": _gates,
    }
    names: dict[str, str] = {}
    for mark, make in makers.items():
        ways = (*behind, *figures) if mark == "limit" else figures
        whens = [when for figure in ways for when in make(relation, _steps(relation, figure))]
        if whens:
            name = place.figure.at(mark).name
            cases = [whens] if mark not in _SEVERAL else [[when] for when in whens]
            told = build.joined([build.case(case, None, Unit.TEXT) for case in cases])
            if name not in relation.types:
                relation.bind(place, told, "mark", None, step=mark)
            names[mark] = name
    return names


def _steps(relation: Relation, figure: Ident) -> list[Binding]:
    return [relation.bindings[nth] for nth in relation.steps.get(figure, ())]


def left_out(relation: Relation, place: Place, ways: Sequence[tuple[Scalar, Span]]) -> dict[str, str]:
    """Bind the mark `left_out`: the text that left something out of the results, the first whose condition holds."""
    if not ways:
        return {}
    whens = [(condition, build.text(one_line(span.text))) for condition, span in ways]
    mark = Place(place.item, "mark", place.within)
    told = relation.bind(mark, build.case(whens, None, Unit.TEXT), "mark", None, step="left_out")
    return {"left_out": told.name}


def one_line(text: str) -> str:
    """A text of the rules without the spaces that line it up."""
    return " ".join(text.split())


def _ref(relation: Relation, name: str) -> Ref:
    """What has a name by now: a binding, or a column of the subject's row, which may be a condition as it is."""
    return build.ref(name, relation.types.get(name, types.BOOL))


def _item(relation: Relation, name: str) -> str:
    """The item whose figure a binding is."""
    return relation.bindings[relation.places[name]].item


def _rows(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The row taken of the outermost rule: the last one bound."""
    tables = [binding for binding in steps if binding.kind in BY_ROWS]
    if not tables or tables[-1].row is None:
        return []
    row = _ref(relation, tables[-1].row)
    return [
        (build.compare("eq", row, build.number(index)), build.text(one_line(text.head)))
        for index, text in enumerate(tables[-1].rows)
    ]


def _limits(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The limits that changed the value, in order; one in a row that is not taken changes nothing."""
    changes: list[tuple[Scalar, Scalar]] = []
    for binding in steps:
        if binding.kind in _LIMITS and binding.origin is not None:
            assert isinstance(binding.expr, Op), binding
            text = build.text(f"{_LIMITS[binding.kind]} {one_line(binding.origin.text)}")
            cuts: list[Scalar] = [build.compare(_CUTS[binding.kind], *binding.expr.args)]
            if binding.guard is not None:
                cuts.insert(0, _ref(relation, binding.guard))
            changes.append((build.both(cuts), text))
    return changes


def _policies(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The missing policy, where it was used."""
    return [
        (build.is_missing(_ref(relation, binding.of)), build.text(one_line(binding.origin.text)))
        for binding in steps
        if binding.kind == "policy" and binding.of is not None and binding.origin is not None
    ]


def _gates(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The gates that changed the value, in order."""
    changes: list[tuple[Scalar, Scalar]] = []
    for binding in steps:
        if binding.kind == "gate" and binding.of is not None and binding.row is not None:
            before, after = _ref(relation, binding.of), _ref(relation, binding.name)
            changed = build.compare("ne", before, after)
            changes.append(
                (build.both([_ref(relation, binding.row), changed]), build.text(_item(relation, binding.row)))
            )
    return changes
