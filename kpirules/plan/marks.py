"""Tier 1 of the trace: columns that say, for each item, which row was taken, which limit cut, and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kpirules.plan import build
from kpirules.plan.ir import BY_ROWS, Binding, Op, Ref, Scalar
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
    behind = [f"{name}.{part}" for part in ("actual", "target", "achievement")]
    return tier1(relation, name, f"{name}.score", behind=behind)


def tier1(relation: Relation, item: str, *bases: str, behind: Sequence[str] = ()) -> dict[str, str]:
    """Bind the marks of one figure, texts or missing, and name them: `row`, `limit`, `policy`, `gate`.

    `bases` are the names that the bindings on the way to it begin with (see `Place`); where there are several, each
    is one of the ways that it may have been made, and the last of them is the figure's own. `behind` are those of the
    item's figures that it is made of: of these only the limits are marked, before its own. Where several limits or
    gates changed a figure, the text has all of them in order, with commas between.
    """
    makers: dict[str, Callable[[Relation, list[Binding]], list[tuple[Scalar, Scalar]]]] = {
        "row": _rows,
        "limit": _limits,
        "policy": _policies,
        "gate": _gates,
    }
    found: dict[str, str] = {}
    for mark, make in makers.items():
        ways = (*behind, *bases) if mark == "limit" else bases
        whens = [when for base in ways for when in make(relation, _steps(relation, base))]
        if whens:
            name = f"{bases[-1]}${mark}"
            cases = [whens] if mark not in _SEVERAL else [[when] for when in whens]
            told = build.joined([build.case(case, None, Unit.TEXT) for case in cases])
            if name not in relation.types:
                relation.bind(name, told, Place(item, "mark", name), "mark", None)
            found[mark] = name
    return found


def _steps(relation: Relation, base: str) -> list[Binding]:
    return [relation.bindings[nth] for nth in relation.steps.get(base, ())]


def left_out(relation: Relation, place: Place, ways: Sequence[tuple[Scalar, Span]]) -> dict[str, str]:
    """Bind the mark `left_out`: the text that left something out of the results, the first whose condition holds."""
    if not ways:
        return {}
    whens = [(condition, build.text(one_line(span.text))) for condition, span in ways]
    name = f"{place.base}$left_out"
    relation.bind(name, build.case(whens, None, Unit.TEXT), Place(place.item, "mark", name), "mark", None)
    return {"left_out": name}


def one_line(text: str) -> str:
    """A text of the rules without the spaces that line it up."""
    return " ".join(text.split())


def _ref(relation: Relation, name: str) -> Ref:
    """What has a name by now: a binding, or a column of the subject's row, which may be a condition as it is."""
    return build.ref(name, relation.types.get(name, types.BOOL))


def _rows(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The row taken of the outermost rule: the last one bound."""
    tables = [one for one in steps if one.kind in BY_ROWS]
    if not tables or tables[-1].row is None:
        return []
    row = _ref(relation, tables[-1].row)
    return [
        (build.compare("eq", row, build.number(index)), build.text(one_line(text.head)))
        for index, text in enumerate(tables[-1].rows)
    ]


def _limits(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The limits that changed the value, in order; one in a row that is not taken changes nothing."""
    found: list[tuple[Scalar, Scalar]] = []
    for one in steps:
        if one.kind in _LIMITS and one.origin is not None:
            assert isinstance(one.expr, Op), one
            text = build.text(f"{_LIMITS[one.kind]} {one_line(one.origin.text)}")
            cuts: list[Scalar] = [build.compare(_CUTS[one.kind], *one.expr.args)]
            if one.guard is not None:
                cuts.insert(0, _ref(relation, one.guard))
            found.append((build.both(cuts), text))
    return found


def _policies(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The missing policy, where it was used."""
    return [
        (build.is_missing(_ref(relation, one.of)), build.text(one_line(one.origin.text)))
        for one in steps
        if one.kind == "policy" and one.of is not None and one.origin is not None
    ]


def _gates(relation: Relation, steps: list[Binding]) -> list[tuple[Scalar, Scalar]]:
    """The gates that changed the value, in order."""
    found: list[tuple[Scalar, Scalar]] = []
    for one in steps:
        if one.kind == "gate" and one.of is not None and one.row is not None:
            before, after = _ref(relation, one.of), _ref(relation, one.name)
            changed = build.compare("ne", before, after)
            found.append((build.both([_ref(relation, one.row), changed]), build.text(one.row)))
    return found
