"""Cells that come as Python's own values, each of its own type: those of a sheet, and columns of objects in a frame.

A column of one type is left to the readers of typed columns. In a mixed one each value is spelt as the column's
contract would have it written, so that the readers of text judge it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from kpirules.data.faults import Finding
from kpirules.data.number_formats import NumberFormat
from kpirules.data.sound import text_array
from kpirules.model.contracts import Column, PercentForm
from kpirules.records import dataclass
from kpirules.values.periods import PERIODS, period_of
from kpirules.values.units import Unit

_SERIAL = re.compile(r"[1-9]\d{4}")
_DAY_0_OF_1904 = date(1904, 1, 1)
_EXACT = 10**15
"""Whole doubles below this are those that were typed; a spreadsheet keeps 15 digits."""
_LONG = 10_000
"""Bits of a whole number that Python may refuse to write out."""
_TEXT = pa.string()

_Spell = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Days:
    """A period of a frame: its name there, its first and last day; both are None if it is not of whole days.

    Its text is the calendar period or the day with exactly these days, else its name and the days.
    """

    name: str
    first: date | None
    last: date | None

    def __str__(self) -> str:
        if self.first is None or self.last is None:
            return self.name
        if self.first == self.last:
            return self.first.isoformat()
        for kind in PERIODS if self.last.year < date.max.year else ():
            period = period_of(self.first, kind)
            if (period.start, period.end) == (self.first, self.last):
                return str(period)
        days = f"{self.first}/{self.last}"
        return days if self.name == days else f"{self.name} ({days})"


def from_objects(
    values: Sequence[Any],
    column: Column,
    *,
    percents: Collection[int] = (),
    formats: Mapping[int, NumberFormat] | None = None,
    from_1904: bool = False,
) -> tuple[pa.ChunkedArray, tuple[Finding, ...]]:
    """The cells of a column, and those that are no text where the contract wants one.

    `percents` are the places of numbers shown as percents, `formats` the number formats of cells that may look
    otherwise than they are held, by place. `from_1904` says that a number that stands for a day counts from 1904, typed
    as text too.
    """
    kinds = set(map(type, values)) - {type(None)}
    unit = column.type.unit
    serials = from_1904 and (unit is Unit.DATE or unit.periodic)
    if kinds <= {str} and not serials and not formats:
        return text_array(values, column)
    if unit is Unit.TEXT:
        return _texts(values, column, kinds, formats or {})
    if unit.numeric and kinds <= {float, str} and not percents:
        floats = [None if value == "" else value for value in values] if str in kinds else values
        if str not in kinds or not any(type(value) is str for value in floats):
            return pa.chunked_array([pa.array(floats, pa.float64(), from_pandas=True)]), ()
    spelt = _spelt(values, {kind: _speller(kind) for kind in kinds})
    for place in percents:
        spelt[place] = _percent(values[place], column.percent)
    if serials:
        spelt = [_from_serial(text) for text in spelt]
    return text_array(spelt, column)


def _texts(
    values: Sequence[Any], column: Column, kinds: set[type], formats: Mapping[int, NumberFormat]
) -> tuple[pa.ChunkedArray, tuple[Finding, ...]]:
    """Whole numbers stand for texts; any other number has lost how it was written, and a day or a yes is no text."""
    spelt = _spelt(values, {kind: _speller(kind) for kind in kinds})
    kept = {kind for kind in kinds if issubclass(kind, (str, int)) and not issubclass(kind, bool)}
    wrong = []
    if kinds - kept:
        wrong = [
            place
            for place, (value, text) in enumerate(zip(values, spelt, strict=True))
            if text is not None and type(value) not in kept and not _whole(value)
        ]
    unsure = _show(spelt, values, {place: formats[place] for place in formats.keys() - wrong})
    findings = []
    if wrong:
        findings.append(Finding("KPI651", (column.name,), pa.array(wrong, pa.int64())))
    if unsure:
        each = {"format": pa.array([formats[place].code for place in unsure], _TEXT)}
        findings.append(Finding("KPI685", (column.name,), pa.array(unsure, pa.int64()), each=each))
    cells, strange = text_array(spelt, column)
    return cells, (*findings, *strange)


def _show(spelt: list[str | None], values: Sequence[Any], formats: Mapping[int, NumberFormat]) -> list[int]:
    """Write cells as their number formats show them; the places of those of which that is not certain."""
    unsure = []
    for place, shown in formats.items():
        text = spelt[place]
        if text is not None:
            written = shown.text(text) if isinstance(values[place], str) else shown.number(int(text))
            spelt[place] = text if written is None else written
            unsure += [place] if written is None else []
    return sorted(unsure)


def _whole(value: object) -> bool:
    """Whether a number is whole, and short enough to be the one that was typed."""
    return isinstance(value, float) and value.is_integer() and abs(value) < _EXACT


def _spelt(values: Sequence[Any], spellers: Mapping[type, _Spell]) -> list[str | None]:
    return [None if value is None else spellers[type(value)](value) for value in values]


def _speller(kind: type) -> _Spell:
    """How values of a type are written."""
    for known, spell in _SPELLERS:
        if issubclass(kind, known):
            return spell
    return str


def _from_float(value: float) -> str | None:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if value != value:  # noqa: PLR0124  # not a number, which stands for a missing one
        return None
    exact = Decimal(repr(float(value)))
    return format(exact.to_integral_value() if value.is_integer() else exact, "f")


def _from_int(value: int) -> str:
    return str(value) if value.bit_length() < _LONG else format(Decimal(value), "f")


def _from_decimal(value: Decimal) -> str | None:
    return None if value.is_nan() else format(value, "f")


def _from_moment(value: datetime) -> str | None:
    if value != value:  # noqa: PLR0124  # the moment that stands for a missing one
        return None
    return value.date().isoformat() if value.time() == time() and value.tzinfo is None else value.isoformat(" ")


_SPELLERS: tuple[tuple[type | tuple[type, ...], _Spell], ...] = (
    (str, str),
    (bool, lambda value: "true" if value else "false"),
    (float, _from_float),
    (Decimal, _from_decimal),
    (datetime, _from_moment),
    (int, _from_int),
    ((date, time, timedelta, Days), str),
)


def _percent(value: float, form: PercentForm | None) -> str:
    """A number shown as a percent, as the column has it written; where no percent is wanted, as it is shown."""
    exact = Decimal(repr(float(value)))
    if form is PercentForm.FRACTION:
        return format(exact, "f")
    points = format(exact.scaleb(2), "f")
    return points if form is PercentForm.POINTS else f"{points}%"


def _from_serial(text: str | None) -> str | None:
    """The day of a serial number of five digits, counted from 1904; any other text is unchanged."""
    plain = unicodedata.normalize("NFKC", text).strip() if text is not None else ""
    return (_DAY_0_OF_1904 + timedelta(days=int(plain))).isoformat() if _SERIAL.fullmatch(plain) else text


def names_of(values: Sequence[Any]) -> Iterator[str]:
    """Cells of a header as names."""
    spellers = {kind: _speller(kind) for kind in set(map(type, values)) - {type(None)}}
    return (text or "" for text in _spelt(values, spellers))
