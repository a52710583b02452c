"""The one division, held to exact fractions on pairs chosen to break it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest

from kpirules.engines import duckdb
from kpirules.plan.ir import Op, Ref
from kpirules.values import rounding, types
from kpirules.values.rounding import Mode
from kpirules.values.types import TooWide, Type
from kpirules.values.units import Unit
from tests.engines.plans import PARAMS, bind, computed, div, mul
from tests.helpers.outcomes import exact

WORK: dict[str, tuple[str, Mode, Callable[[Fraction, int], Fraction]]] = {
    "away": ("round", Mode.AWAY, lambda value, places: rounding.rounded(value, places, Mode.AWAY)),
    "even": ("round", Mode.EVEN, lambda value, places: rounding.rounded(value, places, Mode.EVEN)),
    "floor": ("floor", Mode.AWAY, rounding.floored),
    "ceil": ("ceil", Mode.AWAY, rounding.ceiled),
}


def pairs(num: Type, den: Type, places: int, count: int) -> list[tuple[Fraction, Fraction]]:
    """Quotients that fall on a half or a whole step, one unit of the numerator beside it, or anywhere."""
    chance = Random(f"{num.digits}{den.digits}{places}")  # noqa: S311  # the same pairs at every run
    unit = Fraction(1, 10 ** num.sides[0].scale)
    result: list[tuple[Fraction, Fraction]] = []
    while len(result) < count:
        d = Fraction(chance.randint(1, 10 ** chance.randint(1, den.sides[0].width)), 10 ** den.sides[0].scale)
        d = min(d, den.bounds[1]) * chance.choice((1, -1) if den.bounds[0] < 0 else (1,))
        if chance.random() < 0.2:
            d = Fraction(chance.randint(1, 9), 10 ** den.sides[0].scale)
        halves = chance.randint(-(10 ** chance.randint(1, 30)), 10 ** chance.randint(1, 30))
        near = d * Fraction(halves, 2) / Fraction(10) ** places
        n = Fraction(round(near / unit)) * unit + chance.choice((-1, 0, 0, 1)) * unit
        if abs(n) > num.bounds[1] or chance.random() < 0.1:
            n = Fraction(chance.randint(-int(num.bounds[1] / unit), int(num.bounds[1] / unit))) * unit
        result.append((n, d))
    return result


def whole(scale: int, width: int) -> Type:
    """All numbers of so many digits."""
    most = Fraction(10**width - 1, 10**scale)
    return types.decimal(Unit.NUMBER, scale, -most, most)


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize(
    ("num", "den", "places"),
    [
        (whole(2, 5), whole(2, 4), 2),
        (whole(2, 16), whole(2, 16), 4),
        (whole(2, 16), whole(0, 3), 12),
        (whole(0, 20), whole(4, 12), 2),
        (whole(6, 18), whole(0, 18), 0),
        (whole(6, 8), whole(0, 16), 0),
        (whole(4, 30), whole(0, 6), 2),
        (whole(0, 37), whole(0, 1), 0),
        (whole(0, 36), whole(0, 18), 0),
        (whole(10, 24), whole(2, 20), 3),
        (whole(12, 28), whole(0, 4), 9),
        (whole(2, 16), whole(2, 16), -1),
        (whole(0, 30), whole(3, 9), -3),
    ],
)
def test_quotients(num: Type, den: Type, places: int, name: str) -> None:
    op, mode, work = WORK[name]
    quotient = div(Ref("n", num), Ref("d", den))
    kind = types.rounding(quotient.type, places)
    drawn = pairs(num, den, places, 1500)
    binding = bind("x", Op(op, (quotient,), kind, places, mode))
    columns = {"n": (num, [n for n, _ in drawn]), "d": (den, [d for _, d in drawn])}
    plan, tables = computed(columns, binding)
    got = exact(duckdb.run(plan, tables, PARAMS, ["x"]), "x")
    assert got == [work(n / d, places) for n, d in drawn]


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize(
    ("kind", "places"),
    [(whole(3, 6), 2), (whole(6, 37), 2), (whole(6, 17), 0), (whole(2, 12), -2), (whole(37, 37), 36), (whole(1, 1), 0)],
)
def test_decimals(kind: Type, places: int, name: str) -> None:
    op, mode, work = WORK[name]
    unit = Fraction(1, 10 ** kind.sides[0].scale)
    chance = Random(places)  # noqa: S311  # the same numbers at every run
    most = int(kind.bounds[1] / unit)
    step = max(1, int(Fraction(10) ** -places / unit))
    ties = [chance.randint(-(most // step), most // step) * step + step // 2 for _ in range(300)]
    drawn = [
        unit * n for n in (0, most, -most, *ties, *(chance.randint(-most, most) for _ in range(300))) if abs(n) <= most
    ]
    plan, tables = computed(
        {"n": (kind, drawn)}, bind("x", Op(op, (Ref("n", kind),), types.rounding(kind, places), places, mode))
    )
    got = exact(duckdb.run(plan, tables, PARAMS, ["x"]), "x")
    assert got == [work(n, places) for n in drawn]


def test_a_product_keeps_digits_that_neither_operand_has() -> None:
    most = types.most(2)
    plan, tables = computed(
        {"n": (whole(2, 16), [most, -most])}, bind("x", mul(Ref("n", whole(2, 16)), Ref("n", whole(2, 16))))
    )
    assert exact(duckdb.run(plan, tables, PARAMS, ["x"]), "x") == [most * most, most * most]


def test_a_quotient_may_come_to_a_digit_more_than_its_bound() -> None:
    num, den = types.decimal(Unit.NUMBER, 2, Fraction(0), Fraction("9.99")), types.decimal(Unit.NUMBER, 0, *BELOW_TEN)
    quotient = div(Ref("n", num), Ref("d", den))
    binding = bind("x", Op("round", (quotient,), types.rounding(quotient.type, 1), 1, Mode.AWAY))
    columns = {"n": (num, [Fraction("9.99"), Fraction("9.94")]), "d": (den, [Fraction(1), Fraction(1)])}
    plan, tables = computed(columns, binding)
    assert exact(duckdb.run(plan, tables, PARAMS, ["x"]), "x") == [10, Fraction("9.9")]


BELOW_TEN = Fraction(1), Fraction(9)


@pytest.mark.parametrize(
    ("num", "den"),
    [
        (Fraction(10**38 - 10**26), Fraction(10**26)),  # what is left of it may be as much again as a divisor
        (Fraction(10**38 - 10**25), Fraction(9)),  # an estimate may miss it by 1 in 2^40, which is 9 × 10^25
    ],
)
def test_what_is_left_of_a_division_must_have_room(num: Fraction, den: Fraction) -> None:
    quotient = types.divide(
        types.decimal(Unit.NUMBER, 0, -num, num), types.decimal(Unit.NUMBER, 0, Fraction(1), den), Unit.NUMBER
    )
    with pytest.raises(TooWide):
        types.rounding(quotient, 0)
    narrower = types.decimal(Unit.NUMBER, 0, -num / 10, num / 10)
    assert types.rounding(types.divide(narrower, types.constant(Unit.NUMBER, den), Unit.NUMBER), 0).scale == 0


def test_a_decimal_must_have_room_for_a_step_more() -> None:
    kind = whole(1, 38)
    with pytest.raises(TooWide):
        types.rounding(kind, 0)
    assert types.rounding(kind, 1) == kind


def test_a_division_without_room_is_refused_before_it_runs() -> None:
    wide = whole(2, 38)
    with pytest.raises(TooWide):
        types.rounding(div(Ref("n", wide), Ref("d", whole(2, 3))).type, 2)
