import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.load import typed_tables
from kpirules.model.contracts import Column, PercentForm
from kpirules.values.periods import parse_period
from kpirules.values.types import SUM_BOUND
from kpirules.values.units import Unit
from tests.data.build import day, number, other, percent, table, text

PIECES = st.sampled_from(
    [
        *"0123456789.,-+()% ",
        "¥",
        "￥",
        "元",
        "１",
        "年",
        "月",
        "日",
        "/",
        "Q",
        "H",
        "2025",
        "-01",
        "true",
        "是",
        "abc",
        "e5",
    ]
)
CELL = st.lists(PIECES, max_size=6).map("".join) | st.sampled_from(
    [
        "2025-01-09",
        "2025/1/9",
        "20250109",
        "2025年1月9日",
        "45000",
        "2025-01",
        "2025年1月",
        "1,234.50",
        "(5)",
        "85%",
        "是",
        "0",
    ]
)


def _number(text: str, places: int) -> Fraction | None:
    """A number as the docs of `numbers.from_text` say it is written, of as many places at most."""
    plain = unicodedata.normalize("NFKC", text)
    digits = r"(\d+(\.\d*)?|\d{1,3}(,\d{3})+(\.\d*)?|\.\d+)( ?元)?"
    below = re.fullmatch(rf"\((¥ ?)?{digits}\)|¥ ?\({digits}\)|(¥ ?)?{digits} ?-", plain, re.ASCII)
    if not below and not re.fullmatch(rf"([+-]?(¥ ?)?|¥ ?[+-]){digits}", plain, re.ASCII):
        return None
    match = Fraction(re.sub(r"[^0-9.]", "", plain).rstrip("."))
    match = -match if below or "-" in plain else match
    return match if (match * 10**places).denominator == 1 else None


def _day(text: str) -> date | None:
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"[1-9]\d{4}", plain, re.ASCII):
        return date(1899, 12, 30) + timedelta(int(plain))
    match = re.fullmatch(
        r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})(\d\d)(\d\d)|(\d{4})年(\d{1,2})月(\d{1,2})日",
        plain,
        re.ASCII,
    )
    try:
        return date(*(int(part) for part in match.groups() if part is not None)) if match else None
    except ValueError:
        return None


def _percent(text: str) -> Fraction | None:
    number = _number(text[:-1].rstrip(), 2) if text.endswith("%") else None
    return None if number is None else number / 100


def _month(text: str) -> date | None:
    period = parse_period(text, Unit.MONTH)
    day = _day(text)
    return period.start if period else day if day and day.day == 1 else None


def _yes(text: str) -> bool | None:
    return {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}.get(text.lower())


READERS: dict[str, tuple[Column, Callable[[str], object]]] = {
    "number": (number("x", 2, optional=True), lambda text: _number(text, 2)),
    "percent": (percent("x", PercentForm.SIGN, optional=True), _percent),
    "day": (day("x", optional=True), _day),
    "month": (other("x", Unit.MONTH, optional=True), _month),
    "bool": (other("x", Unit.BOOL, optional=True), _yes),
    "text": (text("x", optional=True), lambda text: text),
}


@pytest.mark.parametrize("kind", READERS)
@given(cells=st.lists(CELL, min_size=1, max_size=8))
def test_a_column_is_read_as_each_of_its_cells_would_be(kind: str, cells: list[str]) -> None:
    column, read_one = READERS[kind]
    loaded = typed_tables([table("t", column)], {"t": {"x": cells}}, quarantine=True)
    left: list[object] = []
    for cell in cells:
        plain = cell.strip()
        expected = None if plain == "" else read_one(plain)
        if isinstance(expected, Fraction) and abs(expected) > SUM_BOUND:
            expected = None  # no number of a table lies beyond
        if plain == "" or expected is not None:
            left.append(expected)
    assert loaded.tables["t"].column("x").to_pylist() == left
    assert loaded.quarantine.counts.get("t", 0) == len(cells) - len(left)
