"""Tables and the subject: contracts from what is written."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from kpirules.model import contracts, scheme
from kpirules.model.contracts import PercentForm
from kpirules.model.expr import Expr, Skip
from kpirules.model.expressions import expectations
from kpirules.model.names import unknown
from kpirules.model.reports import quietly
from kpirules.model.scope import Scope
from kpirules.model.workspace import Workspace
from kpirules.source import Label, Note
from kpirules.syntax import ast, words
from kpirules.values import types
from kpirules.values.currencies import CURRENCY_PLACES
from kpirules.values.types import TooWide, Type
from kpirules.values.units import Unit

_PERCENT_PLACES = 2
_LARGEST_UNIT = 10**12


def tables(ws: Workspace) -> None:
    """Make the contracts; a table with a fault in a column keeps its other columns."""
    for declared in ws.declared.values():
        if isinstance(declared.node, ast.Table):
            ws.tables[declared.name.text] = _table(ws, declared.node)
    for declared in ws.declared.values():
        if isinstance(declared.node, ast.Table):
            _references(ws, declared.node)


def _table(ws: Workspace, node: ast.Table) -> contracts.Table:
    columns: dict[str, contracts.Column] = {}
    for written in node.columns:
        name = written.name.text
        if name in columns:
            labels = [Label(columns[name].span, "first", {"name": name})]
            ws.report("KPI202", written.name.span, {"name": name}, labels=labels, helps=[Note("rename")])
            continue
        columns[name] = _column(ws, node.name.text, written)
    declared = tuple(columns.values())
    _one_period(ws, declared)
    active, via = _active(ws, node, columns), None
    try:
        via = _via(ws, node, columns)
    except Skip:  # whose its rows are is unknown
        ws.broken.add(node.name.text)
    marks = {mark.word: mark.span for mark in node.marks}
    return contracts.Table(
        node.name.text, node.title, declared, node.name.span, active, via, expects_rows=marks.get("expects rows")
    )


def _one_period(ws: Workspace, columns: tuple[contracts.Column, ...]) -> None:
    periods = [column for column in columns if column.period]
    for extra in periods[1:]:
        args = {
            "name": extra.name,
            "first": periods[0].name,
            "period": words.spelling("period (column)", ws.file.language),
        }
        ws.report("KPI539", extra.span, args, labels=[Label(periods[0].span, "first")], helps=[Note("one", args)])


def _via(ws: Workspace, node: ast.Table, columns: dict[str, contracts.Column]) -> str | None:
    """The reference column that leads to the subject."""
    for extra in node.via[1:]:
        ws.twice(extra.span, f"{words.spelling('via', ws.file.language)} {extra.text}", node.via[0].span)
    if not node.via:
        return None
    name = node.via[0]
    column = columns.get(name.text)
    if column is None:
        raise unknown.unknown_column(ws, name, node.name.text, node.name.span, columns)
    if column.references is None:
        labels = [Label(column.span, "column")]
        raise ws.fail("KPI552", name.span, {"name": name.text}, labels=labels, helps=[Note("refer")])
    return name.text


def _active(ws: Workspace, node: ast.Table, columns: dict[str, contracts.Column]) -> contracts.Active | None:
    if not node.active:
        return None
    for extra in node.active[1:]:
        ws.twice(extra.span, extra.span.text, node.active[0].span)
    written = node.active[0]
    for name in (written.begins, written.ends):
        column = columns.get(name.text)
        if column is None and name.text not in ws.broken:
            unknown.unknown_column(ws, name, node.name.text, node.name.span, columns)
        elif column is not None and column.type.unit is not Unit.DATE:
            args = {"expected": Unit.DATE, "found": column.type.unit, "text": name.text}
            ws.report("KPI301", name.span, args, helps=[Note("date")])
        elif column is not None and name is written.begins and column.type.missing:
            optional = {"name": name.text, "optional": words.spelling("optional", ws.file.language)}
            ws.report("KPI540", name.span, optional, helps=[Note("out", optional)])
    return contracts.Active(written.begins.text, written.ends.text)


def _column(ws: Workspace, table: str, node: ast.Column) -> contracts.Column:
    """A column's contract; where its type has a fault, it is presumed, and all else holds."""
    unit = _UNITS[node.type]
    type_, low, high = types.presumed(unit).maybe(when=node.optional), None, None
    try:
        low, high = _between(ws, node, unit)
        type_ = _type(ws, node, unit, _scale(ws, node), low, high)
        if node.values is not None:
            type_ = Type(unit, node.optional, domain=_domain(ws, table, node, unit))
    except Skip:
        pass  # told
    if node.period and unit is not Unit.DATE and not unit.periodic:
        helps = [Note("type", {"write": words.spelling("date", ws.file.language)})]
        ws.report("KPI541", node.type_span, {"name": node.name.text, "unit": unit}, helps=helps)
    if node.key and node.optional:
        args = {"name": node.name.text, "optional": words.spelling("optional", ws.file.language)}
        ws.report("KPI542", node.name.span, args, helps=[Note("out", args)])
    percent = None
    if unit is Unit.RATIO:
        percent = PercentForm(node.percent_form) if node.percent_form else PercentForm.SIGN
    elif node.percent_form:
        args = {"name": node.name.text, "percent": words.spelling("percent", ws.file.language)}
        ws.report("KPI543", node.span, args, helps=[Note("out", args)])
    return contracts.Column(
        node.name.text,
        type_,
        node.name.span,
        node.key,
        node.period,
        node.references.text if node.references else None,
        low,
        high,
        percent,
        node.matches,
        ws.scheme.currency if unit is Unit.MONEY else None,
        _unit(ws, node, unit),
    )


def _unit(ws: Workspace, node: ast.Column, unit: Unit) -> int | None:
    """What each figure of the column is multiplied by."""
    if node.unit is None:
        return None
    args = {"name": node.name.text, "text": node.unit.span.text, "unit": words.spelling("unit", ws.file.language)}
    if not unit.numeric or unit is Unit.RATIO:
        args["money"] = words.spelling("money", ws.file.language)
        ws.report("KPI561", node.unit.span, args, helps=[Note("out", args)])
        return None
    if node.unit.value.denominator != 1 or not 1 <= node.unit.value <= _LARGEST_UNIT:
        ws.report("KPI562", node.unit.span, args, helps=[Note("whole", args)])
        return None
    return int(node.unit.value)


_UNITS = {
    "text": Unit.TEXT,
    "integer": Unit.NUMBER,
    "number": Unit.NUMBER,
    "percent": Unit.RATIO,
    "money": Unit.MONEY,
    "date": Unit.DATE,
    "bool": Unit.BOOL,
    "month": Unit.MONTH,
    "quarter": Unit.QUARTER,
    "half": Unit.HALF,
    "year": Unit.YEAR,
}


def _scale(ws: Workspace, node: ast.Column) -> int | None:
    match node.type:
        case "number":
            if node.places is None:
                helps = [Note("places", {"type": node.type_span.text})]
                raise ws.fail("KPI518", node.type_span, {"name": node.name.text}, helps=helps)
            scale = node.places
        case "money":
            scale = CURRENCY_PLACES.get(ws.scheme.currency, 0) if node.places is None else node.places
        case "percent":
            scale = (_PERCENT_PLACES if node.places is None else node.places) + 2
        case "integer":
            scale = 0
        case _:
            return None
    if scale > types.RECORDED_PLACES:
        helps = [Note("column", {"write": node.type_span.text.replace(str(node.places), "2")})]
        raise ws.fail("KPI314", node.type_span, {"text": str(node.places)}, helps=helps)
    return scale


def _type(
    ws: Workspace,
    node: ast.Column,
    unit: Unit,
    scale: int | None,
    low: Fraction | date | None,
    high: Fraction | date | None,
) -> Type:
    if scale is None:
        return Type(unit, node.optional)
    bound = ws.column_bound - Fraction(1, 10**scale)
    least = low if isinstance(low, Fraction) else -bound
    most = high if isinstance(high, Fraction) else bound
    try:
        return types.decimal(unit, scale, least, most, missing=node.optional)
    except TooWide as wide:
        raise ws.fail("KPI309", node.span, {"digits": wide.digits}, helps=[Note("narrower")]) from None


def _between(ws: Workspace, node: ast.Column, unit: Unit) -> tuple[Fraction | date | None, Fraction | date | None]:
    if node.between is None:
        return None, None
    if not unit.numeric and unit is not Unit.DATE:
        args = {"op": words.spelling("between", ws.file.language), "unit": unit, "text": node.name.text}
        raise ws.fail("KPI307", node.span, args, helps=[Note("listed" if unit is Unit.TEXT else "bounds", args)])
    low, high = (_constant(ws, part, unit) for part in node.between)
    assert isinstance(low, Fraction | date)
    assert isinstance(high, Fraction | date)
    if low > high:  # type: ignore[operator]  # both are of the column's unit
        args = {"low": node.between[0].span.text, "high": node.between[1].span.text}
        args |= {word: words.spelling(word, ws.file.language) for word in ("between", "and")}
        raise ws.fail("KPI544", node.between[1].span, args, helps=[Note("swap", args)])
    return low, high


def _constant(ws: Workspace, node: ast.Expr, unit: Unit) -> Fraction | str | bool | date:
    return expectations.constant(ws, expectations.want(ws, Scope(), node, unit))


def _domain(ws: Workspace, table: str, node: ast.Column, unit: Unit) -> tuple[str, ...] | None:
    assert node.values is not None
    if unit is not Unit.TEXT:
        ws.broken.add(f"{table}.{node.name.text}")  # which of the two was meant is not known
        args = {word: words.spelling(word, ws.file.language) for word in ("between", "and", "text")}
        args["name"] = node.name.text
        raise ws.fail("KPI545", node.span, args, helps=[Note("bounds" if unit.numeric else "text", args)])

    def text(value: ast.Expr) -> Expr:
        constant = expectations.want(ws, Scope(), value, Unit.TEXT)
        expectations.constant(ws, constant)
        return constant

    return tuple(map(str, expectations.once(ws, map(text, node.values))))


def _references(ws: Workspace, node: ast.Table) -> None:
    people = {item.table.text for item in ws.file.items if isinstance(item, ast.Subject)}  # told of the subject
    for written in node.columns:
        if written.references is None:
            continue
        target = written.references.text
        if target in ws.broken:
            continue
        table = ws.tables.get(target)
        if table is None:
            unknown.unknown_table(ws, written.references, filtered=False)
            ws.torn.add(node.name.text)  # whose its rows are is not known
        elif len(table.keys) != 1 and target not in ws.torn | ws.keyless | people:
            ws.keyless.add(target)
            args = {"table": target, "name": written.name.text}
            args["key"] = words.spelling("key", ws.file.language)
            labels, helps = [Label(table.span, "table", args)], [Note("several" if table.keys else "key", args)]
            ws.report("KPI547", written.references.span, args, labels=labels, helps=helps)


def subject(ws: Workspace) -> None:
    """Find who is scored: a table with one key column."""
    written = [node for node in ws.file.items if isinstance(node, ast.Subject)]
    if not written:
        if ws.file.items and not ws.file.broken:  # an empty file lacks the header, told already
            ws.report("KPI506", ws.scheme.span, helps=[Note("subject")])
        return
    node = written[0]
    for extra in written[1:]:
        ws.only_one("subject", extra.table, node.span)
    name = node.table.text
    if name in ws.broken:
        return
    table = ws.tables.get(name)
    if table is None:
        unknown.unknown_table(ws, node.table, filtered=False)
        return
    if len(table.keys) != 1 and name not in ws.torn:
        labels = [Label(table.span, "table", {"table": name})]
        ws.report("KPI519", node.table.span, {"table": name}, labels=labels, helps=[Note("key")])
    key = table.keys[0] if table.keys else ""
    if node.reports_to is not None:
        args = {"word": words.spelling("reports to", ws.file.language)}
        ws.report("KPI801", node.reports_to.span, args, helps=[Note("group")])
    ws.subject = scheme.Subject(table, key, None, node.span)
    if node.where is not None:
        with quietly():
            asked = node.where
            where = ws.settled(lambda: expectations.condition(ws, Scope(), asked))
            ws.subject = scheme.Subject(table, key, where, node.span)
