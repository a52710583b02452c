"""Small plans and tables, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

import pyarrow as pa

from kpirules.engines.exact import arrow_type, decimal
from kpirules.plan.ir import (
    SUBJECTS,
    UNCREDITED,
    Binding,
    Case,
    Check,
    Compute,
    Const,
    Ident,
    Op,
    Output,
    Param,
    Plan,
    Scalar,
    Scan,
    Step,
    Value,
)
from kpirules.values import types
from kpirules.values.types import BOOL, DATE, Type
from kpirules.values.units import Unit

Columns = Mapping[str, tuple[Type, Sequence[Value]]]

TEXT = Type(Unit.TEXT)
MONEY = types.decimal(Unit.MONEY, 2, -types.most(2), types.most(2))
COUNT = types.decimal(Unit.COUNT, 0, Fraction(0), types.most(0))

PARAMS: dict[str, Value] = {"period_start": date(2025, 1, 1), "period_end": date(2025, 3, 31)}
OF_NOBODY = Output(
    UNCREDITED, "orders", "of nobody", "orders.$row", (("row", "orders.$row"), ("subject", "staff"), ("day", "day"))
)
START = Param("period_start", DATE)
END = Param("period_end", DATE)


def const(value: Value) -> Const:
    """A known value, typed by what it is."""
    match value:
        case bool():
            return Const(value, BOOL)
        case Fraction():
            return Const(value, types.constant(Unit.NUMBER, value))
        case date():
            return Const(value, DATE)
        case _:
            return Const(value, TEXT)


def whole(value: int | str) -> Const:
    """A known number."""
    return const(Fraction(value))


def test(name: str, *args: Scalar) -> Op:
    """An operator that gives a bool."""
    return Op(name, args, BOOL)


def add(a: Scalar, b: Scalar) -> Op:
    """`a + b`."""
    return Op("add", (a, b), types.add(a.type, b.type, Unit.NUMBER))


def sub(a: Scalar, b: Scalar) -> Op:
    """`a - b`."""
    return Op("sub", (a, b), types.add(a.type, b.type, Unit.NUMBER, minus=True))


def mul(a: Scalar, b: Scalar) -> Op:
    """`a * b`."""
    return Op("mul", (a, b), types.multiply(a.type, b.type, Unit.NUMBER))


def div(a: Scalar, b: Scalar) -> Op:
    """`a / b`."""
    return Op("div", (a, b), types.divide(a.type, b.type, Unit.NUMBER))


def rounded(a: Scalar, places: int, name: str = "round") -> Op:
    """`a` to so many places."""
    return Op(name, (a,), types.rounding(a.type, places), places)


def branch(*whens: tuple[Scalar, Scalar], otherwise: Scalar | None = None) -> Case:
    """A case, typed by what its branches give."""
    parts = [value for _, value in whens] + ([] if otherwise is None else [otherwise])
    kind = parts[0].type
    for part in parts[1:]:
        kind = types.choose(kind, part.type, kind.unit)
    return Case(whens, otherwise, kind.maybe(when=kind.missing or otherwise is None))


def bind(name: str, expr: Scalar, guard: str | None = None) -> Binding:
    """A binding of the item `item`."""
    kind = expr.type.maybe(when=expr.type.missing or guard is not None)
    return Binding(Ident(name, "value"), expr, kind, "value", guard=guard)


def column(kind: Type, values: Sequence[Value]) -> pa.Array:
    """A column of a table, as the data room would hand it over."""
    if kind.digits is None:
        return pa.array(values, arrow_type(kind))
    cells = [decimal(value, kind.digits) if isinstance(value, Fraction) else None for value in values]
    return pa.array(cells, arrow_type(kind))


def table(columns: Columns) -> pa.Table:
    """A table of named, typed columns."""
    return pa.table({name: column(kind, values) for name, (kind, values) in columns.items()})


def scan(name: str, columns: Columns) -> Scan:
    """All columns of the table of that name, under their own names."""
    return Scan(name, name, {column: (column, kind) for column, (kind, _) in columns.items()})


def plan(
    *steps: Step,
    key: str = "id",
    checks: Sequence[Check] = (),
    others: Sequence[Output] = (),
) -> Plan:
    """A plan whose last step is its result."""
    return Plan(
        scheme="scheme",
        title=None,
        version="1",
        period=Unit.QUARTER,
        currency="CNY",
        money_places=2,
        language="en",
        steps=steps,
        outputs=(Output(SUBJECTS, "people", steps[-1].name, key, ((key, key),)), *others),
        subject="people",
        items=(),
        checks=tuple(checks),
        keys={},
    )


def computed(columns: Columns, *bindings: Binding, checks: Sequence[Check] = ()) -> tuple[Plan, dict[str, pa.Table]]:
    """A plan that adds bindings to the rows of one table, and that table, with a key `id` put before its columns."""
    rows = max((len(values) for _, values in columns.values()), default=1)
    full: Columns = {"id": (TEXT, [f"{nth:05}" for nth in range(rows)]), **columns}
    return plan(scan("people", full), Compute("final", "people", bindings), checks=checks), {"people": table(full)}
