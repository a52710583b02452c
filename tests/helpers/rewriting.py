"""Rewrites of a rule file that change its text and not its meaning: names for expressions, and expressions for names.

`rewrites` lists what can be done to a scheme, each a `Rewrite`; `rewritten` does some of them that do not overlap. The
rewrites go by the syntax tree alone, so they apply to refused schemes too.

- `brackets`: brackets round an expression.
- `define`: an expression of the subject becomes a `define`.
- `column`: an expression of a row becomes a computed column of the row's table.
- `own`: an expression of a row that reads its person alone becomes a `define`, read as `own.x`.
- `inline`: the name of a `define` or a computed column is replaced by what it stands for.
- `filter`: the `where` of an aggregate becomes a filtered table.
- `unfilter`: an aggregate of a filtered table becomes one of the table behind it, with a `where`.

Two things are left alone, as the language says: what must be a literal by the grammar, and a computed column that names
no column of its own table, which may not be inlined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kpirules.model.analysis.uses import head_parts, nodes_in
from kpirules.source import SourceText, Span
from kpirules.syntax import ast, words
from kpirules.syntax.parse import parse
from kpirules.values.operation_table import AGGREGATES

_LITERALS = (ast.Number, ast.Percent, ast.Money, ast.Text, ast.Date, ast.Bool)
KINDS = ("brackets", "define", "column", "own", "inline", "filter", "unfilter")


@dataclass(frozen=True, slots=True)
class Place:
    """An expression and where it stands: for the subject, or for a row of `table`.

    `alias` is the name by which an aggregate's value reads the table, so that it says which rows are counted.
    """

    node: ast.Expr
    table: str | None = None
    alias: str | None = None

    @property
    def qualifier(self) -> str:
        """What a column of the row is named with here."""
        return self.alias or self.table or ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Replacements in a text, by start and end, and items to add at its end; `{name}` is a new name.

    It changes or reads the text at `places`; what overlaps one of them is not done at the same time.
    """

    kind: str
    places: tuple[tuple[int, int], ...]
    edits: tuple[tuple[int, int, str], ...]
    item: str = ""


def rewrites(text: str, file: ast.File | None = None) -> list[Rewrite]:
    """Everything that can be done to a text, in its order.

    `file` is its tree where it is parsed already; items of other texts in it are known and not rewritten.
    """
    if file is None:
        file, _ = parse(SourceText("rewritten.kpi", text))
    scheme = _Scheme(file.items, text)
    choices: list[Rewrite] = []
    for place in scheme.places():
        choices += _of_place(scheme, place)
    return choices


def rewritten(text: str, chosen: Iterable[Rewrite]) -> tuple[str, list[Rewrite]]:
    """The text with some rewrites done, and those that were: of two that overlap, the first."""
    done: list[Rewrite] = []
    taken: list[tuple[int, int]] = []
    for rewrite in chosen:
        if not any(start < high and low < end for start, end in rewrite.places for low, high in taken):
            done.append(rewrite)
            taken += rewrite.places
    names = _new_names(text)
    edits: list[tuple[int, int, str]] = []
    items: list[str] = []
    for rewrite in done:
        name = next(names)
        edits += [(start, end, write.replace("{name}", name)) for start, end, write in rewrite.edits]
        items += [rewrite.item.replace("{name}", name)] if rewrite.item else []
    for start, end, write in sorted(edits, reverse=True):
        text = text[:start] + write + text[end:]
    return "\n".join([text.rstrip("\n"), *items]) + "\n", done


def _new_names(text: str) -> Iterator[str]:
    return (name for nth in range(1, 10_000) if (name := f"named_{nth}") not in text)


# ---------------------------------------------------------------- where expressions stand


@dataclass(slots=True)
class _Scheme:
    """The items of a scheme, and what their names stand for."""

    items: Sequence[ast.Item]
    text: str
    tables: dict[str, ast.Table] = field(init=False)
    filters: dict[str, ast.DefineTable] = field(init=False)
    defines: dict[str, ast.Define] = field(init=False)
    columns: dict[tuple[str, str], ast.DefineColumn] = field(init=False)
    subject: str = field(init=False)

    def __post_init__(self) -> None:
        self.tables = {item.name.text: item for item in self.items if isinstance(item, ast.Table)}
        self.filters = {item.name.text: item for item in self.items if isinstance(item, ast.DefineTable)}
        self.defines = {item.name.text: item for item in self.items if isinstance(item, ast.Define)}
        columns = [item for item in self.items if isinstance(item, ast.DefineColumn)]
        self.columns = {(column.table.text, column.name.text): column for column in columns}
        self.subject = next((item.table.text for item in self.items if isinstance(item, ast.Subject)), "")

    def base(self, name: str) -> str | None:
        """The table behind a table or a filtered table."""
        seen: set[str] = set()
        while name in self.filters and name not in seen:
            seen.add(name)
            name = self.filters[name].table.text
        return name if name in self.tables else None

    def has(self, table: str, column: str) -> bool:
        """Whether a table has a column, declared or computed."""
        declared = any(own.name.text == column for own in self.tables[table].columns)
        return declared or (table, column) in self.columns

    def places(self) -> Iterator[Place]:
        """Every expression that may be rewritten, with the row that it is for."""
        for item in self.items:
            if item.span.source.text != self.text:
                continue
            table, roots = _roots(item)
            base = self.base(table) if table is not None else None
            if table is None or base is not None:
                for root in roots:
                    yield from self._within(root, base, None)

    def _within(self, node: ast.Expr, table: str | None, alias: str | None) -> Iterator[Place]:
        yield Place(node, table, alias)
        if not isinstance(node, ast.Call) or not is_aggregate(node):
            for part in _parts(node):
                yield from self._within(part, table, alias)
            return
        counted = self.counted(node)
        base = self.base(counted) if counted is not None else None
        if counted is None or base is None or table is not None:
            return
        if words.function(node.function.text) != "count":
            yield from self._within(node.args[0], base, counted)
        if node.where is not None:
            yield from self._within(node.where, base, None)

    def counted(self, node: ast.Call) -> str | None:
        """The table or filtered table whose rows an aggregate counts, by the name that it has there."""
        paths = _paths(node.args[0]) if words.function(node.function.text) == "count" else _of_one_row(node.args[0])
        names = dict.fromkeys(path.names[0].text for path in paths)
        named = [name for name in names if self.base(name) is not None]
        if words.function(node.function.text) == "count":
            return named[0] if named else None
        nearest = [name for name in named if all(self._reaches(name, other) for other in named if other != name)]
        return nearest[0] if len(nearest) == 1 else None

    def _reaches(self, table: str, other: str) -> bool:
        queue = [self.base(table) or ""]
        for name in queue:
            columns = self.tables[name].columns if name in self.tables else ()
            targets = [column.references.text for column in columns if column.references is not None]
            queue += [target for target in targets if target not in queue]
        return self.base(other) in queue[1:]


def is_aggregate(node: ast.Call) -> bool:
    """Whether a call is over rows."""
    name = words.function(node.function.text)
    return name in AGGREGATES and len(node.args) == 1


def _roots(item: ast.Item) -> tuple[str | None, list[ast.Expr]]:
    """The outermost expressions of an item, and the table for whose rows they are."""
    match item:
        case ast.Define() | ast.Grade():
            return None, _of_rule(item.rule)
        case ast.DefineColumn():
            return item.table.text, _of_rule(item.rule)
        case ast.DefineTable():
            return item.table.text, [item.where]
        case ast.Indicator():
            return None, [*_of_clauses(item.clauses), *(text.when for text in item.advice)]
        case ast.Scorecard():
            entries = [*item.entries, *(entry for group in item.groups for entry in group.entries)]
            tests = [item.applies, *(entry.when for entry in entries)]
            rules = [part for adjust in item.adjusts for part in _of_rule(adjust.formula)]
            return None, [*(test for test in tests if test is not None), *rules, *_of_clauses(item.totals)]
        case ast.Gate():
            return None, [item.when, *(effect.bound for effect in item.effects)]
        case ast.Pay():
            tests = [item.applies, item.when]
            return None, [*(test for test in tests if test is not None), *_of_clauses(item.clauses)]
        case ast.Outcome():
            return None, [item.when]
        case ast.Ensure():
            return None, [item.condition]
        case ast.Require():
            return item.table.text if item.table is not None else None, [item.condition]
        case ast.Subject():
            return None, [] if item.where is None else [item.where]
        case _:
            return None, []


def _of_clauses(clauses: Iterable[ast.Clause]) -> list[ast.Expr]:
    return [part for clause in clauses for part in (*_of_rule(clause.rule), *(limit.bound for limit in clause.limits))]


def _of_rule(rule: ast.Rule) -> list[ast.Expr]:
    match rule:
        case ast.Formula():
            return [rule.expr, *(limit.bound for limit in rule.limits)]
        case ast.Choose():
            exprs: list[ast.Expr] = []
        case ast.Tiers():
            exprs = [rule.subject, *([] if rule.start is None else [rule.start])]
        case ast.By() | ast.Curve():
            exprs = [rule.subject]
    for row in rule.rows:
        exprs += [*head_parts(row), *_of_rule(row.value)]
    return exprs


def _parts(node: ast.Expr) -> Iterator[ast.Expr]:
    """The expressions directly in another."""
    inner = iter(nodes_in(node))
    next(inner)
    end = -1
    for part in inner:
        if part.span.start >= end:
            end = part.span.end
            yield part


def _paths(node: ast.Expr) -> list[ast.Path]:
    return [part for part in nodes_in(node) if isinstance(part, ast.Path)]


def _of_one_row(node: ast.Expr) -> list[ast.Path]:
    """The paths of a row's value, but those in an aggregate within it, which are of the rows that refer to the row."""
    parts = nodes_in(node, without=lambda part: isinstance(part, ast.Call) and is_aggregate(part))
    return [part for part in parts if isinstance(part, ast.Path)]


# ---------------------------------------------------------------- what may be done at a place


def _of_place(scheme: _Scheme, place: Place) -> Iterator[Rewrite]:
    span = place.node.span
    if "\n" not in span.text:
        yield _whole("brackets", span, f"({span.text})")
        if place.table is None:
            yield _whole("define", span, "{name}", f"define {{name}} = {span.text}")
        else:
            yield from _named_in_row(scheme, place)
    if isinstance(place.node, ast.Path):
        yield from _inlined(scheme, place)
    if isinstance(place.node, ast.Call) and is_aggregate(place.node) and place.table is None:
        yield from _filtered(scheme, place.node)


def _whole(kind: str, span: Span, write: str, item: str = "") -> Rewrite:
    """A rewrite that replaces a whole expression."""
    return Rewrite(kind, ((span.start, span.end),), ((span.start, span.end, write),), item)


def _named_in_row(scheme: _Scheme, place: Place) -> Iterator[Rewrite]:
    assert place.table is not None
    span, paths = place.node.span, _paths(place.node)
    if all(words.builtin(path.names[0].text) == "own" for path in paths):
        text = _edited(
            span.text, span.start, [(path.names[0].span.start, path.names[1].span.start, "") for path in paths]
        )
        read = "{name}" if isinstance(place.node, _LITERALS) else "own.{name}"
        yield _whole("own", span, read, f"define {{name}} = {text}")
    aliased = [path.names[0] for path in paths if len(path.names) > 1 and path.names[0].text in scheme.filters]
    text = _edited(span.text, span.start, [(name.span.start, name.span.end, place.table) for name in aliased])
    read = f"{place.qualifier}.{{name}}"
    yield _whole("column", span, read, f"define {place.table}.{{name}} = {text}")


def _edited(text: str, start: int, edits: Iterable[tuple[int, int, str]]) -> str:
    for low, high, write in sorted(edits, reverse=True):
        text = text[: low - start] + write + text[high - start :]
    return text


def _inlined(scheme: _Scheme, place: Place) -> Iterator[Rewrite]:
    assert isinstance(place.node, ast.Path)
    names = [name.text for name in place.node.names]
    own = len(names) > 1 and words.builtin(names[0]) == "own"
    if len(names) == 1 + own and names[-1] in scheme.defines and not _is_column(scheme, place, names):
        node = scheme.defines[names[-1]]
        written = _alone(node.rule)
        if written is None or (place.table is not None and not _readable(written, own=own)):
            return
        text = _owned(written) if place.table is not None else written.span.text
        yield _without_name(place, node, f"({text})")
    elif place.table is not None and _is_column(scheme, place, names):
        column = scheme.columns.get((place.table, names[-1]))
        written = _alone(column.rule) if column is not None else None
        if column is not None and written is not None and _of_table(scheme, place.table, written):
            yield _without_name(place, column, f"({_qualified(scheme, place, written)})")


def _without_name(place: Place, item: ast.Define | ast.DefineColumn, write: str) -> Rewrite:
    """A rewrite that writes what a name stands for; where it is read nowhere else, the item goes."""
    span, whole = place.node.span, (item.span.start, item.span.end)
    edits = ((span.start, span.end, write), *_gone(item, 1))
    return Rewrite("inline", ((span.start, span.end), whole), edits)


def _gone(item: ast.Define | ast.DefineColumn | ast.DefineTable, uses: int) -> list[tuple[int, int, str]]:
    """The edit that takes an item out whose name is read nowhere else than at some places; none where it is."""
    span, name = item.span, item.name.span.text
    named = re.findall(rf"\b{re.escape(name)}\b", span.source.text)
    return [(span.start, span.end, "")] if len(named) == uses + 1 else []


def _is_column(scheme: _Scheme, place: Place, names: Sequence[str]) -> bool:
    """Whether a path is a column of the row in scope itself."""
    if place.table is None:
        return len(names) == 1 and bool(scheme.subject) and scheme.has(scheme.subject, names[0])
    if len(names) == 1:
        return scheme.has(place.table, names[0])
    return (
        len(names) == 2 and scheme.base(names[0]) == place.table and scheme.has(place.table, names[1])
    )  # a table and its column


def _alone(rule: ast.Rule) -> ast.Expr | None:
    """The expression that a rule is, without limits, on one line."""
    if isinstance(rule, ast.Formula) and not rule.limits and "\n" not in rule.expr.span.text:
        return rule.expr
    return None


def _readable(node: ast.Expr, *, own: bool) -> bool:
    """Whether an expression of the subject can be written in a row: without aggregates, or as a constant."""
    parts = [*nodes_in(node)]
    if any(isinstance(part, ast.Call) and is_aggregate(part) for part in parts):
        return False
    return own or not any(isinstance(part, ast.Path) for part in parts)


def _owned(node: ast.Expr) -> str:
    """An expression of the subject as a row reads it."""
    paths = [path for path in _paths(node) if words.builtin(path.names[0].text) not in ("own", *_CLOCK)]
    return _edited(node.span.text, node.span.start, [(path.span.start, path.span.start, "own.") for path in paths])


_CLOCK = ("period_start", "period_end", "period_days", "year_start")


def _of_table(scheme: _Scheme, table: str, node: ast.Expr) -> bool:
    """Whether an expression names a column of a table, in the scope of a row of it."""
    return any(_is_column(scheme, Place(node, table), [name.text for name in path.names]) for path in _of_one_row(node))


def _qualified(scheme: _Scheme, place: Place, node: ast.Expr) -> str:
    """The expression of a computed column as it reads at a place, its columns with the name of the table."""
    edits = []
    for path in _of_one_row(node):
        first = path.names[0]
        if len(path.names) == 1 and scheme.has(place.table or "", first.text):
            edits.append((first.span.start, first.span.start, f"{place.qualifier}."))
        elif len(path.names) > 1 and first.text == place.table:
            edits.append((first.span.start, first.span.end, place.qualifier))
    return _edited(node.span.text, node.span.start, edits)


def _filtered(scheme: _Scheme, node: ast.Call) -> Iterator[Rewrite]:
    counted = scheme.counted(node)
    if counted is None or "\n" in node.span.text:
        return
    paths = [path for path in _of_one_row(node.args[0]) if path.names[0].text == counted]
    aliases = {path.names[0].text for path in _paths(node.args[0])} & {*scheme.filters}
    if aliases - {counted}:
        return
    names = [path.names[0].span for path in paths]
    if node.where is not None and (end := _end_of_where(node)) is not None:
        edits = [*((span.start, span.end, "{name}") for span in names), (node.args[0].span.end, end, "")]
        edits[-1] = (_after_brackets(node), end, "")
        yield Rewrite(
            "filter",
            ((node.span.start, node.span.end),),
            tuple(edits),
            f"define {{name}} = {counted} where {node.where.span.text}",
        )
    if counted in scheme.filters and (end := _end_of_where(node)) is not None:
        behind = scheme.filters[counted]
        where = f" where ({behind.where.span.text})"
        if node.where is not None:
            where += f" and ({node.where.span.text})"
        edits = [*((span.start, span.end, behind.table.text) for span in names), (_after_brackets(node), end, where)]
        if not any(_alias_in(scheme, expr, counted) for expr in (node.where, behind.where)) and "\n" not in where:
            edits += _gone(behind, len(names))
            places = ((node.span.start, node.span.end), (behind.span.start, behind.span.end))
            yield Rewrite("unfilter", places, tuple(edits))


def _alias_in(scheme: _Scheme, where: ast.Expr | None, alias: str) -> bool:
    """Whether a condition reads columns by the name of a filtered table, which it cannot without that table."""
    return where is not None and any(path.names[0].text == alias for path in _paths(where) if alias in scheme.filters)


def _after_brackets(node: ast.Call) -> int:
    """The end of a call's value, the brackets round it with it."""
    source, start = node.span.source.text, node.args[0].span.end
    stop = node.where.span.start if node.where is not None else node.span.end - 1
    rest = source[start:stop]
    closing = len(rest) - len(rest.lstrip(") "))
    while closing and rest[closing - 1] == " ":
        closing -= 1
    return start + closing


def _end_of_where(node: ast.Call) -> int | None:
    """The place before the bracket that closes a call; None where it is not found there."""
    end = node.span.end - 1
    return end if node.span.source.text[end] in ")）" else None
