"""Arithmetic of dates in SQL. Each function takes dates, and gives a date or a whole number of the engine's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlglot import exp

from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.engines.sql.scope import Scope


def days(scope: Scope, start: Node, end: Node) -> Node:
    """The days from one date to another."""
    return scope.dialect.days(start, end)


def months(scope: Scope, a: Node, b: Node) -> Node:
    """The months from one date's to the other's, one fewer where the later date falls short of the day it begins on.

    It falls short with a smaller number of the day, unless it is the last day of its month.
    """
    a, b = scope.keep(a), scope.keep(b)
    apart = build.sub(_month_count(b), _month_count(a))

    def short(start: Node, end: Node) -> Node:
        last = _extract("DAY", scope.dialect.last_day(end, 1))
        begun, ended = _extract("DAY", start), _extract("DAY", end)
        return build.every([build.at_most(start, end), build.less(ended, begun), build.less(ended, last)])

    fewer, more = build.sub(apart, build.whole(1)), build.add(apart, build.whole(1))
    return build.case([(short(a, b), fewer), (short(b, a), more)], apart)


def _month_count(day: Node) -> Node:
    return build.add(build.mul(_extract("YEAR", day), build.whole(12)), _extract("MONTH", day))


def _extract(part: str, day: Node) -> Node:
    # a part of a date that is known to be missing has the type DOUBLE in DuckDB
    return build.as_type(exp.Extract(this=exp.var(part), expression=day.copy()), exp.DType.BIGINT)


def part(name: str) -> Callable[[Scope, Node], Node]:
    """A part of a date, by what SQL calls it."""
    return lambda _scope, day: _extract(name, day)


def half(_scope: Scope, day: Node) -> Node:
    """The half of the year that a date lies in."""
    first = build.at_most(_extract("QUARTER", day), build.whole(2))
    second = build.less(build.whole(2), _extract("QUARTER", day))
    return build.case([(first, build.whole(1)), (second, build.whole(2))])


def first_day(scope: Scope, day: Node, size: int) -> Node:
    """The first day of the period of so many months in which a date lies."""
    day = scope.keep(day)
    month, length = _extract("MONTH", day), build.whole(size)
    nth = build.binary(exp.IntDiv, build.sub(month, build.whole(1)), length)
    first = build.add(build.mul(nth, length), build.whole(1))
    return scope.dialect.date(_extract("YEAR", day), first)


def later(scope: Scope, day: Node, by: Node, unit: str) -> Node:
    """A date so many days or months later, NULL outside of the years 1 to 9999.

    As many as `_FARTHEST` lead out of these years from any date, and stay within the dates of the engine; no more are
    added.
    """
    most = build.whole(_FARTHEST[unit])
    near = build.case([(build.less(by, build.neg(most)), build.neg(most)), (build.less(most, by), most)], by)
    moved = scope.keep(scope.dialect.later(day, near, unit))
    inside = build.every([build.at_most(build.day(date.min), moved), build.at_most(moved, build.day(date.max))])
    return build.case([(inside, moved)])


_FARTHEST = {"days": 3_700_000, "months": 120_000}
