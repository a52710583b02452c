"""Figures as the record keeps them, worked out beside by fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from unittest.mock import Mock

import pyarrow as pa
import pytest

from kpirules.runs.figures import marked, recorded
from kpirules.source import Fault
from kpirules.values.rounding import Mode, rounded

TABLE = pa.table(
    {
        "x": pa.array(
            [None if n % 11 == 0 else Decimal(n * 7919) / 100 * (-1) ** n for n in range(200)], pa.decimal128(30, 4)
        ),
        "x$over": pa.array([Decimal(n % 97 + 1) / 4 for n in range(200)], pa.decimal128(16, 2)),
        "long": pa.array([Decimal(n * 5 + 2) / 10**13 for n in range(200)], pa.decimal128(30, 13)),
        "short": pa.array([Decimal(n) / 100 for n in range(200)], pa.decimal128(30, 2)),
    }
)
PARTS = (TABLE, TABLE.slice(50, 90), TABLE.slice(0, 0), pa.concat_tables([TABLE.slice(0, 3), TABLE.slice(7, 30)]))


@pytest.mark.parametrize("part", PARTS, ids=("all", "slice", "none", "chunks"))
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", ["x", "long", "short"])
def test_to_twelve_places_with_a_mark(name: str, mode: Mode, part: pa.Table) -> None:
    over = part.column("x$over").to_pylist() if name == "x" else [1] * part.num_rows
    pairs = zip(part.column(name).to_pylist(), over, strict=True)
    exact = [None if num is None else Fraction(num) / Fraction(den) for num, den in pairs]
    wanted = [None if value is None else rounded(value, 12, mode) for value in exact]
    kept_, changed = recorded(part, name, "item", mode)
    kept_.validate(full=True)
    assert [None if fault is None else Fraction(fault) for fault in kept_.to_pylist()] == wanted
    assert changed == ([] if name == "short" else [value != kept for value, kept in zip(exact, wanted, strict=True)])


def test_a_figure_too_large_for_the_record() -> None:
    large = pa.table(
        {"x": pa.array([Decimal(10**26)], pa.decimal128(38, 0)), "x$over": pa.array([1], pa.decimal128(1, 0))}
    )
    for table in (large, large.select(["x"])):
        with pytest.raises(Fault) as caught:
            recorded(table, "x", "item", Mode.AWAY)
        assert caught.value.diagnostics[0].code == "KPI722"


def test_the_names_of_what_is_rounded() -> None:
    marks = {"actual": [True, False, True], "score": [True, False, False]}
    assert marked(marks, 3).to_pylist() == ["actual, score", None, "actual"]
    assert marked({}, 2).to_pylist() == [None, None]


def test_a_figure_is_found_without_a_look_at_all_names() -> None:
    table = Mock(wraps=TABLE, schema=TABLE.schema, spec_set=["column", "schema"])
    assert recorded(table, "x", "x", Mode.AWAY) == recorded(TABLE, "x", "x", Mode.AWAY)
