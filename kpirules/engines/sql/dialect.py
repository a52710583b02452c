"""What differs between engines: where an operator of one means something else, its lowering is here, only here."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from sqlglot import exp

from kpirules.engines.sql import build
from kpirules.engines.sql.build import Node
from kpirules.values.types import WIDTH, Digits

_NARROW = 18
"""The digits that DuckDB keeps in 64 bits."""


class Dialect(Protocol):
    """How one engine says what is not the same everywhere.

    INVARIANT: what stands here or in `build` keeps every digit of a decimal, or the engine raises.
    """

    name: str
    """sqlglot's name of the dialect."""

    def multiply(self, a: Node, a_digits: Digits, b: Node, b_digits: Digits) -> Node:
        """Exactly `a * b`, of as many places as both have."""

    def estimate(self, num: Node, den: Node, places: int) -> Node:
        """About `num / den`, as a decimal of `places` >= 0; off by a factor of at most 1 ± 2^-47, and half a step."""

    def nearest(
        self, num: Node, num_digits: Digits, den: Node, den_digits: Digits, places: int, *, signed: bool
    ) -> Node | None:
        """Exactly `num / den`, `den` > 0, in steps of 10^-`places`: the nearest whole number, half away from zero.

        `places` >= 0; `signed` where `num` may be below 0. None where dividing by estimates is the faster way.
        """

    def remainder(self, value: Node, digits: Digits, step: Digits, by: Node) -> Node:
        """Exactly what is left of `value` after whole multiples of `by`, with the sign of `value`."""

    def round_away(self, value: Node, digits: Digits, places: int) -> Node | None:
        """Exactly `value`, a decimal, to `places` >= 0, half away from zero; None where the engine cannot."""

    def stop(self) -> Node:
        """A value of any type that ends the query with an error where it is worked out."""

    def days(self, start: Node, end: Node) -> Node:
        """The days from one date to another, a whole number."""

    def last_day(self, first: Node, months: int) -> Node:
        """The last day of so many months that begin with that of the date `first`, a date."""

    def date(self, year: Node, month: Node) -> Node:
        """The first day of a month, a date."""

    def later(self, day: Node, number: Node, unit: str) -> Node:
        """The date so many whole `days` or `months` after `day`; the last day of a month that has no such day."""


class DuckDB:
    """DuckDB 2.

    `/` gives DOUBLE, so it stands in no query but inside an estimate. `%` is exact while both operands fit one decimal
    type, else it silently becomes DOUBLE. `ROUND` of a decimal is exact, half away from zero. A product of operands
    of 18 digits or fewer has 18 at most, of others 38 at most, and raises past that. CASE and COALESCE are lazy.
    """

    name = "duckdb"

    def multiply(self, a: Node, a_digits: Digits, b: Node, b_digits: Digits) -> Node:
        """`*`, with an operand cast where the product needs more than 18 digits and neither operand does."""
        product = Digits(a_digits.scale + b_digits.scale, a_digits.bound * b_digits.bound)
        if product.width > _NARROW >= max(a_digits.width, b_digits.width):
            a = build.decimal(a, WIDTH, a_digits.scale)
        return build.mul(a, b)

    def estimate(self, num: Node, den: Node, places: int) -> Node:
        """A division of doubles: two conversions and a quotient, a few parts in 2^52 off."""
        quotient = build.binary(exp.Div, build.as_type(num, exp.DType.DOUBLE), build.as_type(den, exp.DType.DOUBLE))
        return build.decimal(quotient, WIDTH, places)

    def nearest(
        self, num: Node, num_digits: Digits, den: Node, den_digits: Digits, places: int, *, signed: bool
    ) -> Node | None:
        """`//` of whole numbers of 64 bits, where both sides fit: wider ones take the engine a hundred times as long.

        With N and D the sides without their points and 10^e what is between their scales and `places`, this is
        floor((2·|N|·10^e + D) / 2D), which is |N|·10^e / D to the nearest, a half upward.
        """
        shift = places + den_digits.scale - num_digits.scale
        top, bottom = 10 ** max(shift, 0), 10 ** max(-shift, 0)
        most = 2 * num_digits.bound * 10**num_digits.scale * top + 2 * den_digits.bound * 10**den_digits.scale * bottom
        if most >= 10**_NARROW:
            return None
        over = self._unscaled(den, den_digits, bottom)
        twice = build.mul(self._unscaled(num, num_digits, top), build.whole(2))
        twice_over = build.mul(over, build.whole(2))
        above = build.binary(exp.IntDiv, build.add(twice, over), twice_over)
        if not signed:
            return above
        below = build.neg(build.binary(exp.IntDiv, build.sub(over, twice), twice_over))
        return build.case([(build.less(twice, build.whole(0)), below)], above)

    def _unscaled(self, value: Node, digits: Digits, times: int) -> Node:
        """A decimal without its point, times a power of ten, in 64 bits."""
        ten = Fraction(10) ** digits.scale
        if digits.scale:
            value = self.multiply(value, digits, build.number(ten, Digits(0, ten)), Digits(0, ten))
        whole = build.as_type(value, exp.DType.BIGINT)
        return build.mul(whole, build.whole(times)) if times > 1 else whole

    def remainder(self, value: Node, digits: Digits, step: Digits, by: Node) -> Node:
        """`%`, with the value cast so that both fit one decimal type."""
        room = Digits(digits.scale, digits.bound + step.bound)
        return build.binary(exp.Mod, build.cast(value, room), by)

    def round_away(self, value: Node, digits: Digits, places: int) -> Node | None:
        """`ROUND`."""
        return exp.Round(this=build.cast(value, digits), decimals=build.whole(places))

    def stop(self) -> Node:
        """`ERROR`."""
        return exp.Anonymous(this="ERROR", expressions=[build.text("past its bounds")])

    def days(self, start: Node, end: Node) -> Node:
        """A difference of dates is a whole number of days."""
        return build.sub(end, start)

    def last_day(self, first: Node, months: int) -> Node:
        """A date and an interval are a timestamp, so `LAST_DAY`, which gives a date, stands outside."""
        last_month = exp.Interval(this=build.text(str(months - 1)), unit=exp.var("MONTH"))
        return exp.LastDay(this=build.binary(exp.Add, first, last_month))

    def date(self, year: Node, month: Node) -> Node:
        """`MAKE_DATE`."""
        return exp.DateFromParts(year=year, month=month, day=build.whole(1))

    def later(self, day: Node, number: Node, unit: str) -> Node:
        """A date and a whole number are a date, a date and an interval a timestamp."""
        whole = build.as_type(number, exp.DType.INT)
        if unit == "days":
            return build.add(day, whole)
        months = exp.Anonymous(this="TO_MONTHS", expressions=[whole])
        return build.as_type(build.add(day, months), exp.DType.DATE)


DUCKDB = DuckDB()
