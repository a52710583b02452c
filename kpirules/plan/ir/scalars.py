"""Scalars: a value of each row of a relation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from kpirules.records import dataclass
from kpirules.values.rounding import Mode
from kpirules.values.types import Type

Value = Fraction | str | bool | date | None

OVER = "$over"
"""Suffix of the denominator's column of a quotient."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The place in a rule file that a node was made for, and what is written there. Lines and columns from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A column of the relation at hand, or an earlier binding of the same `Compute`."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Const:
    """A known value. Months, quarters, halves and years are dates, their first day."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Param:
    """A value of the run: `period_start`, `period_end` (dates, both in the period)."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Op:
    """An operator on scalars.

    A number may be a quotient: two decimals, which its type has the digits of. Which two, of all that stand for it, is
    the engine's own matter, so `numerator` and `denominator` may only be used for what does not depend on it: `over`.

    | op | arguments | result |
    | --- | --- | --- |
    | `add` `sub` `mul` `div` | two numbers | exact; `div` by 0 is missing |
    | `neg` `abs` | one number | |
    | `eq` `ne` `lt` `le` `gt` `ge` | two values of one kind | bool, exact on quotients |
    | `and` `or` | two or more bools | |
    | `not` | a bool | |
    | `in` | a value, then one or more constants | bool |
    | `is_missing` | anything | bool, never missing |
    | `coalesce` | two of one kind | the first that is there |
    | `at_most` `at_least` | a number, its bound | the smaller, the larger |
    | `round` `floor` `ceil` | a number | to `places`; `round` by `mode` |
    | `truncate` `extend` | a number | to `places`, toward zero or away from it |
    | `days` | two dates a, b | b - a, a number |
    | `months` | two dates a, b | the most months that added to a do not pass b; b before a: minus those from b to a |
    | `year` `half` `quarter` `month` | a date | its number in the year (the year itself for `year`) |
    | `day` `weekday` | a date | its number in the month; in the week, Monday is 1 |
    | `first_day` | a date, a known number | the first day of the month, quarter, half or year that has so many months |
    | `add_days` `add_months` | a date, a whole number | so much later; missing outside of the years 1 to 9999 |
    | `over` | a number, a divisor above 0 of which it is a multiple | the number, as a quotient over that divisor |
    | `numerator` `denominator` | a number | the size of one side of it as a quotient; 1 where that is 0 or missing |
    | `earlier` `later` | two dates | the earlier, the later |
    | `joined` | two or more texts, none empty | those that are there, `, ` between; missing where none is |
    | `last_day` | a month, quarter, half or year (by its argument's type) | its last day, a date |
    """

    op: str
    args: tuple[Scalar, ...]
    type: Type
    places: int = 0
    mode: Mode = Mode.AWAY


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition is true (a missing condition is not); else `otherwise`.

    `otherwise` None gives missing. Only the branch taken is worked out.
    """

    whens: tuple[tuple[Scalar, Scalar], ...]
    otherwise: Scalar | None
    type: Type


Scalar = Ref | Const | Param | Op | Case


def parts_of(scalar: Scalar) -> tuple[Scalar, ...]:
    """The scalars that one is made of, in order."""
    match scalar:
        case Op(_, args):
            return args
        case Case(whens, otherwise):
            parts = tuple(part for when in whens for part in when)
            return parts if otherwise is None else (*parts, otherwise)
        case _:
            return ()


def names_in(scalar: Scalar) -> Iterator[str]:
    """The names that a scalar may read, in order, as often as it names them."""
    pending = [scalar]
    while pending:
        part = pending.pop()
        if isinstance(part, Ref):
            yield part.name
        pending += reversed(parts_of(part))
