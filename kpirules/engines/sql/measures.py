"""Measures to SQL: the figure of a group's rows, of numerators and of their divisor where it is a quotient."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sqlglot import exp

from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.dialect import Dialect
from kpirules.engines.sql.scope import Names
from kpirules.plan.ir import OVER, Measure
from kpirules.records import dataclass
from kpirules.values.types import SUM_BOUND, Digits, Type


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a measure works out: its column, or the rows themselves, where its condition holds; and its type."""

    dialect: Dialect
    arg: Node
    where: Node | None
    kind: Type

    def by(self, aggregate: Node) -> Node:
        """What an aggregate makes of the rows for which the condition holds."""
        if self.where is None:
            return aggregate
        return exp.Filter(this=aggregate, expression=exp.Where(this=self.where.copy()))


def columns(dialect: Dialect, names: Names, measure: Measure) -> dict[str, Node]:
    """The columns of one measure, two where it is a quotient: the divisor is that of any row that is not 0.

    The digits of a type hold nothing past its bounds: beyond, the cast raises.
    """
    arg = exp.Star() if measure.arg is None else build.column(names(measure.arg))
    where = None if measure.where is None else build.column(names(measure.where))
    digits, over = measure.type.digits, measure.type.over
    made = MEASURES[measure.func](_Rows(dialect, arg, where, measure.type))
    made = made if digits is None else build.cast(made, digits)
    if over is None:
        return {names(measure.name): made}
    assert measure.arg is not None
    num, divisor = (build.column(names(column)) for column in (measure.arg, measure.arg + OVER))
    counts = build.binary(exp.NEQ, num, build.number(Fraction(0), Digits(0, Fraction(1))))
    shared = build.call(exp.Coalesce, exp.Max(this=build.case([(counts, divisor)])), build.number(Fraction(1), over))
    if measure.func == "sum":
        made = _within(dialect, made, measure.type, shared, over)
    return {names(measure.name): made, names(measure.name + OVER): build.cast(shared, over)}


def _within(dialect: Dialect, summed: Node, kind: Type, divisor: Node, digits: Digits) -> Node:
    """The numerator of a sum; one past the bound of sums ends the query."""
    bound = Digits(0, SUM_BOUND)
    most = dialect.multiply(build.cast(divisor, digits), digits, build.number(SUM_BOUND, bound), bound)
    past = build.less(most, build.call(exp.Abs, summed))
    return build.cast(build.case([(past, dialect.stop())], summed), kind.sides[0])


def _sum(rows: _Rows) -> Node:
    return build.call(exp.Coalesce, rows.by(exp.Sum(this=rows.arg)), build.number(Fraction(0), rows.kind.sides[0]))


def _median(rows: _Rows) -> Node:
    """Half of the sum of the two in the middle, of a place less: the lower of the values, and that of the negated."""
    digits, half = rows.kind.sides[0], Digits(1, Fraction(1, 2))
    both, share = Digits(digits.scale - 1, 2 * digits.bound), build.number(half.bound, half)
    lower, upper = (
        rows.by(exp.Anonymous(this="QUANTILE_DISC", expressions=[value.copy(), share.copy()]))
        for value in (rows.arg, build.neg(rows.arg.copy()))
    )
    return rows.dialect.multiply(build.cast(build.sub(lower, upper), both), both, share, half)


MEASURES: dict[str, Callable[[_Rows], Node]] = {
    "count": lambda rows: rows.by(exp.Count(this=rows.arg)),
    "sum": _sum,
    "distinct": lambda rows: rows.by(exp.Count(this=exp.Distinct(expressions=[rows.arg]))),
    "any": lambda rows: rows.by(exp.LogicalOr(this=rows.arg)),
    "all": lambda rows: rows.by(exp.LogicalAnd(this=rows.arg)),
    "min": lambda rows: rows.by(exp.Min(this=rows.arg)),
    "max": lambda rows: rows.by(exp.Max(this=rows.arg)),
    "median": _median,
}
"""By measure of the plan, its figure."""
