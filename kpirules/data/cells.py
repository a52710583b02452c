"""Cells into typed values, a column at a time: trimmed, empty is missing, and what does not fit its type is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data import dates, numbers, spelling
from kpirules.data.arrow import arrow_type, flat, is_among, is_text, plain_text
from kpirules.data.faults import Finding
from kpirules.model.contracts import Column, PercentForm
from kpirules.records import dataclass
from kpirules.values.periods import period_of
from kpirules.values.rounding import ceiled, decimal_text, floored, numeral
from kpirules.values.types import WIDTH
from kpirules.values.units import Unit

_BOOLS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}
_PERCENTS = {PercentForm.SIGN: "85%", PercentForm.FRACTION: "0.85", PercentForm.POINTS: "85"}


@dataclass(frozen=True, slots=True)
class Cells:
    """One column: `shown` as it is written, `values` typed (null where missing or at fault), and its faults."""

    shown: pa.ChunkedArray
    values: pa.ChunkedArray
    findings: tuple[Finding, ...] = ()
    noise: int = 0

    @property
    def unread(self) -> bool:
        """Whether the source's own type is one whose values cannot be read as the contract's at all."""
        return any(finding.whole for finding in self.findings)


def read_cells(raw: pa.ChunkedArray, column: Column, known: Sequence[Finding] = ()) -> Cells:
    """The column's cells as its contract types them, with every fault of single cells.

    `known` are faults of its cells that the reader of the source found; such a cell has no other fault.
    """
    shown = _prepared(raw, edges=spelling.identifies(column))
    if pa.types.is_null(shown.type):
        shown = pc.cast(shown, pa.string())
    faulty = [finding.rows for finding in known]
    left = _without(shown, faulty) if faulty else shown
    cells = _reader(column.type.unit)(left, column)
    if cells.unread:
        return replace(cells, shown=shown)
    findings = [*known, *spelling.unseen_first(cells.findings, shown, column)]
    if column.key or not column.type.missing:
        empty = pc.is_null(left)
        findings.append(_finding("KPI640", column, _without(empty, faulty) if faulty else empty))
    values, limits = _within(cells.values, column)
    target = arrow_type(column.type)
    if values.type != target:
        values = pc.cast(values, target)
    findings += spelling.unseen_first(limits, shown, column)
    with_rows = tuple(finding for finding in findings if len(finding.rows))
    return Cells(shown, values, with_rows, cells.noise)


def typed_findings(values: pa.ChunkedArray, column: Column) -> list[Finding]:
    """Every fault of single cells of a column that is typed already, as `read_cells` would find them."""
    _, within = _within(values, column)
    if column.key or not column.type.missing:
        within.append(_finding("KPI640", column, pc.is_null(values)))
    return [finding for finding in within if len(finding.rows)]


def _without(values: pa.ChunkedArray, rows: Sequence[pa.Array]) -> pa.ChunkedArray:
    """The values, null in some rows."""
    lost = is_among(len(values), pa.concat_arrays(rows))
    return pc.if_else(pa.chunked_array([lost]), pa.scalar(None, values.type), values)


def _prepared(raw: pa.ChunkedArray, *, edges: bool) -> pa.ChunkedArray:
    """Text of any Arrow kind as strings, trimmed but for `edges`, blank ones null; other columns as they are."""
    if pa.types.is_dictionary(raw.type):
        raw = _decoded(raw)
    if not is_text(raw.type):
        return raw
    whole = pc.cast(raw, pa.string())
    trimmed = pc.utf8_trim_whitespace(whole)
    text = whole if edges else trimmed
    empty = pc.equal(pc.binary_length(trimmed), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if pc.any(empty).as_py() else text


def _decoded(raw: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values that a column refers to; a column of values that Arrow cannot lay out, such as lists, as it is."""
    of = raw.type.value_type
    if pa.types.is_string_view(of):
        return pa.chunked_array(
            [pc.cast(chunk.dictionary, pa.string()).take(chunk.indices) for chunk in raw.chunks], pa.string()
        )
    try:
        return pc.cast(raw, of)
    except pa.ArrowNotImplementedError:
        return raw


def _reader(unit: Unit) -> Callable[[pa.ChunkedArray, Column], Cells]:
    if unit.numeric:
        return _numeric
    if unit.periodic:
        return _periods
    return {Unit.TEXT: _texts, Unit.DATE: _dates, Unit.BOOL: _bools}[unit]


# ---------------------------------------------------------------- by unit


def _numeric(shown: pa.ChunkedArray, column: Column) -> Cells:
    assert column.type.digits is not None, column
    scale = column.type.digits.scale
    if column.percent is not None:
        return _percents(shown, column, column.percent, scale)
    places = scale + (numbers.places_taken(column.unit) if column.unit else 0)
    if pa.types.is_string(shown.type):
        read = numbers.from_text(shown, places, column.currency)
    elif _is_number(shown.type):
        read = numbers.from_typed(shown, places)
    else:
        return _wrong_type(shown, column)
    if column.unit:
        read = numbers.times(read, column.unit, scale)
    return _number_cells(shown, column, read, ("KPI632", {}))


def _percents(shown: pa.ChunkedArray, column: Column, form: PercentForm, scale: int) -> Cells:
    """Ratios written as percents.

    INVARIANT: a column of percent signs or points has two places or more, those of a whole percent.
    """
    points = form is not PercentForm.FRACTION
    places = scale - 2 if points else scale
    assert places >= 0, column
    if pa.types.is_string(shown.type):
        text = shown
        if form is PercentForm.SIGN:
            signed = pc.match_substring_regex(text, "[%％]$")
            text = pc.if_else(signed, pc.replace_substring_regex(text, r"\s*[%％]$", ""), "%")
        read = numbers.from_text(text, places)
    elif _is_number(shown.type) and form is not PercentForm.SIGN:
        read = numbers.from_typed(shown, places)
    else:
        return _wrong_type(shown, column, "KPI639" if _is_number(shown.type) else "KPI638")
    cells = _number_cells(shown, column, read, ("KPI633", {"example": _PERCENTS[form]}))
    return Cells(shown, numbers.hundredth(cells.values), cells.findings, cells.noise) if points else cells


def _number_cells(
    shown: pa.ChunkedArray, column: Column, read: numbers.Numbers, bad: tuple[str, Mapping[str, Any]]
) -> Cells:
    """`bad` is the code, and what fills its message, of a cell that is not a number."""
    masks = (
        (*bad, read.bad),
        ("KPI659", {"currency": column.currency}, read.foreign),
        _too_fine(column, read),
        ("KPI644", _limits(column), read.large),
    )
    findings = tuple(_finding(code, column, mask, args) for code, args, mask in masks if mask is not None)
    return Cells(shown, read.values, findings, read.noise)


def _too_fine(column: Column, read: numbers.Numbers) -> tuple[str, dict[str, Any], pa.ChunkedArray | None]:
    """The fault of cells with more decimal places than the column; where there is a unit, than it leaves."""
    places = read.values.type.scale
    if column.unit:
        return "KPI690", {"places": places, "unit": column.unit}, read.fine
    return "KPI634", {"places": places}, read.fine


def _texts(shown: pa.ChunkedArray, column: Column) -> Cells:
    if not (pa.types.is_string(shown.type) or pa.types.is_integer(shown.type)):
        return _wrong_type(shown, column)
    text = pc.cast(shown, pa.string())
    if not spelling.identifies(column):
        return Cells(shown, spelling.composed(text))
    values, findings = spelling.identifiers(text, column)
    return Cells(shown, values, tuple(findings))


def _dates(shown: pa.ChunkedArray, column: Column) -> Cells:
    read = dates.from_text if _as_text(shown.type) else dates.from_typed if dates.is_day(shown.type) else None
    if read is None:
        return _wrong_type(shown, column)
    values, bad = read(pc.cast(shown, pa.string()) if _as_text(shown.type) else shown)
    if not _as_text(shown.type) or not pc.any(bad).as_py():
        return Cells(shown, values, (_finding("KPI635", column, bad),))
    formed = pc.and_(bad, dates.written_as_day(pc.cast(shown, pa.string())))
    wrong = (_finding("KPI635", column, pc.and_not(bad, formed)), _finding("KPI660", column, formed))
    return Cells(shown, values, wrong)


def _periods(shown: pa.ChunkedArray, column: Column) -> Cells:
    unit = column.type.unit
    if _as_text(shown.type):
        values, bad = dates.periods_from_text(pc.cast(shown, pa.string()), unit)
    elif dates.is_day(shown.type):
        values, bad = dates.periods_from_days(shown, unit)
    else:
        return _wrong_type(shown, column)
    return Cells(shown, values, (_finding("KPI636", column, bad, {"example": dates.EXAMPLES[unit]}),))


def _bools(shown: pa.ChunkedArray, column: Column) -> Cells:
    if pa.types.is_boolean(shown.type):
        return Cells(shown, shown)
    if not _as_text(shown.type):
        return _wrong_type(shown, column)
    text = pc.utf8_lower(pc.cast(shown, pa.string()))
    index = pc.index_in(text, value_set=pa.array(_BOOLS))
    values = pc.take(pa.array(_BOOLS.values()), index)
    return Cells(shown, values, (_finding("KPI637", column, pc.and_(pc.is_valid(shown), pc.is_null(index))),))


def _wrong_type(shown: pa.ChunkedArray, column: Column, code: str = "KPI638") -> Cells:
    values = pa.chunked_array([pa.nulls(len(shown), arrow_type(column.type))])
    args = {"unit": column.type.unit, "value": str(shown.type)}
    finding = Finding(code, (column.name,), pa.array([], pa.int64()), args, whole=True)
    return Cells(shown, values, (finding,))


def _is_number(of: pa.DataType) -> bool:
    return bool(pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of))


def _as_text(of: pa.DataType) -> bool:
    """Whether values are read by their text: `20250109` and `2025` may be held as integers."""
    return bool(pa.types.is_string(of) or pa.types.is_integer(of))


# ---------------------------------------------------------------- what a value may be


def _within(values: pa.ChunkedArray, column: Column) -> tuple[pa.ChunkedArray, list[Finding]]:
    """Values outside their domain, `between` or the bounds of their type are found, and made null."""
    masks: list[tuple[str, pa.ChunkedArray, dict[str, Any]]] = []
    if column.type.domain is not None:
        known = pc.is_in(values, value_set=pa.array(column.type.domain, pa.string()), skip_nulls=True)
        masks.append(("KPI642", pc.and_(pc.is_valid(values), pc.invert(known)), {"domain": column.type.domain}))
    if column.low is not None or column.high is not None:
        outside = _outside(values, column.low, column.high)
        masks.append(("KPI643", outside, _limits(column)))
    if column.type.low is not None:
        outside = _outside(values, *column.type.bounds)
        masks.append(("KPI644", outside, _limits(column)))
    findings: list[Finding] = []
    for code, mask, args in masks:
        if pc.any(mask).as_py():
            mask = mask if not findings else pc.and_(mask, pc.is_valid(values))  # noqa: PLW2901  # the same, less some
            findings.append(_out_of_bounds(code, column, mask, args, values))
            values = pc.if_else(mask, pa.scalar(None, values.type), values)
    return values, findings


def _out_of_bounds(
    code: str, column: Column, mask: pa.ChunkedArray, args: Mapping[str, Any], values: pa.ChunkedArray
) -> Finding:
    """A finding of values; where they were multiplied by a unit, with the product, which is what the bounds are for."""
    finding = _finding(code, column, mask, args)
    if not column.unit:
        return finding
    products = flat(plain_text(values.take(finding.rows)))
    return replace(finding, code="KPI691", args={**args, "unit": column.unit}, each={"product": products})


def _outside(values: pa.ChunkedArray, low: Any, high: Any) -> pa.ChunkedArray:  # noqa: ANN401  # Fraction or date
    """Which values are below `low` or above `high`; missing ones are not."""
    if pa.types.is_decimal(values.type):
        scale = values.type.scale
        low = None if low is None else Decimal(decimal_text(ceiled(low, scale), scale))
        high = None if high is None else Decimal(decimal_text(floored(high, scale), scale))
    held = pa.decimal128(WIDTH, values.type.scale) if pa.types.is_decimal(values.type) else values.type
    masks = []
    if low is not None:
        masks.append(pc.less(values, pa.scalar(low, held)))
    if high is not None:
        masks.append(pc.greater(values, pa.scalar(high, held)))
    return pc.fill_null(masks[0] if len(masks) == 1 else pc.or_(*masks), fill_value=False)


def _limits(column: Column) -> dict[str, Any]:
    """The bounds as messages show them: those of `between`, or those of the type."""
    between = column.low is not None or column.high is not None
    low, high = (column.low, column.high) if between else (column.type.low, column.type.high)
    return {"low": _limit_text(low, column), "high": _limit_text(high, column)}


def _limit_text(limit: Any, column: Column) -> str:  # noqa: ANN401  # Fraction, date or None
    if limit is None:
        return "…"
    if column.type.unit.periodic:
        return str(period_of(limit, column.type.unit))
    if not column.type.unit.numeric:
        return str(limit)
    return numeral(limit) if column.percent is None else f"{numeral(limit * 100)}%"


def _finding(code: str, column: Column, mask: pa.ChunkedArray, args: Mapping[str, Any] | None = None) -> Finding:
    return Finding(code, (column.name,), pc.indices_nonzero(pc.fill_null(mask, fill_value=False)), args or {})
