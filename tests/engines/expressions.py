"""Random typed scalars and rows: every type is made by the algebra of `kpirules.values.types`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from kpirules.plan.ir import Case, Const, Op, Ref, Scalar, Value
from kpirules.values import types
from kpirules.values.periods import period_of
from kpirules.values.rounding import Mode
from kpirules.values.types import BOOL, DATE, TooWide, Type
from kpirules.values.units import Unit
from tests.engines.plans import END, START, TEXT, Columns, const, whole

NUMBER = Unit.NUMBER
FIRST, LAST = date(1999, 1, 1), date(2100, 12, 31)
TEXTS = ("", "AE", "KA", "ka", "销售", "o'x", "a\\b", "𝄞")
CONSTANTS: list[Scalar] = [
    whole(n) for n in ("0", "1", "2", "3", "7", "-1", "100", "0.5", "0.8", "-2.25", "1/3", "0.0001", "10000000")
]
DAYS = types.decimal(NUMBER, 0, Fraction(-4_000_000), Fraction(4_000_000))
MONTHS = types.decimal(NUMBER, 0, Fraction(-120_000), Fraction(120_000))
PERIODS = (Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR)
PARTS = {"year": (1, 9999), "half": (1, 2), "quarter": (1, 4), "month": (1, 12), "day": (1, 31), "weekday": (1, 7)}


@st.composite
def number_types(draw: st.DrawFn) -> Type:
    """A column's type: from narrow to the widest that a contract gives."""
    scale = draw(st.sampled_from([0, 0, 2, 2, 4, 6]))
    step = Fraction(1, 10**scale)
    sizes = st.sampled_from([Fraction(1), Fraction(3), Fraction(100), Fraction(10_000), Fraction(10) ** 14])
    low = draw(st.sampled_from([-1, 0, 0, 1])) * draw(sizes)
    high = low + draw(sizes) - draw(st.sampled_from([Fraction(0), step]))
    return types.decimal(NUMBER, scale, low, max(low, high), missing=draw(st.booleans()))


def numbers_of(kind: Type) -> st.SearchStrategy[Value]:
    """Values of a numeric column: its ends, 0, halves and thresholds more often than chance would have them."""
    low, high = kind.bounds
    scale = kind.sides[0].scale
    units = st.integers(int(low * 10**scale), int(high * 10**scale)).map(lambda n: Fraction(n, 10**scale))
    ordinary = (Fraction(value) for value in ("0", "1", "-1", "2", "3", "7", "0.5", "-0.5", "1.5", "2.5", "80", "120"))
    likely = [value for value in ordinary if low <= value <= high and (value * 10**scale).denominator == 1]
    result: st.SearchStrategy[Value] = st.one_of(st.sampled_from([low, high, *likely]), units)
    return st.one_of(st.none(), result, result, result) if kind.missing else result


def values_of(kind: Type) -> st.SearchStrategy[Value]:
    """Values of a column of any type."""
    if kind.digits is not None:
        return numbers_of(kind)
    result: st.SearchStrategy[Value]
    if kind.unit is Unit.TEXT:
        result = st.sampled_from(TEXTS)
    elif kind.unit is Unit.BOOL:
        result = st.booleans()
    elif kind.unit.periodic:
        result = st.dates(FIRST, LAST).map(lambda day: period_of(day, kind.unit).start)
    else:
        result = st.dates(FIRST, LAST) | st.sampled_from([date(2024, 1, 31), date(2024, 2, 29), date(2025, 2, 28)])
    return st.one_of(st.none(), result, result) if kind.missing else result


@st.composite
def columns(draw: st.DrawFn, *, numbers: int = 4, rows: int = 6) -> Columns:
    """Columns `n0`, `n1`, … of numbers, then a text, a bool, two dates and a period, all of the same rows."""
    kinds = {f"n{nth}": draw(number_types()) for nth in range(numbers)}
    kinds |= {
        "t": TEXT.maybe(when=draw(st.booleans())),
        "b": BOOL,
        "d": DATE.maybe(when=draw(st.booleans())),
        "e": DATE,
    }
    kinds |= {"p": Type(draw(st.sampled_from(PERIODS)), draw(st.booleans()))}
    return {name: (kind, [draw(values_of(kind)) for _ in range(rows)]) for name, kind in kinds.items()}


@st.composite
def expressions(draw: st.DrawFn, schema: Mapping[str, Type], depth: int = 4) -> Scalar:
    """A scalar of any kind."""
    make = draw(st.sampled_from([number, number, number, number, truth, day, text]))
    return draw(make(schema, depth))


def _refs(schema: Mapping[str, Type], unit: Unit) -> list[Scalar]:
    return [Ref(name, kind) for name, kind in schema.items() if kind.unit is unit]


def _either(a: Type, b: Type) -> bool:
    return a.missing or b.missing


@st.composite
def number(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    """A number; where the digits of what was drawn cannot be proved to fit, its first operand alone."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        refs = _refs(schema, NUMBER)
        known = not refs or draw(st.integers(0, 3)) == 0
        return draw(st.sampled_from(CONSTANTS if known else refs))
    make = draw(st.sampled_from([_arithmetic, _arithmetic, _arithmetic, _rounding, _limit, _default, _case, _counted]))
    return draw(make(schema, depth - 1))


@st.composite
def _arithmetic(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    a = draw(number(schema, depth))
    name = draw(st.sampled_from(["add", "sub", "mul", "div", "div", "neg", "abs"]))
    if name in ("neg", "abs"):
        return Op(name, (a,), types.negate(a.type) if name == "neg" else types.absolute(a.type))
    b = draw(number(schema, depth))
    kinds: dict[str, Callable[[], Type]] = {
        "add": lambda: types.add(a.type, b.type, NUMBER),
        "sub": lambda: types.add(a.type, b.type, NUMBER, minus=True),
        "mul": lambda: types.multiply(a.type, b.type, NUMBER),
        "div": lambda: types.divide(a.type, b.type, NUMBER),
    }
    try:
        return Op(name, (a, b), kinds[name]())
    except TooWide:
        return a


@st.composite
def _rounding(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    a = draw(number(schema, depth))
    places = draw(st.sampled_from([0, 1, 2, 2, 4, 12, -1, -3]))
    mode = draw(st.sampled_from(Mode))
    try:
        return Op(
            draw(st.sampled_from(["round", "round", "floor", "ceil"])),
            (a,),
            types.rounding(a.type, places),
            places,
            mode,
        )
    except TooWide:
        return a


@st.composite
def _limit(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    a, b = draw(number(schema, depth)), draw(number(schema, depth))
    name = draw(st.sampled_from(["at_most", "at_least"]))
    try:
        return Op(name, (a, b), types.limit(a.type, b.type, NUMBER, at_most=name == "at_most"))
    except TooWide:
        return a


@st.composite
def _default(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    a, b = draw(number(schema, depth)), draw(number(schema, depth))
    try:
        return Op(
            "coalesce", (a, b), types.choose(a.type, b.type, NUMBER).maybe(when=a.type.missing and b.type.missing)
        )
    except TooWide:
        return a


@st.composite
def _case(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    return draw(_cases(schema, depth, number))


@st.composite
def _cases(
    draw: st.DrawFn, schema: Mapping[str, Type], depth: int, make: Callable[..., st.SearchStrategy[Scalar]]
) -> Scalar:
    whens = [(draw(truth(schema, depth)), draw(make(schema, depth))) for _ in range(draw(st.integers(1, 3)))]
    otherwise = draw(st.one_of(st.none(), make(schema, depth)))
    kind = whens[0][1].type
    try:
        for part in [value for _, value in whens[1:]] + ([] if otherwise is None else [otherwise]):
            kind = types.choose(kind, part.type, kind.unit)
    except TooWide:
        return whens[0][1]
    return Case(tuple(whens), otherwise, kind.maybe(when=kind.missing or otherwise is None))


@st.composite
def _counted(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    a, b = draw(day(schema, depth)), draw(day(schema, depth))
    name = draw(st.sampled_from(["days", "months", *PARTS]))
    if name in PARTS:
        low, high = PARTS[name]
        return Op(name, (a,), types.decimal(NUMBER, 0, Fraction(low), Fraction(high), missing=a.type.missing))
    return Op(name, (a, b), (DAYS if name == "days" else MONTHS).maybe(when=_either(a.type, b.type)))


@st.composite
def day(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    """A date."""
    if depth == 0 or draw(st.booleans()):
        known: list[Scalar] = [START, END, const(date(2024, 2, 29)), Const(None, DATE.maybe())]
        return draw(st.sampled_from([*_refs(schema, Unit.DATE), *known]))
    a, b = draw(day(schema, depth - 1)), draw(day(schema, depth - 1))
    missing = _either(a.type, b.type)
    name = draw(
        st.sampled_from(["earlier", "later", "coalesce", "case", "last_day", "first_day", "add_days", "add_months"])
    )
    if name == "first_day":
        return Op(name, (a, whole(draw(st.sampled_from([1, 3, 6, 12])))), a.type)
    if name in ("add_days", "add_months"):
        by = whole(draw(st.sampled_from([-1, 0, 1, 11, -25, 400, 10**13])))
        return Op(name, (a, by), DATE.maybe())
    if name == "last_day":
        period = draw(st.sampled_from([ref for unit in PERIODS for ref in _refs(schema, unit)] or [a]))
        return Op(name, (period,), DATE.maybe(when=period.type.missing)) if period.type.unit.periodic else a
    if name == "case":
        return draw(_cases(schema, depth - 1, day))
    return Op(name, (a, b), DATE.maybe(when=a.type.missing and b.type.missing if name == "coalesce" else missing))


@st.composite
def text(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    """A text."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([*_refs(schema, Unit.TEXT), const("S"), const("o'x\\")]))
    if draw(st.booleans()):
        return draw(_cases(schema, depth - 1, text))
    parts = tuple(draw(text(schema, depth - 1)) for _ in range(2))
    return Op("joined", parts, TEXT.maybe())


@st.composite
def truth(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    """A bool."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([*_refs(schema, Unit.BOOL), const(value=True), const(value=False)]))
    make = draw(st.sampled_from([_comparison, _comparison, _connective, _is_missing, _membership]))
    return draw(make(schema, depth - 1))


@st.composite
def _comparison(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    make = draw(st.sampled_from([number, number, number, day, text]))
    a, b = draw(make(schema, depth)), draw(make(schema, depth))
    name = draw(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]))
    try:
        types.compare(a.type, b.type)
    except TooWide:
        return const(value=True)
    return Op(name, (a, b), BOOL.maybe(when=_either(a.type, b.type)))


def _there(scalar: Scalar) -> Scalar:
    """`and`, `or` and `not` never see a null."""
    return Op("coalesce", (scalar, const(value=False)), BOOL) if scalar.type.missing else scalar


@st.composite
def _connective(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    name = draw(st.sampled_from(["and", "or", "not"]))
    count = 1 if name == "not" else draw(st.integers(2, 3))
    return Op(name, tuple(_there(draw(truth(schema, depth))) for _ in range(count)), BOOL)


@st.composite
def _is_missing(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    make = draw(st.sampled_from([number, day, text, truth]))
    return Op("is_missing", (draw(make(schema, depth)),), BOOL)


@st.composite
def _membership(draw: st.DrawFn, schema: Mapping[str, Type], depth: int) -> Scalar:
    make = draw(st.sampled_from([number, text]))
    a = draw(make(schema, depth))
    known = [whole(0), whole(1), whole("0.8")] if a.type.digits else [const("AE"), const("o'x")]
    options = tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3)))
    try:
        for each in options:
            types.compare(a.type, each.type)
    except TooWide:
        return const(value=True)
    return Op("in", (a, *options), BOOL.maybe(when=a.type.missing))
