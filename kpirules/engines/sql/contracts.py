"""Contracts of tables as queries: whether a column has a value that breaks it, and how many texts are in doubt.

Each is one pass over the columns that it reads, and what it finds out is no more than that something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from sqlglot import exp

from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.steps import DATA
from kpirules.plan.contracts import ColumnContract, TableContract
from kpirules.values.periods import months_of
from kpirules.values.texts import UNUSUAL
from kpirules.values.units import Unit

_EDGES = "^$|^ | $|"
_NOT_ASCII = "[^ -~]"
_PLAIN = "[!-`{-~](?:[ -`{-~]*[!-`{-~])?"
"""Printable ASCII without small letters, and without spaces at its edges: two such texts look alike only if they are
equal."""

Shown = Mapping[str, tuple[str, Mapping[str, str]]]
"""By table, its identifier in the schema `data`, and those of its columns."""


def source(shown: Shown, table: str) -> exp.Table:
    """A table of the data."""
    node = exp.Table(this=exp.to_identifier(shown[table][0], quoted=True))
    node.set("db", exp.to_identifier(DATA, quoted=True))
    return node


def broken(contract: TableContract, shown: Shown) -> exp.Select:
    """A row that says of each condition on the values of a column whether one breaks it.

    Of the texts that are `own_keys` nothing is asked here.
    """
    columns = shown[contract.name][1]
    held = [column for column in contract.columns if column not in own_keys(contract)]
    breaks = [node for column in held for node in _breaks(column, build.column(columns[column.name]))]
    made = [build.alias(node, f"broken{nth}") for nth, node in enumerate(breaks or [build.whole(0)])]
    return exp.Select().select(*made).from_(source(shown, contract.name))


def lost(contract: TableContract, column: ColumnContract, shown: Shown) -> exp.Select:
    """The count of values of a column that no row of the table they refer to has as its key."""
    assert column.target is not None, column
    table, key = column.target
    value = build.column(shown[contract.name][1][column.name])
    keys = exp.Select().select(build.column(shown[table][1][key])).from_(source(shown, table))
    known = exp.In(this=value.copy(), query=exp.Subquery(this=keys))
    return _counted(contract, shown, build.every([build.negated(build.is_null(value)), build.negated(known)]))


def unusual(contract: TableContract, column: ColumnContract, shown: Shown, *, ascii_only: bool) -> exp.Select:
    """The count of texts that are blank, have spaces at their edges, or characters that may be spelt in two ways.

    With `ascii_only`, of those that have any but printable ASCII characters: that is quicker to see.
    """
    pattern = _EDGES + (_NOT_ASCII if ascii_only else UNUSUAL)
    value = build.column(shown[contract.name][1][column.name])
    return _counted(contract, shown, exp.RegexpLike(this=value, expression=build.text(pattern)))


def other_case(contract: TableContract, column: ColumnContract, shown: Shown, *, upper: bool) -> exp.Select:
    """The count of texts that are not all in capitals, or with `upper` false, not all in small letters."""
    value = build.column(shown[contract.name][1][column.name])
    turned = exp.Upper(this=value.copy()) if upper else exp.Lower(this=value.copy())
    return _counted(contract, shown, build.binary(exp.NEQ, value, turned))


def absent(contract: TableContract, column: ColumnContract, shown: Shown) -> exp.Select:
    """The count of values that are missing in a column."""
    return _counted(contract, shown, build.is_null(build.column(shown[contract.name][1][column.name])))


def key_hashes(contract: TableContract, shown: Shown, *, plain: bool) -> exp.Select:
    """A hash of the key of each row; where no two are the same, no two keys are.

    With `plain`, rows are left out in which a text of the key is missing, in doubt, or has a small letter.
    """
    columns = shown[contract.name][1]
    hashed = exp.Anonymous(this="HASH", expressions=[build.column(columns[name]) for name in contract.key])
    select = exp.Select().select(build.alias(hashed, "hash")).from_(source(shown, contract.name))
    for column in own_keys(contract) if plain else ():
        matched = [build.column(columns[column.name]), build.text(_PLAIN)]
        select = select.where(exp.Anonymous(this="REGEXP_FULL_MATCH", expressions=matched), copy=False)
    return select


def _counted(contract: TableContract, shown: Shown, condition: Node) -> exp.Select:
    return exp.Select().select(_count(condition)).from_(source(shown, contract.name))


def _count(condition: Node) -> Node:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=condition))


def _breaks(column: ColumnContract, value: Node) -> Iterator[Node]:
    """What holds of the values of a column, all together, where one of them breaks its contract."""
    kind = column.type
    there, rows = exp.Count(this=value.copy()), exp.Count(this=exp.Star())
    if column.required:
        yield build.less(there, rows)
    elif kind.unit is Unit.BOOL:
        yield build.more(there, rows)  # which never holds; but all of the column is read for it
    if column.low is not None:
        yield build.less(exp.Min(this=value.copy()), _literal(column, column.low))
    if column.high is not None:
        yield build.more(exp.Max(this=value.copy()), _literal(column, column.high))
    if kind.domain is not None:
        yield _count(build.negated(build.listed(value.copy(), [build.text(text) for text in kind.domain])))
    if kind.unit.periodic:
        month = build.sub(exp.Month(this=value.copy()), build.whole(1))
        yield _count(build.binary(exp.NEQ, exp.Day(this=value.copy()), build.whole(1)))
        yield _count(
            build.binary(exp.NEQ, build.binary(exp.Mod, month, build.whole(months_of(kind.unit))), build.whole(0))
        )


def _literal(column: ColumnContract, value: Fraction | date) -> Node:
    if isinstance(value, date):
        return build.day(value)
    assert column.type.digits is not None, column
    return build.number(value, column.type.digits)


def texts(contract: TableContract) -> Iterator[ColumnContract]:
    """The columns of texts that are neither of a domain nor must be a key of another table."""
    for column in contract.columns:
        if column.type.unit is Unit.TEXT and column.type.domain is None and (column.may_miss or column.target is None):
            yield column


def own_keys(contract: TableContract) -> list[ColumnContract]:
    """Those of these columns that are part of the table's key."""
    return [column for column in texts(contract) if column.key and column.target is None]
