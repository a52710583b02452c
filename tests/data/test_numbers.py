from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kpirules.data.numbers import Numbers, from_text, from_typed, hundredth
from kpirules.values.rounding import decimal_text, rounded
from tests.data.build import column


def _values(read: Numbers) -> list[Fraction | None]:
    return [None if value is None else Fraction(value) for value in read.values.to_pylist()]


def _rows(mask: pa.ChunkedArray | None) -> list[int]:
    return [] if mask is None else [index for index, holds in enumerate(mask.to_pylist()) if holds]


def _noise_or_fault(text: str, places: int) -> Fraction | None:
    """What a cell of more places than the column's reads as, cell by cell: the rule in plain Python."""
    value = Fraction(text)
    near = rounded(value, places)
    if value == near:
        return near
    significant = len(text.lstrip("+-").replace(".", "").lstrip("0"))
    gap = abs(value - near)
    close = gap * 10**9 <= abs(value) and gap < Fraction(1, 10 ** (places + 3))
    alone = near == 0 and gap < Fraction(1, 10 ** (places + 6))
    return near if significant >= 12 and (close or alone) and abs(near) < 10 ** (38 - places) else None


@given(st.lists(st.tuples(st.integers(-(10**16), 10**16), st.integers(0, 9))), st.integers(0, 6))
def test_plain_numerals_are_read_exactly(cells: list[tuple[int, int]], scale: int) -> None:
    texts = [decimal_text(Fraction(units, 10**places), places) for units, places in cells]
    read = from_text(column(*texts), scale)
    expected = [_noise_or_fault(text, scale) for text in texts]
    assert _values(read) == expected
    assert _rows(read.fine) == [index for index, value in enumerate(expected) if value is None]


@given(
    cents=st.integers(0, 10**15),
    sign=st.sampled_from(["", "+", "-"]),
    currency=st.sampled_from(["", "¥", "￥", "$", "¥ "]),
    behind=st.sampled_from(["", "元", " 元"]),
    full_width=st.booleans(),
)
def test_what_people_write_around_a_number_is_read(
    cents: int, sign: str, currency: str, behind: str, *, full_width: bool
) -> None:
    whole, rest = divmod(cents, 100)
    text = f"{sign}{currency}{whole:,}.{rest:02}{behind}"
    if full_width:
        text = text.translate(str.maketrans("0123456789,.+-", "０１２３４５６７８９，．＋－"))
    expected = Fraction(-cents if sign == "-" else cents, 100)
    assert _values(from_text(column(text, "x"), 2)) == [expected, None]


@given(
    cents=st.integers(1, 10**15),
    form=st.sampled_from(["({})", "（{}）", "{}-", "{} -", "(¥{})", "$({})", "¥{}-", "({}元)"]),
)
def test_a_number_below_zero_may_be_written_as_in_the_books(cents: int, form: str) -> None:
    text = form.format(f"{cents // 100:,}.{cents % 100:02}")
    assert _values(from_text(column(text, "1"), 2)) == [Fraction(-cents, 100), 1]


@pytest.mark.parametrize(
    "cell",
    ["abc", "1e5", "1.2E+11", "12,34", "1,2345", ",123", "1.2.3", "--1", "1--", "-1-", "+1-", "¥", ".", "2²", "①", "½", "1 2",
     "٣", "0x1", "1_0", "nan", "inf", "(5", "5)", "()", "(-5)", "-(5)", "((5))", "(5)-", "5元5", "元", "5 元元", "10万", "5%", "-$-5", "１．２．３"],
)  # fmt: skip
def test_what_is_not_a_number_is_found(cell: str) -> None:
    read = from_text(column("1", cell, "2.50", None), 2)
    assert _values(read) == [1, None, Fraction(5, 2), None]
    assert _rows(read.bad) == [1]


@pytest.mark.parametrize(
    ("cell", "value"), [(".5", "0.5"), ("5.", "5"), ("-.5", "-0.5"), ("000.10", "0.1"), ("-0", "0")]
)
def test_short_forms_of_numerals_are_read_on_both_ways(cell: str, value: str) -> None:
    # a cell with a separator beside it sends the whole column the slow way
    for beside in ("1", "1,000"):
        assert _values(from_text(column(cell, beside), 2))[0] == Fraction(value)


@given(st.lists(st.from_regex(r"-?[0-9]{1,45}(\.[0-9]{1,45})?", fullmatch=True), min_size=1), st.integers(0, 38))
@example(["9" * 38 + ".9999999999"], 0)
@example(["0"], 38)
@example(["650540151701120304711"], 27)  # Arrow's own cast runs over on this one, without a word
def test_no_figure_runs_over_whatever_its_length(texts: list[str], scale: int) -> None:
    read = from_text(column(*texts), scale)
    large, fine = _rows(read.large), _rows(read.fine)
    for index, (text, value) in enumerate(zip(texts, _values(read), strict=True)):
        too_large = len(text.split(".")[0].lstrip("-").lstrip("0")) > 38 - scale
        assert (index in large) == too_large
        if not too_large:
            assert value == _noise_or_fault(text, scale)
            assert (index in fine) == (value is None)


def test_what_is_left_of_a_sum_that_cancels_out_is_nothing() -> None:
    left = [0.1 + 0.2 - 0.3, 4500.1 - 4500 - 0.1, -(0.1 + 0.2 - 0.3)]
    for read in (
        from_typed(pa.chunked_array([pa.array(left)]), 2),
        from_text(column(format(Decimal(left[1]), "f")), 2),
    ):
        assert set(_values(read)) == {0}
        assert read.noise == len(read.values)


def test_float_noise_is_dropped_and_counted() -> None:
    read = from_text(column("-60.70400000000001", "0.30000000000000004", "2.9999999999999996", "1.5"), 3)
    assert _values(read) == [Fraction("-60.704"), Fraction("0.3"), 3, Fraction("1.5")]
    assert read.noise == 3
    assert _rows(read.fine) == []


def test_noise_has_twelve_digits_or_more() -> None:
    """Both lie within 1e-9 of 1 or 10; a person may have written the one of eleven digits."""
    read = from_text(column("1.0000000001", "10.0000000001", "10.0000000003"), 3)
    assert _values(read) == [None, 10, 10]
    assert (_rows(read.fine), read.noise) == ([0], 2)


@pytest.mark.parametrize(
    "cell",
    [
        "1.2345",  # few digits: a person wrote this
        "12.345678901234",  # many digits, but far from its rounding
        "100000000.0011",  # within 1e-9 of its rounding, and still one tenth of its last place
        "0.00000000000000001",  # nothing left of it, and too few digits for a float
        "0.00000000123456789012",  # more than a millionth of the last place
    ],
)
def test_true_decimal_places_are_not_noise(cell: str) -> None:
    read = from_text(column(cell), 3)
    assert _values(read) == [None]
    assert _rows(read.fine) == [0]
    assert read.noise == 0


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30))
def test_sums_of_doubles_read_as_the_sums_of_their_decimals(cents: list[int]) -> None:
    total = 0.0
    for cent in cents:
        total += cent / 100
    exact = Fraction(sum(cents), 100)
    if exact != 0 and abs(exact) < Fraction(max(map(abs, cents)), 100) / 1000:
        return  # what is left of a sum that all but cancels out is for the most part noise
    as_double = from_typed(pa.chunked_array([pa.array([total])]), 2)
    as_text = from_text(column(repr(total)), 2)
    assert _values(as_double) == _values(as_text) == [exact]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.integers(0, 12))
def test_a_double_is_read_by_its_shortest_text(values: list[float], scale: int) -> None:
    read = from_typed(pa.chunked_array([pa.array(values, pa.float64())]), scale)
    large, fine = _rows(read.large), _rows(read.fine)
    for index, (double, value) in enumerate(zip(values, _values(read), strict=True)):
        text = format(Decimal(repr(double)), "f")
        if index in large:
            assert abs(Fraction(text)) >= 10 ** (38 - scale)
        else:
            assert value == _noise_or_fault(text, scale)
            assert (index in fine) == (value is None)


def test_doubles_that_are_no_numbers_are_found() -> None:
    read = from_typed(pa.chunked_array([pa.array([1.0, float("nan"), float("inf"), None, 0.1])]), 2)
    assert _values(read) == [1, None, None, None, Fraction(1, 10)]
    assert _rows(read.bad) == [1, 2]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.integers(0, 38))
def test_integers_are_read_exactly_or_found(values: list[int], scale: int) -> None:
    read = from_typed(pa.chunked_array([pa.array(values, pa.int64())]), scale)
    fits = [abs(value) < 10 ** (38 - scale) for value in values]
    assert _values(read) == [value if fit else None for value, fit in zip(values, fits, strict=True)]
    assert _rows(read.large) == [index for index, fit in enumerate(fits) if not fit]


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**30), max_value=10**30)))
@pytest.mark.parametrize(("width", "places"), [(38, 6), (60, 10), (76, 40)])
def test_decimals_are_read_exactly_or_found(width: int, places: int, values: list[Decimal]) -> None:
    kind = pa.decimal128(width, places) if width <= 38 else pa.decimal256(width, places)
    read = from_typed(pa.chunked_array([pa.array(values, kind)]), 3)
    for index, (written, value) in enumerate(zip(values, _values(read), strict=True)):
        expected = _noise_or_fault(f"{written:.{places}f}".rstrip("0"), 3)
        assert value == expected
        assert (index in _rows(read.fine)) == (expected is None)


def test_a_hundredth_moves_the_point_and_no_digit() -> None:
    values = from_text(column("85", "0.25", None, "-3"), 2).values
    for part in (values, values.slice(1)):
        expected: Iterable[Decimal | None] = (None if row is None else row / 100 for row in part.to_pylist())
        assert hundredth(part).to_pylist() == list(expected)
